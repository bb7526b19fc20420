/**
 * The disk with the data directory is full to the last byte, for real. Jobs run on, what cannot be stored is refused with the reason and has
 * not happened, what was stored is intact, and all goes on without a restart when there is room. faults.md B1, B2.
 */
import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, ServerProcess } from '../e2e/server-process.ts';
import { smallDisk } from './small-disk.ts';
import type { SmallDisk } from './small-disk.ts';
import { expectCounted, factsOf, newestOf, summing } from './sums.ts';
import type { Facts } from './sums.ts';

const NO_SPACE = /no space left on device/i;

describe('disk full', function () {
  this.timeout(60_000);
  let disk: SmallDisk, server: ServerProcess;
  beforeEach(async function () {
    const mounted = smallDisk(64);
    if (mounted === undefined) { this.skip(); return; }
    disk = mounted;
    server = new ServerProcess(join(disk.path, 'data'), ['--parallelism', '1']);
    await server.launch(disk.env);
  });
  afterEach(async () => {
    if (disk === undefined) return;
    await server.end('SIGKILL');
    disk.remove();
  });
  const rows = async (sql: string): Promise<unknown[][]> => { const { body } = await server.sql(sql); expect(body.error, sql).to.equal(undefined); return body.results?.at(-1)?.rows ?? []; };
  const refusal = async (sql: string): Promise<string> => { const { body } = await server.sql(sql); expect(body.error, sql).to.not.equal(undefined); return JSON.stringify(body.error); };
  const submit = async (rate: number): Promise<string> => String((await rows(summing(rate, "SET 'execution.checkpointing.interval'='100 ms'")))[0]?.[0]);
  const facts = (id: string): Promise<Facts> => factsOf(server, id);
  const health = async (): Promise<{ status: string; problems: { jobId: string; problem: string }[] }> => await (await fetch(server.url('/health'))).json() as never;

  it('B1: checkpoints fail with the reason in SHOW JOBS, DESCRIBE JOB, the job list and /health; the job runs on; with room they go on without a restart', async () => {
    const id = await submit(1200);
    await eventually('some checkpoints', async () => newestOf(await facts(id)) > 2);
    expect(await health()).to.deep.equal({ status: 'ok', problems: [] });
    disk.fill();
    const full = await eventually('the failing checkpoint to show', async () => { const one = await facts(id); return one.problem !== undefined && one; });
    expect(full).to.include({ status: 'RUNNING', restarts: 0 });
    expect(full.problem).to.match(NO_SPACE).and.match(/checkpoint \d+ could not be written/);
    expect((await rows('SHOW JOBS'))[0]?.at(-1)).to.match(NO_SPACE);
    expect(JSON.stringify(await rows(`DESCRIBE JOB '${id}'`))).to.match(NO_SPACE);
    expect((await (await fetch(server.url('/api/v1/jobs'))).json() as { jobs: Facts[] }).jobs[0]?.problem).to.match(NO_SPACE);
    expect(await health()).to.have.nested.property('problems[0].jobId', id);
    expect((await fetch(server.url('/healthz'))).status).to.equal(200);
    expect(await (await fetch(server.url('/metrics'))).text()).to.match(/rivulet_job_checkpoint_blocked\{[^}]*\} 1/);
    const printed = (await server.printed(id)).length, before = newestOf(full);
    await eventually('rows to go on coming', async () => (await server.printed(id)).length > printed + 100);
    expect(newestOf(await facts(id)), 'nothing is called complete that is not stored').to.equal(before);
    disk.free();
    const after = await eventually('checkpoints to go on', async () => { const one = await facts(id); return newestOf(one) > before && one.problem === undefined && one; });
    expect(after).to.include({ status: 'RUNNING', restarts: 0 });
    expect(await health()).to.deep.equal({ status: 'ok', problems: [] });
    await server.end('SIGKILL');
    await server.launch(disk.env);
    expect((await eventually('the job', async () => { const one = await facts(id); return one.status === 'RUNNING' && one; })).restoredFrom).to.match(/^checkpoint \d+$/);
    await expectCounted(server, id);
  });
  it('B2: statements, savepoints, submissions and DROP are refused with the reason and have not happened; a kill and a start on the full disk harm nothing', async () => {
    const id = await submit(1200), stopped = await submit(1200);
    await rows(`CREATE TABLE kept (n BIGINT) WITH ('connector'='blackhole'); CREATE TABLE dropped (n BIGINT) WITH ('connector'='blackhole')`);
    await eventually('some checkpoints', async () => newestOf(await facts(id)) > 2 && newestOf(await facts(stopped)) > 2);
    await rows(`STOP JOB '${stopped}'`);
    disk.fill();
    await eventually('the failing checkpoint to show', async () => (await facts(id)).problem !== undefined);
    // Longer than what is left of the page that the log ends in.
    expect(await refusal(`CREATE VIEW late AS SELECT '${'x'.repeat(10_000)}' AS x`)).to.match(NO_SPACE).and.contain('data-write-failed');
    expect(await refusal(`CREATE TABLE late (n BIGINT) WITH ('connector'='blackhole')`)).to.match(NO_SPACE);
    expect(await refusal('DROP TABLE dropped')).to.match(NO_SPACE);
    expect(await refusal('ALTER TABLE kept RENAME TO renamed')).to.match(NO_SPACE);
    expect(await refusal(`CREATE CATALOG late WITH ('type'='generic_in_memory')`)).to.match(NO_SPACE);
    expect(await refusal(`INSERT INTO kept SELECT n FROM (VALUES (1)) AS v (n)`)).to.match(NO_SPACE);
    expect(await refusal(`DROP JOB '${stopped}'`)).to.match(NO_SPACE);
    const savepoint = await fetch(server.url(`/api/v1/jobs/${stopped}/savepoint`), { method: 'POST' });
    expect([savepoint.status >= 400, await savepoint.text()]).to.satisfy(([failed, text]: [boolean, string]) => failed && NO_SPACE.test(text));
    const unchanged = async (): Promise<void> => {
      expect((await rows('SHOW TABLES')).flat().sort()).to.deep.equal(['dropped', 'kept']);
      expect((await rows('SHOW CATALOGS')).flat()).to.deep.equal(['default_catalog']);
      expect((await rows('SHOW JOBS')).map(([job]) => job)).to.have.members([id, stopped]);
      expect(await rows('SHOW SAVEPOINTS')).to.deep.equal([]);
    };
    await unchanged();
    // The shim refuses what the C library still holds and writes when the file is closed; a disk does not take half a record.
    const isReal = Object.keys(disk.env).length === 0;
    if (isReal) {
      await server.end('SIGKILL');
      const refused = await server.launch(disk.env).then(() => expect.fail('started without room'), (error: Error) => error.message);
      expect(refused).to.match(/server ended with [1-9]/).and.match(NO_SPACE);
      expect(refused.trim().split('\n').length, refused).to.be.at.most(4);
    }
    disk.free();
    if (isReal) await server.launch();
    await unchanged();
    await rows(`DROP JOB '${stopped}'; DROP TABLE dropped; CREATE TABLE late (n BIGINT) WITH ('connector'='blackhole')`);
    await expectCounted(server, id);
    expect(readdirSync(server.dataDir).filter((name) => /part|new/.test(name))).to.deep.equal([]);
  });
});
