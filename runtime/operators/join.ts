/**
 * Regular streaming join: INNER, LEFT, RIGHT, FULL; SEMI and ANTI are in `semi-join.ts`. State: all rows of both inputs (`join-side.ts`),
 * for ever or for the side's time to live. A row r arrives; M are the rows of the other input that match it (equal key, no NULL under `=`,
 * residual condition true), o one of them. «outer»: the side is padded with NULLs when it has no match.
 *
 *   r is    r's side   other side   M       output
 *   +I +U   inner      inner        any     same kind [r, o] for each o
 *   +I +U   inner      outer        any     -D [-, o] for each o without a match so far; +I [r, o] for each o
 *   +I +U   outer      any          none    +I [r, -]
 *   +I +U   outer      inner        some    +I [r, o] for each o
 *   +I +U   outer      outer        some    -D [-, o] for each o without a match so far; +I [r, o] for each o
 *   -U -D   inner      inner        any     same kind [r, o] for each o
 *   -U -D   inner      outer        any     same kind [r, o] for each o; +I [-, o] for each o that r was the last match of
 *   -U -D   outer      any          none    -D [r, -]
 *   -U -D   outer      inner        some    -D [r, o] for each o
 *   -U -D   outer      outer        some    -D [r, o] for each o; +I [-, o] for each o that r was the last match of
 *
 * Source: Flink StreamingJoinOperator.processElement. Beyond it: a row that takes the place of another with the same unique key (an
 * upsert input without -U) leaves associations as they are where both rows match, and retracts what only the old row matched
 * (`replace`); a retraction of a row that is not there is counted and dropped, unless a time to live may have dropped the row.
 */
import { BATCH_ROWS, BatchWriter, DELETE, INSERT, isAccumulate } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { JoinNode } from '../../planner/physical/plan.ts';
import { compileRowPredicate } from '../codegen/compile.ts';
import type { Entry } from '../state/contract.ts';
import { Backlog } from './backlog.ts';
import { ForwardingOperator } from './base.ts';
import type { LateOperator, OperatorContext, OperatorFactory } from './contract.ts';
import { JoinSide, Matches } from './join-side.ts';
import { SemiJoin } from './semi-join.ts';

export type Residual = ((values: readonly unknown[]) => boolean) | null;
export interface JoinParts { readonly left: JoinSide; readonly right: JoinSide; readonly residual: Residual }

/**
 * Output batches of one call, at most, before the operator stops in the middle of a row: the first when what lies below has no room, the
 * second in any case, so that barriers, other jobs and the network get their turn. One row that meets a million others makes a thousand
 * batches; what is not made yet costs nothing.
 */
const SOME_BATCHES = 4, MOST_BATCHES = 64;
/** A row whose output is not all out: its next match, how often that one is still to come, and whether associations are taken off behind it. */
interface Pause { readonly kind: number; readonly match: number; readonly copies: number; readonly loses: boolean }

class Join extends ForwardingOperator implements LateOperator {
  private readonly sides: readonly [JoinSide, JoinSide];
  private readonly outer: readonly [boolean, boolean];
  private readonly residual: Residual;
  private readonly out: BatchWriter;
  private readonly matches = new Matches();
  private readonly oldMatches = new Matches();
  /** left ++ right, for the residual condition. */
  private readonly values: unknown[] = [];
  private readonly inconsistent: { value: number };
  // The row at hand.
  private columns: readonly Column[] = [];
  private side: JoinSide;
  private other: JoinSide;
  private isOuter = false;
  private isOtherOuter = false;
  // Stopping in the middle.
  private readonly room: (() => boolean) | undefined;
  private readonly wake: () => void;
  private readonly backlog = new Backlog();
  private batches = 0;
  private pause: Pause | undefined;

