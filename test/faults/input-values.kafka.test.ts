/** Values and schemas of input through the real server: D3–D8 and D11 of the fault list, beside input-data.kafka.test.ts. */
import { expect } from 'chai';
import pg from 'pg';
import { materialise } from '../e2e/server-process.ts';
import { Bench, eventually } from './support.ts';
import { countersOf } from './bad-records-support.ts';

const CRUEL = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'] as const;
const LONG = process.env['RIVULET_LONG'] === '1';

describe('faults: input values', function () {
  this.timeout(LONG ? 1_200_000 : 60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('values'); });
  after(async () => { await bench?.close(); });

  it('D3: cruel names as column names, nested and map keys, group and join keys go through checkpoint, kill -9 and sink unchanged', async () => {
    await bench.topic('cruel');
    await bench.topic('cruel-out', 1, { 'cleanup.policy': 'compact' });
    const rows = (from: number): string[] => CRUEL.map((k, i) => `{"id":${from + i},"__proto__":"${k}","constructor":{"__proto__":"${k}!","then":${i}},"m":{"${k}":${i},"__proto__":-1}}`);
    await bench.values('cruel', rows(0));
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms';
      CREATE TEMPORARY TABLE t (id BIGINT, \`__proto__\` STRING, \`constructor\` ROW<\`__proto__\` STRING, \`then\` INT>, m MAP<STRING, INT>) ${bench.with('cruel')};
      CREATE TEMPORARY TABLE o (\`__proto__\` STRING, \`toString\` BIGINT, \`constructor\` ROW<\`hasOwnProperty\` STRING>, \`then\` INT, PRIMARY KEY (\`__proto__\`) NOT ENFORCED) ${bench.with('cruel-out', {}, 'upsert-kafka')};
      INSERT INTO o SELECT a.\`__proto__\`, COUNT(*), ROW(MAX(b.\`constructor\`.\`__proto__\`)), MAX(CASE WHEN a.\`__proto__\` = '__proto__' THEN -1 ELSE a.m[a.\`__proto__\`] END) FROM t a JOIN t b ON a.\`__proto__\` = b.\`__proto__\` GROUP BY a.\`__proto__\``);
    const out = async (): Promise<string[]> => [...new Map((await bench.records('cruel-out')).map((r) => [r.key, r.value])).values()].map(String).sort();
    const expected = (count: number): string[] => CRUEL.map((k, i) => `{"__proto__":"${k}","toString":${count},"constructor":{"hasOwnProperty":"${k}!"},"then":${k === '__proto__' ? -1 : i}}`).sort();
    await eventually('the first groups', async () => JSON.stringify(await out()) === JSON.stringify(expected(1)));
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('cruel', rows(100));
    await eventually('the groups after the kill', async () => (await out()).every((v) => v.includes('"toString":4')));
    expect(await out()).to.deep.equal(expected(4));
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('D4: -0, 1e400, NaN as text, 1.0 for INT, all digits of DECIMAL(38, 18): the same by HTTP, text and binary of the wire, and written again', async () => {
    await bench.topic('odd');
    await bench.topic('odd-out');
    const wide = '-12345678901234567890.123456789012345678';
    await bench.values('odd', [`{"f":-0.0,"i":1.0,"d":${wide},"n":-9223372036854775808}`, '{"f":1e400,"i":"7","d":"1e-18","n":9007199254740993}', '{"f":"NaN","i":-0,"d":0.1,"n":"9223372036854775807"}', '{"f":5e-324,"i":2147483647,"d":99999999999999999999,"n":-0}']);
    const table = `CREATE TEMPORARY TABLE t (f DOUBLE, i INT, d DECIMAL(38, 18), n BIGINT) ${bench.with('odd')};`;
    const expected = [['-0', '1', wide, '-9223372036854775808'], ['Infinity', '7', '0.000000000000000001', '9007199254740993'], ['NaN', '0', '0.100000000000000000', '9223372036854775807'], ['5e-324', '2147483647', '99999999999999999999.000000000000000000', '0']];
    const text = (v: unknown): string => (Object.is(v, -0) ? '-0' : String(v));
    for (const binary of [false, true]) {
      const client = new pg.Client({ host: '127.0.0.1', port: bench.server.pgPort, user: 'u', database: 'default_catalog', binary } as pg.ClientConfig);
      await client.connect();
      try {
        await client.query(table.replace(/;$/, ''));
        const { rows } = await client.query({ text: 'SELECT f, i, d, n FROM t WHERE n IS NOT NULL', values: [], rowMode: 'array' }) as unknown as { rows: unknown[][] };
        expect(rows.map((r) => r.map((v, c) => (c === 0 ? text(Number(v)) : c === 2 && binary ? Number(v) : text(v)))), binary ? 'binary' : 'text').to.deep.equal(expected.map((r) => (binary ? [r[0], r[1], Number(r[2]), r[3]] : r)));
      } finally { await client.end(); }
    }
    const job = await bench.submit(`${table} CREATE TEMPORARY TABLE o (f DOUBLE, i INT, d DECIMAL(38, 18), n BIGINT) ${bench.with('odd-out', { 'json.encode.decimal-as-plain-number': 'true' })}; INSERT INTO o SELECT * FROM t`);
    const out = await eventually('four rows', async () => { const r = await bench.records('odd-out'); return r.length === 4 && r.map((x) => x.value); });
    expect(out).to.deep.equal([`{"f":-0.0,"i":1,"d":${wide},"n":-9223372036854775808}`, '{"f":"Infinity","i":7,"d":0.000000000000000001,"n":9007199254740993}', '{"f":"NaN","i":0,"d":0.100000000000000000,"n":9223372036854775807}', '{"f":4.9E-324,"i":2147483647,"d":99999999999999999999.000000000000000000,"n":0}']);
    await bench.sql(`STOP JOB '${job}'`);
    for (const bad of ['{"i":1.5}', '{"i":2147483648}', '{"n":1e30}', '{"i":"1.5"}']) {
      await bench.topic(`odd-${bad.length}-${bad.charCodeAt(5)}`);
      await bench.values(`odd-${bad.length}-${bad.charCodeAt(5)}`, [bad]);
      const { body } = await bench.server.sql(`CREATE TEMPORARY TABLE t (i INT, n BIGINT) ${bench.with(`odd-${bad.length}-${bad.charCodeAt(5)}`)}; SELECT * FROM t`);
      if (bad === '{"i":1.5}') expect(body.results?.at(-1)?.rows, 'Jackson cuts a fraction off').to.deep.equal([[1, null]]);
      else expect(JSON.stringify(body.error), bad).to.contain('record-rejected').and.contain('field');
    }
  });
  it(`D5: AVG and SUM of ${LONG ? '10 million' : '200,000'} rows are exact`, async () => {
    const count = LONG ? 10_000_000 : 200_000, first = 9_007_199_000_000_000n;
    await bench.topic('sums', 1, { 'cleanup.policy': 'compact' });
    const job = await bench.submit(`CREATE TEMPORARY TABLE o (k INT, s STRING, a STRING, b STRING, d STRING, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('sums', { 'sink.buffer-flush.max-rows': '10000', 'sink.buffer-flush.interval': '1 s' }, 'upsert-kafka')};
      CREATE TEMPORARY TABLE g (n BIGINT) WITH ('connector'='datagen', 'rows-per-second'='10000000', 'number-of-rows'='${count}', 'fields.n.kind'='sequence', 'fields.n.start'='${first}', 'fields.n.end'='${first + BigInt(count) - 1n}');
      INSERT INTO o SELECT 1, CAST(SUM(CAST(n AS DECIMAL(38, 0))) AS STRING), CAST(AVG(CAST(n AS DECIMAL(38, 0))) AS STRING), CAST(AVG(n) AS STRING), CAST(SUM(n - ${first}) AS STRING), COUNT(*) FROM g`);
    await bench.status(job, 'FINISHED', LONG ? 1_000_000 : 40_000);
    const last = JSON.parse((await bench.records('sums')).at(-1)?.value ?? '{}') as Record<string, unknown>, row = ['s', 'a', 'b', 'd', 'c'].map((k) => String(last[k]));
    const n = BigInt(count), sum = n * first + n * (n - 1n) / 2n;
    expect(row.slice(0, 1)).to.deep.equal([String(sum)]);
    // AVG of DECIMAL(38, 0) is DECIMAL(38, 6), rounded half up; AVG of BIGINT is one, cut, over a sum that wraps as Java's long.
    const micros = (sum * 10_000_000n / n + 5n) / 10n, avg = `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
    expect(row.slice(1)).to.deep.equal([avg, String(BigInt.asIntN(64, sum) / n), String(n * (n - 1n) / 2n), String(count)]);
  });
  it('D6: a field that changes its type, its case, is repeated or new: by the documented rule; the inferred schema of a running job stays, new queries and ALTER see new fields', async () => {
    const topic = await bench.topic('drift');
    await bench.topic('drift-out');
    await bench.values('drift', ['{"a":1,"b":"x"}']);
    await bench.sql(`CREATE CATALOG k WITH ('type'='kafka', 'properties.bootstrap.servers'='${bench.broker}', 'format'='json', 'scan.bad-records.samples'='0')`).catch(() => bench.sql(`CREATE CATALOG k WITH ('type'='kafka', 'properties.bootstrap.servers'='${bench.broker}', 'format'='json')`));
    try {
      const job = await bench.submit(`CREATE TEMPORARY TABLE o (a BIGINT, b STRING) ${bench.with('drift-out')}; INSERT INTO o SELECT value_a, value_b FROM k.kafka.\`${topic}\` /*+ OPTIONS('scan.startup.mode'='earliest-offset', 'scan.on-error'='skip') */`);
      await eventually('the first row', async () => (await bench.records('drift-out')).length === 1);
      await bench.values('drift', ['{"a":2,"b":{"o":1},"c":"new"}', '{"A":3,"b":"case"}', '{"a":"4","b":5,"a":"5"}', '{"a":{"x":1},"b":"object"}', '{"a":null,"b":null,"d":[1]}', '{"a":6.5,"b":true}']);
      await eventually('the rows', async () => (await bench.records('drift-out')).length >= 6);
      expect((await bench.records('drift-out')).map((r) => r.value)).to.deep.equal(['{"a":1,"b":"x"}', '{"a":2,"b":"{\\"o\\":1}"}', '{"a":null,"b":"case"}', '{"a":5,"b":"5"}', '{"a":null,"b":null}', '{"a":6,"b":"true"}']);
      expect((await countersOf(bench, job))['skippedRecords']).to.equal(1);
      // A query bound now has the new columns; the job goes on with its own, also behind a restart.
      const columns = (await bench.rows(`DESCRIBE k.kafka.\`${topic}\``)).map((r) => r[0]);
      expect(columns).to.include.members(['value_c', 'value_d']);
      await bench.server.end('SIGKILL');
      await bench.server.launch();
      await bench.values('drift', ['{"a":7,"b":"after","c":"unseen"}']);
      await eventually('the row after the restart', async () => (await bench.records('drift-out')).some((r) => r.value === '{"a":7,"b":"after"}'));
      await bench.sql(`STOP JOB '${job}'`);
    } finally { await bench.sql('DROP CATALOG k').catch(() => {}); }
    await bench.sql(`CREATE TABLE kept (a BIGINT) ${bench.with('drift', { 'json.ignore-parse-errors': 'true' })}`);
    await bench.sql('ALTER TABLE kept ADD (c STRING)');
    expect((await bench.rows('SELECT a, c FROM kept WHERE c IS NOT NULL')).map((r) => r.join())).to.deep.equal(['2,new', '7,unseen']);
    await bench.sql('DROP TABLE kept');
  });
  it('D7: timestamps are read exactly or refused by name; event time, which is not built, is refused with 0A000', async () => {
    const cases: readonly (readonly [type: string, json: string, expected: string | null])[] = [
      ['TIMESTAMP(3)', '"2016-12-31 23:59:60"', null], ['TIMESTAMP(3)', '"0000-01-01 00:00:00"', '0000-01-01 00:00:00.000'], ['TIMESTAMP(3)', '"9999-12-31 23:59:59.999"', '9999-12-31 23:59:59.999'], ['TIMESTAMP(9)', '"2024-02-29 12:34:56.123456789"', '2024-02-29 12:34:56.123456789'],
      ['TIMESTAMP(3)', '"2023-02-29 00:00:00"', null], ['TIMESTAMP(3)', '"2024-01-01 24:00:00"', null], ['TIMESTAMP(3)', '"2024-01-01T00:00:00"', null], ['TIMESTAMP(3)', '"2024-01-01 00:00:00+02:00"', null], ['TIMESTAMP(3)', '1700000000', null], ['TIMESTAMP(3)', '1700000000000', null],
      ['TIMESTAMP(3)', '"2024-03-31 02:30:00"', '2024-03-31 02:30:00.000'], ['TIMESTAMP_LTZ(3)', '"2024-03-31 02:30:00Z"', '2024-03-31 02:30:00.000Z'], ['TIMESTAMP_LTZ(3)', '"2024-03-31 02:30:00"', null], ['TIMESTAMP_LTZ(3)', '"1969-12-31 23:59:59.999Z"', '1969-12-31 23:59:59.999Z'],
    ];
    const group = (type: string): typeof cases => cases.filter((c) => c[0] === type);
    for (const type of new Set(cases.map((c) => c[0]))) {
      const base = `ts-${type.replace(/\W/g, '')}`;
      await bench.topic(base);
      await bench.values(base, group(type).map((c) => `{"t":${c[1]}}`));
      const table = (options: Readonly<Record<string, string>>): string => `CREATE TEMPORARY TABLE t (t ${type}) ${bench.with(base, options)};`;
      expect((await bench.rows(`SET 'table.local-time-zone' = 'Europe/Berlin'; ${table({ 'json.ignore-parse-errors': 'true' })} SELECT t FROM t`)).flat(), type).to.deep.equal(group(type).map((c) => c[2]));
      const firstBad = group(type).findIndex((c) => c[2] === null);
      if (firstBad >= 0) expect(await bench.refusal(`${table({})} SELECT t FROM t`)).to.contain(`offset ${firstBad} (value)`).and.contain('field \\"t\\"');
    }
    const event = `CREATE TEMPORARY TABLE t (n BIGINT, t TIMESTAMP(3), WATERMARK FOR t AS t - INTERVAL '5' SECOND) ${bench.with('ts-TIMESTAMP3', { 'json.ignore-parse-errors': 'true' })};`;
    for (const query of ["SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end", "SELECT TUMBLE_START(t, INTERVAL '1' MINUTE), COUNT(*) FROM t GROUP BY TUMBLE(t, INTERVAL '1' MINUTE)", 'SELECT CURRENT_WATERMARK(t) FROM t']) expect(await bench.refusal(`${event} ${query}`)).to.contain('0A000');
  });
  it('D8: an idle partition of four holds back no row; windows, which would wait for it, are refused with 0A000', async () => {
    await bench.topic('idle', 4);
    for (const p of [0, 1, 2]) await bench.send('idle', [[null, `{"n":${p},"t":"2024-01-01 00:0${p}:00"}`]], p);
    const event = `CREATE TEMPORARY TABLE t (n BIGINT, t TIMESTAMP(3), WATERMARK FOR t AS t) ${bench.with('idle')};`;
    const job = await bench.submit(`${event} CREATE TEMPORARY TABLE p (n BIGINT, c BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n, COUNT(*) FROM t GROUP BY n`);
    expect((await bench.printed(job, 3)).sort()).to.deep.equal(['+I[0, 1]', '+I[1, 1]', '+I[2, 1]']);
    await bench.sql(`STOP JOB '${job}'`);
    expect(await bench.refusal(`${event} SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end`)).to.contain('0A000');
  });
  it('D11: inconsistent retractions into groups and joins are counted, also over kill -9; no count is negative, nothing is taken back twice', async () => {
    await bench.topic('cdc');
    const row = (id: number, v: string): string => `{"id":${id},"v":"${v}"}`, event = (op: string, before: string, after: string): string => `{"op":"${op}","before":${before},"after":${after}}`;
    const events = [event('d', row(1, 'ghost'), 'null'), event('u', row(2, 'never'), row(2, 'new')), event('c', 'null', row(3, 'x')), event('d', row(3, 'other'), 'null'), event('d', row(3, 'x'), 'null'), event('d', row(3, 'x'), 'null')];
    await bench.values('cdc', [...events, event('c', 'null', row(4, 'y'))]);
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; CREATE TEMPORARY TABLE c (id BIGINT, v STRING) ${bench.with('cdc', { format: 'debezium-json' })};
      CREATE TEMPORARY TABLE p (v STRING, n BIGINT) WITH ('connector'='print'); CREATE TEMPORARY TABLE j (a BIGINT, b STRING) WITH ('connector'='print');
      EXECUTE STATEMENT SET BEGIN INSERT INTO p SELECT v, COUNT(*) FROM c GROUP BY v; INSERT INTO j SELECT a.id, b.v FROM c a JOIN c b ON a.id = b.id; END`);
    const counted = async (): Promise<number> => (await countersOf(bench, job))['inconsistentRetractions'] ?? 0;
    await eventually('the last rows', async () => { const l = await bench.server.printed(job); return l.includes('+I[y, 1]') && l.includes('+I[4, y]'); });
    const first = await counted();
    // Groups: ghost, never, other, and x the second time; each side of the join the same four.
    expect(first).to.equal(12);
    const lines = await bench.server.printed(job);
    expect(materialise(lines)).to.deep.equal(['[2, new]', '[4, y]', '[new, 1]', '[y, 1]']);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('cdc', [...events, event('d', row(4, 'y'), 'null')]);
    await eventually('the row taken back', async () => (await bench.server.printed(job)).includes('-D[y, 1]'));
    expect((await bench.server.printed(job)).filter((l) => /, -\d+\]$/.test(l))).to.deep.equal([]);
    // Of its first side the join keeps nothing but the id: there the update of id 2 takes back the row of the first round.
    await eventually('the counters', async () => (await counted()) === 2 * first - 1);
    expect((await bench.job(job)).status).to.equal('RUNNING');
    await bench.sql(`STOP JOB '${job}'`);
  });
});
