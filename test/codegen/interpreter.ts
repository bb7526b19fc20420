/** Random bound expressions and a naive interpreter for them: everything in BigInt and plain three-valued logic, nothing shared with the product. */
import { BIGINT, BOOLEAN, INT, STRING, type SqlType } from '../../core/types/sql-type.ts';
import { encodeLiteral, type Expr } from '../../planner/physical/expr.ts';
import type { Random } from '../functions/random.ts';

export const COLUMNS: readonly SqlType[] = [INT, INT, BIGINT, BIGINT, BOOLEAN, BOOLEAN, STRING, STRING];
const canonical = (v: bigint): number | bigint => (v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v);

export function randomValue(random: Random, kind: string): unknown {
  if (random.below(5) === 0) return null;
  switch (kind) {
    case 'INT': return Number(BigInt.asIntN(32, random.big(32)));
    case 'BIGINT': return canonical(BigInt.asIntN(64, random.big(64)));
    case 'BOOLEAN': return random.below(2) === 0;
    default: return random.pick(['', 'a', 'b', 'ab', 'B', 'é', '😀', '\uffff']);
  }
}
const call = (name: string, args: readonly Expr[], type: SqlType): Expr => ({ op: 'call', name, args, type });
export function randomExpr(random: Random, kind: 'INT' | 'BIGINT' | 'BOOLEAN' | 'VARCHAR', depth: number): Expr {
  const type = { INT, BIGINT, BOOLEAN, VARCHAR: STRING }[kind];
  if (depth === 0 || random.below(6) === 0) {
    if (random.below(3) === 0) return { op: 'literal', value: encodeLiteral(randomValue(random, kind)), type };
    const fitting = COLUMNS.map((t, i) => (t.kind === kind ? i : -1)).filter((i) => i >= 0);
    return { op: 'column', index: random.pick(fitting), type };
  }
  const sub = (k: typeof kind): Expr => randomExpr(random, k, depth - 1), any = (): typeof kind => random.pick(['INT', 'BIGINT', 'BOOLEAN', 'VARCHAR'] as const);
  if (random.below(7) === 0) return { op: 'case', branches: Array.from({ length: 1 + random.below(2) }, () => ({ when: sub('BOOLEAN'), then: sub(kind) })), otherwise: sub(kind), type };
  switch (kind) {
    case 'INT': case 'BIGINT': return random.below(5) === 0 ? call('-', [sub(kind)], type) : call(random.pick(['+', '-', '*', '/', '%']), [sub(kind), sub(kind)], type);
    case 'VARCHAR': return call('||', [sub(kind), sub(kind)], type);
    case 'BOOLEAN': {
      const k = any();
      switch (random.below(8)) {
        case 0: case 1: return call(random.pick(['AND', 'OR']), Array.from({ length: 2 + random.below(3) }, () => sub('BOOLEAN')), type);
        case 2: return call('NOT', [sub('BOOLEAN')], type);
        case 3: return call(random.pick(['IS NULL', 'IS NOT NULL']), [sub(k)], type);
        case 4: return call(random.pick(['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE']), [sub('BOOLEAN')], type);
        case 5: return call(random.pick(['IS DISTINCT FROM', 'IS NOT DISTINCT FROM']), [sub(k), sub(k)], type);
        case 6: return call('IN', [sub(k), ...Array.from({ length: 1 + random.below(8) }, (): Expr => (random.below(4) === 0 ? sub(k) : { op: 'literal', value: encodeLiteral(randomValue(random, k)), type: { INT, BIGINT, BOOLEAN, VARCHAR: STRING }[k] }))], type);
        default: return call(random.pick(['=', '<>', '<', '<=', '>', '>=']), [sub(k), sub(k)], type);
      }
    }
  }
}
export class DivisionByZero extends Error {}
const decoded = (e: Extract<Expr, { op: 'literal' }>): unknown => (e.value !== null && typeof e.value === 'object' && 'big' in e.value ? BigInt(e.value.big) : e.value);
const compare = (a: unknown, b: unknown): number => {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  const x = BigInt(a as number), y = BigInt(b as number);
  return x < y ? -1 : x > y ? 1 : 0;
};
export function interpret(e: Expr, row: readonly unknown[]): unknown {
  switch (e.op) {
    case 'literal': return decoded(e);
    case 'column': return row[e.index];
    case 'case': { for (const b of e.branches) if (interpret(b.when, row) === true) return interpret(b.then, row); return interpret(e.otherwise, row); }
    case 'call': return callOf(e, row);
    default: throw new Error(e.op);
  }
}
function callOf(e: Extract<Expr, { op: 'call' }>, row: readonly unknown[]): unknown {
  const at = (i: number): unknown => interpret(e.args[i] as Expr, row);
  switch (e.name) {
    case 'AND': case 'OR': { const stop = e.name === 'OR'; let unknown = false; for (let i = 0; i < e.args.length; i++) { const v = at(i); if (v === stop) return stop; if (v === null) unknown = true; } return unknown ? null : !stop; }
    case 'NOT': { const v = at(0); return v === null ? null : !v; }
    case 'IS NULL': return at(0) === null;
    case 'IS NOT NULL': return at(0) !== null;
    case 'IS TRUE': return at(0) === true;
    case 'IS NOT TRUE': return at(0) !== true;
    case 'IS FALSE': return at(0) === false;
    case 'IS NOT FALSE': return at(0) !== false;
    case 'IS DISTINCT FROM': case 'IS NOT DISTINCT FROM': { const a = at(0), b = at(1), same = a === null || b === null ? a === b : compare(a, b) === 0; return (e.name === 'IS NOT DISTINCT FROM') === same; }
    case 'IN': { const v = at(0), items = e.args.slice(1).map((_, i) => at(i + 1)); if (v === null) return null; return items.some((i) => i !== null && compare(v, i) === 0) ? true : items.includes(null) ? null : false; }
    default:
  }
  const values = e.args.map((_, i) => at(i));
  if (values.includes(null)) return null;
  const [a, b] = values;
  switch (e.name) {
    case '=': return compare(a, b) === 0;
    case '<>': return compare(a, b) !== 0;
    case '<': return compare(a, b) < 0;
    case '<=': return compare(a, b) <= 0;
    case '>': return compare(a, b) > 0;
    case '>=': return compare(a, b) >= 0;
    case '||': return String(a) + String(b);
    default: return arithmetic(e.name, a as number, b as number | undefined, e.type.kind === 'INT' ? 32 : 64);
  }
}
function arithmetic(name: string, left: number, right: number | undefined, bits: number): unknown {
  const a = BigInt(left);
  if (right === undefined) return canonical(BigInt.asIntN(bits, -a));
  const b = BigInt(right);
  if ((name === '/' || name === '%') && b === 0n) throw new DivisionByZero();
  return canonical(BigInt.asIntN(bits, name === '+' ? a + b : name === '-' ? a - b : name === '*' ? a * b : name === '/' ? a / b : a % b));
}
