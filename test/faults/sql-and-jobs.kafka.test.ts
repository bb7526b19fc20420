/** Hostile SQL and failing jobs through the real server: C11, F7–F10, G1, topics that do not exist. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

describe('faults: SQL and jobs', function () {
  this.timeout(60_000);
  let bench: Bench, steady: string;
  before(async () => {
    bench = await Bench.open('sql');
    await bench.topic('steady');
    steady = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('steady')}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`);
  });
  let beats = 0;
  /** The job that runs all the time still follows its topic, and the server answers. */
  const unaffected = async (): Promise<void> => {
    await bench.values('steady', [`{"n":${++beats}}`]);
    await eventually('the other job to go on', async () => (await bench.server.printed(steady)).includes(`+I[${beats}]`), 5000);
    expect((await bench.job(steady)).restarts).to.equal(0);
  };
  after(async () => { await bench?.close(); });

  it('C11: a row too large for the sink topic fails its job by topic and key; others go on', async () => {
    await bench.topic('small', 1, { 'max.message.bytes': '20000' });
    await bench.topic('large');
    await bench.values('large', ['{"k":"fits","v":"x"}', `{"k":"giant-key","v":"${Buffer.from(Array.from({ length: 60_000 }, (_, i) => 33 + (i * 7919 + (i >> 3) * 104729) % 57)).toString('latin1').replaceAll('\\', '/').replaceAll('"', '_')}"}`]);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (k STRING, v STRING) ${bench.with('large')}; CREATE TEMPORARY TABLE o (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('small', {}, 'upsert-kafka')}; INSERT INTO o SELECT k, v FROM t`);
    expect(await bench.failure(job)).to.contain(bench.name('small')).and.contain('giant-key').and.contain('20000');
    await unaffected();
  });
  it('G1: an expression that fails ends its own job and says where', async () => {
    await bench.topic('casts');
    await bench.values('casts', ['{"s":"1"}', '{"s":"not a number"}']);
    const table = `CREATE TEMPORARY TABLE t (s STRING) ${bench.with('casts')}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print');`;
    const failing = await bench.submit(`${table} INSERT INTO p SELECT CAST(s AS BIGINT) FROM t`), division = await bench.submit(`${table} INSERT INTO p SELECT 1 / (CHAR_LENGTH(s) - 1) FROM t`);
    expect(await bench.failure(failing)).to.contain('not a number');
    expect(await bench.failure(division)).to.match(/zero/);
    const trying = await bench.submit(`${table} INSERT INTO p SELECT TRY_CAST(s AS BIGINT) FROM t`);
    expect(await bench.printed(trying, 2)).to.deep.equal(['+I[1]', '+I[null]']);
    await bench.sql(`DROP JOB '${failing}'`);
    await bench.sql(`STOP JOB '${trying}'`);
    await unaffected();
  });
  it('a job that failed on a record goes on with its state as a changed statement, by a savepoint of its last checkpoint', async () => {
    await bench.topic('repair');
    await bench.values('repair', ['{"k":"a"}', '{"k":"b"}']);
    const sql = (options: Record<string, string>): string => `CREATE TEMPORARY TABLE t (k STRING) ${bench.with('repair', options)}; CREATE TEMPORARY TABLE p (k STRING, c BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT k, COUNT(*) FROM t GROUP BY k`;
    const failed = await bench.submit(sql({}));
    await bench.printed(failed, 2);
    await eventually('a checkpoint', async () => (await bench.job(failed)).checkpoints.some((c) => c.status === 'completed'));
    await bench.values('repair', ['oops', '{"k":"a"}']);
    expect(await bench.failure(failed)).to.contain('offset 2');
    const { savepointPath } = await (await fetch(bench.server.url(`/api/v1/jobs/${failed}/savepoint`), { method: 'POST' })).json() as { savepointPath: string };
    for (const change of [{ 'scan.on-error': 'skip' }, { 'json.ignore-parse-errors': 'true', 'properties.client.id': 'other' }]) {
      const next = await bench.submit(`SET 'execution.savepoint.path' = '${savepointPath}'; ${sql(change)}`);
      expect(await bench.printed(next, 2)).to.deep.equal(['-U[a, 1]', '+U[a, 2]']);
      await bench.sql(`STOP JOB '${next}'`);
    }
    await unaffected();
  });
  it('a topic that does not exist: SELECT and INSERT name it and do not make it', async () => {
    const missing = `CREATE TEMPORARY TABLE m (n BIGINT) ${bench.with('nowhere')}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('steady')};`;
    expect(await bench.refusal(`${missing} SELECT * FROM m`)).to.contain(bench.name('nowhere'));
    for (const insert of ['INSERT INTO p SELECT n FROM m', 'INSERT INTO t SELECT n FROM m']) {
      const { body } = await bench.server.sql(`${missing} ${insert}`);
      const why = body.error !== undefined ? JSON.stringify(body.error) : await bench.failure(String(body.results?.at(-1)?.rows[0]?.[0]));
      expect(why, insert).to.contain(bench.name('nowhere'));
    }
    expect(await bench.kafka.listTopics()).to.not.include(bench.name('nowhere'));
    await unaffected();
  });

  it('F9, F10: names, literals and JSON paths that are code stay data', async () => {
    const canary = join(bench.server.dataDir, 'canary'), evil = `require('fs').writeFileSync('${canary}','x')`;
    const names = ['x"];process.exit(1);//', '${process.exit(1)}', "a'; DROP TABLE t; --", 'a"b', '../../etc/passwd', '\u2028', `constructor.constructor("${evil}")()`, '`;', '\\', '*/ process.exit(1) /*', '__proto__'];
    const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``, text = (name: string): string => `'${name.replaceAll("'", "''")}'`;
    await bench.topic('names');
    await bench.values('names', [JSON.stringify(Object.fromEntries(names.map((n, i) => [n, `v${i}`])))]);
    for (const [i, name] of names.entries()) {
      const table = `CREATE TEMPORARY TABLE ${quote(name)} (${quote(name)} STRING) ${bench.with('names')};`;
      expect(await bench.rows(`${table} SELECT ${quote(name)} AS ${quote(`${name} `)}, ${text(name)}, UPPER(${text(name)}), JSON_VALUE(${text(JSON.stringify({ a: name }))}, '$.a') FROM ${quote(name)} WHERE ${quote(name)} <> ${text(name)}`), name)
        .to.deep.equal([[`v${i}`, name, name.toUpperCase(), name]]);
      expect(await bench.rows(`${table} SELECT ${quote(name)}, COUNT(*) FROM ${quote(name)} GROUP BY ${quote(name)}`)).to.deep.equal([[`v${i}`, 1]]);
      const shown = String((await bench.rows(`${table} SHOW CREATE TABLE ${quote(name)}`))[0]?.[0]);
      expect(shown).to.contain(quote(name));
      expect(await bench.rows(`${table} DESCRIBE ${quote(name)}`)).to.have.length(1);
      const path = await bench.server.sql(`SELECT JSON_VALUE('{"a":1}', ${text(`$.${name}`)})`);
      expect([200, 400], name).to.include(path.status);
      await bench.server.sql(`SELECT JSON_VALUE('{"a":1}', ${text(`$['${name}']`)}), JSON_QUERY('{"a":1}', ${text(`lax ${name}`)})`);
    }
    const job = await bench.submit(`CREATE TABLE ${quote(names[0] as string)} (${names.map((n) => `${quote(n)} STRING`).join(', ')}) ${bench.with('names')}; CREATE TEMPORARY TABLE ${quote(names[1] as string)} (${names.map((n) => `${quote(n)} STRING`).join(', ')}) WITH ('connector'='print');
      SET 'pipeline.name' = ${text(names[2] as string)}; INSERT INTO ${quote(names[1] as string)} SELECT * FROM ${quote(names[0] as string)}`);
    expect(await bench.printed(job, 1)).to.deep.equal([`+I[${names.map((_, i) => `v${i}`).join(', ')}]`]);
    await bench.sql(`STOP JOB '${job}'`);
    await bench.sql(`DROP TABLE ${quote(names[0] as string)}`);
    expect(existsSync(canary)).to.equal(false);
    await unaffected();
  });
  it('F7: statements beyond every measure meet a limit or work, and the server answers', async () => {
    const client = await bench.server.connect();
    const run = async (sql: string): Promise<string> => { try { const r = await client.query({ text: sql, rowMode: 'array' }); return JSON.stringify((r as { rows: unknown[] }).rows); } catch (error) { return `error ${(error as { code?: string }).code} ${(error as Error).message}`.slice(0, 300); } };
    try {
      for (const [what, sql, expected] of [
        ['parentheses', `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`, /^error (54|42)/],
        ['unclosed parentheses', `SELECT ${'('.repeat(100_000)}`, /^error (54|42)/],
        ['nested calls', `SELECT ${'ABS('.repeat(20_000)}1${')'.repeat(20_000)}`, /^error (54|42)/],
        ['nested subqueries', `${'SELECT * FROM ('.repeat(5_000)}SELECT 1${')'.repeat(5_000)}`, /^error (54|42)/],
        ['OR', `SELECT n FROM (VALUES (5)) AS v (n) WHERE ${Array.from({ length: 10_000 }, (_, i) => `n = ${i}`).join(' OR ')}`, /^\[\[5\]\]$|^error 54/],
        ['IN', `SELECT n FROM (VALUES (5)) AS v (n) WHERE n IN (${Array.from({ length: 10_000 }, (_, i) => i).join(', ')})`, /^\[\[5\]\]$/],
        ['UNION', `SELECT COUNT(*) FROM (${Array.from({ length: 10_000 }, () => 'SELECT 1').join(' UNION ALL ')})`, /^\[\["?10000"?\]\]$|^error 54/],
        ['semicolons', ';'.repeat(100_000), /^\[\]$|^undefined$|^error/],
        ['a long sum', `SELECT ${Array.from({ length: 20_000 }, () => '1').join(' + ')}`, /^\[\[20000\]\]$|^error 54/],
      ] as const) expect(await run(sql) ?? 'undefined', what).to.match(expected);
      expect(await run('SELECT 1')).to.equal('[[1]]');
    } finally { await client.end(); }
    await unaffected();
  });
  it('F8: catastrophic patterns take linear time and hold up nobody', async () => {
    const s = `${'a'.repeat(50_000)}b`;
    await bench.topic('regex');
    await bench.values('regex', [JSON.stringify({ s })]);
    const table = `CREATE TEMPORARY TABLE t (s STRING) ${bench.with('regex')};`;
    const slow = bench.rows(`${table} SELECT CHAR_LENGTH(REGEXP_REPLACE(s, '(a+)+$', '')), s SIMILAR TO '(a|a)*c', s LIKE '${'%a'.repeat(40)}%c', REGEXP(s, '(a|aa)+$'), CHAR_LENGTH(REGEXP_EXTRACT(s, '(a*)*b', 0)) FROM t`);
    await unaffected();
    expect(await slow).to.deep.equal([[50_001, false, false, false, 50_001]]);
  });
});
