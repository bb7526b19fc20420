/**
 * Lookups in a MySQL table: one SELECT for many keys (`k IN (…)`, `(a, b) IN ((…), …)`), on a connection that is kept. What MySQL's
 * collation takes for equal ('a' and 'A') comes back too; rows go to the keys they equal as SQL values. Keys that a column cannot hold
 * match nothing. Failures that may pass are asked again with pauses; the number of rows read at once is bounded by the keys asked for.
 */
import type { Connection } from 'mysql2/promise';
import { tooManyLookupRows } from '../../../../core/errors/mysql-tables.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { LookupJoinNode } from '../../../../planner/physical/plan.ts';
import { constantKeys, markOf, type KeyMark } from '../../../operators/lookup-cache.ts';
import type { ConnectorContext, LookupFactory, LookupReader, LookupRow } from '../../contract.ts';
import { isConnectionLoss, mysqlError, openConnection, quoteName, type TextRow, pauseBeforeRetry } from '../connection/open.ts';
import { literalOf, type Literal } from '../sink/literals.ts';
import { checkFit } from '../table/fit.ts';
import type { TableSpec } from '../table/spec.ts';
import { columnsOf, readTarget, type TargetColumn, type TargetTable } from '../table/target.ts';
import { readText, selected, type ReadText } from '../table/text-values.ts';

/** A connection that has been unused so long is looked at before it is trusted: servers and firewalls drop such. */
const IDLE_MS = 30_000;

class MySqlLookup implements LookupReader {
  private readonly spec: TableSpec;
  private readonly node: LookupJoinNode;
  private readonly context: ConnectorContext;
  private connection: Promise<Connection> | undefined;
  private usedMs = 0;
  private isClosed = false;
  private target!: TargetTable;
  private readers: readonly ReadText[] = [];
  private head = '';
  private keys: readonly { readonly column: number; readonly literal: Literal; readonly name: string }[] = [];
  private constants: readonly string[] = [];
  /** The constants again: MySQL's collation may have let others through. */
  private marks: readonly { readonly column: number; readonly mark: KeyMark }[] = [];
  constructor(node: LookupJoinNode, context: ConnectorContext) {
    this.node = node;
    this.spec = node.spec as unknown as TableSpec;
    this.context = context;
  }
  async open(): Promise<void> {
    const { spec, node } = this, wanted = node.fields.map((f) => (f.kind === 'physical' ? f.field : -1));
    this.target = await this.retried((connection) => readTarget(spec, connection));
    const columns = columnsOf(this.target, spec, wanted), types = wanted.map((i) => spec.columns[i]?.type as SqlType);
    columns.forEach((c, i) => checkFit(spec, this.target, c, types[i] as SqlType, 'read'));
    this.readers = columns.map((c, i) => readText(types[i] as SqlType, c, spec));
    this.head = `SELECT ${columns.map(selected).join(', ')} FROM ${quoteName(spec.database)}.${quoteName(spec.name)}`;
    // A FLOAT is compared as the double it is.
    const literal = (column: number): Literal => (types[column]?.kind === 'FLOAT' ? String : literalOf(types[column] as SqlType, columns[column] as TargetColumn, spec.zone, spec.table));
    const key = (column: number): { column: number; literal: Literal; name: string } => ({ column, literal: literal(column), name: quoteName((columns[column] as TargetColumn).name) });
    this.keys = node.keys.flatMap((k) => ('from' in k ? [key(k.column)] : []));
    this.marks = constantKeys(node).map(({ column, value }) => ({ column, mark: markOf([value]) }));
    this.constants = constantKeys(node).map(({ column, value }) => { const { name, literal: text } = key(column); return `${name} = ${text(value as never)}`; });
  }
  async lookup(keys: readonly (readonly unknown[])[]): Promise<readonly (readonly LookupRow[])[]> {
    const found = new Map<KeyMark, LookupRow[]>();
    for (const row of await this.select(keys)) {
      const mark = markOf(this.keys.map((k) => row[k.column])), rows = found.get(mark);
      if (rows === undefined) found.set(mark, [row]);
      else if (rows.push(row) > this.node.maxRowsPerKey) throw tooManyLookupRows({ table: this.spec.table, key: `(${this.keys.map((k) => String(row[k.column])).join(', ')})`, limit: this.node.maxRowsPerKey });
    }
    return keys.map((key) => found.get(markOf(key)) ?? []);
  }
  all(): Promise<readonly LookupRow[]> { return this.select(undefined); }
  private async select(keys: readonly (readonly unknown[])[] | undefined): Promise<LookupRow[]> {
    const sane = keys?.filter((key) => !key.some((v) => typeof v === 'number' && !Number.isFinite(v)));
    if (sane?.length === 0) return [];
    const condition = sane === undefined || this.keys.length === 0 ? undefined : this.keyCondition(sane);
    if (condition !== undefined && sane !== undefined && sane.length > 1 && condition.length * 3 > this.target.maxPacket - 4096) {
      const middle = sane.length >> 1;
      return [...await this.select(sane.slice(0, middle)), ...await this.select(sane.slice(middle))];
    }
    const conditions = [...this.constants, ...(condition === undefined ? [] : [condition])], where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const rows = await this.retried(async (connection) => (await connection.query(`${this.head}${where}`))[0] as unknown as TextRow[]);
    const read = rows.map((row) => row.map((value, c) => (value === null ? null : (this.readers[c] as ReadText)(value))));
    return this.marks.length === 0 ? read : read.filter((row) => this.marks.every(({ column, mark }) => row[column] !== null && markOf([row[column]]) === mark));
  }
  private keyCondition(keys: readonly (readonly unknown[])[]): string {
    const part = (key: readonly unknown[], i: number): string => (this.keys[i]?.literal as Literal)(key[i] as never), [only] = this.keys;
    if (this.keys.length === 1 && only !== undefined) return `${only.name} IN (${keys.map((key) => part(key, 0)).join(', ')})`;
    return `(${this.keys.map((k) => k.name).join(', ')}) IN (${keys.map((key) => `(${key.map((_, i) => part(key, i)).join(', ')})`).join(', ')})`;
  }

  private async connect(): Promise<Connection> {
    const now = this.context.nowMs(), isOld = now - this.usedMs > IDLE_MS;
    this.usedMs = now;
    if (this.connection !== undefined && isOld) await (await this.connection).ping().catch(() => { this.drop(); });
    return await (this.connection ??= openConnection(this.spec.server, { literalStatements: true }));
  }
  private drop(): void {
    void this.connection?.then((c) => c.destroy(), () => {});
    this.connection = undefined;
  }
  private async retried<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try { return await work(await this.connect()); } catch (raw) {
        const error = raw instanceof RivuletError ? raw : mysqlError(this.spec.server, raw, `look up rows of ${this.spec.database}.${this.spec.name}`);
        if (isConnectionLoss(raw) || error.code === 'mysql-connection-lost' || error.code === 'mysql-unreachable') this.drop();
        if (attempt >= this.spec.maxRetries || error.retry === 'never' || this.isClosed) throw error;
        this.context.counter('lookupRetries').value++;
        this.context.log('warn', `a lookup failed and is asked again: ${error.message}`, { table: this.spec.table, attempt: attempt + 1, detail: error.detail });
        await pauseBeforeRetry(attempt);
      }
    }
  }
  async close(): Promise<void> {
    this.isClosed = true;
    this.drop();
  }
}
const factory = (identifier: string): LookupFactory => ({ identifier, create: (node, context) => new MySqlLookup(node, context) });
export const mysqlLookup = factory('mysql'), jdbcLookup = factory('jdbc');
