/** Texts of plan nodes and expressions as Flink's EXPLAIN shows them. Only for people: nothing reads them back. */
import { NULL, typeText } from '../../core/types/sql-type.ts';
import { pathSummary } from '../../catalog/objects/objects.ts';
import { decodeLiteral, type Expr } from './expr.ts';
import type { Exchange, JoinSide, JoinType, PlanColumn } from './plan.ts';
import type { Draft } from './draft.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';

type Names = (index: number) => string;
const INFIX = new Set(['+', '-', '*', '/', '%', '||', '=', '<>', '<', '>', '<=', '>=', 'AND', 'OR', 'LIKE', 'ILIKE', 'SIMILAR TO', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM', '~', '!~', '~*', '!~*']);
const POSTFIX = new Set(['IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE']);
/** Longer lists (IN of thousands) are cut. */
const MAX_ITEMS = 20;

export function exprText(e: Expr, name: Names): string {
  const list = (items: readonly Expr[], separator: string): string => {
    const shown = items.slice(0, MAX_ITEMS).map((i) => exprText(i, name)).join(separator);
    return items.length > MAX_ITEMS ? `${shown}${separator}... ${items.length - MAX_ITEMS} more` : shown;
  };
  switch (e.op) {
    case 'column': return name(e.index);
    case 'literal': return literalText(e);
    case 'cast': return `${e.safe ? 'TRY_CAST' : 'CAST'}(${exprText(e.arg, name)} AS ${typeText(e.type)})`;
    case 'field': return `${exprText(e.arg, name)}.${fieldName(e)}`;
    case 'case': return `CASE(${list([...e.branches.flatMap((b) => [b.when, b.then]), e.otherwise], ', ')})`;
    case 'call': {
      const [first] = e.args;
      if (INFIX.has(e.name) && (e.args.length === 2 || e.name === 'AND' || e.name === 'OR')) return `(${list(e.args, ` ${e.name} `)})`;
      if (POSTFIX.has(e.name) && first !== undefined) return `${exprText(first, name)} ${e.name}`;
      if (e.name === 'IN' && first !== undefined) return `${exprText(first, name)} IN (${list(e.args.slice(1), ', ')})`;
      return `${e.name}(${list(e.args, ', ')})`;
    }
  }
}
function fieldName(e: Extract<Expr, { op: 'field' }>): string {
  return e.arg.type.kind === 'ROW' ? e.arg.type.fields[e.index]?.name ?? String(e.index) : String(e.index);
}
function literalText(e: Extract<Expr, { op: 'literal' }>): string {
  const value = decodeLiteral(e.value);
  if (value === null) return `null:${typeText(e.type)}`;
  const { type } = e;
  switch (type.kind) {
    case 'CHAR': case 'VARCHAR': { const text = String(value).replaceAll("'", "''"); return `'${text.length > 60 ? `${text.slice(0, 57)}...` : text}'`; }
    case 'DECIMAL': return decimalText(String(value), type.scale);
    case 'INTERVAL_DAY_TIME': return `${String(value)}:INTERVAL SECOND`;
    case 'INTERVAL_YEAR_MONTH': return `${String(value)}:INTERVAL MONTH`;
    case 'DATE': return new Date(Number(value) * 864e5).toISOString().slice(0, 10);
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': case 'TIME': return `${String(value)}:${typeText(type)}`;
    case 'BINARY': case 'VARBINARY': return `X'${Buffer.from(value as Uint8Array).toString('hex').slice(0, 60)}'`;
    case 'BIGINT': case 'INT': case 'SMALLINT': case 'TINYINT': case 'BOOLEAN': case 'FLOAT': case 'DOUBLE': return String(value);
    default: return JSON.stringify(e.value).slice(0, 60);
  }
}
function decimalText(unscaled: string, scale: number): string {
  if (scale === 0) return unscaled;
  const negative = unscaled.startsWith('-'), digits = (negative ? unscaled.slice(1) : unscaled).padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export const namesOf = (columns: readonly PlanColumn[]): Names => (i) => columns[i]?.name ?? `$${i}`;
export const listText = (keys: readonly number[], columns: readonly PlanColumn[]): string => keys.map(namesOf(columns)).join(', ');
export const exchangeText = (exchange: Exchange, columns: readonly PlanColumn[]): string => `Exchange(distribution=[${exchange.kind === 'hash' ? `hash[${listText(exchange.keys, columns)}]` : 'single'}])`;
export const JOIN_NAMES: Readonly<Record<JoinType, string>> = { inner: 'InnerJoin', left: 'LeftOuterJoin', right: 'RightOuterJoin', full: 'FullOuterJoin', semi: 'LeftSemiJoin', anti: 'LeftAntiJoin' };
const SIDE_NAMES: Readonly<Record<JoinSide['kind'], string>> = { 'join-key-unique': 'JoinKeyContainsUniqueKey', 'unique-key': 'HasUniqueKey', 'no-key': 'NoUniqueKey', append: 'NoUniqueKey' };

/** `tables`: what source and sink drafts stand for. */
export function labelOf(draft: Draft, tables: ReadonlyMap<Draft, TableObject>): string {
  const { body, columns } = draft, input = draft.inputs[0]?.node.columns ?? [];
  const fields = columns.map((c) => c.name).join(', ');
  switch (body.type) {
    case 'source': {
      const table = tables.get(draft), mark = table?.watermark;
      const metadata = body.fields.flatMap((f) => (f.kind === 'metadata' ? [f.key] : [])).join(', ');
      const parts = [table === undefined ? body.table : `${table.path.catalog}, ${table.path.database}, ${table.path.name}`, ...(metadata === '' ? [] : [`metadata=[${metadata}]`]), ...(body.limit === undefined ? [] : [`limit=[${body.limit}]`]), ...(mark === undefined ? [] : [`watermark=[${mark.expression}]`])];
      return `TableSourceScan(table=[[${parts.join(', ')}]], fields=[${fields}])`;
    }
    case 'values': return `Values(tuples=[[${body.rows.slice(0, MAX_ITEMS).map((r) => `{ ${r.map((e) => exprText(e, String)).join(', ')} }`).join(', ')}${body.rows.length > MAX_ITEMS ? `, ... ${body.rows.length - MAX_ITEMS} more` : ''}]])`;
    case 'calc': {
      const names = namesOf(input);
      const select = body.projections.map((e, i) => { const text = exprText(e, names), alias = columns[i]?.name ?? ''; return text === alias ? text : `${text} AS ${alias}`; }).join(', ');
      return `Calc(select=[${select}]${body.condition === null ? '' : `, where=[${exprText(body.condition, names)}]`})`;
    }
    case 'union': return `Union(all=[true], union=[${fields}])`;
    case 'join': return joinLabel(draft, body);
    case 'lookup-join': return lookupLabel(draft, body);
    case 'group-aggregate': {
      const calls = body.calls.map((c, i) => `${callText(c, input)} AS ${columns[body.keys.length + i]?.name ?? ''}`);
      return `GroupAggregate(${body.keys.length === 0 ? '' : `groupBy=[${listText(body.keys, input)}], `}select=[${[...body.keys.map(namesOf(input)), ...calls].join(', ')}])`;
    }
    case 'changelog-normalize': return `ChangelogNormalize(key=[${listText(body.key, columns)}])`;
    case 'drop-update-before': return 'DropUpdateBefore';
    case 'set-op': return `${body.op === 'intersect' ? 'Intersect' : 'Minus'}(all=[${body.all}])`;
    case 'sink-materialize': return `SinkUpsertMaterialize(key=[${listText(body.key, columns)}], inputUpsertKey=[${body.inputUpsertKey === null ? '' : listText(body.inputUpsertKey, columns)}])`;
    case 'final-sort': return sortLabel(body, columns);
    case 'unnest': return `Correlate(invocation=[UNNEST(${columns[body.column]?.name ?? ''})], joinType=[${body.outer ? 'LEFT' : 'INNER'}])`;
    case 'limit': return `Limit(offset=[${body.offset}], fetch=[${body.limit}])`;
    case 'pipeline-transform': return 'PipelineTransform';
    case 'sink': return `Sink(table=[${tables.has(draft) ? pathSummary((tables.get(draft) as TableObject).path) : body.table}], fields=[${fields}])`;
    case 'collect': return `Collect(fields=[${fields}])`;
  }
}
function joinLabel(draft: Draft, body: Extract<Draft['body'], { type: 'join' }>): string {
  const left = draft.inputs[0]?.node.columns ?? [], right = draft.inputs[1]?.node.columns ?? [], both = [...left, ...right];
  const names = uniqueNames(both);
  const keys = body.leftKeys.map((l, i) => `(${names(l)} ${body.nullSafe[i] === true ? 'IS NOT DISTINCT FROM' : '='} ${names(left.length + (body.rightKeys[i] ?? 0))})`);
  const where = [...keys, ...(body.residual === null ? [] : [exprText(body.residual, names)])];
  const condition = where.length === 0 ? 'true' : where.length === 1 ? where[0] ?? '' : `(${where.join(' AND ')})`;
  const select = draft.columns.map((_, i) => names(i)).join(', ');
  const ttl = body.ttlMs.some((t) => t !== 0) ? `, stateTtlHints=[[left:${body.ttlMs[0]} ms, right:${body.ttlMs[1]} ms]]` : '';
  return `Join(joinType=[${JOIN_NAMES[body.joinType]}], where=[${condition}], select=[${select}], leftInputSpec=[${SIDE_NAMES[body.left.kind]}], rightInputSpec=[${SIDE_NAMES[body.right.kind]}]${ttl})`;
}
function lookupLabel(draft: Draft, body: Extract<Draft['body'], { type: 'lookup-join' }>): string {
  const input = draft.inputs[0]?.node.columns ?? [], names = uniqueNames(draft.columns), table = draft.columns.slice(input.length);
  const keys = body.keys.map((k) => `${table[k.column]?.name ?? ''}=${'from' in k ? names(k.from) : literalText({ op: 'literal', value: k.value, type: table[k.column]?.type ?? NULL })}`);
  const cache = body.cache.kind === 'none' ? '' : `, cache=[${body.cache.kind.toUpperCase()}]`;
  return `LookupJoin(table=[${body.table}], joinType=[${JOIN_NAMES[body.joinType]}], lookup=[${keys.join(', ')}]${body.residual === null ? '' : `, where=[${exprText(body.residual, names)}]`}, select=[${draft.columns.map((_, i) => names(i)).join(', ')}]${cache})`;
}
/** Calcite numbers the second `id` of a join id0, the third id1 …; these names stand in labels only. */
export function uniqueNames(columns: readonly PlanColumn[]): Names {
  const taken = new Set<string>();
  const names = columns.map((c) => {
    let name = c.name;
    for (let n = 0; taken.has(name); n++) name = `${c.name}${n}`;
    taken.add(name);
    return name;
  });
  return (i) => names[i] ?? `$${i}`;
}
function callText(c: { function: string; args: readonly number[]; distinct: boolean; filter: number | null }, input: readonly PlanColumn[]): string {
  const args = c.args.length === 0 && c.function === 'COUNT' ? '*' : listText(c.args, input);
  return `${c.function}(${c.distinct ? 'DISTINCT ' : ''}${args})${c.filter === null ? '' : ` FILTER ${namesOf(input)(c.filter)}`}`;
}
function sortLabel(body: Extract<Draft['body'], { type: 'final-sort' }>, columns: readonly PlanColumn[]): string {
  const keys = body.sort.map((k) => `${namesOf(columns)(k.column)} ${k.descending ? 'DESC' : 'ASC'}${k.nullsFirst === !k.descending ? '' : k.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`).join(', ');
  const range = [...(body.offset === 0 ? [] : [`offset=[${body.offset}]`]), ...(body.limit === null ? [] : [`fetch=[${body.limit}]`])];
  const parts = [...(keys === '' ? [] : [`orderBy=[${keys}]`]), ...range];
  return `${keys === '' ? (range.length === 0 ? 'Materialize' : 'Limit') : range.length === 0 ? 'Sort' : 'SortLimit'}(${parts.join(', ')})`;
}
