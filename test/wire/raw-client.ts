/** A PostgreSQL client that sees every message: what it sends comes from pg-protocol (or is raw bytes), what it gets is kept as is. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { serialize } from 'pg-protocol';

export interface Received { readonly type: string; readonly body: Buffer }

export class RawClient {
  readonly socket: Socket;
  readonly received: Received[] = [];
  isClosed = false;
  #bytes = Buffer.alloc(0);
  #read = 0;
  #onChange: (() => void) | undefined;
  /** Before the first message: single bytes answering SSLRequest. */
  #plainAnswers = 0;
  plain = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => { this.isClosed = true; this.#onChange?.(); });
  }
  static async connect(port: number): Promise<RawClient> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
    return new RawClient(socket);
  }
  /** On a socket that is connected already, such as an encrypted one. */
  static of(socket: Socket): RawClient { return new RawClient(socket); }
  /** Connected and past the first ReadyForQuery. */
  static async start(port: number, parameters: Record<string, string> = { user: 'u', database: 'd' }): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.send(serialize.startup(parameters));
    await client.until('Z');
    return client;
  }

  send(...parts: (Buffer | Uint8Array)[]): void { this.socket.write(Buffer.concat(parts)); }
  expectPlain(count: number): void { this.#plainAnswers += count; }

  /** Messages from the last place read up to the n-th of a type. Ends early when the connection closes. */
  async until(type: string, count = 1): Promise<Received[]> {
    const from = this.#read;
    await this.#condition(() => this.received.slice(from).filter((m) => m.type === type).length >= count || this.isClosed);
    let left = count, at = from;
    while (at < this.received.length && left > 0) if (this.received[at++]?.type === type) left--;
    this.#read = at;
    return this.received.slice(from, at);
  }
  async plainBytes(count: number): Promise<string> { await this.#condition(() => this.plain.length >= count || this.isClosed); return this.plain; }
  async closed(): Promise<Received[]> {
    await this.#condition(() => this.isClosed);
    const rest = this.received.slice(this.#read);
    this.#read = this.received.length;
    return rest;
  }
  destroy(): void { this.socket.destroy(); }

  async #condition(isMet: () => boolean): Promise<void> {
    while (!isMet()) await new Promise<void>((resolve) => { this.#onChange = resolve; });
  }
  #onData(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#plainAnswers > 0 && this.#bytes.length > 0) {
      this.plain += String.fromCharCode(this.#bytes[0] as number);
      this.#bytes = this.#bytes.subarray(1);
      this.#plainAnswers--;
    }
    while (this.#bytes.length >= 5 && this.#bytes.length > this.#bytes.readInt32BE(1)) {
      const length = this.#bytes.readInt32BE(1);
      this.received.push({ type: String.fromCharCode(this.#bytes[0] as number), body: this.#bytes.subarray(5, length + 1) });
      this.#bytes = this.#bytes.subarray(length + 1);
    }
    this.#onChange?.();
  }
}

/** `1 2 D D C:SELECT 2 Z:I E:42703`: messages in short. */
export function transcript(messages: readonly Received[]): string {
  return messages.map(({ type, body }) => {
    if (type === 'E' || type === 'N') return `${type}:${fieldsOf(body).get('C')}`;
    if (type === 'C') return `C:${cstrings(body)[0]}`;
    if (type === 'Z') return `Z:${body.toString('latin1')}`;
    return type;
  }).join(' ');
}
export function fieldsOf(body: Buffer): Map<string, string> {
  return new Map(cstrings(body).filter((text) => text !== '').map((text) => [text.slice(0, 1), text.slice(1)]));
}
export const cstrings = (body: Buffer): string[] => body.toString('utf8').split('\0').slice(0, -1);

/** Fields of a DataRow. */
export function rowOf(message: Received): (Buffer | null)[] {
  const { body } = message, fields: (Buffer | null)[] = [];
  for (let i = 0, at = 2; i < body.readInt16BE(0); i++) {
    const length = body.readInt32BE(at);
    fields.push(length < 0 ? null : body.subarray(at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  return fields;
}
/** A message with a hand-made length. */
export function message(type: string, body: Buffer | string, length = Buffer.byteLength(body) + 4): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(length, 1);
  return Buffer.concat([header, Buffer.from(body)]);
}
export const int16 = (n: number): Buffer => { const b = Buffer.alloc(2); b.writeUInt16BE(n & 0xffff); return b; };
export const int32 = (n: number): Buffer => { const b = Buffer.alloc(4); b.writeInt32BE(n | 0); return b; };
