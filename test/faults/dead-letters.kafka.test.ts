/** Dead letters as part of the checkpoint protocol, what is refused at submit, and where bad records are seen: D1 of the fault list. */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';
import { countersOf, lettersHeader, rawRecords, samplesOf, sendBatch } from './bad-records-support.ts';

describe('faults: dead letters', function () {
  this.timeout(90_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('dead', ['--parallelism', '2']); });
  after(async () => { await bench?.close(); });
  const source = (base: string, options: Readonly<Record<string, string>> = {}, columns = 'n BIGINT'): string => `CREATE TEMPORARY TABLE t (${columns}) ${bench.with(base, options)};`;
  const deadLetter = (base: string): Record<string, string> => ({ 'scan.on-error': 'dead-letter', 'scan.dead-letter.topic': bench.name(`${base}-dead`) });

  it('D1: kill -9 over and over: no bad record is lost, each counts once, copies in the dead-letter topic are known by topic, partition and offset', async () => {
    const count = 6_000, isBad = (n: number): boolean => n % 7 === 3;
    await bench.topic('kill', 3);
    await bench.topic('kill-out');
    await bench.topic('kill-dead', 1);
    const send = async (from: number, to: number): Promise<void> => {
      for (const p of [0, 1, 2]) await bench.send('kill', Array.from({ length: to - from }, (_, i) => from + i).filter((n) => n % 3 === p).map((n) => [null, isBad(n) ? `{"n":${n},` : `{"n":${n}}`] as const), p);
    };
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; ${source('kill', deadLetter('kill'))}
      CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('kill-out', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('tx') })}; INSERT INTO o SELECT n FROM t`);
    for (let part = 0; part < 4; part++) {
      await send(part * count / 4, (part + 1) * count / 4);
      if (part === 3) break;
      await eventually('some dead letters of the part', async () => (await bench.records('kill-dead')).some((r) => Number(/\d+/.exec(r.value ?? '')?.[0]) >= part * count / 4));
      await bench.server.end('SIGKILL');
      await bench.server.launch();
    }
    const bad = Array.from({ length: count }, (_, n) => n).filter(isBad), good = Array.from({ length: count }, (_, n) => n).filter((n) => !isBad(n));
    const numbers = (records: readonly { value: string | null }[]): number[] => records.map((r) => Number(/\d+/.exec(r.value ?? '')?.[0])).sort((a, b) => a - b);
    await eventually('all rows', async () => (await bench.records('kill-out')).length >= good.length, 40_000);
    await eventually('all bad records counted', async () => (await countersOf(bench, job))['deadLetters'] === bad.length);
    expect(numbers(await bench.records('kill-out'))).to.deep.equal(good);
    const letters = await rawRecords(bench.kafka, bench.name('kill-dead')), places = new Set(letters.map((r) => ['topic', 'partition', 'offset'].map((h) => lettersHeader(r, h)).join('/')));
    expect([...new Set(numbers(letters.map((r) => ({ value: r.value?.toString() ?? null }))))]).to.deep.equal(bad);
    expect(places.size).to.equal(bad.length);
    // In the savepoint of the stopped job they stand too.
    await bench.sql(`STOP JOB '${job}' WITH SAVEPOINT`);
    await bench.sql(`RESTART JOB '${job}'`);
    await bench.send('kill', [[null, 'bad too']], 1);
    await eventually('one more', async () => (await countersOf(bench, job))['deadLetters'] === bad.length + 1);
    expect((await samplesOf(bench, job)).length).to.be.within(10, 20);
    await bench.sql(`STOP JOB '${job}'`);
    // Of a job that is over, after a restart of the server, the last checkpoint tells them.
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    expect((await countersOf(bench, job))['deadLetters']).to.equal(bad.length + 1);
    expect((await samplesOf(bench, job)).at(-1)?.value).to.equal('bad too');
  });
  it('D1: when the dead-letter topic does not take a record the job fails, names both, and loses nothing', async () => {
    await bench.topic('full');
    await bench.topic('full-dead', 1, { 'max.message.bytes': '1000' });
    await bench.values('full', ['{"n":1}', `"${'x'.repeat(5000)}`, '{"n":2}']);
    const submit = (options: Readonly<Record<string, string>>): Promise<string> => bench.submit(`SET 'restart-strategy.type' = 'none'; ${source('full', options)} CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    const job = await submit(deadLetter('full'));
    const why = await bench.failure(job);
    expect(why).to.contain(bench.name('full-dead')).and.contain('max.message.bytes').and.contain('dead-letter');
    expect((await bench.job(job)).exceptions[0]?.code).to.equal('dead-letter-failed');
    // With a topic that takes it the same statement goes through.
    const other = await submit({ ...deadLetter('full'), 'scan.dead-letter.topic': bench.name('full-other') });
    await eventually('the dead letter', async () => (await rawRecords(bench.kafka, bench.name('full-other'))).length === 1);
    expect(await bench.printed(other, 2)).to.deep.equal(['+I[1]', '+I[2]']);
    await bench.sql(`STOP JOB '${other}'`);
    await bench.kafka.deleteTopics([bench.name('full-other')]);
  });
  it('D1: with fail the job stops at the same offset after RESTART JOB and after a restart of the server, and says so', async () => {
    await bench.topic('stop');
    await bench.send('stop', [[null, '{"n":1}'], ['the key', '{"n":"no number"}'], [null, '{"n":2}']]);
    const job = await bench.submit(`${source('stop')} CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    const first = await bench.failure(job);
    expect(first).to.contain('field "n"').and.contain('partition 0, offset 1 (value)').and.contain('Its key: the key').and.contain('no number').and.contain("'scan.on-error'");
    expect((await samplesOf(bench, job)).map((s) => [s.offset, s.field, s.outcome, s.key, s.value])).to.deep.equal([[1, 'n', 'failed', 'the key', '{"n":"no number"}']]);
    for (const again of ['restart', 'server']) {
      if (again === 'server') { await bench.server.end('SIGKILL'); await bench.server.launch(); }
      const count = (await bench.job(job)).exceptions.length;
      await bench.sql(`RESTART JOB '${job}'`);
      await eventually('another failure', async () => { const { status, exceptions } = await bench.job(job); return status === 'FAILED' && exceptions.length > count; });
      expect(await bench.failure(job), again).to.equal(first);
    }
  });
  it('D1: what cannot be is refused at submit', async () => {
    await bench.topic('refused');
    const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ 'scan.on-error': 'dead-letter' }, /requires option 'scan.dead-letter.topic'/], [{ 'scan.dead-letter.topic': 'x' }, /only used with/], [{ 'scan.on-error': 'drop' }, /fail, skip, dead-letter|dead-letter/],
      [{ 'scan.on-error': 'dead-letter', 'scan.dead-letter.topic': bench.name('refused') }, /one that the table reads/], [{ 'scan.on-error': 'dead-letter', 'scan.dead-letter.topic': 'a/b' }, /no name of a topic/], [{ 'scan.bad-records.samples': '101' }, /scan.bad-records.samples/],
    ];
    for (const [options, what] of cases) expect(await bench.refusal(`${source('refused', options)} SELECT * FROM t`)).to.match(what);
    expect(await bench.refusal(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('refused', { ...deadLetter('refused') }).replace("'topic' =", "'topic-pattern' =").replace(`'${bench.name('refused')}'`, `'${bench.name('refused')}.*'`)}; SELECT * FROM t`)).to.match(/one that the table reads/);
  });
  it('D1: a SELECT leaves bad records out and writes no dead letters', async () => {
    await bench.topic('select');
    await bench.values('select', ['{"n":1}', 'oops', '{"n":2}']);
    expect(await bench.rows(`${source('select', deadLetter('select'))} SELECT * FROM t`)).to.deep.equal([[1], [2]]);
    expect(await bench.kafka.listTopics()).to.not.include(bench.name('select-dead'));
  });
  it('D1: counters and samples by SQL, HTTP and metrics; the dead-letter topic as a table', async () => {
    await bench.topic('seen');
    await sendBatch(bench, 'seen', [[null, '{"n":1}'], ['k\u0000\u001b[31m', Buffer.from([0xff, 0x00, 0x41])], [null, `{"n":{"a":"${'y'.repeat(900)}"}}`], ['ünï', '{"n":"é\u2028\n"}'], [null, '{"n":2}']]);
    const job = await bench.submit(`${source('seen', deadLetter('seen'))} CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    expect(await bench.printed(job, 2)).to.deep.equal(['+I[1]', '+I[2]']);
    const shown = await bench.sql(`SHOW BAD RECORDS FOR JOB '${job}'`), cells = shown[0]!.rows;
    expect(shown[0]!.columns.map((c) => c.name)).to.deep.equal(['job id', 'table', 'topic', 'partition', 'offset', 'timestamp', 'part', 'field', 'error', 'outcome', 'key', 'value', 'read at']);
    expect(cells.map((r) => [r[4], r[7], r[9]]).sort()).to.deep.equal([[1, null, 'dead-letter'], [2, 'n', 'dead-letter'], [3, 'n', 'dead-letter']]);
    const of = (offset: number): unknown[] => cells.find((r) => r[4] === offset) as unknown[];
    expect([of(1)[10], of(1)[11], of(3)[10], of(3)[11]]).to.deep.equal(['k\\u0000\\u001b[31m', '\\xff0041', 'ünï', '{"n":"é\\u2028\\u000a"}']);
    expect(String(of(2)[11])).to.match(/^\{"n":\{"a":"y+\.\.\. \(\d+ bytes\)$/).and.satisfy((s: string) => s.length < 230);
    expect((await bench.rows('SHOW BAD RECORDS')).some((r) => r[0] === job)).to.equal(true);
    expect(await bench.rows(`SELECT record_offset, outcome, code FROM information_schema.bad_records WHERE job_id = '${job}' ORDER BY record_offset`)).to.deep.equal([1, 2, 3].map((o) => [o, 'dead-letter', 'bad-record']));
    expect(await bench.rows(`SELECT counter, value FROM information_schema.job_counters WHERE job_id = '${job}'`)).to.deep.equal([['deadLetters', 3]]);
    const client = await bench.server.connect();
    try { expect((await client.query(`SHOW BAD RECORDS FOR JOB '${job}'`)).rows).to.have.length(3); } finally { await client.end(); }
    expect(await (await fetch(bench.server.url('/metrics'))).text()).to.match(new RegExp(`rivulet_operator_counter_total\\{[^}]*job_id="${job}"[^}]*counter="deadLetters"[^}]*\\} 3`));
    expect((await fetch(bench.server.url('/api/v1/jobs/nosuch/bad-records'))).status).to.equal(404);
    expect(await bench.refusal("SHOW BAD RECORDS FOR JOB 'nosuch'")).to.contain('nosuch');
    await eventually('the letters', async () => (await bench.records('seen-dead')).length === 3);
    expect((await bench.rows(`CREATE TEMPORARY TABLE d (v BYTES, k STRING METADATA FROM '__raw_key__', h MAP<STRING, BYTES> METADATA FROM 'headers') ${bench.with('seen-dead', { format: 'raw' })};
      SELECT CAST(h['__rivulet.errors.offset'] AS STRING), CAST(h['__rivulet.errors.field'] AS STRING), k FROM d WHERE CAST(h['__rivulet.errors.topic'] AS STRING) = '${bench.name('seen')}'`)).sort()).to.deep.equal([['1', null, 'k\u0000\u001b[31m'], ['2', 'n', null], ['3', 'n', 'ünï']]);
    await bench.sql(`STOP JOB '${job}'`);
    await bench.kafka.deleteTopics([bench.name('seen-dead')]);
  });
  it('D1: a flood of nothing but bad records blocks nobody: another statement is answered meanwhile, the counter is exact', async () => {
    await bench.topic('flood');
    const count = 100_000;
    await sendBatch(bench, 'flood', Array.from({ length: count }, (_, i) => [null, `{"n":${i},`] as const), 'lz4');
    const job = await bench.submit(`${source('flood', { 'scan.on-error': 'skip', 'scan.bounded.mode': 'latest-offset', 'scan.bad-records.samples': '0' })} CREATE TEMPORARY TABLE b WITH ('connector'='blackhole') LIKE t (EXCLUDING ALL); INSERT INTO b SELECT * FROM t`);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
    await bench.status(job, 'FINISHED', 40_000);
    expect((await countersOf(bench, job))['skippedRecords']).to.equal(count);
    expect(await samplesOf(bench, job)).to.deep.equal([]);
  });
});
