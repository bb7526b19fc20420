/** Which tables a reader reads: those that match, those a checkpoint knows, and what each needs before it can be captured. */
import type { Connection } from 'mysql2/promise';
import { nearest } from '../../../../core/errors/define.ts';
import { engineUnsupported, keylessTables, noTableMatches } from '../../../../core/errors/mysql-cdc.ts';
import { query } from '../connection/open.ts';
import { serverText } from '../connection/server.ts';
import { tableText, type MySqlTable } from '../contract.ts';
import { KeyPlan } from './key-plan.ts';
import { TablePatterns } from './patterns.ts';
import { loadRange, type KeyRange } from './ranges.ts';
import type { MySqlCdcSpec } from './spec.ts';
import { unpackHistory } from './schemas.ts';
import { Splitter } from './splitter.ts';
import type { Done, StoredState } from './state.ts';
import { listTables, readTablesNamed, refuseVersioned } from './structure.ts';
import { TableSnapshot } from './table-snapshot.ts';
import type { DecoderOptions } from './values.ts';

/** `finished`: ranges whose rows are out; null = no snapshot is taken or left. */
export interface FoundTable { readonly name: string; readonly schema: MySqlTable; readonly finished: readonly KeyRange[] | null; readonly announced: boolean; readonly estimatedRows: number; /** Not of a checkpoint. */ readonly isNew: boolean; readonly done?: Done | undefined }

const TRANSACTIONAL = new Set(['innodb', 'rocksdb', 'ndbcluster', 'tokudb', 'ndb']);

/** Throws no-table-matches, keyless-tables, engine-unsupported, mysql-table-unsupported. */
export async function findTables(spec: MySqlCdcSpec, connection: Connection, patterns: TablePatterns, state: StoredState | undefined): Promise<FoundTable[]> {
  const listed = (await listTables(spec.server, connection, null)).filter((t) => patterns.matches(t)), byName = new Map(listed.map((t) => [tableText(t), t]));
  refuseVersioned(listed);
  const takesSnapshot = spec.startup.mode === 'initial' || spec.startup.mode === 'snapshot';
  const history = new Map(state === undefined ? [] : unpackHistory(state.schemas).tables.map(({ table }) => [tableText(table), table]));
  const stored: FoundTable[] = Object.entries(state?.tables ?? {}).flatMap(([name, t]) => { const schema = t.schema ?? history.get(name); return schema === undefined ? [] : [{ name, t, schema }]; }).map(({ name, t, schema }) => ({ name, schema, finished: t.finished?.map(loadRange) ?? null, announced: t.announced, estimatedRows: byName.get(name)?.rows ?? 0, isNew: false, done: t.done }));
  const fresh = state === undefined || spec.newTables !== 'ignore' ? listed.filter((t) => state?.tables[tableText(t)] === undefined) : [];
  if (state === undefined && fresh.length === 0 && spec.newTables !== 'stream') throw await nothingMatches(spec, connection);
  const schemas = await readTablesNamed(spec.server, connection, fresh), isRead = state === undefined ? takesSnapshot : spec.newTables === 'snapshot';
  const found = fresh.flatMap((t): FoundTable[] => {
    const name = tableText(t), schema = schemas.get(name);
    return schema === undefined ? [] : [{ name, schema, finished: isRead ? [] : null, announced: false, estimatedRows: t.rows, isNew: true }];
  });
  if (isRead) {
    const keyless = found.filter((t) => t.schema.primaryKey.length === 0 && chunkKeyOf(spec, t.name) === null).map((t) => t.name);
    if (keyless.length > 0) throw keylessTables({ tables: keyless });
    for (const t of found) { const engine = byName.get(t.name)?.engine ?? ''; if (!TRANSACTIONAL.has(engine.toLowerCase())) throw engineUnsupported({ table: t.name, engine }); }
  }
  return [...stored, ...found];
}
export function chunkKeyOf(spec: MySqlCdcSpec, name: string): string | null {
  const [database = '', table = ''] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  return spec.chunkKeys.find(([pattern]) => new TablePatterns([pattern], []).matches({ database, table }))?.[1] ?? null;
}
export function snapshotOf(spec: MySqlCdcSpec, found: FoundTable, values: DecoderOptions): TableSnapshot {
  const plan = new KeyPlan(spec.server, found.schema, chunkKeyOf(spec, found.name), values);
  const table = new TableSnapshot(plan, new Splitter({ server: spec.server, chunkSize: spec.chunkSize, evenFactor: spec.evenFactor, table: found.schema, plan, estimatedRows: found.estimatedRows }), found.finished ?? [], spec.chunkSize * 2);
  [table.chunksDone, table.rowsDone] = found.done ?? [0, 0];
  return table;
}
async function nothingMatches(spec: MySqlCdcSpec, connection: Connection): Promise<Error> {
  const rows = await query(spec.server, connection, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') LIMIT 5000", [], 'list tables');
  const wanted = spec.include.map(readablePattern), known = rows.map((r) => tableText({ database: String(r[0]), table: String(r[1]) }));
  return noTableMatches({ server: serverText(spec.server), what: wanted.map((p) => `"${p}"`).join(' or '), databases: [...new Set(rows.map((r) => String(r[0])))], near: wanted.flatMap((p) => nearest(p, known)) });
}
/** As people wrote it: without the brackets around the two names and the backslash before the dot between them. */
const readablePattern = (pattern: string): string => /^\(\?:(.*)\)\\\.\(\?:(.*)\)$/s.exec(pattern)?.slice(1).join('.') ?? pattern;
