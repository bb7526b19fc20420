/** Generated code against a naive interpreter over random expressions; truth tables; size; batches with kinds. */
import { expect } from 'chai';
import { ChangeBatch, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { BIGINT, BOOLEAN, INT, STRING, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import { compileCalc, compileRowPredicate, evaluateConstant } from '../../runtime/codegen/compile.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { bindExpression, environment } from '../functions/evaluate.ts';
import { Random } from '../functions/random.ts';
import { COLUMNS, DivisionByZero, interpret, randomExpr, randomValue } from './interpreter.ts';

const context = { functions: functionRegistry, env: environment() };
/** Runs a calc over rows; gives the output rows. */
function run(condition: Expr | null, projections: readonly Expr[], rows: readonly (readonly unknown[])[], types: readonly SqlType[] = COLUMNS): unknown[][] {
  const batch = ChangeBatch.withWidth(types.length);
  rows.forEach((row, r) => row.forEach((v, c) => { (batch.columns[c] as unknown[])[r] = v; }));
  batch.size = rows.length;
  const out = projections.map((): unknown[] => []);
  const size = compileCalc(condition, projections, types, context)(batch, 0, rows.length, out, new Uint8Array(8192), 0, null);
  return Array.from({ length: size }, (_, r) => out.map((c) => c[r]));
}
const outcome = (work: () => unknown): unknown => { try { return work(); } catch (error) { if (error instanceof DivisionByZero || (error as { code?: string }).code === 'division-by-zero') return 'division by zero'; throw error; } };

describe('generated code', () => {
  it('gives what a naive interpreter gives, on random expressions and rows', () => {
    const random = new Random();
    for (let i = 0; i < 1500; i++) {
      const expr = randomExpr(random, random.pick(['INT', 'BIGINT', 'BOOLEAN', 'VARCHAR'] as const), 1 + random.below(5));
      const row = COLUMNS.map((t) => randomValue(random, t.kind === 'VARCHAR' ? 'VARCHAR' : t.kind));
      const wanted = outcome(() => interpret(expr, row));
      const given = outcome(() => run(null, [expr], [row])[0]?.[0]);
      expect(given, `seed ${random.seed}, round ${i}: ${JSON.stringify(expr)} over ${row.map(String).join(', ')}`).to.equal(wanted);
      if (expr.type.kind === 'BOOLEAN' && wanted !== 'division by zero') {
        const test = compileRowPredicate(expr, COLUMNS, context);
        expect(test(row)).to.equal(wanted === true);
        expect(run(expr, [{ op: 'column', index: 0, type: INT }], [row]).length).to.equal(wanted === true ? 1 : 0);
      }
    }
  });
  it('shares equal sub-expressions without changing results or the laziness of CASE', () => {
    const expr = bindExpression('CASE WHEN c0 <> 0 THEN 10 / c0 ELSE -1 END + CASE WHEN c0 <> 0 THEN 10 / c0 ELSE -1 END', { columns: [INT], fold: false });
    expect(run(null, [expr], [[0], [5], [null]], [INT])).to.deep.equal([[-2], [4], [-2]]);
    const guarded = bindExpression('c0 <> 0 AND 10 / c0 > 1', { columns: [INT], fold: false });
    expect(run(null, [guarded], [[0], [5], [null]], [INT])).to.deep.equal([[false], [true], [null]]);
  });
  it('calls RAND once per place and row', () => {
    let n = 0;
    const env = { ...environment(), random: () => ++n };
    const batch = ChangeBatch.withWidth(0);
    batch.size = 2;
    const out: unknown[][] = [[], []], rand = bindExpression('RAND()');
    compileCalc(null, [rand, rand], [], { functions: functionRegistry, env })(batch, 0, 2, out, new Uint8Array(2), 0, null);
    expect(out).to.deep.equal([[1, 3], [2, 4]]);
  });
  it('keeps kinds in step with rows', () => {
    const batch = ChangeBatch.withWidth(1);
    batch.columns[0]?.push(1, 2, 3, 4);
    batch.size = 4;
    batch.kinds = Uint8Array.of(INSERT, UPDATE_BEFORE, UPDATE_AFTER, DELETE);
    const out: unknown[][] = [[]], kinds = new Uint8Array(4), odd = bindExpression('MOD(c0, 2) = 0', { columns: [INT] });
    const size = compileCalc(odd, [{ op: 'column', index: 0, type: INT }], [INT], context)(batch, 0, 4, out, kinds, 0, null);
    expect([size, out[0], [...kinds.slice(0, 2)]]).to.deep.equal([2, [2, 4], [UPDATE_BEFORE, DELETE]]);
  });
  it('takes values of any text without making code of them', () => {
    const evil = `'"\`\\\u2028\n;}); throw 1; //`;
    const expr: Expr = { op: 'call', name: '||', args: [{ op: 'column', index: 0, type: STRING }, { op: 'literal', value: evil, type: STRING }], type: STRING };
    expect(run(null, [expr], [['x']], [STRING])).to.deep.equal([[`x${evil}`]]);
    expect(run(null, [{ op: 'call', name: 'LIKE', args: [{ op: 'column', index: 0, type: STRING }, { op: 'literal', value: `%${evil.replace('\\', '')}%`, type: STRING }], type: BOOLEAN }], [[evil.replace('\\', '')]], [STRING])).to.deep.equal([[true]]);
  });
});
describe('large expressions', () => {
  const column: Expr = { op: 'column', index: 0, type: INT };
  const number = (value: number): Expr => ({ op: 'literal', value, type: INT });
  it('10,000 operands of AND and OR', () => {
    const tests = Array.from({ length: 10_000 }, (_, i): Expr => ({ op: 'call', name: '<>', args: [column, number(i)], type: BOOLEAN }));
    expect(run(null, [{ op: 'call', name: 'AND', args: tests, type: BOOLEAN }], [[-1], [9_999], [null]], [INT])).to.deep.equal([[true], [false], [null]]);
  });
  it('10,000 items of IN', () => {
    const items = Array.from({ length: 10_000 }, (_, i) => number(i * 2));
    expect(run(null, [{ op: 'call', name: 'IN', args: [column, ...items], type: BOOLEAN }], [[19_998], [1], [null]], [INT])).to.deep.equal([[true], [false], [null]]);
  });
  it('100,000 constants', () => {
    const text: Expr = { op: 'column', index: 0, type: STRING };
    const tests = Array.from({ length: 100_000 }, (_, i): Expr => ({ op: 'call', name: '<>', args: [text, { op: 'literal', value: `v${i}`, type: STRING }], type: BOOLEAN }));
    expect(run(null, [{ op: 'call', name: 'AND', args: tests, type: BOOLEAN }], [['x'], ['v99999']], [STRING])).to.deep.equal([[true], [false]]);
  });
  it('sums as deep as the parser allows', () => {
    let sum: Expr = column;
    for (let i = 0; i < 400; i++) sum = { op: 'call', name: '+', args: [sum, number(1)], type: INT };
    expect(run(null, [sum], [[0]], [INT])).to.deep.equal([[400]]);
  });
});
describe('three-valued logic', () => {
  const T = true, F = false, N = null, values = [T, F, N];
  const tables: Readonly<Record<string, readonly (boolean | null)[][]>> = {
    AND: [[T, F, N], [F, F, F], [N, F, N]], OR: [[T, T, T], [T, F, N], [T, N, N]], '=': [[T, F, N], [F, T, N], [N, N, N]], 'IS DISTINCT FROM': [[F, T, T], [T, F, T], [T, T, F]],
  };
  for (const [name, table] of Object.entries(tables)) it(name, () => {
    const expr: Expr = { op: 'call', name, args: [{ op: 'column', index: 0, type: BOOLEAN }, { op: 'column', index: 1, type: BOOLEAN }], type: BOOLEAN };
    expect(values.map((a) => values.map((b) => run(null, [expr], [[a, b]], [BOOLEAN, BOOLEAN])[0]?.[0]))).to.deep.equal(table);
  });
  it('every strict function gives NULL for a NULL in any place', () => {
    const cases = ["UPPER(c0)", 'c1 + 1', "c0 || 'x'", 'ABS(c1)', "SUBSTRING(c0, 1, 2)", "c0 LIKE 'a%'", "REGEXP_EXTRACT(c0, 'a', 0)", 'ROUND(c2, 1)', "TO_DATE(c0)", 'c1 = c2', 'GREATEST(c1, 1)', 'MOD(c2, c1)'];
    for (const sql of cases) expect(run(null, [bindExpression(sql, { columns: [STRING, INT, BIGINT] })], [[null, null, null]], [STRING, INT, BIGINT])[0], sql).to.deep.equal([null]);
  });
  it('constants are evaluated without columns', () => { expect(evaluateConstant(bindExpression('1 + 2 * 3', { fold: false }), context)).to.equal(7); });
});
