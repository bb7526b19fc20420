/**
 * Runs a plan in one thread: source rows in, a sink's changes out. For tests of what plans mean. With several subtasks the layout is the
 * real one; rows of an exchange wait in a queue per pair of subtasks, and which queue goes on is left to the seed: every order that a
 * real run could show.
 */
import { ChangeBatch, DELETE, isAccumulate } from '../../core/row/batch.ts';
import type { NodeOf, NodeType, PhysicalPlan } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { layOut, type Layout, type LayoutEdge } from '../../runtime/graph/layout.ts';
import type { Operator } from '../../runtime/operators/contract.ts';
import { operators } from '../../runtime/operators/index.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import type { Random } from '../state/support.ts';

export interface Change { readonly kind: number; readonly row: readonly unknown[] }
interface Waiting { readonly to: number; readonly subtask: number; readonly input: number; readonly changes: Change[] }

export class LocalRun {
  /** Changes that reached each sink, by node id. */
  readonly sinks = new Map<string, Change[]>();
  private readonly layout: Layout;
  private readonly made: (Operator | undefined)[][] = [];
  private readonly counters: { value: number }[] = [];
  private readonly queues = new Map<string, Waiting[]>();
  private readonly random: Random;

  constructor(plan: PhysicalPlan, random: Random, parallelism = 1) {
    this.layout = layOut(plan, parallelism);
    this.random = random;
    for (const { node } of this.layout.nodes) if (node.type === 'sink' || node.type === 'collect') this.sinks.set(node.id, []);
    for (const at of this.layout.nodes) this.made.push(Array.from({ length: at.instances }, (_, subtask) => this.create(plan, at.index, subtask)));
  }
  private create(plan: PhysicalPlan, index: number, subtask: number): Operator | undefined {
    const at = this.layout.nodes[index], factory = operators.find((o) => o.type === at?.node.type);
    if (at === undefined || factory === undefined) return undefined;
    const { node } = at, inputs = node.inputs.map((i) => plan.nodes.find((n) => n.id === i.node));
    return factory.create(node as NodeOf<NodeType>, {
      output: { push: (batch) => this.emit(index, subtask, batch), watermark: () => undefined }, state: new OperatorStateBackend({ nowMs: () => 0 }), env: { timeZone: 'UTC', nowMs: () => 0, random: () => 0 },
      functions: functionRegistry, settings: plan.settings, subtask, parallelism: at.instances, inputTypes: inputs.map((i) => i?.columns.map((c) => c.type) ?? []), inputChangelogs: inputs.map((i) => i?.changelog ?? node.changelog),
      counter: (name) => { const counter = { value: 0 }; if (name.includes('nconsistent')) this.counters.push(counter); return counter; },
    });
  }
  /** Retractions of rows that operators did not know. */
  get inconsistent(): number { return this.counters.reduce((sum, c) => sum + c.value, 0); }

