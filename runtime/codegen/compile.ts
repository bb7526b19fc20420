/** The three kinds of generated functions: filter and projection over a batch, a predicate over one row, the value of a constant. */
import { generatedFactory } from '../../core/codegen/generated.ts';
import { isText, NO_SLICES } from '../../core/row/slices.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { CalcFunction, CodegenContext, CompileCalc, CompileRowPredicate, EvaluateConstant } from './contract.ts';
import { Emitter } from './emitter.ts';

/** Builds the function; constants are r0, r1 … around it (not parameters: JavaScript allows only 65,535 of those). */
function build<F>(emitter: Emitter, text: string): F {
  return generatedFactory(['refs', 'NO_SLICES'], withNames(emitter, text))(emitter.refs, NO_SLICES) as F;
}
const withNames = (emitter: Emitter, text: string): string => `${emitter.refs.map((_, i) => `const r${i} = refs[${i}];`).join('')}\n${text}`;
/** A text column of a batch with slices: first and last byte, bytes, maker of strings. */
const slicesOf = (c: number): string => `const l${c} = input.slices[${c}] ?? NO_SLICES, p${c} = l${c}.starts, q${c} = l${c}.ends, b${c} = l${c}.bytes, m${c} = l${c}.make;`;
const NONE: ReadonlySet<number> = new Set();
const andParts = (e: Expr | null): readonly Expr[] => (e === null ? [] : e.op === 'call' && e.name === 'AND' ? e.args.flatMap(andParts) : [e]);

export const compileCalc: CompileCalc = (condition, projections, inputTypes, context, { sliced = false, passed = NONE, omitted = NONE } = {}) => {
  const used = new Set<number>();
  const isSliced = (index: number): boolean => sliced && index < inputTypes.length && isText(inputTypes[index]!);
  const emitter = new Emitter(context, (index) => {
    used.add(index);
    return isSliced(index) ? `p${index}[i] < 0 ? c${index}[i] : m${index}(b${index}, p${index}[i], q${index}[i])` : `c${index}[i]`;
  });
  for (const part of andParts(condition)) {
    emitter.load([part]);
    emitter.line(`if (${emitter.emit(part).code} !== true) continue;`);
  }
  emitter.load(projections.filter((_, n) => !passed.has(n) && !omitted.has(n)));
  projections.forEach((p, n) => {
    if (omitted.has(n)) return;
    if (!passed.has(n) || p.op !== 'column') { emitter.line(`o${n}[at] = ${emitter.emit(p).code};`); return; }
    const c = p.index;
    used.add(c);
    emitter.line(`if ((u${n}[at] = p${c}[i]) < 0) o${n}[at] = c${c}[i]; else v${n}[at] = q${c}[i];`);
  });
  const columns = [...used].filter((c) => c < inputTypes.length);
  return build<CalcFunction>(emitter, [
    'return function calc(input, from, to, out, outKinds, at, sources, outSlices) {',
    ...columns.map((c) => `const c${c} = input.columns[${c}];`), ...columns.filter(isSliced).map(slicesOf),
    ...[...passed].map((n) => `const u${n} = outSlices[${n}].starts, v${n} = outSlices[${n}].ends;`), ...projections.map((_, n) => `const o${n} = out[${n}];`), 'const kinds = input.kinds;',
    'for (let i = from; i < to; i++) {', emitter.code, 'if (kinds !== null) outKinds[at] = kinds[i];', 'if (sources !== null) sources[at] = i;', 'at++;', '}', 'return at;', '};',
  ].join('\n'));
};

export const compileRowPredicate: CompileRowPredicate = (condition, _inputTypes, context) => {
  const emitter = new Emitter(context, (index) => `row[${index}]`);
  for (const part of andParts(condition)) {
    emitter.load([part]);
    emitter.line(`if (${emitter.emit(part).code} !== true) return false;`);
  }
  return build<(row: readonly unknown[]) => boolean>(emitter, `return function predicate(row) {\n${emitter.code}\nreturn true; };`);
};

/** Throws what evaluating throws: division by zero, a failed cast. */
export const evaluateConstant: EvaluateConstant = (expr, context: CodegenContext) => {
  const emitter = new Emitter(context, () => 'null');
  const value = emitter.emit(expr);
  // Called once, so it is not kept: ten thousand literals of VALUES would push out all that is worth keeping.
  return (new Function('refs', `"use strict";\n${withNames(emitter, `${emitter.code}\nreturn ${value.code};`)}`) as (refs: readonly unknown[]) => unknown)(emitter.refs);
};
