/**
 * Rules of `transform`: projection and filter are parsed as SQL and bound against the tables they apply to, by the planner's own binder.
 * What comes out is bound over the columns an expression uses, by name, so that it also holds when a table gains columns. Source: Flink
 * CDC "Transform". LIKE has SQL's wildcards here (open-source Flink CDC reads the pattern as a regular expression).
 */
import { idText, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { RivuletError, type SourceRange } from '../../core/errors/define.ts';
import { pipelineInvalidOption } from '../../core/errors/pipeline.ts';
import { invalidQuery } from '../../core/errors/planner.ts';
import { STRING, asNullable, char, notNull, type SqlType } from '../../core/types/sql-type.ts';
import { AGGREGATE, ExpressionBinder } from '../bind/expression.ts';
import type { BindState, PlannerContext } from '../bind/context.ts';
import { Scope } from '../bind/scope.ts';
import { columnsIn, mapColumns } from '../logical/expr-tools.ts';
import type { Expr } from '../physical/expr.ts';
import { ROW_METADATA, type BoundTransform, type ProjectionItem, type TransformRule, type UsedColumn } from '../physical/pipeline.ts';
import { matchesAny } from '../physical/table-match.ts';
import type { Expression, Select } from '../sql/ast.ts';
import { parseExpression, parseQuery } from '../sql/parser.ts';
import type { OptionValue, RuleEntry } from './document.ts';
import { tablePatterns } from '../../core/text/table-pattern.ts';

/** Facts of a source with their types, for expressions. */
export type FactTypes = ReadonlyMap<string, SqlType>;
type ParsedItem = { readonly kind: 'star' } | { readonly kind: 'expression'; readonly expression: Expression; readonly alias: string | undefined };
interface ParsedRule { readonly projection: readonly ParsedItem[]; readonly filter: Expression | undefined }

/** @param tables what the source has now; only the first rule that matches a table is bound for it */
export function bindTransforms(entries: readonly RuleEntry[], tables: readonly TableVersion[], facts: FactTypes, context: PlannerContext): TransformRule[] {
  const taken = new Set<TableVersion>();
  return entries.map((entry) => {
    const source = entry.get('source-table') as OptionValue, sources = tablePatterns('source-table', source.text, true), parsed = parseRule(entry);
    const own = tables.filter((t) => !taken.has(t) && matchesAny(sources, idText(t.id)));
    for (const table of own) taken.add(table);
    const primaryKeys = names(entry.get('primary-keys'));
    const bindings: BoundTransform[] = [], known = new Map<string, string[]>();
    for (const table of own) {
      const bound = at(entry, () => bindRule(parsed, table, facts, context)), key = JSON.stringify(bound), found = known.get(key);
      for (const name of primaryKeys) if (!outputNames(bound.projection, table).includes(name)) throw refused(entry, `the primary key column "${name}" is not in the projection for table ${idText(table.id)}`);
      if (found !== undefined) { found.push(idText(table.id)); continue; }
      const list = [idText(table.id)];
      known.set(key, list);
      bindings.push({ ...bound, tables: list });
    }
    return { sources, text: source.text, primaryKeys, softDelete: softDelete(entry), bindings };
  });
}
const names = (value: OptionValue | undefined): string[] => (value?.text ?? '').split(',').map((n) => n.trim()).filter((n) => n !== '');
function softDelete(entry: RuleEntry): boolean {
  const value = entry.get('converter-after-transform')?.text ?? '';
  if (value === '') return false;
  if (value.trim().toUpperCase() !== 'SOFT_DELETE') throw refused(entry, `'converter-after-transform' is '${value}'; there is only SOFT_DELETE`);
  return true;
}
const refused = (entry: RuleEntry, what: string): RivuletError => pipelineInvalidOption({ where: `the transform of ${entry.get('source-table')?.text ?? ''}`, what }, { range: entry.get('source-table')?.range });
/** Errors of expressions point at the rule, not into its text: quotes and line folding move positions. */
function at<T>(entry: RuleEntry, work: () => T): T {
  try { return work(); } catch (error) {
    if (error instanceof RivuletError) error.range = placeOf(entry);
    throw error;
  }
}
const placeOf = (entry: RuleEntry): SourceRange | undefined => (entry.get('projection') ?? entry.get('filter') ?? entry.get('source-table'))?.range;

function parseRule(entry: RuleEntry): ParsedRule {
  const projection = entry.get('projection'), filter = entry.get('filter');
  return {
    projection: projection === undefined || projection.text.trim() === '' ? [{ kind: 'star' }] : at(entry, () => parseProjection(projection.text)),
    filter: filter === undefined || filter.text.trim() === '' ? undefined : at(entry, () => parseExpression(filter.text)),
  };
}
/** `\*` is `*` that YAML does not take for an alias. */
function parseProjection(text: string): ParsedItem[] {
  const { body, with: common, orderBy, limit, offset } = parseQuery(`SELECT ${text.replaceAll('\\*', '*')}`), select = body as Select;
  const isPlain = body.kind === 'select' && common === undefined && orderBy.length === 0 && limit === undefined && offset === undefined && !select.distinct && select.from.length === 0
    && select.where === undefined && select.groupBy === undefined && select.having === undefined && select.qualify === undefined && select.windows.length === 0;
  if (!isPlain) throw invalidQuery({ what: `a projection is a SELECT list alone, as in \\*, UPPER(name) AS name, not '${text.slice(0, 80)}'` });
  return select.items.map(({ expression, alias }) => {
    if (expression.kind !== 'star') return { kind: 'expression', expression, alias: alias?.value };
    if (expression.qualifier.length > 0) throw invalidQuery({ what: 'a star in a projection has no table before it' });
    return { kind: 'star' };
  });
}

/** What a rule's names can mean for a table: its columns, metadata, facts. */
function visible(table: TableVersion, facts: FactTypes): UsedColumn[] {
  // Nullable whatever they are now: a column may lose NOT NULL while the pipeline runs.
  const own = table.columns.map((c): UsedColumn => ({ name: c.name, type: asNullable(c.type, true), isMetadata: false }));
  const more = new Map<string, SqlType>([...ROW_METADATA.map((name): [string, SqlType] => [name, notNull(name === '__data_event_type__' ? char(2) : STRING)]), ...facts]);
  return [...own, ...[...more].filter(([name]) => !own.some((c) => c.name === name)).map(([name, type]): UsedColumn => ({ name, type, isMetadata: true }))];
}
function bindRule(rule: ParsedRule, table: TableVersion, facts: FactTypes, context: PlannerContext): Omit<BoundTransform, 'tables'> {
  const columns = visible(table, facts), state: BindState = { context, bounded: false, parameters: [], viewDepth: 0 };
  const binder = new ExpressionBinder(state, Scope.of(columns, [table.id.table]));
  const items = rule.projection.map((item) => (item.kind === 'star' ? { kind: 'star' as const } : itemOf(binder, item.expression, item.alias, columns)));
  // A filter may name computed columns; the table's own go first.
  const computed = items.flatMap((i) => (i.kind === 'computed' && !columns.some((c) => c.name === i.name) ? [{ name: i.name, expr: i.expr }] : []));
  const filter = rule.filter === undefined ? null : checked(new ExpressionBinder(state, new Scope([{ names: [table.id.table], start: 0, columns }], computed)).condition(rule.filter, 'filter'));
  const used = new Set<number>();
  for (const item of items) if (item.kind === 'computed') columnsIn(item.expr, used);
  if (filter !== null) columnsIn(filter, used);
  const order = [...used].sort((a, b) => a - b), over = (e: Expr): Expr => mapColumns(e, (i) => order.indexOf(i));
  const projection = items.map((item): ProjectionItem => (item.kind === 'computed' ? { ...item, expr: over(item.expr) } : item));
  const twice = outputNames(projection, table).find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined) throw invalidQuery({ what: `column "${twice}" stands twice in the projection for table ${idText(table.id)}` });
  return { uses: order.flatMap((i) => columns[i] ?? []), filter: filter === null ? null : over(filter), projection };
}
function itemOf(binder: ExpressionBinder, expression: Expression, alias: string | undefined, columns: readonly UsedColumn[]): ProjectionItem {
  const expr = checked(binder.bind(expression)), own = expr.op === 'column' ? columns[expr.index] : undefined, name = alias ?? own?.name;
  if (own !== undefined && !own.isMetadata && (alias === undefined || alias === own.name)) return { kind: 'column', name: own.name };
  if (name === undefined) throw invalidQuery({ what: 'a computed column of a projection needs a name: expression AS name' });
  return { kind: 'computed', name, expr };
}
function checked(expr: Expr): Expr {
  if ([...columnsIn(expr)].some((i) => i >= AGGREGATE)) throw invalidQuery({ what: 'aggregates and subqueries cannot stand in a transform' });
  return expr;
}
/** Columns a projection gives for a table. A column named again behind a star replaces the star's. */
export function outputNames(projection: readonly ProjectionItem[], table: Pick<TableVersion, 'columns'>): string[] {
  const named = new Set(projection.flatMap((i) => (i.kind === 'star' ? [] : [i.name])));
  return projection.flatMap((i) => (i.kind === 'star' ? table.columns.map((c) => c.name).filter((n) => !named.has(n)) : [i.name]));
}
