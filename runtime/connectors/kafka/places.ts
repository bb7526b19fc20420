/**
 * Which partitions a subtask reads, and from where to where. Restored positions beat start-up modes; partitions not in them (found
 * later) begin at their start. Source: Flink KafkaSourceEnumerator, OffsetsInitializer; docs of the Kafka connector, start positions.
 */
import { RE2JS } from 're2js';
import { kafkaTopicReplaced } from '../../../core/errors/kafka.ts';
import { groupInUse, noCommittedOffset, noPartitions, positionsUnreadable } from '../../../core/errors/connector.ts';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { hasDefect } from '../../checkpoint/defects.ts';
import type { KafkaAccess, TopicPartition } from './client/index.ts';
import type { KafkaSourceSpec, PlaceSpec } from './spec.ts';

/** A partition with its next offset and, for bounded reads, the offset where it ends (exclusive). */
export interface Split extends KnownPartition { readonly offset: number; readonly end: number | undefined }
/** With the topic's id where the broker tells it: a topic made again under its name has another. */
export interface KnownPartition extends TopicPartition { readonly topicId: string | undefined }
/** `positions()` of one subtask. */
export interface KafkaPositions { readonly splits: readonly Split[] }

/** Flink's KafkaTopicPartitionAssigner: partitions of a topic go round the subtasks, topics begin at different ones. */
export function ownerOf(p: TopicPartition, parallelism: number): number {
  let hash = 0;
  for (let i = 0; i < p.topic.length; i++) hash = (Math.imul(hash, 31) + p.topic.charCodeAt(i)) | 0;
  return ((Math.imul(hash, 31) & 0x7fffffff) % parallelism + p.partition) % parallelism;
}
/** All partitions the table covers. Throws kafkaUnknownTopic, no-partitions. */
export async function partitionsOf(client: KafkaAccess, spec: KafkaSourceSpec, mayBeEmpty: boolean): Promise<KnownPartition[]> {
  const topics = spec.topics ?? await matchingTopics(client, spec.pattern ?? '');
  if (topics.length === 0) {
    if (mayBeEmpty) return [];
    throw noPartitions({ table: spec.table, topics: spec.pattern ?? '' });
  }
  return (await client.describeTopics(topics)).flatMap((t) => t.partitions.map((p) => ({ topic: t.topic, partition: p.partition, topicId: t.topicId })));
}
/** Java's syntax by a linear engine. Throws on what is no pattern. */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(pattern);
async function matchingTopics(client: KafkaAccess, pattern: string): Promise<string[]> {
  const compiled = compilePattern(pattern);
  return (await client.listTopics()).filter((t) => compiled.matches(t));
}

/** The splits of a subtask at start. */
export async function startSplits(client: KafkaAccess, spec: KafkaSourceSpec, restored: readonly Json[] | undefined, subtask: number, parallelism: number): Promise<Split[]> {
  if (spec.checkGroup && spec.groupId !== null && restored === undefined && subtask === 0) {
    const group = await client.describeGroup(spec.groupId);
    if (group.memberCount > 0) throw groupInUse({ group: spec.groupId, members: group.memberCount });
  }
  const all = await partitionsOf(client, spec, restored !== undefined), mine = all.filter((p) => ownerOf(p, parallelism) === subtask);
  const known = restored === undefined ? [] : readPositions(spec, restored);
  checkSameTopics(known, all);
  const stored = known.filter((s) => ownerOf(s, parallelism) === subtask).map(misplaced);
  const fresh = mine.filter((p) => !known.some((s) => s.topic === p.topic && s.partition === p.partition));
  const starts = restored === undefined ? await startOffsets(client, spec, fresh) : (await client.listOffsets(fresh, 'earliest')).map((o) => o.offset);
  const ends = await endOffsets(client, spec, fresh);
  return [...stored, ...fresh.map((p, i): Split => ({ ...p, offset: starts[i] ?? 0, end: ends?.[i] }))];
}
/** The split as it is, but in test builds that are to lose or to repeat a record. */
function misplaced(split: Split): Split {
  const by = split.offset === 0 ? 0 : hasDefect('skipped-record') ? 1 : hasDefect('repeated-record') ? -1 : 0;
  return by === 0 ? split : { ...split, offset: split.offset + by };
}
/** Offsets kept for a topic mean nothing in another one of the same name. */
function checkSameTopics(known: readonly Split[], now: readonly KnownPartition[]): void {
  const ids = new Map(now.map((p) => [p.topic, p.topicId]));
  for (const s of known) {
    const id = ids.get(s.topic);
    if (s.topicId !== undefined && id !== undefined && id !== s.topicId) throw kafkaTopicReplaced({ topic: s.topic, partition: s.partition, position: s.offset, now: 'another' });
  }
}
/** Partitions that have appeared since; they begin at their start. */
export async function newSplits(client: KafkaAccess, spec: KafkaSourceSpec, known: readonly TopicPartition[], subtask: number, parallelism: number): Promise<Split[]> {
  const fresh = (await partitionsOf(client, spec, true)).filter((p) => ownerOf(p, parallelism) === subtask && !known.some((k) => k.topic === p.topic && k.partition === p.partition));
  const starts = await client.listOffsets(fresh, 'earliest');
  return fresh.map((p, i) => ({ ...p, offset: starts[i]?.offset ?? 0, end: undefined }));
}
function readPositions(spec: KafkaSourceSpec, restored: readonly Json[]): Split[] {
  return restored.flatMap((p) => {
    const splits = (p as { splits?: readonly Split[] } | null)?.splits;
    if (!Array.isArray(splits)) throw positionsUnreadable({ table: spec.table, why: 'They are not Kafka positions' });
    return (splits as readonly (Omit<Split, 'end' | 'topicId'> & { end?: number | null; topicId?: string | null })[]).map((s): Split => ({ topic: s.topic, partition: s.partition, topicId: s.topicId ?? undefined, offset: s.offset, end: s.end ?? undefined }));
  });
}

