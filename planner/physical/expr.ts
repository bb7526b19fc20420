/**
 * Bound expressions: every name resolved to a column position, every call to a function of the registry, every implicit cast written
 * out. JSON-safe (plans go to worker threads), so constants are wrapped by `encodeLiteral`.
 */
import type { SqlType } from '../../core/types/sql-type.ts';

export type Expr =
  /** Column of the input row. In a join's residual condition positions run over left then right columns. */
  | { readonly op: 'column'; readonly index: number; readonly type: SqlType }
  | { readonly op: 'literal'; readonly value: LiteralValue; readonly type: SqlType }
  /** `name` as in the function registry (operators by symbol: '+', '=', 'AND' with 2..n operands, 'NOT', 'LIKE', 'IS NULL' …). `literals[i]` repeats a constant argument for functions that specialise on it. */
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly type: SqlType }
  /** safe: TRY_CAST. */
  | { readonly op: 'cast'; readonly arg: Expr; readonly type: SqlType; readonly safe: boolean }
  /** Searched CASE; branches are evaluated lazily in order; `when` is BOOLEAN, NULL counts as false. */
  | { readonly op: 'case'; readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]; readonly otherwise: Expr; readonly type: SqlType }
  /** Field of a ROW value by position. */
  | { readonly op: 'field'; readonly arg: Expr; readonly index: number; readonly type: SqlType };

/** A constant in JSON: bigint, bytes, Map wrapped in one-key objects; everything else as it is. */
export type LiteralValue = null | boolean | number | string | { readonly big: string } | { readonly bytes: string } | { readonly num: 'NaN' | 'Infinity' | '-Infinity' } | { readonly list: readonly LiteralValue[] } | { readonly entries: readonly (readonly [LiteralValue, LiteralValue])[] };

export function encodeLiteral(value: unknown): LiteralValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { num: String(value) as 'NaN' };
  if (typeof value === 'bigint') return { big: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { list: value.map(encodeLiteral) };
  if (value instanceof Map) return { entries: [...value].map(([k, v]) => [encodeLiteral(k), encodeLiteral(v)] as const) };
  return null;
}
export function decodeLiteral(value: LiteralValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('big' in value) return BigInt(value.big);
  if ('bytes' in value) return new Uint8Array(Buffer.from(value.bytes, 'base64'));
  if ('num' in value) return Number(value.num);
  if ('list' in value) return value.list.map(decodeLiteral);
  return new Map(value.entries.map(([k, v]) => [decodeLiteral(k), decodeLiteral(v)]));
}
/** Children in order. */
export function childrenOf(e: Expr): readonly Expr[] {
  switch (e.op) {
    case 'column': case 'literal': return [];
    case 'call': return e.args;
    case 'cast': case 'field': return [e.arg];
    case 'case': return [...e.branches.flatMap((b) => [b.when, b.then]), e.otherwise];
  }
}
