/** Bad records by policy, for every format and every poison, through the real server and a real Kafka: D1, D2, C14 of the fault list. */
import { expect } from 'chai';
import { encodeHeaders } from '../../runtime/connectors/kafka/client/index.ts';
import { Bench, eventually } from './support.ts';
import { countersOf, formatCases, lettersHeader, rawRecords, samplesOf, sendBatch, type FormatCase } from './bad-records-support.ts';

const OLD = Date.UTC(2020, 1, 29);

describe('faults: bad records', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('bad'); });
  after(async () => { await bench?.close(); });
  /** A record before each pill, one after the last. */
  const mixed = (c: FormatCase): (string | Buffer)[] => [...c.pills.flatMap(([, pill], i) => [c.good(100 + i), pill]), c.good(999)];
  const table = (c: FormatCase, base: string, options: Readonly<Record<string, string>> = {}): string => `CREATE TEMPORARY TABLE t (${c.columns}) ${bench.with(base, { format: c.format, ...c.options, ...options })};`;
  const rowsLeft = (c: FormatCase): number[] => [...c.pills.flatMap(([, , verdict], i) => [100 + i, ...(verdict === 'row' ? [7] : [])]), 999];
  const blackhole = "CREATE TEMPORARY TABLE b WITH ('connector'='blackhole') LIKE t (EXCLUDING ALL); INSERT INTO b SELECT * FROM t";

  for (const c of formatCases) it(`D1: ${c.format}: every poison fails by its place, is skipped, or becomes a dead letter as it was; its neighbours survive, the counters are exact`, async () => {
    const base = `m-${c.format}`, bad = c.pills.flatMap(([, , verdict], i) => (verdict === 'bad' ? [2 * i + 1] : []));
    await bench.topic(base);
    await sendBatch(bench, base, mixed(c).map((value, i) => [i % 3 === 0 ? null : `k${i}`, value, encodeHeaders([{ key: 'h', value: `v${i}` }, { key: 'h', value: null }]), OLD + i]));
    for (const [i, [name, , verdict]] of c.pills.entries()) {
      const { body } = await bench.server.sql(`${table(c, base, { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': `partition:0,offset:${2 * i + 1}`, 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': `partition:0,offset:${2 * i + 2}` })} SELECT n FROM t`);
      if (verdict === 'bad') expect(JSON.stringify(body.error), name).to.contain('record-rejected').and.contain(bench.name(base)).and.contain(`partition 0, offset ${2 * i + 1} (value)`);
      else expect(body.results?.at(-1)?.rows, name).to.deep.equal(verdict === 'none' ? [] : [[7]]);
    }
    expect((await bench.rows(`${table(c, base, { 'scan.on-error': 'skip' })} SELECT n FROM t`)).flat().map(Number).sort((a, b) => a - b)).to.deep.equal(rowsLeft(c).sort((a, b) => a - b));
    const skip = await bench.submit(`${table(c, base, { 'scan.on-error': 'skip', 'scan.bounded.mode': 'latest-offset' })} ${blackhole}`);
    await bench.status(skip, 'FINISHED');
    expect((await countersOf(bench, skip))['skippedRecords']).to.equal(bad.length);

    const letters = bench.name(`${base}-dead`);
    const job = await bench.submit(`${table(c, base, { 'scan.on-error': 'dead-letter', 'scan.dead-letter.topic': letters, 'scan.bounded.mode': 'latest-offset' })} CREATE TEMPORARY TABLE p WITH ('connector'='print') LIKE t (EXCLUDING ALL); INSERT INTO p SELECT * FROM t`);
    await bench.status(job, 'FINISHED');
    expect((await bench.server.printed(job)).map((l) => Number(/\d+/.exec(l)?.[0]))).to.deep.equal(rowsLeft(c));
    expect((await countersOf(bench, job))['deadLetters']).to.equal(bad.length);
    const before = new Map((await rawRecords(bench.kafka, bench.name(base))).map((r) => [r.offset, r])), found = (await rawRecords(bench.kafka, letters)).sort((a, b) => Number(lettersHeader(a, 'offset')) - Number(lettersHeader(b, 'offset')));
    expect(found.map((r) => Number(lettersHeader(r, 'offset')))).to.deep.equal(bad);
    for (const r of found) {
      const original = before.get(Number(lettersHeader(r, 'offset')))!;
      expect([r.key, r.value, r.timestampMs]).to.deep.equal([original.key, original.value, original.timestampMs]);
      expect(r.headerBytes.subarray(0, original.headerBytes.length).equals(original.headerBytes), 'headers').to.equal(true);
      expect(['topic', 'partition', 'table', 'job', 'part', 'code', 'timestamp'].map((h) => lettersHeader(r, h))).to.deep.equal([bench.name(base), '0', 'default_catalog.default_database.t', job, 'value', 'bad-record', String(original.timestampMs)]);
      expect(lettersHeader(r, 'message')).to.match(/^cannot read /);
    }
    const samples = await samplesOf(bench, job);
    expect(samples.map((s) => [s.offset, s.outcome, s.part])).to.deep.equal(bad.slice(-10).map((offset) => [offset, 'dead-letter', 'value']));
    await bench.kafka.deleteTopics([letters]);
  });

  it('D1: json.ignore-parse-errors: fields made NULL and messages left out are counted, each once, whatever way a message is read', async () => {
    await bench.topic('ignored');
    // Learned orders of keys, others, and one that is given up on after a bad field has been met.
    const values = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? `{"n":"bad","s":"x","k${i % 7}":1}` : i % 3 === 1 ? `{"s":"y","n":"bad"}` : `{"n":${i},"m":{"a":"z"},"s":"ok"}`));
    await bench.values('ignored', [...values, 'oops', '[{"n":1},{"n":2', '', 'null', '{"n":5}']);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING, m ROW<a INT>) ${bench.with('ignored', { 'json.ignore-parse-errors': 'true', 'scan.bounded.mode': 'latest-offset' })}; ${blackhole}`);
    await bench.status(job, 'FINISHED');
    const counters = await countersOf(bench, job);
    expect([counters['nulledFields'], counters['skippedRecords'], counters['deadLetters']]).to.deep.equal([60, 2, 0]);
    expect((await samplesOf(bench, job)).slice(-2).map((s) => [s.offset, s.outcome])).to.deep.equal([[60, 'ignored'], [61, 'ignored']]);
  });
  it('D1: poison in keys, by policy; the part is named', async () => {
    await bench.topic('keys');
    const pills: readonly (Buffer | string | null)[] = ['oops', '"text"', '[1]', Buffer.from([0x7b, 0x22, 0xe2, 0x82]), '\0', '{"id":"x"}', '{"id":', null];
    await sendBatch(bench, 'keys', pills.flatMap((pill, i) => [[`{"id":${i}}`, `{"v":"a${i}"}`], [pill, '{"v":"lost"}']] as const));
    const t = (options: Readonly<Record<string, string>>): string => `CREATE TEMPORARY TABLE t (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${bench.with('keys', { 'value.fields-include': 'EXCEPT_KEY', ...options }, 'upsert-kafka')};`;
    expect(await bench.refusal(`${t({})} SELECT * FROM t`)).to.contain(`partition 0, offset 1 (key)`);
    const letters = bench.name('keys-dead');
    const job = await bench.submit(`${t({ 'scan.on-error': 'dead-letter', 'scan.dead-letter.topic': letters, 'scan.bounded.mode': 'latest-offset' })} ${blackhole}`);
    await bench.status(job, 'FINISHED');
    expect((await countersOf(bench, job))['deadLetters']).to.equal(pills.length);
    const found = await rawRecords(bench.kafka, letters);
    expect(found.map((r) => [r.key?.toString('latin1') ?? null, lettersHeader(r, 'part')]).sort()).to.deep.equal(pills.map((p) => [p === null ? null : Buffer.from(p as string).toString('latin1'), 'key']).sort());
    expect((await bench.rows(`${t({ 'scan.on-error': 'skip' })} SELECT v FROM t`)).flat().sort()).to.deep.equal(pills.map((_, i) => `a${i}`).sort());
    await bench.kafka.deleteTopics([letters]);
  });
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) it(`D1: poison as the first, last and only record of a batch, compression ${codec}`, async () => {
    const base = `edge-${codec}`, good = (n: number): [null, string] => [null, `{"n":${n},"s":"${'x'.repeat(50)}"}`], pill: [null, string] = [null, '{"n":1,"s":"cut'];
    await bench.topic(base);
    for (const batch of [[pill, good(1), good(2), pill], [pill], [good(3)], [good(4), pill, pill, good(5)], [pill, pill]]) await sendBatch(bench, base, batch, codec);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with(base, { 'scan.on-error': 'skip', 'scan.bounded.mode': 'latest-offset' })}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t WHERE CHAR_LENGTH(s) = 50`);
    await bench.status(job, 'FINISHED');
    expect(await bench.server.printed(job)).to.deep.equal([1, 2, 3, 4, 5].map((n) => `+I[${n}]`));
    expect((await countersOf(bench, job))['skippedRecords']).to.equal(7);
  });
});
