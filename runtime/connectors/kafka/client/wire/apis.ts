/**
 * The calls we speak: API key, the range of versions our encoders know, and from which version on the flexible encoding holds (Kafka
 * protocol guide; the message definitions in Kafka's source). The ranges cover brokers from 2.0 to 4.x. Upper ends are on purpose not
 * the newest: EndTxn stays below 5 and AddPartitionsToTxn below 4, so that ending a transaction does not change the producer epoch (KIP-890)
 * and a stored identity stays valid; ListOffsets, Produce and others stay below their flexible versions, which bring nothing we need.
 */
export interface Api { readonly key: number; readonly name: string; readonly min: number; readonly max: number; readonly flexibleFrom: number }

const NEVER = 99;
export const APIS = {
  produce: { key: 0, name: 'Produce', min: 3, max: 8, flexibleFrom: 9 },
  fetch: { key: 1, name: 'Fetch', min: 4, max: 13, flexibleFrom: 12 },
  listOffsets: { key: 2, name: 'ListOffsets', min: 1, max: 5, flexibleFrom: 6 },
  metadata: { key: 3, name: 'Metadata', min: 4, max: 12, flexibleFrom: 9 },
  offsetCommit: { key: 8, name: 'OffsetCommit', min: 2, max: 7, flexibleFrom: 8 },
  offsetFetch: { key: 9, name: 'OffsetFetch', min: 1, max: 5, flexibleFrom: 6 },
  findCoordinator: { key: 10, name: 'FindCoordinator', min: 1, max: 2, flexibleFrom: 3 },
  describeGroups: { key: 15, name: 'DescribeGroups', min: 0, max: 4, flexibleFrom: 5 },
  saslHandshake: { key: 17, name: 'SaslHandshake', min: 1, max: 1, flexibleFrom: NEVER },
  apiVersions: { key: 18, name: 'ApiVersions', min: 0, max: 0, flexibleFrom: 3 },
  createTopics: { key: 19, name: 'CreateTopics', min: 2, max: 4, flexibleFrom: 5 },
  deleteTopics: { key: 20, name: 'DeleteTopics', min: 1, max: 3, flexibleFrom: 4 },
  deleteRecords: { key: 21, name: 'DeleteRecords', min: 0, max: 1, flexibleFrom: 2 },
  initProducerId: { key: 22, name: 'InitProducerId', min: 0, max: 1, flexibleFrom: 2 },
  addPartitionsToTxn: { key: 24, name: 'AddPartitionsToTxn', min: 0, max: 2, flexibleFrom: 3 },
  endTxn: { key: 26, name: 'EndTxn', min: 0, max: 2, flexibleFrom: 3 },
  describeConfigs: { key: 32, name: 'DescribeConfigs', min: 1, max: 3, flexibleFrom: 4 },
  saslAuthenticate: { key: 36, name: 'SaslAuthenticate', min: 0, max: 1, flexibleFrom: 2 },
  createPartitions: { key: 37, name: 'CreatePartitions', min: 0, max: 1, flexibleFrom: 2 },
} as const satisfies Record<string, Api>;
