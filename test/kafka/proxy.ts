/** A TCP proxy before a broker that sees whole requests and answers, and may alter answers or cut the connection. */
import { connect, createServer, type Server } from 'node:net';
import { FrameAssembler } from '../../runtime/connectors/kafka/client/wire/frames.ts';

export interface Asked { readonly key: number; readonly version: number }
/** May change the answer (correlation id first) in place. False cuts the connection in its stead. */
export type OnAnswer = (asked: Asked, frame: Buffer) => boolean;

/** Listens on `port` of loopback; acts only on connections whose first request is ApiVersions v0, which is how our client begins. */
export async function startProxy(port: number, upstream: string, onAnswer: OnAnswer): Promise<Server> {
  const [host, upstreamPort] = upstream.split(':');
  const server = createServer((socket) => {
    const broker = connect({ host: host!, port: Number(upstreamPort), noDelay: true });
    const asked: Asked[] = [];
    let ours: boolean | undefined;
    const requests = new FrameAssembler(1 << 28, (frame) => {
      const request = { key: frame.readInt16BE(0), version: frame.readInt16BE(2) };
      ours ??= request.key === 18 && request.version === 0;
      asked.push(request);
    });
    const answers = new FrameAssembler(1 << 28, (frame) => {
      const request = asked.shift();
      if (request !== undefined && ours === true && !onAnswer(request, frame)) { socket.destroy(); return; }
      const head = Buffer.alloc(4);
      head.writeInt32BE(frame.length);
      socket.write(Buffer.concat([head, frame]));
    });
    socket.on('data', (b: Buffer) => { requests.feed(b); broker.write(b); });
    broker.on('data', (b: Buffer) => { answers.feed(b); });
    socket.on('close', () => { broker.destroy(); }).on('error', () => {});
    broker.on('close', () => { socket.destroy(); }).on('error', () => {});
  });
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return server;
}
