/** Jobs whose tables go, that are submitted twice, changed, stopped and restarted: A14, G5, and states of jobs over restarts of the server. */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

const PRINT = "CREATE TEMPORARY TABLE p (k BIGINT, c BIGINT) WITH ('connector'='print');";

describe('faults: jobs', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('jobs'); });
  after(async () => { await bench?.close(); });
  const restart = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => { await bench.server.end(signal); await bench.server.launch(); };

  it('A14: tables, views, running, stopped and failed jobs are as before after a kill; a failed job can be looked at and dropped', async () => {
    await bench.topic('jobs');
    await bench.values('jobs', ['{"n":1}']);
    await bench.sql(`CREATE TABLE src (n BIGINT) ${bench.with('jobs')}; CREATE TABLE bad (n TINYINT) ${bench.with('jobs')}; CREATE VIEW v AS SELECT n, n + 1 AS m FROM src`);
    const p = "CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print');", catalog = async (): Promise<unknown> => [await bench.rows('SHOW TABLES'), await bench.rows('SHOW VIEWS'), await bench.rows('SHOW CREATE VIEW v'), await bench.rows('SELECT * FROM v WHERE n = 1')];
    const runs = await bench.submit(`${p} INSERT INTO p SELECT n FROM src`), stopped = await bench.submit(`${p} INSERT INTO p SELECT n FROM src`), fails = await bench.submit(`${p} INSERT INTO p SELECT n FROM bad`);
    await bench.printed(runs, 1);
    await bench.printed(stopped, 1);
    await bench.sql(`STOP JOB '${stopped}'`);
    await bench.values('jobs', ['{"n":300}']);
    const why = await bench.failure(fails), before = await catalog();
    await bench.sql('DROP TABLE bad');
    await restart();
    expect(await catalog()).to.deep.equal([(before as unknown[][][])[0]?.filter((row) => String(row[0]) !== 'bad'), ...(before as unknown[]).slice(1)]);
    expect((await bench.status(runs, 'RUNNING')).restoredFrom).to.match(/^checkpoint/);
    expect((await bench.job(stopped)).status).to.equal('FINISHED');
    expect(await bench.failure(fails)).to.equal(why);
    const [described] = await bench.rows(`DESCRIBE JOB '${fails}'`);
    expect([described?.[2], String(described?.[4]), String(described?.at(-1))].join('\n')).to.match(/^FAILED\n[\s\S]*offset 1[\s\S]*FAILED[\s\S]*FAILING[\s\S]*RUNNING[\s\S]*INITIALIZING/);
    for (const job of [fails, stopped]) await bench.sql(`DROP JOB '${job}'`);
    await bench.sql(`STOP JOB '${runs}'; DROP JOB '${runs}'`);
    expect(await bench.rows('SHOW JOBS')).to.deep.equal([]);
  });
  it('G5: a job outlives its tables, also over a restart; a view over a dropped table says what is missing', async () => {
    await bench.topic('dropped');
    await bench.values('dropped', ['{"k":1}']);
    await bench.sql(`CREATE TABLE gone (k BIGINT) ${bench.with('dropped')}; CREATE VIEW over_gone AS SELECT k FROM gone; CREATE VIEW over_view AS SELECT k FROM over_gone`);
    const job = await bench.submit(`${PRINT} INSERT INTO p SELECT k, COUNT(*) FROM over_view GROUP BY k`);
    await bench.printed(job, 1);
    await bench.sql('DROP TABLE gone');
    expect(await bench.refusal('SELECT * FROM over_view')).to.contain('gone');
    await bench.sql('DROP VIEW over_gone');
    expect(await bench.refusal('SELECT * FROM over_view')).to.contain('over_gone');
    await bench.values('dropped', ['{"k":1}']);
    await eventually('the job to go on', async () => (await bench.server.printed(job)).includes('+U[1, 2]'));
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await restart();
    await bench.values('dropped', ['{"k":1}']);
    await eventually('the job to go on behind the restart', async () => (await bench.server.printed(job)).includes('+U[1, 3]'));
    await bench.sql(`STOP JOB '${job}'; DROP VIEW over_view`);
  });
  it('G5: the same INSERT submitted twice is two jobs of their own; with one transactional prefix the older one is told that it is fenced', async () => {
    await bench.topic('twice');
    await bench.topic('both');
    await bench.values('twice', ['{"k":7}']);
    const insert = `CREATE TEMPORARY TABLE t (k BIGINT) ${bench.with('twice')}; ${PRINT} INSERT INTO p SELECT k, COUNT(*) FROM t GROUP BY k`, first = await bench.submit(insert), second = await bench.submit(insert);
    expect(first).to.not.equal(second);
    for (const job of [first, second]) expect(await bench.printed(job, 1)).to.deep.equal(['+I[7, 1]']);
    await bench.sql(`DROP JOB '${first}'`);
    await bench.values('twice', ['{"k":7}']);
    expect(await bench.printed(second, 3)).to.deep.equal(['+I[7, 1]', '-U[7, 1]', '+U[7, 2]']);
    const exactly = `SET 'restart-strategy.type' = 'none'; SET 'execution.checkpointing.interval' = '100 ms'; CREATE TEMPORARY TABLE t (k BIGINT) ${bench.with('twice')};
      CREATE TEMPORARY TABLE o (k BIGINT) ${bench.with('both', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('one') })}; INSERT INTO o SELECT k FROM t`;
    const older = await bench.submit(exactly);
    await bench.status(older, 'RUNNING');
    const newer = await bench.submit(exactly);
    await bench.status(newer, 'RUNNING');
    await bench.values('twice', ['{"k":8}']);
    expect(await bench.failure(older)).to.match(/fenced|transactional/);
    expect((await bench.job(newer)).status).to.equal('RUNNING');
    for (const job of [second, older, newer]) await bench.sql(`DROP JOB '${job}'`);
  });
  it('a job that has failed on a broker that is away shows its error, not what its nodes were doing then', async () => {
    const job = await bench.submit(`SET 'restart-strategy.type' = 'none';
      CREATE TEMPORARY TABLE away (k BIGINT) ${bench.with('in', { 'properties.bootstrap.servers': '127.0.0.1:1', 'properties.default.api.timeout.ms': '300' })};
      CREATE TEMPORARY TABLE nowhere (k BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO nowhere SELECT k FROM away`);
    await bench.status(job, 'FAILED');
    const [described] = await bench.sql(`DESCRIBE JOB '${job}'`);
    expect(described?.rows[0]?.[described.columns.findIndex((c) => c.name === 'error')]).to.match(/^no Kafka broker answers at "127.0.0.1:1"\nDETAIL: .*\nHINT: /);
    await bench.sql(`DROP JOB '${job}'`);
  });
  it('G5: a changed statement says before it starts, operator by operator, what it takes over, and is refused when state would be lost', async () => {
    await bench.topic('changed', 2);
    await bench.values('changed', ['{"k":1,"v":10}', '{"k":1,"v":20}', '{"k":2,"v":5}']);
    const tables = `CREATE TEMPORARY TABLE t (k BIGINT, v BIGINT) ${bench.with('changed')}; ${PRINT}`;
    const count = 'INSERT INTO p SELECT k, COUNT(*) FROM t GROUP BY k', sum = 'INSERT INTO p SELECT k, SUM(v) FROM t GROUP BY k', both = `BEGIN STATEMENT SET; ${count}; ${sum}; END`;
    const first = await bench.submit(`${tables} ${both}`);
    await bench.printed(first, 5);
    const path = String((await bench.rows(`STOP JOB '${first}' WITH SAVEPOINT`))[0]?.[0]);
    const set = `${tables} SET 'execution.savepoint.path' = '${path}';`, drops = "SET 'execution.savepoint.ignore-unclaimed-state' = 'true';";
    const section = async (text: string): Promise<string> => /== State Taken Over ==\n([\s\S]*)/.exec(String((await bench.rows(text))[0]?.[0]))?.[1] ?? '';

    expect(await section(`${set} EXPLAIN ${count}`)).to.match(/kept +\S*Scan[^\n]*stored positions\n[\s\S]*kept +GroupAggregate[^\n]*COUNT[^\n]*of state\nunclaimed GroupAggregate[^\n]*SUM[^\n]*of state\nThe start is refused.*ignore-unclaimed-state/);
    const refused = await bench.refusal(`${set} ${count}`);
    expect(refused).to.contain('state-not-claimed').and.contain('SUM');
    expect(await section(`${set} ${drops} EXPLAIN ${count}`)).to.match(/dropped +GroupAggregate[^\n]*SUM[^\n]*\nThe job can start\.\n$/);
    const max = 'INSERT INTO p SELECT k, MAX(v) FROM t GROUP BY k', changed = await section(`${set} ${drops} EXPLAIN STATEMENT SET BEGIN ${count}; ${max}; END`);
    expect(changed).to.match(/new +GroupAggregate[^\n]*MAX[^\n]*starts empty/);

    await bench.values('changed', ['{"k":1,"v":1}']);
    const next = await bench.submit(`${set} ${drops} EXECUTE STATEMENT SET BEGIN ${count}; ${max}; END`);
    // The count goes on, the maximum begins with what comes now.
    expect((await bench.printed(next, 3)).sort()).to.deep.equal(['+I[1, 1]', '+U[1, 3]', '-U[1, 2]']);
    await bench.sql(`DROP JOB '${next}'; DROP SAVEPOINT '${path}'`);
    expect(await bench.refusal(`DROP SAVEPOINT '${path}'`)).to.contain('savepoint-missing');
    await bench.sql(`DROP SAVEPOINT IF EXISTS '${path}'`);
    // The checkpoint of a job that is down will do as well.
    const [checkpoint] = (await bench.rows('SHOW CHECKPOINTS')).filter((row) => row[1] === first);
    const again = await bench.submit(`${tables} SET 'execution.savepoint.path' = '${String(checkpoint?.[0])}'; ${both}`);
    expect((await bench.printed(again, 4)).sort()).to.deep.equal(['+U[1, 31]', '+U[1, 3]', '-U[1, 2]', '-U[1, 30]']);
    for (const job of [first, again]) await bench.sql(`DROP JOB '${job}'`);
  });
});
