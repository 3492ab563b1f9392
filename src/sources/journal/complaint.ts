import { basename } from 'node:path';

/** Why the journal cannot be read, and the one change that would mend it. */
export interface Complaint {
  readonly why: string;
  readonly cure: string | null;
}

export interface Ending {
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly notFound: boolean;
  /** It was ended because it did not answer. */
  readonly hung: boolean;
  /** It was ended because it printed anything but records. */
  readonly garbage?: boolean;
}

export const NOT_INSTALLED: Complaint = {
  why: 'journalctl is not installed here',
  cure: "Install systemd's journalctl where the agent runs, or use the image that has it",
};
export function noDirectory(dirs: readonly string[]): Complaint {
  return {
    why: `there is no journal: ${dirs.join(' and ')} ${dirs.length === 1 ? 'does' : 'do'} not exist`,
    cure: `Mount the host's ${dirs.join(' and ')}, or start the agent with --journal off if the node has no journald`,
  };
}
export const NO_FILES: Complaint = {
  why: 'the journal directories hold no journal file',
  cure: "Mount the host's /var/log/journal and /run/log/journal, and see that journald.conf does not say Storage=none",
};
const NOT_PERMITTED: Complaint = {
  why: "the agent may not read the system's journal",
  cure: 'Run the agent as root, or in the group systemd-journal (its number on the host)',
};
const TOO_NEW: Complaint = {
  why: 'the journal was written by a newer systemd than this journalctl can read',
  cure: "Use an image whose journalctl is at least as new as the node's systemd",
};

export const NO_DESCRIPTOR: Complaint = {
  why: 'journalctl cannot be started: no file descriptor is left (EMFILE)',
  cure: 'Raise the limit of open files of the agent (ulimit -n, LimitNOFILE=)',
};
const GARBAGE: Complaint = {
  why: 'what journalctl prints is no record of the journal',
  cure: 'See that journalctl is systemd\'s own: journalctl -o json -n 1',
};
const HANGS: Complaint = {
  why: 'journalctl does not answer',
  cure: "See whether the disk that holds the journal answers: journalctl -k -n 1 on the node",
};
/** What journalctl says when it cannot follow, because the user has no inotify instance or watch left. */
export function lacksInotify({ stderr }: Ending): boolean {
  return /Insufficient watch descriptors/i.test(stderr);
}

/** Old journalctl without -g, or one built without PCRE, or a pattern that it does not take. */
export function lacksGrep({ stderr }: Ending): boolean {
  return /pattern matching support|invalid option -- 'g'|unrecognized option '--(?:grep|case-sensitive)|Bad pattern/i.test(
    stderr,
  );
}

/**
 * Why a journalctl that was to read to the end did not do so; null: it did. (Status 1 and nothing on stderr: nothing
 * matched.) Its words are systemd's own, in the C locale.
 */
export function complaintOf(ending: Ending): Complaint | null {
  const { exitCode, stderr, notFound } = ending;
  if (notFound) return NOT_INSTALLED;
  if (stderr.startsWith('EMFILE')) return NO_DESCRIPTOR;
  if (ending.garbage === true) return GARBAGE;
  if (ending.hung) return HANGS;
  if (/insufficient permissions|You are currently not seeing messages|Permission denied/i.test(stderr)) {
    return NOT_PERMITTED;
  }
  const ignored = ignoredFiles(stderr);
  if (ignored.some(isActive)) {
    if (/unsupported feature|Protocol not supported/i.test(stderr)) return TOO_NEW;
    return { why: `journalctl cannot read the journal: ${firstLine(stderr)}`, cure: null };
  }
  if (/No journal files were found/i.test(stderr)) return NO_FILES;
  if (exitCode === null) return died('it was killed', stderr);
  if (exitCode !== 0 && ignored.length === 0 && stderr.trim() !== '') {
    return died(`status ${String(exitCode)}`, stderr);
  }
  return null;
}

/** Why a journalctl that was to follow for ever ended. */
export function endComplaint(ending: Ending): Complaint {
  return (
    complaintOf(ending) ??
    died(ending.exitCode === null ? 'it was killed' : `status ${String(ending.exitCode)}`, ending.stderr)
  );
}

/** Journal files that journalctl left out, but for those of users, in which the kernel has no word. */
export function ignoredFiles(stderr: string): string[] {
  const words = /^(?:Journal file (.+?) (?:uses|is|has|corrupted)\b.*ignoring file|An error was encountered while opening journal file or directory (.+), ignoring file)/gm;
  const files = [...stderr.matchAll(words)].map((match) => match[1] ?? match[2] ?? '');
  return files.filter((file) => !/^user-\d+[@.]/.test(basename(file)));
}

/** Rotated files have an `@` in their names; without one, journald is writing it now. */
function isActive(path: string): boolean {
  return !basename(path).includes('@');
}

function died(how: string, stderr: string): Complaint {
  const words = firstLine(stderr);
  return { why: `journalctl ended (${how})${words === '' ? '' : `: ${words}`}`, cure: null };
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 300);
}
