/**
 * State of compiling one catalog query: which system tables it reads, which parameters it has, and the call environment of its
 * functions. Compiling touches nothing outside; `load` then fetches what the compiled closures will read, and running is synchronous.
 */
import { functionNotFound, invalidQuery, typeMismatch, unknownType } from '../../core/errors/planner.ts';
import { systemQueryTooLarge } from '../../core/errors/system-query.ts';
import type { SourceRange } from '../../core/errors/define.ts';
import { timestampDigits, type SqlType } from '../../core/types/sql-type.ts';
import type { CatalogType } from '../gateway/contract.ts';
import { formatType, oidOfType, pgTypeNamed, pgTypeOfSql, sqlTypeOf, typeNameOfOid } from '../../catalog/system/pg-types.ts';
import { snapshotOf, type Snapshot } from '../../catalog/system/snapshot.ts';
import type { SystemContext, SystemTable } from '../../catalog/system/system-tables.ts';
import { printType } from './type-name.ts';
import type { TypeNode } from '../../planner/sql/ast.ts';
import { functionNames, scalarFunction } from './functions/index.ts';
import { SnapshotNames, type Names } from './names.ts';
import { unite, type Column, type Env, type Row, type Uses } from './scope.ts';
import { converter, isReg } from './values.ts';

/** Less than a second of work, and what memory its rows may take. */
const MAX_ROWS = 400_000;

/** A compiled expression. */
export interface Value {
  readonly type: string;
  readonly uses: Uses;
  readonly run: (env: Env) => unknown;
  /** Set for constants. */
  readonly literal?: { readonly value: unknown } | undefined;
  /** Set for $n whose type is still open. */
  readonly parameter?: number | undefined;
  /** Of a record: its columns. */
  readonly fields?: readonly Column[] | undefined;
}
/** `demand` tells the snapshot which relations' columns are wanted, and is absent where nothing is dear to find. */
export interface LoadedTable { readonly table: SystemTable; rows: readonly Row[]; readonly demand: ((key: unknown) => void) | undefined }
/** Types of $n as the client declared or the description found them, and their values when the query is to run. */
export interface QueryParameters { readonly types: readonly (SqlType | undefined)[]; readonly values?: readonly unknown[] | undefined }

export class Compiler {
  readonly context: SystemContext;
  readonly snapshot: Snapshot;
  readonly names: Names;
  readonly parameterTypes: (string | undefined)[];
  private readonly parameterValues: readonly unknown[] | undefined;
  private readonly tables = new Map<SystemTable, LoadedTable>();
  private needsRelations = false;
  private rowsLeft = MAX_ROWS;
  constructor(context: SystemContext, parameters: QueryParameters) {
    this.context = context;
    this.snapshot = snapshotOf(context);
    this.names = new SnapshotNames(this.snapshot);
    this.parameterTypes = parameters.types.map((t) => (t === undefined ? undefined : typeNameOfOid(pgTypeOfSql(t).oid)));
    this.parameterValues = parameters.values?.map((v, i) => incoming(v, parameters.types[i]));
  }
  /** Counts rows that were looked at. Throws system-query-too-large. */
  look(rows: number): void { if ((this.rowsLeft -= rows) < 0) throw systemQueryTooLarge({ rows: MAX_ROWS }); }
  table(table: SystemTable): LoadedTable {
    let loaded = this.tables.get(table);
    if (loaded === undefined) { loaded = { table, rows: [], demand: this.snapshot.isDear ? (key) => this.snapshot.demand(key) : undefined }; this.tables.set(table, loaded); }
    return loaded;
  }
  async load(): Promise<void> {
    if (this.needsRelations) await this.snapshot.relations();
    for (const loaded of this.tables.values()) loaded.rows = await loaded.table.rows(this.context);
  }

