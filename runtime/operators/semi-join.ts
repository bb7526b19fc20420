/**
 * SEMI and ANTI join (IN, EXISTS and their negations): rows of the left input that have a match, or have none. State: both inputs; each
 * left row with its number of matches. l a left row, r a right row, «same kind» that of the arriving row:
 *
 *   arrives     matches                            SEMI                                ANTI
 *   l, any kind some                               same kind [l]                       –
 *   l, any kind none                               –                                   same kind [l]
 *   r, +I +U    left rows without a match so far   same kind [l] for each              -D [l] for each
 *   r, -U -D    left rows r was the last match of  same kind [l] for each              +I [l] for each
 *
 * A left row whose key has a NULL under `=` matches nothing and is not stored; such a right row is ignored. Where a row takes the place of
 * another with the same unique key the old row's part is taken back first where it differs (as in `join.ts`).
 * Source: Flink StreamingSemiAntiJoinOperator.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { JoinNode } from '../../planner/physical/plan.ts';
import type { Entry } from '../state/contract.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext } from './contract.ts';
import type { JoinParts, Residual } from './join.ts';
import { Matches } from './join-side.ts';
import type { JoinSide } from './join-side.ts';

export class SemiJoin extends ForwardingOperator {
  private readonly left: JoinSide;
  private readonly right: JoinSide;
  private readonly residual: Residual;
  private readonly anti: boolean;
  private readonly out: BatchWriter;
  private readonly matches = new Matches();
  private readonly oldMatches = new Matches();
  private readonly values: unknown[] = [];
  private readonly inconsistent: { value: number };
  private columns: readonly Column[] = [];
  constructor(node: JoinNode, context: OperatorContext, parts: JoinParts) {
    super(context.output, 2);
    this.left = parts.left;
    this.right = parts.right;
    this.residual = parts.residual;
    this.anti = node.joinType === 'anti';
    this.out = new BatchWriter(parts.left.width, context.output);
    this.left.connect(this.right, this.out.columns);
    this.right.connect(this.left, this.out.columns);
    this.inconsistent = context.counter('inconsistentRetractions');
  }
  push(input: number, batch: ChangeBatch): void {
    const side = input === 0 ? this.left : this.right;
    this.columns = batch.columns;
    side.bind(batch);
    for (let row = 0; row < batch.size; row++) {
      const kind = batch.kindAt(row);
      if (side.hasNullKey(row)) {
        if (input === 0 && this.anti) this.emit(row, kind);
      } else if (input === 0) this.pushLeft(row, kind);
      else this.pushRight(row, kind);
    }
    this.out.flush();
  }
  private collect(side: JoinSide, other: JoinSide, row: number): void {
    if (this.residual !== null) {
      side.fillRow(this.columns, row, this.values);
      other.fillKey(side.keyIn, row, this.values);
    }
    this.matches.collect(other, side, row, this.residual, this.values);
  }
  private pushLeft(row: number, kind: number): void {
    const { left, matches } = this, adds = isAccumulate(kind);
    const entry = !adds || left.unique ? left.find(row) : 0;
    if (!adds && entry === 0 && left.keepsForEver) { this.inconsistent.value++; return; }
    this.collect(left, this.right, row);
    const shows = (matches.count === 0) === this.anti;
    if (adds && entry !== 0 && !shows && (left.associations(entry) === 0) === this.anti) this.emitReplaced(entry, row);
    if (shows) this.emit(row, kind);
    if (adds) left.add(row, matches.rows);
    else if (entry !== 0) left.retract(entry);
  }
  private pushRight(row: number, kind: number): void {
    const { left, right, matches, oldMatches } = this, adds = isAccumulate(kind);
    const entry = !adds || right.unique ? right.find(row) : 0;
    if (!adds && entry === 0 && right.keepsForEver) { this.inconsistent.value++; return; }
    this.collect(right, left, row);
    if (!adds) {
      if (entry !== 0) right.retract(entry);
      for (let i = 0; i < matches.count; i++) this.lose(matches.entries[i]!, row, kind);
      return;
    }
    oldMatches.clear();
    if (entry !== 0 && this.residual !== null) {
      left.fillKey(right.keyIn, row, this.values);
      right.fill(entry, this.values);
      oldMatches.collect(left, right, row, this.residual, this.values);
      for (let i = 0; i < oldMatches.count; i++) if (!matches.has(oldMatches.entries[i]!)) this.lose(oldMatches.entries[i]!, row, DELETE);
    }
    // Without a condition the old row matched just what the new one matches.
    if (entry === 0 || this.residual !== null) for (let i = 0; i < matches.count; i++) if (!oldMatches.has(matches.entries[i]!)) this.gain(matches.entries[i]!, row, kind);
    right.add(row, 0);
  }
  private gain(entry: Entry, row: number, kind: number): void {
    const count = this.left.associations(entry);
    if (count === 0) this.emitStored(entry, row, this.anti ? DELETE : kind);
    this.left.setAssociations(entry, count + 1);
  }
  private lose(entry: Entry, row: number, kind: number): void {
    const count = this.left.associations(entry);
    if (count === 1) this.emitStored(entry, row, this.anti ? INSERT : kind);
    if (count > 0) this.left.setAssociations(entry, count - 1);
  }
  private emit(row: number, kind: number): void {
    this.left.copyRow(this.columns, row, this.out.columns, this.out.size);
    this.out.commit(kind);
  }
  /** A left row stored under the key of the left row at hand, about to be replaced. */
  private emitReplaced(entry: Entry, row: number): void {
    const at = this.out.size;
    this.left.copyRow(this.columns, row, this.out.columns, at);
    this.left.emitStored(entry, this.out.columns, at);
    this.out.commit(DELETE);
  }
  /** A stored left row under the key of the right row at hand, as often as it is there. */
  private emitStored(entry: Entry, row: number, kind: number): void {
    for (let n = this.left.copies(entry); n > 0; n--) {
      this.left.emit(entry, this.columns, row, this.out.columns, this.out.size);
      this.out.commit(kind);
    }
  }
}
