/**
 * Runs a plan in one thread with checkpoints, restores and changes of parallelism wherever it is told to: exchanges are the real partition
 * hash, state goes through real blocks. Rows reach their operator at once and in order, so at parallelism 1 the changelog is exact.
 */
import { BATCH_ROWS, ChangeBatch, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import type { Partitioner } from '../../core/row/partition.ts';
import type { NodeOf, NodeType, PhysicalPlan } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { layOut } from '../../runtime/graph/layout.ts';
import type { Layout, LayoutEdge, LayoutNode } from '../../runtime/graph/layout.ts';
import type { Operator } from '../../runtime/operators/contract.ts';
import { operators } from '../../runtime/operators/index.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import type { Change } from '../operators/harness.ts';
import { Manifest } from '../state/manifest.ts';

interface Instance { readonly operator: Operator | undefined; readonly backend: OperatorStateBackend; manifest: Manifest }

export class StreamRun {
  /** What reached each sink, by its table's name, since the last `take`. */
  private readonly outputs = new Map<string, Change[]>();
  private readonly plan: PhysicalPlan;
  private layout: Layout;
  private instances: Instance[][];
  private partitioners = new Map<number, Partitioner>();
  inconsistent = 0;
  /** The clock of state that expires. */
  nowMs = 0;
  constructor(plan: PhysicalPlan, parallelism: number) {
    this.plan = plan;
    this.layout = layOut(plan, parallelism);
    this.instances = [];
    this.instances = this.build(undefined);
  }
  take(sink: string): Change[] { const taken = this.outputs.get(sink) ?? []; this.outputs.delete(sink); return taken; }
  /**
   * Rows of a table's physical columns into every source of it, row by row (-U and its +U together, as one record of a format gives them), or
   * as one batch per subtask. The first column that the plan reads picks the subtask, as a partition would.
   */
  push(table: string, changes: readonly Change[], whole: boolean): void {
    for (const { node, index, instances } of this.layout.nodes) {
      if (node.type !== 'source' || !node.table.endsWith(`.${table}`)) continue;
      const partition = instances === 1 || node.columns.length === 0 ? () => 0 : compilePartitioner(node.columns.map((c) => c.type), [0]);
      const width = node.fields.length, rows = changes.map(({ kind, row }) => ({ kind, row: node.fields.map((f) => (f.kind === 'physical' ? row[f.field] : null)) }));
      const ownerOf = (change: Change): number => partition(change.row.map((v) => [v]), 0) % instances;
      if (!whole) { for (const together of updatesTogether(rows)) this.emit(index, ownerOf(together[0]!), batchOf(together, width)); continue; }
      for (let subtask = 0; subtask < instances; subtask++) {
        const own = rows.filter((change) => ownerOf(change) === subtask);
        if (own.length > 0) this.emit(index, subtask, batchOf(own, width));
      }
    }
  }
  /** Checkpoint, then everything anew from it, at this parallelism. */
  restart(parallelism: number): void {
    const former = this.instances, before = this.layout;
    for (const at of former.flat()) { at.operator?.flush?.(); at.manifest.add(at.backend.takeCheckpoint()); }
    this.layout = layOut(this.plan, parallelism);
    this.partitioners = new Map();
    this.instances = this.build((index) => ({ instances: former[index]!, count: before.nodes[index]!.instances }));
  }
  private build(former: ((index: number) => { instances: readonly Instance[]; count: number }) | undefined): Instance[][] {
    return this.layout.nodes.map((at) => Array.from({ length: at.instances }, (_, subtask) => {
      const old = former?.(at.index), isSame = old?.count === at.instances;
      const tables = old === undefined ? undefined : Manifest.join(isSame ? [old.instances[subtask]!.manifest] : old.instances.map((i) => i.manifest));
      const backend = new OperatorStateBackend({ nowMs: () => this.nowMs, restored: tables === undefined ? undefined : { tables, share: isSame ? undefined : { subtask, parallelism: at.instances } } });
      return { operator: this.create(at, subtask, backend), backend, manifest: isSame ? old!.instances[subtask]!.manifest : new Manifest() };
    }));
  }
  private create(at: LayoutNode, subtask: number, state: OperatorStateBackend): Operator | undefined {
    const { node } = at, factory = operators.find((o) => o.type === node.type);
    if (factory === undefined) return undefined;
    const inputs = at.inputs.map((edge) => this.layout.nodes[edge.from]!.node);
    return factory.create(node as NodeOf<NodeType>, {
      output: { push: (batch) => this.emit(at.index, subtask, batch), watermark() {} }, state, functions: functionRegistry,
      env: { timeZone: 'UTC', nowMs: () => this.nowMs, random: () => 0 }, settings: this.plan.settings, subtask, parallelism: at.instances,
      inputTypes: inputs.map((n) => n.columns.map((c) => c.type)), inputChangelogs: inputs.map((n) => n.changelog),
      counter: (name) => { const run = this; return { get value() { return run.inconsistent; }, set value(v) { if (name === 'inconsistentRetractions') run.inconsistent = v; } }; },
    });
  }
  private emit(index: number, subtask: number, batch: ChangeBatch): void {
    for (const edge of this.layout.nodes[index]!.outputs) {
      const { instances } = this.layout.nodes[edge.to]!;
      if (edge.kind === 'local' || instances === 1) this.deliver(edge.to, edge.kind === 'local' ? subtask : 0, edge.input, batch);
      else for (const change of changesOf(batch)) this.deliver(edge.to, edge.kind === 'modulo' ? subtask % instances : this.ownerOf(edge, change) % instances, edge.input, batchOf([change], change.row.length));
    }
  }
  private ownerOf(edge: LayoutEdge, change: Change): number {
    let partition = this.partitioners.get(edge.index);
    if (partition === undefined) this.partitioners.set(edge.index, partition = compilePartitioner(this.layout.nodes[edge.from]!.node.columns.map((c) => c.type), edge.keys));
    return partition(change.row.map((v) => [v]), 0);
  }
  private deliver(to: number, subtask: number, input: number, batch: ChangeBatch): void {
    const { node } = this.layout.nodes[to]!;
    if (node.type !== 'sink' && node.type !== 'collect') { this.instances[to]![subtask]!.operator!.push(input, batch); return; }
    const name = node.type === 'sink' ? node.table.split('.').at(-1)! : 'out', list = this.outputs.get(name) ?? [];
    list.push(...changesOf(batch));
    this.outputs.set(name, list);
  }
}
/** Rows one by one, but a -U with the +U after it. */
function updatesTogether(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    if (change.kind === UPDATE_AFTER && last?.length === 1 && last[0]!.kind === UPDATE_BEFORE) last.push(change); else groups.push([change]);
  }
  return groups;
}
const changesOf = (batch: ChangeBatch): Change[] => Array.from({ length: batch.size }, (_, i) => ({ kind: batch.kindAt(i), row: batch.columns.map((c) => c[i]) }));
function batchOf(changes: readonly Change[], width: number): ChangeBatch {
  if (changes.length > BATCH_ROWS) throw new RangeError('too many rows in a line of a story');
  const batch = new ChangeBatch(Array.from({ length: width }, (_, c) => changes.map((change) => change.row[c])));
  batch.size = changes.length;
  if (changes.some((c) => c.kind !== 0)) batch.kinds = Uint8Array.from(changes, (c) => c.kind);
  return batch;
}
