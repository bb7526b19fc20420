/**
 * Cuts chunks off what is left of a table, one at a time, as connections become free. Integer keys spread evenly enough (span of the key
 * by rows within `evenFactor`) are cut by arithmetic; otherwise the server is asked for the key that lies so many rows on. However a range
 * was cut, reading it stops after `rowsPerRead` rows, and what is left of the range is given back, so a chunk's memory does not depend on
 * how keys are spread.
 */
import type { Connection } from 'mysql2/promise';
import { query } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import type { MySqlTable } from '../contract.ts';
import type { KeyPlan } from './key-plan.ts';
import { rangeCondition, type Bound, type KeyRange } from './ranges.ts';
import { quotedTable } from './structure.ts';

const INTEGERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
interface Steps { readonly min: bigint; readonly max: bigint; readonly step: bigint }

export class Splitter {
  private readonly server: MySqlServer;
  private readonly chunkSize: number;
  private readonly evenFactor: readonly [number, number];
  private readonly table: MySqlTable;
  private readonly plan: KeyPlan;
  private readonly columns: readonly string[];
  /** undefined: not asked yet; null: keys are not even. */
  private steps: Steps | null | undefined;
  /** The server's estimate. */
  readonly estimatedRows: number;
  constructor(options: { server: MySqlServer; chunkSize: number; evenFactor: readonly [number, number]; table: MySqlTable; plan: KeyPlan; estimatedRows: number }) {
    this.server = options.server;
    this.chunkSize = options.chunkSize;
    this.evenFactor = options.evenFactor;
    this.table = options.table;
    this.plan = options.plan;
    this.estimatedRows = options.estimatedRows;
    this.columns = options.plan.quotedOrder;
  }
  /** The end of a chunk that begins where the range begins; null = the whole range. */
  async cut(connection: Connection, range: KeyRange): Promise<Bound | null> {
    if (this.columns.length === 0) return null;
    if (range.from === null && range.to === null && this.estimatedRows <= this.chunkSize) return null;
    this.steps ??= await this.askSteps(connection);
    return this.steps === null ? this.ask(connection, range) : this.stepFrom(range, this.steps);
  }
  private async askSteps(connection: Connection): Promise<Steps | null> {
    const [column] = this.plan.order;
    if (column === undefined || !INTEGERS.has(column.dataType) || this.columns.length !== 1 || this.estimatedRows === 0) return null;
    const [row] = await query(this.server, connection, `SELECT MIN(${this.columns[0]}), MAX(${this.columns[0]}) FROM ${quotedTable(this.table)}`, [], `find the ends of the key of ${this.table.database}.${this.table.table}`);
    const low = row?.[0], high = row?.[1];
    if (typeof low !== 'string' || typeof high !== 'string') return null;
    const min = BigInt(low), max = BigInt(high), factor = Number(max - min + 1n) / this.estimatedRows;
    if (factor < this.evenFactor[0] || factor > this.evenFactor[1]) return null;
    return { min, max, step: BigInt(Math.max(1, Math.round(this.chunkSize * Math.max(1, factor)))) };
  }
  private stepFrom(range: KeyRange, { min, max, step }: Steps): Bound | null {
    const from = range.from === null ? min - 1n : BigInt(range.from.sort[0] as number | bigint), to = from + step;
    const end = range.to === null ? max : BigInt(range.to.sort[0] as number | bigint);
    return to >= end ? null : { sort: [to >= -9007199254740991n && to <= 9007199254740991n ? Number(to) : to], literals: [String(to)] };
  }
  private async ask(connection: Connection, range: KeyRange): Promise<Bound | null> {
    const condition = rangeCondition(this.columns, range, false), known = this.plan.isNullable ? `${condition === '' ? '' : `${condition} AND `}${this.columns[0]} IS NOT NULL` : condition;
    const [row] = await query(this.server, connection, `SELECT ${this.plan.selectedOrder.join(', ')} FROM ${quotedTable(this.table)}${known === '' ? '' : ` WHERE ${known}`} ORDER BY ${this.columns.join(', ')} LIMIT 1 OFFSET ${this.chunkSize - 1}`, [], `find the next chunk of ${this.table.database}.${this.table.table}`);
    if (row === undefined) return null;
    const cells = row.map((v) => (v === null ? null : typeof v === 'string' ? Buffer.from(v, 'utf8') : v));
    return this.plan.boundOf(connection, cells);
  }
}
