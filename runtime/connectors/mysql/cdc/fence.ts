/**
 * Reads the rows of a chunk so that they hold every change the stream had given when the chunk began, and takes a position behind them.
 *
 * Servers write a transaction into the binlog before the engine commits it, so a row read right after a position may still be older than
 * the position (on MySQL every third one was, under load). What makes reading safe differs:
 *
 * - `gtid` (MySQL): `gtid_executed` grows only after the engine has committed; it is waited for until it holds all that the stream gave.
 * - `locks` (MySQL without GTIDs): rows are read with a shared lock, as READ COMMITTED. A transaction that is in the binlog but not
 *   committed yet still holds its row locks, inserted and deleted rows included, so reading waits for it. Locks last for the statement.
 * - `snapshot` (MariaDB): a consistent snapshot knows its own place in the binlog, exactly; one older than the stream is taken again.
 * - `plain`: one consistent snapshot for the whole connection, no stream.
 *
 * The position taken behind the rows covers all that was seen in them, because the binlog is always ahead of the engine.
 * For chunks whose rows cannot be told apart (`isExact`) MySQL's rows stay locked, gaps included, until the position is taken.
 */
import type { Connection } from 'mysql2/promise';
import { currentPosition } from '../binlog/facts.ts';
import { query } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, ServerFacts } from '../contract.ts';
import type { Chunk } from './chunk.ts';
import type { KeyPlan } from './key-plan.ts';
import { isReached } from './place.ts';
import { readRawRows, type RawRows } from './raw-rows.ts';
import { rangeCondition, type KeyRange } from './ranges.ts';
import { quotedTable } from './structure.ts';
import { selectedColumns } from './chunk-rows.ts';

export type FenceMode = 'gtid' | 'locks' | 'snapshot' | 'plain';
export const fenceModeOf = (facts: ServerFacts): FenceMode => (facts.flavor === 'mariadb' ? 'snapshot' : facts.gtidMode ? 'gtid' : 'locks');
/** Statements that make a fresh connection read in its mode. */
export function sessionStatements(mode: FenceMode): string[] {
  switch (mode) {
    case 'locks': return ['SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'];
    case 'plain': return ['SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'START TRANSACTION WITH CONSISTENT SNAPSHOT'];
    default: return ['SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ'];
  }
}
const RETRY_MS = 2;
const LOCKED = ' LOCK IN SHARE MODE';

export interface ChunkAccess { readonly server: MySqlServer; readonly connection: Connection; readonly facts: ServerFacts; readonly mode: FenceMode; readonly rowsPerRead: number; readonly isCancelled: () => boolean }
/** What reading gave: the range that was read in full, and what is left of the chunk's. */
export interface ChunkRead { readonly high: BinlogPosition | null; readonly range: KeyRange; readonly rest: KeyRange | null }

/** 'too much': the rows have more bytes than a chunk may. */
export async function readChunk(access: ChunkAccess, plan: KeyPlan, chunk: Chunk): Promise<ChunkRead | 'too much'> {
  const { server, connection, facts, mode } = access, what = `read rows of ${chunk.shape.table.database}.${chunk.shape.table.table}`;
  const run = (sql: string): Promise<unknown> => query(server, connection, sql, [], what);
  const at = (page: Page | 'too much', high: BinlogPosition | null): ChunkRead | 'too much' => (page === 'too much' ? page : { ...page, high });
  if (mode === 'plain') return at(await readPage(access, plan, chunk, ''), null);
  if (mode === 'snapshot') {
    const high = await snapshotBehind(access, chunk.start as BinlogPosition, run);
    const page = await readPage(access, plan, chunk, '');
    await run('COMMIT');
    return at(page, high);
  }
  if (chunk.isExact) {
    await run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await run('START TRANSACTION');
    const page = await readPage(access, plan, chunk, LOCKED), high = await currentPosition(server, connection, facts);
    await run('COMMIT');
    return at(page, high);
  }
  if (mode === 'gtid') await waitExecuted(access, (chunk.start as BinlogPosition).gtids ?? '');
  const page = await readPage(access, plan, chunk, mode === 'locks' ? LOCKED : '');
  return at(page, await currentPosition(server, connection, facts));
}
async function waitExecuted({ server, connection, isCancelled }: ChunkAccess, gtids: string): Promise<void> {
  for (;;) {
    const [row] = await query(server, connection, 'SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)', [gtids], 'wait for transactions to be committed');
    if (row?.[0] === '1' || isCancelled()) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
async function snapshotBehind({ server, connection, isCancelled }: ChunkAccess, start: BinlogPosition, run: (sql: string) => Promise<unknown>): Promise<BinlogPosition> {
  for (;;) {
    await run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const rows = await query(server, connection, "SHOW STATUS LIKE 'binlog_snapshot_%'", [], 'tell the binlog position of a snapshot');
    const of = (name: string): string => String(rows.find((r) => String(r[0]).toLowerCase() === name)?.[1] ?? '');
    const place = { file: of('binlog_snapshot_file'), pos: Number(of('binlog_snapshot_position')), gtids: null };
    if (isReached(place, start) || isCancelled()) return place;
    await run('COMMIT');
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

interface Page { readonly range: KeyRange; readonly rest: KeyRange | null }
async function readPage(access: ChunkAccess, plan: KeyPlan, chunk: Chunk, locks: string): Promise<Page | 'too much'> {
  const { range } = chunk, { rows } = chunk, canCut = plan.order.length > 0, limit = access.rowsPerRead;
  rows.reset();
  await readRange(access, plan, chunk, range, locks, canCut ? limit : null);
  if (rows.isTooMuch) return 'too much';
  if (!canCut || rows.count < limit) return { range, rest: null };
  const bound = await plan.boundOf(access.connection, keyCells(plan, chunk, rows, rows.count - 1));
  // Rows without a value in the chunk key come first and cannot be a boundary; there are more of them than fit.
  const cut: KeyRange = bound.sort[0] === null ? range : { from: range.from, to: bound };
  if (!plan.isUnique) {
    rows.reset();
    await readRange(access, plan, chunk, cut, locks, null);
    if (rows.isTooMuch) return 'too much';
  }
  return { range: cut, rest: cut === range ? null : { from: bound, to: range.to } };
}
function readRange(access: ChunkAccess, plan: KeyPlan, chunk: Chunk, range: KeyRange, locks: string, limit: number | null): Promise<void> {
  const { table } = chunk.shape, condition = rangeCondition(plan.quotedOrder, range, plan.isNullable), columns = selectedColumns(chunk.shape, plan);
  const sql = `SELECT ${columns.sql} FROM ${quotedTable(table)}${condition === '' ? '' : ` WHERE ${condition}`}${limit === null ? '' : ` ORDER BY ${plan.quotedOrder.join(', ')} LIMIT ${limit}`}${locks}`;
  return readRawRows(access.server, access.connection, sql, chunk.rows, `read rows of ${table.database}.${table.table}`);
}
function keyCells(plan: KeyPlan, chunk: Chunk, rows: RawRows, row: number): (Buffer | null)[] {
  const { keyCells: at } = selectedColumns(chunk.shape, plan);
  return plan.order.map((_, i) => rows.cell(row, at[i] as number));
}
