/** Hostile clients against the real server while a job runs: F4–F8, F12–F15 of the fault list, and that its event loop is never kept waiting. */
import { readFileSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

const MIB = 1024 * 1024, isLong = process.env['RIVULET_LONG'] !== undefined;
const int32 = (...values: number[]): Buffer => { const b = Buffer.alloc(4 * values.length); values.forEach((v, i) => b.writeInt32BE(v | 0, i * 4)); return b; };
const message = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const startup = (): Buffer => { const body = Buffer.concat([int32(196608), text('user'), text('tester'), text('database'), text('default_catalog'), Buffer.from([0])]); return Buffer.concat([int32(body.length + 4), body]); };

describe('faults: hostile clients', function () {
  this.timeout(120_000);
  let bench: Bench, steady: string, beats = 0;
  const sockets = new Set<Socket>();
  /** A connection that collects what it is sent. */
  const raw = async (port = bench.server.pgPort): Promise<{ socket: Socket; got: () => Buffer; closed: Promise<void> }> => {
    const socket = connect(port, '127.0.0.1'), chunks: Buffer[] = [];
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (d: Buffer) => { chunks.push(d); });
    const closed = new Promise<void>((resolve) => { socket.once('close', () => { sockets.delete(socket); resolve(); }); });
    await new Promise<void>((resolve) => { socket.once('connect', resolve); socket.once('close', () => resolve()); });
    return { socket, got: () => Buffer.concat(chunks), closed };
  };
  /** … that has logged in. */
  const session = async (): Promise<Awaited<ReturnType<typeof raw>>> => {
    const client = await raw();
    client.socket.write(startup());
    await eventually('ReadyForQuery', async () => Promise.resolve(client.got().includes(Buffer.from([0x5a, 0, 0, 0, 5, 0x49]))));
    return client;
  };
  const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bench.server.pid}/status`, 'utf8'))?.[1]) * 1024;
  const fds = (): number => readdirSync(`/proc/${bench.server.pid}/fd`).length;
  const metric = async (name: string): Promise<number> => Number(new RegExp(`^rivulet_${name} ([\\d.e+-]+)`, 'm').exec(await (await fetch(bench.server.url('/metrics'))).text())?.[1]);
  const follow = async (): Promise<void> => {
    await bench.values('steady', [`{"n":${++beats}}`]);
    await eventually('the job to go on', async () => (await bench.server.printed(steady)).includes(`+I[${beats}]`));
    expect((await bench.job(steady)).restarts).to.equal(0);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  };
  /** Clients that begin something and do not get on; they stand beside all tests. */
  const slow: { what: string; closed: Promise<void>; socket: Socket }[] = [];
  const dawdle = async (what: string, port: number, bytes: string | Buffer): Promise<void> => {
    const { socket, closed } = await raw(port);
    sockets.delete(socket);
    socket.write(bytes);
    slow.push({ what, socket, closed });
  };
  before(async () => {
    bench = await Bench.open('hostile');
    await dawdle('a start-up of two bytes', bench.server.pgPort, Buffer.from([0, 0]));
    await dawdle('nothing at all', bench.server.pgPort, '');
    await dawdle('half a line of HTTP headers', bench.server.httpPort, 'GET / HTTP/1.1\r\nHost: loc');
    if (isLong) await dawdle('half a body', bench.server.httpPort, 'POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"sql"');
    if (isLong) await dawdle('half a query', bench.server.pgPort, Buffer.concat([startup(), Buffer.from('Q'), int32(1000), Buffer.from('SELECT')]));
    await bench.topic('steady');
    steady = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('steady')}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`);
    await metric('workers');
  });
  afterEach(async () => { for (const socket of sockets) socket.destroy(); await follow(); });
  after(async () => { for (const { socket } of slow) socket.destroy(); await bench?.close(); });

  it('F4: messages of 1 GiB, 65,535 parameters, lengths that lie, words out of order: an error or the end of the connection, and no memory', async () => {
    const before = rss();
    const bind = (count: number, length: number): Buffer => message('B', Buffer.concat([text(''), text(''), Buffer.from([0, 0]), Buffer.from([count >> 8, count & 255]), ...Array.from({ length: Math.min(count, 65_535) }, () => int32(length)), Buffer.from([0, 0])]));
    const hostile: readonly (readonly [string, Buffer])[] = [
      ['1 GiB announced', Buffer.concat([Buffer.from('Q'), int32(1024 * MIB)])], ['length below 4', Buffer.concat([Buffer.from('Q'), int32(3)])], ['negative length', Buffer.concat([Buffer.from('P'), int32(-2)])],
      ['65,535 parameters for none', Buffer.concat([message('P', Buffer.concat([text(''), text('SELECT 1'), Buffer.from([0, 0])])), bind(65_535, -1), message('S', Buffer.alloc(0))])],
      ['parameter length 0x7fffffff', Buffer.concat([bind(1, 0x7fffffff), message('S', Buffer.alloc(0))])], ['parameter length -2', Buffer.concat([bind(1, -2), message('S', Buffer.alloc(0))])],
      ['unterminated text', Buffer.concat([message('Q', Buffer.from('SELECT 1')), message('S', Buffer.alloc(0))])], ['Bind to a missing statement', Buffer.concat([message('B', Buffer.concat([text(''), text('nobody'), Buffer.alloc(6)])), message('S', Buffer.alloc(0))])],
      ['Execute of no portal', Buffer.concat([message('E', Buffer.concat([text('none'), int32(0)])), message('S', Buffer.alloc(0))])], ['unknown message', message('!', Buffer.alloc(10))],
    ];
    for (const [what, bytes] of hostile) {
      const client = await session(), had = client.got().length;
      client.socket.write(bytes);
      let isClosed = false;
      void client.closed.then(() => { isClosed = true; });
      await eventually(`an answer to: ${what}`, async () => Promise.resolve(isClosed || client.got().subarray(had).includes(0x45)));
      // Either the connection is over, or it answers the next query.
      if (!isClosed) client.socket.write(message('Q', text("SELECT 'still here'")));
      await eventually(`an end or a new start after: ${what}`, async () => Promise.resolve(isClosed || client.got().includes('still here')));
      client.socket.destroy();
    }
    expect(rss() - before).to.be.lessThan(50 * MIB);
  });
  it('F5: idle, half-open and storming connections: 53300 beyond the cap, the job goes on, every descriptor is given back', async () => {
    const before = fds(), many = isLong ? 10_000 : 1_300;
    const idle: Awaited<ReturnType<typeof raw>>[] = [];
    for (let i = 0; i < many; i += 100) idle.push(...await Promise.all(Array.from({ length: 100 }, async () => { const client = await raw(); if (i % 200 === 0) client.socket.write(startup()); return client; })));
    await follow();
    expect(fds() - before).to.be.lessThan(3_000);
    for (const { socket } of idle) socket.destroy();
    await eventually('room again', async () => { const client = await session().catch(() => undefined); client?.socket.destroy(); return client !== undefined; });
    // Sessions beyond the cap are told so.
    const sessions = await Promise.all(Array.from({ length: 1_050 }, async () => { const client = await raw(); client.socket.write(startup()); return client; }));
    await eventually('53300', async () => Promise.resolve(sessions.filter((s) => s.got().includes('C53300')).length >= 50));
    for (const { socket } of sessions) socket.destroy();
    const storm = isLong ? 20_000 : 2_000;
    for (let i = 0; i < storm; i += 200) await Promise.all(Array.from({ length: 200 }, async () => { const { socket } = await raw(); socket.destroy(); }));
    await follow();
    await eventually('all descriptors to be given back', async () => Promise.resolve(fds() <= before + 20));
  });
  it('F6: a client that never reads 10 million rows costs a window, not the result; the query ends with it', async () => {
    const client = await session(), rows = 10_000_000;
    client.socket.write(message('Q', text(`CREATE TEMPORARY TABLE g (id BIGINT, v STRING) WITH ('connector'='datagen', 'rows-per-second'='100000000', 'fields.id.kind'='sequence', 'fields.id.start'='1', 'fields.id.end'='${rows}', 'fields.v.length'='50')`)));
    await eventually('the table', async () => Promise.resolve(client.got().includes('CREATE TABLE')));
    const before = rss();
    client.socket.pause();
    client.socket.write(message('Q', text('SELECT * FROM g')));
    await eventually('the query to run', async () => await metric('queries_running') === 1);
    await new Promise((resolve) => setTimeout(resolve, isLong ? 20_000 : 1_500));
    expect(rss() - before).to.be.lessThan(80 * MIB);
    await follow();
    const http = await fetch(bench.server.url('/api/v1/sql'), { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' }, body: JSON.stringify({ sql: "CREATE TEMPORARY TABLE g (id BIGINT) WITH ('connector'='datagen', 'rows-per-second'='100000000'); SELECT * FROM g" }) }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(rss() - before).to.be.lessThan(100 * MIB);
    await http?.body?.cancel();
    client.socket.destroy();
    await eventually('both queries to be gone', async () => await metric('queries_running') === 0, 5000);
  });
  it('F7: 50 MB of text, prepared statements without end, statements that double at each level: limits by their SQLSTATE, and others are answered', async () => {
    const client = await bench.server.connect(), list = (n: number, make: (i: number) => string, separator = ', '): string => Array.from({ length: n }, (_, i) => make(i)).join(separator);
    const run = async (sql: string): Promise<string> => await client.query({ text: sql, rowMode: 'array' }).then((r) => JSON.stringify((r as { rows?: unknown[] }).rows ?? []).slice(0, 60), (error: { code?: string }) => String(error.code));
    try {
      for (const [what, sql, expected] of [
        ['a long text', `SELECT '${'x'.repeat(50 * MIB)}'`, '54000'], ['columns', `SELECT ${list(10_000, (i) => `${i} AS c${i}`)}`, '54011'], ['a wide table', `CREATE TEMPORARY TABLE w (${list(10_000, (i) => `c${i} INT`)}) WITH ('connector'='blackhole')`, '54011'],
        ['UNION', `SELECT COUNT(*) FROM (${list(10_000, () => 'SELECT 1', ' UNION ALL ')})`, '54001'], ['VALUES', `SELECT COUNT(*) FROM (VALUES ${list(200_000, (i) => `(${i})`)}) AS v (n)`, '54000'],
        ['expressions that double', `${'SELECT a + a AS a FROM ('.repeat(60)}SELECT n AS a FROM (VALUES (1)) AS v (n)${') AS t'.repeat(60)}`, '[[0]]'], ['tables that double', `WITH t0 AS (SELECT 1 AS a), ${list(40, (i) => `t${i + 1} AS (SELECT x.a FROM t${i} x, t${i} y)`)} SELECT COUNT(*) FROM t40`, '54001'],
        ['texts that grow', "SELECT REPEAT(REPEAT('a', 100000), 100000)", '22023'],
      ] as const) expect(await run(sql), what).to.equal(expected);
      const hoarder = await session();
      hoarder.socket.write(Buffer.concat([...Array.from({ length: 10_001 }, (_, i) => message('P', Buffer.concat([text(`p${i}`), text('SELECT 1'), Buffer.from([0, 0])]))), message('S', Buffer.alloc(0))]));
      await eventually('the limit of prepared statements', async () => Promise.resolve(hoarder.got().includes('C53400')));
    } finally { await client.end(); }
  });
  it('F8: catastrophic patterns, from constants, columns, the system catalog and SHOW, take linear time beside SELECT 1 and a job', async () => {
    const evil = `'${'a'.repeat(3000)}b'`, name = 'a'.repeat(2000);
    await bench.sql(`CREATE TABLE IF NOT EXISTS \`${name}\` (n INT) WITH ('connector'='blackhole')`);
    try {
      for (const [sql, expected] of [
        [`SELECT CHAR_LENGTH(REGEXP_REPLACE(REPEAT('a', 1000000), '(a+)+$', 'x'))`, [[1]]], [`SELECT REGEXP(${evil}, '(a|aa)+$'), ${evil} SIMILAR TO '(a|a)*c', ${evil} LIKE '${'%a'.repeat(50)}%c'`, [[false, false, false]]],
        [`SELECT REPEAT('a', 100000) LIKE CONCAT('%', REPEAT('a', 50000), 'b%')`, [[false]]], [`SELECT SPLIT_INDEX(REPEAT('a,', 100000), ',', 5)`, [['a']]],
        [`SELECT COUNT(*) FROM pg_catalog.pg_class WHERE relname ~ '^(a+)+b$' OR relname LIKE '${'%a'.repeat(30)}%b'`, [['0']]], [`SHOW TABLES LIKE '${'%a'.repeat(30)}%b'`, []],
        [`SELECT JSON_VALUE('{"a":${'['.repeat(200)}1${']'.repeat(200)}}', '$.a${'[0]'.repeat(200)}')`, [['1']]],
      ] as const) {
        const rows = bench.rows(sql), begun = performance.now();
        expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
        expect(JSON.stringify(await rows).replaceAll('"', ''), sql.slice(0, 100)).to.equal(JSON.stringify(expected).replaceAll('"', ''));
        expect(performance.now() - begun).to.be.greaterThan(0);
      }
    } finally { await bench.sql(`DROP TABLE IF EXISTS \`${name}\``); }
  });
  it('F12: bodies without end, lengths that contradict, compressed bombs, paths that climb, pages of others: 4xx, and nothing is run', async () => {
    const answer = async (bytes: string | Buffer): Promise<string> => {
      const client = await raw(bench.server.httpPort);
      client.socket.write(bytes);
      await Promise.race([client.closed, eventually('an answer', async () => Promise.resolve(client.got().includes('\r\n\r\n')))]);
      client.socket.destroy();
      return client.got().toString('latin1');
    };
    const post = (headers: string, body: string): string => `POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`, create = JSON.stringify({ sql: "CREATE TABLE planted (n INT) WITH ('connector'='blackhole')" });
    const json = 'Content-Type: application/json', length = `Content-Length: ${create.length}`, bomb = gzipSync(Buffer.from(`{"sql":"SELECT 1${' '.repeat(20 * MIB)}"}`));
    for (const [what, bytes] of [
      ['two lengths', post(`${json}\r\n${length}\r\nContent-Length: 3`, create)], ['length and chunks', post(`${json}\r\n${length}\r\nTransfer-Encoding: chunked`, `${create.length.toString(16)}\r\n${create}\r\n0\r\n\r\n`)],
      ['another Host', `POST /api/v1/sql HTTP/1.1\r\nHost: evil.example\r\n${json}\r\n${length}\r\n\r\n${create}`], ['no Host', `POST /api/v1/sql HTTP/1.1\r\n${json}\r\n${length}\r\n\r\n${create}`],
      ['a page of others', post(`${json}\r\n${length}\r\nOrigin: https://evil.example`, create)], ['a form', post(`Content-Type: text/plain\r\n${length}`, create)],
      ['a path that climbs', 'GET /../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n'], ['the same encoded', 'GET /api/v1/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['a bomb', Buffer.concat([Buffer.from(`POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\n${json}\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`), bomb])], ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(20_000)}`],
    ] as const) {
      const got = await answer(bytes);
      expect(got, what).to.match(/^HTTP\/1\.1 4\d\d|^$/);
      expect(got, what).to.not.contain('root:');
    }
    const before = rss();
    const outcome = await new Promise<string>((resolve) => {
      const req = request(bench.server.url('/api/v1/sql'), { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } }, (res) => { resolve(String(res.statusCode)); });
      req.on('error', () => resolve('closed'));
      const more = (): void => { while (!req.destroyed && req.write(Buffer.alloc(MIB, 32))); };
      req.on('drain', more);
      more();
    });
    expect(['413', 'closed']).to.include(outcome);
    expect(rss() - before).to.be.lessThan(100 * MIB);
    expect((await bench.rows('SHOW TABLES')).flat()).to.not.include('planted');
  });
  it('F14: queries begun, broken off and cancelled by the hundred leave no query, subtask, consumer or descriptor behind', async () => {
    await bench.topic('endless');
    const before = fds(), times = isLong ? 10_000 : 300;
    const sql = `CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('endless')}; SET 'execution.runtime-mode' = 'STREAMING'; SELECT n FROM t`;
    for (let i = 0; i < times; i += 20) await Promise.all(Array.from({ length: 20 }, async () => {
      const client = await session();
      client.socket.write(message('Q', text(sql)));
      await eventually('the query to begin', async () => Promise.resolve(client.got().includes('op\0')));
      client.socket.destroy();
    }));
    await eventually('no query to run', async () => await metric('queries_running') === 0, 10_000);
    await eventually('descriptors to be given back', async () => Promise.resolve(fds() <= before + 20), 10_000);
    expect(await metric('state_memory_bytes')).to.be.lessThan(MIB);
  });
  it('F6: clients that send a byte and then nothing in start-up, headers, a query or a body are cut off', async () => {
    for (const { what, closed } of slow) {
      let isClosed = false;
      void closed.then(() => { isClosed = true; });
      await eventually(`the end of ${what}`, async () => Promise.resolve(isClosed), isLong ? 90_000 : 20_000);
    }
  });
  it('F15: what psql, JDBC, psycopg and node-pg ask at their start and for \\d is answered or refused cleanly', async () => {
    const client = await bench.server.connect();
    try {
      for (const sql of [
        'SELECT version()', 'SHOW TRANSACTION ISOLATION LEVEL', 'SELECT current_schema(), current_database()', "SET application_name = 'x'", 'SET extra_float_digits = 3', 'SHOW server_version', 'SELECT set_config(\'bytea_output\', \'hex\', false) FROM pg_catalog.pg_settings WHERE name = \'bytea_output\'',
        `SELECT n.nspname as "Schema", c.relname as "Name", CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END as "Type", pg_catalog.pg_get_userbyid(c.relowner) as "Owner" FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','p','v','m','S','f','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2`,
        "SELECT t.oid, t.typname, t.typelem FROM pg_catalog.pg_type t WHERE t.typname = 'hstore'", 'SELECT * FROM information_schema.tables', 'SELECT no_such_function(1)', 'SELECT * FROM pg_catalog.pg_no_such_table', 'FETCH 1 FROM nobody', 'LISTEN x', 'DEALLOCATE ALL', 'DISCARD ALL',
      ]) {
        const code = await client.query(sql).then(() => 'ok', (error: { code?: string }) => String(error.code));
        expect(code, sql).to.match(/^(ok|0A000|3F000|42\w{3}|34000|26000|22023)$/);
      }
      const binary = await client.query<{ n: string; s: string }>({ text: 'SELECT CAST($1 AS BIGINT) AS n, CAST($2 AS STRING) AS s', values: ['9007199254740993', 'é'] });
      expect(binary.rows).to.deep.equal([{ n: '9007199254740993', s: 'é' }]);
    } finally { await client.end(); }
  });
  it('G1, G4: everything above left the process alive, its log without a defect of ours, and its workers whole', async () => {
    expect(await metric('worker_deaths_total')).to.equal(0);
    expect(bench.server.log).to.not.match(/please report this|internal error/);
    expect(bench.server.running).to.equal(true);
  });
});
