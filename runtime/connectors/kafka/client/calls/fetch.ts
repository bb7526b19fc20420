/**
 * Fetch v4–v13, always as a full fetch without a session. From v13 on topics are named by id, so that a topic made again under its old
 * name is noticed by the broker. The records stay in the frame; only where they stand is told.
 */
import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { NO_UUID } from './metadata.ts';

export interface FetchTarget { readonly topic: string; readonly topicId: string | undefined; readonly partition: number; readonly fetchPosition: number; readonly askedBytes: number }
export interface FetchLimits { readonly maxWaitMs: number; readonly minBytes: number; readonly maxBytes: number; readonly committedOnly: boolean }

/** One partition of an answer; records are `frame[start..end)`, possibly with a batch cut off at the end. */
export interface FetchedPartition {
  /** Name up to v12, id from v13 on. */
  readonly topicKey: string;
  readonly partition: number;
  readonly code: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Producer id and first offset of aborted transactions, in order of offset. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
  readonly start: number;
  readonly end: number;
}
export interface FetchAnswer { readonly throttleMs: number; readonly code: number; readonly partitions: readonly FetchedPartition[] }

const NONE: readonly never[] = [];

/** The version to use: below 13 when a topic's id is not known. */
export function fetchVersion(negotiated: number, targets: readonly FetchTarget[]): number {
  return negotiated >= 13 && targets.some((t) => t.topicId === undefined) ? 12 : negotiated;
}
export function topicKey(version: number, target: FetchTarget): string { return version >= 13 ? target.topicId ?? NO_UUID : target.topic; }

/** `groups`: partitions by topic. */
export function writeFetch(w: WireWriter, version: number, groups: Iterable<readonly FetchTarget[]>, groupCount: number, limits: FetchLimits): void {
  w.i32(-1).i32(limits.maxWaitMs).i32(limits.minBytes).i32(limits.maxBytes).i8(limits.committedOnly ? 1 : 0);
  if (version >= 7) w.i32(0).i32(-1);
  w.arrayLength(groupCount);
  for (const group of groups) {
    const first = group[0];
    if (first === undefined) continue;
    if (version >= 13) w.uuid(first.topicId ?? NO_UUID); else w.string(first.topic);
    w.arrayLength(group.length);
    for (const target of group) {
      w.i32(target.partition);
      if (version >= 9) w.i32(-1);
      w.i64(target.fetchPosition);
      if (version >= 12) w.i32(-1);
      if (version >= 5) w.i64(-1);
      w.i32(target.askedBytes).tags();
    }
    w.tags();
  }
  if (version >= 7) w.arrayLength(0);
  if (version >= 11) w.string('');
  w.tags();
}

export function readFetch(r: WireReader, version: number): FetchAnswer {
  const throttleMs = r.i32();
  const code = version >= 7 ? r.i16() : 0;
  if (version >= 7) r.i32();
  const partitions: FetchedPartition[] = [];
  for (let topics = r.arrayLength(); topics > 0; topics--) {
    const key = version >= 13 ? r.uuid() : r.string();
    for (let n = r.arrayLength(); n > 0; n--) partitions.push(readPartition(r, version, key));
    r.tags();
  }
  r.tags();
  return { throttleMs, code, partitions };
}

function readPartition(r: WireReader, version: number, key: string): FetchedPartition {
  const partition = r.i32(), code = r.i16(), highWatermark = r.i64(), lastStableOffset = r.i64();
  if (version >= 5) r.i64();
  const abortedCount = r.arrayLength(16);
  const aborted = abortedCount > 0 ? [] as { producerId: number; firstOffset: number }[] : NONE;
  for (let i = 0; i < abortedCount; i++) {
    (aborted as { producerId: number; firstOffset: number }[]).push({ producerId: r.i64(), firstOffset: r.i64() });
    r.tags();
  }
  if (version >= 11) r.i32();
  const size = Math.max(0, r.bytesLength());
  const start = r.skip(size);
  r.tags();
  return { topicKey: key, partition, code, highWatermark, lastStableOffset, aborted, start, end: start + size };
}
