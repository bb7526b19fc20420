/**
 * Where rows come into a subtask: source readers and VALUES, each with the gate that tells whether everything its rows may reach has
 * room. A source is polled only through an open gate, so no buffer grows without bound.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import type { BadRecordSample } from '../connectors/bad-records.ts';
import type { SourceReader, Stuck } from '../connectors/contract.ts';
import type { OutChannel } from './exchange.ts';
import type { NodeInstance } from './instance.ts';
import type { Terminal } from './terminals.ts';

export class Gate {
  private readonly terminals: readonly Terminal[];
  private readonly channels: readonly OutChannel[];
  constructor(terminals: readonly Terminal[], channels: readonly OutChannel[]) { this.terminals = terminals; this.channels = channels; }
  get isOpen(): boolean {
    for (let i = 0; i < this.channels.length; i++) if (!(this.channels[i] as OutChannel).hasRoom) return false;
    for (let i = 0; i < this.terminals.length; i++) if (!(this.terminals[i] as Terminal).hasRoom) return false;
    return true;
  }
}

/** opening → active ⇄ idle → finished. */
export type EntryState = 'opening' | 'active' | 'idle' | 'finished';

export interface Entry {
  readonly instance: NodeInstance;
  readonly gate: Gate;
  state: EntryState;
  /** Seen closed when last asked; for the job page. */
  isHeld: boolean;
  open(restored: readonly Json[] | undefined): Promise<void>;
  /** Emits about one batch. Afterwards `state` tells how to go on; a finished entry has ended its node. */
  poll(): void;
  positions(): Json;
  /** A barrier may go out now: no transaction is half emitted. */
  readonly atBoundary: boolean;
  /** What the reader tells of how far it is, or null. */
  progress(): Json;
  /** What the reader wrote itself about records before the barrier is out. */
  prepare(): Promise<void>;
  badRecords(): readonly BadRecordSample[];
  /** What holds the reader up. */
  readonly stuck: Stuck | undefined;
  checkpointed(positions: Json): void;
  /** The input ends here and now (drain, LIMIT reached). */
  finish(): void;
  close(): Promise<void>;
}

export class SourceEntry implements Entry {
  readonly instance: NodeInstance;
  readonly gate: Gate;
  state: EntryState = 'opening';
  isHeld = false;
  private readonly reader: SourceReader;
  private readonly schedule: () => void;
  private wasWoken = false;
  private isClosed = false;
  /** Rows still wanted when a limit was pushed down. */
  private wanted: number;
  /** `makeReader` is given the wake callback. */
  constructor(options: { instance: NodeInstance; gate: Gate; limit: number | undefined; schedule: () => void; makeReader: (wake: () => void) => SourceReader }) {
    this.instance = options.instance;
    this.gate = options.gate;
    this.wanted = options.limit ?? Number.POSITIVE_INFINITY;
    this.schedule = options.schedule;
    this.reader = options.makeReader(() => this.wake());
  }
  private wake(): void {
    this.wasWoken = true;
    if (this.state !== 'idle' || this.isClosed) return;
    this.state = 'active';
    this.schedule();
  }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    await this.reader.open(restored);
    this.state = 'active';
  }
  poll(): void {
    this.wasWoken = false;
    const result = this.reader.poll(this);
    if (result === 'finished' || this.wanted <= 0) this.finish();
    else if (result === 'idle' && !this.wasWoken) this.state = 'idle';
  }
  /** Called by the reader during poll. */
  push(batch: ChangeBatch): void {
    if (this.wanted <= 0) return;
    if (batch.size > this.wanted) batch.size = this.wanted;
    this.wanted -= batch.size;
    this.instance.output.push(batch);
  }
  positions(): Json { return this.reader.positions(); }
  get atBoundary(): boolean { return this.state === 'finished' || (this.reader.atBoundary ?? true); }
  progress(): Json { return this.reader.progress?.() ?? null; }
  async prepare(): Promise<void> { await this.reader.prepare?.(); }
  badRecords(): readonly BadRecordSample[] { return this.reader.badRecords?.() ?? []; }
  get stuck(): Stuck | undefined { return this.reader.stuck; }
  checkpointed(positions: Json): void { this.reader.checkpointed?.(positions); }
  finish(): void {
    this.state = 'finished';
    this.instance.finish();
  }
  async close(): Promise<void> {
    this.isClosed = true;
    await this.reader.close();
  }
}

/** VALUES: the operator emits its rows when told that its (missing) input has ended. After a restore from a checkpoint they are not repeated. */
export class ValuesEntry implements Entry {
  readonly instance: NodeInstance;
  readonly gate: Gate;
  state: EntryState = 'opening';
  isHeld = false;
  constructor(instance: NodeInstance, gate: Gate) { this.instance = instance; this.gate = gate; }
  async open(): Promise<void> { this.state = 'active'; }
  poll(): void {
    if (!this.instance.endsSilently) this.instance.body?.endInput?.(0);
    this.finish();
  }
  positions(): Json { return null; }
  readonly atBoundary = true;
  progress(): Json { return null; }
  async prepare(): Promise<void> {}
  badRecords(): readonly BadRecordSample[] { return []; }
  readonly stuck = undefined;
  checkpointed(): void {}
  finish(): void {
    this.state = 'finished';
    this.instance.finish();
  }
  async close(): Promise<void> {}
}
