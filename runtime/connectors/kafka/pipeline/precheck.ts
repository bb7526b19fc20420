/**
 * The precheck of Kafka as the target of a pipeline: reached, topics that are there fit, those that are not could be made, the user may
 * write. Rights are told as far as Kafka's own calls tell them; nothing is written or made.
 */
import { RivuletError } from '../../../../core/errors/define.ts';
import { KafkaClient, KafkaClientConfig } from '../client/index.ts';
import type { Rights, TopicRights } from '../client/calls/rights.ts';
import { TRANSACTION_TIMEOUT_MS } from '../lanes.ts';
import type { KafkaPipelineSpec } from './spec.ts';
import { fail, failed, few, pass, warn, type CheckItem } from '../../../pipelines/check-item.ts';

/** Smallest limit of a topic that takes every record the producer makes. */
const DEFAULT_MAX_REQUEST = 1_048_576;
/** Topics whose settings are asked for one by one; a pipeline of more has the first looked at. */
const MOST_CONFIGS = 200;

/** @param topics the tables' topics, without doubles */
export async function checkKafkaTarget(spec: KafkaPipelineSpec, topics: readonly string[]): Promise<CheckItem[]> {
  const items: CheckItem[] = [];
  let client: KafkaClient | undefined;
  try {
    client = new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries(spec.properties))));
    const rights = await client.describeRights(topics), found = rights.topics.filter((t) => t.problem === undefined), missing = rights.topics.filter((t) => t.problem === 'UNKNOWN_TOPIC_OR_PARTITION').map((t) => t.topic);
    items.push(pass('target connection', `Kafka at ${client.config.servers}, ${rights.brokers} ${rights.brokers === 1 ? 'broker' : 'brokers'}.`));
    items.push(...hidden(rights), ...await missingTopics(client, spec, missing, rights), ...writing(found), ...await settings(client, spec, found), ...partitions(spec, found), ...await producing(client, spec));
  } catch (error) { items.push(failed(items.length === 0 ? 'target connection' : 'target', error)); } finally { await client?.close(); }
  return items;
}
function hidden(rights: Rights): CheckItem[] {
  const nameless = rights.topics.filter((t) => t.problem === 'INVALID_TOPIC_EXCEPTION').map((t) => t.topic);
  if (nameless.length > 0) return [fail('topics', `Kafka has no topics of such names: ${few(nameless)}.`, FIXES['INVALID_TOPIC_EXCEPTION']!)];
  const refused = rights.topics.filter((t) => t.problem !== undefined && t.problem !== 'UNKNOWN_TOPIC_OR_PARTITION');
  return refused.length === 0 ? [] : [fail('topics', `Kafka does not tell of ${few(refused.map((t) => `${t.topic} (${t.problem})`))}.`, 'Allow the user to DESCRIBE and WRITE the topics, or route the tables elsewhere.')];
}
/** Asks Kafka to make them, without making them. */
async function missingTopics(client: KafkaClient, spec: KafkaPipelineSpec, missing: readonly string[], rights: Rights): Promise<CheckItem[]> {
  if (missing.length === 0) return rights.topics.length === 0 ? [] : [pass('topics', `All ${rights.topics.length} exist.`)];
  const wishes = missing.map((topic) => ({ topic, ...spec.newTopic })), refused = (await client.checkNewTopics(wishes)).filter((r) => r.code !== 'TOPIC_ALREADY_EXISTS'), first = refused[0];
  const shape = `${spec.newTopic.partitions < 0 ? "the cluster's number of" : spec.newTopic.partitions} partitions, ${Object.entries(spec.newTopic.configs).map(([k, v]) => `${k}=${v}`).join(', ') || 'no settings of their own'}`;
  if (first === undefined) return [pass('topics', `${missing.length} of ${rights.topics.length} will be made, with ${shape}: ${few(missing)}.`)];
  return [fail('topics', `${few(refused.map((r) => r.topic))} cannot be made: ${first.code}${first.text === undefined ? '' : `, ${first.text}`}`.replace(/\.?$/, '.'), FIXES[first.code] ?? `Make them beforehand${spec.upsert ? ' with cleanup.policy=compact' : ''}.`)];
}
const FIXES: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'Allow the user to CREATE topics (on the cluster or on these names), or make them beforehand.', CLUSTER_AUTHORIZATION_FAILED: 'Allow the user to CREATE topics, or make them beforehand.',
  INVALID_REPLICATION_FACTOR: "Set 'sink.topic.replication-factor' to no more than the number of brokers.", INVALID_PARTITIONS: "Set 'sink.topic.partitions' to at least 1.", INVALID_TOPIC_EXCEPTION: 'Route the tables to other names: Kafka takes up to 249 letters, digits, dots, underscores and dashes, and takes dots and underscores for the same in its metrics.',
  INVALID_CONFIG: "Mend the 'sink.topic.config.*' options.", POLICY_VIOLATION: "Follow the cluster's policy for topics with 'sink.topic.partitions', 'sink.topic.replication-factor' and 'sink.topic.config.*'.",
};
function writing(found: readonly TopicRights[]): CheckItem[] {
  const denied = found.filter((t) => t.may !== undefined && !t.may.has('WRITE')), untold = found.filter((t) => t.may === undefined);
  if (denied.length > 0) return [fail('right to write', `The user may not write to ${few(denied.map((t) => t.topic))}.`, 'Allow it WRITE (and DESCRIBE) on the topics.')];
  return found.length === 0 ? [] : [untold.length > 0 ? { name: 'right to write', status: 'skipped', detail: 'The brokers do not tell.' } : pass('right to write', `On all ${found.length} topics that exist.`)];
}
async function settings(client: KafkaClient, spec: KafkaPipelineSpec, found: readonly TopicRights[]): Promise<CheckItem[]> {
  const wrongPolicy: string[] = [], small: string[] = [], most = client.config.producer.maxRequestBytes ?? DEFAULT_MAX_REQUEST;
  let unseen = 0, least = Infinity;
  await Promise.all(found.slice(0, MOST_CONFIGS).map(async ({ topic }) => {
    try {
      const config = await client.describeTopicConfig(topic, ['cleanup.policy', 'max.message.bytes']), policy = (config.get('cleanup.policy') ?? '').split(','), bytes = Number(config.get('max.message.bytes') ?? 0);
      if (spec.upsert ? policy.length !== 1 || policy[0] !== 'compact' : policy.includes('compact')) wrongPolicy.push(`${topic} (${policy.join(',')})`);
      if (bytes > 0) least = Math.min(least, bytes);
      if (bytes > 0 && bytes < most) small.push(`${topic} (${bytes})`);
    } catch (error) { if (!(error instanceof RivuletError)) throw error; unseen++; }
  }));
  if (found.length === 0) return [];
  if (unseen > 0) return [{ name: 'topic settings', status: 'skipped', detail: `The settings of ${unseen} topics could not be read.`, fix: `Allow the user DESCRIBE_CONFIGS on the topics, or make sure that cleanup.policy is ${spec.upsert ? 'compact' : 'delete'} and max.message.bytes large enough.` }];
  const wanted = spec.upsert ? 'compact' : 'delete', why = spec.upsert ? 'records of rows that do not change would be deleted' : 'compaction takes older changes of a row away';
  return [
    wrongPolicy.length === 0 ? pass('cleanup policy', `${spec.upsert ? 'compact' : 'Not compacted'}, of all topics that exist.`) : warn('cleanup policy', `It is not ${wanted} of ${few(wrongPolicy.sort())}: ${why}.`, `kafka-configs --alter --entity-type topics --entity-name … --add-config cleanup.policy=${wanted}`),
    small.length === 0 ? pass('message size', `Topics take ${least === Infinity ? 'records of any size' : `at least ${least} bytes`}.`) : warn('message size', `max.message.bytes is below the ${most} bytes that a record may have here, of ${few(small.sort())}: a larger row would stop the pipeline.`, `Raise max.message.bytes of the topics, or lower 'properties.max.request.size' so that the limit shows here.`),
  ];
}
function partitions(spec: KafkaPipelineSpec, found: readonly TopicRights[]): CheckItem[] {
  const wished = spec.newTopic.partitions, other = wished < 0 ? [] : found.filter((t) => t.partitions !== wished), items: CheckItem[] = [];
  if (other.length > 0) items.push(warn('partitions', `'sink.topic.partitions' is ${wished}, but they exist with other numbers: ${few(other.map((t) => `${t.topic} (${t.partitions})`))}.`, 'They are used as they are. Take the option out, or make the topics anew.'));
  else if (found.length > 0) items.push(pass('partitions', found.every((t) => t.partitions === found[0]!.partitions) ? `${found[0]!.partitions} in each topic that exists.` : `${few(found.map((t) => `${t.topic} ${t.partitions}`))}.`));
  const single = found.filter((t) => t.replicas === 1);
  if (single.length > 0 && found.some((t) => t.replicas > 1)) items.push(warn('replication', `Only one replica: ${few(single.map((t) => t.topic))}.`, 'A broker that is lost takes them along; raise the replication factor.'));
  return items;
}
async function producing(client: KafkaClient, spec: KafkaPipelineSpec): Promise<CheckItem[]> {
  const { producer } = client.config, items: CheckItem[] = [];
  if (producer.idempotent !== false && producer.acks !== 0 && producer.acks !== 1) {
    const problem = await client.idempotenceProblem();
    items.push(problem === undefined ? pass('right to write idempotently', 'Granted.') : fail('right to write idempotently', `Kafka answers ${problem}.`, "Allow the user IDEMPOTENT_WRITE on the cluster, or set 'properties.enable.idempotence' to 'false'."));
  }
  if (spec.guarantee !== 'exactly-once') return items;
  const prefix = spec.transactionalIdPrefix ?? 'rivulet', problem = await client.transactionProblem(`${prefix}-precheck`), wanted = producer.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
  items.push(problem === undefined ? pass('right to use transactions', `Nothing speaks against transactional ids that begin with "${prefix}".`) : fail('right to use transactions', `Kafka answers ${problem} for "${prefix}".`, `Allow the user WRITE and DESCRIBE on transactional ids that begin with '${prefix}', or set 'sink.transactional-id-prefix' to one it may use.`));
  const limit = Number((await client.describeBrokerConfig(['transaction.max.timeout.ms']).catch(() => new Map<string, string>())).get('transaction.max.timeout.ms') ?? 0);
  if (limit > 0 && wanted > limit) items.push(fail('transaction timeout', `'properties.transaction.timeout.ms' is ${wanted}, the brokers allow ${limit}.`, `Lower it to ${limit}, or raise transaction.max.timeout.ms of the brokers.`));
  return items;
}
