/**
 * One subtask: an instance of (the nodes of) a plan in a worker thread. `build.ts` puts it together; this file runs it: rounds of work,
 * barriers, snapshots, commits, the end.
 *
 * A round processes waiting messages of other subtasks and polls each source once, only through open gates. It never waits; what it
 * could not do is taken up when a wake-up, a credit or a sink's `ready` schedules the next round.
 *
 * Barrier of an epoch (aligned): the sources stand still; a node has passed when all its inputs have (local: the node above; exchange:
 * every sender's barrier has arrived, and such a channel is not read further). A passed node flushes and sends the barrier on. When all
 * have passed: state deltas and positions are taken in one go, sinks start `prepare`, channels and sources go on with the next epoch,
 * and once everything is prepared the snapshot is reported. Nothing of a newer epoch can have been processed before, because a subtask
 * sends none before its own snapshot and a receiver reads no channel past its barrier.
 */
import { crc32 } from 'node:zlib';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { Stuck } from '../connectors/contract.ts';
import { internalError, invariant } from '../../core/errors/common.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import type { Entry, Gate } from './entry.ts';
import type { ExchangeSender, InChannel } from './exchange.ts';
import type { LateOperator } from '../operators/contract.ts';
import type { NodeInstance, Place } from './instance.ts';
import type { LayoutEdge } from './layout.ts';
import { plainError } from './messages.ts';
import type { DeployMessage, NodeStats, PeerMessage, SnapshotBlock, ToMain, TriggerMode } from './messages.ts';
import type { KillPoint } from '../checkpoint/kill-points.ts';
import type { CollectTerminal, PrintBuffer, SinkTerminal } from './terminals.ts';
import type { MemoryAccount } from '../state/memory.ts';
import { NO_WATERMARK } from '../time/watermark.ts';

/**
 * A round ends after this long, looked at between batches, so that other jobs, the network and new queries get their turn: what a query
 * does before its first row are some ten steps, each of which waits for a round of every job in the thread. Measured, first rows of
 * Kafka beside two joins at full speed: 0.24 s each, without a limit 0.31 to 1.0; the joins cost the same CPU.
 */
const ROUND_MS = 4;
/** How long rows for other subtasks may be gathered. */
const GATHER_MS = 2;
/** Messages of one channel processed in one go, so that other channels and the sources get their turn. */
const MESSAGES_PER_ROUND = 8;

/** All channels of one exchange input of a node, and the gate of what lies below. */
export interface InboundEdge {
  readonly edge: LayoutEdge;
  readonly instance: NodeInstance;
  readonly gate: Gate;
  /** By sending subtask; undefined where it is this one or does not send here. */
  readonly channels: readonly (InChannel | undefined)[];
  /** The node above in this subtask, when this subtask is among the senders. */
  readonly own: NodeInstance | undefined;
  readonly decodeEach: (bytes: ArrayBuffer, receive: (batch: ChangeBatch) => void) => void;
}

/** A node that answers later, and the gate of what its answers reach. */
export interface LateNode { readonly instance: NodeInstance; readonly operator: LateOperator; readonly gate: Gate }

/** What `build.ts` made of the plan. */
export interface SubtaskParts {
  /** By layout index; undefined where the node does not live in this subtask. */
  readonly instances: readonly (NodeInstance | undefined)[];
  readonly entries: readonly Entry[];
  readonly late: readonly LateNode[];
  readonly inbound: readonly InboundEdge[];
  /** By edge index. */
  readonly senders: ReadonlyMap<number, ExchangeSender>;
  readonly sinks: readonly SinkTerminal[];
  readonly collect: CollectTerminal | undefined;
  readonly print: PrintBuffer;
  readonly place: Place;
}
export interface SubtaskHost {
  toMain(message: ToMain, transfer?: readonly ArrayBuffer[]): void;
  toPeer(subtask: number, message: PeerMessage, transfer: readonly ArrayBuffer[]): void;
  schedule(subtask: Subtask): void;
  /** For durations and the length of rounds. */
  monotonicMs(): number;
  /** What an operator's state is counted in. */
  memory(deploy: DeployMessage, what: string): MemoryAccount | undefined;
  /** Kill points of crash tests. */
  killPoint(name: KillPoint): void;
}

