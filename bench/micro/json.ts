/** CPU µs per record of the json format on bid-like records (about 220 bytes): decode of 2 and 7 of 7 columns, and encode; texts as strings and as slices. */
import { ChangeBatch } from '../../core/row/batch.ts';
import { isText, TextSlices } from '../../core/row/slices.ts';
import { BIGINT, STRING, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { JsonDecoder } from '../../runtime/formats/json/decode.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { jsonEncoder } from '../../runtime/formats/json/encode.ts';
import { parseJsonSettings } from '../../runtime/formats/json/descriptor.ts';

const N = 20_000, ROUNDS = 25;
const TYPES: readonly (readonly [string, SqlType])[] = [['auction', BIGINT], ['bidder', BIGINT], ['price', BIGINT], ['channel', STRING], ['url', STRING], ['date_time', timestamp(3)], ['extra', STRING]];
let seed = 42;
const random = (n: number): number => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed % n; };
const text = (n: number): string => Array.from({ length: n }, () => String.fromCharCode(97 + random(26))).join('');
function records(): { bytes: Buffer; at: number[] } {
  const parts: Buffer[] = [], at = [0];
  for (let i = 0; i < N; i++) {
    const channel = ['Google', 'Facebook', 'Baidu', 'Apple', `channel-${random(5000)}`][random(5)] ?? '';
    const part = Buffer.from(JSON.stringify({
      auction: 1000 + random(100000), bidder: 1000 + random(100000), price: random(100000000), channel, url: `https://www.nexmark.com/${text(5)}/item.htm?query=1&channel_id=${random(1e7)}`,
      date_time: new Date(1.7e12 + i * 7).toISOString().replace('T', ' ').replace('Z', ''), extra: text(20 + random(60)),
    }));
    parts.push(part);
    at.push((at.at(-1) ?? 0) + part.length);
  }
  return { bytes: Buffer.concat(parts), at };
}
/** Least CPU time of the rounds, per record. */
function measure(name: string, run: () => void): void {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) { const from = process.cpuUsage(); run(); const used = process.cpuUsage(from); times.push((used.user + used.system) / N); }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(34)} ${(times[Math.floor(ROUNDS / 2)] ?? 0).toFixed(3)} µs (best ${(times[0] ?? 0).toFixed(3)})`);
}
const { bytes, at } = records();
console.log(`${N} records, ${(bytes.length / N).toFixed(0)} bytes each`);
function decodeWith(names: readonly string[], sliced = false): () => void {
  const wanted = TYPES.filter(([n]) => names.includes(n)).map(([name, type], slot) => ({ name, type, slot, slices: sliced && isText(type) ? new TextSlices() : undefined }));
  const decoder = new JsonDecoder(parseJsonSettings(new Map()), wanted, wanted), target = ChangeBatch.withWidth(wanted.length), kinds = new Uint8Array(8192);
  return () => { for (let i = 0; i < N; i++) decoder.decode(bytes, at[i] ?? 0, at[i + 1] ?? 0, target, kinds, i & 1023); };
}
measure('decode 2 of 7 (auction, price)', decodeWith(['auction', 'price']));
measure('decode 3 of 7 (… date_time)', decodeWith(['auction', 'price', 'date_time']));
measure('decode channel', decodeWith(['channel']));
measure('decode url', decodeWith(['url']));
measure('decode extra', decodeWith(['extra']));
measure('decode 0 of 7', decodeWith([]));
measure('decode 7 of 7', decodeWith(TYPES.map(([n]) => n)));
measure('decode url as slices', decodeWith(['url'], true));
measure('decode 7 of 7, texts as slices', decodeWith(TYPES.map(([n]) => n), true));
measure('JSON.parse', () => { for (let i = 0; i < N; i++) JSON.parse(bytes.toString('latin1', at[i] ?? 0, at[i + 1] ?? 0)); });

{
  const fields = TYPES.map(([name, type], column) => ({ name, type, column })), kinds = new Uint8Array(8192), encoder = jsonEncoder({ ...parseJsonSettings(new Map()) }, fields), out = new GrowingBuffer();
  const decoded = (sliced: boolean): ChangeBatch => {
    const batch = ChangeBatch.withWidth(TYPES.length), slices = TYPES.map(([, type]) => (sliced && isText(type) ? new TextSlices(N) : null));
    const decoder = new JsonDecoder(parseJsonSettings(new Map()), fields.map((f) => ({ ...f, slot: f.column, slices: slices[f.column] ?? undefined })), fields);
    for (let i = 0; i < N; i++) decoder.decode(bytes, at[i] ?? 0, at[i + 1] ?? 0, batch, kinds, i);
    for (const s of slices) s?.begin(bytes);
    if (sliced) batch.slices = slices;
    return batch;
  };
  const encode = (batch: ChangeBatch) => (): void => { for (let i = 0; i < N; i++) { if ((i & 1023) === 0) out.length = 0; encoder.encode(batch, i, out); } };
  const batch = decoded(false);
  measure('encode 7 columns', encode(batch));
  measure('encode 7 columns, texts from slices', encode(decoded(true)));
  measure('JSON.stringify of objects', () => { for (let i = 0; i < N; i++) Buffer.from(JSON.stringify({ auction: batch.columns[0]?.[i], bidder: batch.columns[1]?.[i], price: batch.columns[2]?.[i], channel: batch.columns[3]?.[i], url: batch.columns[4]?.[i], date_time: batch.columns[5]?.[i], extra: batch.columns[6]?.[i] })); });
}
