/**
 * Which versions of its tables a pipeline has brought about, kept in table `rivulet_versions` of the target's database, made when the
 * first column changes. After a restart changes and rows since the last checkpoint come again: rows of a version that the target has
 * left behind were all written before it was left, so they need no columns that are gone, and changes on the way to where the target is
 * must not be made twice (a column that was renamed would come back).
 *
 *   log of the table        version at the restart   state           rows are written      next change
 *   none, or ends with it   the newest               as usual        all columns           noted, then made
 *   … v1, v2, v3            v1                       repeated        columns there are     to v2: passed over; to v3: made if it is not (a crash
 *                                                                                          may have come between note and change)
 *
 * A version that comes twice counts where it stands last: dropping a column and adding it again leaves the same rows.
 */
import type { Connection } from 'mysql2/promise';
import type { TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { typeText } from '../../../../core/types/sql-type.ts';
import { errorNumber, quoteName, quoteText } from '../connection/open.ts';
import type { TargetPlace } from './target-ddl.ts';

const NO_SUCH_TABLE = 1146, NO_SUCH_DATABASE = 1049;
const textOf = (version: TableVersion): string => JSON.stringify([version.columns.map((c) => [c.name, typeText(c.type, true)]), version.primaryKey]);

export class VersionLog {
  private readonly sink: string;
  private readonly place: TargetPlace;
  private entries: string[] | undefined;
  private at = -1;
  /** `sink`: id of the plan node, which stays with a document. */
  constructor(sink: string, place: TargetPlace) { this.sink = sink; this.place = place; }
  /** The target is ahead of the rows that come. */
  get isRepeated(): boolean { return this.entries !== undefined && this.at < this.entries.length - 1; }
  private get table(): string { return `${quoteName(this.place.database)}.\`rivulet_versions\``; }
  private get where(): string { return `sink = ${quoteText(this.sink)} AND target = ${quoteText(this.place.name)}`; }

  /** Once, with the version that rows come in first. */
  async begin(connection: Connection, version: TableVersion): Promise<void> {
    if (this.entries !== undefined) return;
    let rows: string[][] = [];
    try {
      rows = (await connection.query(`SELECT version FROM ${this.table} WHERE ${this.where} ORDER BY seq`))[0] as unknown as string[][];
    } catch (error) { const number = errorNumber(error); if (number !== NO_SUCH_TABLE && number !== NO_SUCH_DATABASE) throw error; }
    this.entries = rows.map(([text]) => text ?? '');
    const found = this.entries.lastIndexOf(textOf(version));
    this.at = found < 0 ? this.entries.length - 1 : found;
  }
  /** True: the change that leads from `before` to `version` is to be made, and has been noted. */
  async changes(connection: Connection, before: TableVersion | undefined, version: TableVersion): Promise<boolean> {
    const entries = this.entries as string[], text = textOf(version);
    if (this.isRepeated && entries[this.at + 1] === text) return ++this.at === entries.length - 1;
    await connection.query(`CREATE TABLE IF NOT EXISTS ${this.table} (sink CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, target VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, seq INT NOT NULL, version LONGTEXT CHARACTER SET utf8mb4 NOT NULL, PRIMARY KEY (sink, target, seq)) COMMENT = 'Versions of tables that Rivulet pipelines have brought about'`);
    for (const one of entries.length === 0 && before !== undefined ? [textOf(before), text] : [text]) {
      await connection.query(`INSERT INTO ${this.table} (sink, target, seq, version) VALUES (${quoteText(this.sink)}, ${quoteText(this.place.name)}, ${entries.length}, ${quoteText(one)}) ON DUPLICATE KEY UPDATE version = VALUES(version)`);
      entries.push(one);
    }
    this.at = entries.length - 1;
    return true;
  }
  /** The table is gone, and with it what led to it. */
  async forget(connection: Connection): Promise<void> {
    if ((this.entries?.length ?? 0) > 0) await connection.query(`DELETE FROM ${this.table} WHERE ${this.where}`);
    this.entries = [];
    this.at = -1;
  }
}
