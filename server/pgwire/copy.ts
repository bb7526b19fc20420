/** Rows as COPY data, text or csv. PostgreSQL, "COPY", File Formats. */
import type { CopyFormat, ResultColumn, RowChunk } from '../gateway/contract.ts';
import type { Zone } from '../values/datetime.ts';
import { COPY_DATA } from './messages.ts';
import type { OutBuffer } from './out-buffer.ts';
import { textWriter } from './values.ts';

const ESCAPES: ReadonlyMap<string, string> = new Map([['\\', '\\\\'], ['\b', '\\b'], ['\f', '\\f'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['\v', '\\v']]);

export class CopyEncoder {
  readonly #writers: readonly ((value: unknown) => string)[];
  readonly #delimiter: string;
  readonly #nullText: string;
  readonly #quote: string;
  readonly #isCsv: boolean;
  readonly #header: string | undefined;

  constructor(columns: readonly ResultColumn[], format: CopyFormat, zone: Zone) {
    this.#isCsv = format.format === 'csv';
    this.#delimiter = format.delimiter ?? (this.#isCsv ? ',' : '\t');
    this.#nullText = format.null ?? (this.#isCsv ? '' : '\\N');
    this.#quote = format.quote ?? '"';
    this.#writers = columns.map((column) => textWriter(column.type, zone));
    this.#header = format.header === true ? `${columns.map((column) => this.#field(column.name)).join(this.#delimiter)}\n` : undefined;
  }

  writeHeader(out: OutBuffer): void { if (this.#header !== undefined) this.#line(out, this.#header); }

  /** A RowEncoder. */
  readonly encode = (out: OutBuffer, rows: RowChunk['rows'], from: number, to: number, full: number): number => {
    let at = from;
    for (; at < to && out.length < full; at++) {
      const row = rows[at] as readonly unknown[];
      this.#line(out, `${this.#writers.map((write, i) => { const value = row[i]; return value === null || value === undefined ? this.#nullText : this.#field(write(value)); }).join(this.#delimiter)}\n`);
    }
    return at;
  };

  #line(out: OutBuffer, line: string): void { out.begin(COPY_DATA); out.text(line); out.end(); }

  #field(text: string): string {
    if (!this.#isCsv) {
      const escaped = /[\\\b\f\n\r\t\v]/.test(text) ? text.replace(/[\\\b\f\n\r\t\v]/g, (c) => ESCAPES.get(c) ?? c) : text;
      return this.#delimiter === '\t' ? escaped : escaped.replaceAll(this.#delimiter, `\\${this.#delimiter}`);
    }
    const needsQuotes = text === this.#nullText || text === '\\.' || text.includes(this.#delimiter) || text.includes(this.#quote) || /[\r\n]/.test(text);
    return needsQuotes ? this.#quote + text.replaceAll(this.#quote, this.#quote + this.#quote) + this.#quote : text;
  }
}
