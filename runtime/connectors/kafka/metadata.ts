/** Metadata columns of a Kafka record. Types: `READABLE_METADATA` in describe.ts. */
import { decodeHeaders, type FetchedBatch, type RecordCursor } from './client/index.ts';

/** Value of one metadata column for the record the cursor stands on. */
type ReadMetadata = (cursor: RecordCursor, batch: FetchedBatch) => unknown;
export interface MetadataColumn { readonly slot: number; readonly read: ReadMetadata }

const TIMESTAMP_TYPES = ['CreateTime', 'LogAppendTime'] as const;
const copyOf = (bytes: Buffer | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes));
const textOf = (bytes: Buffer, start: number, end: number): string | null => (start < 0 ? null : bytes.toString('utf8', start, end));

export function metadataColumn(key: string, slot: number): MetadataColumn { return { slot, read: reader(key) }; }
function reader(key: string): ReadMetadata {
  switch (key) {
    case 'topic': return (_, b) => b.topic;
    case 'partition': return (_, b) => b.partition;
    case 'offset': return (c) => c.offset;
    case 'timestamp': return (c) => c.timestampMs;
    case 'timestamp-type': return (c, b) => (c.timestampMs < 0 ? 'NoTimestampType' : TIMESTAMP_TYPES[b.timestampType]);
    case 'leader-epoch': return (_, b) => (b.leaderEpoch < 0 ? null : b.leaderEpoch);
    // A repeated name: the last one wins.
    case 'headers': return (c) => new Map(decodeHeaders(c).map((h) => [h.key, copyOf(h.value)]));
    case 'header-list': return (c) => decodeHeaders(c).map((h) => [h.key, copyOf(h.value)]);
    case '__raw_key__': return (c) => textOf(c.bytes, c.keyStart, c.keyEnd);
    case '__raw_value__': return (c) => textOf(c.bytes, c.valueStart, c.valueEnd);
    default: return () => null;
  }
}
