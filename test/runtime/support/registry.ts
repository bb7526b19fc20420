/**
 * Operators and connectors for tests of the task graph, loaded by worker threads in place of the real registry.
 *
 * source `numbers`: rows (id, key = id mod keys, value = 1) of splits 0…splits-1, `count` rows each; split s has ids s, s + splits, …;
 * source `file`:    each line `n` of a growing file is one row (n, n mod keys, 1); polled when woken by a watcher.
 * sink `ledger`:    exactly once into files: prepared rows in `pending-…`, renamed to `done-…` by commit.
 * sink `lines`:     prints Flink-style lines. sink `slow`: has room only every few milliseconds and tells how much it held.
 */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { defineError } from '../../../core/errors/define.ts';
import { BATCH_ROWS, BatchWriter, ChangeBatch, INSERT, isAccumulate, KIND_TEXT, UPDATE_AFTER, UPDATE_BEFORE } from '../../../core/row/batch.ts';
import { BIGINT } from '../../../core/types/sql-type.ts';
import type { ConnectorContext, PollResult, SinkContext, SinkFactory, SinkWriter, SourceFactory, SourceReader } from '../../../runtime/connectors/contract.ts';
import type { RuntimeRegistry } from '../../../runtime/graph/contract.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../../../runtime/operators/contract.ts';
import type { NodeOf, NodeType, SinkNode, SourceNode } from '../../../planner/physical/plan.ts';
import { operators as realOperators } from '../../../runtime/operators/index.ts';
import { OperatorStateBackend } from '../../../runtime/state/backend.ts';

export const testFailure = defineError<{ what: string; retry?: never }>({ sqlstate: '58000', name: 'test-failure', domain: 'external', retry: 'restart', message: (p) => p.what });
export const testPoison = defineError<{ what: string }>({ sqlstate: '22000', name: 'test-poison', domain: 'data', retry: 'never', message: (p) => p.what });

export interface NumbersSpec {
  readonly count: number; readonly splits: number; readonly keys: number;
  /** finish: bounded. idle: waits for ever after the last row. */
  readonly end: 'finish' | 'idle';
  /** Milliseconds between batches (0 = as fast as it is polled) and rows per batch. */
  readonly paceMs: number; readonly batch: number;
  /** Throws once when a split comes to this row, if the file does not exist yet (it is made then); `poison` throws always. */
  readonly failAt?: number; readonly failFile?: string; readonly poisonAt?: number; readonly exitThreadAt?: number;
  /** Rows of a split that belong together: no barrier between them. */
  readonly transaction?: number;
}
class Numbers implements SourceReader {
  private readonly spec: NumbersSpec;
  private readonly wake: () => void;
  private readonly own: number[];
  private readonly next = new Map<number, number>();
  private readonly writerOf: (output: { push(batch: ChangeBatch): void }) => BatchWriter;
  private dueMs = 0;
  private timer: NodeJS.Timeout | undefined;
  constructor(node: SourceNode, context: ConnectorContext, wake: () => void) {
    this.spec = node.spec as unknown as NumbersSpec;
    this.wake = wake;
    this.own = Array.from({ length: this.spec.splits }, (_, i) => i).filter((i) => i % context.parallelism === context.subtask);
    this.writerOf = (output) => new BatchWriter(3, output);
  }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    for (const split of this.own) this.next.set(split, 0);
    for (const positions of restored ?? []) for (const [split, at] of Object.entries(positions as Record<string, number>)) if (this.own.includes(Number(split))) this.next.set(Number(split), at);
  }
  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    const { spec } = this;
    if (spec.paceMs > 0) {
      const waitMs = this.dueMs - performance.now();
      if (waitMs > 0) { this.timer ??= setTimeout(() => { this.timer = undefined; this.wake(); }, waitMs); return 'idle'; }
      this.dueMs = performance.now() + spec.paceMs;
    }
    const writer = this.writerOf(output);
    let left = Math.min(spec.batch, BATCH_ROWS), isOpen = false;
    for (const split of this.own) {
      let at = this.next.get(split) as number;
      for (; at < spec.count && left > 0; at++, left--) {
        this.maybeFail(at);
        const id = at * spec.splits + split, row = writer.size;
        writer.columns[0]![row] = id; writer.columns[1]![row] = id % spec.keys; writer.columns[2]![row] = 1;
        writer.commit(INSERT);
      }
      this.next.set(split, at);
      if (at < spec.count) isOpen = true;
    }
    writer.flush();
    return isOpen ? 'more' : spec.end === 'finish' ? 'finished' : 'idle';
  }
  private maybeFail(at: number): void {
    const { failAt, failFile, poisonAt, exitThreadAt } = this.spec;
    if (at === poisonAt) throw testPoison({ what: `poison at ${at}` });
    if (failFile === undefined || existsSync(failFile)) return;
    if (at === failAt) { appendFileSync(failFile, 'x'); throw testFailure({ what: `failure at ${at}` }); }
    if (at === exitThreadAt) { appendFileSync(failFile, 'x'); process.exit(7); }
  }
  positions(): Json { return Object.fromEntries(this.next); }
  get atBoundary(): boolean {
    const { transaction, count } = this.spec;
    return transaction === undefined || [...this.next.values()].every((at) => at % transaction === 0 || at === count);
  }
  progress(): Json { return { rows: [...this.next.values()].reduce((sum, at) => sum + at, 0) }; }
  async close(): Promise<void> { clearTimeout(this.timer); }
}
class FileNumbers implements SourceReader {
  private readonly spec: { readonly file: string; readonly keys: number };
  private readonly wake: () => void;
  private readonly isOwner: boolean;
  private at = 0;
  private watcher: FSWatcher | undefined;
  constructor(node: SourceNode, context: ConnectorContext, wake: () => void) { this.spec = node.spec as unknown as { file: string; keys: number }; this.wake = wake; this.isOwner = context.subtask === 0; }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    for (const at of restored ?? []) this.at = Math.max(this.at, at as number);
    if (this.isOwner) this.watcher = watch(this.spec.file, () => this.wake());
  }
  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    if (!this.isOwner) return 'idle';
    const lines = readFileSync(this.spec.file, 'utf8').split('\n').slice(0, -1);
    const writer = new BatchWriter(3, output);
    for (; this.at < lines.length && writer.size < BATCH_ROWS - 1; this.at++) {
      const n = Number(lines[this.at]), row = writer.size;
      writer.columns[0]![row] = n; writer.columns[1]![row] = n % this.spec.keys; writer.columns[2]![row] = 1;
      writer.commit(INSERT);
    }
    writer.flush();
    return this.at < lines.length ? 'more' : 'idle';
  }
  positions(): Json { return this.isOwner ? this.at : 0; }
  async close(): Promise<void> { this.watcher?.close(); }
}

