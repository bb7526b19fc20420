/**
 * A TCP proxy before a broker that sees whole requests and answers: it may answer in the broker's stead, alter or delay answers, swallow
 * requests, cut connections. Answers leave in the order of their requests, as Kafka's do.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameAssembler } from '../../runtime/connectors/kafka/client/wire/frames.ts';

/** A request; `body` is the whole frame without its length, of which the part behind the header begins at `bodyAt` (before its tags, if flexible). */
export interface Asked { readonly key: number; readonly version: number; readonly correlationId: number; readonly clientId: string; readonly body: Buffer; readonly bodyAt: number }
/** pass: as it is. cut: the connection ends. cut-inside: behind half of the answer. swallow: nobody ever answers. answer: this frame (correlation id first). */
export type Verdict = 'pass' | 'cut' | 'cut-inside' | 'swallow' | { readonly answer: Buffer } | { readonly delayMs: number };
export interface ProxyHandlers {
  /** Before the broker gets it; 'cut-inside' and delays are for answers only. */
  onRequest?(asked: Asked): Verdict;
  /** May change the answer (correlation id first) in place. */
  onAnswer?(asked: Asked, frame: Buffer): Verdict;
}
interface Turn { readonly asked: Asked; readonly isPassed: boolean; answer: Buffer | undefined; verdict: Verdict }

function read(frame: Buffer): Asked {
  const length = Math.max(0, frame.readInt16BE(8));
  return { key: frame.readInt16BE(0), version: frame.readInt16BE(2), correlationId: frame.readInt32BE(4), clientId: frame.toString('utf8', 10, 10 + length), body: frame, bodyAt: 10 + length };
}
function framed(frame: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(frame.length);
  return Buffer.concat([head, frame]);
}

export class Proxy {
  readonly port: number;
  private readonly upstream: { readonly host: string; readonly port: number };
  private readonly handlers: ProxyHandlers;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  /** Nothing is passed on in either direction, and nothing closed: half-open connections. */
  isBlackHole = false;
  connections = 0;
  constructor(port: number, upstream: string, handlers: ProxyHandlers) {
    const [host = '', upstreamPort] = upstream.split(':');
    this.port = port;
    this.upstream = { host, port: Number(upstreamPort) };
    this.handlers = handlers;
  }
  /** Listens on `port` of loopback; acts only on connections whose first request is ApiVersions v0, which is how our client begins. */
  async listen(): Promise<this> {
    const server = this.server = createServer((socket) => { this.connections++; this.serve(socket); });
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(this.port, '127.0.0.1', resolve); });
    return this;
  }
  /** Refuses connections and cuts those there are. */
  close(): void {
    this.server?.close();
    this.cutAll();
  }
  cutAll(): void { for (const socket of [...this.sockets]) socket.destroy(); }

  private serve(socket: Socket): void {
    const broker = connect({ ...this.upstream, noDelay: true }), turns: Turn[] = [];
    let isOurs: boolean | undefined;
    const flush = (): void => {
      for (let turn = turns[0]; turn !== undefined && (turn.answer !== undefined || turn.verdict === 'cut'); turn = turns[0]) {
        if (turn.verdict === 'cut') { socket.destroy(); return; }
        const bytes = framed(turn.answer as Buffer);
        if (turn.verdict === 'cut-inside') { socket.end(bytes.subarray(0, bytes.length >> 1)); socket.destroySoon(); return; }
        socket.write(bytes);
        turns.shift();
      }
    };
    const requests = new FrameAssembler(1 << 28, (frame) => {
      const asked = read(frame);
      isOurs ??= asked.key === 18 && asked.version === 0;
      const verdict = isOurs ? this.handlers.onRequest?.(asked) ?? 'pass' : 'pass';
      const isPassed = verdict === 'pass';
      turns.push({ asked, isPassed, answer: typeof verdict === 'object' && 'answer' in verdict ? verdict.answer : undefined, verdict });
      if (isPassed) broker.write(framed(frame)); else flush();
    });
    const answers = new FrameAssembler(1 << 28, (frame) => {
      const turn = turns.find((t) => t.isPassed && t.answer === undefined && t.verdict === 'pass');
      if (turn === undefined) return;
      const verdict = turn.verdict = isOurs === true ? this.handlers.onAnswer?.(turn.asked, frame) ?? 'pass' : 'pass';
      if (verdict === 'swallow') return;
      if (typeof verdict === 'object' && 'delayMs' in verdict) { setTimeout(() => { turn.answer = frame; flush(); }, verdict.delayMs); return; }
      turn.answer = typeof verdict === 'object' ? verdict.answer : frame;
      flush();
    });
    this.sockets.add(socket);
    socket.on('data', (b: Buffer) => { if (!this.isBlackHole) requests.feed(b); });
    broker.on('data', (b: Buffer) => { if (!this.isBlackHole) answers.feed(b); });
    socket.on('close', () => { this.sockets.delete(socket); broker.destroy(); }).on('error', () => {});
    broker.on('close', () => { if (!this.isBlackHole) socket.destroy(); }).on('error', () => {});
  }
}
