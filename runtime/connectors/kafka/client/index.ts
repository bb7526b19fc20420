/** The face of the Kafka wire client: everything outside this folder imports from here. */
export type * from './types.ts';
export { KafkaClient } from './client.ts';
export type { Trouble } from './troubles.ts';
export { KafkaClientConfig } from './config.ts';
export { RecordCursor, addHeaders, forEachRecord, decodeHeaders, encodeHeaders, type RecordHeader } from './records.ts';
export { murmur2, partitionForKey } from './partitioner.ts';