  /** Changes of a table as rows of all its physical columns; they go to every source of that table, spread by their first column. */
  push(table: string, changes: readonly Change[]): void {
    for (const { node, index, instances } of this.layout.nodes) {
      if (node.type !== 'source' || !node.table.endsWith(`.${table}`)) continue;
      for (let subtask = 0; subtask < instances; subtask++) {
        const own = changes.filter((c) => Number(c.row[0] ?? 0) % instances === subtask);
        this.emit(index, subtask, batchOf(own.map(({ kind, row }) => ({ kind, row: node.fields.map((f) => (f.kind === 'physical' ? row[f.field] : null)) })), node.fields.length));
      }
    }
    while (this.random.chance(0.6) && this.goOn());
  }
  end(): void {
    while (this.goOn());
    for (const { node, index } of this.layout.nodes) for (const operator of this.made[index] ?? []) { node.inputs.forEach((_, input) => operator?.endInput?.(input)); while (this.goOn()); }
  }
  private emit(index: number, subtask: number, batch: ChangeBatch): void {
    if (batch.size === 0) return;
    for (const edge of this.layout.nodes[index]?.outputs ?? []) {
      if (edge.kind === 'local') { this.deliver(edge.to, subtask, edge.input, batch); continue; }
      const instances = this.layout.nodes[edge.to]?.instances ?? 1;
      for (const change of changesOf(batch)) this.enqueue(edge, subtask, edge.kind === 'modulo' ? subtask % instances : hashOf(edge.keys.map((k) => change.row[k])) % instances, change);
    }
  }
  private enqueue(edge: LayoutEdge, from: number, subtask: number, change: Change): void {
    const name = `${edge.index} ${from} ${subtask}`, queue = this.queues.get(name) ?? [];
    queue.push({ to: edge.to, subtask, input: edge.input, changes: [change] });
    this.queues.set(name, queue);
  }
  /** Lets one queue, chosen by the seed, hand over its first rows. False when all are empty. */
  private goOn(): boolean {
    const open = [...this.queues.values()].filter((q) => q.length > 0);
    if (open.length === 0) return false;
    const [first, ...more] = this.random.pick(open).splice(0, 1 + this.random.below(3));
    if (first === undefined) return false;
    const changes = [...first.changes, ...more.flatMap((m) => m.changes)];
    this.deliver(first.to, first.subtask, first.input, batchOf(changes, changes[0]?.row.length ?? 0));
    return true;
  }
  private deliver(to: number, subtask: number, input: number, batch: ChangeBatch): void {
    const node = this.layout.nodes[to]?.node, sink = node === undefined ? undefined : this.sinks.get(node.id);
    if (sink !== undefined) sink.push(...changesOf(batch)); else this.made[to]?.[subtask]?.push(input, batch);
  }
}
const changesOf = (batch: ChangeBatch): Change[] => Array.from({ length: batch.size }, (_, i) => ({ kind: batch.kindAt(i), row: batch.columns.map((c) => c[i]) }));
function batchOf(changes: readonly Change[], width: number): ChangeBatch {
  const batch = new ChangeBatch(Array.from({ length: width }, (_, c) => changes.map((change) => change.row[c])));
  batch.size = changes.length;
  if (changes.some((c) => c.kind !== 0)) batch.kinds = Uint8Array.from(changes, (c) => c.kind);
  return batch;
}
/** The order of the keys counts, as in the real hash. */
function hashOf(values: readonly unknown[]): number {
  let h = 7;
  for (const c of keyOf(values)) h = (Math.imul(h, 31) + (c.codePointAt(0) ?? 0)) >>> 0;
  return h;
}

const keyOf = (row: readonly unknown[]): string => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
/** The rows a complete changelog amounts to, sorted. In one subtask it throws when a row is taken back that is not there; across subtasks order is free. */
export function retracted(changes: readonly Change[], ordered: boolean): string[] {
  const counts = new Map<string, number>();
  for (const { kind, row } of changes) {
    const key = keyOf(row), count = (counts.get(key) ?? 0) + (isAccumulate(kind) ? 1 : -1);
    if (count < 0 && ordered) throw new RangeError(`retraction of a row that is not there: ${key}`);
    counts.set(key, count);
  }
  return [...counts].flatMap(([key, count]) => (count < 0 ? [`missing ${key}`] : new Array<string>(count).fill(key))).sort();
}
/** The rows a stream by key amounts to, sorted. -U and -D delete the key. */
export function upserted(changes: readonly Change[], key: readonly number[]): string[] {
  const rows = new Map<string, string>();
  for (const { kind, row } of changes) {
    const k = keyOf(key.map((c) => row[c]));
    if (kind === DELETE || !isAccumulate(kind)) rows.delete(k); else rows.set(k, keyOf(row));
  }
  return [...rows.values()].sort();
}
export const sortedRows = (rows: readonly (readonly unknown[])[]): string[] => rows.map(keyOf).sort();
