/**
 * The buffer of an upsert-kafka sink (`sink.buffer-flush.*`): of the rows of a key only the last is written. Flink:
 * BufferedUpsertSinkFunction. Flushed by number of keys, by time and at every barrier; keys come out in the order of their last change.
 */
export interface BufferedRow { readonly key: Buffer; readonly value: Buffer | null; readonly timestampMs: number; readonly headers: Buffer | null }

export class UpsertBuffer {
  private readonly rows = new Map<string, BufferedRow>();
  private readonly maxRows: number;
  constructor(maxRows: number) { this.maxRows = maxRows; }
  /** Copies the bytes. */
  put(key: Buffer, keyLength: number, value: Buffer | null, valueLength: number, timestampMs: number, headers: Buffer | null): void {
    const name = key.toString('latin1', 0, keyLength);
    this.rows.delete(name);
    this.rows.set(name, { key: Buffer.from(key.subarray(0, keyLength)), value: value === null ? null : Buffer.from(value.subarray(0, valueLength)), timestampMs, headers });
  }
  get size(): number { return this.rows.size; }
  get isFull(): boolean { return this.rows.size >= this.maxRows; }
  /** Hands over all rows and forgets them. */
  drain(write: (row: BufferedRow) => void): void {
    for (const row of this.rows.values()) write(row);
    this.rows.clear();
  }
}
