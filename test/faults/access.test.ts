/** Hostile starts, early messages and logins against the real server: PostgreSQL's protocol by raw bytes and by psql, HTTP by every route there is. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { verifierText, makeVerifier } from '../../core/scram/scram.ts';
import { ServerProcess } from '../e2e/server-process.ts';
import { fieldsOf, int32, message, RawClient, transcript, type Received } from '../wire/raw-client.ts';
import { answer, initial, logIn, saltOf, startupOf, stepOf } from '../wire/scram-client.ts';

const hasPsql = spawnSync('psql', ['--version']).status === 0, ADMIN = 'ann', ADMIN_PASSWORD = "it's a pässword", READER = 'bob', READER_PASSWORD = 'only reading';
const basic = (user: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });

describe('access to the server', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-access-'));
  let server: ServerProcess, auditPath: string;
  const clients: RawClient[] = [];
  before(async () => {
    server = await ServerProcess.start(['--audit-log', join(folder, 'audit.log'), '--parallelism', '1']);
    auditPath = server.options[1] ?? '';
    const { status, body } = await server.sql(`CREATE USER ${ADMIN} WITH ADMIN PASSWORD '${ADMIN_PASSWORD.replaceAll("'", "''")}'; CREATE USER ${READER} PASSWORD '${READER_PASSWORD}'`);
    expect(status, JSON.stringify(body)).to.equal(200);
  });
  after(async () => { await server.remove(); rmSync(folder, { recursive: true }); });
  afterEach(() => { for (const client of clients.splice(0)) client.destroy(); });

  const connect = async (...first: Buffer[]): Promise<RawClient> => { const c = await RawClient.connect(server.pgPort); clients.push(c); if (first.length > 0) c.send(...first); return c; };
  const tryLogin = async (user: string, password: string, steps: Parameters<typeof logIn>[3] = {}): Promise<Received[]> => logIn(await connect(), user, password, steps);
  const stateOf = (messages: readonly Received[]): string => { const last = messages.at(-1); return last?.type === 'E' ? fieldsOf(last.body).get('C') ?? '' : last?.type ?? 'closed'; };
  const isServed = async (): Promise<void> => { expect(stateOf(await tryLogin(ADMIN, ADMIN_PASSWORD))).to.equal('Z'); };
  const asUser = async (user: string, password: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.pgPort, user, password, database: 'default_catalog' });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const failing = async (work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string; detail?: string }> => { try { await work; } catch (error) { return error as { code: string; message: string }; } throw new TypeError('it worked'); };
  const psql = (user: string, password: string, ...args: string[]): { status: number | null; out: string; err: string } => {
    const { status, stdout, stderr } = spawnSync('psql', ['-X', '-At', '-h', '127.0.0.1', '-p', String(server.pgPort), '-U', user, '-d', 'default_catalog', ...args], { env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'disable', PGCLIENTENCODING: 'UTF8' }, encoding: 'utf8' });
    return { status, out: stdout, err: stderr };
  };
  const http = (path: string, options: { method?: string; headers?: Record<string, string>; body?: unknown; from?: string } = {}): Promise<{ status: number; headers: Record<string, unknown>; text: string }> => new Promise((resolve, reject) => {
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    const asked = request({ host: '127.0.0.1', port: server.httpPort, path, method: options.method ?? 'GET', localAddress: options.from, headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers } }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (d: string) => { body += d; }).on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text: body }));
    });
    asked.on('error', reject).end(text);
  });
  const audit = (): Record<string, unknown>[] => readFileSync(auditPath, 'utf8').split('\n').filter((l) => l !== '').map((l) => JSON.parse(l) as Record<string, unknown>);
  const rssKb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? 0);

  // ------------------------------------------------------------------------------------------------------------ F1

  it('F1: start-up packets of impossible lengths end their connection with 08P01; nothing is allocated by their number', async () => {
    const before = process.platform === 'linux' ? rssKb() : 0;
    for (const length of [0, 3, 4, 7, 10_001, 0x7fffffff, -1, -2147483648]) expect(transcript(await (await connect(int32(length), Buffer.alloc(100))).closed()), String(length)).to.equal('E:08P01');
    await Promise.all(Array.from({ length: 50 }, async () => (await connect(int32(0x7fffffff))).closed()));
    if (process.platform === 'linux') expect(rssKb() - before).to.be.below(100_000);
    await isServed();
  });
  it('F1: no bytes at all, half a packet and a client that goes away cost nothing', async () => {
    await Promise.all(Array.from({ length: 50 }, async (_, i) => { const c = await connect(...(i % 2 === 0 ? [] : [startupOf(ADMIN).subarray(0, i)])); c.destroy(); }));
    await isServed();
  });
  it('F1: SSLRequest a thousand times, GSSENC again and again, both in turn: one answer each, then the end', async () => {
    const ssl = serialize.requestSsl() as Buffer, gss = Buffer.concat([int32(8), int32(80877104)]);
    for (const [packets, answers] of [[Array.from({ length: 1000 }, () => ssl), 1], [[gss, gss], 1], [[ssl, gss, ssl], 2]] as const) {
      const client = await connect();
      client.expectPlain(answers);
      client.send(...packets);
      expect(transcript(await client.closed())).to.equal('E:08P01');
      expect(client.plain).to.equal('N'.repeat(answers));
    }
    await isServed();
  });
  it('F1: cancel requests with a wrong key, of every length, are closed without a word and cancel nothing', async () => {
    const client = await asUser(ADMIN, ADMIN_PASSWORD);
    const running = client.query('SELECT COUNT(*) FROM (VALUES (1), (2)) AS t (a)'), pid = (client as unknown as { processID: number }).processID;
    for (const packet of [serialize.cancel(pid, 1) as Buffer, serialize.cancel(1, 2) as Buffer, Buffer.concat([int32(12), int32(80877102), int32(pid)]), Buffer.concat([int32(300), int32(80877102), Buffer.alloc(292)])]) expect(await (await connect(packet)).closed()).to.deep.equal([]);
    expect(String((await running).rows[0]?.['EXPR$0'])).to.equal('2');
    await client.end();
  });

  // ------------------------------------------------------------------------------------------------------------ F2

  const early: readonly (readonly [string, Buffer])[] = [
    ['Query', serialize.query('DROP USER bob') as Buffer], ['Parse', serialize.parse({ text: 'SELECT 1' }) as Buffer], ['Bind', serialize.bind({}) as Buffer], ['Execute', serialize.execute({}) as Buffer], ['Sync', serialize.sync() as Buffer],
    ['CopyData', serialize.copyData(Buffer.alloc(10)) as Buffer], ['FunctionCall', message('F', Buffer.alloc(8))], ['Terminate', serialize.end() as Buffer], ['an unknown message', message('y', '')],
  ];
  for (const [name, bytes] of early) {
    it(`F2: ${name} before authentication is refused, alone, pipelined behind the start-up and between the steps of SCRAM`, async () => {
      const alone = await connect(bytes);
      expect(stateOf(await alone.closed())).to.be.oneOf(['08P01', '0A000']);
      const pipelined = await connect(startupOf(ADMIN), bytes, bytes);
      expect(transcript(await pipelined.closed())).to.equal('R E:08P01');
      const between = await connect(startupOf(ADMIN));
      await between.until('R');
      between.send(initial('SCRAM-SHA-256', 'n,,n=,r=abc'), bytes, answer('c=biws,r=abc,p='));
      expect(transcript(await between.closed())).to.equal('R E:08P01');
    });
  }
  it('F2: what is pipelined behind a wrong proof is not run, behind a right one it is', async () => {
    for (const [password, wanted] of [['wrong', /^E:28P01$/], [ADMIN_PASSWORD, /Z:I T D C:SELECT 1 Z:I$/]] as const) {
      const client = await connect();
      const send = client.send.bind(client);
      client.send = (...parts) => send(...parts.flatMap((p) => (Buffer.from(p).subarray(0, 1).toString() === 'p' && !Buffer.from(p).includes('SCRAM-SHA-256') ? [p, serialize.query('SELECT 1') as Buffer] : [p])));
      const first = await logIn(client, ADMIN, password), rest = password === 'wrong' ? [] : await client.until('Z');
      expect(transcript([...first, ...rest])).to.match(wanted);
    }
    expect((await (await asUser(ADMIN, ADMIN_PASSWORD)).query('SHOW USERS')).rows).to.have.length(2);
  });
  it('F2: an authentication message of another kind, an oversized one and a mechanism that was not offered are refused', async () => {
    for (const [bytes, state] of [
      [message('p', 'cleartext password\0'), '08P01'], [initial('PLAIN', '\0ann\0x'), '08P01'], [initial('SCRAM-SHA-1', 'n,,n=,r=a'), '08P01'], [initial('SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,n=,r=a'), '08P01'],
      [initial('SCRAM-SHA-256', `n,,n=,r=${'a'.repeat(2000)}`), '54000'], [message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(0x7fffffff)])), '08P01'], [message('p', '', 0x7fffffff), '54000'], [message('p', Buffer.alloc(0)), '08P01'],
    ] as const) {
      const client = await connect(startupOf(ADMIN));
      await client.until('R');
      client.send(bytes);
      expect(transcript(await client.closed())).to.equal(`E:${state}`);
    }
  });

  // ------------------------------------------------------------------------------------------------------------ F3

  it('F3: a right password comes in, prepared as SASLprep has it; only SCRAM is offered', async () => {
    const client = await connect(startupOf(ADMIN)), offer = stepOf((await client.until('R')).at(-1));
    expect(offer).to.deep.equal({ code: 10, text: 'SCRAM-SHA-256\0\0' });
    expect(stateOf(await tryLogin(ADMIN, ADMIN_PASSWORD.normalize('NFD')))).to.equal('Z');
  });
  it('F3: wrong password, empty password, unknown user: one answer, 28P01, by the same steps', async () => {
    const answers = new Map<string, string>();
    for (const [user, password] of [[ADMIN, 'wrong'], [ADMIN, ''], ['nobody', 'x'], ['nobody', '']] as const) {
      const messages = await tryLogin(user, password);
      expect(transcript(messages)).to.equal('E:28P01');
      answers.set(user, fieldsOf(messages[0]?.body as Buffer).get('M')?.replace(user, 'X') ?? '');
    }
    expect(new Set(answers.values()).size).to.equal(1);
  });
  it('F3: a user that does not exist is asked with a salt of its own that stays the same, also after a restart', async () => {
    const salts = async (): Promise<string[]> => Promise.all([ADMIN, 'nobody', 'nobody else'].map((user) => saltOf(server.pgPort, user))), first = await salts();
    expect(new Set(first).size).to.equal(3);
    expect(first.map((s) => Buffer.from(s, 'base64').length)).to.deep.equal([16, 16, 16]);
    expect(await salts()).to.deep.equal(first);
    await server.end('SIGKILL');
    await server.launch();
    expect(await salts()).to.deep.equal(first);
    await isServed();
  });
  it('F3: a last message that was right before does not come in again: the nonce is another', async () => {
    let seen = '';
    expect(stateOf(await tryLogin(ADMIN, ADMIN_PASSWORD, { last: (right) => (seen = right) }))).to.equal('Z');
    expect(transcript(await tryLogin(ADMIN, ADMIN_PASSWORD, { last: () => seen }))).to.equal('E:08P01');
    // Its nonce mended, the proof is of the other exchange.
    expect(transcript(await tryLogin(ADMIN, ADMIN_PASSWORD, { last: (right) => right.replace(/,p=.*/, seen.slice(seen.indexOf(',p='))) }))).to.equal('E:28P01');
  });
  it('F3: no way down: no clear text, no MD5, no trust by another name, no channel binding taken away', async () => {
    expect(transcript(await tryLogin(ADMIN, ADMIN_PASSWORD, { gs2: 'n,a=bob,' }))).to.equal('E:0A000');
    expect(transcript(await tryLogin(ADMIN, ADMIN_PASSWORD, { gs2: 'p=tls-server-end-point,,' }))).to.equal('E:08P01');
    expect(stateOf(await tryLogin(READER, READER_PASSWORD, { gs2: 'y,,' }))).to.equal('Z');
    const reader = await asUser(READER, READER_PASSWORD);
    for (const text of [`SET SESSION AUTHORIZATION ${ADMIN}`, `SET ROLE ${ADMIN}`]) expect((await failing(reader.query(text))).code).to.equal('42501');
    expect((await reader.query('SELECT current_user AS u')).rows).to.deep.equal([{ u: READER }]);
    await reader.end();
  });
  it('F3: a hundred failures are throttled per user and address, over both protocols; a right password from elsewhere comes in', async function () {
    await (await asUser(ADMIN, ADMIN_PASSWORD)).query(`CREATE USER victim PASSWORD 'its own'`);
    const states: string[] = [];
    for (let i = 0; i < 100; i++) states.push(stateOf(await tryLogin('victim', `guess ${i}`)));
    expect(states.filter((s) => s === '28P01').length).to.be.within(1, 12);
    expect(states.slice(20).every((s) => s === '28000')).to.equal(true);
    expect(stateOf(await tryLogin('victim', 'its own'))).to.equal('28000');
    const refused = await http('/api/v1/jobs', { headers: basic('victim', 'its own') });
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).to.deep.equal([429, true]);
    await isServed(); // others from there come in
    const elsewhere = await http('/api/v1/jobs', { headers: basic('victim', 'its own'), from: '127.0.0.2' }).catch(() => undefined);
    if (elsewhere === undefined) { process.stderr.write('      no second loopback address: login from elsewhere not tried\n'); return; }
    expect(elsewhere.status).to.equal(200);
  });
  it('F3: every HTTP route asks for credentials, routes that do not exist too; /healthz and /readyz tell nothing but the status', async () => {
    const document = JSON.parse((await http('/api/v1/openapi.json', { headers: basic(ADMIN, ADMIN_PASSWORD) })).text) as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{[^}]+\}/g, 'x')] as const));
    expect(routes.length).to.be.above(15);
    for (const [method, path] of [...routes, ['GET', '/'], ['GET', '/nothing'], ['HEAD', '/metrics'], ['POST', '/healthz']] as const) {
      const isOpen = method === 'GET' && (path === '/healthz' || path === '/readyz');
      const { status, headers, text } = await http(path, { method, ...(method === 'POST' ? { body: { sql: 'CREATE USER eve PASSWORD $$x$$' } } : {}) });
      expect(status, `${method} ${path}`).to.equal(isOpen ? 200 : 401);
      if (!isOpen) expect(headers['www-authenticate']).to.match(/^Basic realm=.*Bearer/);
      else expect(text).to.be.oneOf(['ok\n', 'ready\n']);
      if (isOpen) continue;
      for (const authorization of ['Basic !!', 'Basic', `Basic ${Buffer.from('ann').toString('base64')}`, 'Bearer rvt_x', 'Digest username="ann"', ''].slice(0, path === '/metrics' ? 6 : 1)) {
        expect((await http(path, { method, headers: { authorization } })).status, `${method} ${path} ${authorization}`).to.be.oneOf([401, 415, 429]);
      }
    }
    expect((await (await asUser(ADMIN, ADMIN_PASSWORD)).query('SHOW USERS')).rows.map((r: Record<string, string>) => r['user name'])).not.to.include('eve');
  });
  it('F3: a page of another site does not come in with the password its browser remembers', async () => {
    const cross = await http('/api/v1/sql', { method: 'POST', body: { sql: 'SELECT 1' }, headers: { ...basic(ADMIN, ADMIN_PASSWORD), origin: 'http://evil.example' } });
    const rebound = await http('/api/v1/jobs', { headers: { ...basic(ADMIN, ADMIN_PASSWORD), host: 'evil.example' } });
    expect([cross.status, rebound.status]).to.deep.equal([403, 403]);
  });

  describe('roles', () => {
    it('a reader reads, sets and looks, and changes nothing: by PostgreSQL\'s protocol in both of its forms, by HTTP and by pipelines', async () => {
      const client = await asUser(READER, READER_PASSWORD);
      for (const text of ['SELECT 1 AS a', 'SHOW TABLES', `SET 'pipeline.name' = 'x'`, 'SHOW JOBS', 'SHOW USERS', 'EXPLAIN SELECT 1', 'CREATE TEMPORARY VIEW v AS SELECT 1 AS a', 'SELECT a FROM v', 'DESCRIBE v', 'DROP TEMPORARY VIEW v', 'BEGIN', 'COMMIT', 'SELECT usename FROM pg_user']) await client.query(text);
      const refused = [
        `CREATE TABLE t (a INT) WITH ('connector' = 'blackhole')`, `CREATE TEMPORARY TABLE t (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '10.0.0.1:9092')`, 'CREATE VIEW v AS SELECT 1 AS a', `CREATE CATALOG k WITH ('type' = 'kafka')`, 'CREATE DATABASE d', 'DROP TABLE t', 'DROP VIEW v',
        'INSERT INTO t SELECT 1', 'BEGIN STATEMENT SET', `STOP JOB 'x'`, `DROP JOB 'x'`, `RESTART JOB 'x'`, `CREATE USER eve PASSWORD 'x'`, `DROP USER ${ADMIN}`, `ALTER USER ${ADMIN} PASSWORD 'x'`, `ALTER USER ${READER} ADMIN`, `ALTER USER CURRENT_USER WITH SUPERUSER PASSWORD 'x'`, `CREATE SECRET s AS 'x'`,
        `SELECT * FROM t /*+ OPTIONS('properties.bootstrap.servers' = '10.0.0.1:9092') */`, `EXPLAIN SELECT * FROM t /*+ OPTIONS('hostname' = '10.0.0.1') */`, `CREATE TEMPORARY VIEW w AS SELECT * FROM t /*+ OPTIONS('scan.startup.mode' = '\${env:X}') */`, `DECLARE c CURSOR FOR SELECT * FROM t /*+ OPTIONS('topic' = 'x') */`,
      ];
      for (const text of refused) {
        for (const query of [text, { text, values: [], name: `s${refused.indexOf(text)}` }]) expect(await failing(client.query(query as string)), text).to.include({ code: '42501' });
        const { status, text: body } = await http('/api/v1/sql', { method: 'POST', body: { sql: text }, headers: basic(READER, READER_PASSWORD) });
        expect([status, (JSON.parse(body) as { error: { sqlstate: string } }).error.sqlstate], text).to.deep.equal([403, '42501']);
      }
      expect((await failing(client.query('CREATE DATABASE d'))).hint).to.match(/admin/);
      await client.query('PREPARE p AS INSERT INTO t SELECT 1');
      expect((await failing(client.query('EXECUTE p'))).code).to.equal('42501');
      for (const [method, path] of [['POST', '/api/v1/pipelines'], ['POST', '/api/v1/pipelines/check'], ['POST', '/api/v1/jobs/x/stop'], ['POST', '/api/v1/jobs/x/cancel'], ['POST', '/api/v1/jobs/x/savepoint'], ['POST', '/api/v1/jobs/x/restart'], ['DELETE', '/api/v1/jobs/x']] as const) {
        expect((await http(path, { method, ...(method === 'POST' ? { body: {} } : {}), headers: basic(READER, READER_PASSWORD) })).status, path).to.equal(403);
      }
      expect((await http('/api/v1/jobs', { headers: basic(READER, READER_PASSWORD) })).status).to.equal(200);
      expect((await client.query('SHOW TABLES')).rows).to.deep.equal([]);
      await client.end();
    });
    it('a changed role and a dropped user count at once, in open sessions too', async () => {
      const admin = await asUser(ADMIN, ADMIN_PASSWORD);
      await admin.query(`CREATE USER temp WITH ADMIN PASSWORD 'x'`);
      const temp = await asUser('temp', 'x');
      await temp.query('CREATE DATABASE of_temp');
      await admin.query('ALTER USER temp WITH READ ONLY');
      expect((await failing(temp.query('DROP DATABASE of_temp'))).code).to.equal('42501');
      const ended = new Promise((resolve) => temp.once('end', resolve));
      await admin.query('DROP USER temp');
      await ended;
      expect((await failing(asUser('temp', 'x'))).code).to.equal('28P01');
      await admin.query('DROP DATABASE of_temp');
      await admin.end();
    });
    it('there is always an admin; nobody drops themselves', async () => {
      const admin = await asUser(ADMIN, ADMIN_PASSWORD);
      expect([(await failing(admin.query(`DROP USER ${ADMIN}`))).code, (await failing(admin.query(`ALTER USER ${ADMIN} READ ONLY`))).code, (await failing(admin.query(`ALTER USER ${ADMIN} PASSWORD NULL`))).code]).to.deep.equal(['55006', '55000', '55000']);
      for (const [text, code] of [[`CREATE USER ${ADMIN} PASSWORD 'x'`, '42710'], ['DROP USER nobody', '42704'], [`CREATE USER "a:b" PASSWORD 'x'`, '22023'], [`CREATE USER x PASSWORD ''`, '22023'], [`CREATE USER x PASSWORD 'md5${'0'.repeat(32)}'`, '22023'], [`CREATE USER x PASSWORD 'SCRAM-SHA-256$4096:x'`, '22023'], ['CREATE USER pg_x', '22023']] as const) expect((await failing(admin.query(text))).code, text).to.equal(code);
      await admin.query('DROP USER IF EXISTS nobody');
      await admin.end();
    });
  });

  describe('psql', () => {
    before(function () { if (!hasPsql) { process.stderr.write('      psql is not installed: its tests are skipped\n'); this.skip(); } });
    it('F3: logs in with the right password and is told of the wrong one as by PostgreSQL', () => {
      expect(psql(ADMIN, ADMIN_PASSWORD, '-c', 'SELECT 1')).to.deep.equal({ status: 0, out: '1\n', err: '' });
      const wrong = psql(ADMIN, 'wrong', '-c', 'SELECT 1');
      expect([wrong.status, wrong.err]).to.deep.equal([2, `psql: error: connection to server at "127.0.0.1", port ${server.pgPort} failed: FATAL:  password authentication failed for user "${ADMIN}"\n`]);
    });
    it('takes the verifier that \\password sends, which ends the tokens of the user', async () => {
      const made = JSON.parse((await http('/api/v1/tokens', { method: 'POST', body: {}, headers: basic(READER, READER_PASSWORD) })).text) as { token: string };
      expect((await http('/api/v1/jobs', { headers: { authorization: `Bearer ${made.token}` } })).status).to.equal(200);
      // psql asks a terminal for it; this is the statement it then sends.
      expect(psql(READER, READER_PASSWORD, '-c', 'SHOW password_encryption').out).to.equal('scram-sha-256\n');
      expect(psql(READER, READER_PASSWORD, '-c', `ALTER USER ${READER} PASSWORD '${verifierText(await makeVerifier('another'))}'`).out).to.equal('ALTER ROLE\n');
      expect([psql(READER, 'another', '-c', 'SELECT 1').out, psql(READER, READER_PASSWORD, '-c', 'SELECT 1').status]).to.deep.equal(['1\n', 2]);
      expect((await http('/api/v1/jobs', { headers: { authorization: `Bearer ${made.token}` } })).status).to.equal(401);
      expect(psql(READER, 'another', '-c', `ALTER USER CURRENT_USER PASSWORD '${READER_PASSWORD}'`).out).to.equal('ALTER ROLE\n');
    });
    it('\\du, pg_roles and pg_user tell what is so', () => {
      const { out } = psql(ADMIN, ADMIN_PASSWORD, '-c', `SELECT rolname, rolsuper, rolcanlogin, rolpassword FROM pg_roles WHERE rolname IN ('${ADMIN}', '${READER}', 'rivulet') ORDER BY 1`, '-c', `SELECT usename, usesuper, passwd FROM pg_user WHERE usename IN ('${ADMIN}', '${READER}') ORDER BY 1`, '-c', 'SHOW is_superuser');
      expect(out).to.equal('ann|t|t|********\nbob|f|t|********\nrivulet|t|f|********\nann|t|********\nbob|f|********\non\n');
      expect(psql(READER, READER_PASSWORD, '-c', '\\du').out).to.contain('ann|Superuser');
    });
  });

  describe('tokens', () => {
    const create = async (user: string, password: string, body: unknown = {}): Promise<{ status: number; token: string; id: string }> => { const { status, text } = await http('/api/v1/tokens', { method: 'POST', body, headers: basic(user, password) }); return { status, ...(JSON.parse(text) as { token: string; id: string }) }; };
    const status = async (token: string, path = '/api/v1/jobs', method = 'GET'): Promise<number> => (await http(path, { method, headers: { authorization: `Bearer ${token}` } })).status;
    it('carry their user, or less; end when they are revoked or over; make no others', async () => {
      const full = await create(ADMIN, ADMIN_PASSWORD, { label: 'ci' }), narrow = await create(ADMIN, ADMIN_PASSWORD, { role: 'read-only', expiresIn: '30 d' }), short = await create(READER, READER_PASSWORD, { expiresIn: '300 ms' });
      expect([full.status, narrow.status, short.status]).to.deep.equal([201, 201, 201]);
      expect(full.token).to.match(/^rvt_[A-Za-z0-9_-]{43}$/);
      expect([await status(full.token), await status(full.token, '/api/v1/jobs/x', 'DELETE'), await status(narrow.token), await status(narrow.token, '/api/v1/jobs/x', 'DELETE')]).to.deep.equal([200, 404, 200, 403]);
      expect((await http('/api/v1/tokens', { method: 'POST', body: {}, headers: { authorization: `Bearer ${full.token}` } })).status).to.equal(403);
      expect([(await create(READER, READER_PASSWORD, { role: 'admin' })).status, (await create(ADMIN, ADMIN_PASSWORD, { expiresIn: '400 d' })).status, (await create(ADMIN, ADMIN_PASSWORD, { expires: '1 d' })).status]).to.deep.equal([403, 400, 400]);
      const others = await http(`/api/v1/tokens/${full.id}`, { method: 'DELETE', headers: basic(READER, READER_PASSWORD) });
      expect(others.status).to.equal(404);
      expect((await http(`/api/v1/tokens/${full.id}`, { method: 'DELETE', headers: basic(ADMIN, ADMIN_PASSWORD) })).status).to.equal(200);
      await new Promise((resolve) => { setTimeout(resolve, 350); });
      expect([await status(full.token), await status(short.token), await status(narrow.token)]).to.deep.equal([401, 401, 200]);
      await server.end('SIGKILL');
      await server.launch();
      expect([await status(full.token), await status(narrow.token)]).to.deep.equal([401, 200]);
      expect(readFileSync(join(server.dataDir, 'users.json'), 'utf8')).not.to.contain(narrow.token);
    });
  });

  // Behind all others: what they left in the audit is looked at.
  describe('what is kept and told', () => {
    it('passwords stand in no log, audit, file or error; changes, refusals and failed logins stand in the audit', async () => {
      const admin = await asUser(ADMIN, ADMIN_PASSWORD), secret = 'hunter2 in clear';
      await admin.query(`CREATE USER masked PASSWORD '${secret}'`);
      await admin.query(`ALTER USER masked PASSWORD '${secret} '`);
      for (const text of [`CREATE USER masked PASSWORD '${secret}'`, `CREATE USER m2 '${secret}'`, `CREATE USER m2 PASSWORD '${secret}' '${secret}' oops`, `ALTER USER masked WITH '${secret}'`, `ALTER USER masked PASSWORD '${secret}`, `ALTER USER nobody PASSWORD '${secret}'`]) {
        const error = await failing(admin.query(text));
        expect(`${error.message} ${error.detail} ${error.hint}`, text).not.to.contain('hunter2');
      }
      await admin.query('DROP USER masked');
      const lines = audit();
      expect(lines.filter((l) => l['user'] === ADMIN).map((l) => [l['protocol'], l['action'], l['outcome']])).to.deep.include.members([
        ['pg', `CREATE USER masked PASSWORD '******'`, 'done'], ['pg', `ALTER USER masked PASSWORD '******'`, 'done'], ['pg', `CREATE USER masked PASSWORD '******'`, 'failed'], ['pg', 'DROP USER masked', 'done'], ['pg', 'login', 'refused'], ['http', 'POST /api/v1/tokens', 'done'],
      ]);
      expect(lines.find((l) => l['user'] === READER && l['action'] === 'CREATE DATABASE d')).to.include({ outcome: 'refused', error: 'permission-denied', remote: '127.0.0.1' });
      expect(lines.find((l) => l['user'] === READER && l['action'] === 'DELETE /api/v1/jobs/x')).to.include({ outcome: 'refused', protocol: 'http' });
      const kept = `${readFileSync(auditPath, 'utf8')}${server.log}${server.stdout}${readFileSync(join(server.dataDir, 'users.json'), 'utf8')}`;
      for (const password of ['hunter2', ADMIN_PASSWORD, READER_PASSWORD, 'its own', 'rvt_']) expect(kept, password).not.to.contain(password);
      expect(statSync(join(server.dataDir, 'users.json')).mode & 0o777).to.equal(0o600);
      await admin.end();
    });
    it('the audit goes on in a new file after SIGHUP', async () => {
      renameSync(auditPath, `${auditPath}.1`);
      process.kill(server.pid, 'SIGHUP');
      const admin = await asUser(ADMIN, ADMIN_PASSWORD);
      await admin.query('CREATE DATABASE audited');
      await admin.query('DROP DATABASE audited');
      expect(audit().at(-1)).to.include({ action: 'DROP DATABASE audited', outcome: 'done' });
      await admin.end();
    });
    it('answers to a damaged file of users by not starting, never by trusting', async () => {
      const path = join(server.dataDir, 'users.json'), whole = readFileSync(path, 'utf8');
      await server.end('SIGKILL');
      for (const broken of [whole.slice(0, -20), '']) {
        writeFileSync(path, broken);
        let why = '';
        try { await server.launch(); } catch (error) { why = String(error); }
        expect(why).to.match(/ended with 2: .*could not read the users in/s);
      }
      writeFileSync(path, whole);
      await server.launch();
      await isServed();
    });

    it('F3: without users only loopback is listened on; with an admin other addresses are, with a warning that there is no TLS', async () => {
      const alone = new ServerProcess(`${server.dataDir}-open`, ['--host', '0.0.0.0']);
      let why = '';
      try { await alone.launch(); } catch (error) { why = String(error); }
      expect(why).to.match(/ended with 2: .*refusing to listen on "0\.0\.0\.0".*no users.*rivulet user add/s);
      const entry = join(import.meta.dirname, '../../bin/rivulet.js'), added = spawnSync(process.execPath, [entry, 'user', 'add', 'op', '--data-dir', alone.dataDir], { input: 'over the wire\n', encoding: 'utf8' });
      expect([added.status, added.stdout]).to.deep.equal([0, 'User op made: admin.\n']);
      await alone.launch();
      expect(alone.stderr).to.contain('THE NETWORK CAN READ ALONG');
      const client = await RawClient.connect(alone.pgPort);
      expect(stateOf(await logIn(client, 'op', 'over the wire'))).to.equal('Z');
      client.destroy();
      expect((await alone.sql('SELECT 1')).status).to.equal(401);
      const busy = spawnSync(process.execPath, [entry, 'user', 'add', 'more', '--data-dir', alone.dataDir], { input: 'x\n', encoding: 'utf8' });
      expect([busy.status, busy.stderr]).to.satisfy(([status, text]: [number, string]) => status !== 0 && text.includes('another server uses'));
      await alone.remove();
    });
    it('F3: the first user ends the sessions of others that were trusted, and the maker goes on', async () => {
      const fresh = await ServerProcess.start(['--parallelism', '1']), other = await fresh.connect(), maker = await fresh.connect();
      try {
        expect((await failing(maker.query('CREATE USER r WITH READ ONLY PASSWORD $$x$$'))).code).to.equal('55000');
        expect((await failing(maker.query('CREATE USER r'))).code).to.equal('22023');
        await other.query('SELECT 1');
        const ended = new Promise((resolve) => other.once('end', resolve));
        const told: string[] = [];
        maker.on('notice', (n) => { told.push(n.message ?? ''); });
        await maker.query('CREATE USER first PASSWORD $$x$$');
        expect(told.join()).to.contain('first user, and an admin');
        await ended;
        await maker.query('CREATE USER another PASSWORD $$y$$');
        expect((await maker.query('SHOW USERS')).rows.map((r: Record<string, string>) => r['role'])).to.deep.equal(['read-only', 'admin']);
        expect((await failing(fresh.connect())).message).to.match(/password/i);
      } finally { await other.end().catch(() => {}); await maker.end(); await fresh.remove(); }
    });
    it('F1: connections that only listen are ended in time, while others come in', async () => {
      // Ten seconds is the limit; here only that such a client is in nobody's way.
      const silent = await Promise.all(Array.from({ length: 30 }, () => new Promise<ReturnType<typeof createConnection>>((resolve) => { const s = createConnection({ port: server.pgPort, host: '127.0.0.1' }, () => resolve(s)); s.on('error', () => {}); })));
      await isServed();
      for (const socket of silent) socket.destroy();
    });
  });
});
