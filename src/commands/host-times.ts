import { readFileSync, readlinkSync } from 'node:fs';
import type { Host } from '../host/host.ts';
import { NO_TIME, type TimeContext } from '../kernel/framing/wall-time.ts';
import { MINUTE, type Micros } from '../lib/time.ts';

/** Zone in which the host's syslog writes its local times: what /etc/localtime points at. Null where it is not told. */
export function timezone(host: Host): string | null {
  try {
    const target = readlinkSync(host.path('/etc/localtime'));
    // Some link to the same zones below posix/ or (with leap seconds) right/.
    const zone = /zoneinfo\/(?:(?:posix|right)\/)?(.+)$/.exec(target)?.[1];
    if (zone !== undefined) return zone;
  } catch {
    // No link: the next place to ask.
  }
  try {
    const zone = readFileSync(host.path('/etc/timezone'), 'utf8').trim();
    if (zone !== '') return zone;
  } catch {
    // Not there either.
  }
  // In a container the process's own zone is not the host's, unless TZ was given to say so.
  return host.root === '/' || process.env['TZ'] !== undefined ? Intl.DateTimeFormat().resolvedOptions().timeZone : null;
}

/** Which boot this is, as the kernel calls it; empty where /proc is not readable. */
export function bootId(host: Host): string {
  for (const path of [host.path('/proc/sys/kernel/random/boot_id'), '/proc/sys/kernel/random/boot_id']) {
    try {
      return readFileSync(path, 'latin1').trim();
    } catch {
      // The next one.
    }
  }
  return '';
}

/** When the node booted, by its own clock or its uptime: turns /dev/kmsg's clock into wall time. Null where /proc is not readable. */
export function bootTime(host: Host): Micros | null {
  // /dev/kmsg's clock stands still while the host sleeps, as this one does and the uptime does not.
  const monotonic = host.clock.monotonic?.();
  if (monotonic !== undefined) return host.clock.now() - monotonic;
  for (const path of [host.path('/proc/uptime'), '/proc/uptime']) {
    try {
      const seconds = Number(readFileSync(path, 'utf8').split(' ')[0]);
      if (Number.isFinite(seconds)) return host.clock.now() - Math.round(seconds * 1_000_000);
    } catch {
      // The next one.
    }
  }
  return null;
}

/** What the node's log lines leave out, as it is now: an administrator may set the zone, and the clock, while the agent runs. */
export function nodeTime(host: Host): TimeContext {
  const zone = lately(host, () => timezone(host));
  const boot = lately(host, () => bootTime(host));
  return {
    ...NO_TIME,
    get timezone() {
      return zone();
    },
    get bootTimeUs() {
      return boot();
    },
  };
}

/** Asked again when a minute has passed, or the clock was set. */
function lately<T>(host: Host, ask: () => T): () => T {
  let value = ask();
  let askedUs = host.clock.now();
  return () => {
    if (Math.abs(host.clock.now() - askedUs) >= MINUTE) {
      value = ask();
      askedUs = host.clock.now();
    }
    return value;
  };
}
