/** What happened to a table, in terms of MySQL's columns, and the same as schema events of a pipeline. */
import type { PipelineColumn, SchemaChange } from '../../../pipelines/contract.ts';
import type { MySqlColumn, MySqlTable } from '../contract.ts';

/** In an order in which they can be carried out one by one: drops, renames, other types, additions. */
export type TableChange =
  | { readonly kind: 'create.table' }
  | { readonly kind: 'drop.table' }
  | { readonly kind: 'truncate.table' }
  | { readonly kind: 'drop.column'; readonly name: string }
  | { readonly kind: 'rename.column'; readonly from: string; readonly to: string }
  /** Anything of a column but its name and place. */
  | { readonly kind: 'alter.column'; readonly name: string; readonly from: MySqlColumn; readonly to: MySqlColumn }
  /** `after`: undefined = first, null = last. */
  | { readonly kind: 'add.column'; readonly column: MySqlColumn; readonly after: string | null | undefined };

const same = (a: string, b: string): boolean => a === b || a.toLowerCase() === b.toLowerCase();
const withoutName = (column: MySqlColumn): string => JSON.stringify({ ...column, name: '' });

/** @param came where a column of `after` was before: its old name, by its new name; those of neither are by name */
export function tableChanges(before: MySqlTable, after: MySqlTable, came: ReadonlyMap<string, string | null>): TableChange[] {
  const oldOf = (column: MySqlColumn): MySqlColumn | undefined => {
    const old = came.get(column.name);
    return old === null ? undefined : before.columns.find((c) => same(c.name, old ?? column.name));
  };
  const pairs = after.columns.map((column) => [oldOf(column), column] as const), kept = new Set(pairs.map(([old]) => old));
  const out: TableChange[] = before.columns.filter((c) => !kept.has(c)).map((c) => ({ kind: 'drop.column', name: c.name }));
  out.push(...renames(pairs.flatMap(([old, now]) => (old === undefined || old.name === now.name ? [] : [[old.name, now.name] as const]))));
  for (const [old, now] of pairs) if (old !== undefined && withoutName(old) !== withoutName(now)) out.push({ kind: 'alter.column', name: now.name, from: old, to: now });
  after.columns.forEach((column, i) => {
    if (pairs[i]![0] === undefined) out.push({ kind: 'add.column', column, after: i === after.columns.length - 1 ? null : after.columns[i - 1]?.name });
  });
  return out;
}
/** Names may be exchanged by one statement; one by one that takes a name in between. */
function renames(pairs: readonly (readonly [from: string, to: string])[]): TableChange[] {
  const out: TableChange[] = [], left = pairs.map(([from, to]) => ({ from, to }));
  const rename = (from: string, to: string): void => { out.push({ kind: 'rename.column', from, to }); };
  while (left.length > 0) {
    const free = left.findIndex((one) => !left.some((other) => other !== one && same(other.from, one.to)));
    if (free >= 0) { const [one] = left.splice(free, 1); rename(one!.from, one!.to); continue; }
    const [first] = left, between = `${first!.from}__renamed`;
    rename(first!.from, between);
    first!.from = between;
  }
  return out;
}

/** @param columnOf the column as pipelines see it; columns of equal types there change nothing */
export function schemaChanges(changes: readonly TableChange[], columnOf: (column: MySqlColumn) => PipelineColumn): SchemaChange[] {
  return changes.flatMap((change): SchemaChange[] => {
    if (change.kind === 'add.column') return [{ kind: 'add.column', column: columnOf(change.column), after: change.after }];
    if (change.kind !== 'alter.column') return [change];
    const from = columnOf(change.from), column = columnOf(change.to);
    return JSON.stringify(from.type) === JSON.stringify(column.type) ? [] : [{ kind: 'alter.column.type', name: change.name, from: from.type, column }];
  });
}
