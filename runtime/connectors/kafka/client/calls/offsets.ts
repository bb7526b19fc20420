/** ListOffsets v1–v5, OffsetCommit v2–v7, OffsetFetch v1–v5, DescribeGroups v0–v4: positions in partitions and of groups. */
import { kafkaRequestFailed } from '../../../../../core/errors/kafka.ts';
import type { Cluster } from '../cluster.ts';
import type { CommittedOffset, GroupDescription, IsolationLevel, OffsetSpec, OffsetToCommit, PartitionOffset, TopicPartition } from '../types.ts';
import { APIS } from '../wire/apis.ts';
import { errorName, isRetriable } from '../wire/error-codes.ts';
import type { WireWriter } from '../wire/writer.ts';

/** Items by topic, in order of first appearance. */
export function byTopic<I extends TopicPartition>(items: readonly I[]): [string, I[]][] {
  const groups = new Map<string, I[]>();
  for (const item of items) {
    const list = groups.get(item.topic);
    if (list) list.push(item); else groups.set(item.topic, [item]);
  }
  return [...groups];
}
export function writeByTopic<I extends TopicPartition>(w: WireWriter, items: readonly I[], each: (w: WireWriter, item: I) => void): void {
  w.array(byTopic(items), (e, [topic, list]) => e.string(topic).array(list, each));
}
export function keyOf(topic: string, partition: number): string { return `${partition} ${topic}`; }

/** See KafkaAccess.listOffsets. */
export async function listOffsets(cluster: Cluster, partitions: readonly TopicPartition[], at: OffsetSpec, isolation: IsolationLevel): Promise<PartitionOffset[]> {
  const timestamp = at === 'latest' ? -1 : at === 'earliest' ? -2 : at.timestampMs;
  return await cluster.perLeader('ListOffsets', partitions, async (connection, items) => {
    const answers = await connection.call(APIS.listOffsets, (w, v) => {
      w.i32(-1);
      if (v >= 2) w.i8(isolation === 'read_committed' ? 1 : 0);
      writeByTopic(w, items, (e, item) => { e.i32(item.partition); if (v >= 4) e.i32(-1); e.i64(timestamp); });
    }, (r, v) => {
      if (v >= 2) r.i32();
      const found = new Map<string, { code: number; result: PartitionOffset }>();
      r.array((t) => {
        const topic = t.string();
        t.array((p) => {
          const partition = p.i32(), code = p.i16(), timestampMs = p.i64(), offset = p.i64();
          if (v >= 4) p.i32();
          found.set(keyOf(topic, partition), { code, result: { topic, partition, offset, timestampMs } });
        });
      });
      return found;
    });
    return items.map((i) => answers.get(keyOf(i.topic, i.partition)) ?? { code: -1, result: { ...i, offset: -1, timestampMs: -1 } });
  });
}

/** See KafkaAccess.committedOffsets. */
export async function committedOffsets(cluster: Cluster, group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
  const fail = (code: number): Error => kafkaRequestFailed({ call: 'OffsetFetch', code: errorName(code), what: `group '${group}'` });
  const answer = await cluster.callCoordinator('group', group, 'OffsetFetch', async (connection) => await connection.call(APIS.offsetFetch, (w) => {
    w.string(group);
    writeByTopic(w, partitions, (e, item) => e.i32(item.partition));
  }, (r, v) => {
    if (v >= 3) r.i32();
    const found = new Map<string, CommittedOffset>();
    let code = 0;
    r.array((t) => {
      const topic = t.string();
      t.array((p) => {
        const partition = p.i32(), offset = p.i64();
        if (v >= 5) p.i32();
        const metadata = p.nullableString() ?? undefined, partitionCode = p.i16();
        // A topic that is gone has no offset; other codes concern the whole call (v1 has no other place for them).
        if (partitionCode !== 0 && partitionCode !== 3) code = partitionCode;
        found.set(keyOf(topic, partition), { topic, partition, offset: partitionCode === 0 ? offset : -1, metadata });
      });
    });
    if (v >= 2) code = r.i16() || code;
    return { code, found };
  }));
  if (answer.code !== 0) throw fail(answer.code);
  return partitions.map((i) => answer.found.get(keyOf(i.topic, i.partition)) ?? { topic: i.topic, partition: i.partition, offset: -1, metadata: undefined });
}

/** See KafkaAccess.commitOffsets. */
export async function commitOffsets(cluster: Cluster, group: string, offsets: readonly OffsetToCommit[]): Promise<void> {
  if (offsets.length === 0) return;
  const answer = await cluster.callCoordinator('group', group, 'OffsetCommit', async (connection) => await connection.call(APIS.offsetCommit, (w, v) => {
    w.string(group).i32(-1).string('');
    if (v >= 7) w.string(null);
    if (v <= 4) w.i64(-1);
    writeByTopic(w, offsets, (e, item) => {
      e.i32(item.partition).i64(item.offset);
      if (v >= 6) e.i32(-1);
      e.string(item.metadata ?? '');
    });
  }, (r, v) => {
    if (v >= 3) r.i32();
    let code = 0;
    r.array((t) => { t.string(); t.array((p) => { p.i32(); const c = p.i16(); if (code === 0 || isRetriable(code)) code = c || code; }); });
    return { code };
  }));
  if (answer.code !== 0) throw kafkaRequestFailed({ call: 'OffsetCommit', code: errorName(answer.code), what: `group '${group}'`, fix: answer.code === 25 ? 'Live consumers are members of the group; stop them or use another properties.group.id.' : undefined });
}

/** See KafkaAccess.describeGroup. A group nobody knows is `Dead` without members. */
export async function describeGroup(cluster: Cluster, group: string): Promise<GroupDescription> {
  const answer = await cluster.callCoordinator('group', group, 'DescribeGroups', async (connection) => await connection.call(APIS.describeGroups, (w, v) => {
    w.array([group], (e, g) => e.string(g));
    if (v >= 3) w.bool(false);
  }, (r, v) => {
    if (v >= 1) r.i32();
    const groups = r.array((g) => {
      const code = g.i16(), name = g.string(), state = g.string();
      g.string();
      g.string();
      const members = g.array((m) => { m.string(); if (v >= 4) m.nullableString(); m.string(); m.string(); m.nullableBytes(); m.nullableBytes(); });
      if (v >= 3) g.i32();
      return { code, group: name, state, memberCount: members.length };
    });
    return groups[0] ?? { code: -1, group, state: 'Dead', memberCount: 0 };
  }));
  if (answer.code === 69) return { group, state: 'Dead', memberCount: 0 };
  if (answer.code !== 0) throw kafkaRequestFailed({ call: 'DescribeGroups', code: errorName(answer.code), what: `group '${group}'` });
  return { group: answer.group, state: answer.state, memberCount: answer.memberCount };
}