  constant(value: unknown, type: string): Value { return { type, uses: [], literal: { value }, run: () => value }; }
  parameter(index: number, range: SourceRange): Value {
    const at = index - 1, type = this.parameterTypes[at];
    if (this.parameterValues !== undefined && at >= this.parameterValues.length) throw invalidQuery({ what: `parameter $${index} was not given` }, { range });
    const value = this.parameterValues?.[at] ?? null;
    if (type === undefined) { this.parameterTypes[at] = undefined; return { type: 'unknown', uses: [], parameter: index, run: () => value }; }
    return { type, uses: [], run: () => value };
  }
  /** The value as another type; throws when there is no such cast. A parameter of open type takes the type. */
  cast(value: Value, to: string, range: SourceRange): Value {
    if (value.type === to) return value;
    if (value.parameter !== undefined && to !== 'unknown') {
      this.parameterTypes[value.parameter - 1] = to === 'name' || to === 'char' || isReg(to) ? 'text' : to;
      return this.cast({ type: isReg(to) ? 'text' : to, uses: [], run: value.run }, to, range);
    }
    const convert = converter(value.type, to, this.names);
    if (convert === undefined) throw typeMismatch({ what: `cannot cast type ${shown(value.type)} to ${shown(to)}` }, { range });
    if (isReg(to) || isReg(value.type)) this.needsRelations = true;
    if (value.literal !== undefined && !isReg(to) && !isReg(value.type)) {
      const { literal } = value;
      return this.constant(literal.value === null ? null : convert(literal.value), to);
    }
    const { run } = value;
    return { type: to, uses: value.uses, fields: to === 'record' ? value.fields : undefined, run: (env) => { const v = run(env); return v === null ? null : convert(v); } };
  }
  /** Literals and parameters of unknown type become texts. */
  settled(value: Value): Value { return value.type === 'unknown' ? this.cast(value, 'text', { start: 0, end: 0 }) : value; }

  call(name: string, args: readonly Value[], range: SourceRange): Value {
    const fn = scalarFunction(name);
    if (fn === undefined) throw functionNotFound({ name, known: functionNames() }, { range });
    if (fn.relations) this.needsRelations = true;
    const given = args.map((a, i) => {
      const wanted = fn.args[Math.min(i, fn.args.length - 1)] ?? 'any';
      return wanted === 'any' ? this.settled(a) : a.type === wanted ? a : this.cast(a, wanted, range);
    });
    const types = given.map((a) => a.type), call = { context: this.context, snapshot: this.snapshot, names: this.names, types };
    const type = typeof fn.result === 'string' ? fn.result : fn.result(types), { strict } = fn;
    const run = (env: Env): unknown => {
      const values: unknown[] = [];
      for (const a of given) { const v = a.run(env); if (v === null && strict) return null; values.push(v); }
      return fn.run(values, call) ?? null;
    };
    return { type, uses: unite(given.map((a) => a.uses)), run };
  }
  callEnvironment(types: readonly string[]): { context: SystemContext; snapshot: Snapshot; names: Names; types: readonly string[] } { return { context: this.context, snapshot: this.snapshot, names: this.names, types }; }

  typeNamed(node: TypeNode): string {
    const text = printType(node), name = pgTypeNamed(text);
    if (name === undefined) throw unknownType({ type: text, known: [] }, { range: node.range });
    return name;
  }
  /** Types of $n for the protocol; text where nothing told. */
  describeParameters(): { readonly types: SqlType[]; readonly catalogTypes: (CatalogType | undefined)[] } {
    const all = Array.from(this.parameterTypes, (t) => t ?? 'text');
    return { types: all.map(sqlTypeOf), catalogTypes: all.map((t) => (t === 'oid' || t === 'oid[]' ? t : undefined)) };
  }
}
/** Values of parameters as values here: numbers for DECIMAL, milliseconds for timestamps. */
function incoming(value: unknown, type: SqlType | undefined): unknown {
  if (value === null || type === undefined) return value;
  switch (type.kind) {
    case 'DECIMAL': return Number(value) / 10 ** type.scale;
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return Number(value) / 10 ** (timestampDigits(type.precision) - 3);
    case 'ARRAY': return (value as unknown[]).map((v) => incoming(v, type.element));
    default: return value;
  }
}
export const shown = (type: string): string => (oidOfType(type) === 0 ? type : formatType(oidOfType(type), null));
