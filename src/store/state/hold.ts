import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { sayThrown } from '../../lib/thrown.ts';

/** A directory that is ours alone, until it is let go. */
export interface Hold {
  release(): Promise<void>;
}

export interface HoldOptions {
  /** How long to wait for another one to go. */
  readonly waitMs: number;
  /** Resolves after so many milliseconds, or earlier when there is no use in waiting any more. */
  readonly pause: (ms: number) => Promise<void>;
  readonly stopped: () => boolean;
  /** Another one has it: it is waited for. Called once. */
  readonly onWait: () => void;
}

/** `free`: nobody is seen to have it, and it cannot be held (why). */
export type Holding = { readonly state: 'held'; readonly hold: Hold } | { readonly state: 'taken' } | { readonly state: 'free'; readonly why: string };

const NAME = /^agent-[0-9a-f]{16}\.sock$/;
const AGAIN_MS = 250;

/**
 * Makes a directory one process's own. Each has a listening socket of its own name there: the kernel answers on it as
 * long as the process lives, and refuses as soon as it does not, however it ended, and from whatever pid or network
 * namespace it is asked. A pid or a lock file would say neither. Nobody has it who has not, after his socket was there,
 * looked and found no other that answers: of two, the later one finds the earlier.
 */
export async function holdDirectory(dir: string, { waitMs, pause, stopped, onWait }: HoldOptions): Promise<Holding> {
  const end = performance.now() + waitMs;
  let own: Published | null = null;
  for (let first = true; ; first = false) {
    const { mine, others, why }: Look = await look(dir, own);
    own = mine;
    if (others?.length === 0) return own === null ? { state: 'free', why } : { state: 'held', hold: own };
    if (others === null && own === null) return { state: 'free', why };
    // Two that begin at once would wait for each other: the one of the smaller name stays.
    const name = own?.name ?? '';
    if (others?.some((other) => other < name) === true) {
      await own?.release();
      own = null;
    }
    if (performance.now() >= end || stopped()) {
      await own?.release();
      return others === null ? { state: 'free', why } : { state: 'taken' };
    }
    if (first && others !== null) onWait();
    await pause(AGAIN_MS * (0.5 + Math.random()));
  }
}

interface Look {
  readonly mine: Published | null;
  /** Names of others that answer; null: not known (why). */
  readonly others: readonly string[] | null;
  readonly why: string;
}

/** Puts a socket there, where none is yet, and looks then. */
async function look(dir: string, own: Published | null): Promise<Look> {
  let mine = own;
  let why = '';
  try {
    mine ??= await publish(dir);
  } catch (error) {
    why = sayThrown(error);
  }
  try {
    return { mine, others: await othersIn(dir, mine?.name ?? ''), why };
  } catch (error) {
    return { mine, others: null, why: why === '' ? sayThrown(error) : why };
  }
}

interface Published extends Hold {
  readonly name: string;
}

/** A name of its own: one that no longer answers may be removed by anybody, for no other process ever takes it. */
async function publish(dir: string): Promise<Published> {
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const id = randomBytes(8).toString('hex');
  const name = `agent-${id}.sock`;
  const opened = await open(dir, 'r');
  const server = createServer((socket) => socket.destroy());
  const release = async (): Promise<void> => {
    await rm(join(dir, name), { force: true }).catch(() => undefined);
    await closed(server);
    await opened.close();
  };
  try {
    // It answers before it has the name by which others find it: one that did not answer yet would be removed.
    await listening(server, at(opened, `.${id}`));
    await rename(join(dir, `.${id}`), join(dir, name));
  } catch (error) {
    await rm(join(dir, `.${id}`), { force: true }).catch(() => undefined);
    await release();
    throw error;
  }
  server.unref();
  return { name, release };
}

/** Those that answer; what no longer does is removed. */
async function othersIn(dir: string, own: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => NAME.test(name) && name !== own);
  if (names.length === 0) return [];
  const opened = await open(dir, 'r');
  try {
    const alive: string[] = [];
    for (const name of names) {
      if (await answers(at(opened, name))) alive.push(name);
      else await rm(join(dir, name), { force: true }).catch(() => undefined);
    }
    return alive;
  } finally {
    await opened.close();
  }
}

/** Only a refusal says that nobody is there; who is too busy, or not ours to ask, lives. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Whoever may look into the directory may ask.
    server.listen({ path, readableAll: true, writableAll: true }, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve(); });
  });
}

/** The name of a socket has 107 bytes, that of a directory 4,095: it is named by its descriptor. */
function at({ fd }: FileHandle, name: string): string {
  return `/proc/self/fd/${String(fd)}/${name}`;
}
