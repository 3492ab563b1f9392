import type { Convention } from './convention.ts';

const TERMINATOR = 'OpenJDK java.lang.Terminator: exit(signal + 128); Java Troubleshooting Guide, "Handle Signals"';
const FATAL = 'Java Troubleshooting Guide, "Signals Used" (HotSpot calls abort after a fatal error)';

export const JAVA: Convention = {
  id: 'java',
  title: 'Java (HotSpot)',
  source: 'OpenJDK launcher, src/java.base/share/native/libjli/java.c',
  rows: [
    {
      code: 1,
      name: 'uncaught exception in main, or the JVM did not start',
      text: 'An exception left the main method (OutOfMemoryError among them), a class or option is unknown, or the heap asked for cannot be had.',
    },
    {
      code: 3,
      name: 'ExitOnOutOfMemoryError',
      text: 'With -XX:+ExitOnOutOfMemoryError, the JVM ends with 3 at its first OutOfMemoryError: the heap was full, not the container.',
      source: 'java(1); OpenJDK share/utilities/debug.cpp (report_java_out_of_memory)',
    },
    { code: 129, name: 'SIGHUP handled', text: 'The JVM ran its shutdown hooks and ended with 129.', source: TERMINATOR },
    { code: 130, name: 'SIGINT handled', text: 'The JVM ran its shutdown hooks and ended with 130.', source: TERMINATOR },
    {
      code: 131,
      name: 'SIGQUIT with -Xrs',
      text: 'The JVM prints its threads at SIGQUIT (kill -3) and goes on; only with -Xrs does the signal end it.',
      source: 'java(1), -Xrs',
    },
    {
      code: 134,
      name: 'fatal error of the JVM',
      text: 'The JVM wrote hs_err_pid*.log and aborted: a crash in native code, or -XX:+CrashOnOutOfMemoryError.',
      source: FATAL,
    },
    {
      code: 137,
      name: 'killed by SIGKILL',
      text: 'A full Java heap raises OutOfMemoryError and gives no 137, unless -XX:OnOutOfMemoryError="kill -9 %p" is set. Heap, metaspace, thread stacks and direct buffers together must fit the limit (-XX:MaxRAMPercentage bounds the heap alone).',
      source: 'java(1), -XX:OnOutOfMemoryError, -Xmx, -XX:MaxRAMPercentage, -XX:MaxMetaspaceSize, -XX:MaxDirectMemorySize',
    },
    {
      code: 139,
      name: 'rare for Java',
      text: 'HotSpot handles SIGSEGV itself and ends a crash by abort, so that it shows as 134.',
      source: FATAL,
    },
    {
      code: 143,
      name: 'SIGTERM handled',
      text: 'An orderly stop: the JVM ran its shutdown hooks and ended with 143, not 0.',
      source: TERMINATOR,
    },
  ],
};
