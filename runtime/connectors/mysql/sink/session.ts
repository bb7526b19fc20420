/**
 * The connection of a sink: opened when needed, opened again when it was lost. Statements that may pass when they are sent again (lost
 * connection, deadlock, lock wait) are, with growing pauses; what MySQL says of a row is turned into an error that names the row.
 */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { mysqlConnectionLost } from '../../../../core/errors/mysql.ts';
import { mysqlRowRefused } from '../../../../core/errors/mysql-tables.ts';
import { errorNumber, isConnectionLoss, mysqlError, openConnection, pauseBeforeRetry } from '../connection/open.ts';
import { serverText } from '../connection/server.ts';
import type { SinkContext } from '../../contract.ts';
import type { SinkSpec } from '../table/spec.ts';
import type { TargetTable } from '../table/target.ts';
import type { Statement } from './statements.ts';

/** Explicit zeros stay zeros in AUTO_INCREMENT columns; backslash escapes stay on (`literals.ts`). */
const SESSION = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO', SESSION transaction_isolation = 'READ-COMMITTED', SESSION unique_checks = 1";
const MARIADB_SESSION = SESSION.replace('transaction_isolation', 'tx_isolation');

/** Errors a row's values cause: bad null, duplicate, too long, out of range, wrong value, checks, foreign keys, JSON. */
const ROW_ERRORS = new Set([1048, 1062, 1264, 1265, 1292, 1366, 1367, 1406, 1416, 1451, 1452, 1525, 1586, 1690, 3140, 3141, 3143, 3145, 3156, 3157, 3158, 3819, 4025]);

/** MySQL: column 'c'; MariaDB: column `db`.`t`.`c`. */
const COLUMN = /(?:column|field) (?:'([^']*)'|(?:`[^`]*`\.)*`([^`]*)`)/i;

export class SinkSession {
  private connection: Connection | undefined;
  private readonly spec: SinkSpec;
  private readonly context: SinkContext;
  private isClosed = false;
  constructor(spec: SinkSpec, context: SinkContext) { this.spec = spec; this.context = context; }

  async connect(): Promise<Connection> {
    if (this.isClosed) throw mysqlConnectionLost({ server: serverText(this.spec.server), why: 'The sink was closed' });
    if (this.connection === undefined) {
      const connection = await openConnection(this.spec.server, { literalStatements: true });
      this.connection = connection;
      await connection.query(SESSION).catch(() => connection.query(MARIADB_SESSION));
    }
    return this.connection;
  }
  /** A failure of a statement outside `retried`. */
  failed(raw: unknown, what: string): RivuletError {
    const error = raw instanceof RivuletError ? raw : mysqlError(this.spec.server, raw, what);
    if (isConnectionLoss(raw)) this.drop();
    return error;
  }
  drop(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }
  /** Repeats `work` while its failures may pass. `work` must leave nothing half done: it is a transaction, or idempotent. */
  async retried<T>(what: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try { return await work(await this.connect()); } catch (raw) {
        const error = raw instanceof RivuletError ? raw : mysqlError(this.spec.server, raw, what);
        if (isConnectionLoss(raw) || error.code === 'mysql-connection-lost' || error.code === 'mysql-unreachable') this.drop();
        if (attempt >= this.spec.maxRetries || error.retry === 'never' || this.isClosed) throw error;
        this.context.counter('sinkRetries').value++;
        this.context.log('warn', `${what} failed and is tried again: ${error.message}`, { table: this.spec.table, attempt: attempt + 1, detail: error.detail });
        await pauseBeforeRetry(attempt);
      }
    }
  }
  /** One transaction; rolled back where it fails. `statements` gives them anew each time it is tried. */
  async transaction(statements: () => Iterator<Statement>, target: TargetTable): Promise<void> {
    await this.retried(`write to ${target.text}`, async (connection) => {
      const list = statements(), first = list.next();
      if (first.done === true) return;
      let next = list.next();
      if (next.done === true) { await this.run(connection, first.value, target, false); return; }
      await connection.query('START TRANSACTION');
      try {
        await this.run(connection, first.value, target, true);
        for (; next.done !== true; next = list.next()) await this.run(connection, next.value, target, true);
        await connection.query('COMMIT');
      } catch (error) {
        await connection.query('ROLLBACK').catch(() => this.drop());
        throw error;
      }
    });
  }
  /** Throws mysql-row-refused where a value is to blame. `inside`: a transaction is open, which stays open. */
  async run(connection: Connection, statement: Statement, target: TargetTable, inside: boolean): Promise<void> {
    try { await connection.query(statement.sql); } catch (error) {
      const number = errorNumber(error);
      if (number === undefined || !ROW_ERRORS.has(number)) throw error;
      throw await this.rowError(connection, statement, target, error as { sqlMessage: string }, inside);
    }
  }
  /** Most messages count the row; for the others the statement is halved, undone each time, until one row is left. */
  private async rowError(connection: Connection, { rows, over, nameOf }: Statement, target: TargetTable, { sqlMessage }: { sqlMessage: string }, inside: boolean): Promise<Error> {
    const at = /at row (\d+)/.exec(sqlMessage)?.[1], column = COLUMN.exec(sqlMessage);
    let low = at === undefined ? 0 : Number(at) - 1, high = at === undefined ? rows.length : low + 1;
    if (high - low > 1) await connection.query(inside ? 'SAVEPOINT rivulet_search' : 'START TRANSACTION');
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const fails = await connection.query(over(rows.slice(low, middle))).then(() => false, () => true);
      await connection.query(inside ? 'ROLLBACK TO SAVEPOINT rivulet_search' : 'ROLLBACK AND CHAIN');
      if (fails) high = middle; else low = middle;
    }
    if (!inside) await connection.query('ROLLBACK');
    const row = rows[low];
    return mysqlRowRefused({
      target: target.text, table: this.spec.table, row: row === undefined ? `one of ${rows.length}` : nameOf(row), column: column?.[1] ?? column?.[2],
      why: sqlMessage.replace(/ at row \d+$/, ''), hint: 'Mend or filter such rows in the query; the job goes on from its last checkpoint.',
    });
  }
  async close(): Promise<void> {
    this.isClosed = true;
    const { connection } = this;
    this.connection = undefined;
    if (connection === undefined) return;
    // A statement still under way must not hold up a stop.
    const timer = setTimeout(() => connection.destroy(), 2000).unref();
    await connection.end().catch(() => connection.destroy());
    clearTimeout(timer);
  }
}
