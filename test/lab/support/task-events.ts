import * as z from 'zod/mini';

/** One life of a container's task, as containerd's own events tell it. */
export interface TaskLife {
  readonly pid: number;
  readonly startedAt: string;
  readonly exit?: { readonly code: number; readonly at: string };
  /** Whether containerd said that it ran out of memory. */
  readonly oom: boolean;
}
export type TaskLives = ReadonlyMap<string, TaskLife>;

const startSchema = z.object({ container_id: z.string(), pid: z.int() });
const exitSchema = z.object({ container_id: z.string(), id: z.string(), exit_status: z._default(z.int(), 0), exited_at: z.object({ seconds: z.int(), nanos: z._default(z.int(), 0) }) });
const oomSchema = z.object({ container_id: z.string() });

/** Reads what `ctr events` printed: `2026-11-25 00:40:00.123456789 +0000 UTC k8s.io /tasks/exit {…}`. */
export function taskLives(text: string): TaskLives {
  const lives = new Map<string, TaskLife>();
  for (const line of text.split('\n')) {
    const found = /^(\S+) (\S+) \S+ UTC \S+ \/tasks\/(start|exit|oom) (\{.*\})$/.exec(line);
    if (!found) continue;
    const [, day, time, topic, json] = found;
    const value: unknown = JSON.parse(json ?? '');
    if (topic === 'start') {
      const { container_id: id, pid } = startSchema.parse(value);
      lives.set(id, { pid, startedAt: `${day}T${time}Z`, oom: false });
    } else if (topic === 'exit') {
      const { container_id: id, id: process, exit_status: code, exited_at: at } = exitSchema.parse(value);
      const life = lives.get(id);
      if (life && process === id) lives.set(id, { ...life, exit: { code, at: rfc3339(at.seconds, at.nanos) } });
    } else {
      const life = lives.get(oomSchema.parse(value).container_id);
      if (life) lives.set(oomSchema.parse(value).container_id, { ...life, oom: true });
    }
  }
  return lives;
}

function rfc3339(seconds: number, nanos: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}
