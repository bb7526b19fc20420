/**
 * Data directories of earlier versions (`test/fixtures/format-*`) load for ever, and those of later ones are refused. A fixture is copied,
 * the real server started on it, and its jobs must come to the answers that follow from their statements: only state that was read
 * right, and positions that fit it, give them. faults.md A15.
 */
import { expect } from 'chai';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, ServerProcess } from '../e2e/server-process.ts';
import { ANSWERS, DISTINCT, JOBS, lastOf } from '../fixtures/scripts.ts';
import type { JobName } from '../fixtures/scripts.ts';
import { newFolder } from '../runtime/support/plans.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const versions = readdirSync(fixtures).filter((name) => name.startsWith('format-'));
interface Facts { readonly version: string; readonly jobs: Readonly<Record<JobName, string>>; readonly savepoints: readonly string[] }
interface Detail { readonly status: string; readonly restoredFrom: string; readonly lastError: string | null; readonly exceptions: readonly { readonly message: string; readonly code: string }[] }

describe('state of earlier versions', function () {
  this.timeout(60_000);
  for (const version of versions) {
    it(`A15: jobs, checkpoints, savepoints and the catalog of ${version} load, and new rows go on from the old counts`, async () => {
      const from = join(fixtures, version, 'local'), facts = JSON.parse(readFileSync(join(from, 'fixture.json'), 'utf8')) as Facts, dataDir = join(newFolder(), 'data');
      cpSync(from, dataDir, { recursive: true });
      const server = new ServerProcess(dataDir, ['--parallelism', '2']);
      try {
        await server.launch();
        const rows = async (sql: string): Promise<unknown[][]> => { const { body } = await server.sql(sql); expect(body.error, sql).to.equal(undefined); return body.results?.at(-1)?.rows ?? []; };
        const detail = async (id: string): Promise<Detail> => await (await fetch(server.url(`/api/v1/jobs/${id}`))).json() as Detail;
        const ended = async (id: string, status = 'FINISHED'): Promise<Detail> => await eventually(`the end of job ${id}`, async () => { const one = await detail(id); return one.status === status && one; }, 40_000);
        expect((await rows('SHOW JOBS')).map(([id, name, status]) => [name, id, status === 'INITIALIZING' ? 'RUNNING' : status])).to.have.deep.members((Object.keys(JOBS) as JobName[]).map((name) => [name, facts.jobs[name], name === 'failing' ? 'FAILED' : name === 'stopped' || name === 'finished' ? 'FINISHED' : 'RUNNING']));
        expect(await rows('SHOW SAVEPOINTS')).to.have.length(facts.savepoints.length);
        expect((await rows('SHOW TABLES')).flat()).to.include.members(['ticks', 'tocks', 'flood', 'few', 'halves']);
        expect((await rows('DESCRIBE other.`odd "name" / ü`')).map((row) => row.slice(0, 2))).to.deep.equal([['id', 'BIGINT'], ['price', 'DECIMAL(10, 2)'], ['ts', 'TIMESTAMP(3) *ROWTIME*'], ['doubled', 'BIGINT']]);
        expect((await rows('SHOW CREATE VIEW halves'))[0]?.[0]).to.contain('COUNT(*)');
        expect((await rows('SHOW CATALOGS')).flat()).to.deep.equal(['cluster', 'default_catalog']);
        const failing = await detail(facts.jobs.failing);
        expect(failing.exceptions[0]?.message).to.contain('no number');
        // The stopped job goes on where it was, and once more beside it from its savepoint under another name.
        await rows(`RESTART JOB '${facts.jobs.stopped}'`);
        const again = String((await rows(`SET 'execution.savepoint.path' = '${facts.savepoints[0]}'; ${JOBS.stopped.replace('CREATE TABLE out_stopped', 'CREATE TEMPORARY TABLE again').replace('INSERT INTO out_stopped', 'INSERT INTO again')}`))[0]?.[0]);
        for (const [id, name] of [[facts.jobs.joins, 'joins'], [facts.jobs.groups, 'groups'], [facts.jobs.stopped, 'stopped'], [again, 'stopped'], [facts.jobs.large, 'large']] as const) {
          const { restoredFrom } = await ended(id), printed = lastOf(await server.printed(id)), answer = ANSWERS[name];
          expect(restoredFrom, name).to.match(/^checkpoint \d+$|savepoints/);
          // What is printed is kept for the last ten thousand lines.
          expect(printed.size, `${name}: every key came up again`).to.be.within(name === 'large' ? 3000 : answer.size, answer.size);
          for (const [key, row] of printed) expect(row, `${name}: ${key}`).to.equal(answer.get(key));
        }
        await ended(facts.jobs.distinct);
        const distinct = lastOf(await server.printed(facts.jobs.distinct));
        expect(distinct.size).to.be.above(100);
        for (const key of distinct.keys()) expect(DISTINCT.has(key), `distinct: ${key}`).to.equal(true);
      } finally { await server.end('SIGKILL'); }
    });
  }
});
