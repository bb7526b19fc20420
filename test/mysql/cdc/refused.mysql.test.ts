/** What cannot be read is refused when the reader opens, by name, and no error holds the password. */
import { expect } from 'chai';
import { RivuletError } from '../../../core/errors/define.ts';
import { INT, STRING } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, PipelineDriver, pipelineSpecOf, specOf, describeServers } from './support.ts';

const COLUMNS = [{ name: 'id', type: INT }, { name: 'v', type: STRING }];
describeServers('refusals on', ({ name, server }) => {
  let db: Awaited<ReturnType<typeof freshDatabase>>;
  before(async () => { db = await freshDatabase(server); await db.sql('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); CREATE TABLE keyless (id INT, v VARCHAR(9)); CREATE TABLE old (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE = MyISAM'); });
  after(() => db.drop());
  const refusal = async (open: () => Promise<unknown>): Promise<RivuletError> => {
    try { await open(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
    return expect.fail('it was not refused');
  };
  const spec = (table: string, more: Parameters<typeof specOf>[4] = {}): ReturnType<typeof specOf> => specOf(server, `${db.database}\\.${table}`, COLUMNS, ['id'], more);
  const cases: readonly (readonly [what: string, open: () => Promise<unknown>, code: string, names: string])[] = [
    ['a wrong password', () => Driver.of(spec('t', { server: { ...server, user: 'nobody', password: 'very-secret' } })).open(), 'mysql-access-denied', 'nobody'],
    ['a server that is not there', () => Driver.of(spec('t', { server: { ...server, port: 1, password: 'very-secret' } })).open(), 'mysql-unreachable', ':1'],
    ['no table of the name', () => Driver.of(spec('nope')).open(), 'no-table-matches', 'nope'],
    ['a table without a key', () => Driver.of(spec('keyless')).open(), 'keyless-tables', 'keyless'],
    ['a pipeline over a table without a key', () => PipelineDriver.pipeline(pipelineSpecOf(server, `${db.database}\\.(t|keyless)`)).open(), 'keyless-tables', 'keyless'],
    ['an engine without transactions', () => Driver.of(spec('old')).open(), 'engine-unsupported', 'MyISAM'],
    ['a column that is not there', () => Driver.of({ ...spec('t'), columns: [...COLUMNS, { name: 'w', type: INT }] }).open(), 'cdc-column-unusable', '"w"'],
    ['a column of another type', () => Driver.of({ ...spec('t'), columns: [{ name: 'id', type: INT }, { name: 'v', type: INT }] }).open(), 'cdc-column-unusable', '"v"'],
    ['a chunk key that is not there', () => Driver.of(spec('t', { chunkKeys: [['.*', 'w']] })).open(), 'chunk-key-unusable', '"w"'],
    ['another time zone than the server\'s', () => Driver.of(spec('t', { timeZone: 'Asia/Kolkata' })).open(), 'server-zone-differs', 'Asia/Kolkata'],
  ];
  for (const [what, open, code, named] of cases) {
    it(`${what}`, async () => {
      const failure = await refusal(open), all = `${failure.message} ${failure.detail ?? ''} ${failure.hint ?? ''}`;
      expect(failure.code).to.equal(code);
      expect(all).to.include(named).and.not.to.include('very-secret');
    });
  }
  it('a name that is nearly one: as it was written, with the near one', async () => {
    const failure = await refusal(() => Driver.of({ ...spec('t'), include: [`(?:${db.database})\\.(?:keyles)`] }).open());
    expect(failure.message).to.include(`matches "${db.database}.keyles"`);
    expect(failure.hint).to.include(`"${db.database}.keyless"`);
  });
});
