/**
 * UNNEST: one output row per element of a collection in the input row. State: none. A row's elements come with its +I or +U as +I and go
 * with its -U or -D as -D, because an update may bring more elements than it takes. NULL and empty collections give nothing, or with
 * `outer` one row padded with NULLs. Source: Flink "Joins", array expansion; UnnestRowsFunction; WITH ORDINALITY counts from 1.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate, type ChangeBatch, type Column } from '../../core/row/batch.ts';
import { compileCopy, range, type RowCopy } from '../../core/row/copy.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { UnnestNode } from '../../planner/physical/plan.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';

/** Writes an element's values from `at` on. */
type Spread = (element: unknown, columns: readonly Column[], at: number, row: number) => void;

class UnnestOperator extends ForwardingOperator {
  private readonly node: UnnestNode;
  private readonly out: BatchWriter;
  private readonly copy: RowCopy;
  private readonly width: number;
  private readonly elementWidth: number;
  private readonly elements: (collection: unknown) => Iterable<unknown>;
  private readonly spread: Spread;
  constructor(node: UnnestNode, context: OperatorContext) {
    super(context.output);
    const inputTypes = context.inputTypes[0] ?? [];
    this.node = node;
    this.width = inputTypes.length;
    this.elementWidth = node.columns.length - this.width - (node.ordinality ? 1 : 0);
    this.out = new BatchWriter(node.columns.length, context.output);
    this.copy = compileCopy(range(0, this.width), range(0, this.width));
    const type = inputTypes[node.column];
    this.elements = elementsOf(type);
    this.spread = spreadOf(type, this.elementWidth);
  }
  push(_input: number, batch: ChangeBatch): void {
    const { node, out } = this, collections = batch.columns[node.column] as Column;
    for (let row = 0; row < batch.size; row++) {
      const collection = collections[row], kind = isAccumulate(batch.kindAt(row)) ? INSERT : DELETE;
      let position = 0;
      if (collection !== null) for (const element of this.elements(collection)) this.emit(batch, row, kind, element, ++position);
      if (position === 0 && node.outer) this.emit(batch, row, kind, null, null);
    }
    out.flush();
  }
  private emit(batch: ChangeBatch, row: number, kind: number, element: unknown, position: number | null): void {
    const { out, width } = this, at = out.size;
    this.copy(batch.columns, row, out.columns, at);
    this.spread(element, out.columns, width, at);
    if (this.node.ordinality) (out.columns[width + this.elementWidth] as Column)[at] = position;
    out.commit(kind);
  }
}
/** Elements in order: an array's items, a multiset's values repeated, a map's entries. */
function elementsOf(type: SqlType | undefined): (collection: unknown) => Iterable<unknown> {
  if (type?.kind === 'MULTISET') return function* (c) { for (const [value, count] of c as Map<unknown, number>) for (let i = 0; i < count; i++) yield value; };
  return (c) => c as Iterable<unknown>;
}
function spreadOf(type: SqlType | undefined, width: number): Spread {
  const isWide = type?.kind === 'MAP' || (type !== undefined && 'element' in type && type.element.kind === 'ROW');
  if (!isWide) return (element, columns, at, row) => { (columns[at] as Column)[row] = element; };
  return (element, columns, at, row) => { for (let i = 0; i < width; i++) (columns[at + i] as Column)[row] = element === null ? null : (element as readonly unknown[])[i]; };
}
export const unnest: OperatorFactory<'unnest'> = { type: 'unnest', create: (node, context) => new UnnestOperator(node, context) };