export class Subtask {
  readonly attempt: number;
  readonly index: number;
  private readonly host: SubtaskHost;
  private readonly restored: Readonly<Record<string, readonly Json[]>> | undefined;
  private parts!: SubtaskParts;
  private phase: 'opening' | 'ready' | 'running' | 'failed' | 'cancelled' = 'opening';
  private pending: { epoch: number; mode: TriggerMode; sinceMs: number } | undefined;
  /** Sources stand still after a snapshot with hold. */
  private isHolding = false;
  /** Rounds so far. */
  private turn = 0;
  /** When gathered rows were sent last, on the host's clock. */
  private sentMs = 0;
  private isTouched = true;
  private isFlushed = true;
  /** The coordinator knows that this subtask has come to rest after changes. */
  private isQuietTold = false;
  private isDone = false;
  private openTerminals = 0;
  private readonly prepared = new Map<number, { committables: Readonly<Record<string, Json>>; positions: Readonly<Record<string, Json>> }>();
  constructor(options: { attempt: number; index: number; host: SubtaskHost; positions: Readonly<Record<string, readonly Json[]>> | undefined }) {
    this.attempt = options.attempt;
    this.index = options.index;
    this.host = options.host;
    this.restored = options.positions;
  }
  assemble(parts: SubtaskParts): void {
    this.parts = parts;
    this.openTerminals = parts.sinks.length + (parts.collect === undefined ? 0 : 1);
  }

  /** Opens sinks, then sources; reports `ready` or `failed`. */
  async open(): Promise<void> {
    let node: NodeInstance | undefined;
    try {
      await Promise.all([...this.parts.sinks.map((sink) => sink.writer.open()), ...this.parts.late.map(async ({ instance, operator }) => { try { await operator.open(); } catch (error) { node ??= instance; throw error; } })]);
      if (this.phase !== 'opening') return;
      await Promise.all(this.parts.entries.map(async (entry) => {
        try { await entry.open(this.restored?.[entry.instance.layout.node.id]); } catch (error) { node ??= entry.instance; throw error; }
      }));
      if (this.phase !== 'opening') return;
      this.phase = 'ready';
      this.host.toMain({ type: 'ready', attempt: this.attempt, subtask: this.index });
    } catch (error) {
      this.fail(error, node);
    }
  }
  run(): void {
    if (this.phase !== 'ready') return;
    this.phase = 'running';
    this.guarded(() => {
      for (const instance of this.parts.instances) instance?.start();
      this.cutOffFinished();
      this.checkDone();
    });
    this.schedule();
  }
  schedule(): void { this.host.schedule(this); }

