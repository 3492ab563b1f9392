import './memory-flags.ts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { AGENT_OPTIONS } from './config/schema.ts';
import { TEXT_FORMATS, type TextFormat } from './kernel/framing/text-line.ts';
import { parseDuration } from './lib/duration.ts';
import { type ErrorCode, ERRORS, Why137Error } from './lib/errors.ts';
import { sayThrown } from './lib/thrown.ts';
import { isTimezone } from './lib/time.ts';

declare const __VERSION__: string;

const out = (text: string): void => {
  process.stdout.write(text);
  // `parse` reads on without a pause, and would not hear of it by the event below.
  if (process.stdout.errored !== null) outputEnded(process.stdout.errored);
};
const err = (text: string): void => {
  process.stderr.write(text);
};
const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const width = Math.min(120, Math.max(80, process.stdout.columns || 100));

const program = new Command('why137')
  .description('What really killed the container: every exit 137 on this node, with the evidence.')
  .version(__VERSION__)
  .showHelpAfterError('(why137 --help shows what is there)')
  .configureOutput({ outputError: (text) => { err(said(text.replace(/^error: /, '').trim().replaceAll('\n', ' '), 'W137_USAGE')); } })
  .exitOverride();

/** Ends when the process is told to. */
function untilTold(): AbortSignal {
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // It stays: a handler that takes itself away has execa's own take the signal for unhandled, and end the process.
    process.on(signal, () => {
      told.abort();
    });
  }
  return told.signal;
}

/** The agent's options on a command; each is also WHY137_… in the environment. */
function withAgentOptions(command: Command): Command {
  command.option('--config <file>', 'JSON file with the same options in camelCase');
  for (const { flag, argument, description, repeatable, alone } of Object.values(AGENT_OPTIONS)) {
    const given = alone === undefined ? `<${argument}>` : `[${argument}]`;
    const option = new Option(`--${flag} ${given}`, repeatable ? `${description} (repeatable)` : description);
    if (alone !== undefined) option.preset(alone);
    if (repeatable) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  return command;
}

withAgentOptions(program.command('agent').description('the daemon: follow every source, judge every exit, serve HTTP, print JSON logs')).action(async (flags: Record<string, unknown>) => {
  const { loadConfig } = await import('./config/load.ts');
  const config = loadConfig(flags, process.env);
  const { systemHost } = await import('./host/system-host.ts');
  const { runAgent } = await import('./commands/agent.ts');
  await runAgent(config, systemHost(config.root), __VERSION__, untilTold());
  process.exit(0);
});

withAgentOptions(program.command('doctor').description('which sources this node offers, what stays hidden, and the cure')).action(async (flags: Record<string, unknown>) => {
  const { loadConfig } = await import('./config/load.ts');
  const config = loadConfig(flags, process.env);
  const { systemHost } = await import('./host/system-host.ts');
  const { doctor } = await import('./commands/doctor.ts');
  const { text, fullSight } = await doctor(config, systemHost(config.root));
  out(text);
  process.exit(fullSight ? 0 : 4);
});

program
  .command('parse')
  .description('read kernel log text, print one OomKill a line (NDJSON)')
  .argument('[files...]', 'files, or - for stdin')
  .addOption(new Option('--format <format>', 'what the text is').choices([...TEXT_FORMATS]).default('auto'))
  .addOption(new Option('--raw <how>', 'lines to keep: without or with the memory tables').choices(['lines', 'full']).default('lines'))
  .option('--timezone <zone>', 'IANA zone of times that name none (else they stay unknown)', zone)
  .option('--year <year>', 'year of the first line, where the lines name none', year)
  .action(async (files: string[], options: { format: TextFormat; raw: string; timezone?: string; year?: number }) => {
    const { parse } = await import('./commands/parse.ts');
    parse(files, { format: options.format, fullRaw: options.raw === 'full', timezone: options.timezone ?? null, year: options.year ?? null }, out, err);
  });

program
  .command('replay')
  .description("replay a recording through the agent's own pipeline, print one Verdict a line (NDJSON)")
  .argument('<dir>', 'directory of a recording')
  .option('--settle <duration>', 'how long to wait for late evidence', duration, 3_000)
  .action(async (dir: string, options: { settle: number }) => {
    const { replay } = await import('./commands/replay.ts');
    replay(dir, options.settle * 1_000, out);
  });

program
  .command('explain')
  .description('ask the agent of this node what killed a container')
  .argument('<target>', 'container id (or unique prefix), namespace/pod, namespace/pod/container, or pod name')
  .option('--json', 'print verdicts for programs', false)
  .option('--agent-url <url>', 'where the agent serves')
  .option('--token-file <file>', 'a token of the agent (WHY137_TOKEN_FILE)')
  .option('--ca-file <file>', 'CA of its certificate (WHY137_CA_FILE)')
  .action(async (target: string, options: { json: boolean; agentUrl?: string; tokenFile?: string; caFile?: string }) => {
    const { agentDoor } = await import('./commands/agent-door.ts');
    const { explain } = await import('./commands/explain.ts');
    const door = agentDoor({ url: options.agentUrl, tokenFile: options.tokenFile, caFile: options.caFile }, process.env);
    await explain(target, { door, json: options.json, out, color, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, width });
  });

program
  .command('exit-code')
  .description('what an exit code means, by every convention that applies')
  .argument('<n>', 'an integer, also out of 0 to 255')
  .option('--json', 'print it for programs', false)
  .allowUnknownOption()
  .action(async (n: string, options: { json: boolean }) => {
    const { runExitCode } = await import('./commands/exit-code.ts');
    runExitCode(n, { json: options.json, out });
  });

program
  .command('demo')
  .description('replay a recording of a real node through the real agent, with its HTTP endpoint up')
  .option('--recording <dir>', 'another recording than the bundled one')
  .option('--port <port>', 'port of the endpoint on 127.0.0.1; 0 takes a free one', port, 0)
  .action(async (options: { recording?: string; port: number }) => {
    const { demo } = await import('./commands/demo.ts');
    const until = process.stdin.isTTY && process.stdout.isTTY ? untilTold() : null;
    const listen = { host: '127.0.0.1', port: options.port };
    await demo({ recording: options.recording ?? null, listen, color, width, version: __VERSION__, until, out });
  });

program
  .command('schema')
  .description('print the JSON Schema of a shape, or the names of all')
  .argument('[name]', 'a name of the list')
  .action(async (name: string | undefined) => {
    const { schemaOf } = await import('./commands/schema.ts');
    out(schemaOf(name));
  });

/** One line of stderr; the code is for docs/errors.md. */
function said(sentence: string, code: ErrorCode): string {
  return `why137: ${sentence} (${code})\n`;
}

function zone(text: string): string {
  if (!isTimezone(text)) throw new InvalidArgumentError('A zone is an IANA name such as UTC or Europe/Berlin.');
  return text;
}

function year(text: string): number {
  if (!/^\d{4}$/.test(text)) throw new InvalidArgumentError('A year has four digits.');
  return Number(text);
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return Number(text);
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('A duration is a number with a unit: 500ms, 3s, 2m, 1h.');
  return ms;
}

/** A reader that has seen enough (`why137 parse … | head`) is no error. */
function outputEnded(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  err(said(`Cannot write to standard output: ${error.message}.`, 'W137_OUTPUT'));
  process.exit(ERRORS.W137_OUTPUT.exit);
}
process.stdout.on('error', outputEnded);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const message = sayThrown(error);
  err(said(message, error instanceof Why137Error ? error.code : 'W137_INTERNAL'));
  process.exitCode = error instanceof Why137Error ? error.exitStatus : 1;
});
