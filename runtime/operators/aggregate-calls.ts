/**
 * The calls of a group aggregate: which columns each reads, where its slots stand, and the tables of DISTINCT and of kept values. Calls that
 * share arguments and filter under DISTINCT share one table, whose count decides for all of them whether a value is new or gone.
 */
import { generatedFactory } from '../../core/codegen/generated.ts';
import type { AggregateImplementation } from '../../catalog/registry/functions.ts';
import { internalError } from '../../core/errors/common.ts';
import type { Column } from '../../core/row/batch.ts';
import { compareValues } from '../../core/types/compare.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { GroupAggregateNode } from '../../planner/physical/plan.ts';
import type { OperatorContext } from './contract.ts';
import { DistinctValues } from './distinct-values.ts';
import { ArrivalValues, OrderedValues } from './values-view.ts';
import type { FromArrivals, ValuesMemo, ValuesView } from './values-view.ts';

export interface Call {
  readonly index: number;
  readonly implementation: AggregateImplementation;
  /** First slot; a call with kept values has one for its result. */
  readonly at: number;
  readonly first: number;
  readonly second: number;
  readonly view: ValuesView | null;
  /** The column of the first argument, for the view; set by `bind`. */
  readonly value: Column[];
}
/** Calls with the same filter and, under DISTINCT, the same arguments. */
export interface Unit {
  readonly filter: number;
  readonly distinct: DistinctValues | null;
  readonly args: readonly number[];
  readonly argColumns: Column[];
  readonly calls: Call[];
}
/** What the calls work on: the slots of a group that is not dense, or that holds values which doubles do not. */
export interface Group {
  slots: unknown[];
  /** Rows in the group; exact only when the input retracts. */
  rows: number;
  /** By call; empty for a group that is not dense. */
  memos: readonly (ValuesMemo | null)[];
  /** Of a dense group, else 0 (`distinct-values.ts`). */
  incarnation: number;
}

export interface Aggregates {
  /** Types of the accumulator slots of a group. */
  readonly slots: readonly SqlType[];
  readonly calls: readonly Call[];
  readonly units: readonly Unit[];
  /** Takes the columns of a batch. */
  bind(columns: readonly Column[]): void;
  init(slots: unknown[]): void;
  memos(): readonly (ValuesMemo | null)[];
  /** Puts a row of the bound batch in or takes it out. */
  update(group: Group, row: number, adds: boolean, key: readonly Column[]): void;
  /** The same for one call, whose filter and DISTINCT let the row pass. */
  apply(call: Call, slots: unknown[], memos: readonly (ValuesMemo | null)[], row: number, adds: boolean, key: readonly Column[]): void;
  results(slots: readonly unknown[], into: unknown[]): void;
  /** Forgets distinct and kept values of a group. */
  clear(key: readonly Column[], row: number): void;
}

export function compileAggregates(node: GroupAggregateNode, keyTypes: readonly SqlType[], inputTypes: readonly SqlType[], context: OperatorContext, inconsistent: { value: number }): Aggregates {
  const slots: SqlType[] = [], units = new Map<string, Unit>(), calls: Call[] = [];
  node.calls.forEach((call, index) => {
    const aggregate = context.functions.aggregate(call.function);
    if (aggregate === undefined) throw internalError({ what: `aggregate function ${call.function} is not registered` });
    const argTypes = call.args.map((c) => inputTypes[c]!);
    const implementation = aggregate.compile(argTypes, call.type, { retract: node.retract });
    const view = implementation.values === undefined ? null : viewOf(call.function, implementation, `values-${index}`, keyTypes, argTypes[0]!, node.ttlMs, context);
    const made: Call = { index, implementation, at: slots.length, first: call.args[0] ?? -1, second: call.args[1] ?? -1, view, value: [[]] };
    slots.push(...(view === null ? implementation.slots : [call.type]));
    calls.push(made);
    const id = `${call.filter ?? -1}|${call.distinct ? call.args.join() : ''}`;
    let unit = units.get(id);
    if (unit === undefined) {
      const distinct = call.distinct ? new DistinctValues(context.state.table({ name: `distinct-${index}`, key: keyTypes, subKey: argTypes, value: [], meta: 1, ttlMs: node.ttlMs }), node.retract, inconsistent) : null;
      units.set(id, unit = { filter: call.filter ?? -1, distinct, args: call.args, argColumns: call.args.map(() => []), calls: [] });
    }
    unit.calls.push(made);
  });
  return new CompiledAggregates(slots, [...units.values()], calls, inconsistent);
}
function viewOf(name: string, implementation: AggregateImplementation, table: string, key: readonly SqlType[], type: SqlType, ttlMs: number, context: OperatorContext): ValuesView {
  const { order, fromValues } = implementation.values!;
  const compare = compareValues(type);
  if (order === 'min') return new OrderedValues(context.state, table, key, type, compare, ttlMs);
  if (order === 'max') return new OrderedValues(context.state, table, key, type, (a, b) => compare(b, a), ttlMs);
  if (fromValues === undefined) throw internalError({ what: 'an aggregate over all values has no fromValues' });
  // The ends of the list need no walk through it.
  const from: FromArrivals = name === 'FIRST_VALUE' ? 'first' : name === 'LAST_VALUE' ? 'last' : fromValues as (values: Iterable<unknown>, second: unknown) => unknown;
  return new ArrivalValues(context.state, table, key, type, from, ttlMs);
}

