/**
 * Rows of one source table made into rows of one target table: compiled once per version of either. Three shapes, cheapest first: the
 * batch itself under another name; its columns in another order, none copied; a generated function that filters and computes.
 *
 * Batch in: the source's columns, then the facts of the source. Batch out: the target's columns, then the facts the sink wants.
 */
import { idText, FACT_TYPES, type PipelineColumn, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { rowRefused } from '../../core/errors/connector.ts';
import { pipelineRuleUnmapped, pipelineTypesDiffer, pipelineValueUnfit } from '../../core/errors/pipeline.ts';
import { ChangeBatch, DELETE, INSERT, KIND_TEXT, MAX_BATCH_ROWS, type Column } from '../../core/row/batch.ts';
import { materializeTexts, type TextSlices } from '../../core/row/slices.ts';
import { canCast } from '../../core/types/coercion.ts';
import { BOOLEAN, STRING, asNullable, char, notNull, typeText, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import { ROW_METADATA, type BoundTransform, type PipelineTransformSpec, type TransformRule } from '../../planner/physical/pipeline.ts';
import { compileCalc } from '../codegen/compile.ts';
import type { CalcFunction, CodegenContext } from '../codegen/contract.ts';
import { mendPairs } from '../operators/pairs.ts';
import { PipelineBatch } from './contract.ts';
import { sameForm, widerType } from './widen.ts';

/** What a source's rows are before they are mapped to a target: columns with the expressions that give them over the batch in. */
export interface SourceView {
  readonly version: TableVersion;
  /** After the transform. */
  readonly output: TableVersion;
  readonly exprs: readonly Expr[];
  readonly filter: Expr | null;
  readonly softDelete: boolean;
  /** Which of `ROW_METADATA` expressions read; they stand behind the facts. */
  readonly metadata: readonly number[];
  readonly inputTypes: readonly SqlType[];
}
const METADATA_TYPES: readonly SqlType[] = ROW_METADATA.map((name) => notNull(name === '__data_event_type__' ? char(2) : STRING));
const column = (index: number, type: SqlType): Expr => ({ op: 'column', index, type });

/** Throws pipeline-rule-unmapped when the rule's expressions do not fit the table. */
export function viewOf(version: TableVersion, rule: TransformRule | undefined, spec: Pick<PipelineTransformSpec, 'sourceFacts'>): SourceView {
  const factTypes = spec.sourceFacts.map((f) => FACT_TYPES.get(f) ?? STRING);
  const base = { version, inputTypes: [...version.columns.map((c) => c.type), ...factTypes, ...METADATA_TYPES] };
  if (rule === undefined) return { ...base, output: version, exprs: version.columns.map((c, i) => column(i, c.type)), filter: null, softDelete: false, metadata: [] };
  const binding = bindingFor(version, rule, spec.sourceFacts);
  const places = binding.uses.map((use) => placeOf(use.name, use.isMetadata, version, spec.sourceFacts));
  const over = (e: Expr): Expr => shifted(e, places, base.inputTypes);
  const named = new Set(binding.projection.flatMap((i) => (i.kind === 'star' ? [] : [i.name])));
  const made = binding.projection.flatMap((item): { column: PipelineColumn; expr: Expr }[] => {
    if (item.kind === 'star') return version.columns.flatMap((c, i) => (named.has(c.name) ? [] : [{ column: c, expr: column(i, c.type) }]));
    if (item.kind === 'computed') { const expr = over(item.expr); return [{ column: { name: item.name, type: expr.type }, expr }]; }
    const i = version.columns.findIndex((c) => c.name === item.name), own = version.columns[i];
    if (own === undefined) throw unmapped(rule, version, `it has no column "${item.name}" any more`);
    return [{ column: own, expr: column(i, own.type) }];
  });
  const keys = rule.primaryKeys.length > 0 ? rule.primaryKeys : version.primaryKey.map((k) => version.columns[k]!.name);
  const primaryKey = keys.map((name) => made.findIndex((m) => m.column.name === name));
  // A table whose key is not wholly in the projection has none.
  const isKeyed = primaryKey.every((i) => i >= 0);
  const columns = made.map((m, i) => (isKeyed && primaryKey.includes(i) ? { ...m.column, type: asNullable(m.column.type, false) } : m.column));
  return {
    ...base, output: { ...version, columns, primaryKey: isKeyed ? primaryKey : [] }, exprs: made.map((m) => m.expr), filter: binding.filter === null ? null : over(binding.filter), softDelete: rule.softDelete,
    metadata: [...new Set(places.map((p) => p - version.columns.length - spec.sourceFacts.length))].filter((m) => m >= 0),
  };
}
const unmapped = (rule: TransformRule, version: TableVersion, what: string): Error => pipelineRuleUnmapped({ rule: rule.text, table: idText(version.id), what });
function bindingFor(version: TableVersion, rule: TransformRule, facts: readonly string[]): BoundTransform {
  const text = idText(version.id), own = rule.bindings.find((b) => b.tables.includes(text));
  let problem = 'none of its columns was known when the pipeline was started';
  for (const binding of own === undefined ? rule.bindings : [own]) {
    const wrong = binding.uses.map((use) => misfit(use, version, facts)).find((w) => w !== undefined);
    if (wrong === undefined) return binding;
    problem = wrong;
  }
  throw unmapped(rule, version, problem);
}
function misfit(use: BoundTransform['uses'][number], version: TableVersion, facts: readonly string[]): string | undefined {
  if (use.isMetadata) return placeOf(use.name, true, version, facts) < 0 ? `"${use.name}" is not known` : undefined;
  const own = version.columns.find((c) => c.name === use.name);
  if (own === undefined) return `it has no column "${use.name}"`;
  return sameForm(own.type, use.type) ? undefined : `column "${use.name}" is ${typeText(own.type)}, not ${typeText(use.type)}`;
}
function placeOf(name: string, isMetadata: boolean, version: TableVersion, facts: readonly string[]): number {
  const width = version.columns.length;
  if (!isMetadata) return version.columns.findIndex((c) => c.name === name);
  if (facts.includes(name)) return width + facts.indexOf(name);
  const at = (ROW_METADATA as readonly string[]).indexOf(name);
  return at < 0 ? -1 : width + facts.length + at;
}
/** An expression over the used columns as one over the batch. */
function shifted(e: Expr, places: readonly number[], types: readonly SqlType[]): Expr {
  const of = (x: Expr): Expr => shifted(x, places, types);
  switch (e.op) {
    // Keeps the type it was bound with: what was compiled for NULL still expects it.
    case 'column': return { ...e, index: places[e.index] ?? -1 };
    case 'literal': return e;
    case 'call': return { ...e, args: e.args.map(of) };
    case 'cast': case 'field': return { ...e, arg: of(e.arg) };
    case 'case': return { ...e, branches: e.branches.map((b) => ({ when: of(b.when), then: of(b.then) })), otherwise: of(e.otherwise) };
  }
}

/** Takes batches of the source and pushes them as the target's. */
export interface RowPlan { push(batch: PipelineBatch): void }
export interface RowPlanContext { readonly codegen: CodegenContext; readonly spec: Pick<PipelineTransformSpec, 'sourceFacts' | 'sinkFacts'>; readonly push: (batch: PipelineBatch) => void }

export function rowPlan(view: SourceView, target: TableVersion, given: RowPlanContext): RowPlan {
  const context = { ...given, push: withKeys(view, target, given.push) }, { spec } = context, width = view.version.columns.length;
  const exprs = target.columns.map((c): Expr => {
    const at = view.output.columns.findIndex((o) => o.name === c.name), expr = view.exprs[at];
    return expr === undefined ? { op: 'literal', value: null, type: asNullable(c.type, true) } : fitted(expr, c, target);
  });
  const all = [...exprs, ...spec.sinkFacts.map((f): Expr => column(width + spec.sourceFacts.indexOf(f), FACT_TYPES.get(f) ?? STRING))];
  const isPlain = view.filter === null && !view.softDelete && all.every((e) => (e.op === 'column' && e.index < width + spec.sourceFacts.length) || (e.op === 'literal' && e.value === null));
  if (!isPlain) return new ComputedRows(view, target, all, exprs.flatMap((e, i) => { const loss = lossOf(e); return loss === undefined || sameForm(view.output.columns.find((c) => c.name === target.columns[i]!.name)?.type ?? STRING, target.columns[i]!.type) ? [] : [{ column: i, loss }]; }), context);
  const order = all.map((e) => (e.op === 'column' ? e.index : -1));
  return order.length === width + spec.sourceFacts.length && order.every((c, i) => c === i) ? new SameRows(target, context.push) : new ReorderedRows(target, order, context.push);
}
/** A key that a transform has chosen may be NULL where the source's own cannot. */
function withKeys(view: SourceView, target: TableVersion, push: RowPlanContext['push']): RowPlanContext['push'] {
  const unsure = target.primaryKey.filter((k) => view.exprs[view.output.columns.findIndex((c) => c.name === target.columns[k]!.name)]?.type.nullable !== false);
  if (unsure.length === 0) return push;
  return (batch) => {
    for (const k of unsure) {
      const values = batch.columns[k]!, starts = batch.slices?.[k]?.starts;
      for (let row = 0; row < batch.size; row++) if (values[row] === null && !(starts !== undefined && starts[row]! >= 0)) throw rowRefused({ table: idText(target.id), what: `the key column "${target.columns[k]!.name}" is NULL`, hint: 'Filter such rows out in the transform, or name other columns in primary-keys.' });
    }
    push(batch);
  };
}
function fitted(expr: Expr, to: PipelineColumn, target: TableVersion): Expr {
  if (sameForm(expr.type, to.type)) return expr;
  if (!canCast(expr.type, to.type)) throw pipelineTypesDiffer({ target: idText(target.id), column: to.name, types: [typeText(to.type), typeText(expr.type)] });
  return { op: 'cast', arg: expr, type: asNullable(to.type, expr.type.nullable), safe: false };
}

/** True in rows whose value a cast would change: what does not come back as it was. undefined: the cast loses nothing. */
function lossOf(expr: Expr): Expr | undefined {
  if (expr.op !== 'cast' || expr.safe) return undefined;
  const wider = widerType(expr.arg.type, expr.type);
  if ((wider !== undefined && sameForm(wider, expr.type)) || !canCast(expr.type, expr.arg.type)) return undefined;
  return { op: 'call', name: 'IS DISTINCT FROM', args: [{ op: 'cast', arg: expr, type: asNullable(expr.arg.type, true), safe: false }, expr.arg], type: asNullable(BOOLEAN, false) };
}

/** The batch as it is, under the target's name. */
class SameRows implements RowPlan {
  private readonly target: TableVersion;
  private readonly out: (batch: PipelineBatch) => void;
  constructor(target: TableVersion, out: (batch: PipelineBatch) => void) { this.target = target; this.out = out; }
  push(batch: PipelineBatch): void {
    const own = batch.table;
    batch.table = this.target;
    this.out(batch);
    batch.table = own;
  }
}
/** Used within one call, so by all tables. */
const KINDS = new Uint8Array(MAX_BATCH_ROWS), SOURCES = new Int32Array(MAX_BATCH_ROWS);
/** Never written to: what a column without a source shows. */
const NULLS: Column = Array.from({ length: MAX_BATCH_ROWS }, () => null);
class ReorderedRows implements RowPlan {
  private readonly order: readonly number[];
  private readonly batch: PipelineBatch;
  private readonly slices: (TextSlices | null)[];
  private readonly out: (batch: PipelineBatch) => void;
  constructor(target: TableVersion, order: readonly number[], out: (batch: PipelineBatch) => void) {
    this.order = order;
    this.batch = new PipelineBatch(target, order.length);
    this.slices = order.map(() => null);
    this.out = out;
  }
  push(input: PipelineBatch): void {
    const { order, batch, slices } = this;
    for (let i = 0; i < order.length; i++) {
      const from = order[i]!;
      batch.columns[i] = from < 0 ? NULLS : input.columns[from]!;
      slices[i] = from < 0 ? null : input.slices?.[from] ?? null;
    }
    batch.slices = input.slices === null ? null : slices;
    batch.size = input.size;
    batch.kinds = input.kinds;
    this.out(batch);
  }
}
class ComputedRows implements RowPlan {
  private readonly view: SourceView;
  private readonly batch: PipelineBatch;
  private readonly out: (batch: PipelineBatch) => void;
  private readonly run: CalcFunction;
  /** Output column → input column it shows without a copy. */
  private readonly shown: readonly (readonly [number, number])[];
  private readonly input: ChangeBatch;
  /** Of the table, as `ROW_METADATA`; null: by row. */
  private readonly texts: readonly (string | null)[];
  /** Columns fitted to a type that not all values fit; their checks stand behind the output's columns. */
  private readonly losses: readonly { readonly column: number; readonly loss: Expr }[];
  private readonly made: Column[];
  constructor(view: SourceView, target: TableVersion, exprs: readonly Expr[], losses: readonly { readonly column: number; readonly loss: Expr }[], context: RowPlanContext) {
    this.view = view;
    this.losses = losses;
    this.out = context.push;
    this.batch = new PipelineBatch(target, exprs.length);
    this.made = [...this.batch.columns, ...losses.map((): Column => [])];
    this.shown = view.filter !== null ? [] : exprs.flatMap((e, i): [number, number][] => (e.op === 'column' ? [[i, e.index]] : []));
    this.input = new ChangeBatch(Array.from({ length: view.inputTypes.length }, () => []));
    this.texts = ['', view.version.id.schema, view.version.id.table, null];
    this.run = compileCalc(view.filter, [...exprs, ...losses.map((l) => l.loss)], view.inputTypes, context.codegen, { omitted: new Set(this.shown.map(([to]) => to)) });
  }
  push(given: PipelineBatch): void {
    const { view, batch, input } = this, changes = given.kinds, kinds = KINDS, first = view.inputTypes.length - ROW_METADATA.length;
    materializeTexts(given);
    for (let c = 0; c < first; c++) input.columns[c] = given.columns[c]!;
    for (const m of view.metadata) this.fillMetadata(input.columns[first + m]!, this.texts[m]!, given);
    input.size = given.size;
    input.kinds = changes;
    for (const [to, from] of this.shown) batch.columns[to] = input.columns[from]!;
    const isFiltered = view.filter !== null && changes !== null;
    const size = this.run(input, 0, given.size, this.made, kinds, 0, isFiltered ? SOURCES : null);
    if (size === 0) return;
    this.checkLosses(size);
    if (isFiltered) mendPairs(kinds, SOURCES, size);
    if (view.softDelete && changes !== null) for (let row = 0; row < size; row++) if (kinds[row] === DELETE) kinds[row] = INSERT;
    batch.size = size;
    batch.kinds = changes === null ? null : kinds;
    this.out(batch);
  }
  private fillMetadata(column: Column, text: string | null, given: PipelineBatch): void {
    if (text === null) { for (let row = 0; row < given.size; row++) column[row] = KIND_TEXT[given.kindAt(row)]; return; }
    for (let row = column.length; row < given.size; row++) column[row] = text;
  }
  private checkLosses(size: number): void {
    this.losses.forEach(({ column }, i) => {
      const lost = this.made[this.batch.columns.length + i]!;
      for (let row = 0; row < size; row++) if (lost[row] === true) {
        const { name, type } = this.batch.table.columns[column]!;
        throw pipelineValueUnfit({ target: idText(this.batch.table.id), column: name, type: typeText(type), value: String(this.made[column]![row]) });
      }
    });
  }
}
