/**
 * The real server over a damaged data directory, its job counting a Kafka topic into an exactly-once sink: the counts are right, or the start is
 * refused, or the job has failed; each says what is damaged. Data directories of newer versions. faults.md A15, B3.
 */
import { expect } from 'chai';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { sealed, unsealed } from '../../core/storage/files.ts';
import { newFolder } from '../runtime/support/plans.ts';
import { Bench, eventually } from './support.ts';

const RECORDS = 300, KEYS = 5;

describe('damaged and foreign data directories', function () {
  this.timeout(60_000);
  let bench: Bench, job: string, whole: string, sent = 0;
  const send = async (count: number): Promise<void> => { await bench.values('in', Array.from({ length: count }, () => JSON.stringify({ n: sent++ }))); };
  before(async () => {
    bench = await Bench.open('damage');
    await bench.topic('in');
    await bench.topic('out');
    // Large enough for a file of blocks: the value is 40 kB per row of a join side.
    job = await bench.submit(`SET 'execution.checkpointing.interval'='100 ms'; CREATE TABLE t (n BIGINT) ${bench.with('in')}; CREATE TABLE o (k BIGINT, c BIGINT, s BIGINT, m STRING, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('out', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('tx') }, 'upsert-kafka')};
      INSERT INTO o SELECT n % ${KEYS}, COUNT(*), SUM(n), MAX(LEFT(x, 1)) FROM (SELECT n, REPEAT('x', 5000) || CAST(n AS STRING) AS x FROM t) AS a LEFT JOIN (SELECT n AS other FROM t) AS b ON n = other GROUP BY n % ${KEYS}`);
    await send(RECORDS);
    const checkpoints = async (): Promise<number> => (await bench.job(job)).checkpoints.filter((c) => c.status === 'completed').length;
    await eventually('two checkpoints', async () => await checkpoints() >= 2);
    // One behind the other, with changes in each.
    for (let i = 0; i < 2; i++) { const before = (await bench.job(job)).checkpoints[0] as unknown as { epoch: number }; await send(20); await eventually('one more', async () => ((await bench.job(job)).checkpoints.find((c) => c.status === 'completed') as unknown as { epoch: number }).epoch > before.epoch); }
    await counted();
    // The index follows the checkpoints with a tenth of a second.
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    await bench.server.end('SIGKILL');
    whole = join(newFolder(), 'data');
    cpSync(bench.server.dataDir, whole, { recursive: true });
  });
  after(async () => { await bench?.close(); });
  /** The sink tells of all records sent so far. */
  const counted = async (): Promise<void> => {
    const right = new Map(Array.from({ length: KEYS }, (_, k) => { const own = Array.from({ length: sent }, (_v, n) => n).filter((n) => n % KEYS === k); return [`{"k":${k}}`, JSON.stringify({ k, c: own.length, s: own.reduce((a, b) => a + b, 0), m: 'x' })] as const; }));
    let last = new Map<string, string>();
    await eventually('the counts', async () => { last = new Map((await bench.records('out')).map((r) => [String(r.key), String(r.value)])); return [...right].every(([key, value]) => last.get(key) === value); }).catch(() => expect(last).to.deep.equal(right));
  };
  const fresh = (): void => { rmSync(bench.server.dataDir, { recursive: true }); cpSync(whole, bench.server.dataDir, { recursive: true }); };
  /** Starts over the directory as it is; what came of it. */
  const outcome = async (): Promise<{ what: 'right' | 'before' | 'refused' | 'failed'; said: string }> => {
    const refusal = await bench.server.launch().then(() => undefined, (error: Error) => error.message);
    if (refusal !== undefined) return { what: 'refused', said: refusal };
    const facts = await eventually('the job to come up or fail', async () => { const one = await bench.job(job); return ['RUNNING', 'FAILED'].includes(one.status) && one; });
    if (facts.status === 'FAILED') return { what: 'failed', said: `${JSON.stringify(facts.exceptions)} ${bench.server.stderr}` };
    expect(facts.restoredFrom).to.match(/^checkpoint \d+$/);
    await send(5);
    await counted();
    return { what: /damaged/.test(bench.server.stderr) ? 'before' : 'right', said: bench.server.stderr };
  };
  const flipMiddle = (path: string): void => { const bytes = readFileSync(path), at = bytes.length >> 1; bytes[at] = (bytes[at] as number) ^ 8; writeFileSync(path, bytes); };
  const newestBlocks = (): string => join(bench.server.dataDir, 'state-blocks', job, readdirSync(join(bench.server.dataDir, 'state-blocks', job)).sort().at(-1) as string);
  const storeFile = (store: string, ending: RegExp): string => { const folder = join(bench.server.dataDir, store); return join(folder, readdirSync(folder).filter((name) => ending.test(name)).sort((a, b) => statSync(join(folder, a)).size - statSync(join(folder, b)).size).at(-1) as string); };

  for (const [what, damage, allowed] of [
    ['a bit of the newest file of blocks', () => { const path = newestBlocks(); flipMiddle(path); return path; }, ['before', 'failed']],
    ['the newest file of blocks short of 1 byte', () => { const path = newestBlocks(); truncateSync(path, statSync(path).size - 1); return path; }, ['before', 'failed']],
    ['a file of blocks gone', () => { const path = newestBlocks(); rmSync(path); return path; }, ['before', 'failed']],
    ["a bit of LevelDB's log", () => { const path = storeFile('state', /\.log$/); flipMiddle(path); return path; }, ['before', 'failed', 'right']],
    ["LevelDB's log short of 1 byte", () => { const path = storeFile('state', /\.log$/); truncateSync(path, statSync(path).size - 1); return 'no longer in'; }, ['before', 'failed']],
    ["LevelDB's log gone", () => { const path = storeFile('state', /\.log$/); rmSync(path); return path; }, ['refused']],
    ['CURRENT gone', () => { const path = join(bench.server.dataDir, 'state/CURRENT'); rmSync(path); return path; }, ['refused']],
    ['the index of checkpoints', () => { const path = join(bench.server.dataDir, 'state-epochs.json'); flipMiddle(path); return path; }, ['before']],
    ["a bit of the catalog's log", () => { const path = storeFile('catalog', /\.log$/); flipMiddle(path); return path; }, ['refused']],
  ] as const) {
    it(`B3: ${what}: the counts go on from what is whole, or the job or the start is refused and the file named`, async () => {
      fresh();
      const named = damage(), { what: came, said } = await outcome();
      await bench.server.end('SIGKILL');
      expect(came, said).to.be.oneOf([...allowed]);
      if (came !== 'right') expect(said).to.contain(named);
      if (came === 'refused') expect(said.trim().split('\n').length, said).to.be.at.most(6);
    });
  }
  it('A15: what a newer version has written is refused at the start, both versions named: store, index, catalog, manifest, job, plan; a savepoint when it is used', async () => {
    const edit = async (store: string, key: RegExp, change: (text: string, key: string) => string): Promise<void> => {
      const level = new Level<string, string>(join(bench.server.dataDir, store), { valueEncoding: 'utf8' });
      for await (const [at, text] of level.iterator()) if (key.test(at)) await level.put(at, change(text, at));
      await level.close();
    };
    const record = (change: (record: Record<string, Record<string, unknown>>) => void) => (text: string, key: string): string => { const stored = JSON.parse(unsealed(text, key) ?? '') as { record: Record<string, Record<string, unknown>> }; change(stored.record); return sealed(JSON.stringify(stored), key); };
    const newer = '{"format":99,"writer":"7.0.0"}';
    for (const [what, change] of [
      ['store', () => edit('state', /^format$/, () => newer)],
      ['catalog', () => edit('catalog', /^format$/, () => newer)],
      ['index', () => { writeFileSync(join(bench.server.dataDir, 'state-epochs.json'), sealed('{"format":99,"writer":"7.0.0","jobs":{}}')); }],
      ['manifest', () => edit('state', /^m\//, (text) => sealed(JSON.stringify({ ...JSON.parse(unsealed(text) ?? '') as object, format: 99, writer: '7.0.0' })))],
      ['job', () => edit('state', /^j\//, record((r) => { (r as Record<string, unknown>)['version'] = 99; }))],
      ['plan', () => edit('state', /^j\//, record((r) => { (r['plan'] as Record<string, unknown>)['version'] = 99; }))],
    ] as const) {
      fresh();
      await change();
      const { what: came, said } = await outcome();
      expect([came, what], said).to.deep.equal(['refused', what]);
      expect(said, what).to.match(/format 99/).and.match(/Rivulet 0\.1\.0 knows up to \d/).and.match(/(7\.0\.0|a newer version)/);
      // Refused is refused: nothing was changed that the newer version would miss.
      if (what === 'manifest') expect((await outcome()).what).to.equal('refused');
    }
    fresh();
    await bench.server.launch();
    await bench.status(job, 'RUNNING');
    const { savepointPath } = await (await fetch(bench.server.url(`/api/v1/jobs/${job}/savepoint`), { method: 'POST' })).json() as { savepointPath: string };
    const path = join(savepointPath, 'manifest.json');
    writeFileSync(path, sealed(JSON.stringify({ ...JSON.parse(unsealed(readFileSync(path, 'utf8')) ?? '') as object, format: 99, writer: '7.0.0' })));
    expect(await bench.refusal(`SET 'execution.savepoint.path'='${savepointPath}'; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`)).to.match(/format 99, Rivulet 0\.1\.0 knows up to 2.*7\.0\.0/);
    await bench.server.end('SIGKILL');
  });
});
