/** A client such as psql cuts a script at its semicolons: statement sets arrive in pieces and are put together by the session. */
import { expect } from 'chai';
import type pg from 'pg';
import { ServerProcess, eventually } from './server-process.ts';

describe('statement sets in pieces', function () {
  this.timeout(30_000);
  let server: ServerProcess, client: pg.Client;
  before(async () => {
    server = await ServerProcess.start();
    client = await server.connect();
    for (const name of ['a', 'b']) await client.query(`CREATE TEMPORARY TABLE ${name} (x INT) WITH ('connector'='print')`);
  });
  after(async () => {
    await client?.end().catch(() => {});
    await server?.remove();
  });
  const jobs = async (): Promise<string[]> => (await client.query('SHOW JOBS')).rows.map((r: Record<string, string>) => r['job name'] ?? '');
  const pieces = async (texts: readonly string[]): Promise<(Record<string, string> | undefined)[]> => { const rows = []; for (const t of texts) rows.push((await client.query(t)).rows[0] as Record<string, string> | undefined); return rows; };

  for (const head of ['BEGIN STATEMENT SET', 'EXECUTE STATEMENT SET BEGIN'] as const) {
    it(`starts one job after ${head}`, async () => {
      const before = (await jobs()).length;
      const rows = await pieces(head === 'BEGIN STATEMENT SET' ? [`${head};`, 'INSERT INTO a VALUES (1);', 'INSERT INTO b VALUES (2);', 'END;'] : [`${head} INSERT INTO a VALUES (1);`, 'INSERT INTO b VALUES (2);', 'END;']);
      const id = rows.at(-1)?.['job id'] ?? '';
      expect(id).to.match(/^[0-9a-f]{32}$/);
      expect((await jobs()).slice(before)).to.deep.equal(['insert-into_default_catalog.default_database.a,default_catalog.default_database.b']);
      await eventually('both rows', async () => (await server.printed(id)).sort().join() === '+I[1],+I[2]');
    });
  }
  it('explains a set in pieces and starts nothing', async () => {
    const before = (await jobs()).length;
    const rows = await pieces(['EXPLAIN STATEMENT SET BEGIN INSERT INTO a VALUES (1);', 'INSERT INTO b VALUES (2);', 'END;']);
    expect(rows.at(-1)?.['result']).to.include('Sink(table=[default_catalog.default_database.a]').and.include('Sink(table=[default_catalog.default_database.b]');
    expect((await jobs()).length).to.equal(before);
  });
  it('starts no part of a set with a wrong statement, and points at the mistake', async () => {
    const before = (await jobs()).length;
    await pieces(['BEGIN STATEMENT SET;', 'INSERT INTO a VALUES (1);']);
    const wrong = await client.query('INSERT INTO bb VALUES (2);').then(() => undefined, (e: { code: string; position: string; hint: string }) => e);
    expect([wrong?.code, wrong?.position]).to.deep.equal(['42P01', '13']);
    const end = await client.query('END;').then(() => undefined, (e: { code: string; message: string }) => e);
    expect(end?.message).to.equal('the statement set was not started because one of its statements failed');
    expect((await jobs()).length).to.equal(before);
    expect((await client.query('SELECT 1 AS x')).rows).to.deep.equal([{ x: 1 }]);
  });
});
