/** Walking and rebuilding bound expressions. All recursion depth is bounded by the parser's nesting limit; AND/OR chains are flat. */
import { BOOLEAN } from '../../core/types/sql-type.ts';
import { childrenOf, type Expr } from '../physical/expr.ts';

export { childrenOf };
/** Rebuilds bottom-up: `change` sees every node after its children; the same object comes back when nothing changed. */
export function rewrite(e: Expr, change: (e: Expr) => Expr): Expr {
  switch (e.op) {
    case 'column': case 'literal': return change(e);
    case 'call': {
      const args = e.args.map((a) => rewrite(a, change));
      return change(args.some((a, i) => a !== e.args[i]) ? { ...e, args } : e);
    }
    case 'cast': case 'field': {
      const arg = rewrite(e.arg, change);
      return change(arg === e.arg ? e : { ...e, arg });
    }
    case 'case': {
      const branches = e.branches.map((b) => ({ when: rewrite(b.when, change), then: rewrite(b.then, change) }));
      return change({ ...e, branches, otherwise: rewrite(e.otherwise, change) });
    }
  }
}
/** Top-down replacement: where `replace` gives an expression, its subtree is not visited. */
export function replaceTop(e: Expr, replace: (e: Expr) => Expr | undefined): Expr {
  const found = replace(e);
  if (found !== undefined) return found;
  switch (e.op) {
    case 'column': case 'literal': return e;
    case 'call': return { ...e, args: e.args.map((a) => replaceTop(a, replace)) };
    case 'cast': case 'field': return { ...e, arg: replaceTop(e.arg, replace) };
    case 'case': return { ...e, branches: e.branches.map((b) => ({ when: replaceTop(b.when, replace), then: replaceTop(b.then, replace) })), otherwise: replaceTop(e.otherwise, replace) };
  }
}
export function visit(e: Expr, see: (e: Expr) => void): void {
  see(e);
  for (const child of childrenOf(e)) visit(child, see);
}
export function columnsIn(e: Expr, into: Set<number> = new Set()): Set<number> {
  visit(e, (x) => { if (x.op === 'column') into.add(x.index); });
  return into;
}
export const mapColumns = (e: Expr, to: (index: number) => number): Expr => rewrite(e, (x) => (x.op === 'column' ? { ...x, index: to(x.index) } : x));
export const shift = (e: Expr, by: number): Expr => mapColumns(e, (i) => i + by);
/** Nodes of an expression. */
export function sizeOf(e: Expr): number {
  let size = 1;
  for (const child of childrenOf(e)) size += sizeOf(child);
  return size;
}
/** What copies made by one substitution may come to, in nodes. Substitutions follow one another: what doubles at each would grow without bound. */
const MOST_COPIED = 256;
/** False when `by` has expressions that `users` together hold so often that copies of them would come to more than a few. */
export function mayCopy(users: readonly Expr[], by: readonly Expr[]): boolean {
  const uses = by.map(() => 0);
  let total = 0;
  for (const user of users) visit(user, (e) => { total++; if (e.op === 'column') uses[e.index] = (uses[e.index] ?? 0) + 1; });
  let copied = 0;
  for (const [i, e] of by.entries()) {
    const n = uses[i] ?? 0;
    if (n > 1 && e.op !== 'column' && e.op !== 'literal') copied += n * sizeOf(e);
  }
  return copied === 0 || total + copied <= MOST_COPIED;
}
/** Replaces columns by expressions over another row. */
export const substitute = (e: Expr, by: readonly Expr[]): Expr => replaceTop(e, (x) => (x.op === 'column' ? by[x.index] ?? x : undefined));

/** The conjuncts of a condition; TRUE gives none. */
export function conjuncts(e: Expr | null): readonly Expr[] {
  if (e === null || isTrue(e)) return [];
  return e.op === 'call' && e.name === 'AND' ? e.args.flatMap(conjuncts) : [e];
}
export function conjunction(parts: readonly Expr[]): Expr | null {
  const [first] = parts;
  if (first === undefined) return null;
  return parts.length === 1 ? first : { op: 'call', name: 'AND', args: parts, type: parts.some((p) => p.type.nullable) ? BOOLEAN : { ...BOOLEAN, nullable: false } };
}
export const isTrue = (e: Expr): boolean => e.op === 'literal' && e.value === true;
/** A text that is equal for equal expressions, nullability of types left aside. */
export const exprKey = (e: Expr): string => JSON.stringify(e, (key, value: unknown) => (key === 'nullable' ? undefined : value));
export const literalTrue: Expr = Object.freeze({ op: 'literal', value: true, type: { ...BOOLEAN, nullable: false } });
