/**
 * Puts a subtask together from the plan: instances from the last node to the first (each operator needs its output), exchanges, gates,
 * restored state. Nothing is opened here.
 */
import { hasDefect } from '../checkpoint/defects.ts';
import { isLate } from '../operators/contract.ts';
import { unknownRuntimePart } from '../../core/errors/runtime.ts';
import { beginGeneratedRound } from '../../core/codegen/generated.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import type { NodeOf, NodeType, PhysicalNode, PhysicalPlan } from '../../planner/physical/plan.ts';
import type { ConnectorContext, SinkContext, SourceContext } from '../connectors/contract.ts';
import type { RuntimeRegistry } from './contract.ts';
import { Gate, SourceEntry, ValuesEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { ExchangeSender, InChannel, isTarget } from './exchange.ts';
import { NodeInstance, NodeOutput } from './instance.ts';
import type { Place } from './instance.ts';
import { layOut, reachOf } from './layout.ts';
import type { Layout, LayoutEdge, LayoutNode } from './layout.ts';
import type { DeployMessage } from './messages.ts';
import type { InboundEdge, LateNode, Subtask, SubtaskHost, SubtaskParts } from './subtask.ts';
import { CollectTerminal, PrintBuffer, SinkTerminal } from './terminals.ts';
import type { Terminal } from './terminals.ts';

/** Node id → table → blocks by former subtask. */
export type StateByNode = ReadonlyMap<string, ReadonlyMap<string, readonly (readonly Uint8Array[])[]>>;

export function connectorContext(plan: PhysicalPlan, jobId: string, subtask: number, parallelism: number, host: SubtaskHost, counter: ConnectorContext['counter']): ConnectorContext {
  return {
    subtask, parallelism, jobId, bounded: plan.settings.bounded, timeZone: plan.settings.timeZone, counter, nowMs: Date.now,
    log: (level, message, fields) => host.toMain({ type: 'log', jobId, level, message, fields: fields ?? {} }),
  };
}
export function sinkContext(base: ConnectorContext, node: NodeOf<'sink'>, print: SinkContext['print']): SinkContext {
  return { ...base, columns: node.columns, print };
}

class SubtaskBuilder {
  private readonly layout: Layout;
  private readonly deploy: DeployMessage;
  private readonly registry: RuntimeRegistry;
  private readonly host: SubtaskHost;
  private readonly subtask: Subtask;
  private readonly state: StateByNode;
  private readonly place: Place = { node: 0 };
  private readonly instances: (NodeInstance | undefined)[] = [];
  private readonly senders = new Map<number, ExchangeSender>();
  private readonly sinks: SinkTerminal[] = [];
  private readonly terminals = new Map<number, Terminal>();
  private readonly print: PrintBuffer;
  private collect: CollectTerminal | undefined;
  constructor(deploy: DeployMessage, registry: RuntimeRegistry, host: SubtaskHost, subtask: Subtask, state: StateByNode) {
    this.layout = layOut(deploy.plan, deploy.parallelism);
    this.deploy = deploy;
    this.registry = registry;
    this.host = host;
    this.subtask = subtask;
    this.state = state;
    this.print = new PrintBuffer((lines, bytes) => host.toMain({ type: 'print', attempt: deploy.attempt, subtask: deploy.subtask, lines, bytes }));
  }
  build(): SubtaskParts {
    beginGeneratedRound();
    for (const node of this.layout.nodes.toReversed()) if (this.deploy.subtask < node.instances) this.instances[node.index] = this.instanceOf(node);
    return {
      instances: Array.from({ length: this.layout.nodes.length }, (_, i) => this.instances[i]),
      entries: this.layout.nodes.flatMap((node) => this.entryOf(node)), late: this.layout.nodes.flatMap((node) => this.lateOf(node)), inbound: this.inboundEdges(),
      senders: this.senders, sinks: this.sinks, collect: this.collect, print: this.print, place: this.place,
    };
  }
  private instanceOf(layout: LayoutNode): NodeInstance {
    const { node } = layout, own = this.deploy.subtask;
    const output = new NodeOutput(layout.index, this.place);
    for (const edge of layout.outputs) this.connect(layout, edge, output);
    const senders = layout.inputs.map((edge) => this.sendersOf(edge).length);
    const instance = new NodeInstance(layout, output, senders, this.place, () => { if (node.type === 'sink' || node.type === 'collect') this.subtask.terminalEnded(); });
    for (const [name, value] of Object.entries(this.deploy.restored?.counters[node.id] ?? {})) instance.counter(name).value = value;
    instance.endsSilently = this.deploy.restored?.ended.includes(node.id) ?? false;
    if (node.type === 'sink') instance.body = this.sinkOf(node, instance);
    else if (node.type === 'collect') instance.body = this.collectOf(layout, node);
    else if (node.type !== 'source') this.addOperator(layout, instance, own);
    return instance;
  }
  private connect(layout: LayoutNode, edge: LayoutEdge, output: NodeOutput): void {
    const below = this.instances[edge.to];
    if (edge.kind === 'local') { if (below !== undefined) output.addLocal(below, edge.input); return; }
    const own = this.deploy.subtask, targets = (this.layout.nodes[edge.to] as LayoutNode).instances;
    const sender = new ExchangeSender({
      edge, attempt: this.deploy.attempt, subtask: own, targets, types: layout.node.columns.map((column) => column.type),
      send: (to, message, transfer) => this.host.toPeer(to, message, transfer), ownPush: below === undefined ? undefined : (batch) => below.push(edge.input, batch),
    });
    this.senders.set(edge.index, sender);
    const slot = this.sendersOf(edge).indexOf(own);
    output.addExchange(sender, below === undefined || slot < 0 ? undefined : { instance: below, input: edge.input, slot });
  }
  /** The subtasks that send to this one over an edge, in order: the slots of the input. */
  private sendersOf(edge: LayoutEdge): readonly number[] {
    const above = (this.layout.nodes[edge.from] as LayoutNode).instances, targets = (this.layout.nodes[edge.to] as LayoutNode).instances, own = this.deploy.subtask;
    if (edge.kind === 'local') return own < above ? [own] : [];
    return Array.from({ length: above }, (_, from) => from).filter((from) => isTarget(edge, from, own, targets));
  }
  private addOperator(layout: LayoutNode, instance: NodeInstance, own: number): void {
    const { node } = layout, { plan } = this.deploy;
    const factory = this.registry.operator(node.type);
    if (factory === undefined) throw unknownRuntimePart({ kind: 'operator', name: node.type });
    const tables = hasDefect('forgotten-state') ? undefined : this.state.get(node.id);
    const share = this.deploy.restored?.rescaled.includes(node.id) === true ? { subtask: own, parallelism: layout.instances } : undefined;
    let below: Gate | undefined;
    instance.state = this.registry.stateBackend(tables === undefined ? undefined : { tables, share, isOwned: true }, Date.now, this.deploy.isCheckpointed, this.host.memory(this.deploy, node.label));
    instance.body = factory.create(node as NodeOf<NodeType>, {
      output: instance.output, state: instance.state, env: { timeZone: plan.settings.timeZone, nowMs: Date.now, random: Math.random }, functions: this.registry.functions,
      settings: plan.settings, subtask: own, parallelism: layout.instances,
      inputTypes: layout.inputs.map((edge) => (this.layout.nodes[edge.from] as LayoutNode).node.columns.map((column) => column.type)),
      inputChangelogs: layout.inputs.map((edge) => (this.layout.nodes[edge.from] as LayoutNode).node.changelog),
      counter: (name) => instance.counter(name),
      late: { lookup: (identifier) => this.registry.lookup?.(identifier), connector: this.contextOf(instance), wake: () => this.subtask.schedule(), room: () => (below ??= this.gateBelow(layout.index, true)).isOpen },
    });
    if (isLate(instance.body)) this.terminals.set(layout.index, instance.body);
  }
  private contextOf(instance: NodeInstance): ConnectorContext {
    return connectorContext(this.deploy.plan, this.deploy.jobId, this.deploy.subtask, instance.layout.instances, this.host, (name) => instance.counter(name));
  }
  private sinkOf(node: NodeOf<'sink'>, instance: NodeInstance): SinkTerminal {
    const factory = this.registry.sink(node.connector);
    if (factory === undefined) throw unknownRuntimePart({ kind: 'sink connector', name: node.connector });
    const context = { ...sinkContext(this.contextOf(instance), node, (text, to) => this.print.add({ sink: node.table, text, ...to })), fail: (error: unknown) => this.subtask.fail(error, instance) };
    const terminal = new SinkTerminal({
      node, writer: factory.create(node, context), width: node.columns.length, print: this.print,
      wake: () => this.subtask.schedule(), fail: (error) => this.subtask.fail(error, instance), dropped: instance.counter('droppedNullRows'),
    });
    this.sinks.push(terminal);
    this.terminals.set(instance.layout.index, terminal);
    return terminal;
  }
  private collectOf(layout: LayoutNode, node: NodeOf<'collect'>): CollectTerminal {
    const above = (this.layout.nodes[(layout.inputs[0] as LayoutEdge).from] as LayoutNode).node;
    const collect = new CollectTerminal(node, above.columns, (bytes) => this.host.toMain({ type: 'rows', attempt: this.deploy.attempt, subtask: this.deploy.subtask, bytes }, [bytes]));
    this.collect = collect;
    this.terminals.set(layout.index, collect);
    return collect;
  }
  private entryOf(layout: LayoutNode): Entry[] {
    const instance = this.instances[layout.index], { node } = layout;
    if (instance === undefined || (node.type !== 'source' && node.type !== 'values')) return [];
    const gate = this.gateBelow(layout.index);
    if (node.type === 'values') return [new ValuesEntry(instance, gate)];
    const factory = this.registry.source(node.connector);
    if (factory === undefined) throw unknownRuntimePart({ kind: 'source connector', name: node.connector });
    const context: SourceContext = { ...this.contextOf(instance), takesSlices: instance.output.takesSlices, isQuery: !this.deploy.isCheckpointed };
    return [new SourceEntry({ instance, gate, limit: node.limit, schedule: () => this.subtask.schedule(), makeReader: (wake) => factory.create(node, context, wake) })];
  }
  private lateOf(layout: LayoutNode): LateNode[] {
    const instance = this.instances[layout.index];
    return instance === undefined || !isLate(instance.body) ? [] : [{ instance, operator: instance.body, gate: this.gateBelow(layout.index, true) }];
  }
  /** What has room for rows pushed to `start`; with `below`: for answers of `start`. */
  private gateBelow(start: number, below = false): Gate {
    const reach = reachOf(this.layout, start, below);
    return new Gate(
      [...reach.nodes].flatMap((index) => this.terminals.get(index) ?? []),
      [...reach.exchanges].flatMap((edge) => this.senders.get(edge)?.channels ?? []),
    );
  }
  private inboundEdges(): InboundEdge[] {
    const own = this.deploy.subtask;
    return this.layout.edges.flatMap((edge): InboundEdge[] => {
      const instance = this.instances[edge.to];
      if (edge.kind === 'local' || instance === undefined) return [];
      const senders = this.sendersOf(edge);
      const codec = compileBatchCodec((this.layout.nodes[edge.from] as LayoutNode).node.columns.map((column) => column.type), instance.takesSlices);
      const channels: (InChannel | undefined)[] = Array.from({ length: (this.layout.nodes[edge.from] as LayoutNode).instances }, () => undefined);
      for (const [slot, from] of senders.entries()) if (from !== own) channels[from] = new InChannel(edge, from, slot);
      return [{ edge, instance, gate: this.gateBelow(edge.to), channels, own: senders.includes(own) ? this.instances[edge.from] : undefined, decodeEach: codec.decodeEach }];
    });
  }
}

/** Makes operators, readers and writers of a subtask. Throws what their factories throw. */
export function buildSubtask(deploy: DeployMessage, registry: RuntimeRegistry, host: SubtaskHost, subtask: Subtask, state: StateByNode): SubtaskParts {
  return new SubtaskBuilder(deploy, registry, host, subtask, state).build();
}
/** Nodes whose context a recover call needs. */
export const sinkNodes = (plan: PhysicalPlan): readonly NodeOf<'sink'>[] => plan.nodes.filter((node: PhysicalNode): node is NodeOf<'sink'> => node.type === 'sink');
