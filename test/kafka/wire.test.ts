/**
 * The wire without Kafka: a small server of our own answers with truncated, altered and absurd frames. Whatever comes, a call ends with a
 * typed error or a value, in bounded time and memory, and the connection is closed.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { readFetch } from '../../runtime/connectors/kafka/client/calls/fetch.ts';
import { readMetadata } from '../../runtime/connectors/kafka/client/calls/metadata.ts';
import { systemClock } from '../../runtime/connectors/kafka/client/clock.ts';
import { Connection } from '../../runtime/connectors/kafka/client/connection.ts';
import { KafkaClientConfig } from '../../runtime/connectors/kafka/client/index.ts';
import { APIS } from '../../runtime/connectors/kafka/client/wire/apis.ts';
import { FrameAssembler } from '../../runtime/connectors/kafka/client/wire/frames.ts';
import { WireReader } from '../../runtime/connectors/kafka/client/wire/reader.ts';
import { WireWriter } from '../../runtime/connectors/kafka/client/wire/writer.ts';
import { randomFrom } from './support.ts';

/** A Metadata v12 answer body as a broker would send it. */
function metadataBody(): Buffer {
  const w = new WireWriter();
  w.flexible = true;
  w.i32(0).array([1, 2], (e, id) => e.i32(id).string(`host-${id}`).i32(9092).string(null).tags()).string('cluster').i32(1);
  w.array(['orders', 'users'], (e, topic) => {
    e.i16(0).string(topic).uuid('ab'.repeat(16)).bool(false);
    e.array([0, 1, 2], (p, n) => { p.i16(0).i32(n).i32(1).i32(7).array([1, 2], (x, v) => x.i32(v)).array([1], (x, v) => x.i32(v)).array([], () => {}).tags(); });
    e.i32(0).tags();
  });
  w.tags();
  return Buffer.from(w.bytes.subarray(4, w.at));
}
/** A Fetch v13 answer body with one partition, two aborted transactions and some records. */
function fetchBody(): Buffer {
  const w = new WireWriter();
  w.flexible = true;
  w.i32(0).i16(0).i32(0).array(['cd'.repeat(16)], (t, id) => {
    t.uuid(id).array([4], (p, n) => p.i32(n).i16(0).i64(100).i64(90).i64(0).array([1, 2], (a, x) => a.i64(x).i64(10 * x).tags()).i32(-1).byteString(Buffer.alloc(70, 1)).tags()).tags();
  }).tags();
  return Buffer.from(w.bytes.subarray(4, w.at));
}
const readers: [string, Buffer, (r: WireReader) => unknown][] = [
  ['Metadata', metadataBody(), (r) => readMetadata(r, 12)],
  ['Fetch', fetchBody(), (r) => readFetch(r, 13)],
];

describe('kafka answers', () => {
  for (const [call, body, read] of readers) {
    const parse = (bytes: Buffer): unknown => read(new WireReader(bytes, 0, true, 'b:1', call));
    it(`${call}: every truncation is a protocol violation`, () => {
      expect(() => parse(body)).not.to.throw();
      for (let n = 0; n < body.length; n++) expect(() => parse(body.subarray(0, n)), `${n} bytes`).to.throw(RivuletError).with.property('code', 'kafka-protocol-violation');
    });
    it(`${call}: altered bytes give a value or a protocol violation`, () => {
      const random = randomFrom(call.length);
      for (let i = 0; i < 20_000; i++) {
        const bytes = Buffer.from(body);
        for (let n = 0; n < 2; n++) bytes[Math.floor(random() * bytes.length)] = [0, 1, 127, 128, 255][Math.floor(random() * 5)]!;
        try { parse(bytes); } catch (e) { expect(e).to.be.instanceOf(RivuletError).with.property('code', 'kafka-protocol-violation'); }
      }
    });
  }

  it('are cut into frames however the bytes are split', () => {
    const frames: string[] = [], assembler = new FrameAssembler(100, (f) => frames.push(f.toString()));
    const stream = Buffer.concat(['alpha', 'beta!', 'x'.repeat(100)].flatMap((s) => { const n = Buffer.alloc(4); n.writeInt32BE(s.length); return [n, Buffer.from(s)]; }));
    for (let at = 0, step = 1; at < stream.length; at += step, step = step % 7 + 1) assembler.feed(stream.subarray(at, at + step));
    expect(frames).to.deep.equal(['alpha', 'beta!', 'x'.repeat(100)]);
    expect(assembler.failed).to.equal(undefined);
    assembler.feed(Buffer.from('HTTP/1.1 400 Bad Request'));
    expect(assembler.failed).to.contain('announces 1213486160 bytes');
  });
});

