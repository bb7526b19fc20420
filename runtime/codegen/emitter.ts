/**
 * Turns bound expressions into JavaScript statements. One emitter makes one function; every value ends in a local variable, so that an
 * equal sub-expression met again in the same block is computed once. Columns are `c<index>[i]`, constants and called functions are
 * entries of the `refs` array handed to the generated function. Names and texts of users never appear in the code.
 *
 * Invariants: a value is `null` for SQL NULL, never undefined; every column is taken to be nullable, whatever its type says, because
 * the type is a promise of the user's data.
 */
import type { ArgumentInfo, CompiledCall } from '../../catalog/registry/functions.ts';
import { internalError } from '../../core/errors/common.ts';
import { compileCast } from '../../core/types/cast.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { decodeLiteral, type Expr } from '../../planner/physical/expr.ts';
import type { CodegenContext } from './contract.ts';

/** A JavaScript name or literal without side effects, and whether it may be null. */
export interface Value { readonly code: string; readonly nullable: boolean }
const NULL_VALUE: Value = { code: 'null', nullable: true };
/** Lists longer than this are looked up in a Set. */
const SET_FROM = 4;

export class Emitter {
  readonly refs: unknown[] = [];
  private readonly refNames = new Map<unknown, string>();
  private readonly lines: string[] = [];
  private readonly context: CodegenContext;
  private readonly readColumn: (index: number) => string;
  private names = 0;
  /** Innermost last: expressions computed in each open block. */
  private readonly scopes: Map<number, Value>[] = [new Map()];
  private readonly keys = new Map<Expr, number>();
  private readonly numbers = new Map<string, number>();
  /** @param readColumn JavaScript that reads a column of the current row */
  constructor(context: CodegenContext, readColumn: (index: number) => string) { this.context = context; this.readColumn = readColumn; }

  get code(): string { return this.lines.join('\n'); }
  line(text: string): void { this.lines.push(text); }
  name(): string { return `t${this.names++}`; }
  /** The name under which generated code sees a constant or a function. */
  ref(value: unknown): string {
    let name = this.refNames.get(value);
    if (name === undefined) this.refNames.set(value, name = `r${this.refs.push(value) - 1}`);
    return name;
  }

