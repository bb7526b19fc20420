/** F9 and F10 through the real server and real topics: hostile names in every place a name has, hostile texts in every place that makes code. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';
import { hostileNames, quote, text } from './hostile-names.ts';

describe('faults: hostile names', function () {
  this.timeout(60_000);
  let bench: Bench, names: string[], canary: string, neighbours: string[];
  before(async () => {
    bench = await Bench.open('names', ['--parallelism', '2']);
    canary = join(bench.server.dataDir, 'canary');
    names = hostileNames(canary);
    neighbours = readdirSync(dirname(bench.server.dataDir)).filter((n) => !n.startsWith('rivulet') && !n.startsWith('.'));
  });
  after(async () => { await bench?.close(); });
  afterEach(async () => {
    expect(existsSync(canary)).to.equal(false);
    expect(bench.server.running).to.equal(true);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  });
  const columns = (type = 'STRING'): string => names.map((n) => `${quote(n)} ${type}`).join(', ');
  const row = (i: number): string => JSON.stringify(Object.fromEntries([...names.entries()].map(([j, n]) => [n, `v${i}.${j}`])));

  it('F9: permanent databases, tables and views of any name, as SHOW, DESCRIBE, pg_catalog and a restart see them; files keep their names', async () => {
    await bench.topic('one');
    await bench.values('one', ['{"a":1}']);
    for (const name of names) await bench.sql(`CREATE DATABASE ${quote(name)}; CREATE TABLE ${quote(name)}.${quote(name)} (a INT, ${quote(name)} STRING COMMENT ${text(name)}) COMMENT ${text(name)} ${bench.with('one', { 'properties.client.id': name })}; CREATE VIEW ${quote(name)}.${quote(`v ${name}`)} AS SELECT a AS ${quote(name)} FROM ${quote(name)}.${quote(name)}`);
    const check = async (): Promise<void> => {
      expect((await bench.rows('SHOW DATABASES')).flat()).to.include.members(names);
      for (const name of names) {
        const path = `${quote(name)}.${quote(name)}`;
        expect((await bench.rows(`SHOW TABLES FROM ${quote(name)}`)).flat()).to.have.members([name, `v ${name}`]);
        expect((await bench.rows(`DESCRIBE ${path}`)).map((r) => r[0])).to.deep.equal(name === 'a' ? ['a'] : ['a', name]);
        const [[shown] = []] = await bench.rows(`SHOW CREATE TABLE ${path}`), [[view] = []] = await bench.rows(`SHOW CREATE VIEW ${quote(name)}.${quote(`v ${name}`)}`);
        // What it prints makes the same again.
        await bench.sql(`DROP TABLE ${path}; ${String(shown)}; DROP VIEW ${quote(name)}.${quote(`v ${name}`)}; ${String(view)}`);
        expect((await bench.rows(`SHOW CREATE TABLE ${path}`))[0]?.[0], name).to.equal(shown);
      }
      for (const name of names.slice(0, 6)) expect(await bench.rows(`SELECT ${quote(name)} FROM ${quote(name)}.${quote(`v ${name}`)}`)).to.deep.equal([[1]]);
    };
    await check();
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await check();
    const client = await bench.server.connect();
    try {
      // PostgreSQL has no NUL in a text; what has one comes without it.
      const known = names.map((n) => n.replaceAll('\0', ''));
      const tables = (await client.query<{ n: string }>('SELECT table_name AS n FROM information_schema.tables')).rows.map((r) => r.n.replaceAll('\0', ''));
      expect((await client.query<{ n: string }>("SELECT nspname AS n FROM pg_catalog.pg_namespace")).rows.map((r) => r.n.replaceAll('\0', ''))).to.include.members(known);
      expect(tables).to.include.members(known);
      for (const name of names.filter((n) => !n.includes('\0'))) {
        const { fields } = await client.query(`SELECT a AS ${quote(name)} FROM ${quote(name)}.${quote(name)} WHERE FALSE`);
        expect(fields[0]?.name).to.equal(name);
        const found = await client.query('SELECT c.relname, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE n.nspname = $1 AND c.relname = $2', [name, name]);
        expect(found.rows.map((r: { attname: string }) => r.attname), name).to.include('a');
      }
    } finally { await client.end(); }
    for (const name of names) await bench.sql(`DROP DATABASE ${quote(name)} CASCADE`);
    // No name became a file: not in the data directory, not beside it.
    const files = readdirSync(bench.server.dataDir, { recursive: true, encoding: 'utf8' });
    expect(files.filter((f) => !/^(?:(?:catalog|state|state-blocks|savepoints)(?:\/[\w.-]+)*|[\w-]+\.(?:json|lock)|lock)$/.test(f))).to.deep.equal([]);
    expect(readdirSync(dirname(bench.server.dataDir)).filter((n) => !n.startsWith('rivulet') && !n.startsWith('.') && !neighbours.includes(n) && names.some((h) => n.includes(h) && h.length > 2))).to.deep.equal([]);
  });
  it('F9: names of the longest length there may be work or are refused with their limit, and never fill an answer', async () => {
    const long = 'n'.repeat(65_536), longer = `${long}n`;
    await bench.topic('long');
    await bench.values('long', [JSON.stringify({ [long]: 'v' })]);
    expect(await bench.rows(`CREATE TABLE ${quote(long)} (${quote(long)} STRING) ${bench.with('long')}; SELECT ${quote(long)} AS ${quote(`${long.slice(1)}x`)} FROM ${quote(long)} WHERE ${quote(long)} = 'v'`)).to.deep.equal([['v']]);
    expect((await bench.rows(`SHOW TABLES LIKE '${long.slice(0, 100)}%'`)).flat()).to.deep.equal([long]);
    const job = await bench.submit(`CREATE TEMPORARY TABLE ${quote(`p${long.slice(1)}`)} (${quote(long)} STRING) WITH ('connector'='print'); INSERT INTO ${quote(`p${long.slice(1)}`)} SELECT * FROM ${quote(long)}`);
    expect(await bench.printed(job, 1)).to.deep.equal(['+I[v]']);
    expect(await (await fetch(bench.server.url('/metrics'))).text()).to.contain('rivulet_job_running');
    await bench.sql(`STOP JOB '${job}'; DROP JOB '${job}'; DROP TABLE ${quote(long)}`);
    for (const sql of [`SELECT 1 AS ${quote(longer)}`, `CREATE TABLE ${quote(longer)} (a INT)`, `CREATE DATABASE ${quote(longer)}`, `CREATE SECRET ${quote(long)} AS 'x'`]) {
      const refusal = await bench.refusal(sql);
      expect(refusal).to.match(/42622|22023/);
      expect(refusal.length).to.be.below(2000);
    }
    for (const sql of [`SELECT * FROM ${quote(long)}`, `SELECT ${quote(long)} FROM (VALUES (1)) AS t (a)`, `USE CATALOG ${quote(long)}`, `SELECT ${quote(long)}(1)`]) expect((await bench.refusal(sql)).length, sql.slice(0, 30)).to.be.below(2000);
  });
  it('F9, F10: columns, keys, nested fields, map keys, aliases and groups of any name go through formats, exchanges and generated code', async () => {
    await bench.topic('wide', 2);
    await bench.values('wide', [row(0), row(1)]);
    const source = `CREATE TEMPORARY TABLE t (${columns()}) ${bench.with('wide')};`, values = (i: number): string[] => names.map((_, j) => `v${i}.${j}`);
    expect((await bench.rows(`${source} SELECT * FROM t`)).sort()).to.deep.equal([values(0), values(1)].sort());
    const group = names.map(quote).join(', ');
    expect(await bench.rows(`${source} SELECT ${group}, COUNT(*) AS ${quote(names[0] ?? '')} FROM t GROUP BY ${group} ORDER BY 1`)).to.deep.equal([[...values(0), 1], [...values(1), 1]]);
    expect(await bench.rows(`${source} SELECT a.${quote(names[0] ?? '')}, b.${quote(names[1] ?? '')} FROM t AS a JOIN t AS b ON ${names.map((n) => `a.${quote(n)} = b.${quote(n)}`).join(' AND ')} ORDER BY 1`)).to.deep.equal([['v0.0', 'v0.1'], ['v1.0', 'v1.1']]);
    for (const format of ['json', 'csv', 'debezium-json', 'canal-json']) {
      await bench.topic(`out-${format}`);
      const sink = (extra = ''): string => bench.with(`out-${format}`, { format, ...(extra === '' ? {} : { 'scan.startup.mode': 'earliest-offset' }) });
      const job = await bench.submit(`${source} CREATE TEMPORARY TABLE o (${columns()}) ${sink()}; INSERT INTO o SELECT * FROM t`);
      await eventually(`rows in ${format}`, async () => (await bench.records(`out-${format}`, 'read_uncommitted')).length >= 2);
      await bench.sql(`STOP JOB '${job}'`);
      expect((await bench.rows(`CREATE TEMPORARY TABLE o (${columns()}) ${sink('in')}; SELECT * FROM o`)).sort(), format).to.deep.equal([values(0), values(1)].sort());
    }
    const nested = names.filter((n) => n !== '');
    await bench.topic('nested');
    await bench.values('nested', [JSON.stringify({ r: Object.fromEntries(nested.map((n, i) => [n, { [n]: i }])), m: Object.fromEntries(nested.map((n, i) => [n, i])) })]);
    const deep = `CREATE TEMPORARY TABLE d (r ROW<${nested.map((n) => `${quote(n)} ROW<${quote(n)} INT>`).join(', ')}>, m MAP<STRING, INT>) ${bench.with('nested')};`;
    expect(await bench.rows(`${deep} SELECT ${nested.map((n) => `d.r.${quote(n)}.${quote(n)}, m[${text(n)}]`).join(', ')} FROM d`)).to.deep.equal([nested.flatMap((_, i) => [i, i])]);
    await bench.topic('keyed', 1, { 'cleanup.policy': 'compact' });
    const keyed = `CREATE TEMPORARY TABLE k (${columns()}, PRIMARY KEY (${group}) NOT ENFORCED) ${bench.with('keyed', {}, 'upsert-kafka')};`, job = await bench.submit(`${source} ${keyed} INSERT INTO k SELECT * FROM t`);
    await eventually('rows by key', async () => (await bench.records('keyed', 'read_uncommitted')).length >= 2);
    await bench.sql(`STOP JOB '${job}'`);
    expect((await bench.rows(`${keyed} SELECT * FROM k`)).sort()).to.deep.equal([values(0), values(1)].sort());
    // The catalog gives the columns its prefixes.
    const inferred = await bench.rows(`CREATE CATALOG hostile WITH ('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='${bench.broker}'); DESCRIBE hostile.kafka.\`${bench.name('wide')}\``);
    expect(inferred.map((r) => r[0])).to.include.members(names.map((n) => `value_${n}`));
    expect(await bench.rows(`SELECT ${names.map((n) => quote(`value_${n}`)).join(', ')} FROM hostile.kafka.\`${bench.name('wide')}\` ORDER BY 1`)).to.deep.equal([values(0), values(1)]);
    await bench.sql('DROP CATALOG hostile');
  });
  it('F10: texts in functions, paths, patterns, options, metadata keys and names of jobs are never code', async () => {
    await bench.topic('texts');
    await bench.values('texts', ['{"s":"s"}']);
    const table = `CREATE TEMPORARY TABLE t (s STRING) ${bench.with('texts')};`;
    for (const n of names.filter((name) => !name.includes('\0') && !/^[A-Za-z1]+$/.test(name))) {
      const q = text(n);
      expect(await bench.rows(`${table} SELECT ${q}, UPPER(${q}), MAP[${q}, 1][${q}], ARRAY[${q}][1], CASE s WHEN ${q} THEN 1 ELSE 2 END, COALESCE(NULLIF(s, ${q}), ${q}), JSON_VALUE(${text(JSON.stringify({ k: n }))}, '$.k') FROM t WHERE s <> ${q} AND s NOT IN (${q}, ${q})`), n)
        .to.deep.equal([[n, n.toUpperCase(), 1, n, 2, 's', n]]);
      // These may refuse a text that is no path, pattern or format; they must not run it.
      const calls = [`JSON_VALUE('{"a":1}', ${q})`, `JSON_QUERY('{"a":1}', ${text(`$['${n}']`)})`, `JSON_EXISTS('{"a":1}', ${text(`lax $.${n}`)})`, `REGEXP_REPLACE(s, ${q}, ${q})`, `REGEXP_EXTRACT(s, ${q}, 0)`, `s LIKE ${q}`, `s SIMILAR TO ${q}`, `DATE_FORMAT(TIMESTAMP '2020-01-01 00:00:00', ${q})`, `TO_TIMESTAMP(s, ${q})`, `CONVERT_TZ('2020-01-01 00:00:00', ${q}, 'UTC')`, `CAST(${q} AS INT)`, `SPLIT_INDEX(s, ${q}, 0)`, `STR_TO_MAP(s, ${q}, ${q})[${q}]`];
      await Promise.all(calls.map(async (call) => { const { status } = await bench.server.sql(`${table} SELECT ${call} FROM t`); expect([200, 400], `${call}: ${status}`).to.include(status); }));
      const tables = [{ [n]: 'x' }, { format: n }, { connector: n }, { 'scan.startup.mode': n }, { 'topic-pattern': n }, { 'key.fields': n, 'key.format': 'raw' }, { 'json.timestamp-format.standard': n }, { 'scan.header-filter': n }] as Record<string, string>[];
      await Promise.all(tables.map(async (options) => { const { status } = await bench.server.sql(`CREATE TEMPORARY TABLE x (s STRING) ${bench.with('texts', options)}; SELECT * FROM x LIMIT 0`); expect([200, 400], JSON.stringify(options)).to.include(status); }));
      expect(await bench.refusal(`CREATE TEMPORARY TABLE x (s STRING, m STRING METADATA FROM ${q}) ${bench.with('texts')}; SELECT * FROM x`)).to.match(/"sqlstate":"[24]2/);
    }
    const jobs: string[] = [];
    for (const n of names.slice(0, 12)) jobs.push(await bench.submit(`${table} CREATE TEMPORARY TABLE p (s STRING) WITH ('connector'='print', 'print-identifier'=${text(n)}); SET 'pipeline.name' = ${text(n)}; INSERT INTO p SELECT s FROM t`));
    await bench.printed(jobs.at(-1) ?? '', 1);
    const metrics = (await (await fetch(bench.server.url('/metrics'))).text()).split('\n').filter((l) => l.includes('rivulet_job_running'));
    for (const line of metrics.filter((l) => !l.startsWith('#'))) expect(line).to.match(/^rivulet_job_running\{job_id="[0-9a-f]{32}",job="(?:[^"\\\n]|\\["\\n])*"\} [01]$/);
    const listed = (await (await fetch(bench.server.url('/api/v1/jobs'))).json() as { jobs: { id: string; name: string }[] }).jobs.filter((j) => jobs.includes(j.id)).map((j) => j.name);
    expect(listed).to.have.members(names.slice(0, 12));
    for (const id of jobs) await bench.sql(`STOP JOB '${id}'`);
  });
  it('F10: pipelines: tables, columns, projections, filters, routes and targets of any name', async () => {
    await bench.topic('pipe');
    await bench.values('pipe', [row(0)]);
    const usable = names.filter((n) => !/[\0\n\r\u2028\u2029\u0001]/.test(n)), sink = bench.name('pipe-out');
    await bench.topic('pipe-out');
    for (const n of usable) {
      const yaml = `source:\n  type: kafka\n  properties.bootstrap.servers: ${bench.broker}\n  topic: ${bench.name('pipe')}\n  value.format: json\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: ${bench.broker}\ntransform:\n  - source-table: ${bench.name('pipe')}\n    projection: ${JSON.stringify(`${quote(n)}, UPPER(${text(n)}) AS ${quote(`${n} x`)}`)}\n    filter: ${JSON.stringify(`${quote(n)} <> ${text(n)}`)}\n    primary-keys: ${JSON.stringify(n)}\nroute:\n  - source-table: ${bench.name('pipe')}\n    sink-table: ${JSON.stringify(n)}\n    description: ${JSON.stringify(n)}\n`;
      const answer = await fetch(bench.server.url('/api/v1/pipelines/check'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml });
      expect([200, 400], `${n}: ${(await answer.text()).slice(0, 300)}`).to.include(answer.status);
    }
    const all = usable.filter((n) => !/^\s|\s$|[,']/.test(n) && !/^['"`]/.test(n)), yaml = `source:\n  type: kafka\n  properties.bootstrap.servers: ${bench.broker}\n  topic: ${bench.name('pipe')}\n  value.format: json\n  scan.startup.mode: earliest-offset\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: ${bench.broker}\ntransform:\n  - source-table: ${bench.name('pipe')}\n    projection: ${JSON.stringify(all.map((n) => `UPPER(${quote(n)}) AS ${quote(n)}`).join(', '))}\n    primary-keys: ${JSON.stringify(all[0])}\nroute:\n  - source-table: ${bench.name('pipe')}\n    sink-table: ${sink}\n`;
    const answer = await fetch(bench.server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml }), body = await answer.json() as { id?: string; error?: unknown };
    expect(body.id, JSON.stringify(body.error)).to.be.a('string');
    const [record] = await eventually('the row', async () => { const found = await bench.records('pipe-out', 'read_uncommitted'); return found.length > 0 && found; });
    expect(JSON.parse(String(record?.value))).to.deep.equal(Object.fromEntries(all.map((n) => [n, `V0.${names.indexOf(n)}`])));
    await bench.sql(`STOP JOB '${body.id ?? ''}'`);
  });
});
