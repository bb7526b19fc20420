/**
 * A broker of the test's own that dies, hangs and comes back under a running job (C1, C2, C10), and whose log cleaner works (C6). Three
 * sinks: exactly-once, at-least-once and upsert. None of it restarts the job, so even the at-least-once sink has each row once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { Bench, eventually } from './support.ts';

const LONG = process.env['RIVULET_LONG'] === '1';

describe('faults: broker', function () {
  this.timeout(LONG ? 600_000 : 120_000);
  let broker: LocalBroker, bench: Bench, job: string, sent = 0;
  before(async function () {
    if (!await canStartLocalBroker()) { console.log('      SKIPPED: no Java, or no jars of Kafka: a broker that may be killed cannot be started'); this.skip(); }
    broker = await startLocalBroker({ properties: { 'log.cleaner.backoff.ms': '100', 'log.initial.task.delay.ms': '200' } });
    bench = await Bench.open('broker', ['--parallelism', '1'], broker.bootstrap);
    await bench.topic('in', 2);
    for (const out of ['out', 'plain']) await bench.topic(out, 2);
    await bench.topic('sums', 1, { 'cleanup.policy': 'compact' });
    // Requests time out while the broker hangs.
    const own = LONG ? {} : { 'properties.request.timeout.ms': '1500' };
    job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms'; SET 'restart-strategy.type' = 'none';
      CREATE TEMPORARY TABLE t (n BIGINT, g BIGINT) ${bench.with('in', own)};
      CREATE TEMPORARY TABLE o (n BIGINT, g BIGINT) ${bench.with('out', { ...own, 'key.format': 'json', 'key.fields': 'g', 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })};
      CREATE TEMPORARY TABLE p (n BIGINT, g BIGINT) ${bench.with('plain', { ...own, 'key.format': 'json', 'key.fields': 'g' })};
      CREATE TEMPORARY TABLE s (g BIGINT, c BIGINT, PRIMARY KEY (g) NOT ENFORCED) ${bench.with('sums', own, 'upsert-kafka')};
      BEGIN STATEMENT SET; INSERT INTO o SELECT n, g FROM t; INSERT INTO p SELECT n, g FROM t; INSERT INTO s SELECT g, COUNT(*) FROM t GROUP BY g; END;`);
    await bench.status(job, 'RUNNING');
  });
  after(async () => {
    await bench?.server.remove();
    await bench?.kafka.close();
    await broker?.stop();
  });
  /** Group and partition go together, so that the order within a group is defined. */
  async function feed(rows = 100): Promise<void> {
    for (const partition of [0, 1]) await bench.send('in', Array.from({ length: rows }, () => [null, `{"n":${sent++},"g":${partition}}`] as const), partition);
  }
  async function complete(): Promise<void> {
    await feed();
    const rowsOf = async (base: string): Promise<{ n: number; g: number }[]> => (await bench.records(base)).map((r) => JSON.parse(r.value ?? '') as { n: number; g: number });
    for (const base of ['out', 'plain']) {
      const seen = await eventually(`all rows of ${base}`, async () => { const found = await rowsOf(base); return found.length >= sent && found; }, 60_000);
      expect(seen.map(({ n }) => n).sort((a, b) => a - b), base).to.deep.equal(Array.from({ length: sent }, (_, i) => i));
      for (const g of [0, 1]) { const own = seen.filter((r) => r.g === g).map(({ n }) => n); expect(own, `order of a key in ${base}`).to.deep.equal([...own].sort((a, b) => a - b)); }
    }
    await eventually('the counts', async () => { const last = new Map((await bench.records('sums')).map((r) => [r.key, r.value])); return [...last.values()].reduce((sum, v) => sum + (JSON.parse(v ?? '') as { c: number }).c, 0) === sent; }, 30_000);
    expect((await bench.job(job)).restarts).to.equal(0);
  }

  for (const awayMs of LONG ? [5000, 60_000] : [0]) {
    it(`C1: killed in the middle of the input, back after ${awayMs === 0 ? 'as long as it takes to start' : `${awayMs / 1000} s`}: same result, nothing restarted, next to no processor time meanwhile`, async () => {
      await complete();
      // Rows the server has but may not have written, committed or checkpointed yet.
      await feed(300);
      await broker.kill();
      await eventually('the job to say what it waits for', async () => /^retrying since .*(refused|ECONNREFUSED)/i.test(await bench.activity(job, 'source')));
      const before = bench.cpuSeconds(), since = performance.now();
      await pause(awayMs);
      expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
      expect((await bench.job(job)).status).to.equal('RUNNING');
      await broker.start();
      const seconds = (performance.now() - since) / 1000, used = bench.cpuSeconds() - before;
      expect(used / seconds, 'of a core').to.be.lessThan(0.2);
      if (LONG) console.log(`      away ${seconds.toFixed(1)} s: ${(100 * used / seconds).toFixed(2)} % of a core`);
      await complete();
    });
  }
  it('C2: killed and started again between what a checkpoint prepares and its commit: the restart commits exactly that', async () => {
    await bench.server.end('SIGKILL');
    await bench.server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: 'after-state-write:1' });
    await eventually('the server to die before the commit', async () => { await feed(10); return !bench.server.running; });
    await broker.kill();
    await broker.start();
    await bench.server.launch();
    // A crash may write rows behind the last checkpoint again for at-least-once: that table begins anew.
    const seen = await eventually('the rows', async () => { const found = (await bench.records('out')).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n); return found.length >= sent && found; }, 60_000);
    expect(seen.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: sent }, (_, i) => i));
    await bench.kafka.deleteTopics([bench.name('plain')]);
    await bench.topic('plain', 2);
    expect((await bench.job(job)).lastError ?? undefined).to.equal(undefined);
  });
  it('C10: stopped for longer than its answers may take, again and again: no row twice, none out of order', async () => {
    await bench.sql(`STOP JOB '${job}'`);
    await bench.topic('slow', 2);
    // An answer to rows may take twice as long: half of it is the broker's own limit.
    const own = { 'properties.request.timeout.ms': LONG ? '4000' : '400', 'properties.linger.ms': '0', 'properties.batch.size': '2000' };
    // Rows that come from elsewhere, so that some are on their way whenever the broker stops.
    const rows = LONG ? 20_000 : 2000;
    const slow = await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms'; SET 'restart-strategy.type' = 'none';
      CREATE TEMPORARY TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '${rows - 1}');
      CREATE TEMPORARY TABLE a (n BIGINT, g BIGINT) ${bench.with('slow', { ...own, 'key.format': 'json', 'key.fields': 'g' })};
      CREATE TEMPORARY TABLE b (n BIGINT, g BIGINT) ${bench.with('slow', { ...own, 'key.format': 'json', 'key.fields': 'g', 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('slow') })};
      BEGIN STATEMENT SET; INSERT INTO a SELECT n, MOD(n, 2) FROM t; INSERT INTO b SELECT n, MOD(n, 2) + 2 FROM t; END;`);
    await bench.status(slow, 'RUNNING');
    for (let stop = 0; stop < 3; stop++) {
      await pause(300);
      broker.signal('SIGSTOP');
      await pause(LONG ? 10_000 : 1200);
      broker.signal('SIGCONT');
    }
    const seen = await eventually('all rows', async () => { const found = (await bench.records('slow')).map((r) => JSON.parse(r.value ?? '') as { n: number; g: number }); return found.length >= 2 * rows && found; }, 60_000);
    for (const g of [0, 1, 2, 3]) { const own = seen.filter((r) => r.g === g).map(({ n }) => n); expect(own, `key ${g}`).to.deep.equal([...own].sort((x, y) => x - y)); }
    for (const tables of [[0, 1], [2, 3]]) expect(seen.filter((r) => tables.includes(r.g)).map(({ n }) => n).sort((x, y) => x - y)).to.deep.equal(Array.from({ length: rows }, (_, i) => i));
    expect(await bench.counter(slow, 'retries'), 'requests timed out').to.be.greaterThan(0);
    expect((await bench.status(slow, 'FINISHED')).restarts).to.equal(0);
  });
  it('C6: the log cleaner takes old values and tombstones away while the server is down: the same table', async () => {
    await bench.topic('compacted', 1, { 'cleanup.policy': 'compact', 'segment.ms': '100', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.001', 'delete.retention.ms': '0', 'min.compaction.lag.ms': '0' });
    await bench.topic('copy', 1, { 'cleanup.policy': 'compact' });
    const put = async (k: number, v: string | null): Promise<void> => { await bench.send('compacted', [[`{"k":${k}}`, v === null ? null : `{"v":"${v}"}`]]); };
    const table = (name: string, base: string): string => `CREATE TEMPORARY TABLE ${name} (k BIGINT, v STRING, PRIMARY KEY (k) NOT ENFORCED) ${bench.with(base, { 'value.fields-include': 'EXCEPT_KEY' }, 'upsert-kafka')};`;
    for (const [k, v] of [[1, 'a'], [2, 'b'], [3, 'c'], [4, 'd'], [2, null]] as const) await put(k, v);
    const copying = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; ${table('u', 'compacted')} ${table('o', 'copy')} INSERT INTO o SELECT k, v FROM u`);
    const tableOf = async (base: string): Promise<string[]> => [...new Map((await bench.records(base)).map((r) => [r.key, r.value]))].filter(([, v]) => v !== null).map(([k, v]) => `${k}${v}`).sort();
    await eventually('the first copy', async () => (await tableOf('copy')).length === 3 && (await bench.records('copy')).some((r) => r.value === null));
    await eventually('a checkpoint', async () => (await bench.job(copying)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    // Values are replaced, a key comes and goes, one comes to stay; then the cleaner takes what is old, and the tombstones.
    for (const [k, v] of [[1, 'a2'], [5, 'e'], [5, null], [1, 'a3'], [6, 'f'], [3, 'c2']] as const) await put(k, v);
    const left = async (): Promise<string> => (await bench.records('compacted', 'read_uncommitted')).map((r) => `${r.key}${r.value}`).join();
    await eventually('the cleaner to have removed the tombstones', async () => {
      // An active segment is not cleaned: one more record closes it.
      await pause(150);
      await put(7, 'roll');
      const text = await left();
      return !text.includes('"a"') && !text.includes('"a2"') && !text.includes('null') && text;
    }, 45_000);
    await bench.server.launch();
    const expected = await tableOf('compacted');
    expect(expected).to.deep.equal(['{"k":1}{"v":"a3"}', '{"k":3}{"v":"c2"}', '{"k":4}{"v":"d"}', '{"k":6}{"v":"f"}', '{"k":7}{"v":"roll"}']);
    await eventually('the copy', async () => (await tableOf('copy')).join() === expected.join());
    // A reader from the start, after the cleaning, finds the same.
    expect((await bench.rows(`${table('u', 'compacted')} SELECT k, v FROM u`)).map(([k, v]) => `{"k":${k}}{"v":"${v}"}`).sort()).to.deep.equal(expected);
  });
});
