/**
 * State of one operator instance: its tables, checkpoints of them, and restore. The task makes one per instance, hands it to the
 * operator as `OperatorState`, and calls `takeCheckpoint` at every barrier after `Operator.flush`.
 *
 * A checkpoint's manifest keeps per instance and block list name (`StateBlock.table`: table and segment) the blocks since the last base:
 * a base drops what was kept under its name, a delta is added behind. If a checkpoint fails after its blocks were taken, they go into the
 * next one before its own, or `requestFull` is called so that the next one writes everything.
 */
import { randomBytes } from 'node:crypto';
import { stateSpecConflict } from '../../core/errors/state.ts';
import type { OperatorState, StateTable, StateTableSpec } from './contract.ts';
import { schemaText } from './block.ts';
import { giveBack } from './memory.ts';
import type { MemoryAccount } from './memory.ts';
import { TableSnapshotter } from './snapshot.ts';
import { PackedTable } from './table.ts';

/** A packed piece of one table. */
export interface StateBlock {
  /** Name of the block list it belongs to: `<table>/<segment>`. */
  readonly table: string;
  readonly segment: number;
  /** base: takes the place of all earlier blocks of its list. delta: comes behind them. */
  readonly kind: 'base' | 'delta';
  /** Alone in its ArrayBuffer, so it can be transferred. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records in it: changed and deleted entries. */
  readonly entries: number;
  /** Grows from checkpoint to checkpoint of this backend. */
  readonly sequence: number;
}
/** Block list name → one list per former instance, oldest block first; `share` undefined when the parallelism is as before. */
export interface RestoredBlocks {
  readonly tables: ReadonlyMap<string, readonly (readonly Uint8Array[])[]>;
  readonly share: { readonly subtask: number; readonly parallelism: number } | undefined;
  /** Nobody else reads the blocks: their memory is given back one by one as tables fill. */
  readonly isOwned?: boolean | undefined;
}
export interface BackendOptions {
  /** Processing time in ms, for tables with a time to live. */
  readonly nowMs: () => number;
  /** False when no checkpoint will be taken (one-off queries): changes are not recorded. Default true. */
  readonly tracked?: boolean | undefined;
  readonly restored?: RestoredBlocks | undefined;
  /** Counts the memory of its tables. */
  readonly memory?: MemoryAccount | undefined;
}

const tableOf = (list: string): string => list.slice(0, list.lastIndexOf('/'));

export class OperatorStateBackend implements OperatorState {
  private readonly tables = new Map<string, { table: PackedTable; snapshots: TableSnapshotter }>();
  private readonly restored: Map<string, (readonly Uint8Array[])[]> = new Map();
  private readonly options: BackendOptions;
  private sequence = 0;
  constructor(options: BackendOptions) {
    this.options = options;
    for (const [list, former] of options.restored?.tables ?? []) {
      const name = tableOf(list);
      this.restored.set(name, [...(this.restored.get(name) ?? []), ...former]);
    }
  }
  /** Throws `state-incompatible`, `state-block-damaged` or `state-version-unknown` when stored blocks cannot be read for this spec. */
  table(spec: StateTableSpec): StateTable {
    const known = this.tables.get(spec.name);
    if (known !== undefined) {
      const has = schemaText(known.table.spec), wanted = schemaText(spec);
      if (has !== wanted) throw stateSpecConflict({ table: spec.name, has, wanted });
      return known.table;
    }
    const random = randomBytes(8);
    const table = new PackedTable(spec, { nowMs: this.options.nowMs, tracked: this.options.tracked ?? true, seed: [random.readUInt32LE(0), random.readUInt32LE(4)], grow: this.options.memory?.grow });
    const snapshots = new TableSnapshotter(table);
    const blocks = this.restored.get(spec.name), share = this.options.restored?.share;
    if (blocks !== undefined) {
      snapshots.restore(blocks, share === undefined ? undefined : (hash) => hash % share.parallelism === share.subtask, this.options.nowMs(), 1 / (share?.parallelism ?? 1), this.options.restored?.isOwned === true ? giveBack : undefined);
      this.restored.delete(spec.name);
    }
    this.tables.set(spec.name, { table, snapshots });
    return table;
  }
  /** What changed since the last call (or since restore), and forgets that it changed. Synchronous. Nothing changed: empty. */
  takeCheckpoint(): StateBlock[] { return this.collect((snapshots) => snapshots.take()); }
  /** All state as base blocks; the next checkpoint is not affected. */
  takeSavepoint(): StateBlock[] { return this.collect((snapshots) => snapshots.takeFull()); }
  private collect(take: (snapshots: TableSnapshotter) => readonly { segment: number; kind: 'base' | 'delta'; bytes: Uint8Array<ArrayBuffer>; entries: number }[]): StateBlock[] {
    const sequence = ++this.sequence, blocks: StateBlock[] = [];
    for (const [name, { snapshots }] of this.tables) for (const { segment, kind, bytes, entries } of take(snapshots)) blocks.push({ table: `${name}/${segment}`, segment, kind, bytes, entries, sequence });
    return blocks;
  }
  /** The next checkpoint writes everything: for when blocks already taken were lost. */
  requestFull(): void { for (const { snapshots } of this.tables.values()) snapshots.requestFull(); }
  /** Names of restored tables that no `table()` call has asked for. */
  unclaimed(): readonly string[] { return [...this.restored.keys()]; }
  get bytes(): number { let sum = 0; for (const { table } of this.tables.values()) sum += table.bytes; return sum; }
  get entries(): number { let sum = 0; for (const { table } of this.tables.values()) sum += table.size; return sum; }
  close(): void {
    for (const { table } of this.tables.values()) table.close();
    this.tables.clear();
    this.restored.clear();
    this.options.memory?.close();
  }
}

/** The form the task graph asks for (`graph/contract.ts`). */
export const stateBackend = (restored: RestoredBlocks | undefined, nowMs: () => number, isTracked = true, memory?: MemoryAccount): OperatorStateBackend => new OperatorStateBackend({ restored, nowMs, tracked: isTracked, memory });
