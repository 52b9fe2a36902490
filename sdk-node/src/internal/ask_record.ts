/**
 * The fields of an ASK record that say how it is asked.
 */

/** What goes with an ask beside its address, its message and the turn that it comes from. */
export interface AskFields {
  readonly flags: number;
  readonly deadlineMs: number;
  readonly sequence: bigint;
  readonly markTtlMs: number;
  readonly source: string;
  /** The block of metadata, where there is some. */
  readonly metadata: Uint8Array | undefined;
}
