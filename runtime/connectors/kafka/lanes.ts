/**
 * The producers of one sink subtask and what delivery guarantees mean for them; shared by the writers of SQL tables and of pipelines.
 *
 * none and at-least-once: one idempotent producer, flushed at every barrier (none: not waited for). exactly-once: LANES transactional
 * producers used in turn; the rows of an epoch sit in a transaction; `prepare` gives its identity once all is acknowledged, `commit` ends
 * it after the checkpoint is durable (`transactions.ts` after a crash). A lane whose prepared transaction is not ended yet is busy:
 * `ready` holds the rows back when the turn comes to it.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { invariant } from '../../../core/errors/common.ts';
import { hasDefect } from '../../checkpoint/defects.ts';
import { killPoint } from '../../checkpoint/kill-points.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import { systemClock } from './client/clock.ts';
import type { KafkaAccess, Producer, ProducerOptions, ProducerTopic } from './client/index.ts';
import { LANES, transactionalId, type Committable } from './transactions.ts';

/** Flink's default is an hour; brokers allow 15 minutes unless told otherwise (transaction.max.timeout.ms). */
export const TRANSACTION_TIMEOUT_MS = 15 * 60_000;
/** How long a closing writer tries to abort what it has open. */
const ABORT_LIMIT_MS = 2000;

export type Guarantee = 'none' | 'at-least-once' | 'exactly-once';
/** A producer; with exactly-once one of LANES. `busy` while its prepared transaction is not ended. `topics` by the number `topic` gave. */
export interface Lane { readonly producer: Producer; readonly topics: ProducerTopic[]; isOpen: boolean; busy: Promise<void> | undefined; free: (() => void) | undefined }
/** What lanes ask of Kafka. */
export interface LaneClient extends Pick<KafkaAccess, 'producer' | 'endTransactionWith'> { readonly config: { readonly producer: Pick<ProducerOptions, 'transactionTimeoutMs'> } }
/** `prefix`: of transactional ids. */
export interface LaneOptions { readonly client: LaneClient; readonly guarantee: Guarantee; readonly prefix: string; readonly subtask: number; readonly parallelism: number; readonly clock?: Clock | undefined; /** LANES; a test may show what fewer do. */ readonly lanes?: number | undefined }