async function startOffsets(client: KafkaAccess, spec: KafkaSourceSpec, partitions: readonly TopicPartition[]): Promise<number[]> {
  const { startup } = spec;
  if (partitions.length === 0) return [];
  switch (startup.mode) {
    case 'earliest-offset': return (await client.listOffsets(partitions, 'earliest')).map((o) => o.offset);
    case 'latest-offset': return (await client.listOffsets(partitions, 'latest')).map((o) => o.offset);
    case 'timestamp': return byTimestamp(client, partitions, startup);
    case 'specific-offsets': {
      const given = new Map(startup.offsets ?? []), missing = partitions.filter((p) => !given.has(p.partition));
      const committed = await committedOrReset(client, spec, missing, 'earliest');
      return partitions.map((p) => given.get(p.partition) ?? committed[missing.indexOf(p)] ?? 0);
    }
    default: return committedOrReset(client, spec, partitions);
  }
}
async function byTimestamp(client: KafkaAccess, partitions: readonly TopicPartition[], place: PlaceSpec): Promise<number[]> {
  const [found, latest] = await Promise.all([client.listOffsets(partitions, { timestampMs: place.timestampMs ?? 0 }), client.listOffsets(partitions, 'latest')]);
  return found.map((o, i) => (o.offset >= 0 ? o.offset : latest[i]?.offset ?? 0));
}
/** Committed offsets; without one `auto.offset.reset` decides, and without that the job fails (NoOffsetForPartition). */
async function committedOrReset(client: KafkaAccess, spec: KafkaSourceSpec, partitions: readonly TopicPartition[], otherwise?: 'earliest'): Promise<number[]> {
  if (partitions.length === 0) return [];
  const group = spec.groupId ?? `KafkaSource-${spec.table}`, committed = await client.committedOffsets(group, partitions);
  const without = partitions.filter((_, i) => (committed[i]?.offset ?? -1) < 0), reset = spec.properties['auto.offset.reset'] ?? otherwise;
  const [first] = without;
  if (first !== undefined && reset !== 'earliest' && reset !== 'latest') throw noCommittedOffset({ group, topic: first.topic, partition: first.partition, table: spec.table });
  const ends = without.length === 0 ? [] : await client.listOffsets(without, reset === 'latest' ? 'latest' : 'earliest');
  return partitions.map((p, i) => { const at = without.indexOf(p); return at < 0 ? committed[i]?.offset ?? 0 : ends[at]?.offset ?? 0; });
}
/** Exclusive ends of a bounded read, fixed now; undefined = unbounded. A partition not listed in specific offsets is not read. */
async function endOffsets(client: KafkaAccess, spec: KafkaSourceSpec, partitions: readonly TopicPartition[]): Promise<number[] | undefined> {
  const { bounded } = spec;
  if (bounded.mode === 'unbounded') return undefined;
  if (partitions.length === 0) return [];
  switch (bounded.mode) {
    case 'timestamp': return byTimestamp(client, partitions, bounded);
    case 'specific-offsets': { const given = new Map(bounded.offsets ?? []); return partitions.map((p) => given.get(p.partition) ?? 0); }
    case 'group-offsets': return (await client.committedOffsets(spec.groupId ?? `KafkaSource-${spec.table}`, partitions)).map((o) => Math.max(o.offset, 0));
    default: return (await client.listOffsets(partitions, 'latest')).map((o) => o.offset);
  }
}
