/** State beyond the memory there is: D9, D10 of the fault list, and heaps of workers. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Bench, ServerProcess, eventually } from './support.ts';

const MIB = 1024 * 1024;
/** Highest and present resident memory of the server, in bytes. */
function resident(server: ServerProcess): { most: number; now: number } {
  const text = readFileSync(`/proc/${server.pid}/status`, 'utf8'), of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) * 1024;
  return { most: of('VmHWM'), now: of('VmRSS') };
}
const sequence = (name: string, end: number, length: number): string => `CREATE TEMPORARY TABLE ${name} (id BIGINT, v STRING) WITH ('connector'='datagen', 'rows-per-second'='10000000', 'fields.id.kind'='sequence', 'fields.id.start'='1', 'fields.id.end'='${end}', 'fields.v.length'='${length}');`;

describe('faults: memory', function () {
  this.timeout(120_000);
  let bench: Bench, steady: string, beats = 0;
  const follow = async (): Promise<void> => {
    await bench.values('steady', [`{"n":${++beats}}`]);
    await eventually('the other job to go on', async () => (await bench.server.printed(steady)).includes(`+I[${beats}]`));
  };
  before(async () => {
    bench = await Bench.open('memory', ['--parallelism', '1', '--memory-limit', '300mb']);
    await bench.topic('steady');
    steady = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('steady')}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`);
  });
  after(async () => { await bench?.close(); });

  it('D10: a join fed without end fails by itself, with operator, size and limit; the server stays within its memory, others go on', async () => {
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '500 ms'; ${sequence('l', 50_000_000, 200)} ${sequence('r', 50_000_000, 200)} CREATE TEMPORARY TABLE o (id BIGINT, v STRING, w STRING) WITH ('connector'='blackhole');
      INSERT INTO o SELECT l.id, l.v, r.v FROM l JOIN r ON l.id = r.id`);
    const { exceptions: [first], restarts } = await bench.status(job, 'FAILED', 60_000);
    expect(first?.code).to.equal('state-memory-exceeded');
    expect(first?.message).to.match(/state of operator "Join\(.*does not fit into the memory of the server/);
    expect(first?.detail).to.match(/^The operator holds 4\d\.\d MiB and needs .* MiB more; its job holds .* of 46\.0 MiB for state \(--memory-limit\)\.$/);
    expect(first?.hint).to.contain('table.exec.state.ttl').and.contain('--memory-limit');
    expect(restarts).to.equal(0);
    await follow();
    // What it held is free again, and a restart by hand fails in the same way.
    await eventually('the memory to be given back', async () => Number(/rivulet_state_memory_bytes (\d+)/.exec(await (await fetch(bench.server.url('/metrics'))).text())?.[1]) < MIB);
    await bench.sql(`RESTART JOB '${job}'`);
    expect((await bench.status(job, 'FAILED', 60_000)).exceptions[0]?.code).to.equal('state-memory-exceeded');
    await follow();
    // Twice the state, and the heaps; run from the sources the server takes up to 80 MiB more than its limit plans for.
    expect(resident(bench.server).most).to.be.lessThan((300 + 100) * MIB);
  });
  it('D10: a job has a limit of its own where it is given one', async () => {
    const job = await bench.submit(`SET 'execution.state.memory-limit' = '8 mb'; ${sequence('l', 5_000_000, 50)} CREATE TEMPORARY TABLE o (v STRING, c BIGINT) WITH ('connector'='blackhole'); INSERT INTO o SELECT v, COUNT(*) FROM l GROUP BY v`);
    const { exceptions: [first] } = await bench.status(job, 'FAILED', 60_000);
    expect(first?.message).to.contain('does not fit into the memory of the job');
    expect(first?.detail).to.contain("of 8.0 MiB for state ('execution.state.memory-limit')");
    await follow();
  });
  it('D10: a query that needs more is told so, and the session goes on', async () => {
    const client = await bench.server.connect();
    try {
      for (const table of [sequence('l', 2_000_000, 100), sequence('r', 2_000_000, 100)]) await client.query(table);
      const refused = await client.query('SELECT COUNT(*) FROM l JOIN r ON l.v = r.v').then(() => undefined, (error: { code?: string; message: string }) => error);
      expect([refused?.code, refused?.message]).to.deep.equal(['53200', refused?.message]);
      expect(refused?.message).to.contain('does not fit into the memory of the server');
      expect((await client.query('SELECT 1 AS n')).rows).to.deep.equal([{ n: 1 }]);
    } finally { await client.end(); }
  });
  it('D10: a running job whose checkpoint does not fit after a restart fails before a byte is read, as often as it is started; the server and other jobs live', async () => {
    const large = new ServerProcess(bench.server.dataDir, ['--parallelism', '1', '--memory-limit', '1 gb']);
    await bench.server.end();
    await large.launch();
    try {
      const { body } = await large.sql(`${sequence('l', 100_000, 400)} CREATE TEMPORARY TABLE t (v STRING) ${bench.with('steady')}; CREATE TEMPORARY TABLE o (id BIGINT, v STRING) WITH ('connector'='blackhole'); INSERT INTO o SELECT l.id, l.v FROM l JOIN t ON l.v = t.v`);
      const job = String(body.results?.at(-1)?.rows[0]?.[0]), facts = async (): Promise<{ status: string; checkpoints: { status: string; totalBytes: number }[] }> => await (await fetch(large.url(`/api/v1/jobs/${job}`))).json() as never;
      await eventually('all rows in a checkpoint', async () => (await facts()).checkpoints.some((c) => c.status === 'completed' && c.totalBytes > 40 * MIB), 60_000);
      await large.end('SIGKILL');
      bench.server.options.splice(3, 1, '256mb');
      await bench.server.launch();
      const { exceptions: [first] } = await bench.status(job, 'FAILED');
      expect(first?.code).to.equal('state-too-large-to-restore');
      expect(first?.detail).to.match(/It holds \d\d\.\d MiB of state, of which operator "Join\(.* has .*; there are 24\.0 MiB for state/);
      await follow();
      await bench.sql(`RESTART JOB '${job}'`);
      expect((await bench.status(job, 'FAILED')).exceptions).to.have.length(2);
      await bench.server.end('SIGKILL');
      // With the memory it needs it goes on from its checkpoint.
      await large.launch();
      await large.sql(`RESTART JOB '${job}'`);
      await eventually('the job to run again', async () => (await facts()).status === 'RUNNING');
      expect((await (await fetch(large.url(`/api/v1/jobs/${job}`))).json() as { restoredFrom: string }).restoredFrom).to.match(/^checkpoint/);
    } finally {
      await large.end('SIGKILL');
      bench.server.options.splice(3, 1, '300mb');
      await bench.server.launch();
    }
  });
  it('D9: 1,000 x 1,000 matches of one join key behind a sink that stands still: nothing is made ahead, other jobs and checkpoints go on, each row comes once', async () => {
    const { child } = bench.server as unknown as { child: ChildProcess };
    await bench.topic('hot');
    await bench.values('hot', Array.from({ length: 1000 }, (_, n) => `{"k":1,"n":${n}}`));
    const table = (name: string): string => `CREATE TEMPORARY TABLE ${name} (k BIGINT, n BIGINT) ${bench.with('hot')};`;
    child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = resident(bench.server).now;
    const job = await bench.submit(`${table('l')} ${table('r')} CREATE TEMPORARY TABLE p (a BIGINT, b BIGINT) WITH ('connector'='print', 'print-identifier'='a pair of hot rows'); INSERT INTO p SELECT l.n, r.n FROM l JOIN r ON l.k = r.k`);
    await eventually('back-pressure', async () => (await bench.job(job) as unknown as { nodes: { activity: string[] }[] }).nodes.some((n) => n.activity.includes('back-pressured')));
    const other = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('steady')}; CREATE TEMPORARY TABLE o (n BIGINT) WITH ('connector'='blackhole'); INSERT INTO o SELECT n FROM t`);
    await bench.values('steady', ['{"n":0}']);
    await eventually('a checkpoint of another job', async () => (await bench.job(other)).checkpoints.some((c) => c.status === 'completed'));
    const made = (await bench.job(job) as unknown as { nodes: { type: string; recordsOut: number }[] }).nodes.find((n) => n.type === 'join')?.recordsOut ?? 0;
    expect(made).to.be.lessThan(100_000);
    expect(resident(bench.server).now - before).to.be.lessThan(60 * MIB);
    let lines = 0, rest = '';
    child.stdout?.removeAllListeners('data');
    child.stdout?.on('data', (d: Buffer) => { const parts = (rest + String(d)).split('\n'); rest = parts.pop() ?? ''; lines += parts.filter((l) => l.startsWith('a pair of hot rows')).length; });
    child.stdout?.resume();
    await eventually('all pairs', async () => Promise.resolve(lines === 1_000_000), 60_000);
    await eventually('its checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    expect(lines).to.equal(1_000_000);
    for (const id of [job, other]) await bench.sql(`STOP JOB '${id}'`);
  });
  it('D9: a key with 90 % of the rows, and 200,000 keys: counts are exact and checkpoints go through', async () => {
    const rows = process.env['RIVULET_LONG'] === undefined ? 200_000 : 1_000_000;
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms'; ${sequence('l', rows, 1)} CREATE TEMPORARY TABLE o (n BIGINT, k BIGINT) WITH ('connector'='print');
      INSERT INTO o SELECT SUM(c), COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM (SELECT CASE WHEN MOD(id, 10) = 0 THEN id ELSE 0 END AS k FROM l) GROUP BY k)`);
    const facts = await bench.status(job, 'FINISHED', 60_000);
    expect((await bench.server.printed(job)).at(-1)).to.equal(`+U[${rows}, ${rows / 10 + 1}]`);
    expect(facts.checkpoints.every((c) => c.status === 'completed')).to.equal(true);
  });
  it('D10: a job that keeps too many objects is taken down before its worker dies of it; the server and the others of the thread go on', async () => {
    const job = await bench.submit(`SET 'restart-strategy.type' = 'none'; ${sequence('l', 5_000_000, 4000)} CREATE TEMPORARY TABLE o (n INT) WITH ('connector'='blackhole'); INSERT INTO o SELECT CARDINALITY(a) FROM (SELECT ARRAY_AGG(v) AS a FROM l)`);
    const { exceptions: [first] } = await bench.status(job, 'FAILED', 60_000);
    expect(first?.code).to.equal('heap-exceeded');
    expect(first?.detail).to.match(/^The JavaScript heap of worker 0 holds .* MiB, of 192\.0 MiB, and this job seems to have made most of it/);
    await follow();
    expect(await (await fetch(bench.server.url('/metrics'))).text()).to.contain('rivulet_worker_deaths_total 0');
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  });
});