  constructor(node: JoinNode, context: OperatorContext, parts: JoinParts) {
    super(context.output, 2);
    this.sides = [parts.left, parts.right];
    this.outer = [node.joinType === 'left' || node.joinType === 'full', node.joinType === 'right' || node.joinType === 'full'];
    this.residual = parts.residual;
    this.out = new BatchWriter(parts.left.width + parts.right.width, context.output);
    parts.left.connect(parts.right, this.out.columns);
    parts.right.connect(parts.left, this.out.columns);
    this.side = parts.left;
    this.other = parts.right;
    this.inconsistent = context.counter('inconsistentRetractions');
    this.room = context.late?.room;
    this.wake = context.late?.wake ?? (() => {});
  }
  async open(): Promise<void> { await Promise.resolve(); }
  async closed(): Promise<void> { await Promise.resolve(); }
  get isEmpty(): boolean { return this.backlog.isEmpty; }
  get hasAnswers(): boolean { return !this.backlog.isEmpty; }
  get hasRoom(): boolean { return this.backlog.isEmpty && (this.room === undefined || this.room()); }
  push(input: number, batch: ChangeBatch): void {
    if (!this.backlog.isEmpty) { this.backlog.addRows(input, batch, 0); return; }
    this.bind(input, batch);
    const at = this.rows(batch, 0);
    this.out.flush();
    if (at === batch.size && this.pause === undefined) return;
    this.backlog.addRows(input, batch, at);
    this.wake();
  }
  release(): void {
    const waiting = this.backlog.first();
    if (waiting === undefined) return;
    this.bind(waiting.input, waiting.batch);
    const { pause } = this;
    if (pause !== undefined) {
      this.pause = undefined;
      this.emitFrom(waiting.next, pause);
      if (this.pause === undefined) waiting.next++;
    }
    if (this.pause === undefined) waiting.next = this.rows(waiting.batch, waiting.next);
    this.out.flush();
    if (this.pause !== undefined || waiting.next < waiting.batch.size) return;
    this.backlog.shift();
    this.backlog.first();
  }
  override watermark(input: number, ms: number): void {
    if (this.backlog.isEmpty) super.watermark(input, ms); else this.backlog.addCall(() => { super.watermark(input, ms); });
  }
  override endInput(input: number): void {
    if (this.backlog.isEmpty) super.endInput(input); else this.backlog.addCall(() => { super.endInput(input); });
  }
  private get mustPause(): boolean { return this.room !== undefined && (this.batches >= MOST_BATCHES || (this.batches >= SOME_BATCHES && !this.room())); }
  private bind(input: number, batch: ChangeBatch): void {
    this.batches = 0;
    this.side = this.sides[input]!;
    this.other = this.sides[1 - input]!;
    this.isOuter = this.outer[input]!;
    this.isOtherOuter = this.outer[1 - input]!;
    this.columns = batch.columns;
    this.side.bind(batch);
  }
  /** Takes rows from `from` on; gives the one to go on with: where it stopped, also in the middle (`pause`), or the size. */
  private rows(batch: ChangeBatch, from: number): number {
    const { kinds } = batch;
    for (let row = from; row < batch.size; row++) {
      if (this.batches >= SOME_BATCHES && this.mustPause) return row;
      const kind = kinds === null ? INSERT : kinds[row]!;
      if (this.side.hasNullKey(row)) {
        if (this.isOuter) this.emitAlone(row, isAccumulate(kind) ? INSERT : DELETE);
      } else if (isAccumulate(kind)) this.accumulate(row, kind);
      else this.retract(row, kind);
      if (this.pause !== undefined) return row;
    }
    return batch.size;
  }
  private collect(row: number): void {
    if (this.residual !== null) {
      this.side.fillRow(this.columns, row, this.values);
      this.other.fillKey(this.side.keyIn, row, this.values);
    }
    this.matches.collect(this.other, this.side, row, this.residual, this.values);
  }
  private accumulate(row: number, kind: number): void {
    this.collect(row);
    const { side, matches } = this;
    if (side.unique && (this.isOuter || this.isOtherOuter || this.residual !== null)) {
      const old = side.find(row);
      if (old !== 0) { this.replace(row, kind, old); return; }
    }
    if (this.isOtherOuter) {
      if (matches.rows === 1 && this.firstMatch(matches.entries[0]!, row)) { side.add(row, 1); return; }
      for (let i = 0; i < matches.count; i++) this.gain(matches.entries[i]!, row);
    }
    // Stored first: output may stop on its way.
    side.add(row, matches.rows);
    this.emitMatches(row, this.isOuter || this.isOtherOuter ? INSERT : kind);
  }
  /** The common case of an outer row that stood alone and meets its first match: -D [-, o] and +I [r, o] with o read once. */
  private firstMatch(entry: Entry, row: number): boolean {
    const { out, side, other } = this, at = out.size;
    if (other.associations(entry) !== 0 || at + 1 >= BATCH_ROWS) return false;
    other.setAssociations(entry, 1);
    this.emitOtherAlone(entry, row, DELETE);
    side.copyRow(this.columns, row, out.columns, at + 1);
    other.copyOutput(out.columns, at, at + 1);
    out.commit(INSERT);
    return true;
  }
  private retract(row: number, kind: number): void {
    const { side } = this, entry = side.find(row);
    if (entry === 0 && side.keepsForEver) { this.inconsistent.value++; return; }
    this.collect(row);
    if (entry !== 0) side.retract(entry);
    this.emitMatches(row, this.isOuter ? DELETE : kind, this.isOtherOuter);
  }
  /** The row takes the place of `old`, whose matches may differ by the residual condition alone: the key is the same. */
  private replace(row: number, kind: number, old: Entry): void {
    const { side, other, matches, oldMatches } = this;
    if (this.residual === null) oldMatches.clear();
    else {
      other.fillKey(side.keyIn, row, this.values);
      side.fillRow(this.columns, row, this.values);
      side.fill(old, this.values);
      oldMatches.collect(other, side, row, this.residual, this.values);
      for (let i = 0; i < oldMatches.count; i++) {
        const entry = oldMatches.entries[i]!;
        if (matches.has(entry)) continue;
        for (let n = other.copies(entry); n > 0; n--) this.emitPair(row, entry, DELETE, old);
        if (this.isOtherOuter) this.lose(entry, row);
      }
      if (this.isOuter && side.associations(old) === 0 && matches.count > 0) this.emitAlone(row, DELETE, old);
      if (this.isOtherOuter) for (let i = 0; i < matches.count; i++) if (!oldMatches.has(matches.entries[i]!)) this.gain(matches.entries[i]!, row);
    }
    side.add(row, matches.rows);
    this.emitMatches(row, this.isOuter || this.isOtherOuter ? INSERT : kind);
  }

