/** One meaning of one code within a convention; `source` where it differs from the table's. */
export interface CodeRow {
  readonly code: number;
  readonly name: string;
  readonly text: string;
  readonly source?: string;
}

/** A convention of exit codes: who uses it, where it is written down, and its codes. */
export interface Convention {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly rows: readonly CodeRow[];
}
