/** Names in sight of an expression and where their values are while the query runs. */
import { ambiguousColumn, columnNotFound, relationNotFound } from '../../core/errors/planner.ts';
import { nearest, type SourceRange } from '../../core/errors/define.ts';
import type { Identifier } from '../../planner/sql/ast.ts';

export type Row = readonly unknown[];
/** Values of one query level while it runs: one row per FROM item, and what is computed beside them. */
export interface Env { readonly rows: Row[]; readonly parent: Env | undefined; readonly aggregates?: readonly unknown[]; readonly sets?: readonly unknown[]; readonly windows?: readonly unknown[] }
export interface Column { readonly name: string; readonly type: string; readonly fields?: readonly Column[] | undefined }
/** One item of FROM. `names`: the alias, or schema and name. */
export interface Leaf { readonly index: number; readonly names: readonly string[]; readonly columns: readonly Column[]; /** Object id of the system table it is. */ readonly tableId?: number | undefined }
/**
 * FROM items that something reads, as bits: [0] of its own query level, [1] of the enclosing one, and so on. A condition runs as soon as
 * its items have rows; a subquery that reads nothing outside runs once.
 */
export type Uses = readonly number[];
export const MAX_LEAVES = 30;
export function unite(all: readonly Uses[]): Uses {
  const result: number[] = [];
  for (const uses of all) uses.forEach((mask, i) => { result[i] = (result[i] ?? 0) | mask; });
  return result;
}

/** PostgreSQL folds names that are not quoted. */
export const fold = (id: Identifier): string => (id.quoted ? id.value : id.value.toLowerCase());

export interface Found { readonly column: Column; readonly uses: Uses; readonly run: (env: Env) => unknown; readonly rest: readonly Identifier[] }

export class Scope {
  readonly leaves: Leaf[] = [];
  /** Columns of USING and NATURAL: their bare name means the left one. */
  readonly hidden = new Set<string>();
  readonly parent: Scope | undefined;
  /** What this level reads of the levels around it: [0] of its parent. */
  readonly outer: number[] = [];
  /** While ON is bound only these FROM items are in sight. */
  visible = -1;
  constructor(parent: Scope | undefined) { this.parent = parent; }

