/** What somebody with few rights, or with what was stolen, might try against the real server: to become more, to see secrets, to look at the disk. */
import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../e2e/server-process.ts';

const PASSWORD = 'of the admin', CANARY = 'c4naryOfTheViewXY', JAAS = `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${CANARY}";`;
type Credentials = readonly [user: string, password: string] | string;
const header = (who: Credentials): string => (typeof who === 'string' ? `Bearer ${who}` : `Basic ${Buffer.from(who.join(':')).toString('base64')}`);

describe('attacks from inside', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-attacks-')), auditPath = join(folder, 'audit.log'), admin: Credentials = ['ann', PASSWORD], reader: Credentials = ['bob', 'reads'];
  let server: ServerProcess;
  before(async () => {
    server = await ServerProcess.start(['--audit-log', auditPath, '--parallelism', '1']);
    await server.sql(`CREATE USER ann WITH ADMIN PASSWORD '${PASSWORD}'; CREATE USER bob PASSWORD 'reads'`);
    await ask(admin, `CREATE TABLE numbers (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1'); CREATE TABLE nowhere (a INT) WITH ('connector' = 'blackhole')`);
  });
  after(async () => { await server.remove(); rmSync(folder, { recursive: true }); });
  const call = async (who: Credentials, path: string, body?: object): Promise<{ status: number; text: string }> => {
    const answer = await fetch(server.url(path), { method: body === undefined ? 'GET' : 'POST', headers: { authorization: header(who), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, text: await answer.text() };
  };
  const ask = (who: Credentials, sql: string): Promise<{ status: number; text: string }> => call(who, '/api/v1/sql', { sql });
  const tokenOf = async (who: Credentials, body: object = {}): Promise<string> => (JSON.parse((await call(who, '/api/v1/tokens', body)).text) as { token: string }).token;

  it('F3: a token changes no password: a stolen one that only reads does not become its admin, nor one of a reader the whole account', async () => {
    for (const [token, user] of [[await tokenOf(admin, { role: 'read-only' }), 'ann'], [await tokenOf(reader), 'bob']] as const) {
      for (const sql of [`ALTER USER CURRENT_USER PASSWORD 'mine'`, `ALTER USER ${user} PASSWORD 'mine'`, `ALTER USER ${user} PASSWORD NULL`, `PREPARE p AS ALTER USER ${user} PASSWORD 'mine'; EXECUTE p`]) {
        const { status, text } = await ask(token, sql);
        expect([status, text], sql).to.satisfy(([s, t]: [number, string]) => s === 403 && t.includes('permission-denied') || sql.startsWith('PREPARE') && s >= 400);
      }
      expect((await ask([user, 'mine'], 'SELECT 1')).status).to.equal(401);
    }
    expect((await ask(admin, 'SELECT 1')).status).to.equal(200);
    expect(readFileSync(auditPath, 'utf8')).to.contain(`ALTER USER CURRENT_USER PASSWORD '******'`);
  });
  it('F3: passwords in the hints of views are masked wherever views are shown; the view itself has them', async () => {
    const { status } = await ask(admin, `CREATE TABLE topic (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json'); CREATE VIEW hinted AS SELECT a, 'stays' AS b FROM topic /*+ OPTIONS('properties.sasl.jaas.config' = '${JAAS}') */`);
    expect(status).to.equal(200);
    for (const sql of ['SHOW CREATE VIEW hinted', 'SELECT view_definition FROM information_schema.views', 'SELECT definition FROM pg_catalog.pg_views', `SELECT pg_get_viewdef('hinted'::regclass)`, 'DESCRIBE EXTENDED hinted', 'EXPLAIN SELECT * FROM hinted']) {
      const { status: answered, text } = await ask(reader, sql);
      expect(answered, text).to.equal(200);
      expect(text, sql).not.to.contain(CANARY);
      if (!/^(DESCRIBE|EXPLAIN)/.test(sql)) expect(text, sql).to.contain('stays').and.contain('******');
    }
  });
  it('F3: a password that was SET by mistake is in no detail of the job', async () => {
    const { text } = await ask(admin, `SET 'properties.sasl.jaas.config' = '${JAAS}'; SET 'pipeline.name' = 'shown'; SET; INSERT INTO nowhere SELECT a FROM numbers`), id = /[0-9a-f]{32}/.exec(text)?.[0] ?? '';
    const detail = (await call(reader, `/api/v1/jobs/${id}`)).text;
    expect(detail).to.contain('shown').and.contain('"properties.sasl.jaas.config"').and.not.contain(CANARY);
    expect(text).not.to.contain(CANARY);
    // What the server lists a reader may compare with; nothing else of the disk.
    const { text: stopped } = await ask(admin, `STOP JOB '${id}' WITH SAVEPOINT`), savepoint = /"(\/[^"]+)"/.exec(stopped)?.[1] ?? '';
    for (const path of [savepoint, savepoint.split('/').at(-1)]) expect((await ask(reader, `SET 'execution.savepoint.path' = '${path}'; EXPLAIN INSERT INTO nowhere SELECT a FROM numbers`)).text).to.contain('Physical Plan');
  });
  it('F3: a reader learns nothing of the disk by naming savepoints elsewhere', async () => {
    writeFileSync(join(folder, 'manifest.json'), 'words of another program');
    for (const path of [folder, '/etc', '/nowhere/at/all', `file://${folder}`, `../../../../../..${folder}`]) {
      for (const explain of ['EXPLAIN INSERT INTO nowhere SELECT a FROM numbers', 'EXPLAIN STATEMENT SET BEGIN INSERT INTO nowhere SELECT a FROM numbers; END']) {
        const { status, text } = await ask(reader, `SET 'execution.state-recovery.path' = '${path}'; ${explain}`);
        expect([status, text.includes('permission-denied'), text.includes('words')], text).to.deep.equal([403, true, false]);
      }
    }
    expect(readFileSync(auditPath, 'utf8').split('\n').some((l) => l.includes('"bob"') && l.includes('EXPLAIN INSERT') && l.includes('"refused"'))).to.equal(true);
  });
  it('F3: a request whose body comes after its sender was demoted, dropped or got another password changes nothing', async () => {
    await ask(admin, `CREATE USER carl WITH ADMIN PASSWORD 'one'`);
    const { text } = await ask(admin, 'INSERT INTO nowhere SELECT a FROM numbers'), id = /[0-9a-f]{32}/.exec(text)?.[0] ?? '';
    const carl: Credentials = ['carl', 'one'], halves = await Promise.all(['/api/v1/tokens', `/api/v1/jobs/${id}/stop`].map((path) => half(path, carl)));
    await ask(admin, `ALTER USER carl PASSWORD 'two'`);
    for (const end of halves) expect(await end('{}')).to.equal(401);
    const demoted = await half(`/api/v1/jobs/${id}/stop`, ['carl', 'two']);
    await ask(admin, 'ALTER USER carl READ ONLY');
    expect(await demoted('{}')).to.equal(403);
    expect((await call(admin, `/api/v1/jobs/${id}`)).text).to.contain('RUNNING');
    expect((await call(admin, '/api/v1/tokens')).text).not.to.contain('carl');
    await ask(admin, 'ALTER USER carl ADMIN');
    const right = await half(`/api/v1/jobs/${id}/stop`, ['carl', 'two']);
    expect(await right('{}')).to.equal(200);
  });

  it('F3: becoming somebody else is refused and told to the audit; tokens that fail hold up no user, whatever their name', async () => {
    for (const sql of ['SET ROLE ann', 'SET SESSION AUTHORIZATION ann', `SET "Role" = 'ann'`]) expect((await ask(reader, sql)).status, sql).to.equal(403);
    expect(readFileSync(auditPath, 'utf8')).to.contain('"action":"SET ROLE ann","outcome":"refused"').and.contain('"action":"SET SESSION_AUTHORIZATION ann"');
    await ask(admin, `CREATE USER token PASSWORD 'x'`);
    for (let i = 0; i < 15; i++) await ask('rvt_wrong', 'SELECT 1');
    expect((await ask(['token', 'x'], 'SELECT 1')).status).to.equal(200);
  });

  /** Sends a head, and later the body that it is given; gives the status. The head has been read when it resolves. */
  async function half(path: string, who: Credentials): Promise<(body: string) => Promise<number>> {
    let asked: ClientRequest | undefined;
    const status = new Promise<number>((resolve, reject) => {
      asked = request({ host: '127.0.0.1', port: server.httpPort, path, method: 'POST', headers: { authorization: header(who), 'content-type': 'application/json', 'content-length': 2, expect: '100-continue' } }, (reply) => { reply.resume(); resolve(reply.statusCode ?? 0); });
      asked.on('error', reject);
    });
    status.catch(() => {});
    await new Promise<void>((resolve) => { asked?.once('continue', resolve).flushHeaders(); });
    // The login itself takes a turn or two more.
    await call(admin, '/api/v1/jobs');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return (body) => { asked?.end(body); return status; };
  }
});
