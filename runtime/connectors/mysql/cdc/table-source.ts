/**
 * The SQL face of the reader: one table of declared columns over one or several MySQL tables that have columns of these names. Only
 * columns the plan asks for are read. A MySQL table that cannot give one of them stops the job, at the start or when a statement takes it
 * away; other changes of its columns are of no interest.
 */
import { ChangeBatch } from '../../../../core/row/batch.ts';
import { isText, TextSlices } from '../../../../core/row/slices.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { cdcColumnUnusable } from '../../../../core/errors/mysql-cdc.ts';
import type { SourceNode } from '../../../../planner/physical/plan.ts';
import type { SourceContext, SourceFactory, SourceReader } from '../../contract.ts';
import { tableText, type MySqlTable, type WantedColumn } from '../contract.ts';
import { mysqlScan } from '../scan/source.ts';
import type { Face } from './captured.ts';
import type { Fact, Shape } from './output.ts';
import { ChangeReader } from './reader.ts';
import type { MySqlTableSpec } from './spec.ts';
import { checkReadable, type DecoderOptions } from './values.ts';

class TableFace implements Face {
  readonly appendOnly: boolean;
  readonly needsPlace = false;
  private readonly node: SourceNode;
  private readonly spec: MySqlTableSpec;
  private readonly batch: ChangeBatch;
  constructor(node: SourceNode, spec: MySqlTableSpec, takesSlices: boolean) {
    this.node = node;
    this.spec = spec;
    this.appendOnly = spec.appendOnly;
    this.batch = ChangeBatch.withWidth(node.fields.length);
    const types = node.columns.map((c) => c.type);
    if (takesSlices && types.some(isText)) this.batch.slices = types.map((type) => (isText(type) ? new TextSlices() : null));
  }
  shapeOf(table: MySqlTable, statement: string | null, values: DecoderOptions): Shape {
    const wanted: WantedColumn[] = [], facts: { slot: number; fact: Fact }[] = [];
    this.node.fields.forEach((field, slot) => {
      if (field.kind === 'metadata') { facts.push({ slot, fact: field.key as Fact }); return; }
      const declared = this.spec.columns[field.field] as MySqlTableSpec['columns'][number], source = columnNamed(table, declared.name), column = table.columns[source];
      const refuse = (why: string, hint?: string): Error => cdcColumnUnusable({ table: this.spec.table, column: declared.name, source: tableText(table), why, hint, statement, columns: table.columns.map((c) => c.name) });
      if (column === undefined) throw refuse('it has no such column');
      try { checkReadable(table, column, declared.type, values); } catch (error) { throw error instanceof RivuletError ? refuse(error.message, error.hint) : error; }
      wanted.push({ source, column, type: declared.type, slot });
    });
    const keySlots = this.spec.primaryKey.map((name) => wanted.find((w) => this.node.fields[w.slot]?.kind === 'physical' && this.spec.columns[(this.node.fields[w.slot] as { field: number }).field]?.name === name)?.slot);
    return { table, batch: this.batch, wanted, facts, values, keySlots: this.appendOnly || keySlots.length === 0 || keySlots.includes(undefined) ? undefined : keySlots as number[] };
  }
}
/** Exactly, else in another letter case, as MySQL itself does not tell them apart. */
function columnNamed(table: MySqlTable, name: string): number {
  const exact = table.columns.findIndex((c) => c.name === name);
  return exact >= 0 ? exact : table.columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
}

/** For `mysql-cdc`, and for `mysql` tables that are read as streams. */
export function createTableReader(node: SourceNode, context: SourceContext, wake: () => void): SourceReader {
  const spec = node.spec as unknown as MySqlTableSpec;
  return new ChangeReader({ spec, face: new TableFace(node, spec, context.takesSlices === true), context, wake, bounded: spec.bounded });
}
export const mysqlCdcSource: SourceFactory = { identifier: 'mysql-cdc', create: createTableReader };
/** A `mysql` table: its changes, or its rows as they are when the query ends. */
export const mysqlSource: SourceFactory = { identifier: 'mysql', create: (node, context, wake) => ('include' in (node.spec as object) ? createTableReader : mysqlScan.create)(node, context, wake) };
