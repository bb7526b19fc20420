/** What joins of all kinds read off their inputs: equalities that are keys, and where a table's key stands among scanned columns. */
import { conjunction, conjuncts } from '../logical/expr-tools.ts';
import type { Scan } from '../logical/rel.ts';
import type { ColumnSet } from './draft.ts';
import type { Expr } from './expr.ts';

/** Key columns as positions among a scan's columns; undefined when one is not scanned or there is no key. */
export function positions(rel: Scan, names: readonly string[] | undefined): ColumnSet | undefined {
  if (names === undefined || names.length === 0) return undefined;
  const physical = rel.table.columns.filter((c) => c.kind === 'physical');
  const found = names.map((name) => {
    const field = physical.findIndex((c) => c.name === name), metadata = rel.table.columns.find((c) => c.name === name && c.kind === 'metadata');
    return rel.fields.findIndex((f) => (f.kind === 'physical' ? field >= 0 && f.field === field : metadata?.kind === 'metadata' && f.key === metadata.metadataKey));
  });
  return found.includes(-1) ? undefined : found;
}

interface JoinCondition { readonly leftKeys: number[]; readonly rightKeys: number[]; readonly nullSafe: boolean[]; readonly residual: Expr | null }
/** Equalities between one column of each side are keys; everything else stays as a condition over left ++ right. */
export function splitCondition(condition: Expr | null, width: number): JoinCondition {
  const result: JoinCondition = { leftKeys: [], rightKeys: [], nullSafe: [], residual: null };
  const rest: Expr[] = [];
  for (const c of conjuncts(condition)) {
    const pair = columnPair(c, width);
    if (pair === undefined) { rest.push(c); continue; }
    if (result.leftKeys.some((l, i) => l === pair.left && result.rightKeys[i] === pair.right)) { if (!pair.nullSafe) result.nullSafe[result.leftKeys.findIndex((l, i) => l === pair.left && result.rightKeys[i] === pair.right)] = false; continue; }
    result.leftKeys.push(pair.left);
    result.rightKeys.push(pair.right);
    result.nullSafe.push(pair.nullSafe);
  }
  return { ...result, residual: conjunction(rest) };
}
function columnPair(e: Expr, width: number): { left: number; right: number; nullSafe: boolean } | undefined {
  if (e.op !== 'call' || (e.name !== '=' && e.name !== 'IS NOT DISTINCT FROM')) return undefined;
  const [a, b] = e.args;
  if (a?.op !== 'column' || b?.op !== 'column' || (a.index < width) === (b.index < width)) return undefined;
  const [l, r] = a.index < width ? [a.index, b.index] : [b.index, a.index];
  return { left: l, right: r - width, nullSafe: e.name !== '=' };
}
