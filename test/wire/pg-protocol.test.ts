/** The PostgreSQL protocol message by message, with a fake engine: start-up, simple and extended queries, portals, cancel, shutdown. */
import { expect } from 'chai';
import { serialize } from 'pg-protocol';
import { silentLog } from '../../core/ports/log.ts';
import { startPgServer } from '../../server/pgwire/server.ts';
import type { RunningServer } from '../../server/pgwire/server.ts';
import { trustAll } from './access-support.ts';
import { FakeGateway } from './fake-gateway.ts';
import { cstrings, fieldsOf, int16, int32, message, RawClient, rowOf, transcript } from './raw-client.ts';

describe('PG wire: protocol', () => {
  let gateway: FakeGateway, server: RunningServer;
  const clients: RawClient[] = [];
  const start = async (parameters?: Record<string, string>): Promise<RawClient> => { const c = await RawClient.start(server.port, parameters); clients.push(c); return c; };
  const connect = async (): Promise<RawClient> => { const c = await RawClient.connect(server.port); clients.push(c); return c; };

  beforeEach(async () => {
    gateway = new FakeGateway();
    server = await startPgServer({ host: '127.0.0.1', port: 0, authenticate: trustAll, gateway, log: silentLog, limits: { abortGraceMs: 50 } });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await server.close();
  });

  const ask = async (client: RawClient, text: string): Promise<string> => { client.send(serialize.query(text)); return transcript(await client.until('Z')); };
  const startupOf = (version: number, ...strings: string[]): Buffer => {
    const body = Buffer.concat([int32(version), Buffer.from(`${strings.map((s) => `${s}\0`).join('')}\0`)]);
    return Buffer.concat([int32(body.length + 4), body]);
  };

  describe('start-up', () => {
    it('answers N to encryption requests, then reports parameters and a key', async () => {
      const client = await connect();
      client.expectPlain(2);
      client.send(Buffer.concat([int32(8), int32(80877104)]));
      expect(await client.plainBytes(1)).to.equal('N');
      client.send(serialize.requestSsl());
      expect(await client.plainBytes(2)).to.equal('NN');
      client.send(startupOf(196608, 'user', 'me', 'database', 'db', 'application_name', 'app', 'client_encoding', "'utf-8'"));
      const messages = await client.until('Z');
      const reported = new Map(messages.filter((m) => m.type === 'S').map((m) => cstrings(m.body) as [string, string]));
      expect(transcript(messages.filter((m) => m.type !== 'S'))).to.equal('R K Z:I');
      expect([...reported.keys()]).to.include.members(['server_version', 'server_encoding', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', 'integer_datetimes', 'standard_conforming_strings', 'is_superuser', 'session_authorization', 'application_name']);
      expect(reported.get('server_version')).to.match(/^15\./);
      expect(reported.get('application_name')).to.equal('app');
      expect(reported.get('session_authorization')).to.equal('me');
      expect(messages.find((m) => m.type === 'K')?.body.length).to.equal(8);
      expect(gateway.sessions[0]?.options).to.deep.include({ protocol: 'pg', principal: { name: 'me', via: 'trust' }, database: 'db', applicationName: 'app', remote: '127.0.0.1' });
    });

    it('speaks 3.2 with a long key, and negotiates down from newer versions and unknown options', async () => {
      const client = await connect();
      client.send(startupOf(196610, 'user', 'u'));
      const exact = await client.until('Z');
      expect(exact.find((m) => m.type === 'K')?.body.length).to.equal(36);
      expect(exact.some((m) => m.type === 'v')).to.equal(false);
      const newer = await connect();
      newer.send(startupOf(196608 + 9999, 'user', 'u', '_pq_.shiny', '1'));
      const first = (await newer.until('Z'))[0];
      expect(first?.type).to.equal('v');
      expect(first?.body.readInt32BE(0)).to.equal(196610);
      expect(first?.body.readInt32BE(4)).to.equal(1);
      expect(cstrings(first?.body.subarray(8) as Buffer)).to.deep.equal(['_pq_.shiny']);
    });

    it('refuses other majors, no user, and replication', async () => {
      for (const [packet, state] of [[startupOf(131072, 'user', 'u'), '0A000'], [startupOf(196608, 'database', 'd'), '28000'], [startupOf(196608, 'user', 'u', 'replication', 'true'), '0A000']] as const) {
        const client = await connect();
        client.send(packet);
        const [error] = await client.closed();
        expect(fieldsOf(error?.body as Buffer).get('C')).to.equal(state);
        expect(fieldsOf(error?.body as Buffer).get('S')).to.equal('FATAL');
      }
      expect(gateway.sessions).to.have.length(0);
    });
  });

  describe('simple query', () => {
    it('gives each statement of a text its result, and an error ends the rest', async () => {
      const client = await start();
      expect(await ask(client, 'SELECT ONE; CREATE x;; SELECT SERIES 2')).to.equal('T D C:SELECT 1 C:CREATE TABLE T D D C:SELECT 2 Z:I');
      expect(await ask(client, 'CREATE a; SELECT boom; CREATE b')).to.equal('C:CREATE TABLE E:42703 Z:I');
      expect(gateway.sessions[0]?.executed.at(-1)).to.equal('SELECT boom');
      expect(await ask(client, ' ; ')).to.equal('I Z:I');
      expect(await ask(client, '')).to.equal('I Z:I');
      expect(await ask(client, 'INSERT x')).to.equal('T D C:INSERT 0 1 Z:I');
      expect(await ask(client, 'NOTICE')).to.equal('N:01000 C:NOTICE Z:I');
    });

    it('counts an error position in characters of the text that was sent', async () => {
      const client = await start();
      client.send(serialize.query("SELECT ONE;\n é🎈 boom"));
      const error = (await client.until('Z')).find((m) => m.type === 'E');
      const fields = fieldsOf(error?.body as Buffer);
      expect(Object.fromEntries(fields)).to.include({ S: 'ERROR', V: 'ERROR', C: '42703', M: 'column "boom" does not exist', D: 'A detail.', H: 'Perhaps you meant "bloom".', P: '17' });
      expect([..."SELECT ONE;\n é🎈 boom"].slice(16).join('')).to.equal('boom');
    });

    it('hides defects, also after some rows, and goes on', async () => {
      const client = await start();
      client.send(serialize.query('DEFECT'));
      const error = (await client.until('Z')).find((m) => m.type === 'E');
      expect(fieldsOf(error?.body as Buffer).get('C')).to.equal('XX000');
      expect(error?.body.toString('utf8')).to.not.contain('secret');
      expect(await ask(client, 'SELECT HALF')).to.equal('T D D E:XX000 Z:I');
      expect(await ask(client, 'SELECT ONE')).to.equal('T D C:SELECT 1 Z:I');
    });

    it('tells transaction status and changed parameters', async () => {
      const client = await start();
      expect(await ask(client, 'BEGIN')).to.equal('C:BEGIN Z:T');
      expect(await ask(client, 'SELECT boom')).to.equal('E:42703 Z:E');
      expect(await ask(client, 'SELECT ONE')).to.equal('E:25P02 Z:E');
      expect(await ask(client, 'ROLLBACK')).to.equal('C:ROLLBACK Z:I');
      client.send(serialize.query('SET TimeZone Asia/Kolkata'));
      const messages = await client.until('Z');
      expect(transcript(messages)).to.equal('C:SET S Z:I');
      expect(cstrings(messages[1]?.body as Buffer)).to.deep.equal(['TimeZone', 'Asia/Kolkata']);
    });

    it('streams endless rows as they come', async () => {
      const client = await start();
      client.send(serialize.query('SELECT TRICKLE'));
      expect(transcript(await client.until('T'))).to.equal('T');
      gateway.push(1, 'a');
      expect(rowOf((await client.until('D'))[0] as never).map(String)).to.deep.equal(['1', 'a']);
      gateway.push(2, 'b');
      expect(rowOf((await client.until('D'))[0] as never).map(String)).to.deep.equal(['2', 'b']);
    });

    it('sends COPY data', async () => {
      const client = await start();
      client.send(serialize.query('COPY TEXT'));
      const text = await client.until('Z');
      expect(transcript(text)).to.equal('H d d d c C:COPY 3 Z:I');
      expect(text.filter((m) => m.type === 'd').map((m) => m.body.toString())).to.deep.equal(['1\tx\\ty,"z"\\\\\\n\n', '2\t\\N\n', '3\t\n']);
      client.send(serialize.query('COPY CSV'));
      const csv = (await client.until('Z')).filter((m) => m.type === 'd').map((m) => m.body.toString());
      expect(csv).to.deep.equal(['a,"b ""q"""\n', '1,"x\ty,""z""\\\n"\n', '2,\n', '3,""\n']);
    });
  });

  describe('extended query', () => {
    const run = (text: string, name = '') => [serialize.parse({ text, name }), serialize.bind({ statement: name }), serialize.describe({ type: 'P' }), serialize.execute({}), serialize.sync()];

    it('runs parse, bind, describe, execute', async () => {
      const client = await start();
      client.send(...run('SELECT ONE'));
      expect(transcript(await client.until('Z'))).to.equal('1 2 T D C:SELECT 1 Z:I');
      client.send(...run('CREATE x'));
      expect(transcript(await client.until('Z'))).to.equal('1 2 n C:CREATE TABLE Z:I');
      client.send(...run(''));
      expect(transcript(await client.until('Z'))).to.equal('1 2 n I Z:I');
      client.send(...run('INSERT x')); // told to return no rows: none may come
      expect(transcript(await client.until('Z'))).to.equal('1 2 n C:INSERT 0 1 Z:I');
    });

    it('answers at Flush, before any Sync', async () => {
      const client = await start();
      client.send(serialize.parse({ text: 'SELECT ECHO(INT, STRING)', name: 'q' }), serialize.describe({ type: 'S', name: 'q' }), serialize.flush());
      const messages = await client.until('T');
      expect(transcript(messages)).to.equal('1 t T');
      const oids = messages[1]?.body as Buffer;
      expect([oids.readInt16BE(0), oids.readInt32BE(2), oids.readInt32BE(6)]).to.deep.equal([2, 23, 25]);
      client.send(serialize.bind({ statement: 'q', values: ['7', null] }), serialize.execute({}), serialize.flush());
      const rows = await client.until('C');
      expect(transcript(rows)).to.equal('2 D C:SELECT 1');
      expect(rowOf(rows[1] as never).map((f) => f?.toString())).to.deep.equal(['7', undefined]);
      client.send(serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('Z:I');
    });

    it('keeps named statements, and pipelines', async () => {
      const client = await start();
      client.send(serialize.parse({ text: 'SELECT ECHO(INT)', name: 'q' }));
      for (let i = 0; i < 50; i++) client.send(serialize.bind({ statement: 'q', values: [String(i)] }), serialize.execute({}), serialize.sync());
      const messages = await client.until('Z', 50);
      expect(messages.filter((m) => m.type === 'D').map((m) => Number(rowOf(m)[0]))).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
      client.send(serialize.parse({ text: 'SELECT ONE', name: 'q' }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('E:42P05 Z:I');
      client.send(serialize.close({ type: 'S', name: 'q' }), serialize.close({ type: 'P', name: 'nobody' }), serialize.bind({ statement: 'q' }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('3 3 E:26000 Z:I');
    });

    it('skips to Sync after an error, simple queries too', async () => {
      const client = await start();
      client.send(serialize.parse({ text: 'SELECT boom' }), serialize.bind({}), serialize.execute({}), serialize.query('CREATE x'), serialize.sync(), serialize.query('SELECT ONE'));
      expect(transcript(await client.until('Z', 2))).to.equal('E:42703 Z:I T D C:SELECT 1 Z:I');
      expect(gateway.sessions[0]?.executed).to.not.include('CREATE x');
    });

    it('fails the transaction block on an error', async () => {
      const client = await start();
      await ask(client, 'BEGIN');
      client.send(serialize.bind({ statement: 'missing' }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('E:26000 Z:E');
    });

    it('gives rows in portions and goes on where it stopped', async () => {
      const client = await start();
      await ask(client, 'BEGIN');
      client.send(serialize.parse({ text: 'SELECT SERIES 2500' }), serialize.bind({ portal: 'c' }), serialize.execute({ portal: 'c', rows: 2 }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('1 2 D D s Z:T');
      client.send(serialize.execute({ portal: 'c', rows: 2000 }), serialize.sync());
      const middle = await client.until('Z');
      expect(middle.filter((m) => m.type === 'D').map((m) => Number(rowOf(m)[0]))).to.deep.equal(Array.from({ length: 2000 }, (_, i) => i + 2));
      expect(transcript(middle.slice(-2))).to.equal('s Z:T');
      client.send(serialize.execute({ portal: 'c' }), serialize.execute({ portal: 'c' }), serialize.sync());
      expect(transcript(await client.until('Z')).replaceAll('D ', '')).to.equal('C:SELECT 498 C:SELECT 0 Z:T');
    });

    it('asks the engine only for the rows of a portion', async () => {
      const client = await start();
      await ask(client, 'BEGIN');
      client.send(serialize.parse({ text: 'SELECT ENDLESS' }), serialize.bind({ portal: 'c' }), serialize.execute({ portal: 'c', rows: 10 }), serialize.sync());
      await client.until('Z');
      expect(gateway.pulled).to.equal(1000);
      expect(gateway.ended).to.deep.equal([]);
      await ask(client, 'ROLLBACK');
      expect(gateway.ended).to.deep.equal(['SELECT ENDLESS']);
    });

    it('ends portals with the transaction, outside a block at Sync', async () => {
      const client = await start();
      client.send(serialize.parse({ text: 'SELECT ENDLESS' }), serialize.bind({ portal: 'c' }), serialize.execute({ portal: 'c', rows: 1 }), serialize.sync(), serialize.execute({ portal: 'c', rows: 1 }), serialize.sync());
      expect(transcript(await client.until('Z', 2))).to.equal('1 2 D s Z:I E:34000 Z:I');
      await ask(client, 'BEGIN');
      client.send(serialize.parse({ text: 'SELECT ENDLESS' }), serialize.bind({ portal: 'c' }), serialize.execute({ portal: 'c', rows: 1 }), serialize.sync());
      await client.until('Z');
      expect(await ask(client, 'COMMIT')).to.equal('C:COMMIT Z:I');
      client.send(serialize.execute({ portal: 'c', rows: 1 }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('E:34000 Z:I');
    });

    it('checks the counts of Bind', async () => {
      const client = await start();
      client.send(serialize.parse({ text: 'SELECT ECHO(INT, INT)', name: 'q' }), serialize.bind({ statement: 'q', values: ['1'] }), serialize.sync());
      expect(transcript(await client.until('Z'))).to.equal('1 E:08P01 Z:I');
      const body = (formats: number[], results: number[]) => Buffer.concat([Buffer.from('\0q\0'), int16(formats.length), ...formats.map(int16), int16(2), int32(1), Buffer.from('1'), int32(-1), int16(results.length), ...results.map(int16)]);
      client.send(message('B', body([0, 0, 0], [])), serialize.sync(), message('B', body([], [1, 1, 1])), serialize.sync(), message('B', body([7], [])), serialize.sync());
      expect(transcript(await client.until('Z', 3))).to.equal('E:08P01 Z:I E:08P01 Z:I E:22023 Z:I');
    });
  });

  describe('cancel, loss, shutdown', () => {
    const keyOf = async (client: RawClient): Promise<[number, number]> => { const key = client.received.find((m) => m.type === 'K')?.body as Buffer; return [key.readInt32BE(0), key.readInt32BE(4)]; };
    const sendCancel = async (processId: number, secret: number): Promise<void> => { const c = await connect(); c.send(serialize.cancel(processId, secret)); expect(await c.closed()).to.deep.equal([]); };

    for (const statement of ['SELECT SLOW', 'SELECT ENDLESS', 'SELECT DEAF']) {
      it(`cancels ${statement} with the right key only`, async () => {
        const client = await start(), [processId, secret] = await keyOf(client);
        client.send(serialize.query(statement));
        await client.until('T').catch(() => {});
        await sendCancel(processId, secret ^ 1);
        await sendCancel(processId ^ 1, secret);
        expect(client.received.some((m) => m.type === 'E')).to.equal(false);
        await sendCancel(processId, secret);
        expect(transcript((await client.until('Z')).filter((m) => m.type !== 'D' && m.type !== 'T'))).to.equal('E:57014 Z:I');
        expect(await ask(client, 'SELECT ONE')).to.equal('T D C:SELECT 1 Z:I');
      });
    }

    it('ignores a cancel of an idle session', async () => {
      const client = await start(), [processId, secret] = await keyOf(client);
      await sendCancel(processId, secret);
      expect(await ask(client, 'SELECT ONE')).to.equal('T D C:SELECT 1 Z:I');
    });

    it('ends the query and the session of a client that goes away', async () => {
      const client = await start();
      client.send(serialize.query('SELECT SLOW'));
      await client.until('T');
      client.destroy();
      while (gateway.sessions[0]?.isClosed !== true) await new Promise((resolve) => setImmediate(resolve));
      expect(gateway.ended).to.deep.equal(['SELECT SLOW']);
    });

    it('closes the session at Terminate', async () => {
      const client = await start();
      client.send(serialize.end());
      expect(await client.closed()).to.deep.equal([]);
      expect(gateway.sessions[0]?.isClosed).to.equal(true);
    });

    it('tells idle, busy and starting clients of a shutdown', async () => {
      const idle = await start(), busy = await start(), starting = await connect();
      busy.send(serialize.query('SELECT SLOW'));
      await busy.until('T');
      await server.close();
      for (const client of [idle, busy, starting]) expect(transcript(await client.closed())).to.equal('E:57P01');
      expect(gateway.sessions.map((s) => s.isClosed)).to.deep.equal([true, true]);
    });
  });
});
