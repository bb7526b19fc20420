/**
 * One plan node inside one subtask: its operator (or sink, or collect), the ends and watermarks of its inputs, and where its output
 * goes. All instances of a subtask hang together by direct calls; only exchanges to other subtasks leave it.
 *
 * An input may have several senders (the subtasks above an exchange, this one among them). It has ended when all have; its watermark is
 * the smallest of theirs. When all inputs have ended the operator has said all it has to say and the end goes on to the outputs.
 */
import type { ChangeBatch } from '../../core/row/batch.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import { isLate, type Operator, type Output } from '../operators/contract.ts';
import type { OperatorStateBackend } from './contract.ts';
import { NO_WATERMARK, WatermarkMerge } from '../time/watermark.ts';
import type { ExchangeSender } from './exchange.ts';
import type { LayoutNode } from './layout.ts';

/** Which node was at work, for errors: the one whose code threw last ran there. */
export interface Place { node: number }

interface Target { readonly instance: NodeInstance; readonly input: number; readonly slot: number }

export class NodeOutput implements Output {
  private readonly place: Place;
  private readonly node: number;
  private readonly targets: Target[] = [];
  private readonly senders: ExchangeSender[] = [];
  recordsOut = 0;
  constructor(node: number, place: Place) { this.node = node; this.place = place; }
  addLocal(instance: NodeInstance, input: number): void { this.targets.push({ instance, input, slot: 0 }); }
  /** `own`: the instance of the receiving node in this subtask, when this subtask sends to itself. */
  addExchange(sender: ExchangeSender, own: Target | undefined): void {
    this.senders.push(sender);
    if (own !== undefined) this.ownEnds.push(own);
  }
  /** Ends and watermarks for the own share of exchanges (rows go through the sender). */
  private readonly ownEnds: Target[] = [];

  push(batch: ChangeBatch): void {
    if (batch.size === 0) return;
    this.recordsOut += batch.size;
    for (let i = 0; i < this.targets.length; i++) { const target = this.targets[i] as Target; target.instance.push(target.input, batch); }
    for (let i = 0; i < this.senders.length; i++) (this.senders[i] as ExchangeSender).push(batch);
    this.place.node = this.node;
  }
  watermark(ms: number): void {
    for (const target of this.targets) target.instance.watermarkFrom(target.input, target.slot, ms);
    for (const sender of this.senders) sender.sendControl('watermark', ms);
    for (const own of this.ownEnds) own.instance.watermarkFrom(own.input, own.slot, ms);
    this.place.node = this.node;
  }
  end(): void {
    for (const sender of this.senders) sender.sendControl('end', 0);
    for (const target of this.targets) target.instance.endFrom(target.input, target.slot);
    for (const own of this.ownEnds) own.instance.endFrom(own.input, own.slot);
    this.place.node = this.node;
  }
  barrier(epoch: number): void { for (const sender of this.senders) sender.sendControl('barrier', epoch); }
  get exchanges(): readonly ExchangeSender[] { return this.senders; }
  get takesSlices(): boolean { return this.senders.length > 0 || this.targets.some((target) => target.instance.takesSlices); }
}

interface InputState { readonly ended: boolean[]; open: number; readonly watermarks: WatermarkMerge }

export class NodeInstance {
  readonly layout: LayoutNode;
  readonly output: NodeOutput;
  readonly counters = new Map<string, { value: number }>();
  /** Set by the subtask once everything downstream exists. */
  body: Operator | undefined;
  state: OperatorStateBackend | undefined;
  recordsIn = 0;
  hasEnded = false;
  watermarkMs = NO_WATERMARK;
  /** The last barrier that came through all inputs. */
  passedEpoch = 0;
  /** It had ended before the checkpoint this subtask was restored from: its last words were said then. */
  endsSilently = false;
  private readonly inputs: readonly InputState[];
  private openInputs: number;
  private readonly place: Place;
  private readonly onEnded: (instance: NodeInstance) => void;
  /** `senders[i]`: how many senders input i has; 0 = none in this subtask. */
  constructor(layout: LayoutNode, output: NodeOutput, senders: readonly number[], place: Place, onEnded: (instance: NodeInstance) => void) {
    this.layout = layout;
    this.output = output;
    this.inputs = senders.map((n) => ({ ended: Array.from({ length: n }, () => false), open: n, watermarks: new WatermarkMerge(n) }));
    this.openInputs = senders.length;
    this.place = place;
    this.onEnded = onEnded;
  }
  counter(name: string): { value: number } {
    let counter = this.counters.get(name);
    if (counter === undefined) this.counters.set(name, counter = { value: 0 });
    return counter;
  }
  counterValues(): Record<string, number> { return Object.fromEntries([...this.counters].map(([name, counter]) => [name, counter.value])); }

  push(input: number, batch: ChangeBatch): void {
    this.recordsIn += batch.size;
    if (this.hasEnded) return;
    this.place.node = this.layout.index;
    const body = this.body as Operator;
    if (batch.slices !== null && body.takesSlices !== true) materializeTexts(batch);
    body.push(input, batch);
  }
  get takesSlices(): boolean { return this.body?.takesSlices === true; }
  watermarkFrom(input: number, slot: number, ms: number): void {
    const merged = (this.inputs[input] as InputState).watermarks.advance(slot, ms);
    if (merged === undefined || this.hasEnded) return;
    this.watermarkMs = merged;
    this.place.node = this.layout.index;
    this.body?.watermark?.(input, merged);
  }
  /** Sender `slot` of an input has ended. Ends are counted once; a node cut off by `finish` ignores later ones. */
  endFrom(input: number, slot: number): void {
    const state = this.inputs[input] as InputState;
    if (state.ended[slot] === true || this.hasEnded) return;
    state.ended[slot] = true;
    state.open--;
    const merged = state.watermarks.markIdle(slot);
    if (merged !== undefined && state.open > 0) { this.watermarkMs = merged; this.body?.watermark?.(input, merged); }
    if (state.open === 0) this.endInput(input);
  }
  /** Ends inputs that have no sender in this subtask; called once, inputs first. */
  start(): void {
    for (const [i, state] of this.inputs.entries()) if (state.ended.length === 0 && !this.hasEnded) this.endInput(i);
  }
  /** Rows are unanswered: neither barrier nor end may pass. */
  get isBusy(): boolean { return isLate(this.body) && !this.body.isEmpty; }
  /** All inputs have ended and the last answer is out. */
  finishIfAnswered(): void { if (this.openInputs === 0 && !this.hasEnded && !this.isBusy) this.finish(); }
  private endInput(input: number): void {
    this.place.node = this.layout.index;
    if (!this.endsSilently) this.body?.endInput?.(input);
    if (--this.openInputs === 0 && !this.isBusy) this.finish();
  }
  /** The node will say no more. For a node without inputs (VALUES, sources): called by its driver. */
  finish(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.output.end();
    this.onEnded(this);
  }
  /** LIMIT reached: the inputs are treated as ended although they are not. */
  cutOff(): void {
    for (const [i, state] of this.inputs.entries()) {
      if (this.hasEnded) return;
      if (state.open > 0) { state.ended.fill(true); state.open = 0; this.endInput(i); }
    }
  }
}
