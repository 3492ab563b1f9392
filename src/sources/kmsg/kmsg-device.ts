import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errno } from '../../lib/thrown.ts';

/** One opened reader of the kernel's ring buffer. */
export interface KmsgDevice {
  /** The next record; null: there is none now. Throws with the errno as `code` (EPIPE: records were overwritten). */
  read(): Uint8Array | null;
  close(): void;
}

/** A record is at most 8 KiB (CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX); with too small a buffer the kernel drops it. */
const BUFFER_BYTES = 16 * 1024;
/** Character device 1:11, as Linux numbers /dev/kmsg. */
const KMSG_RDEV = (1 << 8) | 11;

/** Opens /dev/kmsg at the oldest record. Throws as fs.openSync does, and for anything else in its place. */
export function openKmsg(path: string): KmsgDevice {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fstatSync(fd);
  if (!stat.isCharacterDevice() || stat.rdev !== KMSG_RDEV) {
    closeSync(fd);
    throw Object.assign(new Error(`${path} is something else`), { code: 'ENXIO' });
  }
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return {
    read() {
      try {
        const length = readSync(fd, buffer, 0, BUFFER_BYTES, null);
        return length === 0 ? null : Buffer.from(buffer.subarray(0, length));
      } catch (error) {
        if (errno(error) === 'EAGAIN') return null;
        throw error;
      }
    },
    close() {
      closeSync(fd);
    },
  };
}
