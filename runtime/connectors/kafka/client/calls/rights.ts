/**
 * What the user may do, as far as Kafka tells: Metadata v8–v10 (the versions that answer for topics and for the cluster at once),
 * CreateTopics v2–v4 with validate_only, InitProducerId without a transactional id, FindCoordinator for transactional ids. Nothing is made.
 */
import { kafkaRequestFailed } from '../../../../../core/errors/kafka.ts';
import { Again, type Cluster } from '../cluster.ts';
import type { NewTopic } from '../types.ts';
import { APIS, type Api } from '../wire/apis.ts';
import { errorName, isRetriable } from '../wire/error-codes.ts';
import { NO_UUID } from './metadata.ts';

const METADATA_RIGHTS: Api = { key: APIS.metadata.key, name: 'Metadata', min: 8, max: 10, flexibleFrom: 9 };
/** Bits of `authorized_operations`: codes of `AclOperation`. */
const OPERATIONS = { READ: 3, WRITE: 4, CREATE: 5, DELETE: 6, ALTER: 7, DESCRIBE: 8, DESCRIBE_CONFIGS: 10, ALTER_CONFIGS: 11, IDEMPOTENT_WRITE: 12 } as const;
export type Operation = keyof typeof OPERATIONS;
const UNKNOWN = -2_147_483_648;

export interface TopicRights {
  readonly topic: string;
  /** Kafka's name of why nothing is told, e.g. `UNKNOWN_TOPIC_OR_PARTITION`; undefined: the topic is there. */
  readonly problem: string | undefined;
  readonly partitions: number;
  readonly replicas: number;
  /** undefined: the broker does not tell. */
  readonly may: ReadonlySet<Operation> | undefined;
}
export interface Rights { readonly brokers: number; readonly cluster: ReadonlySet<Operation> | undefined; readonly topics: readonly TopicRights[] }
const operationsOf = (bits: number): ReadonlySet<Operation> | undefined => (bits === UNKNOWN ? undefined : new Set((Object.keys(OPERATIONS) as Operation[]).filter((name) => (bits & 1 << OPERATIONS[name]) !== 0)));

export async function describeRights(cluster: Cluster, topics: readonly string[]): Promise<Rights> {
  return await cluster.retry(async () => {
    const connection = await cluster.anyConnection();
    return await connection.call(METADATA_RIGHTS, (w, v) => {
      w.array(topics, (e, topic) => { if (v >= 10) e.uuid(NO_UUID); e.string(topic).tags(); });
      w.bool(false).bool(true).bool(true).tags();
    }, (r, v) => {
      r.i32();
      const brokers = r.array((e) => { const id = e.i32(); e.string(); e.i32(); e.nullableString(); e.tags(); return id; });
      r.nullableString();
      r.i32();
      const found = r.array((e): TopicRights => {
        const code = e.i16(), topic = e.string();
        if (v >= 10) e.uuid();
        e.bool();
        const replicas = e.array((p) => { p.i16(); p.i32(); p.i32(); p.i32(); const own = p.array((x) => x.i32()); p.array((x) => x.i32()); p.array((x) => x.i32()); p.tags(); return own.length; }), may = operationsOf(e.i32());
        e.tags();
        return { topic, problem: code === 0 || (code !== 3 && replicas.length > 0) ? undefined : errorName(code), partitions: replicas.length, replicas: replicas.length === 0 ? 0 : Math.min(...replicas), may };
      });
      const own = operationsOf(r.i32());
      r.tags();
      return { brokers: brokers.length, cluster: own, topics: found };
    });
  });
}
/** Whether topics could be made as wished; an answer for each that could not. */
export async function checkNewTopics(cluster: Cluster, topics: readonly NewTopic[]): Promise<{ readonly topic: string; readonly code: string; readonly text: string | undefined }[]> {
  if (topics.length === 0) return [];
  return await cluster.retry(async () => {
    await cluster.refresh([]);
    const connection = cluster.controllerId >= 0 ? await cluster.connection(cluster.controllerId) : await cluster.anyConnection();
    const answers = await connection.call(APIS.createTopics, (w) => {
      w.array(topics, (e, t) => e.string(t.topic).i32(t.partitions).i16(t.replicationFactor).arrayLength(0).array(Object.entries(t.configs ?? {}), (c, [name, value]) => { c.string(name).string(value); }));
      w.i32(cluster.config.requestTimeoutMs).bool(true);
    }, (r) => { r.i32(); return r.array((e) => ({ topic: e.string(), number: e.i16(), text: e.nullableString() ?? undefined })); }, cluster.config.requestTimeoutMs * 2);
    const passing = answers.find((a) => isRetriable(a.number));
    if (passing !== undefined) return new Again(kafkaRequestFailed({ call: 'CreateTopics', code: errorName(passing.number), what: `topic '${passing.topic}'`, text: passing.text }));
    return answers.filter((a) => a.number !== 0).map(({ topic, number, text }) => ({ topic, code: errorName(number), text }));
  });
}
/** Kafka's name of why no idempotent producer can be had; undefined: one can. */
export async function idempotenceProblem(cluster: Cluster): Promise<string | undefined> {
  return await cluster.retry(async () => {
    const connection = await cluster.anyConnection(), code = await connection.call(APIS.initProducerId, (w) => w.string(null).i32(2_147_483_647), (r) => { r.i32(); const own = r.i16(); r.i64(); r.i16(); return own; });
    return isRetriable(code) ? new Again(kafkaRequestFailed({ call: 'InitProducerId', code: errorName(code) })) : code === 0 ? undefined : errorName(code);
  });
}
/** Kafka's name of why the transactional id may not be used; undefined: no reason is known (writing may still be denied). */
export async function transactionProblem(cluster: Cluster, transactionalId: string): Promise<string | undefined> {
  return await cluster.retry(async () => {
    const connection = await cluster.anyConnection(), code = await connection.call(APIS.findCoordinator, (w) => w.string(transactionalId).i8(1), (r) => { r.i32(); const own = r.i16(); r.nullableString(); r.i32(); r.string(); r.i32(); return own; });
    return code === 53 ? errorName(code) : undefined;
  });
}
