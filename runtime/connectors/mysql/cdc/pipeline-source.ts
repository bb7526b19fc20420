/** The pipeline face of the reader: every captured table whole, each version of it with batches of its own, and schema events between. */
import { isText, TextSlices } from '../../../../core/row/slices.ts';
import type { SourceNode } from '../../../../planner/physical/plan.ts';
import { PipelineBatch, type SchemaChange, type TableVersion } from '../../../pipelines/contract.ts';
import type { SourceContext, SourceFactory } from '../../contract.ts';
import type { MySqlTable } from '../contract.ts';
import type { Face } from './captured.ts';
import type { BatchOutput, Shape } from './output.ts';
import { tableVersion } from './pipeline-columns.ts';
import { ChangeReader } from './reader.ts';
import type { MySqlPipelineSpec } from './spec.ts';
import type { DecoderOptions } from './values.ts';

class PipelineFace implements Face {
  readonly appendOnly = false;
  readonly needsPlace: boolean;
  readonly repeats: boolean;
  private readonly spec: MySqlPipelineSpec;
  private readonly takesSlices: boolean;
  constructor(spec: MySqlPipelineSpec, takesSlices: boolean) {
    this.spec = spec;
    this.takesSlices = takesSlices;
    this.repeats = spec.repeats === true;
    this.needsPlace = spec.facts.some((f) => f === 'gtid' || f === 'binlog_file' || f === 'binlog_pos');
  }
  shapeOf(table: MySqlTable, _statement: string | null, values: DecoderOptions): Shape {
    const version = tableVersion(table, this.spec), width = version.columns.length + this.spec.facts.length, batch = new PipelineBatch(version, width);
    const texts = version.columns.map((c) => isText(c.type));
    if (this.takesSlices && texts.includes(true)) batch.slices = Array.from({ length: width }, (_, i) => (texts[i] === true ? new TextSlices() : null));
    return {
      table, batch, values, facts: this.spec.facts.map((fact, i) => ({ slot: version.columns.length + i, fact })),
      wanted: table.columns.map((column, i) => ({ source: i, column, type: (version.columns[i] as TableVersion['columns'][number]).type, slot: i })),
    };
  }
  announce(target: BatchOutput, shape: Shape, changes: readonly SchemaChange[], sql: string | null, timestampMs: number): void {
    if (!this.spec.schemaChanges && changes.every((c) => c.kind !== 'create.table')) return;
    const event = new PipelineBatch((shape.batch as PipelineBatch).table, 0);
    event.event = { changes, sql, timestampMs };
    event.size = 1;
    target.push(event);
  }
}
export const mysqlPipelineSource: SourceFactory = {
  identifier: 'mysql-pipeline',
  create(node: SourceNode, context: SourceContext, wake: () => void) {
    const spec = node.spec as unknown as MySqlPipelineSpec;
    return new ChangeReader({ spec, face: new PipelineFace(spec, context.takesSlices === true), context, wake, bounded: false });
  },
};