const rowText = (batch: ChangeBatch, row: number): string => batch.columns.map((column) => String(column[row])).join(', ');

class Ledger implements SinkWriter {
  private readonly folder: string;
  private readonly node: string;
  private readonly subtask: number;
  private lines: string[] = [];
  constructor(node: SinkNode, context: SinkContext) { this.folder = (node.spec as { folder: string }).folder; this.node = node.id; this.subtask = context.subtask; }
  async open(): Promise<void> {}
  push(batch: ChangeBatch): void { for (let row = 0; row < batch.size; row++) this.lines.push(`${KIND_TEXT[batch.kindAt(row)]}[${rowText(batch, row)}]`); }
  ready(): Promise<void> | undefined { return undefined; }
  async prepare(epoch: number): Promise<Json> {
    if (this.lines.length === 0) return null;
    const file = `pending-${this.node}-${String(epoch).padStart(8, '0')}-${this.subtask}-${process.pid}`;
    const fd = openSync(join(this.folder, file), 'wx');
    writeSync(fd, `${this.lines.join('\n')}\n`);
    fsyncSync(fd);
    closeSync(fd);
    this.lines = [];
    return { file };
  }
  async commit(committable: Json): Promise<void> { commitFile(this.folder, committable); }
  async close(): Promise<void> {}
}
function commitFile(folder: string, committable: Json): void {
  const { file } = committable as { file: string }, done = file.replace('pending', 'done');
  if (existsSync(join(folder, file))) renameSync(join(folder, file), join(folder, done));
  else if (!existsSync(join(folder, done))) throw testFailure({ what: `prepared file ${file} is lost` });
}
const ledger: SinkFactory = {
  identifier: 'ledger',
  create: (node, context) => new Ledger(node, context),
  async recover(node, committables) {
    const { folder } = node.spec as { folder: string };
    for (const committable of committables) commitFile(folder, committable);
    for (const file of readdirSync(folder)) if (file.startsWith(`pending-${node.id}-`)) rmSync(join(folder, file));
  },
};
/** All committed rows of a ledger, in commit order per subtask. */
export function ledgerRows(folder: string, prefix = 'done-'): string[] {
  return readdirSync(folder).filter((file) => file.startsWith(prefix)).sort().flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => line !== ''));
}

