/**
 * Sends the rows of a result, all or in portions of a portal's max_rows. Rows are pulled chunk by chunk and encoded into one buffer, which
 * is flushed when it is full and, for endless results, after each chunk; so the engine is asked for no more than the client reads.
 */
import type { RowChunk, RowsResult } from '../gateway/contract.ts';
import { endEarly, nextUnlessAborted } from '../streams/abortable.ts';
import type { Zone } from '../values/datetime.ts';
import { CopyEncoder } from './copy.ts';
import type { PgLimits } from './limits.ts';
import { bare, copyOutResponse, DATA_ROW, formatOf } from './messages.ts';
import type { OutBuffer } from './out-buffer.ts';
import type { SocketWriter } from './socket-writer.ts';
import { fieldEncoder } from './values.ts';
import type { FieldEncoder, FormatCode } from './values.ts';


export class RowStream {
  readonly #result: RowsResult;
  readonly #chunks: AsyncIterator<RowChunk>;
  readonly #encode: RowEncoder;
  readonly #copy: CopyEncoder | undefined;
  #rows: RowChunk['rows'] = [];
  #at = 0;

  /** `mute` sends no rows at all: the client was told there are none. */
  constructor(result: RowsResult, formats: readonly FormatCode[], zone: Zone, mute = false) {
    this.#result = result;
    this.#copy = mute || result.copy === undefined ? undefined : new CopyEncoder(result.columns, result.copy, zone);
    this.#chunks = result.chunks[Symbol.asyncIterator]();
    this.#encode = mute ? (_out, _rows, _from, to) => to
      : this.#copy !== undefined ? this.#copy.encode
      : rowEncoder(result.columns.map((column, i) => fieldEncoder(column, formatOf(formats, i), zone)));
  }

  /** Sends up to `maxRows` rows (0 = all). `count` is the number sent by this call. An abort ends it by throwing the signal's reason. */
  async send(writer: SocketWriter, limits: PgLimits, maxRows: number, signal: AbortSignal): Promise<{ isDone: boolean; count: number }> {
    const { writeBufferBytes, abortGraceMs } = limits, { out } = writer;
    let left = maxRows === 0 || this.#copy !== undefined ? Infinity : maxRows, count = 0; // COPY is never sent in portions
    if (this.#copy !== undefined) {
      copyOutResponse(out, this.#result.columns.length);
      this.#copy.writeHeader(out);
    }
    for (;;) {
      while (this.#at < this.#rows.length && left > 0) {
        const from = this.#at;
        this.#at = this.#encode(out, this.#rows, from, Math.min(this.#rows.length, from + left), writeBufferBytes);
        count += this.#at - from;
        left -= this.#at - from;
        if (out.length >= writeBufferBytes) await writer.flush();
        signal.throwIfAborted();
      }
      if (left === 0) return { isDone: false, count };
      if (this.#result.endless) await writer.flush();
      else writer.flushSoon();
      const next = await nextUnlessAborted(this.#chunks, signal, abortGraceMs);
      if (next.done === true) break;
      this.#rows = next.value.rows;
      this.#at = 0;
    }
    if (this.#copy !== undefined) bare(out, 'copyDone');
    return { isDone: true, count };
  }

  /** Frees the query when it is not read to its end. Never throws; an engine that does not answer within the grace time is left behind. */
  async close(graceMs: number): Promise<void> { await endEarly(this.#chunks, graceMs); }
}

/** Encodes rows [from, to) until the buffer holds `full` bytes; the answer is the first row not encoded. */
export type RowEncoder = (out: OutBuffer, rows: RowChunk['rows'], from: number, to: number, full: number) => number;

function rowEncoder(columns: readonly FieldEncoder[]): RowEncoder {
  const width = columns.length;
  return (out, rows, from, to, full) => {
    let at = from;
    for (; at < to && out.length < full; at++) {
      const row = rows[at] as readonly unknown[];
      out.begin(DATA_ROW);
      try {
        out.int16(width);
        for (let i = 0; i < width; i++) {
          const value = row[i];
          if (value === null || value === undefined) out.int32(-1);
          else (columns[i] as FieldEncoder)(out, value);
        }
      } catch (error) { out.abandon(); throw error; }
      out.end();
    }
    return at;
  };
}

/** Tags that carry a row count, as in PostgreSQL's cmdtaglist. */
const COUNTED = new Set(['SELECT', 'FETCH', 'MOVE', 'COPY', 'UPDATE', 'DELETE', 'MERGE']);
export function completionTag(tag: string, rows: number): string {
  return tag === 'INSERT' ? `INSERT 0 ${rows}` : COUNTED.has(tag) ? `${tag} ${rows}` : tag;
}
