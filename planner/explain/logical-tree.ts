/** The bound query before any rewriting, as Flink's first EXPLAIN section prints it: Calcite's names, columns as `$n`. */
import type { Expr } from '../physical/expr.ts';
import { exprText } from '../physical/label.ts';
import { inputsOf, type Rel } from '../logical/rel.ts';

/** What is longer is cut, as for plans. */
const MAX_LINES = 2000;

/** `sink`: dotted path of the table an INSERT writes; undefined for a SELECT. */
export function logicalTree(rel: Rel, sink?: string | undefined): string {
  const lines: string[] = [];
  const print = (r: Rel, first: string, rest: string): void => {
    if (lines.length >= MAX_LINES) { if (lines.length === MAX_LINES) lines.push('...'); return; }
    lines.push(`${first}${labelOf(r)}`);
    const inputs = inputsOf(r);
    inputs.forEach((input, i) => { const last = i === inputs.length - 1; print(input, `${rest}${last ? '+- ' : ':- '}`, `${rest}${last ? '   ' : ':  '}`); });
  };
  if (sink !== undefined) lines.push(`LogicalSink(table=[${sink}], fields=[${rel.columns.map((c) => c.name).join(', ')}])`);
  print(rel, sink === undefined ? '' : '+- ', sink === undefined ? '' : '   ');
  return lines.join('\n');
}
const text = (e: Expr): string => exprText(e, (i) => `$${i}`);
function labelOf(rel: Rel): string {
  switch (rel.kind) {
    case 'scan': return `LogicalTableScan(table=[[${rel.table.path.catalog}, ${rel.table.path.database}, ${rel.table.path.name}]])`;
    case 'values': return `LogicalValues(rows=[${rel.rows.length}], fields=[${rel.columns.map((c) => c.name).join(', ')}])`;
    case 'project': return `LogicalProject(${rel.exprs.map((e, i) => `${rel.columns[i]?.name ?? ''}=[${text(e)}]`).join(', ')})`;
    case 'filter': return `LogicalFilter(condition=[${text(rel.condition)}])`;
    case 'join': return `${rel.lookup === undefined ? 'LogicalJoin' : 'LogicalLookupJoin'}(condition=[${rel.condition === null ? 'true' : text(rel.condition)}], joinType=[${rel.type}])`;
    case 'aggregate': return `LogicalAggregate(group=[{${rel.keys.join(', ')}}]${rel.calls.map((c, i) => `, ${rel.columns[rel.keys.length + i]?.name ?? ''}=[${c.function}(${c.distinct ? 'DISTINCT ' : ''}${c.args.map((a) => `$${a}`).join(', ')})${c.filter === null ? '' : ` FILTER $${c.filter}`}]`).join('')})`;
    case 'union': return 'LogicalUnion(all=[true])';
    case 'setOp': return `${rel.op === 'intersect' ? 'LogicalIntersect' : 'LogicalMinus'}(all=[${rel.all}])`;
    case 'unnest': return `LogicalCorrelate(unnest=[$${rel.column}], joinType=[${rel.outer ? 'left' : 'inner'}])`;
    case 'sort': return `LogicalSort(${[...rel.keys.map((k, i) => `sort${i}=[$${k.column}], dir${i}=[${k.descending ? 'DESC' : 'ASC'}${k.nullsFirst ? '-nulls-first' : '-nulls-last'}]`), ...(rel.offset === 0 ? [] : [`offset=[${rel.offset}]`]), ...(rel.limit === null ? [] : [`fetch=[${rel.limit}]`])].join(', ')})`;
  }
}
