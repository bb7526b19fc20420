/** Where a reader begins: all startup modes, new tables at a restore, what is not there any more. */
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { INT, STRING } from '../../../core/types/sql-type.ts';
import type { CdcStartup } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import { Driver, freshDatabase, PipelineDriver, pipelineSpecOf, specOf, describeServers } from './support.ts';

const COLUMNS = [{ name: 'id', type: INT }, { name: 'v', type: STRING }];
const start = (mode: CdcStartup['mode'], more: Partial<CdcStartup> = {}): { startup: CdcStartup } => ({ startup: { mode, file: null, pos: null, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null, ...more } });
const texts = (driver: Driver): string[] => driver.changes.map((c) => `${c.kind}${JSON.stringify(c.row)}`);

describeServers('startup on', ({ name, server }) => {
  let db: Awaited<ReturnType<typeof freshDatabase>>, place: { file: string; pos: number; gtids: string | null }, beforeMs: number;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const spec = (more: ReturnType<typeof start> & { bounded?: boolean; appendOnly?: boolean }): ReturnType<typeof specOf> => specOf(server, `${db.database}\\.t`, COLUMNS, ['id'], more);
  before(async () => {
    db = await freshDatabase(server);
    await db.sql("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)); INSERT INTO t VALUES (1, 'one')");
    await pause(1100);
    const [at] = await db.sql(name === 'MySQL' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS') as { File: string; Position: string; Executed_Gtid_Set?: string }[];
    const file = at?.File ?? '', pos = Number(at?.Position);
    // BINLOG_GTID_POS gives NULL behind an event larger than max_allowed_packet.
    const [maria] = name === 'MySQL' ? [] : await db.sql('SELECT @@GLOBAL.gtid_binlog_pos AS g') as { g: string }[];
    place = { file, pos, gtids: maria?.g ?? at?.Executed_Gtid_Set?.replace(/\s+/g, '') ?? null };
    beforeMs = Date.now();
    await pause(1100);
    await db.sql("BEGIN; INSERT INTO t VALUES (2, 'two'), (3, 'three'); UPDATE t SET v = 'uno' WHERE id = 1; COMMIT; DELETE FROM t WHERE id = 2");
  });
  after(() => db.drop());
  const changes = ['+I[2,"two"]', '+I[3,"three"]', '-U[1,"one"]', '+U[1,"uno"]', '-D[2,"two"]'];

  it('latest-offset gives only what comes', async () => {
    const driver = await Driver.of(spec(start('latest-offset'))).open();
    await db.sql("INSERT INTO t VALUES (9, 'nine'); DELETE FROM t WHERE id = 9");
    await driver.until(() => driver.changes.length >= 2, 'two changes');
    expect(texts(driver)).to.deep.equal(['+I[9,"nine"]', '-D[9,"nine"]']);
    await driver.close();
  });
  for (const [what, at] of [['file and offset', () => ({ file: place.file, pos: place.pos })], ['GTIDs', () => ({ gtids: place.gtids })]] as const) {
    it(`specific-offset by ${what}`, async () => {
      const driver = await Driver.of(spec(start('specific-offset', at()))).open();
      await driver.until(() => driver.changes.length >= 5, 'what came behind');
      expect(texts(driver).slice(0, 5)).to.deep.equal(changes);
      await driver.close();
    });
  }
  it('specific-offset passes over events and rows', async () => {
    const driver = await Driver.of(spec(start('specific-offset', { file: place.file, pos: place.pos, skipRows: 1 })), { takesSlices: true }).open();
    const other = await Driver.of(spec(start('specific-offset', { file: place.file, pos: place.pos, skipEvents: 1 }))).open();
    await driver.until(() => driver.changes.length >= 4, 'all but one row');
    await other.until(() => other.changes.length >= 3, 'all but one event');
    expect(texts(driver).slice(0, 4)).to.deep.equal(changes.slice(1));
    expect(texts(other).slice(0, 3)).to.deep.equal(changes.slice(2));
    await Promise.all([driver.close(), other.close()]);
  });
  it('timestamp', async () => {
    const driver = await Driver.of(spec(start('timestamp', { timestampMs: beforeMs }))).open();
    await driver.until(() => driver.changes.length >= 5, 'what came behind');
    expect(texts(driver).slice(0, 5)).to.deep.equal(changes);
    await driver.close();
  });
  it('earliest-offset gives the table from its making', async () => {
    const driver = await Driver.of(spec(start('earliest-offset'))).open();
    await driver.until(() => driver.changes.length >= 6, 'all there was', 60_000);
    expect(texts(driver).slice(0, 6)).to.deep.equal(['+I[1,"one"]', ...changes]);
    await driver.close();
  });
  it('a SELECT over a stream ends where the binlog ended at its start', async () => {
    const driver = await Driver.of(spec({ ...start('specific-offset', { file: place.file, pos: place.pos }), bounded: true })).open();
    await driver.untilFinished();
    expect(texts(driver).slice(0, 5)).to.deep.equal(changes);
    await driver.close();
  });
  it('snapshot ends, and ends again when restored', async () => {
    const driver = await Driver.of(spec(start('snapshot'))).open();
    await driver.untilFinished();
    expect(texts(driver).sort()).to.deep.equal(['+I[1,"uno"]', '+I[3,"three"]']);
    const positions = JSON.parse(JSON.stringify(driver.reader.positions())) as Json;
    await driver.close();
    const again = await Driver.of(spec(start('snapshot'))).open([positions]);
    await again.untilFinished();
    expect(again.changes).to.deep.equal([]);
    await again.close();
  });
  it('append-only gives every change as an insert, its kind beside it', async () => {
    const driver = await Driver.of(spec({ ...start('specific-offset', { file: place.file, pos: place.pos }), appendOnly: true }), { metadata: [{ key: 'row_kind', type: STRING }] }).open();
    await driver.until(() => driver.changes.length >= 5, 'what came behind');
    expect(texts(driver).slice(0, 5)).to.deep.equal(['+I[2,"two","+I"]', '+I[3,"three","+I"]', '+I[1,"one","-U"]', '+I[1,"uno","+U"]', '+I[2,"two","-D"]']);
    await driver.close();
  });
  it('restored positions beat the mode', async () => {
    const first = await Driver.of(spec(start('specific-offset', { file: place.file, pos: place.pos }))).open();
    await first.until(() => first.changes.length >= 5, 'what came behind');
    const positions = JSON.parse(JSON.stringify(first.reader.positions())) as Json;
    await first.close();
    const second = await Driver.of(spec(start('earliest-offset'))).open([positions]);
    await db.sql("INSERT INTO t VALUES (8, 'eight'); DELETE FROM t WHERE id = 8");
    await second.until(() => second.changes.length >= 2, 'what came since');
    expect(texts(second).slice(-2)).to.deep.equal(['+I[8,"eight"]', '-D[8,"eight"]']);
    await second.close();
  });
  it('takes in new tables at a restore, and from the stream, as asked', async () => {
    await db.sql("CREATE TABLE n_1 (id INT PRIMARY KEY); INSERT INTO n_1 VALUES (1)");
    const pattern = `${db.database}\\.n_.*`, first = await PipelineDriver.pipeline(pipelineSpecOf(server, pattern)).open() as PipelineDriver;
    await first.until(() => first.items.length === 1, 'the snapshot');
    const positions = JSON.parse(JSON.stringify(first.reader.positions())) as Json;
    await first.close();
    const streaming = await PipelineDriver.pipeline(pipelineSpecOf(server, pattern, { newTables: 'stream' })).open([positions]) as PipelineDriver;
    await db.sql('CREATE TABLE n_2 (id INT PRIMARY KEY, v INT); INSERT INTO n_2 VALUES (5, 6)');
    await streaming.until(() => streaming.items.length === 1, 'rows of the new table');
    expect(streaming.log).to.deep.equal(['n_2 create.table', 'n_2 +I [5,6]']);
    await streaming.close();
    const ignoring = await PipelineDriver.pipeline(pipelineSpecOf(server, pattern)).open([positions]) as PipelineDriver;
    await db.sql('INSERT INTO n_1 VALUES (2)');
    await ignoring.until(() => ignoring.items.length === 1, 'rows of the old table');
    expect(ignoring.log).to.deep.equal(['n_1 +I [2]']);
    await ignoring.close();
    const reading = await PipelineDriver.pipeline(pipelineSpecOf(server, pattern, { newTables: 'snapshot' })).open([positions]) as PipelineDriver;
    await reading.until(() => reading.items.length === 2, 'both tables');
    expect(reading.log.toSorted()).to.deep.equal(['n_1 +I [2]', 'n_2 +I [5,6]', 'n_2 create.table']);
    await reading.close();
  });
});
