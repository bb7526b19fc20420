/**
 * GROUP BY alone, without Kafka and JSON: CPU µs per input record for few and for many groups, one and two keys, append-only and
 * retracting, and what a checkpoint costs. Run: `node bench/micro/aggregate.ts [records]`.
 */
import { BATCH_ROWS, ChangeBatch } from '../../core/row/batch.ts';
import * as t from '../../core/types/sql-type.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { OperatorContext } from '../../runtime/operators/contract.ts';
import { groupAggregate } from '../../runtime/operators/group-aggregate.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { measure } from './measure.ts';

const records = Number(process.argv[2] ?? 1_000_000);
const TYPES = [t.BIGINT, t.STRING, t.BIGINT, t.decimal(10, 2)];
const CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];
const call = (name: string, args: readonly number[], options: object = {}): object => ({ function: name, args, distinct: false, filter: null, type: name === 'SUM' && args[0] === 3 ? t.decimal(38, 2) : t.BIGINT, ...options });
const BASIC = [call('COUNT', []), call('SUM', [2]), call('MAX', [3])];

function run(name: string, keys: readonly number[], groups: number, calls: readonly object[], retract: boolean): void {
  const backend = new OperatorStateBackend({ nowMs: () => 0 });
  const node = { id: 'n', inputs: [], columns: [], changelog: {}, upsertKeys: [], label: '', type: 'group-aggregate', keys, calls, retract, emitUpdateBefore: true, emitOnEmptyEnd: false, ttlMs: 0 };
  const context = { output: { push() {}, watermark() {} }, state: backend, inputTypes: [TYPES], functions: functionRegistry, counter: () => ({ value: 0 }) };
  const operator = groupAggregate.create(node as never, context as unknown as OperatorContext);
  const batches: ChangeBatch[] = [];
  for (let i = 0; i < records;) {
    const batch = ChangeBatch.withWidth(4);
    batch.size = Math.min(BATCH_ROWS, records - i);
    if (retract) batch.kinds = new Uint8Array(batch.size);
    for (let r = 0; r < batch.size; r++, i++) {
      // Retracting: every third row takes the row two before it back.
      const n = retract && i % 3 === 2 ? i - 2 : i, key = (Math.imul(n, 0x9e3779b1) >>> 0) % groups;
      if (n !== i) batch.kinds![r] = 3;
      batch.columns[0]![r] = key; batch.columns[1]![r] = CHANNELS[key & 3]; batch.columns[2]![r] = n % 1000; batch.columns[3]![r] = (n * 37) % 100000;
    }
    batches.push(batch);
  }
  measure(`aggregate/${name}`, records, () => { for (const batch of batches) operator.push(0, batch); });
  const entries = backend.entries;
  measure(`aggregate/${name}/checkpoint`, entries, () => { operator.flush!(); backend.takeCheckpoint(); });
  console.log(JSON.stringify({ bench: `aggregate/${name}/memory`, entries, bytesPerEntry: Math.round(backend.bytes / entries) }));
}
run('channel', [1], 4, BASIC, false);
run('bidder-100k', [0], 100_000, BASIC, false);
run('bidder-1M', [0], 1_000_000, BASIC, false);
run('two-keys-100k', [0, 1], 100_000, BASIC, false);
run('distinct-channel', [1], 50_000, [call('COUNT', []), call('COUNT', [0], { distinct: true })], false);
run('retract-channel', [1], 4, BASIC, true);
run('retract-bidder-100k', [0], 100_000, BASIC, true);