interface PlainCalls {
  add(slots: unknown[], columns: readonly Column[], row: number): void;
  retract(slots: unknown[], columns: readonly Column[], row: number): void;
  results(slots: readonly unknown[], into: unknown[]): void;
}
/**
 * One call site per aggregate call, so that the JIT sees one implementation at each: a loop over implementations is megamorphic and costs
 * about 10 ns per call. Positions and references only.
 */
function compilePlain(units: readonly Unit[], calls: readonly Call[]): PlainCalls {
  const value = (column: number): string => (column < 0 ? 'undefined' : `columns[${Number(column)}][row]`);
  const step = (verb: 'add' | 'retract'): string => units.map((unit) => {
    const body = unit.calls.map((call) => `i${call.index}.${verb}(slots, ${call.at}, ${value(call.first)}, ${value(call.second)});`).join(' ');
    return unit.filter < 0 ? body : `if (${value(unit.filter)} === true) { ${body} }`;
  }).join('\n');
  const results = calls.map((call) => `into[${call.index}] = ${call.view === null ? `i${call.index}.result(slots, ${call.at})` : `slots[${call.at}]`};`).join('\n');
  const make = generatedFactory(calls.map((call) => `i${call.index}`), `return {
add(slots, columns, row) { ${step('add')} },
retract(slots, columns, row) { ${step('retract')} },
results(slots, into) { ${results} },
};`) as (...implementations: AggregateImplementation[]) => PlainCalls;
  return make(...calls.map((call) => call.implementation));
}

const NO_MEMOS: readonly (ValuesMemo | null)[] = [];

class CompiledAggregates implements Aggregates {
  readonly slots: readonly SqlType[];
  readonly units: readonly Unit[];
  readonly calls: readonly Call[];
  private readonly inconsistent: { value: number };
  private readonly views: boolean;
  /** Units with DISTINCT or kept values; all others, and the results of all calls, are generated code. */
  private readonly guarded: readonly Unit[];
  private readonly plain: PlainCalls;
  private columns: readonly Column[] = [];
  constructor(slots: readonly SqlType[], units: readonly Unit[], calls: readonly Call[], inconsistent: { value: number }) {
    this.slots = slots;
    this.units = units;
    this.calls = calls;
    this.views = calls.some((call) => call.view !== null);
    this.guarded = units.filter((unit) => unit.distinct !== null || unit.calls.some((call) => call.view !== null));
    this.plain = compilePlain(units.filter((unit) => !this.guarded.includes(unit)), calls);
    this.inconsistent = inconsistent;
  }
  bind(columns: readonly Column[]): void {
    this.columns = columns;
    for (const unit of this.units) for (let i = 0; i < unit.args.length; i++) unit.argColumns[i] = columns[unit.args[i]!]!;
    for (const call of this.calls) if (call.first >= 0) call.value[0] = columns[call.first]!;
  }
  init(slots: unknown[]): void {
    for (const call of this.calls) {
      if (call.view === null) call.implementation.init(slots, call.at);
      else slots[call.at] = null;
    }
  }
  memos(): readonly (ValuesMemo | null)[] { return this.views ? this.calls.map((call) => (call.view === null ? null : { heap: null, live: 0 })) : NO_MEMOS; }
  update(group: Group, row: number, adds: boolean, key: readonly Column[]): void {
    if (adds) this.plain.add(group.slots, this.columns, row);
    else this.plain.retract(group.slots, this.columns, row);
    for (let u = 0; u < this.guarded.length; u++) {
      const unit = this.guarded[u]!;
      if (unit.filter >= 0 && this.columns[unit.filter]![row] !== true) continue;
      const { distinct, args } = unit;
      if (distinct !== null && !distinct.turns(group.incarnation, args.length === 0 ? null : this.columns[args[0]!]![row], unit.argColumns, key, row, adds)) continue;
      for (let c = 0; c < unit.calls.length; c++) this.apply(unit.calls[c]!, group.slots, group.memos, row, adds, key);
    }
  }
  apply(call: Call, slots: unknown[], memos: readonly (ValuesMemo | null)[], row: number, adds: boolean, key: readonly Column[]): void {
    const a = call.first < 0 ? undefined : this.columns[call.first]![row], b = call.second < 0 ? undefined : this.columns[call.second]![row];
    const { view } = call;
    if (view !== null) {
      const memo = memos[call.index] ?? null;
      if (adds) slots[call.at] = view.add(key, call.value, row, slots[call.at], memo, b);
      else {
        slots[call.at] = view.retract(key, call.value, row, slots[call.at], memo, b);
        if (!view.wasFound) this.inconsistent.value++;
      }
      return;
    }
    if (adds) call.implementation.add(slots, call.at, a, b);
    else call.implementation.retract(slots, call.at, a, b);
  }
  results(slots: readonly unknown[], into: unknown[]): void { this.plain.results(slots, into); }
  clear(key: readonly Column[], row: number): void {
    for (const unit of this.units) unit.distinct?.clear(key, row);
    for (const call of this.calls) call.view?.clear(key, row);
  }
}