  private open(): void { this.scopes.push(new Map()); }
  private close(): void { this.scopes.pop(); }
  /** Loads the columns of some expressions at the current level, so that blocks below can share them. */
  load(expressions: readonly Expr[]): void {
    const stack = [...expressions];
    for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
      switch (e.op) {
        case 'column': this.emit(e); break;
        case 'call': for (const a of e.args) stack.push(a); break;
        case 'cast': case 'field': stack.push(e.arg); break;
        case 'case': for (const b of e.branches) stack.push(b.when, b.then); stack.push(e.otherwise); break;
        case 'literal': break;
      }
    }
  }
  emit(e: Expr): Value {
    if (e.op === 'literal') return this.literal(e.value === null ? null : decodeLiteral(e.value));
    const key = this.keyOf(e);
    for (let s = this.scopes.length - 1; s >= 0; s--) { const known = this.scopes[s]?.get(key); if (known !== undefined) return known; }
    const value = this.compute(e);
    if (isShareable(e, this.context)) this.scopes.at(-1)?.set(key, value);
    return value;
  }
  /** A number equal for equal expressions: expressions are numbered by the numbers of their parts, so a deep tree costs no more than its nodes. */
  private keyOf(e: Expr): number {
    let key = this.keys.get(e);
    if (key !== undefined) return key;
    const of = (x: Expr): number => this.keyOf(x);
    let text: string;
    switch (e.op) {
      case 'column': text = `$${e.index}`; break;
      case 'literal': text = JSON.stringify([e.value, e.type]); break;
      case 'call': text = `${e.name}(${e.args.map(of).join(',')}):${JSON.stringify(e.type)}`; break;
      case 'cast': text = `cast${e.safe ? '?' : ''}(${of(e.arg)},${JSON.stringify(e.arg.type)},${JSON.stringify(e.type)})`; break;
      case 'field': text = `${of(e.arg)}.${e.index}`; break;
      case 'case': text = `case(${e.branches.map((b) => `${of(b.when)}:${of(b.then)}`).join(',')},${of(e.otherwise)})`; break;
    }
    key = this.numbers.get(text);
    if (key === undefined) this.numbers.set(text, key = this.numbers.size);
    this.keys.set(e, key);
    return key;
  }
  private literal(value: unknown): Value {
    if (value === null || value === undefined) return NULL_VALUE;
    if (typeof value === 'boolean') return { code: String(value), nullable: false };
    if (typeof value === 'number' && Number.isFinite(value)) return { code: Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value), nullable: false };
    return { code: this.ref(value), nullable: false };
  }
  private compute(e: Exclude<Expr, { op: 'literal' }>): Value {
    switch (e.op) {
      case 'column': return this.define(this.readColumn(e.index), true);
      case 'field': { const arg = this.emit(e.arg); return this.define(`${arg.code} === null ? null : ${arg.code}[${e.index}]`, true); }
      case 'cast': return this.apply(compileCast(e.arg.type, e.type, this.context.env, e.safe), [this.emit(e.arg)], true);
      case 'case': return this.caseOf(e);
      case 'call': return this.call(e);
    }
  }
  private define(code: string, nullable: boolean): Value {
    const name = this.name();
    this.line(`const ${name} = ${code};`);
    return { code: name, nullable };
  }
  /** A call whose arguments stand ready. strict: not run when an argument is NULL. */
  private apply(compiled: CompiledCall, args: readonly Value[], strict: boolean): Value {
    const codes = args.map((a) => a.code);
    const body = 'code' in compiled ? compiled.code(codes, (v) => this.ref(v)) : `${this.ref(compiled.call)}(${codes.join(', ')})`;
    const checks = strict ? [...new Set(args.filter((a) => a.nullable).map((a) => a.code))] : [];
    if (checks.includes('null')) return NULL_VALUE;
    return this.define(checks.length === 0 ? `(${body})` : `${checks.map((c) => `${c} === null`).join(' || ')} ? null : (${body})`, true);
  }
  private call(e: Extract<Expr, { op: 'call' }>): Value {
    switch (e.name) {
      case 'AND': case 'OR': return this.logical(e);
      case 'NOT': { const a = this.emit(arg(e, 0)); return this.define(a.nullable ? `${a.code} === null ? null : !${a.code}` : `!${a.code}`, a.nullable); }
      case 'IS NULL': case 'IS UNKNOWN': return this.define(`${this.emit(arg(e, 0)).code} === null`, false);
      case 'IS NOT NULL': return this.define(`${this.emit(arg(e, 0)).code} !== null`, false);
      case 'IS TRUE': return this.define(`${this.emit(arg(e, 0)).code} === true`, false);
      case 'IS NOT TRUE': return this.define(`${this.emit(arg(e, 0)).code} !== true`, false);
      case 'IS FALSE': return this.define(`${this.emit(arg(e, 0)).code} === false`, false);
      case 'IS NOT FALSE': return this.define(`${this.emit(arg(e, 0)).code} !== false`, false);
      case 'IS DISTINCT FROM': case 'IS NOT DISTINCT FROM': return this.distinct(e);
      case 'IN': return this.inList(e) ?? this.registered(e);
      default: return this.registered(e);
    }
  }
  private registered(e: Extract<Expr, { op: 'call' }>): Value {
    const fn = this.context.functions.scalar(e.name);
    if (fn === undefined) throw internalError({ what: `the plan calls function ${e.name}, which this server does not have` });
    const infos = e.args.map((a): ArgumentInfo => ({ type: a.type, literal: a.op === 'literal' ? { value: decodeLiteral(a.value) } : undefined }));
    return this.apply(fn.compile(infos, e.type, this.context.env), e.args.map((a) => this.emit(a)), fn.strict);
  }
  /** Three-valued AND / OR over any number of operands; later ones are not run when the result stands. */
  private logical(e: Extract<Expr, { op: 'call' }>): Value {
    const stop = e.name === 'AND' ? 'false' : 'true', start = e.name === 'AND' ? 'true' : 'false', result = this.name();
    this.line(`let ${result} = ${start};`);
    e.args.forEach((a, i) => {
      this.line(i === 0 ? '{' : `if (${result} !== ${stop}) {`);
      this.open();
      const v = this.emit(a);
      this.line(`if (${v.code} === ${stop}) ${result} = ${stop};${v.nullable ? ` else if (${v.code} === null) ${result} = null;` : ''}`);
      this.close();
      this.line('}');
    });
    return { code: result, nullable: true };
  }
  private distinct(e: Extract<Expr, { op: 'call' }>): Value {
    const a = this.emit(arg(e, 0)), b = this.emit(arg(e, 1)), not = e.name === 'IS DISTINCT FROM' ? '!' : '';
    if (isPrimitive(arg(e, 0).type) && isPrimitive(arg(e, 1).type)) return this.define(`${not === '!' ? `${a.code} !== ${b.code}` : `${a.code} === ${b.code}`}`, false);
    const equal = this.emit({ op: 'call', name: '=', args: e.args, type: e.type });
    return this.define(`${not}(${a.code} === null || ${b.code} === null ? ${a.code} === ${b.code} : ${equal.code} === true)`, false);
  }
  /** Constant lists of simple values: comparisons, or a Set when long. NULL in the list makes «not found» unknown. */
  private inList(e: Extract<Expr, { op: 'call' }>): Value | undefined {
    const [operand, ...items] = e.args;
    if (operand === undefined || !isPrimitive(operand.type) || !items.every((i) => i.op === 'literal')) return undefined;
    const values = items.map((i) => (i.op === 'literal' ? decodeLiteral(i.value) : null)), present = values.filter((v) => v !== null);
    const v = this.emit(operand), missing = present.length < values.length ? 'null' : 'false';
    const found = present.length > SET_FROM ? `${this.ref(new Set(present))}.has(${v.code})` : present.map((x) => `${v.code} === ${this.literal(x).code}`).join(' || ') || 'false';
    return this.define(`${v.nullable ? `${v.code} === null ? null : ` : ''}(${found}) ? true : ${missing}`, true);
  }
  private caseOf(e: Extract<Expr, { op: 'case' }>): Value {
    const result = this.name(), label = `b${result}`;
    this.line(`let ${result} = null;`);
    this.line(`${label}: {`);
    this.open();
    for (const b of e.branches) {
      const when = this.emit(b.when);
      this.line(`if (${when.code} === true) {`);
      this.open();
      this.line(`${result} = ${this.emit(b.then).code};`);
      this.close();
      this.line(`break ${label}; }`);
    }
    this.line(`${result} = ${this.emit(e.otherwise).code};`);
    this.close();
    this.line('}');
    return { code: result, nullable: true };
  }
}
const arg = (e: Extract<Expr, { op: 'call' }>, i: number): Expr => {
  const a = e.args[i];
  if (a === undefined) throw internalError({ what: `call of ${e.name} lacks argument ${i + 1}` });
  return a;
};
/** Types whose equal values are === in JavaScript. */
export const isPrimitive = (t: SqlType): boolean => !['ARRAY', 'MAP', 'MULTISET', 'ROW', 'BINARY', 'VARBINARY', 'RAW', 'FLOAT', 'DOUBLE'].includes(t.kind);
/** RAND() twice is two values. */
function isShareable(e: Expr, context: CodegenContext): boolean {
  if (e.op === 'call') return context.functions.scalar(e.name)?.deterministic !== false && e.args.every((a) => isShareable(a, context));
  if (e.op === 'cast' || e.op === 'field') return isShareable(e.arg, context);
  return e.op !== 'case';
}
