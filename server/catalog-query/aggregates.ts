/** Aggregates of catalog queries: a group's argument rows are kept and folded at its end; catalogs are small. */
import type { Value } from './compiler.ts';
import type { SortKey } from './expression.ts';
import { rowComparer } from './order.ts';
import { keyText, compareValues } from './values.ts';
import type { Env, Row } from './scope.ts';

export interface AggregateSpec { readonly args: readonly Value[]; readonly order: readonly SortKey[]; readonly filter: Value | undefined; readonly distinct: boolean; /** A plain COUNT(*): nothing is kept. */ readonly isCount: boolean; readonly finish: (rows: readonly Row[]) => unknown }
type Finish = (rows: readonly Row[]) => unknown;
interface Found { readonly type: string; readonly finish: Finish }

const present = (rows: readonly Row[]): unknown[] => rows.map((r) => r[0]).filter((v) => v !== null && v !== undefined);
const best = (sign: number): Finish => (rows) => present(rows).reduce((x: unknown, y) => (x === null || compareValues(y, x) * sign > 0 ? y : x), null);
const total = (rows: readonly Row[]): number | null => { const all = present(rows); return all.length === 0 ? null : all.reduce((a: number, b) => a + Number(b), 0); };
const every: Finish = (rows) => { const all = present(rows); return all.length === 0 ? null : all.every((v) => v === true); };
const AGGREGATES: Readonly<Record<string, (types: readonly string[]) => Found>> = {
  count: (types) => ({ type: 'int8', finish: types.length === 0 ? (rows) => rows.length : (rows) => present(rows).length }),
  sum: ([t = 'int4']) => ({ type: t === 'int2' || t === 'int4' ? 'int8' : t, finish: total }),
  avg: () => ({ type: 'float8', finish: (rows) => { const sum = total(rows); return sum === null ? null : sum / present(rows).length; } }),
  min: ([t = 'text']) => ({ type: t, finish: best(-1) }),
  max: ([t = 'text']) => ({ type: t, finish: best(1) }),
  array_agg: ([t = 'text']) => ({ type: `${t}[]`, finish: (rows) => (rows.length === 0 ? null : rows.map((r) => r[0])) }),
  string_agg: () => ({ type: 'text', finish: (rows) => { const kept = rows.filter((r) => r[0] !== null); return kept.length === 0 ? null : kept.map((r, i) => (i === 0 ? '' : String(r[1] ?? '')) + String(r[0])).join(''); } }),
  json_agg: () => ({ type: 'json', finish: (rows) => (rows.length === 0 ? null : JSON.stringify(rows.map((r) => r[0]))) }),
  bool_and: () => ({ type: 'bool', finish: every }),
  every: () => ({ type: 'bool', finish: every }),
  bool_or: () => ({ type: 'bool', finish: (rows) => { const all = present(rows); return all.length === 0 ? null : all.includes(true); } }),
};
/** Without types: whether there is such an aggregate. */
export function aggregateNamed(name: string): boolean;
export function aggregateNamed(name: string, types: readonly string[]): Found | undefined;
export function aggregateNamed(name: string, types?: readonly string[]): Found | boolean | undefined {
  const make = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  return types === undefined ? make !== undefined : make?.(types);
}

/** Collects one group. */
export class Group {
  readonly env: Env;
  private readonly collected: Row[][];
  private readonly specs: readonly AggregateSpec[];
  private size = 0;
  /** `first`: the environment of the group's first row, whose values stand for the group. */
  constructor(first: Env, specs: readonly AggregateSpec[]) { this.env = first; this.specs = specs; this.collected = specs.map(() => []); }
  add(env: Env): void {
    this.size++;
    this.specs.forEach((s, i) => {
      if (s.isCount) return;
      if (s.filter !== undefined && s.filter.run(env) !== true) return;
      this.collected[i]?.push([...s.args.map((a) => a.run(env)), ...s.order.map((o) => o.value.run(env))]);
    });
  }
  results(): unknown[] {
    return this.specs.map((s, i) => {
      if (s.isCount) return this.size;
      let rows: readonly Row[] = this.collected[i] ?? [];
      const width = s.args.length;
      if (s.distinct) rows = [...new Map(rows.map((r) => [keyText(r.slice(0, width)), r])).values()].sort((a, b) => (a[0] === null || b[0] === null ? 0 : compareValues(a[0], b[0])));
      if (s.order.length > 0) rows = rows.toSorted(rowComparer(s.order.map((o, n) => ({ at: width + n, descending: o.descending, nullsFirst: o.nullsFirst }))));
      return s.finish(rows);
    });
  }
}
