/** Runs a plan in one thread without task graph: source rows in, a sink's changes out. For tests of what plans mean. */
import { ChangeBatch, DELETE, isAccumulate } from '../../core/row/batch.ts';
import type { NodeOf, NodeType, PhysicalPlan } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { Operator } from '../../runtime/operators/contract.ts';
import { operators } from '../../runtime/operators/index.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';

export interface Change { readonly kind: number; readonly row: readonly unknown[] }

export class LocalRun {
  /** Changes that reached each sink, by node id. */
  readonly sinks = new Map<string, Change[]>();
  /** Retractions of rows that operators did not know. */
  inconsistent = 0;
  private readonly plan: PhysicalPlan;
  private readonly made = new Map<string, Operator>();
  private readonly readers = new Map<string, { readonly node: string; readonly input: number }[]>();
  private readonly counters: { value: number }[] = [];

  constructor(plan: PhysicalPlan) {
    this.plan = plan;
    const columnsOf = new Map(plan.nodes.map((n) => [n.id, n]));
    for (const node of plan.nodes) {
      node.inputs.forEach((edge, input) => this.readers.set(edge.node, [...(this.readers.get(edge.node) ?? []), { node: node.id, input }]));
      if (node.type === 'sink' || node.type === 'collect') { this.sinks.set(node.id, []); continue; }
      const factory = operators.find((o) => o.type === node.type);
      if (factory === undefined) continue;
      const inputs = node.inputs.map((i) => columnsOf.get(i.node));
      this.made.set(node.id, factory.create(node as NodeOf<NodeType>, {
        output: { push: (batch) => this.deliver(node.id, batch), watermark: () => undefined }, state: new OperatorStateBackend({ nowMs: () => 0 }), env: { timeZone: 'UTC', nowMs: () => 0, random: () => 0 },
        functions: functionRegistry, settings: plan.settings, subtask: 0, parallelism: 1, inputTypes: inputs.map((i) => i?.columns.map((c) => c.type) ?? []), inputChangelogs: inputs.map((i) => i?.changelog ?? node.changelog),
        counter: (name) => { const counter = { value: 0 }; if (name.includes('nconsistent')) this.counters.push(counter); return counter; },
      }));
    }
  }
  /** Changes of a table as rows of all its physical columns; they go to every source of that table. */
  push(table: string, changes: readonly Change[]): void {
    for (const node of this.plan.nodes) {
      if (node.type !== 'source' || !node.table.endsWith(`.${table}`)) continue;
      this.deliver(node.id, batchOf(changes.map(({ kind, row }) => ({ kind, row: node.fields.map((f) => (f.kind === 'physical' ? row[f.field] : null)) })), node.fields.length));
    }
  }
  end(): void {
    for (const node of this.plan.nodes) node.inputs.forEach((_, input) => this.made.get(node.id)?.endInput?.(input));
    this.inconsistent = this.counters.reduce((sum, c) => sum + c.value, 0);
  }
  private deliver(from: string, batch: ChangeBatch): void {
    if (batch.size === 0) return;
    for (const { node, input } of this.readers.get(from) ?? []) {
      const sink = this.sinks.get(node);
      if (sink !== undefined) for (let i = 0; i < batch.size; i++) sink.push({ kind: batch.kindAt(i), row: batch.columns.map((c) => c[i]) });
      else this.made.get(node)?.push(input, batch);
    }
  }
}
function batchOf(changes: readonly Change[], width: number): ChangeBatch {
  const batch = new ChangeBatch(Array.from({ length: width }, (_, c) => changes.map((change) => change.row[c])));
  batch.size = changes.length;
  if (changes.some((c) => c.kind !== 0)) batch.kinds = Uint8Array.from(changes, (c) => c.kind);
  return batch;
}

const keyOf = (row: readonly unknown[]): string => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
/** The rows a complete changelog amounts to, sorted; throws when it takes back a row that is not there. */
export function retracted(changes: readonly Change[]): string[] {
  const counts = new Map<string, number>();
  for (const { kind, row } of changes) {
    const key = keyOf(row), count = (counts.get(key) ?? 0) + (isAccumulate(kind) ? 1 : -1);
    if (count < 0) throw new RangeError(`retraction of a row that is not there: ${key}`);
    counts.set(key, count);
  }
  return [...counts].flatMap(([key, count]) => new Array<string>(count).fill(key)).sort();
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
