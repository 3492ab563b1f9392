import type { CodeRow, Convention } from './convention.ts';

const HOST = 'dotnet/runtime docs/design/features/host-error-codes.md';

function host(code: number, name: string, text: string): CodeRow {
  return { code, name, text: `${text} (0x800080${code.toString(16)}, of which the low eight bits remain).`, source: HOST };
}

/** Codes of the .NET host are no signals, though most of them lie in 129-167: the program ended by itself. */
export const DOTNET: Convention = {
  id: 'dotnet',
  title: '.NET',
  source: HOST,
  rows: [
    host(129, 'InvalidArgFailure', 'The host got an invalid argument'),
    host(130, 'CoreHostLibLoadFailure', 'A library of the host could not be loaded'),
    host(131, 'CoreHostLibMissingFailure', 'A library of the host is missing: a broken or incomplete installation'),
    host(132, 'CoreHostEntryPointFailure', 'A library of the host lacks an entry point'),
    host(133, 'CoreHostCurHostFindFailure', 'The host could not tell where .NET is installed'),
    {
      code: 134,
      name: 'unhandled exception or fail-fast',
      text: 'The runtime ends an unhandled exception by abort (SIGABRT, 128 + 6).',
      source: 'dotnet/runtime issues #21523 and #110502',
    },
    host(135, 'CoreClrResolveFailure', 'The coreclr library was not found'),
    host(136, 'CoreClrBindFailure', 'The coreclr library could not be loaded'),
    host(137, 'CoreClrInitFailure', 'The .NET runtime could not be initialised, and its message says why. The host returned 137 itself; nothing killed it'),
    host(138, 'CoreClrExeFailure', 'The runtime could not run the program'),
    host(139, 'ResolverInitFailure', 'A .deps.json file is missing or invalid'),
    host(140, 'ResolverResolveFailure', 'A dependency named in .deps.json was not found'),
    host(142, 'LibHostInitFailure', 'Host libraries of different versions are mixed'),
    {
      code: 143,
      name: 'ended by SIGTERM',
      text: 'From .NET 10 on, the runtime leaves SIGTERM to the system, which ends the program at once unless it handles the signal.',
      source: '.NET documentation, breaking changes in .NET 10 (core-libraries/10.0/sigterm-signal-handler)',
    },
    host(145, 'LibHostSdkFindFailure', 'No fitting .NET SDK was found'),
    host(146, 'LibHostInvalidArgs', 'The host libraries got invalid arguments'),
    host(147, 'InvalidConfigFile', 'The .runtimeconfig.json file is invalid'),
    host(148, 'AppArgNotRunnable', 'The command line names no program to run'),
    host(149, 'AppHostExeNotBoundFailure', 'The executable does not know which program to run'),
    host(150, 'FrameworkMissingFailure', 'No fitting .NET framework is installed'),
    host(151, 'HostApiFailed', 'A call of the host failed'),
    host(152, 'HostApiBufferTooSmall', 'A buffer given to the host was too small'),
    host(154, 'AppPathFindFailure', 'The program of the executable is missing'),
    host(155, 'SdkResolveFailure', 'No fitting .NET SDK was found'),
    host(156, 'FrameworkCompatFailure', 'The program refers to frameworks that do not fit together'),
    host(157, 'FrameworkCompatRetry', 'An internal code of the framework search, which should not be seen'),
    host(159, 'BundleExtractionFailure', 'The single-file bundle could not be extracted: likely damaged'),
    host(160, 'BundleExtractionIOError', 'Files of the single-file bundle could not be read or written'),
    host(161, 'LibHostDuplicateProperty', '.runtimeconfig.json sets a property that belongs to the host'),
    host(162, 'HostApiUnsupportedVersion', 'The host does not support the version asked for'),
    host(163, 'HostInvalidState', 'The host was not in a state for the call'),
    host(164, 'HostPropertyNotFound', 'A runtime property does not exist'),
    host(165, 'HostIncompatibleConfig', 'The configuration does not fit the runtime already loaded'),
    host(166, 'HostApiUnsupportedScenario', 'The host does not support this use'),
    host(167, 'HostFeatureDisabled', 'A feature asked of the host is disabled'),
  ],
};
