/** An exchange without threads: CPU µs per row of the partition hash, of encoding a batch and of decoding it, on two columns of bids. */
import { ChangeBatch, BATCH_ROWS } from '../../core/row/batch.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import { TextSlices } from '../../core/row/slices.ts';
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
/** The same batch with its first column as slices. */
function sliced(batch: ChangeBatch): ChangeBatch {
  const slices = new TextSlices(), texts: Buffer[] = [], copy = new ChangeBatch([[], batch.columns[1]!]);
  let at = 0;
  for (let row = 0; row < batch.size; row++) {
    const text = Buffer.from(batch.columns[0]![row] as string);
    texts.push(text);
    slices.starts[row] = at;
    slices.ends[row] = at += text.length;
  }
  slices.begin(Buffer.concat(texts));
  copy.size = batch.size;
  copy.slices = [slices, null];
  return copy;
}
for (const [name, key, type] of [['channel', 'channel', STRING], ['bidder', 'bidder', BIGINT], ['channel-slices', 'channel', STRING]] as const satisfies readonly (readonly [string, 'channel' | 'bidder', SqlType])[]) {
  const hasSlices = name === 'channel-slices', batches = hasSlices ? batchesOf(key).map(sliced) : batchesOf(key);
  const types = [type, BIGINT], hash = compilePartitioner(types, [0]), codec = compileBatchCodec(types), receiver = compileBatchCodec(types, hasSlices);
  let encoded: ArrayBuffer[] = [], sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    measure(`exchange/partition/${name}`, ROWS, () => { for (const batch of batches) for (let row = 0; row < batch.size; row++) sum += hash(batch.columns, row, batch.slices) & 1; });
    measure(`exchange/encode/${name}`, ROWS, () => { encoded = batches.map((batch) => codec.encode(batch)); });
    measure(`exchange/decode/${name}`, ROWS, () => { for (const bytes of encoded) sum += receiver.decode(bytes).size; });
  }
  if (sum < ROWS * ROUNDS) throw new RangeError('rows were lost');
}
