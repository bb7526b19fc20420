/** Hostile and careless PostgreSQL clients: malformed packets, floods, slow and unread sockets. The server lives and others are served. */
import { expect } from 'chai';
import { serialize } from 'pg-protocol';
import { silentLog } from '../../core/ports/log.ts';
import { authorizationRefused } from '../../core/errors/wire.ts';
import { startPgServer } from '../../server/pgwire/server.ts';
import type { PgServerOptions, RunningServer } from '../../server/pgwire/server.ts';
import { MessageReader } from '../../server/pgwire/message-reader.ts';
import { trustAll } from './access-support.ts';
import { FakeGateway } from './fake-gateway.ts';
import { fieldsOf, int16, int32, message, RawClient, transcript } from './raw-client.ts';

describe('PG wire: hostile clients', () => {
  let gateway: FakeGateway, server: RunningServer;
  const clients: RawClient[] = [], logged: string[] = [];
  const log = { ...silentLog, error: (text: string) => { logged.push(text); }, child: () => log };
  const serve = async (options: Partial<PgServerOptions> = {}): Promise<void> => {
    gateway = new FakeGateway();
    server = await startPgServer({ host: '127.0.0.1', port: 0, authenticate: trustAll, gateway, log, ...options });
  };
  const connect = async (...first: Buffer[]): Promise<RawClient> => { const c = await RawClient.connect(server.port); clients.push(c); if (first.length > 0) c.send(...first); return c; };
  const start = async (): Promise<RawClient> => { const c = await RawClient.start(server.port); clients.push(c); return c; };
  const isServed = async (): Promise<void> => { const c = await start(); c.send(serialize.query('SELECT ONE')); expect(transcript(await c.until('Z'))).to.equal('T D C:SELECT 1 Z:I'); c.destroy(); };

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await server.close();
    expect(logged.splice(0), 'defects in the log').to.deep.equal([]);
  });

  describe('before the session', () => {
    beforeEach(() => serve());

    for (const length of [0, 3, 4, 7, 10_001, 0x7fffffff, -1, -2147483648]) {
      it(`refuses a start-up packet of length ${length}`, async () => {
        const client = await connect(int32(length), Buffer.alloc(64));
        expect(transcript(await client.closed())).to.equal('E:08P01');
        await isServed();
      });
    }

    const body = (...parts: (Buffer | string)[]): Buffer => { const b = Buffer.concat(parts.map((p) => Buffer.from(p as string))); return Buffer.concat([int32(b.length + 4), b]); };
    const v3 = int32(196608);
    for (const [name, packet] of Object.entries({
      'a start-up packet without its end': body(v3, 'user\0me\0'), 'a name without its value': body(v3, 'user\0'), 'bytes behind the end': body(v3, 'user\0me\0\0more'),
      'no strings at all': body(v3, 'userme'), 'a query in place of the start-up': serialize.query('SELECT ONE'), 'Parse, Bind and CopyData in place of it': Buffer.concat([serialize.parse({ text: 'SELECT ONE' }), serialize.bind({}), serialize.copyData(Buffer.alloc(9))]),
      'a second encryption request': Buffer.concat([serialize.requestSsl(), serialize.requestSsl()]), 'an encryption request with more in it': body(int32(80877103), 'x'), 'HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), 'TLS': Buffer.from('160301020001', 'hex'),
    })) {
      it(`refuses ${name}`, async () => {
        const client = await connect();
        if (name.startsWith('a second')) client.expectPlain(1);
        client.send(packet);
        expect(transcript(await client.closed())).to.equal('E:08P01');
        expect(gateway.sessions).to.have.length(0);
      });
    }

    it('closes without a word at cancel requests it does not know', async () => {
      for (const packet of [serialize.cancel(1, 2), Buffer.concat([int32(12), int32(80877102), int32(7)]), Buffer.concat([int32(300), int32(80877102), Buffer.alloc(292)])]) {
        expect(await (await connect(packet)).closed()).to.deep.equal([]);
      }
    });

    it('bears a client that goes away at any byte', async () => {
      const whole = Buffer.concat([serialize.startup({ user: 'u' }), serialize.parse({ text: 'SELECT SERIES 5000' }), serialize.bind({}), serialize.execute({}), serialize.sync()]);
      await Promise.all(Array.from({ length: whole.length }, async (_, i) => { const c = await connect(whole.subarray(0, i)); c.destroy(); }));
      await isServed();
      while (!gateway.sessions.every((s) => s.isClosed)) await new Promise((resolve) => setImmediate(resolve));
    });

    it('takes everything byte by byte', async () => {
      const client = await connect();
      for (const byte of Buffer.concat([serialize.startup({ user: 'u' }), serialize.query('SELECT ONE')])) client.send(Buffer.of(byte));
      expect(transcript((await client.until('Z', 2)).filter((m) => m.type !== 'S'))).to.equal('R K Z:I T D C:SELECT 1 Z:I');
    });

    it('does not run what was pipelined behind a refused login', async () => {
      await server.close();
      await serve({ authenticate: async () => { throw authorizationRefused({ why: 'no' }); } });
      const client = await connect(serialize.startup({ user: 'u' }), serialize.query('SELECT ONE'));
      expect(transcript(await client.closed())).to.equal('E:28000');
      expect(gateway.sessions).to.have.length(0);
    });
  });

  describe('in the session', () => {
    beforeEach(() => serve());

    for (const [name, bytes, state] of [
      ['a message length of 3', message('Q', '', 3), '08P01'], ['a negative message length', message('Q', '', -5), '08P01'], ['a message of 1 GiB', message('Q', 'SELECT', 0x40000000), '54000'],
      ['an unknown message type', message('y', ''), '08P01'], ['a password nobody asked for', message('p', 'x\0'), '08P01'], ['type zero', message('\0', ''), '08P01'],
    ] as const) {
      it(`ends the connection at ${name}`, async () => {
        const client = await start(), before = process.memoryUsage().arrayBuffers;
        client.send(bytes);
        const messages = await client.closed();
        expect(transcript(messages)).to.equal(`E:${state}`);
        expect(fieldsOf(messages[0]?.body as Buffer).get('S')).to.equal('FATAL');
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(8e6);
        await isServed();
      });
    }

    const bindHead = Buffer.from('\0q\0');
    for (const [name, bytes] of [
      ['an empty Parse', message('P', '')], ['a Parse without its end', message('P', 'q\0SELECT')], ['a Parse that announces more types than it has', message('P', Buffer.concat([Buffer.from('\0SELECT ONE\0'), int16(0xffff)]))],
      ['a Bind with 65,535 parameters', message('B', Buffer.concat([bindHead, int16(0), int16(0xffff), Buffer.alloc(4 * 0xffff, 0xff), int16(0)]))], ['a parameter length of 0x7fffffff', message('B', Buffer.concat([bindHead, int16(0), int16(1), int32(0x7fffffff)]))],
      ['a parameter length of -2', message('B', Buffer.concat([bindHead, int16(0), int16(1), int32(-2), int16(0)]))], ['bytes behind a Bind', message('B', Buffer.concat([bindHead, int16(0), int16(0), int16(0), int16(9)]))],
      ['a Describe of something else', message('D', 'Xq\0')], ['an empty Describe', message('D', '')], ['an Execute without max_rows', message('E', 'p\0')], ['a Close without a name', message('C', 'S')],
      ['an Execute of no portal', serialize.execute({ portal: 'none' })], ['a Bind to no statement', serialize.bind({ statement: 'none' })], ['a name that is not UTF-8', message('D', Buffer.from([0x53, 0xff, 0]))], ['a query that is not UTF-8', message('P', Buffer.from([0, 0xc3, 0x28, 0, 0, 0]))],
    ] as const) {
      it(`answers ${name} with an error and goes on after Sync`, async () => {
        const client = await start();
        client.send(bytes, serialize.execute({}), serialize.sync());
        expect(transcript(await client.until('Z'))).to.match(/^E:(08P01|34000|26000|22021) Z:I$/);
        client.send(serialize.query('SELECT ONE'));
        expect(transcript(await client.until('Z'))).to.equal('T D C:SELECT 1 Z:I');
      });
    }

    it('answers a broken simple query and the function call with an error, and goes on', async () => {
      const client = await start();
      client.send(message('Q', 'SELECT ONE'), message('Q', 'a\0b\0'), message('Q', Buffer.from([0xff, 0])), message('F', Buffer.alloc(8)), serialize.query('SELECT ONE'));
      expect(transcript(await client.until('Z', 5))).to.equal('E:08P01 Z:I E:08P01 Z:I E:22021 Z:I E:0A000 Z:I T D C:SELECT 1 Z:I');
    });

    it('ignores COPY data nobody waits for', async () => {
      const client = await start();
      client.send(serialize.copyData(Buffer.alloc(100_000)), serialize.copyDone(), serialize.copyFail('x'), serialize.query('SELECT ONE'));
      expect(transcript(await client.until('Z'))).to.equal('T D C:SELECT 1 Z:I');
    });

    it('bears random bytes', async () => {
      let seed = 20_260_101;
      const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x80000000;
      const types = 'PBDECHSQFXdcfp?';
      for (let round = 0; round < 150; round++) {
        const client = await start();
        for (let i = 0; i < 6; i++) {
          const noise = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => (random() < 0.4 ? 0 : Math.floor(random() * 256))));
          client.send(message(types[Math.floor(random() * types.length)] as string, noise, random() < 0.05 ? Math.floor(random() * 64) : undefined));
        }
        client.send(serialize.sync());
        client.destroy();
      }
      await isServed();
    });
  });

  describe('limits', () => {
    it('refuse statements and portals beyond their number', async () => {
      await serve({ limits: { preparedStatements: 3 } });
      const client = await start();
      client.send(serialize.query('BEGIN'));
      await client.until('Z');
      for (let i = 0; i < 4; i++) client.send(serialize.parse({ text: 'SELECT ONE', name: `s${i}` }));
      client.send(serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('1 1 1 E:53400 Z:E');
      client.send(serialize.query('ROLLBACK'), serialize.close({ type: 'S', name: 's0' }), serialize.parse({ text: 'SELECT ONE', name: 's9' }), serialize.sync());
      expect(transcript(await client.until('Z', 2))).to.equal('C:ROLLBACK Z:I 3 1 Z:I');
      for (let i = 0; i < 4; i++) client.send(serialize.bind({ statement: 's9', portal: `p${i}` }));
      client.send(serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('2 2 2 E:53400 Z:I');
    });

    it('refuse more bytes of statements and portals than a session may keep', async () => {
      await serve({ limits: { preparedBytes: 3000 } });
      const client = await start();
      const parse = (name: string) => [serialize.parse({ text: `SELECT ONE${' '.repeat(1400)}`, name }), serialize.sync()];
      client.send(...parse('a'), ...parse('b'), ...parse('c'), serialize.close({ type: 'S', name: 'a' }), ...parse('c'), ...parse(''), serialize.close({ type: 'S', name: 'b' }), ...parse(''), ...parse(''));
      expect(transcript(await client.until('Z', 7)).replaceAll('Z:I ', '')).to.equal('1 1 E:53400 3 1 E:53400 3 1 1 Z:I');
    });

    it('refuse sessions beyond their number with 53300, but hear their cancel requests', async () => {
      await serve({ limits: { connections: 3 } });
      const served = [await start(), await start(), await start()];
      const refused = await connect(serialize.startup({ user: 'u' }));
      expect(transcript(await refused.closed())).to.equal('E:53300');
      served[0]?.send(serialize.query('SELECT SLOW'));
      await served[0]?.until('T');
      const key = served[0]?.received.find((m) => m.type === 'K')?.body as Buffer;
      await (await connect(serialize.cancel(key.readInt32BE(0), key.readInt32BE(4)))).closed();
      expect(transcript(await served[0]?.until('Z') ?? [])).to.equal('E:57014 Z:I');
      served[1]?.send(serialize.end());
      await served[1]?.closed();
      while (gateway.sessions.filter((s) => !s.isClosed).length > 2) await new Promise((resolve) => setImmediate(resolve));
      await isServed();
    });

    it('refuse half-open connections beyond their number at once', async () => {
      await serve({ limits: { connections: 10 } });
      const half = await Promise.all(Array.from({ length: 150 }, () => connect()));
      const refused = half.slice(110);
      for (const client of refused) expect(transcript(await client.closed())).to.equal('E:53300');
      expect(half.slice(0, 110).some((c) => c.isClosed)).to.equal(false);
      for (const client of half) client.destroy();
    });

    it('end a start-up and a message that do not get on', async () => {
      await serve({ limits: { startupTimeoutMs: 60, messageTimeoutMs: 60 } });
      const silent = await connect(), slow = await connect(int32(50)), stuck = await start(), patient = await start();
      stuck.send(serialize.query('SELECT ONE').subarray(0, 8));
      for (const client of [silent, slow, stuck]) expect(transcript(await client.closed())).to.equal('E:08006');
      patient.send(serialize.query('SELECT ONE')); // idle between messages is no fault
      expect(transcript(await patient.until('Z'))).to.equal('T D C:SELECT 1 Z:I');
    });

    it('do not let a client that reads nothing fill the memory, and cut it off in the end', async () => {
      await serve({ limits: { writeStallTimeoutMs: 100, startupTimeoutMs: 200 } });
      const client = await start();
      client.socket.pause();
      client.send(serialize.query('SELECT ENDLESS'));
      while (gateway.ended.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(gateway.pulled).to.be.below(1_000_000); // what fits into the kernel's buffers, some MB
      while (gateway.sessions[0]?.isClosed !== true) await new Promise((resolve) => setImmediate(resolve));
    });

    it('stop reading from a client that sends faster than it is served', async () => {
      await serve({ limits: { readBufferBytes: 64 * 1024 } });
      const client = await start();
      client.send(serialize.query('SELECT TRICKLE'));
      await client.until('T');
      let isFull = false;
      const flood = Buffer.concat(Array.from({ length: 1000 }, () => serialize.query(`CREATE ${'x'.repeat(1000)}`)));
      for (let i = 0; i < 30; i++) isFull = !client.socket.write(flood); // 30 MB
      expect(isFull).to.equal(true);
      const before = client.socket.bytesWritten;
      gateway.push(1, 'a');
      await client.until('D');
      expect(client.socket.writableLength).to.be.above(10e6);
      expect(before).to.be.above(0);
    });

    it('allow a long message in many pieces, in memory that grows with what arrives', () => {
      const reader = new MessageReader(), text = Buffer.alloc(3_000_000, 'x'), whole = message('Q', Buffer.concat([text, Buffer.of(0)]));
      reader.push(whole.subarray(0, 7));
      expect(reader.message(64e6)).to.equal(undefined);
      expect(reader.announced).to.equal(whole.length);
      for (let at = 7; at < whole.length; at += 1009) {
        expect(reader.message(64e6)).to.equal(undefined);
        reader.push(whole.subarray(at, at + 1009));
      }
      expect(reader.message(64e6)?.body.length).to.equal(3_000_001);
      expect(reader.waiting).to.equal(0);
    });
  });
});
