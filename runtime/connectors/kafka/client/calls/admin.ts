/** CreateTopics v2–v4, CreatePartitions v0–v1, DeleteTopics v1–v3, DeleteRecords v0–v1, DescribeConfigs v1–v3. */
import { kafkaRequestFailed } from '../../../../../core/errors/kafka.ts';
import type { RivuletError } from '../../../../../core/errors/define.ts';
import { Again, type Cluster } from '../cluster.ts';
import type { Connection } from '../connection.ts';
import type { NewTopic, TopicPartition } from '../types.ts';
import { APIS } from '../wire/apis.ts';
import { errorName, isRetriable } from '../wire/error-codes.ts';
import { keyOf, writeByTopic } from './offsets.ts';

interface Outcome { readonly code: number; readonly name: string; readonly text: string | undefined }

/** Asks the controller (in KRaft every broker passes the call on); the first failure decides. */
async function askController(cluster: Cluster, call: string, ask: (connection: Connection) => Promise<readonly Outcome[]>): Promise<void> {
  await cluster.retry(async () => {
    await cluster.refresh([]);
    const connection = cluster.controllerId >= 0 ? await cluster.connection(cluster.controllerId) : await cluster.anyConnection();
    const bad = (await ask(connection)).find((o) => o.code !== 0);
    if (bad === undefined) return null;
    const error: RivuletError = kafkaRequestFailed({ call, code: errorName(bad.code), what: `topic '${bad.name}'`, text: bad.text });
    if (isRetriable(bad.code)) return new Again(error);
    throw error;
  });
}

export async function createTopics(cluster: Cluster, topics: readonly NewTopic[]): Promise<void> {
  await askController(cluster, 'CreateTopics', async (connection) => await connection.call(APIS.createTopics, (w) => {
    w.array(topics, (e, t) => e.string(t.topic).i32(t.partitions).i16(t.replicationFactor).arrayLength(0).array(Object.entries(t.configs ?? {}), (c, [name, value]) => { c.string(name).string(value); }));
    w.i32(cluster.config.requestTimeoutMs).bool(false);
  }, (r) => { r.i32(); return r.array((e) => ({ name: e.string(), code: e.i16(), text: e.nullableString() ?? undefined })); }, cluster.config.requestTimeoutMs * 2));
  await whenUsable(cluster, topics.map((t) => ({ topic: t.topic, partitions: Math.max(1, t.partitions) })));
}

export async function createPartitions(cluster: Cluster, topic: string, count: number): Promise<void> {
  await askController(cluster, 'CreatePartitions', async (connection) => await connection.call(APIS.createPartitions, (w) => {
    w.array([topic], (e, t) => e.string(t).i32(count).arrayLength(-1));
    w.i32(cluster.config.requestTimeoutMs).bool(false);
  }, (r) => { r.i32(); return r.array((e) => ({ name: e.string(), code: e.i16(), text: e.nullableString() ?? undefined })); }, cluster.config.requestTimeoutMs * 2));
  await whenUsable(cluster, [{ topic, partitions: count }]);
}

/** Until all partitions have a leader as the brokers see it. */
async function whenUsable(cluster: Cluster, wanted: readonly { topic: string; partitions: number }[]): Promise<void> {
  await cluster.retry(async () => {
    const { topics } = await cluster.refresh(wanted.map((t) => t.topic));
    const missing = wanted.find(({ topic, partitions }) => {
      const entry = topics.find((t) => t.topic === topic);
      return entry === undefined || entry.code !== 0 || entry.partitions.length < partitions || entry.partitions.some((p) => p.leader < 0);
    });
    return missing === undefined ? null : new Again(kafkaRequestFailed({ call: 'Metadata', code: 'LEADER_NOT_AVAILABLE', what: `topic '${missing.topic}'` }));
  });
}

export async function deleteTopics(cluster: Cluster, names: readonly string[]): Promise<void> {
  await askController(cluster, 'DeleteTopics', async (connection) => await connection.call(APIS.deleteTopics,
    (w) => w.array(names, (e, name) => e.string(name)).i32(cluster.config.requestTimeoutMs),
    (r) => { r.i32(); return r.array((e) => ({ name: e.string(), code: e.i16(), text: undefined })); }, cluster.config.requestTimeoutMs * 2));
  for (const name of names) cluster.topics.delete(name);
}

export async function deleteRecords(cluster: Cluster, below: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
  await cluster.perLeader('DeleteRecords', below, async (connection, items) => {
    const answers = await connection.call(APIS.deleteRecords, (w) => {
      writeByTopic(w, items, (e, item) => e.i32(item.partition).i64(item.offset));
      w.i32(cluster.config.requestTimeoutMs);
    }, (r) => {
      r.i32();
      const found = new Map<string, number>();
      r.array((t) => { const topic = t.string(); t.array((p) => { const partition = p.i32(); p.i64(); found.set(keyOf(topic, partition), p.i16()); }); });
      return found;
    });
    return items.map((i) => ({ code: answers.get(keyOf(i.topic, i.partition)) ?? -1, result: null }));
  });
}

/** Settings of a topic or of the broker that answers; all when `names` is undefined. */
export async function describeConfig(cluster: Cluster, kind: 'topic' | 'broker', name: string | undefined, names: readonly string[] | undefined): Promise<Map<string, string | null>> {
  return await cluster.retry(async () => {
    const brokerId = kind === 'topic' ? undefined : cluster.brokerIds[0] ?? (await cluster.refresh([])).brokers[0]?.id;
    const connection = brokerId === undefined ? await cluster.anyConnection() : await cluster.connection(brokerId);
    const resource = name ?? String(brokerId);
    const found = await connection.call(APIS.describeConfigs, (w, v) => {
      w.arrayLength(1).i8(kind === 'topic' ? 2 : 4).string(resource);
      if (names === undefined) w.arrayLength(-1); else w.array(names, (e, n) => e.string(n));
      w.bool(false);
      if (v >= 3) w.bool(false);
    }, (r, v) => {
      r.i32();
      return r.array((e) => {
        const code = e.i16(), text = e.nullableString() ?? undefined;
        e.i8();
        e.string();
        const values = e.array((c): [string, string | null] => {
          const entry: [string, string | null] = [c.string(), c.nullableString()];
          c.skip(3);   // read only, source, sensitive
          c.array((s) => { s.string(); s.nullableString(); s.i8(); });
          if (v >= 3) { c.i8(); c.nullableString(); }
          return entry;
        });
        return { code, text, values };
      })[0];
    });
    const code = found?.code ?? -1;
    if (found !== undefined && code === 0) return new Map(found.values);
    const error = kafkaRequestFailed({ call: 'DescribeConfigs', code: errorName(code), what: `${kind} '${resource}'`, text: found?.text });
    if (isRetriable(code)) return new Again(error);
    throw error;
  });
}
