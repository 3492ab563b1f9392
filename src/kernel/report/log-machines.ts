const MAX_NAMES = 64;

/**
 * Whose lines a text log holds. Another name than the node's own may be a new name of the node. Where the node's own is
 * seen again behind it, several machines write the log, and what the others' kernels say is nothing of this node.
 */
export class LogMachines {
  readonly #own: string | null;
  #ownSeen = false;
  readonly #strangers = new Set<string>();
  readonly #others = new Set<string>();

  constructor(ownName: string | null) {
    this.#own = ownName === null ? null : short(ownName);
  }

  /** A kill line of this machine was read. */
  saw(host: string): void {
    const name = short(host);
    if (name === '' || this.#own === null) return;
    if (name !== this.#own) {
      if (this.#ownSeen && this.#strangers.size < MAX_NAMES) this.#strangers.add(name);
      return;
    }
    this.#ownSeen = true;
    for (const stranger of this.#strangers) this.#others.add(stranger);
  }

  isAnother(host: string): boolean {
    return this.#others.has(short(host));
  }
}

/** `node1.example.org` is written `node1`, too. */
function short(name: string): string {
  return name.toLowerCase().split('.', 1)[0] ?? '';
}
