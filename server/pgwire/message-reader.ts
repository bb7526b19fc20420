/**
 * Cuts the bytes of a client into messages. Memory grows only with bytes that have arrived, never with a length that was announced:
 * a message across chunks is gathered in a buffer that doubles. Lengths are checked before anything else is done with them.
 */
import { messageTooLarge, protocolViolation } from '../../core/errors/wire.ts';

export interface Message { readonly type: number; readonly body: Buffer }

const NOTHING = Buffer.alloc(0);

export class MessageReader {
  #bytes: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  #isOwn = false;
  /** Bytes that arrived and were not handed out. */
  get waiting(): number { return this.#end - this.#start; }
  /** Type of the message that comes next; undefined when nothing waits. */
  get nextType(): number | undefined { return this.waiting > 0 ? this.#bytes[this.#start] : undefined; }
  /** Announced length of the message that has begun to arrive, as far as it is known; 0 when none has. */
  announced = 0;

  /** Hands out all that waits. */
  takeAll(): Buffer {
    const all = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = NOTHING;
    this.#start = this.#end = this.announced = 0;
    this.#isOwn = false;
    return all;
  }

  push(chunk: Buffer): void {
    const waiting = this.waiting;
    if (waiting === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    if (!this.#isOwn || this.#bytes.length - this.#end < chunk.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(waiting * 2, waiting + chunk.length));
      this.#bytes.copy(grown, 0, this.#start, this.#end);
      this.#bytes = grown;
      this.#start = 0;
      this.#end = waiting;
      this.#isOwn = true;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** The next start-up packet without its length, or undefined until it is whole. Throws when its length is out of bounds. */
  startupPacket(limit: number): Buffer | undefined {
    this.announced = 0;
    if (this.waiting < 4) return undefined;
    const length = this.#bytes.readUInt32BE(this.#start);
    if (length < 8 || length > limit) throw protocolViolation({ what: 'invalid length of startup packet' });
    this.announced = length;
    if (this.waiting < length) return undefined;
    return this.#cut(4, length);
  }

  /** The next message, or undefined until it is whole. Throws when its length is out of bounds: the stream cannot be read on then. */
  message(limit: number): Message | undefined {
    this.announced = 0;
    if (this.waiting < 5) return undefined;
    const type = this.#bytes[this.#start] as number, length = this.#bytes.readUInt32BE(this.#start + 1);
    if (length < 4 || length > 0x7fffffff) throw protocolViolation({ what: 'invalid message length' });
    if (length > limit) throw messageTooLarge({ what: 'a message', size: length, limit });
    this.announced = length + 1;
    if (this.waiting < length + 1) return undefined;
    return { type, body: this.#cut(5, length + 1) };
  }

  #cut(header: number, length: number): Buffer {
    const body = this.#bytes.subarray(this.#start + header, this.#start + length);
    this.#start += length;
    this.announced = 0;
    if (this.#start === this.#end) { this.#bytes = NOTHING; this.#start = this.#end = 0; this.#isOwn = false; }
    return body;
  }
}

/** Reads the fields of one message; every overrun is a protocol violation. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) { this.#bytes = bytes; }
  get left(): number { return this.#bytes.length - this.#at; }

  byte(): number { return this.#bytes[this.#advance(1)] as number; }
  uint16(): number { return this.#bytes.readUInt16BE(this.#advance(2)); }
  int32(): number { return this.#bytes.readInt32BE(this.#advance(4)); }
  uint32(): number { return this.#bytes.readUInt32BE(this.#advance(4)); }
  bytes(length: number): Buffer { const at = this.#advance(length); return this.#bytes.subarray(at, at + length); }
  /** Bytes up to a zero byte, without it. */
  zeroEnded(): Buffer {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw protocolViolation({ what: 'invalid string in message' });
    const text = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return text;
  }
  /** All fields read, nothing may be left. */
  finish(): void { if (this.left !== 0) throw protocolViolation({ what: 'invalid message format' }); }
  #advance(length: number): number {
    const at = this.#at;
    if (length < 0 || length > this.left) throw protocolViolation({ what: 'insufficient data left in message' });
    this.#at = at + length;
    return at;
  }
}
