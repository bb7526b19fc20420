/** Writes a Kafka request: the frame length is filled in at the end. Grows by doubling; `flexible` selects the compact forms. */
export class WireWriter {
  bytes: Buffer;
  at = 4;
  flexible = false;
  constructor(capacity = 512) { this.bytes = Buffer.allocUnsafe(capacity); }

  #room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + n));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
  i8(v: number): this { this.#room(1); this.at = this.bytes.writeInt8(v, this.at); return this; }
  bool(v: boolean): this { return this.i8(v ? 1 : 0); }
  i16(v: number): this { this.#room(2); this.at = this.bytes.writeInt16BE(v, this.at); return this; }
  i32(v: number): this { this.#room(4); this.at = this.bytes.writeInt32BE(v, this.at); return this; }
  /** A safe integer as 64 bits. */
  i64(v: number): this {
    this.#room(8);
    this.at = this.bytes.writeInt32BE(Math.floor(v / 4294967296), this.at);
    this.at = this.bytes.writeUInt32BE(v >>> 0, this.at);
    return this;
  }
  uvarint(v: number): this {
    this.#room(5);
    let rest = v;
    while (rest > 127) { this.bytes[this.at++] = (rest % 128) | 128; rest = Math.floor(rest / 128); }
    this.bytes[this.at++] = rest;
    return this;
  }
  string(v: string | null): this {
    const n = v === null ? -1 : Buffer.byteLength(v);
    if (this.flexible) this.uvarint(n + 1); else this.i16(n);
    if (v !== null) { this.#room(n); this.at += this.bytes.write(v, this.at); }
    return this;
  }
  byteString(v: Buffer | null): this {
    const n = v === null ? -1 : v.length;
    if (this.flexible) this.uvarint(n + 1); else this.i32(n);
    if (v !== null) { this.#room(n); this.at += v.copy(this.bytes, this.at); }
    return this;
  }
  /** 32 hexadecimal digits. */
  uuid(v: string): this { this.#room(16); this.at += this.bytes.write(v, this.at, 'hex'); return this; }
  /** Announces `n` elements; -1 is a null array. */
  arrayLength(n: number): this { return this.flexible ? this.uvarint(n + 1) : this.i32(n); }
  array<T>(list: readonly T[], element: (w: this, v: T) => void): this {
    this.arrayLength(list.length);
    for (const v of list) element(this, v);
    return this;
  }
  /** No tagged fields. */
  tags(): this { return this.flexible ? this.uvarint(0) : this; }
  /** The finished frame; `more` bytes sent after it count into its length. */
  finish(more = 0): Buffer {
    this.bytes.writeInt32BE(this.at - 4 + more, 0);
    return this.bytes.subarray(0, this.at);
  }
}
