/**
 * The bytes of messages to a client, gathered in one growing buffer and handed out whole. Every message is begun, filled and ended in
 * one synchronous stretch, so what `take` gives always ends at a message border. Layout of messages: PostgreSQL, "Message Formats".
 */

const FIRST_SIZE = 4 * 1024, KEEP_SIZE = 256 * 1024;
const NOTHING = Buffer.alloc(0);

export class OutBuffer {
  #bytes: Buffer = NOTHING;
  #end = 0;
  #messageStart = 0;
  get length(): number { return this.#end; }

  /** Starts a message of a type (one ASCII letter); `end` fills in its length. */
  begin(type: number): void {
    this.#reserve(5);
    this.#bytes[this.#end] = type;
    this.#messageStart = this.#end + 1;
    this.#end += 5;
  }
  end(): void { this.#bytes.writeInt32BE(this.#end - this.#messageStart, this.#messageStart); }
  /** Takes back an unfinished message, after an error while it was filled. */
  abandon(): void { this.#end = this.#messageStart - 1; }

  byte(value: number): void { this.#reserve(1); this.#bytes[this.#end++] = value; }
  int16(value: number): void { this.#reserve(2); this.#end = this.#bytes.writeUInt16BE(value & 0xffff, this.#end); }
  int32(value: number): void { this.#reserve(4); this.#end = this.#bytes.writeInt32BE(value | 0, this.#end); }
  int64(value: bigint): void { this.#reserve(8); this.#end = this.#bytes.writeBigInt64BE(value, this.#end); }
  float32(value: number): void { this.#reserve(4); this.#end = this.#bytes.writeFloatBE(value, this.#end); }
  float64(value: number): void { this.#reserve(8); this.#end = this.#bytes.writeDoubleBE(value, this.#end); }
  raw(bytes: Uint8Array): void { this.#reserve(bytes.length); this.#bytes.set(bytes, this.#end); this.#end += bytes.length; }

  /** Text with a zero behind it; zeros inside would break the protocol's framing and are dropped. */
  cstring(text: string): void {
    this.#utf8(text.includes('\0') ? text.replaceAll('\0', '') : text);
    this.byte(0);
  }
  /** Text without length or end. */
  text(text: string): void { this.#utf8(text); }

  /** A field of a DataRow: length and UTF-8 bytes. Short ASCII, the common case, is copied without a call into the runtime. */
  lengthAndText(text: string): void {
    const length = text.length;
    if (length > 48) return this.#longText(text);
    this.#reserve(4 + length);
    const bytes = this.#bytes, start = this.#end + 4;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return this.#longText(text);
      bytes[start + i] = code;
    }
    bytes[start - 4] = 0; bytes[start - 3] = 0; bytes[start - 2] = 0; bytes[start - 1] = length;
    this.#end = start + length;
  }
  lengthAndBytes(bytes: Uint8Array): void { this.int32(bytes.length); this.raw(bytes); }

  /** Starts a field whose length is not known yet; give the answer to `endField`. */
  beginField(): number { this.int32(0); return this.#end; }
  endField(start: number): void { this.#bytes.writeInt32BE(this.#end - start, start - 4); }

  /** Everything so far; the buffer is the taker's until given back by `recycle`. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end);
    this.#end = 0;
    this.#bytes = NOTHING;
    return taken;
  }
  /** Gives a taken buffer back for reuse once nobody reads it any more. */
  recycle(taken: Buffer): void {
    if (this.#end === 0 && taken.buffer.byteLength <= KEEP_SIZE) this.#bytes = Buffer.from(taken.buffer);
  }

  #longText(text: string): void {
    const start = this.beginField();
    this.#utf8(text);
    this.endField(start);
  }
  #utf8(text: string): void {
    this.#reserve(text.length > 65_536 ? Buffer.byteLength(text) : text.length * 3);
    this.#end += this.#bytes.write(text, this.#end, 'utf8');
  }
  #reserve(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_SIZE, this.#bytes.length * 2, needed)); // never from the shared pool: it is recycled
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}
