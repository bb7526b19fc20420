/**
 * Rows exactly once: the rows of an epoch are an XA transaction of MySQL. `prepare` ends and prepares it, so that it outlives server and
 * connection; the checkpoint keeps its name; `commit` commits it. In the same transaction the epoch is written into `rivulet_epochs`
 * (made on demand in the target's database), which tells a transaction that was committed from one that got lost. Case table of a restart:
 *
 *   killed …                             transaction of the epoch      rivulet_epochs   done
 *   before XA PREPARE                    rolled back by MySQL          before it        nothing: the rows come again
 *   before the checkpoint was durable    prepared, in no checkpoint    before it        rolled back when the job recovers or its writer opens
 *   after it, before XA COMMIT           prepared                      before it        committed
 *   after XA COMMIT                      gone                          has the epoch    nothing
 *   rolled back by somebody              gone                          before it        mysql-transaction-lost, the job fails
 */
import { createHash } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { mysqlTransactionLost, mysqlXaRefused } from '../../../../core/errors/mysql-tables.ts';
import type { SinkNode } from '../../../../planner/physical/plan.ts';
import type { SinkContext } from '../../contract.ts';
import { errorNumber, mysqlError, quoteName, quoteText } from '../connection/open.ts';
import { tableText } from '../contract.ts';
import type { SinkSpec } from '../table/spec.ts';
import type { SinkSession } from './session.ts';

/** What a checkpoint keeps. */
export interface PreparedEpoch { readonly xid: string; readonly sink: string; readonly epoch: number }
const UNKNOWN_XID = 1397;
const what = 'end a prepared transaction';

/** What the names of all transactions of a sink begin with: at most 64 bytes with subtask and epoch. */
export const xidPrefix = (node: SinkNode, context: SinkContext): string => `rivulet-${createHash('sha256').update(`${context.jobId}/${node.id}`).digest('hex').slice(0, 24)}-`;
export const sinkName = (prefix: string, subtask: number): string => `${prefix}${subtask}`;
let made = 0;
/** A name nobody has used: the number of the epoch is not known when its first row is written. */
export const freshXid = (prefix: string, subtask: number): string => `${sinkName(prefix, subtask)}-${Date.now().toString(36)}-${++made}`;
const epochsTable = (spec: SinkSpec): string => `${quoteName(spec.database)}.\`rivulet_epochs\``;

export async function createEpochs(spec: SinkSpec, connection: Connection): Promise<void> {
  try {
    await connection.query(`CREATE TABLE IF NOT EXISTS ${epochsTable(spec)} (sink VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, xid VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, target VARCHAR(300) NOT NULL, written_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)) COMMENT = 'Epochs that Rivulet has written exactly once'`);
  } catch (error) { throw mysqlError(spec.server, error, 'create table rivulet_epochs'); }
}
export const markEpoch = (spec: SinkSpec, { sink, epoch, xid }: PreparedEpoch): string =>
  `INSERT INTO ${epochsTable(spec)} (sink, epoch, xid, target) VALUES (${quoteText(sink)}, ${epoch}, ${quoteText(xid)}, ${quoteText(tableText({ database: spec.database, table: spec.name }))}) ON DUPLICATE KEY UPDATE epoch = ${epoch}, xid = ${quoteText(xid)}`;

/** A connection that died may hold its transaction for a moment longer: it is unknown to others until the server has noticed. */
const LOST_TRIES = 20, LOST_PAUSE_MS = 250;
/** Idempotent. Throws mysql-transaction-lost. */
export async function commitPrepared(spec: SinkSpec, session: SinkSession, prepared: PreparedEpoch): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const isDone = await session.retried('commit a prepared transaction', async (connection) => {
      try { await connection.query(`XA COMMIT ${quoteText(prepared.xid)}`); return true; } catch (error) { if (errorNumber(error) !== UNKNOWN_XID) throw error; }
      const [rows] = await connection.query(`SELECT epoch, xid FROM ${epochsTable(spec)} WHERE sink = ${quoteText(prepared.sink)}`), [row] = rows as unknown as string[][];
      // A later epoch is written only when this one is committed.
      return row !== undefined && (row[1] === prepared.xid || Number(row[0]) > prepared.epoch);
    });
    if (isDone) return;
    if (attempt === LOST_TRIES) throw mysqlTransactionLost({ target: tableText({ database: spec.database, table: spec.name }), table: spec.table, epoch: prepared.epoch, xid: prepared.xid });
    await new Promise((resolve) => { setTimeout(resolve, LOST_PAUSE_MS); });
  }
}
/** Rolls back what is prepared under names of this sink that begin so, except `keep`. Throws mysql-xa-refused when the user may not ask. */
export async function rollBackOthers(spec: SinkSpec, session: SinkSession, prefix: string, keep: ReadonlySet<string>): Promise<void> {
  await session.retried(what, async (connection) => {
    let names: string[];
    try {
      const [rows] = await connection.query('XA RECOVER');
      names = (rows as unknown as (string | Buffer | null)[][]).map((r) => String(r[3]));
    } catch (error) {
      const failed = mysqlError(spec.server, error, 'list prepared transactions');
      if (failed.retry === 'never') throw mysqlXaRefused({ table: spec.table, why: failed.detail ?? failed.message });
      throw error;
    }
    for (const name of names) {
      if (!name.startsWith(prefix) || keep.has(name)) continue;
      await connection.query(`XA ROLLBACK ${quoteText(name)}`).catch((error: unknown) => { if (errorNumber(error) !== UNKNOWN_XID) throw error; });
    }
  });
}
