/**
 * The job of the simulation: numbered rows of three splits go as they are into one exactly-once sink, and counted by key into another.
 * Operators, state and exchanges are the real ones; sources read an array, sinks are real lanes on the simulated Kafka. What must be in
 * the sinks at some positions of the sources is a function of the positions (`rowsAt`).
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { BatchWriter, INSERT, isAccumulate } from '../../core/row/batch.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import type { SinkNode } from '../../planner/physical/plan.ts';
import type { PollResult, SinkContext, SinkFactory, SinkWriter, SourceFactory, SourceReader } from '../../runtime/connectors/contract.ts';
import type { ProducerTopic } from '../../runtime/connectors/kafka/client/index.ts';
import { ProducerLanes } from '../../runtime/connectors/kafka/lanes.ts';
import { recoverTransactions } from '../../runtime/connectors/kafka/transactions.ts';
import type { RuntimeRegistry } from '../../runtime/graph/contract.ts';
import type { Manifest } from '../../runtime/checkpoint/manifest.ts';
import { counts, numbers, planOf, sink } from '../runtime/support/plans.ts';
import { runtimeRegistry } from '../runtime/support/registry.ts';
import { ModelClient } from './network.ts';
import type { Network } from './network.ts';
import type { Life } from './scheduler.ts';

export const SPLITS = 3, KEYS = 3;
/** Rows there are, by split; readers are told when it grows. */
export interface Input { readonly lengths: number[]; readonly wakers: Set<() => void> }
/** What a run does wrong on purpose, to show that the checks find it. */
export interface Faulty { readonly lanes?: number; readonly opensBeforeRecovery?: boolean; readonly noMarker?: boolean; readonly noHold?: boolean; readonly positionsBehind?: boolean; readonly commitsAtPrepare?: boolean; readonly forgetsFormerSubtasks?: boolean }

export const modelPlan = planOf(
  numbers({}), counts(), sink('model', { topic: 'counts' }, 'agg', { id: 'counts' }), sink('model', { topic: 'raw' }, 'src', { id: 'raw', columns: numbers({}).columns }),
);

/** Rows both sinks must hold when the sources are at these positions (row number by split). */
export function rowsAt(at: readonly number[]): Set<string> {
  const rows = new Set<string>(), perKey = new Map<number, number>();
  for (let split = 0; split < SPLITS; split++) for (let i = 0; i < (at[split] ?? 0); i++) {
    const id = i * SPLITS + split, key = id % KEYS, n = (perKey.get(key) ?? 0) + 1;
    perKey.set(key, n);
    rows.add(`raw ${id}`).add(`count ${key} ${n}`);
  }
  return rows;
}
export function positionsOf(manifest: Manifest | undefined): number[] {
  const at = Array.from({ length: SPLITS }, () => 0);
  for (const positions of manifest?.positions['src'] ?? []) for (const [split, row] of Object.entries(positions as Record<string, number>)) at[Number(split)] = Math.max(at[Number(split)] as number, row);
  return at;
}

class Reader implements SourceReader {
  private readonly input: Input;
  private readonly own: readonly number[];
  private readonly at: Record<string, number> = {};
  private before: Json = {};
  private readonly wake: () => void;
  private readonly faulty: Faulty;
  constructor(input: Input, own: readonly number[], wake: () => void, faulty: Faulty) { this.input = input; this.own = own; this.wake = wake; this.faulty = faulty; }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    for (const split of this.own) this.at[split] = 0;
    for (const positions of restored ?? []) for (const [split, row] of Object.entries(positions as Record<string, number>)) if (Object.hasOwn(this.at, split)) this.at[split] = row;
    this.input.wakers.add(this.wake);
  }
  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    this.before = { ...this.at };
    const writer = new BatchWriter(3, output), split = this.own.find((one) => (this.at[one] as number) < (this.input.lengths[one] as number));
    if (split === undefined) return 'idle';
    for (let left = 2; left > 0 && (this.at[split] as number) < (this.input.lengths[split] as number); left--) {
      const id = (this.at[split] as number) * SPLITS + split, row = writer.size;
      (this.at[split] as number)++;
      [id, id % KEYS, 1].forEach((value, column) => { writer.columns[column]![row] = value; });
      writer.commit(INSERT);
    }
    writer.flush();
    return 'more';
  }
  positions(): Json { return this.faulty.positionsBehind === true ? this.before : { ...this.at }; }
  async close(): Promise<void> { this.input.wakers.delete(this.wake); }
}

