/** A broker that dies and comes back under running jobs (C1, C2); needs Java, as the broker of its own must be killed. */
import { expect } from 'chai';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { Bench, eventually } from './support.ts';

describe('faults: broker', function () {
  this.timeout(120_000);
  let broker: LocalBroker | undefined, bench: Bench | undefined;
  before(async function () {
    if (!await canStartLocalBroker()) { this.skip(); return; }
    broker = await startLocalBroker();
    bench = await Bench.open('broker', ['--parallelism', '1'], broker.bootstrap);
  });
  after(async () => {
    await bench?.server.remove();
    await bench?.kafka.close();
    await broker?.stop();
  });
  it('C1, C2: killed twice in the middle of the input: same result, no restart of the server, exactly once where promised', async () => {
    if (bench === undefined || broker === undefined) return;
    const { server } = bench;
    await bench.topic('in', 2);
    await bench.topic('out', 1);
    await bench.topic('sums', 1, { 'cleanup.policy': 'compact' });
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '200 ms';
      CREATE TEMPORARY TABLE t (n BIGINT, g BIGINT) ${bench.with('in')};
      CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })};
      CREATE TEMPORARY TABLE s (g BIGINT, c BIGINT, PRIMARY KEY (g) NOT ENFORCED) ${bench.with('sums', {}, 'upsert-kafka')};
      BEGIN STATEMENT SET; INSERT INTO o SELECT n FROM t; INSERT INTO s SELECT g, COUNT(*) FROM t GROUP BY g; END;`);
    await bench.status(job, 'RUNNING');
    let sent = 0;
    const feed = async (rows: number): Promise<void> => { await bench?.values('in', Array.from({ length: rows }, () => `{"n":${sent},"g":${sent++ % 3}}`)); };
    const seen = async (): Promise<number[]> => (await (bench as Bench).records('out')).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n).sort((a, b) => a - b);
    await feed(300);
    await eventually('the first rows', async () => (await seen()).length === sent);
    for (let round = 0; round < 2; round++) {
      // Rows the server has but may not have written, committed or checkpointed yet.
      await feed(300);
      await broker.kill();
      expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
      const status = (await bench.job(job)).status;
      expect(status, 'not given up').to.be.oneOf(['RUNNING', 'RESTARTING', 'INITIALIZING', 'FAILING']);
      await broker.start();
      await feed(50);
      await eventually('all rows', async () => (await seen()).length >= sent, 60_000);
    }
    await eventually('the counts', async () => { const last = new Map((await (bench as Bench).records('sums')).map((r) => [r.key, r.value])); return [...last.values()].reduce((sum, v) => sum + (JSON.parse(v ?? '') as { c: number }).c, 0) === sent; }, 30_000);
    expect(await seen()).to.deep.equal(Array.from({ length: sent }, (_, i) => i));
    expect(server.running).to.equal(true);
  });
});
