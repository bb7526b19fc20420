/**
 * Accumulators as doubles side by side: what each call of a group aggregate keeps in the fields of a dense group, and the code that moves it
 * from and to slots, adds a row and gives the result. Calls that say what they do in plain arithmetic (`PlainArithmetic`) and keep no
 * values have fields; all others keep their slots in an array (`dense-groups.ts`).
 *
 *   count    number of values
 *   sum      sum; number of values
 *   extreme  the best value; long: NaN is NULL; double, for which NaN is a value: a second field is 1 when there is one
 *
 * In generated code `o7` is field 7 before the row and `n7` after it, `c3` the batch's column 3. Positions only enter the code.
 */
import { generatedFactory } from '../../core/codegen/generated.ts';
import type { PlainArithmetic } from '../../catalog/registry/functions.ts';
import type { Call, Unit } from './aggregate-calls.ts';

const MAX = String(Number.MAX_SAFE_INTEGER);

export interface CallFields {
  readonly call: Call;
  /** Null: the call has no fields. */
  readonly plain: PlainArithmetic | null;
  readonly at: number;
  readonly count: number;
}
/** The fields of a group: its key, if that is a number, rows, incarnation (each if needed), those of the calls. */
export interface FieldLayout {
  /** By call. */
  readonly calls: readonly CallFields[];
  /** Number of rows in the group, or -1: nobody counts them. */
  readonly rows: number;
  /** See `distinct-values.ts`; -1 without DISTINCT. */
  readonly incarnation: number;
  /** Fields per group. */
  readonly stride: number;
  /** Some calls keep slots beside the fields. */
  readonly hasSlots: boolean;
}
export function layoutFields(calls: readonly Call[], needs: { readonly key: boolean; readonly rows: boolean; readonly incarnation: boolean }): FieldLayout {
  let at = Number(needs.key);
  const rows = needs.rows ? at++ : -1, incarnation = needs.incarnation ? at++ : -1;
  const placed = calls.map((call): CallFields => {
    const plain = call.view === null ? call.implementation.plain ?? null : null;
    const count = plain === null ? 0 : plain.kind === 'sum' || (plain.kind === 'extreme' && plain.form === 'double') ? 2 : 1;
    at += count;
    return { call, plain, at: at - count, count };
  });
  return { calls: placed, rows, incarnation, stride: at, hasSlots: placed.some((c) => c.plain === null) };
}

export interface FieldMoves {
  /** False when a slot is not a number; the fields are then undefined. */
  fromSlots(slots: readonly unknown[], fields: Float64Array, base: number): boolean;
  toSlots(fields: Float64Array, base: number, slots: unknown[]): void;
}
export function compileMoves(layout: FieldLayout): FieldMoves {
  const from: string[] = [], to: string[] = [];
  for (const { call, plain, at, count } of layout.calls) {
    if (plain === null) continue;
    const isNullable = plain.kind === 'extreme';
    const slot = `slots[${call.at}]`, field = `fields[base + ${at}]`;
    from.push(`v = ${slot}; if (typeof v === 'number') ${field} = v; else if (${isNullable} && v === null) ${field} = NaN; else return false;`);
    if (plain.kind === 'extreme') {
      if (count === 2) from.push(`fields[base + ${at + 1}] = v === null ? 0 : 1;`);
      to.push(count === 2 ? `${slot} = fields[base + ${at + 1}] === 0 ? null : ${field};` : `v = ${field}; ${slot} = v === v ? v : null;`);
      continue;
    }
    to.push(`${slot} = ${field};`);
    if (count === 2) {
      from.push(`v = slots[${call.at + 1}]; if (typeof v !== 'number') return false; fields[base + ${at + 1}] = v;`);
      to.push(`slots[${call.at + 1}] = fields[base + ${at + 1}];`);
    }
  }
  return generatedFactory([], `return {
fromSlots(slots, fields, base) { let v; ${from.join('\n')} return true; },
toSlots(fields, base, slots) { let v; ${to.join('\n')} },
};`)() as FieldMoves;
}

const each = (fields: CallFields, text: (field: number) => string): string => Array.from({ length: fields.count }, (_, i) => text(fields.at + i)).join(' ');
export const readOld = (fields: CallFields): string => each(fields, (f) => `const o${f} = F[b + ${f}]; let n${f} = o${f};`);
export const writeNew = (fields: CallFields): string => each(fields, (f) => `F[b + ${f}] = n${f};`);
/** Undoes an update. */
export const keepOld = (fields: CallFields): string => each(fields, (f) => `n${f} = o${f};`);

/** Sets `n` fields of the calls of a unit from the row's values; sets `bad` instead where doubles do not do. `sign` is 1, or -1 for a row taken out. */
export function updateOf(unit: Unit, layout: FieldLayout): string {
  return unit.calls.map((call) => {
    const fields = layout.calls[call.index]!, { plain, at } = fields;
    if (plain === null) return '';
    const a = `c${Number(call.first)}[row]`, n = `n${at}`, o = `o${at}`;
    switch (plain.kind) {
      case 'count': {
        const tests = [...(call.first < 0 ? [] : [`${a} !== null`]), ...(call.second < 0 ? [] : [`c${Number(call.second)}[row] !== null`])];
        return `${tests.length === 0 ? '' : `if (${tests.join(' && ')}) `}${n} = ${o} + sign;`;
      }
      case 'sum': {
        const sum = { long: `${o} + v * sign`, double: `${o} + v * sign`, float: `Math.fround(${o} + v * sign)` }[plain.form];
        const fit = plain.form !== 'long' ? '' : plain.bits === undefined ? `if (${n} > ${MAX} || ${n} < -${MAX}) bad = true;` : `${n} = (${n} << ${plain.bits}) >> ${plain.bits};`;
        return `{ const v = ${a}; if (typeof v === 'number') { ${n} = ${sum}; n${at + 1} = o${at + 1} + sign; ${fit} } else if (v !== null) bad = true; }`;
      }
      case 'extreme': {
        const better = plain.order === 'min' ? '<' : '>';
        // A NULL (NaN) is worse than anything. Among doubles NaN is the greatest value.
        const test = plain.form === 'long' ? `!(v ${better === '<' ? '>=' : '<='} ${o})`
          : `o${at + 1} === 0 || v ${better} ${o} || ${plain.order === 'min' ? `(${o} !== ${o} && v === v)` : `(v !== v && ${o} === ${o})`}`;
        return `{ const v = ${a}; if (typeof v === 'number') { if (${test}) { ${n} = v; ${plain.form === 'double' ? `n${at + 1} = 1;` : ''} } } else if (v !== null) bad = true; }`;
      }
    }
  }).join('\n');
}
/** The call's result from its old (`o`) or new (`n`) fields. */
export function resultOf({ call, plain, at }: CallFields, side: 'o' | 'n'): string {
  const first = `${side}${at}`, second = `${side}${at + 1}`;
  if (plain === null) return call.view === null ? `i${call.index}.result(slots, ${call.at})` : `slots[${call.at}]`;
  switch (plain.kind) {
    case 'count': return first;
    case 'sum': return typeof plain.finish === 'function' ? `finish${call.index}(${first}, ${second})` : `(${second} === 0 ? ${plain.finish === 'zero' ? '0' : 'null'} : ${first})`;
    case 'extreme': return plain.form === 'double' ? `(${second} === 0 ? null : ${first})` : `(${first} === ${first} ? ${first} : null)`;
  }
}
