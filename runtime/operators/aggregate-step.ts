/**
 * The loop of a group aggregate over the rows of a batch, generated per plan node: finds the dense group, takes its fields into local
 * variables, adds the row, compares old and new results and writes the rows out, without an array or an object in between. What is
 * rare is left to the operator: a group that is not here (`enter`), and (`slow`) one that doubles do not hold, a last row, a value or sum
 * beyond 2^53. Nothing of a group is changed before that is known. Positions and references only enter the code.
 */
import { generatedFactory } from '../../core/codegen/generated.ts';
import type { ChangeBatch, BatchWriter, Column } from '../../core/row/batch.ts';
import { UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { equalValues } from '../../core/types/compare.ts';
import type { GroupAggregateNode } from '../../planner/physical/plan.ts';
import type { Aggregates } from './aggregate-calls.ts';
import { BOXED, DIRTY, MET, USED } from './dense-groups.ts';
import type { DenseGroups } from './dense-groups.ts';
import { keepOld, readOld, resultOf, updateOf, writeNew } from './group-fields.ts';
import type { CallFields, FieldLayout } from './group-fields.ts';

export interface RareRows {
  /** The group of a key that is not here or gone (`group`: -1 or its number); -1 when the row is done with. */
  enter(row: number, adds: boolean, group: number): number;
  slow(row: number, adds: boolean, group: number): void;
}
/** `key`: the key columns of the batch. */
export type Step = (batch: ChangeBatch, key: readonly Column[]) => void;

export function compileStep(node: GroupAggregateNode, aggregates: Aggregates, layout: FieldLayout, groups: DenseGroups, out: BatchWriter, rare: RareRows): Step {
  const { calls } = layout, plain = calls.filter((c) => c.plain !== null), others = calls.filter((c) => c.plain === null);
  const keyCount = node.keys.length;
  const changes = calls.length > 0 || node.retract;
  const read = new Set(aggregates.units.flatMap((unit) => [unit.filter, ...unit.args.slice(0, 1), ...unit.calls.flatMap((call) => [call.first, call.second])]).filter((column) => column >= 0));
  const source = `"use strict";
const { calls, units } = aggregates, { keys, slots: slotsOf, memos: memosOf, stride } = groups, outs = out.columns;
${calls.map(({ call, plain: arithmetic }) => `const i${call.index} = calls[${call.index}].implementation${arithmetic?.kind === 'sum' && typeof arithmetic.finish === 'function' ? `, finish${call.index} = i${call.index}.plain.finish` : ''};`).join('\n')}
return function step(batch, key) {
  const { columns, kinds, size } = batch;
  ${[...read].map((column) => `const c${Number(column)} = columns[${Number(column)}];`).join(' ')}
  ${node.keys.map((_, k) => `const k${k} = key[${k}], w${k} = outs[${k}];`).join(' ')}
  ${calls.map((_, c) => `const w${keyCount + c} = outs[${keyCount + c}];`).join(' ')}
  let F = groups.fields, state = groups.state;
  for (let row = 0; row < size; row++) {
    const adds = kinds === null || (kinds[row] & 1) === 0, sign = ${node.retract ? 'adds ? 1 : -1' : '1'};
    let g = keys.find(${keyCount === 0 ? 'null' : 'k0[row]'}, key, row);
    if (g < 0 || state[g] === 0) {
      g = rare.enter(row, adds, g);
      F = groups.fields; state = groups.state;
      if (g < 0) continue;
    }
    const s = state[g];
    if ((s & ${BOXED}) !== 0${node.retract ? '' : ' || !adds'}) { rare.slow(row, adds, g); continue; }
    const b = g * stride;
    ${node.retract ? `const rows = F[b + ${layout.rows}] + sign; if (rows === 0) { rare.slow(row, adds, g); continue; }` : ''}
    ${changes ? '' : `if (s !== ${USED | MET}) state[g] = ${USED | MET}; continue;`}
    ${changes ? rowSource(node, aggregates, layout, plain, others) : ''}
  }
};`;
  return generatedFactory(['aggregates', 'groups', 'out', 'rare', 'equalValues'], source)(aggregates, groups, out, rare, equalValues) as Step;
}
function rowSource(node: GroupAggregateNode, { units }: Aggregates, layout: FieldLayout, plain: readonly CallFields[], others: readonly CallFields[]): string {
  const fieldsOf = (unit: Aggregates['units'][number]): CallFields[] => unit.calls.map((call) => layout.calls[call.index]!);
  const filtered = (filter: number, body: string): string => (filter < 0 || body === '' ? body : `if (c${Number(filter)}[row] === true) { ${body} }`);
  const guarded = (unit: Aggregates['units'][number], u: number): string => {
    const mine = fieldsOf(unit).filter((c) => c.plain === null).map(({ call }) => `aggregates.apply(calls[${call.index}], slots, memosOf[g], row, adds, key);`).join(' ');
    if (unit.distinct === null) return filtered(unit.filter, mine);
    const value = unit.args.length === 0 ? 'null' : `c${Number(unit.args[0])}[row]`;
    const undo = fieldsOf(unit).map(keepOld).join(' ');
    return filtered(unit.filter, `if (units[${u}].distinct.turns(F[b + ${layout.incarnation}] | 0, ${value}, units[${u}].argColumns, key, row, adds)) { ${mine} } else { ${undo} }`);
  };
  const old = layout.calls.map((c) => `const r${c.call.index} = ${resultOf(c, 'o')};`), fresh = layout.calls.map((c) => `const f${c.call.index} = ${resultOf(c, 'n')};`);
  const same = layout.calls.map(({ call: { index }, plain: p }) => (p === null ? `(r${index} === f${index} || equalValues(r${index}, f${index}))` : `(r${index} === f${index} || (r${index} !== r${index} && f${index} !== f${index}))`)).join(' && ');
  const emit = (side: 'r' | 'f', kind: number): string => `at = out.size; ${node.keys.map((_, k) => `w${k}[at] = k${k}[row];`).join(' ')} ${layout.calls.map(({ call }) => `w${node.keys.length + call.index}[at] = ${side}${call.index};`).join(' ')} out.commit(${kind});`;
  return `
    ${plain.length === 0 ? '' : 'let bad = false;'}
    ${plain.map(readOld).join('\n')}
    ${units.map((unit) => filtered(unit.filter, updateOf(unit, layout))).join('\n')}
    ${plain.length === 0 ? '' : 'if (bad) { rare.slow(row, adds, g); continue; }'}
    ${others.length === 0 ? '' : 'const slots = slotsOf[g];'}
    ${old.join('\n')}
    ${units.map(guarded).join('\n')}
    ${plain.map(writeNew).join('\n')}
    ${node.retract ? `F[b + ${layout.rows}] = rows;` : ''}
    if (s !== ${USED | MET | DIRTY}) state[g] = ${USED | MET | DIRTY};
    ${fresh.join('\n')}
    if (${same === '' ? 'true' : same}) continue;
    let at;
    ${node.emitUpdateBefore ? emit('r', UPDATE_BEFORE) : ''}
    ${emit('f', UPDATE_AFTER)}`;
}