class Writer implements SinkWriter {
  private readonly topic: string;
  private readonly lanes: ProducerLanes;
  private readonly faulty: Faulty;
  private readonly beforeOpen: () => Promise<void>;
  private readonly client: ModelClient;
  constructor(node: SinkNode, context: SinkContext, client: ModelClient, network: Network, faulty: Faulty, beforeOpen: () => Promise<void>) {
    this.topic = (node.spec as { topic: string }).topic;
    this.client = client;
    this.faulty = faulty;
    this.beforeOpen = beforeOpen;
    this.lanes = new ProducerLanes({ client, guarantee: 'exactly-once', prefix: `t-${node.id}`, subtask: context.subtask, parallelism: context.parallelism, clock: network.scheduler.clockOf(client.life), lanes: faulty.lanes });
  }
  async open(): Promise<void> {
    await this.lanes.open();
    await this.lanes.topic(this.topic);
    await this.beforeOpen();
  }
  push(batch: ChangeBatch): void {
    for (let row = 0; row < batch.size; row++) {
      if (!isAccumulate(batch.kindAt(row))) continue;
      const { producer, topics } = this.lanes.current, [first, second] = batch.columns as [number[], number[]], key = this.topic === 'raw' ? second[row] as number : first[row] as number;
      const text = Buffer.from(this.topic === 'raw' ? `raw ${first[row]}` : `count ${key} ${second[row]}`);
      producer.append(topics[0] as ProducerTopic, key % 2, null, -1, -1, text, 0, text.length, 0, null);
    }
  }
  ready(): Promise<void> | undefined { return this.lanes.ready(); }
  idle(): void { this.lanes.send(); }
  async prepare(): Promise<Json> {
    const committable = await this.lanes.prepare();
    if (this.faulty.commitsAtPrepare === true && committable !== null) await this.client.endTransactionWith(committable as never, 'commit');
    return committable;
  }
  async commit(committable: Json): Promise<void> { await this.lanes.commit(committable); }
  async close(): Promise<void> { await this.lanes.close(); }
}

/** What the threads of one process run. */
export function modelRegistry(network: Network, input: Input, timeoutMs: number, faulty: Faulty): (life: Life) => RuntimeRegistry {
  /** With `opensBeforeRecovery`: what the recovery was asked for, done when lanes have opened. */
  const late = new Map<string, () => Promise<void>>();
  return (life) => {
    const clientOf = (): ModelClient => {
      const client = new ModelClient(network, life, timeoutMs);
      if (faulty.noMarker === true) client.commitOffsets = async () => {};
      if (faulty.noHold === true) { const make = client.producer.bind(client); client.producer = (options) => Object.assign(make(options), { hold: () => {} }); }
      return client;
    };
    const source: SourceFactory = {
      identifier: 'numbers', create: (_node, context, wake) => new Reader(input, Array.from({ length: SPLITS }, (_, i) => i).filter((i) => i % context.parallelism === context.subtask), wake, faulty),
    };
    const model: SinkFactory = {
      identifier: 'model',
      create: (node, context) => new Writer(node, context, clientOf(), network, faulty, async () => { const work = context.subtask === 0 ? late.get(node.id) : undefined; late.delete(node.id); await work?.(); }),
      async recover(node, committables, context, former = 0) {
        const work = (): Promise<void> => recoverTransactions(clientOf(), `t-${node.id}`, node.id, committables, context, faulty.forgetsFormerSubtasks === true ? 0 : former);
        if (faulty.opensBeforeRecovery === true) late.set(node.id, work); else await work();
      },
    };
    return { ...runtimeRegistry, operator: (type) => runtimeRegistry.operator(type), source: () => source, sink: () => model, stateBackend: (...of) => runtimeRegistry.stateBackend(...of) };
  };
}
