/** Hostile and odd input through the real server and a real Kafka: D1–D6, D11, D12, C12, C14 of the fault list. */
import { expect } from 'chai';
import pg from 'pg';
import { Bench, eventually, type Bytes } from './support.ts';

const CRUEL = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'] as const;

describe('faults: input data', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('data'); });
  after(async () => { await bench?.close(); });
  const alive = async (): Promise<void> => { expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]); };

  it('D1: a poison pill fails its job, which names topic, partition, offset and what is wrong', async () => {
    const pills: readonly (readonly [string, Bytes, RegExp])[] = [
      ['not-json', 'oops', /./], ['text', '"text"', /./], ['number', '17', /./], ['cut', '{"n":1,"s":"x', /./], ['nul', '{"n":1\0}', /./],
      ['utf8', Buffer.concat([Buffer.from('{"n":1,"s":"'), Buffer.from([0xe2, 0x28, 0xa1, 0xff]), Buffer.from('x"')]), /./], ['type', '{"n":"abc"}', /\bn\b/], ['object', '{"n":{"x":1}}', /\bn\b/],
    ];
    const jobs: [string, string, RegExp][] = [];
    for (const [name, pill, what] of pills) {
      await bench.topic(`pill-${name}`);
      await bench.values(`pill-${name}`, ['{"n":1,"s":"a"}', pill, '{"n":2,"s":"b"}']);
      jobs.push([name, await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with(`pill-${name}`)}; CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`), what]);
    }
    for (const [name, job, what] of jobs) {
      const why = await bench.failure(job);
      expect(why, name).to.contain(bench.name(`pill-${name}`)).and.match(/partition 0, offset 1\b/).and.match(what);
    }
    await alive();
  });
  it('D1: with json.ignore-parse-errors the neighbours survive', async () => {
    await bench.topic('skip');
    await bench.values('skip', ['{"n":1,"s":"a"}', 'oops', '"text"', '[1', '{"n":1,"s":"x', '{"n":"abc","s":"kept"}', '\0', '{"n":2,"s":"b"}']);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with('skip', { 'json.ignore-parse-errors': 'true' })}; CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    expect(await bench.printed(job, 3)).to.deep.equal(['+I[1, a]', '+I[null, kept]', '+I[2, b]']);
    expect((await bench.job(job)).status).to.equal('RUNNING');
    await bench.sql(`DROP JOB '${job}'`).catch(() => bench.sql(`STOP JOB '${job}'`));
  });
  it('D1: with scan.on-error = skip the record is left out and counted', async () => {
    await bench.topic('onerror');
    await bench.values('onerror', ['{"n":1}', 'oops', '{"n":"x"}', '{"n":2}']);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('onerror', { 'scan.on-error': 'skip' })}; CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    expect(await bench.printed(job, 2)).to.deep.equal(['+I[1]', '+I[2]']);
    const detail = await bench.job(job) as unknown as { nodes: { counters: Record<string, number> }[] };
    expect(Math.max(...detail.nodes.flatMap((n) => Object.values(n.counters)))).to.equal(2);
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('D2: 100,000 levels of nesting are refused or read, never a stack overflow', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000), objects = '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000);
    for (const [i, value] of [`{"n":1,"other":${deep}}`, `{"n":1,"s":${deep}}`, objects, deep, `{"n":${objects}}`].entries()) {
      await bench.topic(`deep${i}`);
      await bench.values(`deep${i}`, [value, '{"n":2}']);
      const { body } = await bench.server.sql(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with(`deep${i}`, { 'json.ignore-parse-errors': 'true' })}; SELECT n FROM t`);
      const text = JSON.stringify(body.error ?? body.results?.at(-1)?.rows);
      expect(text, `case ${i}`).to.match(/^\[.*\[2\]\]$/);
      const strict = await bench.server.sql(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with(`deep${i}`)}; SELECT n, s IS NULL FROM t`);
      expect(JSON.stringify(strict.body.error ?? {})).to.not.match(/stack|internal/i);
    }
    await alive();
  });
  it('D3: names like __proto__ are data: columns, nested keys, map keys, group and join keys', async () => {
    await bench.topic('cruel');
    const own = (value: unknown): string => `{${CRUEL.map((k) => `"${k}":${JSON.stringify(value)}`).join(',')}}`;
    await bench.values('cruel', [`{${CRUEL.map((k, i) => `"${k}":"${k}${i}"`).join(',')},"nested":${own('in')},"m":${own(7)},"id":1}`, ...CRUEL.map((k, i) => `{"id":${i + 2},"__proto__":"${k}"}`)]);
    const columns = CRUEL.map((k) => `\`${k}\` STRING`).join(', '), nested = CRUEL.map((k) => `\`${k}\` STRING`).join(', ');
    const table = `CREATE TEMPORARY TABLE t (id BIGINT, ${columns}, nested ROW<${nested}>, m MAP<STRING, INT>) ${bench.with('cruel')};`;
    expect(await bench.rows(`${table} SELECT ${CRUEL.map((k) => `\`${k}\``).join(', ')} FROM t WHERE id = 1`)).to.deep.equal([CRUEL.map((k, i) => `${k}${i}`)]);
    expect(await bench.rows(`${table} SELECT ${CRUEL.map((k) => `t.nested.\`${k}\``).join(', ')} FROM t WHERE id = 1`)).to.deep.equal([CRUEL.map(() => 'in')]);
    expect(await bench.rows(`${table} SELECT ${CRUEL.map((k) => `m['${k}']`).join(', ')}, m['polluted'], CARDINALITY(m) FROM t WHERE id = 1`)).to.deep.equal([[...CRUEL.map(() => 7), null, CRUEL.length]]);
    expect((await bench.rows(`${table} SELECT \`__proto__\`, COUNT(*) FROM t WHERE id > 1 GROUP BY \`__proto__\``)).map((r) => r.join()).sort()).to.deep.equal(CRUEL.map((k) => `${k},1`).sort());
    expect((await bench.rows(`${table} SELECT a.\`__proto__\` FROM t a JOIN t b ON a.\`__proto__\` = b.\`__proto__\` WHERE a.id > 1`)).flat().sort()).to.deep.equal([...CRUEL].sort());
    expect((await bench.rows("SELECT toString, `__proto__` FROM (VALUES (1, 2)) AS `constructor` (toString, `__proto__`)"))).to.deep.equal([[1, 2]]);
    await alive();
  });

  it('D4, D5: 64-bit and 38-digit numbers are exact through source, join, SUM, checkpoint, sink and both formats of the wire', async () => {
    const big = ['9007199254740993', '-9223372036854775808', '9223372036854775807'], wide = '12345678901234567890.123456789012345678';
    await bench.topic('big');
    await bench.topic('bigout', 1, { 'cleanup.policy': 'compact' });
    await bench.values('big', big.map((n) => `{"n":${n},"d":${wide},"f":1e400,"z":-0,"i":1.0}`));
    const table = `CREATE TEMPORARY TABLE t (n BIGINT, d DECIMAL(38,18)) ${bench.with('big')};`;
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; ${table}
      CREATE TEMPORARY TABLE o (n BIGINT, d DECIMAL(38,18), s DECIMAL(38,0), c BIGINT, PRIMARY KEY (n) NOT ENFORCED) ${bench.with('bigout', {}, 'upsert-kafka')};
      INSERT INTO o SELECT a.n, MAX(b.d), SUM(CAST(b.n AS DECIMAL(38,0))), COUNT(*) FROM t a JOIN t b ON a.n = b.n GROUP BY a.n`);
    const out = async (): Promise<string[]> => [...new Map((await bench.records('bigout')).map((r) => [r.key, r.value])).values()].map(String).sort();
    await eventually('three groups', async () => (await out()).length === 3);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('big', [`{"n":${big[0]},"d":${wide}}`]);
    const expected = (n: string, times: bigint, c: number): string => `{"n":${n},"d":${wide},"s":${BigInt(n) * times},"c":${c}}`;
    await eventually('the joined sums after the kill', async () => (await out()).some((v) => v.includes('"c":4')));
    expect(await out()).to.deep.equal([expected(big[0] as string, 4n, 4), expected(big[1] as string, 1n, 1), expected(big[2] as string, 1n, 1)].sort());
    for (const binary of [false, true]) {
      const client = new pg.Client({ host: '127.0.0.1', port: bench.server.pgPort, user: 'u', database: 'default_catalog', binary } as pg.ClientConfig);
      await client.connect();
      try {
        await client.query(table.replace(/;$/, ''));
        const { rows } = await client.query({ text: 'SELECT DISTINCT CAST(n AS STRING) AS t, n, d FROM t', rowMode: 'array' }) as unknown as { rows: unknown[][] };
        expect(rows.map((r) => String(r[0])).sort()).to.deep.equal([...big].sort());
        for (const [text, n, d] of rows) { expect(String(n)).to.equal(text); if (!binary) expect(d).to.equal(wide); }
      } finally { await client.end(); }
    }
    await bench.sql(`STOP JOB '${job}'`);
    expect(await bench.rows(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('big')}; SELECT CAST(SUM(CAST(n AS DECIMAL(38, 0))) AS STRING) FROM t WHERE n > 9007199254740993`)).to.deep.equal([['9223372036854775807']]);
  });
  it('D4: numbers that do not fit are refused by name, or NULL when told', async () => {
    await bench.topic('odd');
    await bench.values('odd', ['{"n":9223372036854775808}']);
    expect(await bench.refusal(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('odd')}; SELECT * FROM t`)).to.contain(bench.name('odd')).and.match(/offset 0/);
    expect(await bench.rows(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('odd', { 'json.ignore-parse-errors': 'true' })}; SELECT * FROM t`)).to.deep.equal([[null]]);
  });
  it('D6: missing, unknown, null, renamed and repeated fields', async () => {
    await bench.topic('drift');
    await bench.values('drift', ['{"a":1,"b":"x"}', '{"b":"only b"}', '{"a":null,"b":null,"new":[1,{"b":"inner"}]}', '{"A":5,"B":"case"}', '{"a":1,"b":"first","a":2,"b":"last"}', '{}']);
    const table = `CREATE TEMPORARY TABLE t (a BIGINT, b STRING) ${bench.with('drift')};`;
    expect(await bench.rows(`${table} SELECT * FROM t`)).to.deep.equal([[1, 'x'], [null, 'only b'], [null, null], [null, null], [2, 'last'], [null, null]]);
    expect(await bench.refusal(`CREATE TEMPORARY TABLE t (a BIGINT, b STRING) ${bench.with('drift', { 'json.fail-on-missing-field': 'true' })}; SELECT * FROM t`)).to.match(/offset 1\b/).and.match(/\ba\b/);
  });
  it('D11: retractions without their insert, repeated deletes, other before images: no negative counts, no crash', async () => {
    await bench.topic('cdc');
    const row = (id: number, v: string): string => `{"id":${id},"v":"${v}"}`, event = (op: string, before: string, after: string): string => `{"op":"${op}","before":${before},"after":${after}}`;
    await bench.values('cdc', [event('d', row(1, 'ghost'), 'null'), event('u', row(2, 'never'), row(2, 'new')), event('c', 'null', row(3, 'x')), event('d', row(3, 'other image'), 'null'), event('d', row(3, 'x'), 'null'), event('c', 'null', row(4, 'y'))]);
    const job = await bench.submit(`CREATE TEMPORARY TABLE c (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${bench.with('cdc', { format: 'debezium-json' })};
      CREATE TEMPORARY TABLE p (v STRING, n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT v, COUNT(*) FROM c GROUP BY v`);
    await eventually('the last row', async () => (await bench.server.printed(job)).includes('+I[y, 1]'));
    const lines = await bench.server.printed(job);
    expect(lines.filter((l) => /-\d+\]$/.test(l))).to.deep.equal([]);
    const net = new Map<string, number>();
    for (const l of lines) { const r = l.slice(2); net.set(r, (net.get(r) ?? 0) + (l.startsWith('+') ? 1 : -1)); }
    expect([...net.values()].every((n) => n === 0 || n === 1), lines.join()).to.equal(true);
    expect((await bench.job(job)).status).to.equal('RUNNING');
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('D12: strings and column names come out as they went in', async () => {
    const strings = ['"', "'", '`', '\\', '${process.exit(1)}', 'a\nb\r\tc', '\u2028\u2029', '😀👨‍👩‍👧', '\u202Eabc', '\u0000', '', ' ', 'é\u0301', '\uFFFF', '--', '/* */', '%_'];
    await bench.topic('strings');
    await bench.topic('strings-out');
    await bench.values('strings', strings.map((s) => JSON.stringify({ s, 'x"y': s, 'a`b': s, 'é\u2028$': s })));
    const table = (name: string, topic: string): string => `CREATE TEMPORARY TABLE ${name} (s STRING, \`x"y\` STRING, \`a\`\`b\` STRING, \`é\u2028$\` STRING) ${bench.with(topic)};`;
    const shown = (await bench.rows(`${table('t', 'strings')} SELECT * FROM t`));
    expect(shown).to.deep.equal(strings.map((s) => [s, s, s, s]));
    const job = await bench.submit(`${table('t', 'strings')} ${table('o', 'strings-out')} INSERT INTO o SELECT * FROM t`);
    const out = await eventually('all strings', async () => { const r = await bench.records('strings-out'); return r.length === strings.length && r; });
    expect(out.map((r) => JSON.parse(r.value ?? '') as unknown)).to.deep.equal(strings.map((s) => ({ s, 'x"y': s, 'a`b': s, 'é\u2028$': s })));
    await bench.sql(`STOP JOB '${job}'`);
    expect((await bench.rows(`${table('t', 'strings')} SELECT s, COUNT(*) FROM t GROUP BY s`)).length).to.equal(new Set(strings).size);
  });

  it('C12: a record of 20 MB is read', async () => {
    await bench.topic('huge', 1, { 'max.message.bytes': String(32 * 1024 * 1024) });
    await bench.values('huge', [`{"n":1,"s":"${'x'.repeat(20 * 1024 * 1024)}"}`, '{"n":2,"s":"y"}']);
    expect(await bench.rows(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with('huge')}; SELECT n, CHAR_LENGTH(s) FROM t`)).to.deep.equal([[1, 20 * 1024 * 1024], [2, 1]]);
  });
  it('C14: tombstones twice and of unknown keys are ignored; null keys and other orders of key fields', async () => {
    await bench.topic('upsert', 1, { 'cleanup.policy': 'compact' });
    await bench.send('upsert', [['{"a":1,"b":2}', '{"v":"x"}'], ['{"a":9,"b":9}', null], ['{"b":2,"a":1}', '{"v":"y"}'], ['{"a":3,"b":3}', '{"v":"z"}'], ['{"a":3,"b":3}', null], ['{"b":3,"a":3}', null], ['{"a":4,"b":4}', '{"v":"end"}']]);
    const table = `CREATE TEMPORARY TABLE u (a BIGINT, b BIGINT, v STRING, PRIMARY KEY (a, b) NOT ENFORCED) ${bench.with('upsert', { 'value.fields-include': 'EXCEPT_KEY' }, 'upsert-kafka')};`;
    expect((await bench.rows(`${table} SELECT * FROM u`)).map((r) => r.join()).sort()).to.deep.equal(['1,2,y', '4,4,end']);
    const job = await bench.submit(`${table} CREATE TEMPORARY TABLE p (a BIGINT, b BIGINT, v STRING) WITH ('connector'='print'); INSERT INTO p SELECT * FROM u`);
    expect(await bench.printed(job, 6)).to.deep.equal(['+I[1, 2, x]', '-U[1, 2, x]', '+U[1, 2, y]', '+I[3, 3, z]', '-D[3, 3, z]', '+I[4, 4, end]']);
    await bench.sql(`STOP JOB '${job}'`);
    await bench.topic('nullkey', 1);
    await bench.send('nullkey', [['{"a":1,"b":2}', '{"v":"x"}'], [null, '{"v":"no key"}']]);
    const why = await bench.refusal(`${table.replace(bench.name('upsert'), bench.name('nullkey'))} SELECT * FROM u`);
    expect(why).to.contain(bench.name('nullkey')).and.match(/offset 1\b/).and.match(/key/);
    await alive();
  });
});
