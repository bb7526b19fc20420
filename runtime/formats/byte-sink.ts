/** The growing buffer that encoders write into, and the texts they write most. */
import type { ByteSink } from '../connectors/contract.ts';
import { viewOf, type TextBuffer } from '../../core/row/text.ts';

export class GrowingBuffer implements ByteSink {
  bytes: TextBuffer;
  view: DataView;
  length = 0;
  constructor(capacity = 4096) { this.bytes = Buffer.allocUnsafeSlow(capacity) as TextBuffer; this.view = viewOf(this.bytes); }
  /** Makes room for `more` bytes behind `length`; `bytes` and `view` may be others afterwards. */
  ensure(more: number): void {
    if (this.bytes.length - this.length >= more) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more)) as TextBuffer;
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
    this.view = viewOf(wider);
  }
}

/** Appends a text of Latin-1 characters. */
export function appendAscii(out: ByteSink, text: string): void {
  const length = text.length;
  out.ensure(length);
  const b = out.bytes;
  let o = out.length;
  for (let i = 0; i < length; i++) b[o++] = text.charCodeAt(i);
  out.length = o;
}
/** Appends any text as UTF-8; a lone surrogate becomes U+FFFD. */
export function appendUtf8(out: ByteSink, text: string): void {
  out.ensure(text.length * 3);
  out.length += (out.bytes as TextBuffer).utf8Write(text, out.length, text.length * 3);
}
