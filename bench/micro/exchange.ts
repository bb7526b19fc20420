/** An exchange without threads: CPU µs per row of the partition hash, of encoding a batch and of decoding it, on two columns of bids. */
import { ChangeBatch, BATCH_ROWS } from '../../core/row/batch.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import { BIGINT, STRING, type SqlType } from '../../core/types/sql-type.ts';
import { RecordWriter, sizesOf } from '../load/records.ts';
import { measure } from './measure.ts';

const ROWS = 300_000, ROUNDS = 5;

function batchesOf(key: 'channel' | 'bidder'): ChangeBatch[] {
  const records = new RecordWriter(sizesOf(1)), batches: ChangeBatch[] = [];
  for (let i = 0; i < ROWS;) {
    const batch = ChangeBatch.withWidth(2);
    for (; batch.size < BATCH_ROWS && i < ROWS; i++, batch.size++) {
      const start = records.out.begin();
      records.bid(i);
      const bid = JSON.parse(records.out.bytes.toString('latin1', start, records.out.at)) as { channel: string; bidder: number; price: number };
      batch.columns[0]![batch.size] = bid[key];
      batch.columns[1]![batch.size] = bid.price;
    }
    batches.push(batch);
  }
  return batches;
}
for (const [key, type] of [['channel', STRING], ['bidder', BIGINT]] as const satisfies readonly (readonly ['channel' | 'bidder', SqlType])[]) {
  const batches = batchesOf(key), types = [type, BIGINT], hash = compilePartitioner(types, [0]), codec = compileBatchCodec(types), receiver = compileBatchCodec(types);
  let encoded: ArrayBuffer[] = [], sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    measure(`exchange/partition/${key}`, ROWS, () => { for (const batch of batches) for (let row = 0; row < batch.size; row++) sum += hash(batch.columns, row) & 1; });
    measure(`exchange/encode/${key}`, ROWS, () => { encoded = batches.map((batch) => codec.encode(batch)); });
    measure(`exchange/decode/${key}`, ROWS, () => { for (const bytes of encoded) sum += receiver.decode(bytes).size; });
  }
  if (sum < ROWS * ROUNDS) throw new RangeError('rows were lost');
}
