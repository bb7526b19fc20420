/** Faults of the server's own house: A11, B3, D5, F13, F14 of the fault list. */
import { openSync, readSync, writeSync, closeSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Bench, ServerProcess, eventually } from './support.ts';

describe('faults: server', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('server'); });
  after(async () => { await bench?.close(); });

  it('A11: a second server on the same data directory refuses to start and says why', async () => {
    const second = new ServerProcess(bench.server.dataDir);
    let why = '';
    try { await second.launch(); } catch (error) { why = (error as Error).message; }
    expect(why).to.match(/another server uses data directory|in use/);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  });
  it('D5: SUM beyond 64 bits is what BIGINT arithmetic says, or exact as DECIMAL; never rounded', async () => {
    const rows = '(VALUES (CAST(9223372036854775807 AS BIGINT)), (CAST(9223372036854775807 AS BIGINT)), (CAST(3 AS BIGINT))) AS v (n)';
    expect(await bench.rows(`SELECT CAST(SUM(CAST(n AS DECIMAL(38, 0))) AS STRING) FROM ${rows}`)).to.deep.equal([['18446744073709551617']]);
    // As a Java long wraps.
    expect(await bench.rows(`SELECT CAST(SUM(n) AS STRING) FROM ${rows}`)).to.deep.equal([['1']]);
    expect(await bench.rows(`SELECT CAST(MAX(n) AS STRING), CAST(MAX(n) - 1 AS STRING) FROM ${rows}`)).to.deep.equal([['9223372036854775807', '9223372036854775806']]);
  });
  it('F13: many sessions create, drop and read the same names: no deadlock, and the catalog is whole after a restart', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const codes: unknown[] = [];
      for (const sql of [`CREATE TABLE shared${i % 4} (n BIGINT) WITH ('connector'='blackhole')`, `SHOW TABLES`, `DESCRIBE shared${i % 4}`, `CREATE VIEW v${i % 4} AS SELECT n FROM shared${i % 4}`, `DROP VIEW IF EXISTS v${i % 4}`, `DROP TABLE IF EXISTS shared${i % 4}`, `CREATE TABLE IF NOT EXISTS kept${i % 4} (n BIGINT) WITH ('connector'='blackhole')`]) {
        const { status, body } = await bench.server.sql(sql);
        if (status >= 500) throw new Error(JSON.stringify(body));
        codes.push(body.error?.['sqlstate'] ?? 'ok');
      }
      return codes.at(-1);
    }));
    expect(new Set(outcomes)).to.deep.equal(new Set(['ok']));
    const before = (await bench.rows('SHOW TABLES')).flat().map(String).sort();
    expect(before).to.include.members(['kept0', 'kept1', 'kept2', 'kept3']);
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    expect((await bench.rows('SHOW TABLES')).flat().map(String).sort()).to.deep.equal(before);
  });
  it('F14: a streaming query ends with its client', async () => {
    await bench.topic('endless');
    const running = async (): Promise<number> => Number(/rivulet_queries_running (\d+)/.exec(await (await fetch(bench.server.url('/metrics'))).text())?.[1]);
    for (const how of ['disconnect', 'cancel'] as const) {
      const client = await bench.server.connect();
      await client.query(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('endless')}`);
      await client.query("SET 'execution.runtime-mode' = 'STREAMING'");
      const outcome = client.query('SELECT n FROM t').catch((error: unknown) => (error as { code?: string }).code);
      await eventually('the query to run', async () => await running() === 1);
      if (how === 'disconnect') (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      else {
        const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
        const { connect } = await import('node:net');
        const request = Buffer.alloc(16);
        [16, 80877102, processID, secretKey].forEach((word, i) => request.writeInt32BE(word, i * 4));
        connect(bench.server.pgPort, '127.0.0.1').end(request);
        expect(await outcome).to.equal('57014');
      }
      await eventually('the query to be gone', async () => await running() === 0, 5000);
      await client.end().catch(() => {});
    }
  });
  it('B3: a flipped bit in the stored state is noticed: the checkpoint before it, or a refusal; never an empty start', async () => {
    await bench.topic('damage');
    await bench.values('damage', Array.from({ length: 500 }, (_, i) => `{"n":${i}}`));
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('damage')}; CREATE TEMPORARY TABLE p (n BIGINT, c BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n, COUNT(*) FROM t GROUP BY n`);
    await bench.printed(job, 500);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    const folder = join(bench.server.dataDir, 'state');
    const [largest] = readdirSync(folder).filter((f) => /\.(log|ldb)$/.test(f)).map((f) => ({ f, size: statSync(join(folder, f)).size })).sort((a, b) => b.size - a.size);
    const file = openSync(join(folder, largest?.f ?? ''), 'r+'), byte = Buffer.alloc(1), at = (largest?.size ?? 0) >> 1;
    readSync(file, byte, 0, 1, at);
    writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 16]), 0, 1, at);
    closeSync(file);
    let refusal = '';
    try { await bench.server.launch(); } catch (error) { refusal = (error as Error).message; }
    if (refusal !== '') { expect(refusal).to.match(/damaged|cannot be opened/); return; }
    const facts = await eventually('the job to come up or fail', async () => { const one = await bench.job(job); return ['RUNNING', 'FAILED'].includes(one.status) && one; });
    if (facts.status === 'FAILED') expect(JSON.stringify(facts.exceptions[0])).to.match(/damaged|no retained checkpoint/);
    else expect(facts.restoredFrom).to.match(/^checkpoint/);
  });
});
