/**
 * The join operators of 2M orders ⟕ 100k users ⟕ 1M feedback, without Kafka and JSON: CPU µs per input record, bytes per stored record,
 * checkpoint and restore. Run: `node bench/micro/join.ts [orders]`.
 */
import { BATCH_ROWS, ChangeBatch } from '../../core/row/batch.ts';
import * as t from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { JoinSide } from '../../planner/physical/plan.ts';
import { join } from '../../runtime/operators/join.ts';
import type { Operator, OperatorContext, Output } from '../../runtime/operators/contract.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import type { StateBlock } from '../../runtime/state/backend.ts';
import { measure } from './measure.ts';

const orders = Number(process.argv[2] ?? 2_000_000), users = orders / 20, feedback = orders / 2;
const USER = [t.BIGINT, t.STRING, t.STRING], ORDER = [t.BIGINT, t.BIGINT, t.decimal(10, 2), t.STRING, t.timestamp(3)], FEEDBACK = [t.BIGINT, t.BIGINT, t.INT, t.STRING];
const NO_KEY: JoinSide = { kind: 'no-key' }, LIST: JoinSide = { kind: 'append' };
let rowsOut = 0;
const sink: Output = { push(batch) { rowsOut += batch.size; }, watermark() {} };

function joinOf(leftSide: JoinSide, left: readonly SqlType[], leftKey: number, right: readonly SqlType[], rightKey: number, output: Output, backend: OperatorStateBackend): Operator {
  const node = { id: 'n', inputs: [], columns: [], changelog: {}, upsertKeys: [], label: '', type: 'join', joinType: 'left', leftKeys: [leftKey], rightKeys: [rightKey], nullSafe: [false], residual: null, left: leftSide, right: LIST, ttlMs: [0, 0] };
  return join.create(node as never, { output, state: backend, inputTypes: [left, right], counter: () => ({ value: 0 }) } as unknown as OperatorContext);
}
function feed(operator: Operator, input: number, count: number, row: (i: number) => readonly unknown[]): void {
  const width = row(0).length, batch = ChangeBatch.withWidth(width);
  for (let i = 0; i < count;) {
    batch.size = Math.min(BATCH_ROWS, count - i);
    for (let r = 0; r < batch.size; r++, i++) { const values = row(i); for (let c = 0; c < width; c++) batch.columns[c]![r] = values[c]; }
    operator.push(input, batch);
  }
}
const mix = (i: number, n: number): number => (Math.imul(i ^ 0x5bd1e995, 0x9e3779b1) >>> 0) % n;
const STATUS = ['PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED'];
const first = new OperatorStateBackend({ nowMs: () => 0 }), second = new OperatorStateBackend({ nowMs: () => 0 });
const withFeedback = joinOf(NO_KEY, [...ORDER, ...USER], 0, FEEDBACK, 1, sink, second);
const withUser = joinOf(LIST, ORDER, 1, USER, 0, { push: (batch) => withFeedback.push(0, batch), watermark() {} }, first);
const memory = process.memoryUsage().rss;
const total = users + orders + feedback;
const generate = { user: (i: number) => [i, `user name ${i}`, `user${i}@example.com`], order: (i: number) => [i, mix(i, Math.ceil(users * 1.05)), (i * 37) % 100000, STATUS[i & 3], 1774224000000 + i * 1000], feedback: (i: number) => [i, mix(i, orders), i % 5, 'a comment of some forty characters or more'.slice(0, 20 + (i % 22))] };
measure('join/generate-only', total, () => { const nothing: Operator = { push() {} }; feed(nothing, 0, users, generate.user); feed(nothing, 0, orders, generate.order); feed(nothing, 0, feedback, generate.feedback); });
measure('join/qj', total, () => {
  feed(withUser, 1, users, generate.user);
  feed(withUser, 0, orders, generate.order);
  feed(withFeedback, 1, feedback, generate.feedback);
});
const stored = first.entries + second.entries, bytes = first.bytes + second.bytes;
console.log(JSON.stringify({ bench: 'join/memory', rowsOut, stored, bytesPerEntry: Math.round(bytes / stored), bytesPerRecord: Math.round(bytes / total), stateMB: Math.round(bytes / 1e6), rssGrowthMB: Math.round((process.memoryUsage().rss - memory) / 1e6) }));
let blocks: StateBlock[] = [];
measure('join/checkpoint', stored, () => { blocks = second.takeCheckpoint(); first.takeCheckpoint(); });
const lists = new Map(blocks.map((b) => [b.table, [[b.bytes]]]));
second.close();
measure('join/restore', stored, () => { joinOf(NO_KEY, [...ORDER, ...USER], 0, FEEDBACK, 1, sink, new OperatorStateBackend({ nowMs: () => 0, restored: { tables: lists, share: undefined } })); });