export class ProducerLanes {
  private readonly options: LaneOptions;
  private readonly lanes: Lane[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly count: number;
  private turn = 0;
  readonly exactlyOnce: boolean;
  constructor(options: LaneOptions) {
    this.options = options;
    this.exactlyOnce = options.guarantee === 'exactly-once';
    this.count = options.lanes ?? LANES;
  }
  async open(): Promise<void> {
    const { client, prefix, subtask } = this.options, timeoutMs = client.config.producer.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    const options: ProducerOptions[] = this.exactlyOnce
      ? Array.from({ length: this.count }, (_, lane) => ({ idempotent: true, acks: 'all', transactionalId: transactionalId(prefix, subtask, lane), transactionTimeoutMs: timeoutMs }))
      : [{}];
    for (const o of options) {
      const producer = client.producer(o);
      await producer.init();
      if (o.transactionalId !== undefined) killPoint('after-first-lane');
      this.lanes.push({ producer, topics: [], isOpen: false, busy: undefined, free: undefined });
    }
  }
  /** The number of an existing topic in `Lane.topics`. Rejects with kafkaUnknownTopic. */
  async topic(name: string): Promise<number> {
    const found = await Promise.all(this.lanes.map(async (lane) => await lane.producer.topic(name)));
    const known = this.numbers.get(name) ?? this.numbers.size;
    this.numbers.set(name, known);
    for (const [i, lane] of this.lanes.entries()) lane.topics[known] = found[i]!;
    return known;
  }
  /** The lane of the current epoch, its transaction begun. Rows come only while `ready` gives undefined. */
  get current(): Lane {
    const lane = this.lanes[this.turn]!;
    if (this.exactlyOnce && !lane.isOpen) {
      invariant(lane.busy === undefined, 'rows come only while the sink is ready');
      lane.producer.beginTransaction();
      lane.isOpen = true;
    }
    return lane;
  }
  /** Until when the current lane cannot take rows because its last transaction is still being ended. */
  get busy(): Promise<void> | undefined { return this.lanes[this.turn]?.busy; }
  get isOpened(): boolean { return this.lanes.length > 0; }
  ready(): Promise<void> | undefined {
    const lane = this.lanes[this.turn]!;
    if (lane.busy !== undefined) return lane.busy;
    return lane.producer.failure !== undefined || !lane.producer.hasRoom ? lane.producer.ready() : undefined;
  }
  send(): void { this.lanes[this.turn]?.producer.send(); }

  /**
   * The barrier: what was appended belongs to the epoch. `rest` resolves when rows that were held back have been appended to this lane.
   */
  async prepare(rest?: Promise<void>): Promise<Json> {
    const lane = this.lanes[this.turn]!;
    if (!this.exactlyOnce) {
      if (rest !== undefined) await rest;
      if (this.options.guarantee === 'at-least-once') await lane.producer.flush();
      else lane.producer.send();
      return null;
    }
    if (!lane.isOpen || (rest === undefined && !lane.producer.transactionHasRecords)) return null;
    // Rows that come while the rest of this runs belong to the next epoch.
    lane.isOpen = false;
    lane.busy = new Promise((resolve) => { lane.free = resolve; });
    this.turn = (this.turn + 1) % this.count;
    // Two producers write to the same partitions: nothing of the next epoch may reach the broker before the last row of this one.
    const next = this.lanes[this.turn]!;
    next.producer.hold();
    killPoint('lane-held');
    try { return await this.finish(lane, rest); } finally { next.producer.release(); }
  }
  /** Everything of the epoch is acknowledged when it resolves. */
  private async finish(lane: Lane, rest: Promise<void> | undefined): Promise<Json> {
    if (rest !== undefined) await rest;
    if (!lane.producer.transactionHasRecords) {
      // Nothing was held back after all: the transaction that was begun serves the lane's next turn.
      lane.isOpen = true;
      lane.busy = undefined;
      lane.free?.();
      return null;
    }
    await lane.producer.flush();
    const stored = lane.producer.storedTransaction;
    invariant(stored !== undefined, 'a prepared transaction has an identity');
    if (hasDefect('early-commit')) await this.options.client.endTransactionWith(stored, 'commit');
    return { ...stored, parallelism: this.options.parallelism } satisfies Committable as unknown as Json;
  }
  async commit(committable: Json): Promise<void> {
    const stored = committable as unknown as Committable | null;
    if (stored === null) return;
    const lane = this.lanes.find((l) => l.busy !== undefined && l.producer.storedTransaction?.transactionalId === stored.transactionalId);
    if (lane === undefined) { await this.options.client.endTransactionWith(stored, 'commit'); return; }
    await lane.producer.commitTransaction();
    lane.busy = undefined;
    lane.free?.();
  }
  async close(): Promise<void> {
    await this.abortOpen();
    for (const lane of this.lanes) await lane.producer.close();
  }
  /**
   * Rows behind the last barrier will never be committed: without an end they would stand before read_committed readers until the
   * transaction's timeout. By EndTxn, not by InitProducerId: a process that was thought dead must not fence its successor. What cannot be
   * ended in time is left to the next start and the timeout. Prepared transactions are not touched.
   */
  private async abortOpen(): Promise<void> {
    const open = this.exactlyOnce ? this.lanes.filter((lane) => lane.isOpen && !lane.producer.isHeld && lane.producer.failure === undefined && lane.producer.transactionHasRecords) : [];
    if (open.length === 0) return;
    const ended = open.map(async ({ producer }) => {
      // A batch still under way would come behind the abort and hang there.
      await producer.flush();
      if (producer.storedTransaction !== undefined) await this.options.client.endTransactionWith(producer.storedTransaction, 'abort');
    });
    let stopTimer = (): void => {};
    const inTime = new Promise<void>((resolve) => { stopTimer = (this.options.clock ?? systemClock).after(ABORT_LIMIT_MS, resolve); });
    await Promise.race([Promise.allSettled(ended), inTime]);
    stopTimer();
  }
}
