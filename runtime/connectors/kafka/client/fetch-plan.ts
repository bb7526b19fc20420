/**
 * Decides what the next Fetch of a broker asks for: which partitions go into which of its two requests under way, and how many bytes.
 *
 * Two requests only while there is a backlog: a broker that reads from disk for one works on the other, and a slow network carries both.
 * With nothing to catch up on there is one long poll for all partitions, so that an idle source costs one request per wait.
 *
 * Sizes: an answer begins small, for a quick first row, doubles while answers come back full, and shrinks when they do not. It
 * is divided among the partitions with a backlog, so that each of them moves on in every answer and their event times stay together; in whole batches
 * of the size seen last, since what the broker cuts off at the end is sent again. Those that gave nothing stand first next time: a broker gives the first
 * partition with records at least one batch, whatever the limits, so a batch larger than its share delays nobody for ever.
 */
import type { Connection } from './connection.ts';
import type { PartitionState } from './fetch-partition.ts';

const KIB = 1024;
/** Of one answer; the largest is fetch.max.bytes. */
const FIRST_ANSWER_BYTES = 1024 * KIB, LEAST_ANSWER_BYTES = 512 * KIB;
/** Below this the broker's cost per partition outweighs its bytes. */
const LEAST_SHARE_BYTES = 64 * KIB;
/** What makes a backlog worth a second request, and its connection. */
const BACKLOG_ANSWERS = 4;

/** One of the requests a broker may have under way, on a connection of its own: a broker answers a connection's requests one by one. */
export interface Lane {
  readonly number: number;
  connection: Connection | undefined;
  /** A Fetch, the connection for it, or a pause the broker asked for is under way. */
  busy: boolean;
}
export interface Loop<Tag> {
  readonly brokerId: number;
  /** In the order they are asked: those that gave records last are at the end. */
  readonly partitions: Set<PartitionState<Tag>>;
  readonly lanes: readonly [Lane, Lane];
  /** Answers of this broker not yet handed over. */
  waiting: number;
  /** Monotonic; the broker asked not to be called before. */
  throttledUntil: number;
  answerBytes: number;
  /** Size of the largest batch of the last answer; 0 before the first. */
  batchBytes: number;
}

export function newLoop<Tag>(brokerId: number, maxBytes: number): Loop<Tag> {
  const lane = (number: number): Lane => ({ number, connection: undefined, busy: false });
  return { brokerId, partitions: new Set(), lanes: [lane(0), lane(1)], waiting: 0, throttledUntil: 0, answerBytes: Math.min(maxBytes, FIRST_ANSWER_BYTES), batchBytes: 0 };
}

/** What the lane may ask for now; empty: nothing. `maxBytes`: of one answer. */
export function targetsOf<Tag>(loop: Loop<Tag>, lane: Lane, maxBytes: number): PartitionState<Tag>[] {
  const idle: PartitionState<Tag>[] = [], hungry: PartitionState<Tag>[] = [];
  let backlogBytes = 0, behind = 0;
  for (const state of loop.partitions) {
    const isHungry = state.backlogBytes > LEAST_SHARE_BYTES;
    if (Number.isFinite(state.backlogBytes)) backlogBytes += state.backlogBytes;
    if (isHungry) behind++;
    if (state.fetchable) (isHungry ? hungry : idle).push(state);
  }
  if (backlogBytes < BACKLOG_ANSWERS * maxBytes) return lane.number === 0 ? [...idle, ...hungry] : [];
  // A third each: when one answer has come, it is the turn of those that wait, not at once of the same ones again.
  const part = hungry.slice(0, Math.ceil(behind / 3));
  // Those with little to give come first: they take no room.
  if (lane.number === 0) return [...idle, ...part];
  return loop.lanes[0].busy ? part : [];
}

/** Sets the targets' `askedBytes`. `partitionMaxBytes`: max.partition.fetch.bytes where the user has set it. */
export function divide<Tag>(loop: Loop<Tag>, targets: readonly PartitionState<Tag>[], partitionMaxBytes: number | undefined): void {
  let hungry = 0;
  for (const state of targets) if (state.backlogBytes > LEAST_SHARE_BYTES) hungry++;
  const share = loop.answerBytes / Math.max(1, hungry);
  for (const state of targets) {
    const batch = Math.max(1, state.batchBytes || loop.batchBytes), wanted = Math.max(share, LEAST_SHARE_BYTES, batch);
    state.askedBytes = Math.max(state.leastBytes, Math.min(partitionMaxBytes ?? Infinity, Math.floor(wanted / batch) * batch));
  }
}

/** After an answer with this many bytes of records. */
export function adapt<Tag>(loop: Loop<Tag>, bytes: number, maxBytes: number): void {
  if (bytes >= loop.answerBytes / 2) loop.answerBytes = Math.min(maxBytes, loop.answerBytes * 2);
  else if (bytes < loop.answerBytes / 4) loop.answerBytes = Math.max(Math.min(maxBytes, LEAST_ANSWER_BYTES), loop.answerBytes / 2);
}

