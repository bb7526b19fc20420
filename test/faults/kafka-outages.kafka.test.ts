/**
 * A broker that is away in every way but dead: it refuses, hangs, forgets its connections, its name no longer resolves, it comes back
 * elsewhere or in another version, its disk is full. A running job waits, says for what and since when, costs next to nothing meanwhile,
 * and goes on by itself. All through a proxy before the real broker.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { FaultProxy } from '../kafka/fault-proxy.ts';
import { Bench, eventually } from './support.ts';

const LONG = process.env['RIVULET_LONG'] === '1', AWAY_MS = LONG ? 60_000 : 800;

describe('faults: outages of a broker', function () {
  this.timeout(LONG ? 600_000 : 90_000);
  /** The address the job knows, and the one it is sent to. */
  let bench: Bench, boot: FaultProxy, proxy: FaultProxy, job: string, sent = 0;
  before(async () => {
    bench = await Bench.open('away');
    [boot, proxy] = await Promise.all([FaultProxy.start(bench.broker), FaultProxy.start(bench.broker)]);
    boot.edit = { port: proxy.port };
    await bench.topic('in', 2);
    await bench.topic('out', 1);
    // The readers' requests time out soon, so that a hanging broker is noticed in the short run too.
    const own = { 'properties.bootstrap.servers': boot.address, 'properties.request.timeout.ms': LONG ? '2000' : '1000', 'properties.fetch.max.wait.ms': '200', ...(LONG ? {} : { 'properties.reconnect.backoff.max.ms': '300', 'properties.retry.backoff.ms': '20' }), 'properties.delivery.timeout.ms': '600000' };
    job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms'; SET 'restart-strategy.type' = 'none';
      CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in', own)};
      CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out', { ...own, 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })};
      INSERT INTO o SELECT n FROM t`);
    await bench.status(job, 'RUNNING');
    await complete();
  });
  after(async () => { await bench?.close(); boot?.close(); proxy?.close(); });

  async function feed(): Promise<void> { for (const partition of [0, 1]) await bench.send('in', Array.from({ length: 50 }, () => [null, `{"n":${sent++}}`] as const), partition); }
  /** Rows fed now arrive, and of all rows so far each once, in order of their partition; the job was never restarted. */
  async function complete(): Promise<void> {
    await feed();
    const seen = await eventually('all rows', async () => { const found = (await bench.records('out')).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n); return found.length >= sent && found; }, 40_000);
    const byPartition = (of: number): number[] => seen.filter((n) => Math.floor(n / 50) % 2 === of);
    expect([...seen].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: sent }, (_, n) => n));
    for (const partition of [0, 1]) expect(byPartition(partition), 'in order').to.deep.equal([...byPartition(partition)].sort((a, b) => a - b));
    expect((await bench.job(job)).restarts).to.equal(0);
    for (const type of ['source', 'sink'] as const) await eventually(`the ${type} to be well`, async () => /^(running|idle)$/.test(await bench.activity(job, type)));
  }
  /** Away for a while: source and sink say why, the processor has next to nothing to do, and the attempts keep their distance. */
  async function away(why: RegExp): Promise<void> {
    const reconnects = await bench.counter(job, 'reconnects');
    await feed();
    let told = '';
    await eventually('the source to say why', async () => { told = await bench.activity(job, 'source'); return why.test(told); }).catch((error: unknown) => { throw new Error(`${(error as Error).message}; it said: ${told}`); });
    const before = bench.cpuSeconds(), since = performance.now();
    await pause(AWAY_MS);
    const seconds = (performance.now() - since) / 1000, used = bench.cpuSeconds() - before;
    expect(used / seconds, 'of a core').to.be.lessThan(0.2);
    expect(await bench.activity(job, 'source')).to.match(/^retrying since \d{4}-\d\d-\d\dT[\d:.]+Z: /);
    // The job has some seven connections; each is tried again once in reconnect.backoff.max.ms when the pauses have grown.
    expect(await bench.counter(job, 'reconnects') - reconnects).to.be.lessThan(60 + 30 * seconds);
    const [described] = await bench.sql(`DESCRIBE JOB '${job}'`);
    expect(described?.rows[0]?.[described.columns.findIndex((c) => c.name === 'error')]).to.match(/retrying since /);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
    expect(await (await fetch(bench.server.url('/metrics'))).text()).to.match(/rivulet_operator_stuck\{[^}]*type="source"[^}]*\} 1\n/);
    if (LONG) console.log(`      away ${seconds.toFixed(1)} s: ${(100 * used / seconds).toFixed(2)} % of a core, ${await bench.counter(job, 'reconnects') - reconnects} connections tried`);
  }

  it('C1: connections are refused: it waits, says so, and goes on', async () => {
    for (const one of [boot, proxy]) one.down();
    await away(/ECONNREFUSED|refused/);
    for (const one of [boot, proxy]) await one.up();
    await complete();
  });
  it('C1: the name of the broker no longer resolves', async () => {
    boot.edit = proxy.edit = { host: 'broker.invalid' };
    for (const one of [boot, proxy]) one.cutAll();
    await away(/broker\.invalid.*(ENOTFOUND|EAI_AGAIN)/);
    proxy.edit = {};
    boot.edit = { port: proxy.port };
    await complete();
  });
  it('C1: half-open connections: the broker hangs without a word; requests time out and are made again', async () => {
    boot.isBlackHole = proxy.isBlackHole = true;
    await away(/did not answer/);
    boot.isBlackHole = proxy.isBlackHole = false;
    // What hung is lost with its connections, as after a broken cable.
    await complete();
  });
  it('A10: the server sleeps while all its connections are cut: they are made anew, nothing is missing', async () => {
    await feed();
    process.kill(bench.server.pid, 'SIGSTOP');
    for (const one of [boot, proxy]) one.cutAll();
    await pause(AWAY_MS);
    process.kill(bench.server.pid, 'SIGCONT');
    await complete();
  });
  it('C1: the server is killed and starts again while the broker is away: its job waits in the middle of its start', async () => {
    await feed();
    await bench.server.end('SIGKILL');
    for (const one of [boot, proxy]) one.down();
    await bench.server.launch();
    // What the last checkpoint has prepared is ended first, before there are sources and sinks to ask: the log tells.
    await eventually('the log to say why it does not start', async () => bench.server.stderr.split('\n').some((line) => line.includes('trouble with Kafka') && line.includes('ECONNREFUSED'))).catch((error: unknown) => { throw new Error(`${(error as Error).message}: ${bench.server.stderr}`); });
    expect((await bench.job(job)).status).to.equal('INITIALIZING');
    for (const one of [boot, proxy]) await one.up();
    await complete();
  });
  it('C2, C10: the same between what a checkpoint prepares and its commit: committed once the broker is back, once', async () => {
    const lost = proxy.on('endTxn', 'swallow'), cut = proxy.on('endTxn', 'cut-after');
    await complete();
    expect([lost.hits, cut.hits]).to.deep.equal([1, 1]);
  });
  it('the broker comes back at another address and in an older version: found by the bootstrap address, read and written in its words', async () => {
    for (const lowered of [3, 9, 0]) {
      const before = proxy.count('produce');
      boot.lowered = proxy.lowered = lowered;
      boot.cutAll();
      await proxy.move();
      boot.edit = { port: proxy.port };
      await complete();
      expect(proxy.count('produce')).to.be.greaterThan(before);
    }
  });
  it('C15: the broker cannot write (KAFKA_STORAGE_ERROR): the sink is shown as stuck, rows stay where they are, and go out when there is room', async () => {
    const clientId = bench.name('disk'), rows = 5000, filler = 'x'.repeat(1000);
    await bench.topic('many');
    await bench.topic('full');
    await bench.send('many', Array.from({ length: rows }, (_, n) => [null, `{"n":${n},"s":"${filler}"}`] as const));
    const rule = proxy.on('produce', { refuse: 56 }, { times: Infinity, clientId }), before = bench.residentMegabytes();
    const stuck = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with('many')};
      CREATE TEMPORARY TABLE o (n BIGINT, s STRING) ${bench.with('full', { 'properties.bootstrap.servers': proxy.address, 'properties.client.id': clientId, 'properties.buffer.memory': '200000', 'properties.batch.size': '16384' })};
      INSERT INTO o SELECT n, s FROM t`);
    await eventually('the sink to be shown as stuck', async () => /^retrying since .*full.*KAFKA_STORAGE_ERROR/.test(await bench.activity(stuck, 'sink')));
    await eventually('back-pressure', async () => await bench.activity(stuck, 'source') === 'back-pressured');
    const asked = rule.hits, taken = (await bench.job(stuck)).nodes.find((n) => n.type === 'sink')?.recordsIn ?? 0, used = bench.cpuSeconds(), since = performance.now();
    await pause(AWAY_MS);
    expect((await bench.job(stuck)).nodes.find((n) => n.type === 'sink')?.recordsIn, 'no more rows are taken').to.equal(taken);
    expect(taken).to.be.lessThan(rows / 2);
    expect(rule.hits - asked, 'with pauses between').to.be.lessThan(10 + 5 * (performance.now() - since) / 1000);
    expect((bench.cpuSeconds() - used) / ((performance.now() - since) / 1000), 'of a core').to.be.lessThan(0.2);
    expect(bench.residentMegabytes() - before, 'MB more').to.be.lessThan(150);
    proxy.off(rule);
    const out = await eventually('all rows', async () => { const found = await bench.records('full'); return found.length >= rows && found; });
    expect(out.map((r) => (JSON.parse(r.value ?? '') as { n: number }).n)).to.deep.equal(Array.from({ length: rows }, (_, n) => n));
    expect((await bench.job(stuck)).restarts).to.equal(0);
    await complete();
  });
  it('a pause the broker asks for (throttle_time_ms) is kept by reader and writer', async () => {
    const fetches = proxy.on('fetch', { throttleMs: 1500 }), produces = proxy.on('produce', { throttleMs: 1500 });
    await feed();
    await eventually('both to be asked', async () => fetches.hits === 1 && produces.hits === 1);
    const before = proxy.count('produce');
    await complete();
    expect(proxy.count('produce')).to.be.greaterThan(before);
  });
  it('a job that waits for a broker can be cancelled and dropped', async () => {
    for (const one of [boot, proxy]) one.down();
    await feed();
    await eventually('the job to wait', async () => /^retrying since/.test(await bench.activity(job, 'source')));
    expect((await fetch(bench.server.url(`/api/v1/jobs/${job}/cancel`), { method: 'POST' })).ok).to.equal(true);
    await bench.status(job, 'CANCELED');
    await bench.sql(`DROP JOB '${job}'`);
    for (const one of [boot, proxy]) await one.up();
  });
});
