/**
 * The keys of a table under snapshot: by which columns it is cut and rows are placed (`order`), by which rows are told apart
 * (`identity`), and the sort values of its texts, which the server gives.
 */
import type { Connection } from 'mysql2/promise';
import { quoteName, selectedName, query } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { MySqlColumn, MySqlTable } from '../contract.ts';
import { chunkKeyUnusable } from '../../../../core/errors/mysql-cdc.ts';
import { keyOrderOf, literalKindOf, literalOf, sortValueOf, weightExpression, type KeyOrderKind, type SortValue } from './key-order.ts';
import type { Bound } from './ranges.ts';
import { keyType, textCell, type DecoderOptions, type TextCell } from './values.ts';

/** Sort weights kept; beyond it the table of weights is begun anew. */
const MOST_WEIGHTS = 100_000;
/** Weights asked for with one statement. */
const WEIGHTS_PER_STATEMENT = 500;

export class KeyPlan {
  readonly order: readonly MySqlColumn[];
  readonly kinds: readonly KeyOrderKind[];
  /** Key columns in full; empty = rows cannot be told apart. */
  readonly identity: readonly MySqlColumn[];
  /** All of `order`, then what `identity` has besides. */
  readonly columns: readonly MySqlColumn[];
  /** By position in `columns`. */
  readonly identityAt: readonly number[];
  /** No two rows have the same `order` values. */
  readonly isUnique: boolean;
  readonly isNullable: boolean;
  private readonly server: MySqlServer;
  private readonly cells: readonly TextCell[];
  private readonly weights = new Map<string, Buffer>();
  /** @param chunkKey named by the user, else null */
  constructor(server: MySqlServer, table: MySqlTable, chunkKey: string | null, values: DecoderOptions) {
    this.server = server;
    const find = (name: string): MySqlColumn | undefined => table.columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
    this.identity = table.primaryKey.flatMap((name) => find(name) ?? []);
    const order: MySqlColumn[] = [];
    if (chunkKey === null) for (const column of this.identity) { if (keyOrderOf(column) === undefined) break; order.push(column); }
    else {
      const column = find(chunkKey);
      if (column === undefined || keyOrderOf(column) === undefined) throw chunkKeyUnusable({ column: chunkKey, table: `${table.database}.${table.table}`, type: column?.dataType });
      order.push(column);
    }
    this.order = order;
    this.kinds = order.map((c) => keyOrderOf(c) as KeyOrderKind);
    this.columns = [...order, ...this.identity.filter((c) => !order.includes(c))];
    this.identityAt = this.identity.map((c) => this.columns.indexOf(c));
    this.isUnique = this.identity.length > 0 && this.identity.every((c) => order.includes(c));
    this.isNullable = order.some((c) => c.nullable);
    this.cells = order.map((c) => textCell(table, c, keyType(c), values));
  }
  /** Text form of a row's identity: equal for equal keys. `values`: by position in `columns`. */
  identityText(values: readonly unknown[]): string {
    let text = '';
    for (let i = 0; i < this.identityAt.length; i++) {
      const v = values[this.identityAt[i] as number], part = v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : String(v);
      text += `${part.length}:${part}`;
    }
    return text;
  }
  /** Sort values of a row, or undefined while weights are missing; `missing` gets the texts to ask for. */
  sortValues(values: readonly unknown[], missing: Map<string, { column: number; text: string }> | undefined): SortValue[] | undefined {
    const out: SortValue[] = [];
    let isComplete = true;
    for (let i = 0; i < this.kinds.length; i++) {
      let value = sortValueOf(this.kinds[i] as KeyOrderKind, values[i]);
      if (value === undefined) {
        const key = `${i}:${values[i] as string}`;
        value = this.weights.get(key);
        if (value === undefined) { missing?.set(key, { column: i, text: values[i] as string }); isComplete = false; continue; }
      }
      out.push(value);
    }
    return isComplete ? out : undefined;
  }
  async askWeights(connection: Connection, missing: ReadonlyMap<string, { column: number; text: string }>): Promise<void> {
    if (this.weights.size > MOST_WEIGHTS) this.weights.clear();
    const all = [...missing];
    for (let at = 0; at < all.length; at += WEIGHTS_PER_STATEMENT) {
      const some = all.slice(at, at + WEIGHTS_PER_STATEMENT);
      const wanted = some.map(([, m]) => `HEX(${weightExpression(this.order[m.column] as MySqlColumn, literalOf('text', Buffer.from(m.text, 'utf8')))})`);
      const [row] = await query(this.server, connection, `SELECT ${wanted.join(', ')}`, [], `give the sort order of keys (server ${serverText(this.server)})`);
      some.forEach(([key], i) => this.weights.set(key, Buffer.from(String(row?.[i] ?? ''), 'hex')));
    }
  }
  /** A boundary from the values of the text protocol, by `order`. */
  async boundOf(connection: Connection, cells: readonly (Buffer | null)[]): Promise<Bound> {
    const values = cells.map((cell, i) => (cell === null ? null : (this.cells[i] as TextCell)(cell, 0, cell.length)));
    const missing = new Map<string, { column: number; text: string }>();
    let sort = this.sortValues(values, missing);
    if (sort === undefined) { await this.askWeights(connection, missing); sort = this.sortValues(values, undefined) ?? []; }
    return { sort, literals: this.order.map((c, i) => literalOf(literalKindOf(c), cells[i] ?? null)) };
  }
  /** In a SELECT list. */
  get selectedOrder(): string[] { return this.order.map((c) => selectedName(c.name)); }
  get quotedOrder(): string[] { return this.order.map((c) => quoteName(c.name)); }
}
