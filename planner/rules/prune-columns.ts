/** Column pruning: nothing is carried that nobody above reads. Scans decode only what is left (projection push-down). */
import { columnsIn, mapColumns } from '../logical/expr-tools.ts';
import { column, join, project, type Rel } from '../logical/rel.ts';

/** The same relation with all its columns, pruned inside. */
export function pruneColumns(rel: Rel): Rel { return exact(rel, rel.columns.map((_, i) => i)); }

/** `at[old]` = position in the pruned relation, for every needed column. */
interface Pruned { readonly rel: Rel; readonly at: ReadonlyMap<number, number> }
/** Prunes to exactly the needed columns, in order. */
function exact(rel: Rel, needed: readonly number[]): Rel {
  const { rel: pruned, at } = prune(rel, new Set(needed));
  const positions = needed.map((n) => at.get(n) ?? 0);
  if (positions.length === pruned.columns.length && positions.every((p, i) => p === i)) return pruned;
  return project(pruned, positions.map((p) => column(pruned, p)), needed.map((n) => rel.columns[n]?.name ?? ''));
}
/** Prunes and drops what only the relation itself needed (filter columns, keys of upsert scans), so that no operator keeps or sends it. */
function narrow(rel: Rel, needed: ReadonlySet<number>): Pruned {
  const pruned = prune(rel, needed);
  if (needed.size === 0 || pruned.rel.columns.length === needed.size) return pruned;
  const kept = sorted(needed);
  return { rel: project(pruned.rel, kept.map((n) => column(pruned.rel, pruned.at.get(n) ?? 0)), kept.map((n) => rel.columns[n]?.name ?? '')), at: positions(kept) };
}
const sorted = (needed: ReadonlySet<number>): number[] => [...needed].sort((a, b) => a - b);
const positions = (kept: readonly number[]): Map<number, number> => new Map(kept.map((old, now) => [old, now]));

function prune(rel: Rel, needed: ReadonlySet<number>): Pruned {
  switch (rel.kind) {
    case 'scan': {
      const key = new Set(rel.source.upsertKey ?? []), pk = rel.source.changelogMode.delete ? new Set(rel.table.primaryKey?.columns ?? []) : key;
      let kept = rel.columns.flatMap((c, i) => (needed.has(i) || key.has(c.name) || pk.has(c.name) ? [i] : []));
      if (kept.length === 0) kept = rel.columns.length === 0 ? [] : [narrowest(rel.columns.map((c) => c.type.kind))];
      return { rel: { ...rel, columns: kept.map((i) => rel.columns[i] as never), fields: kept.map((i) => rel.fields[i] as never) }, at: positions(kept) };
    }
    case 'values': {
      const kept = atLeastOne(rel, needed);
      return { rel: { ...rel, columns: kept.map((i) => rel.columns[i] as never), rows: rel.rows.map((r) => kept.map((i) => r[i] as never)) }, at: positions(kept) };
    }
    case 'project': {
      // Only the number of rows counts (COUNT(*)): that is the input's.
      if (needed.size === 0) return { rel: prune(rel.input, needed).rel, at: new Map() };
      const kept = sorted(needed), exprs = kept.map((i) => rel.exprs[i] as never), inner = new Set<number>();
      for (const e of exprs) columnsIn(e, inner);
      const { rel: input, at } = prune(rel.input, inner);
      return { rel: { kind: 'project', input, exprs: exprs.map((e) => mapColumns(e, (i) => at.get(i) ?? i)), columns: kept.map((i) => rel.columns[i] as never) }, at: positions(kept) };
    }
    case 'filter': {
      const { rel: input, at } = prune(rel.input, columnsIn(rel.condition, new Set(needed)));
      return { rel: { kind: 'filter', input, condition: mapColumns(rel.condition, (i) => at.get(i) ?? i), columns: input.columns }, at };
    }
    case 'join': {
      const all = rel.condition === null ? new Set(needed) : columnsIn(rel.condition, new Set(needed)), width = rel.left.columns.length;
      const left = narrow(rel.left, new Set([...all].filter((i) => i < width))), right = narrow(rel.right, new Set([...all].filter((i) => i >= width).map((i) => i - width)));
      const at = new Map<number, number>(left.at);
      for (const [old, now] of right.at) at.set(old + width, now + left.rel.columns.length);
      return { rel: join(rel.type, left.rel, right.rel, rel.condition === null ? null : mapColumns(rel.condition, (i) => at.get(i) ?? i), rel), at };
    }
    case 'aggregate': {
      const calls = rel.calls.map((c, i) => ({ c, i: i + rel.keys.length })).filter(({ i }) => needed.has(i));
      const inner = new Set([...rel.keys, ...calls.flatMap(({ c }) => [...c.args, ...(c.filter === null ? [] : [c.filter])])]);
      const { rel: input, at } = narrow(rel.input, inner);
      const to = (i: number): number => at.get(i) ?? i;
      const kept = [...rel.keys.map((_, i) => i), ...calls.map(({ i }) => i)];
      return {
        rel: { ...rel, input, keys: rel.keys.map(to), calls: calls.map(({ c }) => ({ ...c, args: c.args.map(to), filter: c.filter === null ? null : to(c.filter) })), columns: kept.map((i) => rel.columns[i] as never) },
        at: positions(kept),
      };
    }
    case 'union': {
      const kept = atLeastOne(rel, needed);
      return { rel: { ...rel, inputs: rel.inputs.map((i) => exact(i, kept)), columns: kept.map((i) => rel.columns[i] as never) }, at: positions(kept) };
    }
    case 'setOp': {
      const all = rel.columns.map((_, i) => i);
      return { rel: { ...rel, left: exact(rel.left, all), right: exact(rel.right, all) }, at: positions(all) };
    }
    case 'unnest': {
      const width = rel.input.columns.length, elements = rel.columns.slice(width);
      const { rel: input, at } = narrow(rel.input, new Set([...[...needed].filter((i) => i < width), rel.column]));
      const positioned = new Map([...at, ...elements.map((_, i): [number, number] => [width + i, input.columns.length + i])]);
      return { rel: { ...rel, input, column: at.get(rel.column) ?? rel.column, columns: [...input.columns, ...elements] }, at: positioned };
    }
    case 'sort': {
      const { rel: input, at } = narrow(rel.input, new Set([...needed, ...rel.keys.map((k) => k.column)]));
      return { rel: { ...rel, input, keys: rel.keys.map((k) => ({ ...k, column: at.get(k.column) ?? k.column })), columns: input.columns }, at };
    }
  }
}
/** Rows without columns are avoided: one column stays. */
const atLeastOne = (rel: Rel, needed: ReadonlySet<number>): number[] => (needed.size > 0 || rel.columns.length === 0 ? sorted(needed) : [narrowest(rel.columns.map((c) => c.type.kind))]);
/** When no column is needed (COUNT(*)) one must still be read to count rows: prefer one that is cheap to decode. */
function narrowest(kinds: readonly string[]): number {
  const at = kinds.findIndex((k) => k === 'BIGINT' || k === 'INT' || k === 'BOOLEAN');
  return Math.max(at, 0);
}