describe('kafka connection', () => {
  let server: Server, port: number, onRequest: (socket: Socket, correlationId: number, apiKey: number) => void;
  before((done) => {
    server = createServer((socket) => {
      let seen = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        while (seen.length >= 4 && seen.length >= 4 + seen.readInt32BE(0)) {
          const frame = seen.subarray(4, 4 + seen.readInt32BE(0));
          seen = seen.subarray(4 + frame.length);
          onRequest(socket, frame.readInt32BE(4), frame.readInt16BE(0));
        }
      });
    }).listen(0, '127.0.0.1', () => { port = (server.address() as { port: number }).port; done(); });
  });
  after((done) => { server.close(() => { done(); }); });

  const answer = (socket: Socket, correlationId: number, body: Buffer): void => {
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 4);
    head.writeInt32BE(correlationId, 4);
    socket.write(Buffer.concat([head, body]));
  };
  /** ApiVersions v0 naming Metadata v4. */
  const versions = (): Buffer => { const w = new WireWriter(); w.i16(0).array([3, 10], (e, key) => e.i16(key).i16(0).i16(4)); return w.bytes.subarray(4, w.at); };
  const open = async (properties: Record<string, string> = {}): Promise<Connection> =>
    await Connection.open({ host: '127.0.0.1', port }, KafkaClientConfig.fromProperties(new Map(Object.entries({ 'bootstrap.servers': 'a:1', ...properties }))), systemClock);
  const failure = async (work: Promise<unknown>): Promise<RivuletError> => {
    try { await work; } catch (e) { expect(e).to.be.instanceOf(RivuletError); return e as RivuletError; }
    throw new RangeError('it should have failed');
  };

  it('refuses a peer that is no Kafka', async () => {
    onRequest = (socket) => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'); };
    const e = await failure(open());
    expect(e.code).to.equal('kafka-protocol-violation');
    expect(e.message).to.equal(`Kafka broker "127.0.0.1:${port}" sent an answer to ApiVersions that cannot be read`);
  });
  it('refuses a broker without a version we know', async () => {
    onRequest = (socket, id) => { answer(socket, id, versions()); };
    const connection = await open();
    expect(() => connection.version(APIS.fetch)).to.throw(RivuletError, 'does not support Fetch');
    expect(connection.version(APIS.metadata)).to.equal(4);
    connection.close();
  });
  it('fails all pending calls when an answer comes out of turn', async () => {
    onRequest = (socket, id, key) => { answer(socket, key === 18 ? id : id + 5, key === 18 ? versions() : Buffer.alloc(40)); };
    const connection = await open();
    const calls = [1, 2].map(async () => await failure(connection.call(APIS.metadata, (w) => w.i32(0), (r) => r.i32())));
    expect((await calls[0])!.code).to.equal('kafka-protocol-violation');
    await calls[1];
    expect(connection.failure!.code).to.equal('kafka-protocol-violation');
    expect((await failure(connection.call(APIS.metadata, (w) => w.i32(0), (r) => r.i32()))).code).to.equal('kafka-protocol-violation');
  });
  it('times out and closes', async () => {
    onRequest = (socket, id, key) => { if (key === 18) answer(socket, id, versions()); };
    const connection = await open({ 'request.timeout.ms': '50' });
    expect((await failure(connection.call(APIS.metadata, (w) => w.i32(0), (r) => r.i32()))).message).to.equal(`Kafka broker "127.0.0.1:${port}" did not answer Metadata within 50 ms`);
    expect(connection.failure!.code).to.equal('kafka-timeout');
  });
  it('fails what is pending when the broker hangs up', async () => {
    onRequest = (socket, id, key) => { if (key === 18) answer(socket, id, versions()); else socket.destroy(); };
    const connection = await open();
    const e = await failure(connection.call(APIS.metadata, (w) => w.i32(0), (r) => r.i32()));
    expect(e.code).to.equal('kafka-connection-lost');
    expect(e.retry).to.equal('backoff');
  });
  it('names a broker that is not there', async () => {
    const e = await failure(Connection.open({ host: '127.0.0.1', port: 1 }, KafkaClientConfig.fromProperties(new Map([['bootstrap.servers', 'a:1']])), systemClock));
    expect(e.message).to.equal('connection to Kafka broker "127.0.0.1:1" was lost');
    expect(e.detail).to.contain('ECONNREFUSED');
  });
});
