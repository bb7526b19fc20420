/**
 * GROUP BY alone, without Kafka and JSON: CPU µs per input record for few and for many groups, keys of numbers and text, DISTINCT, append-only
 * and retracting, and what a checkpoint costs. Run: `node bench/micro/aggregate.ts [records]`.
 */
import { BATCH_ROWS, ChangeBatch } from '../../core/row/batch.ts';
import * as t from '../../core/types/sql-type.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { OperatorContext } from '../../runtime/operators/contract.ts';
import { groupAggregate } from '../../runtime/operators/group-aggregate.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { measure } from './measure.ts';

const records = Number(process.argv[2] ?? 1_000_000);
/** Key, its text, amount, price, key modulo 10. */
const TYPES = [t.BIGINT, t.STRING, t.BIGINT, t.decimal(10, 2), t.BIGINT];
const call = (name: string, args: readonly number[], options: object = {}): object => ({ function: name, args, distinct: false, filter: null, type: name === 'SUM' && args[0] === 3 ? t.decimal(38, 2) : t.BIGINT, ...options });
const BASIC = [call('COUNT', []), call('SUM', [2]), call('MAX', [3])], SUMS = [call('COUNT', []), call('SUM', [2]), call('SUM', [3])];
const texts: string[] = [];

function run(name: string, keys: readonly number[], groups: number, calls: readonly object[], retract: boolean): void {
  const backend = new OperatorStateBackend({ nowMs: () => 0 });
  const node = { id: 'n', inputs: [], columns: [], changelog: {}, upsertKeys: [], label: '', type: 'group-aggregate', keys, calls, retract, emitUpdateBefore: true, emitOnEmptyEnd: false, ttlMs: 0 };
  const context = { output: { push() {}, watermark() {} }, state: backend, inputTypes: [TYPES], functions: functionRegistry, counter: () => ({ value: 0 }) };
  const operator = groupAggregate.create(node as never, context as unknown as OperatorContext);
  const batches: ChangeBatch[] = [];
  for (let i = 0; i < records;) {
    const batch = ChangeBatch.withWidth(5);
    batch.size = Math.min(BATCH_ROWS, records - i);
    if (retract) batch.kinds = new Uint8Array(batch.size);
    for (let r = 0; r < batch.size; r++, i++) {
      // Retracting: every third row takes the row two before it back.
      const n = retract && i % 3 === 2 ? i - 2 : i, key = (Math.imul(n, 0x9e3779b1) >>> 0) % groups;
      if (n !== i) batch.kinds![r] = 3;
      batch.columns[0]![r] = key; batch.columns[1]![r] = texts[key] ??= `channel-${key}`; batch.columns[4]![r] = key % 10; batch.columns[2]![r] = n % 1000; batch.columns[3]![r] = (n * 37) % 100000;
    }
    batches.push(batch);
  }
  measure(`aggregate/${name}`, records, () => { for (const batch of batches) operator.push(0, batch); });
  const entries = backend.entries;
  measure(`aggregate/${name}/checkpoint`, entries, () => { operator.flush!(); backend.takeCheckpoint(); });
  console.log(JSON.stringify({ bench: `aggregate/${name}/memory`, entries, bytesPerEntry: Math.round(backend.bytes / entries) }));
}
for (const groups of [10, 10_000, 100_000, 1_000_000]) {
  run(`number-${groups}`, [0], groups, BASIC, false);
  run(`text-${groups}`, [1], groups, BASIC, false);
}
run('two-keys-100k', [0, 1], 100_000, BASIC, false);
run('average-100k', [0], 100_000, [call('AVG', [2]), call('AVG', [3])], false);
run('count-distinct-10', [4], 50_000, [call('COUNT', []), call('COUNT', [0], { distinct: true })], false);
run('count-distinct-10-text', [4], 50_000, [call('COUNT', []), call('COUNT', [1], { distinct: true })], false);
run('count-distinct-10-retract', [4], 50_000, [call('COUNT', []), call('COUNT', [0], { distinct: true })], true);
run('distinct-number-100k', [0], 100_000, [], false);
run('distinct-text-10k', [1], 10_000, [], false);
run('distinct-two-columns-100k', [0, 1], 100_000, [], false);
run('retract-10', [4], 100_000, BASIC, true);
run('retract-number-100k', [0], 100_000, BASIC, true);
run('retract-sums-100k', [0], 100_000, SUMS, true);
