/** Names visible in a SELECT: the relations of FROM with their columns, and the scope around it for correlated subqueries. */
import { ambiguousColumn, columnNotFound, relationNotFound } from '../../core/errors/planner.ts';
import { nearest, type SourceRange } from '../../core/errors/define.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Identifier } from '../sql/ast.ts';
import type { Expr } from '../physical/expr.ts';
import type { RelColumn } from '../logical/rel.ts';

export interface ScopeRelation {
  /** Names it answers to, longest first: `['t']` for an alias, `['cat', 'db', 't']` for a plain table. */
  readonly names: readonly string[];
  /** Position of its first column in the row. */
  readonly start: number;
  readonly columns: readonly RelColumn[];
}
/** A column of USING or NATURAL: one name for two columns. */
export interface MergedColumn { readonly name: string; readonly expr: Expr }

/** A placeholder index for a column of the enclosing query, replaced when the subquery is joined to it. */
export const OUTER = 3_000_000;

export class Scope {
  readonly relations: readonly ScopeRelation[];
  readonly merged: readonly MergedColumn[];
  readonly parent: Scope | undefined;
  constructor(relations: readonly ScopeRelation[], merged: readonly MergedColumn[] = [], parent?: Scope | undefined) {
    this.relations = relations;
    this.merged = merged;
    this.parent = parent;
  }
  static of(columns: readonly RelColumn[], names: readonly string[], parent?: Scope): Scope { return new Scope([{ names, start: 0, columns }], [], parent); }
  /** Names of all columns, for hints. */
  columnNames(): string[] { return [...new Set(this.relations.flatMap((r) => r.columns.map((c) => c.name)))]; }

  /** The column a name path means, with what is left of the path (fields of a row value). Looks into the enclosing query last. */
  resolve(parts: readonly Identifier[], range: SourceRange): { expr: Expr; rest: readonly Identifier[] } {
    const found = this.find(parts) ?? this.outer(parts);
    if (found !== undefined) return found;
    const [first] = parts;
    const name = first?.value ?? '', qualifier = parts.length > 1;
    if (qualifier && !this.relations.some((r) => r.names.at(-1) === name) && !this.columnNames().includes(name)) {
      const aliases = this.relations.map((r) => r.names.at(-1) ?? '');
      throw relationNotFound({ relation: parts.slice(0, -1).map((p) => p.value).join('.'), near: nearest(name, aliases) }, { range });
    }
    const column = parts.at(-1)?.value ?? '';
    const available = qualifier ? this.relations.filter((r) => r.names.at(-1) === name).flatMap((r) => r.columns.map((c) => c.name)) : this.columnNames();
    throw columnNotFound({ column: parts.map((p) => p.value).join('.'), near: nearest(column, available), available }, { range });
  }
  private outer(parts: readonly Identifier[]): { expr: Expr; rest: readonly Identifier[] } | undefined {
    const found = this.parent?.find(parts);
    if (found === undefined || found.expr.op !== 'column') return undefined;
    return { expr: { ...found.expr, index: found.expr.index + OUTER }, rest: found.rest };
  }
  private find(parts: readonly Identifier[]): { expr: Expr; rest: readonly Identifier[] } | undefined {
    const [first] = parts;
    if (first === undefined) return undefined;
    const merged = this.merged.find((m) => m.name === first.value);
    if (merged !== undefined) return { expr: merged.expr, rest: parts.slice(1) };
    // The longest qualifier wins: cat.db.t.c, db.t.c, t.c, then a bare column.
    for (let q = Math.min(3, parts.length - 1); q >= 0; q--) {
      const qualifier = parts.slice(0, q).map((p) => p.value), column = parts[q];
      if (column === undefined) continue;
      const hits: { index: number; type: SqlType; table: string }[] = [];
      for (const r of this.relations) {
        if (q > 0 && !endsWith(r.names, qualifier)) continue;
        r.columns.forEach((c, i) => { if (c.name === column.value) hits.push({ index: r.start + i, type: c.type, table: r.names.at(-1) ?? '' }); });
      }
      if (hits.length > 1) throw ambiguousColumn({ column: column.value, tables: hits.map((h) => h.table) }, { range: column.range });
      const [hit] = hits;
      if (hit !== undefined) return { expr: { op: 'column', index: hit.index, type: hit.type }, rest: parts.slice(q + 1) };
    }
    return undefined;
  }
  /** Columns of `*` or `t.*` in order; merged columns come first and once. */
  star(qualifier: readonly Identifier[], range: SourceRange): { name: string; expr: Expr }[] {
    const names = qualifier.map((p) => p.value);
    const relations = names.length === 0 ? this.relations : this.relations.filter((r) => endsWith(r.names, names));
    if (relations.length === 0) throw relationNotFound({ relation: names.join('.'), near: nearest(names.at(-1) ?? '', this.relations.map((r) => r.names.at(-1) ?? '')) }, { range });
    const merged = names.length === 0 ? this.merged : [], hidden = new Set(merged.map((m) => m.name));
    const own = relations.flatMap((r) => r.columns.map((c, i) => ({ name: c.name, expr: { op: 'column', index: r.start + i, type: c.type } as Expr }))).filter((c) => !hidden.has(c.name));
    return [...merged.map((m) => ({ name: m.name, expr: m.expr })), ...own];
  }
}
const endsWith = (names: readonly string[], tail: readonly string[]): boolean => tail.length <= names.length && tail.every((t, i) => names[names.length - tail.length + i] === t);