class Lines implements SinkWriter {
  private readonly context: SinkContext;
  private readonly logger: boolean;
  constructor(node: SinkNode, context: SinkContext) { this.context = context; this.logger = (node.spec as { logger?: boolean }).logger === true; }
  async open(): Promise<void> {}
  push(batch: ChangeBatch): void { for (let row = 0; row < batch.size; row++) this.context.print(`${KIND_TEXT[batch.kindAt(row)]}[${rowText(batch, row)}]`, { stream: 'stdout', logger: this.logger }); }
  ready(): Promise<void> | undefined { return undefined; }
  async prepare(): Promise<Json> { return null; }
  async commit(): Promise<void> {}
  async close(): Promise<void> {}
}
class Slow implements SinkWriter {
  private held = 0;
  private readonly most: { value: number };
  private room: Promise<void> | undefined;
  constructor(context: SinkContext) { this.most = context.counter('mostHeld'); }
  async open(): Promise<void> {}
  push(batch: ChangeBatch): void { this.held += batch.size; this.most.value = Math.max(this.most.value, this.held); }
  ready(): Promise<void> | undefined {
    if (this.held < 2000) return undefined;
    return this.room ??= new Promise((resolve) => { setTimeout(() => { this.held = 0; this.room = undefined; resolve(); }, 2); });
  }
  async prepare(): Promise<Json> { return null; }
  async commit(): Promise<void> {}
  async close(): Promise<void> {}
}

/** Counts rows per key (column keys[0]) and passes +I/-U/+U on; state: key → count. */
function countByKey(node: NodeOf<'group-aggregate'>, context: OperatorContext): Operator {
  const table = context.state.table({ name: 'count', key: [BIGINT], subKey: [], value: [BIGINT], meta: 0, ttlMs: 0 });
  const out = new BatchWriter(2, context.output), key: unknown[] = [null], value: unknown[] = [0];
  const emit = (kind: number, count: unknown): void => { const at = out.size; out.columns[0]![at] = key[0]; out.columns[1]![at] = count; out.commit(kind); };
  return {
    push(_input, batch) {
      const keys = batch.columns[node.keys[0] as number] as unknown[];
      for (let row = 0; row < batch.size; row++) {
        key[0] = keys[row];
        const entry = table.findOrCreate(key, []), isNew = table.wasCreated;
        if (isNew) value[0] = 0; else table.readValue(entry, value);
        const before = value[0] as number, after = before + (isAccumulate(batch.kindAt(row)) ? 1 : -1);
        value[0] = after;
        table.writeValue(entry, value);
        if (!isNew) emit(UPDATE_BEFORE, before);
        emit(isNew ? INSERT : UPDATE_AFTER, after);
      }
      out.flush();
    },
  };
}
const passing = (_node: unknown, context: OperatorContext): Operator => ({ push: (_input, batch) => context.output.push(batch) });
function limit(node: NodeOf<'limit'>, context: OperatorContext): Operator {
  let left = node.limit;
  return {
    push(_input, batch) { batch.size = Math.min(batch.size, left); left -= batch.size; context.output.push(batch); },
    get finished() { return left === 0; },
  };
}
function values(node: NodeOf<'values'>, context: OperatorContext): Operator {
  return {
    push() {},
    endInput() {
      const out = new BatchWriter(node.columns.length, context.output);
      for (const row of node.rows) { row.forEach((expr, i) => { out.columns[i]![out.size] = expr.op === 'literal' ? expr.value : null; }); out.commit(INSERT); }
      out.flush();
    },
  };
}
const operators = new Map<NodeType, (node: never, context: OperatorContext) => Operator>([['calc', passing], ['union', passing], ['group-aggregate', countByKey], ['limit', limit], ['values', values]]);
const sources = new Map<string, SourceFactory>([
  ['numbers', { identifier: 'numbers', create: (node, context, wake) => new Numbers(node, context, wake) }],
  ['unreachable', { identifier: 'unreachable', create: () => ({ open: () => new Promise(() => {}), poll: () => 'idle', positions: () => null, close: async () => {} }) }],
  ['file', { identifier: 'file', create: (node, context, wake) => new FileNumbers(node, context, wake) }],
]);
const sinks = new Map<string, SinkFactory>([
  ['ledger', ledger],
  ['lines', { identifier: 'lines', create: (node, context) => new Lines(node, context) }],
  ['blackhole', { identifier: 'blackhole', create: () => ({ async open() {}, push() {}, ready: () => undefined, prepare: async () => null, async commit() {}, async close() {} }) }],
  ['stuck', { identifier: 'stuck', create: () => ({ async open() {}, push() {}, ready: () => undefined, prepare: () => new Promise(() => {}), async commit() {}, async close() {} }) }],
  ['slow', { identifier: 'slow', create: (_node, context) => new Slow(context) }],
]);

export const runtimeRegistry: RuntimeRegistry = {
  operator(type) {
    const create = operators.get(type);
    return create === undefined ? realOperators.find((factory) => factory.type === type) as unknown as OperatorFactory<NodeType> | undefined : { type, create } as unknown as OperatorFactory<NodeType>;
  },
  source: (identifier) => sources.get(identifier),
  sink: (identifier) => sinks.get(identifier),
  functions: { scalar: () => undefined, aggregate: () => undefined, names: () => [] },
  stateBackend: (restored, nowMs, tracked) => new OperatorStateBackend({ restored, nowMs, tracked }),
};