  /** True: call again soon. */
  round(): boolean {
    if (this.phase !== 'running') return false;
    let again = false;
    this.guarded(() => {
      const stopAt = this.host.monotonicMs() + ROUND_MS;
      this.turn++;
      again = this.releaseLate(stopAt);
      again = this.readChannels(stopAt) || again;
      if (this.pending === undefined && !this.isHolding) again = this.pollEntries(stopAt) || again;
      else if (this.pending !== undefined && !this.isAtBoundary) again = this.pollToBoundary(stopAt) || again;
      this.cutOffFinished();
      this.sendGathered(again);
      if (!again && !this.isFlushed) this.flushIdle();
    });
    if (this.phase === 'running') this.parts.print.flush();
    return again && this.phase === 'running';
  }
  /** Rows for other subtasks wait for more only while more is being made, and not long. */
  private sendGathered(again: boolean): void {
    const { senders } = this.parts;
    if (senders.size === 0) return;
    const now = this.host.monotonicMs();
    if (again && now - this.sentMs < GATHER_MS) return;
    this.sentMs = now;
    for (const sender of senders.values()) sender.flush();
  }
  /** Begins with another input each time, as time may be up before the last. */
  private readChannels(stopAt: number): boolean {
    const { inbound } = this.parts;
    let again = false;
    for (let i = 0; i < inbound.length; i++) {
      const edge = inbound[(i + this.turn) % inbound.length] as InboundEdge;
      for (const channel of edge.channels) {
        if (channel === undefined) continue;
        let left = MESSAGES_PER_ROUND;
        while (!channel.isEmpty && !channel.isAligned && edge.gate.isOpen && left-- > 0 && this.host.monotonicMs() < stopAt) this.process(edge, channel, channel.take());
        if (!channel.isEmpty && !channel.isAligned && edge.gate.isOpen) again = true;
      }
    }
    return again;
  }
  private process(inbound: InboundEdge, channel: InChannel, message: PeerMessage): void {
    switch (message.k) {
      case 'data': {
        this.isTouched = true;
        this.isFlushed = false;
        const bytes = message.x.byteLength, { instance, edge: { input } } = inbound;
        inbound.decodeEach(message.x, (batch) => instance.push(input, batch));
        this.host.toPeer(channel.from, { a: this.attempt, e: inbound.edge.index, f: this.index, t: channel.from, k: 'credit', x: bytes }, []);
        return;
      }
      case 'barrier':
        channel.isAligned = true;
        this.passBarrier();
        return;
      case 'watermark': inbound.instance.watermarkFrom(inbound.edge.input, channel.slot, message.x); return;
      case 'end':
        this.isTouched = true;
        channel.isEnded = true;
        inbound.instance.endFrom(inbound.edge.input, channel.slot);
        return;
      case 'credit': return;
    }
  }
  /** Answers that have come go on, in the order of their rows; then ends and barriers that waited for them. */
  private releaseLate(stopAt: number): boolean {
    const { late, place } = this.parts;
    let again = false, hasReleased = false;
    for (let i = 0; i < late.length; i++) {
      const { instance, operator, gate } = late[i] as LateNode;
      if (!operator.hasAnswers) continue;
      while (operator.hasAnswers && gate.isOpen && this.host.monotonicMs() < stopAt) {
        place.node = instance.layout.index;
        operator.release();
        hasReleased = true;
      }
      if (operator.hasAnswers && gate.isOpen) again = true;
      instance.finishIfAnswered();
    }
    if (!hasReleased) return again;
    this.isTouched = true;
    this.isFlushed = false;
    this.passBarrier();
    return again;
  }
  /** At least one source is asked, and each in its turn. */
  private pollEntries(stopAt: number): boolean {
    const { entries } = this.parts;
    let again = false, isLate = false;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[(i + this.turn) % entries.length] as Entry;
      if (entry.state !== 'active') continue;
      if (isLate) return true;
      entry.isHeld = !entry.gate.isOpen;
      if (entry.isHeld) continue;
      const before = entry.instance.output.recordsOut;
      this.parts.place.node = entry.instance.layout.index;
      entry.poll();
      if (entry.instance.output.recordsOut !== before || entry.instance.hasEnded) {
        this.isTouched = true;
        this.isFlushed = false;
        this.host.killPoint('mid-epoch');
      }
      if ((entry.state as string) === 'active') again = true;
      isLate = this.host.monotonicMs() >= stopAt;
    }
    return again;
  }
  /** No source has emitted half a transaction. */
  private get isAtBoundary(): boolean {
    const { entries } = this.parts;
    for (let i = 0; i < entries.length; i++) if (!(entries[i] as Entry).atBoundary) return false;
    return true;
  }
  /** A barrier waits for the rest of a transaction: only such sources go on, one batch at a time. */
  private pollToBoundary(stopAt: number): boolean {
    let again = false;
    for (const entry of this.parts.entries) {
      while (!entry.atBoundary && entry.state === 'active' && this.host.monotonicMs() < stopAt) {
        entry.isHeld = !entry.gate.isOpen;
        if (entry.isHeld) break;
        this.parts.place.node = entry.instance.layout.index;
        entry.poll();
        this.isTouched = true;
        this.isFlushed = false;
      }
      if (!entry.atBoundary && entry.state === 'active' && !entry.isHeld) again = true;
    }
    this.passBarrier();
    return again;
  }
  /** Nothing to read: what sinks hold back goes out now, so that a lone row is not late. */
  private flushIdle(): void {
    for (const entry of this.parts.entries) if (entry.state === 'active') return;
    this.isFlushed = true;
    for (const sink of this.parts.sinks) sink.writer.idle?.();
    if (!this.isTouched || this.isQuietTold || this.parts.late.some((one) => !one.operator.isEmpty)) return;
    this.isQuietTold = true;
    this.host.toMain({ type: 'quiet', attempt: this.attempt, subtask: this.index });
  }

  /** A message of another subtask has arrived (or of this thread's own other subtask). */
  receive(message: PeerMessage): void {
    if (this.phase === 'failed' || this.phase === 'cancelled') return;
    if (message.k === 'credit') {
      this.parts.senders.get(message.e)?.credit(message.f, message.x);
    } else {
      const inbound = this.parts.inbound.find((candidate) => candidate.edge.index === message.e);
      const channel = inbound?.channels[message.f];
      if (channel === undefined) { this.fail(internalError({ what: `no channel of edge ${message.e} from subtask ${message.f}` })); return; }
      channel.add(message);
    }
    this.schedule();
  }
  credit(of: 'print' | 'collect', bytes: number): void {
    if (of === 'print') this.parts.print.credit(bytes);
    else this.parts.collect?.credit(bytes);
    this.schedule();
  }

  trigger(epoch: number, mode: TriggerMode): void {
    if (this.phase !== 'running') return;
    invariant(this.pending === undefined, 'one barrier at a time');
    this.pending = { epoch, mode, sinceMs: this.host.monotonicMs() };
    this.guarded(() => {
      if (mode === 'drain') for (const entry of this.parts.entries) if (entry.state !== 'finished') entry.finish();
      this.passBarrier();
    });
  }
  resume(): void {
    this.isHolding = false;
    this.schedule();
  }
  /** Lets the barrier through every node whose inputs have it; takes the snapshot when it is through all. */
  private passBarrier(): void {
    if (this.pending === undefined || !this.isAtBoundary) return;
    const { epoch } = this.pending, { instances, place } = this.parts;
    let isThrough = true;
    for (const instance of instances) {
      if (instance === undefined || instance.passedEpoch === epoch) continue;
      if (instance.isBusy || !this.inputsPassed(instance, epoch)) { isThrough = false; continue; }
      instance.passedEpoch = epoch;
      place.node = instance.layout.index;
      instance.body?.flush?.();
      instance.output.barrier(epoch);
      this.host.killPoint('between-flushes');
    }
    if (isThrough) this.snapshot();
  }
  private inputsPassed(instance: NodeInstance, epoch: number): boolean {
    for (const edge of instance.layout.inputs) {
      if (edge.kind === 'local') {
        const above = this.parts.instances[edge.from];
        if (above !== undefined && above.passedEpoch !== epoch) return false;
        continue;
      }
      const inbound = this.parts.inbound.find((candidate) => candidate.edge === edge) as InboundEdge;
      if (inbound.own !== undefined && inbound.own.passedEpoch !== epoch) return false;
      for (const channel of inbound.channels) if (channel !== undefined && !channel.isAligned) return false;
    }
    return true;
  }
  private snapshot(): void {
    const { epoch, mode, sinceMs } = this.pending as NonNullable<typeof this.pending>;
    const startMs = this.host.monotonicMs();
    const blocks: SnapshotBlock[] = [], positions: Record<string, Json> = Object.create(null), counters: Record<string, Record<string, number>> = Object.create(null), ended: string[] = [];
    let stateBytes = 0;
    for (const instance of this.parts.instances) {
      if (instance === undefined) continue;
      const node = instance.layout.node.id;
      // What had ended before the restore has, also when this attempt has not come to it yet: VALUES would be said again.
      if (instance.hasEnded || instance.endsSilently) ended.push(node);
      if (instance.counters.size > 0) counters[node] = instance.counterValues();
      if (instance.state === undefined) continue;
      for (const block of instance.state.takeCheckpoint()) blocks.push({ node, ...block, crc: crc32(block.bytes) });
      stateBytes += instance.state.bytes;
    }
    for (const entry of this.parts.entries) positions[entry.instance.layout.node.id] = entry.positions();
    const prepares = this.parts.sinks.map(async ({ node, writer }) => {
      const committable = await writer.prepare(epoch);
      if (committable !== null) this.host.killPoint('after-sink-prepare');
      return [node.id, committable] as const;
    });
    const written = this.parts.entries.map((entry) => entry.prepare());
    this.parts.print.flush();
    const isUntouched = !this.isTouched && blocks.length === 0;
    this.isTouched = false;
    this.isQuietTold = false;
    this.isHolding = mode !== 'continue';
    this.pending = undefined;
    for (const inbound of this.parts.inbound) for (const channel of inbound.channels) if (channel !== undefined) channel.isAligned = false;
    this.schedule();
    const pauseMs = this.host.monotonicMs() - startMs;
    Promise.all([Promise.all(prepares), ...written]).then(([pairs]) => {
      if (this.phase !== 'running') return;
      const committables = Object.fromEntries(pairs.filter(([, committable]) => committable !== null));
      this.prepared.set(epoch, { committables, positions });
      this.parts.print.flush();
      this.host.toMain(
        { type: 'snapshot', attempt: this.attempt, epoch, subtask: this.index, blocks, positions, committables, counters, ended, isUntouched, stateBytes, alignMs: startMs - sinceMs, pauseMs },
        blocks.map((block) => block.bytes.buffer),
      );
    }).catch((error: unknown) => this.fail(error));
  }
  /** The checkpoint is durable: sinks make the epoch visible, sources hear of it. */
  async commit(epoch: number): Promise<void> {
    const prepared = this.prepared.get(epoch);
    if (this.phase !== 'running' || prepared === undefined) return;
    this.prepared.delete(epoch);
    try {
      for (const sink of this.parts.sinks) {
        const committable = prepared.committables[sink.node.id];
        if (committable === undefined) continue;
        await sink.writer.commit(committable);
        this.host.killPoint('between-commits');
      }
      for (const entry of this.parts.entries) entry.checkpointed(prepared.positions[entry.instance.layout.node.id] ?? null);
      this.host.toMain({ type: 'committed', attempt: this.attempt, subtask: this.index, epoch });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Called by a terminal's instance when its input has ended. */
  terminalEnded(): void { this.openTerminals--; this.checkDone(); }
  private checkDone(): void {
    if (this.openTerminals > 0 || this.isDone || this.phase !== 'running') return;
    this.isDone = true;
    this.parts.print.flush();
    this.host.toMain({ type: 'done', attempt: this.attempt, subtask: this.index });
  }
  /** Ends nodes whose output can no longer change, and sources that feed only such nodes. */
  private cutOffFinished(): void {
    let hasCut = false;
    for (const instance of this.parts.instances) {
      if (instance === undefined || instance.hasEnded || instance.body?.finished !== true) continue;
      instance.cutOff();
      hasCut = true;
    }
    if (hasCut) for (const entry of this.parts.entries) if (entry.state !== 'finished' && this.isUseless(entry.instance)) entry.finish();
  }
  private isUseless(instance: NodeInstance): boolean {
    return instance.layout.outputs.length > 0 && instance.layout.outputs.every((edge) => {
      const below = this.parts.instances[edge.to];
      return edge.kind === 'local' && below !== undefined && (below.hasEnded || this.isUseless(below));
    });
  }

  private guarded(work: () => void): void {
    try { work(); } catch (error) { this.fail(error, this.parts.instances[this.parts.place.node]); }
  }
  fail(error: unknown, instance?: NodeInstance): void {
    if (this.phase === 'failed' || this.phase === 'cancelled') return;
    this.phase = 'failed';
    const node = instance?.layout.node;
    this.host.toMain({ type: 'failed', attempt: this.attempt, subtask: this.index, node: node?.id, error: plainError(error, node?.label) });
  }
  /** Closes everything; errors of closing are of no interest any more. Gives the last counters. */
  async cancel(): Promise<readonly NodeStats[]> {
    this.phase = 'cancelled';
    if (this.parts === undefined) return [];
    const nodes = this.stats();
    await Promise.allSettled([...this.parts.entries.map((entry) => entry.close()), ...this.parts.sinks.map((sink) => sink.writer.close()), ...this.parts.late.map((one) => one.operator.closed())]);
    for (const instance of this.parts.instances) {
      try { instance?.body?.close?.(); instance?.state?.close(); } catch { /* freed with the subtask */ }
    }
    return nodes;
  }
  stats(): readonly NodeStats[] {
    const out: NodeStats[] = [];
    for (const instance of this.parts.instances) {
      if (instance === undefined) continue;
      const entry = this.parts.entries.find((candidate) => candidate.instance === instance), sink = this.parts.sinks.find((candidate) => candidate.node === instance.layout.node);
      out.push({
        id: instance.layout.node.id, recordsIn: instance.recordsIn, recordsOut: instance.output.recordsOut,
        watermarkMs: instance.watermarkMs === NO_WATERMARK ? undefined : instance.watermarkMs,
        stateBytes: instance.state?.bytes ?? 0, stateEntries: instance.state?.entries ?? 0,
        counters: instance.counterValues(), badRecords: entry?.badRecords() ?? [],
        activity: entry !== undefined ? stuckText(entry.stuck) ?? this.activityOf(entry) : sink === undefined ? this.lateActivityOf(instance) : stuckText(sink.stuck) ?? (sink.isFull ? 'full' : 'running'),
        progress: entry?.progress() ?? null,
      });
    }
    return out;
  }
  private lateActivityOf(instance: NodeInstance): string | undefined {
    const late = this.parts.late.find((candidate) => candidate.instance === instance);
    if (late === undefined) return undefined;
    return late.operator.isEmpty ? 'idle' : late.gate.isOpen ? 'running' : 'back-pressured';
  }
  private activityOf(entry: Entry): string {
    if (entry.state === 'active') return entry.isHeld ? 'back-pressured' : 'running';
    return entry.state;
  }
}

const stuckText = (stuck: Stuck | undefined): string | undefined => (stuck === undefined ? undefined : `${stuck.what} since ${new Date(stuck.sinceMs).toISOString()}: ${stuck.why}`);
