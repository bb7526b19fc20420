/**
 * What really happened to the tables: every committed row change, in the order of the binlog, read after the run with a reader that has
 * nothing in common with the product's. With `sync_binlog=1` the binlog is the truth: what is in it survives a crash, what is not does not.
 */
import ZongJi from '@vlasky/zongji';
import mysql from 'mysql2/promise';
import { alterNumber, evolve, type Alter } from './alters.ts';
import { columnFacts, keyText, type ChaosTable, type Image } from './tables.ts';
import { fromDriver } from './values.ts';

/** `before` null = inserted, `after` null = deleted. `alters`: how many ALTERs of the table had been done. */
export interface Change { readonly before: Image | null; readonly after: Image | null; readonly alters: number; readonly gtid: string }
export interface TableHistory {
  readonly changes: Change[];
  /** ALTERs that were done, in order. */
  readonly alters: Alter[];
  /** Number of changes before each TRUNCATE. */
  readonly truncates: number[];
}
export type History = ReadonlyMap<string, TableHistory>;

interface BinlogEvent {
  getEventName(): string;
  readonly gtid?: string;
  readonly query?: string;
  readonly schema?: string;
  readonly rows?: readonly unknown[];
  readonly tableId?: number;
  readonly tableMap?: Readonly<Record<number, { readonly parentSchema: string; readonly tableName: string }>>;
}
type RawRow = Readonly<Record<string, unknown>>;

/** Reads the binlog of the server from a file on to its end, which a row of a table in a database of its own marks. */
export async function readHistory(url: string, database: string, from: string, tables: readonly ChaosTable[], tried: ReadonlyMap<number, Alter>): Promise<History> {
  const history = new Map<string, TableHistory>(tables.map((t) => [t.name, { changes: [], alters: [], truncates: [] }]));
  const byName = new Map(tables.map((t) => [t.name, t])), { hostname, port, username } = new URL(url);
  const control = await mysql.createConnection(url), marker = `end-${Date.now()}-${Math.random()}`;
  await control.query('CREATE DATABASE IF NOT EXISTS chaos_marks');
  await control.query('CREATE TABLE IF NOT EXISTS chaos_marks.marks (m VARCHAR(60) PRIMARY KEY)');
  await control.query(`INSERT INTO chaos_marks.marks VALUES ('${marker}')`);
  await control.end();
  const reader = new ZongJi({ host: hostname, port: Number(port), user: username, dateStrings: true, timezone: 'Z', supportBigNumbers: true } as never);
  const toImage = (table: ChaosTable, row: RawRow): Image => Object.fromEntries(Object.entries(row).map(([name, value]) => {
    const facts = columnFacts(table, name);
    if (facts === undefined) throw new RangeError(`the binlog has an unknown column ${table.name}.${name}`);
    return [name, fromDriver(facts.kind, value, facts.length)];
  }));
  await new Promise<void>((resolve, reject) => {
    const take = (event: BinlogEvent): void => {
      const name = event.getEventName();
      if (name === 'query') {
        if (event.schema === database || event.query?.includes(`\`${database}\``) === true) statement(history, event.query ?? '', tried);
        return;
      }
      const at = event.tableId === undefined ? undefined : event.tableMap?.[event.tableId];
      if (at?.parentSchema === 'chaos_marks' && (event.rows?.[0] as RawRow | undefined)?.['m'] === marker) resolve();
      if (at?.parentSchema !== database) return;
      const table = byName.get(at.tableName), of = history.get(at.tableName);
      if (table === undefined || of === undefined) return;
      for (const row of event.rows ?? []) {
        const [before, after] = name === 'writerows' ? [null, row as RawRow] : name === 'deleterows' ? [row as RawRow, null] : [(row as { before: RawRow }).before, (row as { after: RawRow }).after];
        of.changes.push({ before: before && toImage(table, before), after: after && toImage(table, after), alters: of.alters.length, gtid: event.gtid ?? '' });
      }
    };
    reader.on('binlog', ((event: BinlogEvent) => { try { take(event); } catch (error) { reject(error as Error); } }) as never);
    reader.on('error', reject);
    reader.start({ filename: from, position: 4, serverId: 990_000 + Math.floor(Math.random() * 9000), includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows', 'query', 'rotate', 'gtid', 'xid'] } as never);
  }).finally(() => { reader.stop(); });
  return history;
}

function statement(history: Map<string, TableHistory>, sql: string, tried: ReadonlyMap<number, Alter>): void {
  const number = alterNumber(sql), alter = number === undefined ? undefined : tried.get(number);
  if (alter !== undefined) { history.get(alter.table)?.alters.push(alter); return; }
  const truncated = /^TRUNCATE TABLE (?:`[^`]*`\.)?`([^`]*)`/i.exec(sql)?.[1];
  const of = truncated === undefined ? undefined : history.get(truncated);
  of?.truncates.push(of.changes.length);
}

/** The table as the history leaves it, by key. `truncates`: whether TRUNCATE counts. */
export function finalRows(table: ChaosTable, history: TableHistory, truncates: boolean): Map<string, Image> {
  const rows = new Map<string, { image: Image; alters: number }>();
  history.changes.forEach((change, i) => {
    if (truncates && history.truncates.includes(i)) rows.clear();
    if (change.before !== null) rows.delete(keyText(table, change.before));
    if (change.after !== null) rows.set(keyText(table, change.after), { image: change.after, alters: change.alters });
  });
  if (truncates && history.truncates.includes(history.changes.length)) rows.clear();
  return new Map([...rows].map(([key, row]) => [key, history.alters.slice(row.alters).reduce(evolve, row.image)]));
}
/** `SELECT * FROM` the table, by key. */
export async function selectRows(url: string, database: string, table: ChaosTable): Promise<Map<string, Image>> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4' });
  try {
    await connection.query("SET time_zone = '+00:00'");
    // The server's own text of every value, as bytes.
    const [rows] = await connection.query({ sql: `SELECT * FROM \`${database}\`.\`${table.name}\``, typeCast: (field: { buffer(): Buffer | null }) => field.buffer() }) as unknown as [RawRow[]];
    return new Map(rows.map((row) => {
      const image: Image = Object.fromEntries(Object.entries(row).map(([name, value]) => {
        const facts = columnFacts(table, name);
        return [name, facts === undefined ? null : fromDriver(facts.kind, value, facts.length)];
      }));
      return [keyText(table, image), image];
    }));
  } finally { await connection.end(); }
}