  /** A stored outer row gets one more match: it no longer stands alone. */
  private gain(entry: Entry, row: number): void {
    const count = this.other.associations(entry);
    if (count === 0) for (let n = this.other.copies(entry); n > 0; n--) this.emitOtherAlone(entry, row, DELETE);
    this.other.setAssociations(entry, count + 1);
  }
  private lose(entry: Entry, row: number): void {
    const count = this.other.associations(entry);
    if (count === 1) for (let n = this.other.copies(entry); n > 0; n--) this.emitOtherAlone(entry, row, INSERT);
    // A time to live may have dropped what made the count.
    if (count > 0) this.other.setAssociations(entry, count - 1);
  }
  /** [r, o] for each match, or [r, -] when there is none and r's side is outer. The last thing done for a row: it may stop on its way. */
  private emitMatches(row: number, kind: number, loses = false): void {
    if (this.matches.count === 0) {
      if (this.isOuter) this.emitAlone(row, isAccumulate(kind) ? INSERT : DELETE);
      return;
    }
    this.emitFrom(row, { kind, match: 0, copies: 0, loses });
  }
  /** `from.copies` 0: all of that match. */
  private emitFrom(row: number, from: Pause): void {
    const { matches, other, out } = this, { kind, loses } = from;
    let left = from.copies;
    for (let i = from.match; i < matches.count; i++) {
      const entry = matches.entries[i]!;
      for (let n = left > 0 ? left : other.copies(entry); n > 0; n--) {
        if (this.batches >= SOME_BATCHES && this.mustPause) { this.pause = { kind, match: i, copies: n, loses }; return; }
        this.emitPair(row, entry, kind);
        if (out.size === 0) this.batches++;
      }
      left = 0;
    }
    if (loses) for (let i = 0; i < matches.count; i++) this.lose(matches.entries[i]!, row);
  }
  /** `stored`: the row's columns are read from this entry of its side instead of the batch. */
  private emitPair(row: number, entry: Entry, kind: number, stored: Entry = 0): void {
    const { out } = this, at = out.size;
    this.side.copyRow(this.columns, row, out.columns, at);
    if (stored !== 0) this.side.emitStored(stored, out.columns, at);
    this.other.emit(entry, this.columns, row, out.columns, at);
    out.commit(kind);
  }
  private emitAlone(row: number, kind: number, stored: Entry = 0): void {
    const { out } = this, at = out.size;
    this.side.copyRow(this.columns, row, out.columns, at);
    if (stored !== 0) this.side.emitStored(stored, out.columns, at);
    this.other.emitNulls(out.columns, at);
    out.commit(kind);
  }
  private emitOtherAlone(entry: Entry, row: number, kind: number): void {
    const { out } = this, at = out.size;
    this.side.emitNulls(out.columns, at);
    this.other.emit(entry, this.columns, row, out.columns, at);
    out.commit(kind);
  }
}

export const join: OperatorFactory<'join'> = {
  type: 'join',
  create(node, context) {
    const [leftTypes, rightTypes] = [context.inputTypes[0]!, context.inputTypes[1]!];
    const { joinType } = node, single = joinType === 'semi' || joinType === 'anti';
    const left = new JoinSide({ name: 'left', types: leftTypes, keys: node.leftKeys, nullSafe: node.nullSafe, spec: node.left, counted: single || joinType === 'left' || joinType === 'full', ttlMs: node.ttlMs[0], offset: 0 }, context.state);
    const right = new JoinSide({ name: 'right', types: rightTypes, keys: node.rightKeys, nullSafe: node.nullSafe, spec: node.right, counted: joinType === 'right' || joinType === 'full', ttlMs: node.ttlMs[1], offset: leftTypes.length }, context.state);
    const residual = node.residual === null ? null : compileRowPredicate(node.residual, [...leftTypes, ...rightTypes], { functions: context.functions, env: context.env });
    const parts: JoinParts = { left, right, residual };
    return single ? new SemiJoin(node, context, parts) : new Join(node, context, parts);
  },
};
