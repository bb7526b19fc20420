/**
 * Queries that read nothing (`SELECT 1`, `VALUES …` with projections and filters) are answered on the main thread: the workers may be
 * busy with batches of jobs for tens of milliseconds at a time, and such statements are what clients send to see whether a server
 * lives. The operators are those of the workers, called one after another. Anything that could take long (joins, aggregates, sorts,
 * many literals) goes to the workers.
 */
import { beginGeneratedRound } from '../../core/codegen/generated.ts';
import { internalError } from '../../core/errors/common.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { CalcNode, PhysicalNode, PhysicalPlan, ValuesNode } from '../../planner/physical/plan.ts';
import { childrenOf, type Expr } from '../../planner/physical/expr.ts';
import { plainError, revivedError } from '../graph/messages.ts';
import { functionRegistry } from '../functions/index.ts';
import { calc } from '../operators/calc.ts';
import type { Operator, OperatorContext, Output } from '../operators/contract.ts';
import { values } from '../operators/pass.ts';
import type { RowChunk } from './contract.ts';

/** Each literal of VALUES is compiled by itself, some 10 µs: with this many the main thread is away for a few milliseconds. */
const MOST_LITERALS = 256;

type Step = ValuesNode | CalcNode;

/** VALUES and what is done to its rows, in order; undefined for any other plan. */
export function constantSteps(plan: PhysicalPlan): readonly [ValuesNode, ...CalcNode[]] | undefined {
  const byId = new Map(plan.nodes.map((node) => [node.id, node])), steps: CalcNode[] = [];
  let node: PhysicalNode | undefined = plan.nodes.find((one) => one.type === 'collect');
  for (;;) {
    const above: PhysicalNode | undefined = byId.get(node?.inputs[0]?.node ?? '');
    if (above?.type === 'values') return above.rows.length * Math.max(1, above.columns.length) <= MOST_LITERALS && plan.nodes.length === steps.length + 2 && isQuick(above, steps) ? [above, ...steps] : undefined;
    if (above?.type !== 'calc') return undefined;
    steps.unshift(above);
    node = above;
  }
}

/** Functions whose time grows with the product of two texts, or that make long texts of short ones. */
const SLOW_CALLS: ReadonlySet<string> = new Set(['REPEAT', 'LPAD', 'RPAD', 'REPLACE', 'REGEXP', 'REGEXP_LIKE', 'REGEXP_EXTRACT', 'REGEXP_REPLACE', 'REGEXP_COUNT', 'REGEXP_SUBSTR', 'REGEXP_INSTR', 'REGEXP_EXTRACT_ALL', 'SIMILAR TO', 'LIKE', 'ILIKE', '~', '~*']);
const MOST_NODES = 2_000, MOST_TEXT = 16 * 1024, MOST_STEPS = 8;
/** Whether the expressions are few and their texts short: nothing that everybody would have to wait for. */
function isQuick(first: ValuesNode, steps: readonly CalcNode[]): boolean {
  let nodes = 0, text = 0, isSlow = steps.length > MOST_STEPS;
  const see = (e: Expr): void => {
    if (isSlow || ++nodes > MOST_NODES) { isSlow = true; return; }
    if (e.op === 'literal' && typeof e.value === 'string' && (text += e.value.length) > MOST_TEXT) isSlow = true;
    if (e.op === 'call' && SLOW_CALLS.has(e.name) && !e.args.every((arg) => arg.op === 'literal' && String(arg.value).length < 256 && !(Number(arg.value) > 1000))) isSlow = true;
    for (const child of childrenOf(e)) see(child);
  };
  for (const row of first.rows) for (const e of row) see(e);
  for (const step of steps) for (const e of [...(step.condition === null ? [] : [step.condition]), ...step.projections]) see(e);
  return !isSlow;
}

/** The rows, made at once. Throws what the workers would have sent. */
export function constantRows(plan: PhysicalPlan, steps: readonly [ValuesNode, ...CalcNode[]]): RowChunk {
  beginGeneratedRound();
  const rows: unknown[][] = [];
  let output: Output = { push: (batch) => { takeRows(batch, rows); }, watermark() {} }, place: Step = steps[0];
  const run = (node: Step, work: () => void): void => { place = node; work(); };
  try {
    let first: Operator | undefined;
    for (let i = steps.length - 1; i >= 0; i--) {
      const node = steps[i] as Step, operator = node.type === 'values' ? values.create(node, contextFor(plan, steps, i, output)) : calc.create(node, contextFor(plan, steps, i, output));
      output = { push: (batch) => { run(node, () => operator.push(0, batch)); }, watermark() {} };
      first = operator;
    }
    run(steps[0], () => first?.endInput?.(0));
  } catch (error) { throw revivedError(plainError(error, place.label)); }
  return { rows };
}
function contextFor(plan: PhysicalPlan, steps: readonly Step[], i: number, output: Output): OperatorContext {
  return {
    output, state: NO_STATE, env: { timeZone: plan.settings.timeZone, nowMs: Date.now, random: Math.random }, functions: functionRegistry, settings: plan.settings,
    subtask: 0, parallelism: 1, inputTypes: i === 0 ? [] : [(steps[i - 1] as Step).columns.map((column) => column.type)], counter: () => ({ value: 0 }),
  };
}
const NO_STATE: OperatorContext['state'] = { table: () => { throw internalError({ what: 'VALUES and Calc keep no rows' }); } };
/** Batches are used again after `push`. */
function takeRows(batch: ChangeBatch, into: unknown[][]): void {
  for (let row = 0; row < batch.size; row++) into.push(batch.columns.map((column: Column) => column[row]));
}