  resolve(parts: readonly Identifier[], range: SourceRange): Found {
    for (let scope: Scope | undefined = this, depth = 0; scope !== undefined; scope = scope.parent, depth++) {
      const found = scope.find(parts, range), hidden = found === undefined ? scope.systemColumn(parts) : undefined;
      if (hidden !== undefined) return hidden;
      if (found === undefined) continue;
      this.note(found.leaf, depth);
      const { leaf, at } = found, uses = Array.from({ length: depth + 1 }, (_, i) => (i === depth ? 1 << leaf.index : 0));
      return { column: leaf.columns[at] as Column, uses, run: reader(depth, leaf.index, at), rest: found.rest };
    }
    throw this.unknown(parts, range);
  }
  private note(leaf: Leaf, depth: number): void {
    for (let scope: Scope | undefined = this, level = depth - 1; level >= 0 && scope !== undefined; scope = scope.parent, level--) scope.outer[level] = (scope.outer[level] ?? 0) | (1 << leaf.index);
  }
  /** How many levels out a scope is; undefined is the outermost query's parent. */
  depthOf(target: Scope | undefined): number {
    let depth = 0;
    for (let scope: Scope | undefined = this; scope !== target && scope !== undefined; scope = scope.parent) depth++;
    return depth;
  }
  /** Something here reads these items of the levels from `depth` out on. */
  noteUses(uses: Uses, depth: number): void {
    uses.forEach((mask, i) => {
      for (let scope: Scope | undefined = this, level = depth + i - 1; level >= 0 && scope !== undefined; scope = scope.parent, level--) scope.outer[level] = (scope.outer[level] ?? 0) | mask;
    });
  }
  /** Where a column of this level is, without counting as read. */
  place(parts: readonly Identifier[]): { leaf: Leaf; at: number } | undefined { return this.find(parts, { start: 0, end: 0 }); }
  has(name: string): boolean { return this.leaves.some((l) => l.columns.some((c) => c.name === name)); }
  private seen(): readonly Leaf[] { return this.visible === -1 ? this.leaves : this.leaves.filter((l) => (this.visible & (1 << l.index)) !== 0); }
  private find(parts: readonly Identifier[], range: SourceRange): { leaf: Leaf; at: number; rest: readonly Identifier[] } | undefined {
    for (let q = Math.min(3, parts.length - 1); q >= 0; q--) {
      const qualifier = parts.slice(0, q).map(fold), id = parts[q];
      if (id === undefined) continue;
      const name = fold(id), hits: { leaf: Leaf; at: number }[] = [];
      for (const leaf of this.seen()) {
        if (q > 0 && !isTail(leaf.names, qualifier)) continue;
        const at = leaf.columns.findIndex((c) => c.name === name);
        if (at >= 0) hits.push({ leaf, at });
      }
      const [first] = hits;
      if (first === undefined) continue;
      if (hits.length > 1 && !(q === 0 && this.hidden.has(name))) throw ambiguousColumn({ column: name, tables: hits.map((h) => h.leaf.names.at(-1) ?? '') }, { range });
      return { ...first, rest: parts.slice(q + 1) };
    }
    return undefined;
  }
  /** Columns that PostgreSQL's tables have beside the declared ones. */
  private systemColumn(parts: readonly Identifier[]): Found | undefined {
    const id = parts.at(-1), name = id === undefined ? '' : fold(id), type = SYSTEM_COLUMNS.get(name);
    if (type === undefined) return undefined;
    const leaf = this.seen().find((l) => l.tableId !== undefined && isTail(l.names, parts.slice(0, -1).map(fold)));
    if (leaf === undefined) return undefined;
    const value = name === 'tableoid' ? leaf.tableId : name === 'ctid' ? '(0,1)' : 1;
    return { column: { name, type }, uses: [], run: () => value, rest: [] };
  }
  private unknown(parts: readonly Identifier[], range: SourceRange): Error {
    const name = parts.map((p) => p.value).join('.'), qualifier = parts.length > 1 ? fold(parts[0] as Identifier) : undefined;
    if (qualifier !== undefined && !this.leaves.some((l) => isTail(l.names, [qualifier]))) return relationNotFound({ relation: parts.slice(0, -1).map((p) => p.value).join('.'), near: nearest(qualifier, this.leaves.map((l) => l.names.at(-1) ?? '')) }, { range });
    const available = this.leaves.flatMap((l) => l.columns.map((c) => c.name));
    return columnNotFound({ column: name, near: nearest(parts.at(-1)?.value ?? '', available), available }, { range });
  }
  /** Columns of `*` or `t.*`. */
  star(qualifier: readonly Identifier[], range: SourceRange): { column: Column; leaf: Leaf; at: number }[] {
    const names = qualifier.map(fold), leaves = this.leaves.filter((l) => names.length === 0 || isTail(l.names, names));
    if (leaves.length === 0 && names.length > 0) throw relationNotFound({ relation: names.join('.'), near: [] }, { range });
    const merged = new Set<string>();
    return leaves.flatMap((leaf) => leaf.columns.flatMap((column, at) => {
      if (names.length === 0 && this.hidden.has(column.name)) { if (merged.has(column.name)) return []; merged.add(column.name); }
      return [{ column, leaf, at }];
    }));
  }
}
const SYSTEM_COLUMNS: ReadonlyMap<string, string> = new Map([['tableoid', 'oid'], ['xmin', 'xid'], ['xmax', 'xid'], ['cmin', 'cid'], ['cmax', 'cid'], ['ctid', 'tid']]);
const isTail = (names: readonly string[], tail: readonly string[]): boolean => tail.length <= names.length && tail.every((t, i) => names[names.length - tail.length + i] === t);
/** Reads a column of the row that a FROM item has, `depth` levels out. */
export function reader(depth: number, leaf: number, at: number): (env: Env) => unknown {
  if (depth === 0) return (env) => (env.rows[leaf] as Row)[at];
  if (depth === 1) return (env) => ((env.parent as Env).rows[leaf] as Row)[at];
  return (env) => { let e = env; for (let d = 0; d < depth; d++) e = e.parent as Env; return (e.rows[leaf] as Row)[at]; };
}
