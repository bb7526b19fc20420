/**
 * Reads the primitive types of the Kafka protocol from one answer frame (Kafka protocol guide, «Protocol Primitive Types»). Every read
 * is checked against the end of the frame, every length against what is left, so that a truncated or hostile answer is always a
 * kafkaProtocolViolation and never a loop, a huge allocation or a RangeError. `flexible` selects the compact forms of newer versions.
 */
import { kafkaProtocolViolation } from '../../../../../core/errors/kafka.ts';
import type { RivuletError } from '../../../../../core/errors/define.ts';

export class WireReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
  readonly flexible: boolean;
  /** For error texts. */
  readonly server: string;
  readonly call: string;
  constructor(bytes: Buffer, at: number, flexible: boolean, server: string, call: string) {
    this.bytes = bytes;
    this.at = at;
    this.end = bytes.length;
    this.flexible = flexible;
    this.server = server;
    this.call = call;
  }

  violation(why: string): RivuletError { return kafkaProtocolViolation({ server: this.server, call: this.call, why: `${why} at byte ${this.at} of ${this.end}` }); }
  /** Steps over `n` bytes and returns where they begin. */
  skip(n: number): number {
    const start = this.at;
    if (n < 0 || n > this.end - start) throw this.violation(`a field of ${n} bytes does not fit`);
    this.at = start + n;
    return start;
  }
  i8(): number { return this.bytes.readInt8(this.skip(1)); }
  bool(): boolean { return this.i8() !== 0; }
  i16(): number { return this.bytes.readInt16BE(this.skip(2)); }
  i32(): number { return this.bytes.readInt32BE(this.skip(4)); }
  /** A 64-bit integer as a number; refused outside ±2^53. */
  i64(): number {
    const at = this.skip(8);
    const value = this.bytes.readInt32BE(at) * 4294967296 + this.bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw this.violation('an integer beyond 2^53');
    return value;
  }
  uvarint(): number {
    let value = 0, factor = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.bytes[this.skip(1)] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw this.violation('a variable-length integer that does not end');
  }
  /** Element count of an array, -1 for null. `elementBytes`: the least an element can take, to refuse impossible counts. */
  arrayLength(elementBytes = 1): number {
    const n = this.flexible ? this.uvarint() - 1 : this.i32();
    if (n < -1 || n * elementBytes > this.end - this.at) throw this.violation(`an array of ${n} elements does not fit`);
    return n;
  }
  nullableString(): string | null {
    const n = this.flexible ? this.uvarint() - 1 : this.i16();
    if (n < 0) return null;
    const start = this.skip(n);
    return this.bytes.toString('utf8', start, start + n);
  }
  string(): string { return this.nullableString() ?? ''; }
  /** Length of a byte string whose content begins at `at` afterwards (not yet skipped); -1 for null. */
  bytesLength(): number {
    const n = this.flexible ? this.uvarint() - 1 : this.i32();
    if (n < -1 || n > this.end - this.at) throw this.violation(`a byte string of ${n} bytes does not fit`);
    return n;
  }
  /** A view, not a copy; null stays null. */
  nullableBytes(): Buffer | null {
    const n = this.bytesLength();
    if (n < 0) return null;
    const start = this.skip(n);
    return this.bytes.subarray(start, start + n);
  }
  /** 32 hexadecimal digits. */
  uuid(): string { const at = this.skip(16); return this.bytes.toString('hex', at, at + 16); }
  /** Reads an array; a null array gives an empty list. */
  array<T>(element: (r: this) => T): T[] {
    const n = this.arrayLength();
    const list: T[] = [];
    for (let i = 0; i < n; i++) list.push(element(this));
    return list;
  }
  /** Tagged fields at the end of a flexible structure; all of them are skipped. */
  tags(): void {
    if (!this.flexible) return;
    for (let n = this.uvarint(); n > 0; n--) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }
}
