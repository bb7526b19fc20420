/**
 * CPU ns per row of the pipelines' Kafka sinks without a broker: key, value and place in a record batch of a row of six columns, inserts
 * and updates that keep their key, for every value format; and of the transform with a filter and two computed columns. Medians.
 * Usage: node bench/micro/pipeline.ts
 */
import { idText, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { BIGINT, STRING, decimal, notNull, timestamp, varchar } from '../../core/types/sql-type.ts';
import { BatchBuilder } from '../../runtime/connectors/kafka/client/batch-builder.ts';
import { TopicQueues } from '../../runtime/connectors/kafka/client/producer-queue.ts';
import type { Producer } from '../../runtime/connectors/kafka/client/types.ts';
import { kafkaPipeline, upsertKafkaPipeline } from '../../runtime/connectors/kafka/pipeline/describe.ts';
import type { Lane } from '../../runtime/connectors/kafka/lanes.ts';
import type { KafkaPipelineSpec } from '../../runtime/connectors/kafka/pipeline/spec.ts';
import { RowBuffers, TableWriter } from '../../runtime/connectors/kafka/pipeline/table-writer.ts';
import { TopicHandle } from '../../runtime/connectors/kafka/pipeline/topics.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { PipelineBatch } from '../../runtime/pipelines/contract.ts';
import { rowPlan, viewOf } from '../../runtime/pipelines/rows.ts';

const ROWS = 1024, WARM = 300, ROUNDS = 300, RUNS = 5, PARTITIONS = 12;
const table: TableVersion = {
  id: { schema: 'shop', table: 'orders' }, primaryKey: [0],
  columns: [['id', notNull(BIGINT)], ['user_id', notNull(BIGINT)], ['product', notNull(varchar(50))], ['price', decimal(10, 2)], ['created', timestamp(0)], ['note', STRING]].map(([name, type]) => ({ name, type }) as TableVersion['columns'][number]),
};
const valueOf = (column: number, i: number): unknown => [100_000 + i, i % 977, `product number ${i % 100}`, 12_345 + i, 1_700_000_000_000 + i * 1000, `a note of some length for row ${i}`][column];
/** Updates: every row twice. */
function rows(facts: number, updates: boolean): PipelineBatch {
  const batch = new PipelineBatch(table, table.columns.length + facts);
  for (let c = 0; c < batch.columns.length; c++) for (let i = 0; i < ROWS; i++) batch.columns[c]![i] = c < table.columns.length ? valueOf(c, updates ? i >> 1 : i) : [1_700_000_000_000, 'binlog.000001', 12_345, null, false][c - table.columns.length];
  batch.size = ROWS;
  if (updates) batch.kinds = Uint8Array.from({ length: ROWS }, (_, i) => (i % 2 === 0 ? 1 : 2));
  return batch;
}
/** Appends as a producer does, and begins anew where one would send. */
function sink(): Lane {
  const builders = Array.from({ length: PARTITIONS }, () => new BatchBuilder(Buffer.allocUnsafeSlow(256 * 1024)));
  const append: Producer['append'] = (_topic, partition, key, keyStart, keyEnd, value, valueStart, valueEnd, timestampMs, headers) => {
    let builder = builders[partition]!;
    if (builder.at + BatchBuilder.recordBytes(keyEnd, valueEnd, 1) > builder.bytes.length) builder = builders[partition] = new BatchBuilder(builder.bytes);
    builder.append(key, keyStart, keyEnd, value, valueStart, valueEnd, timestampMs, headers);
  };
  return { producer: { append } as Producer, topics: [new TopicQueues('t', PARTITIONS, 0)], isOpen: true, busy: undefined, free: undefined };
}
function measure(name: string, work: () => void): void {
  for (let i = 0; i < WARM; i++) work();
  const times = Array.from({ length: RUNS }, () => {
    const from = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++) work();
    const used = process.cpuUsage(from);
    return (used.user + used.system) * 1000 / (ROUNDS * ROWS);
  }).sort((a, b) => a - b);
  process.stdout.write(`${name.padEnd(36)} ${times[RUNS >> 1]!.toFixed(0)} ns a row\n`);
}

for (const [connector, format] of [[upsertKafkaPipeline, 'json'], [kafkaPipeline, 'json'], [kafkaPipeline, 'debezium-json'], [kafkaPipeline, 'canal-json'], [kafkaPipeline, 'avro']] as const) {
  const described = connector.describeSink!(new Map([['properties.bootstrap.servers', 'none:1'], ['value.format', format]]), { name: 'bench', pipeline: 'bench', parallelism: undefined, timeZone: 'UTC', ends: false, parseType: () => STRING });
  const spec = described.spec as unknown as KafkaPipelineSpec, topic = new TopicHandle('t', idText(table.id)), lane = sink();
  topic.open(0);
  const writer = new TableWriter(spec, table, topic, new RowBuffers());
  for (const updates of [false, true]) { const batch = rows(spec.facts.length, updates); measure(`${connector.identifier} ${format} ${updates ? 'updates' : 'inserts'}`, () => writer.write(batch, lane, 1_700_000_000_000)); }
}
const column = (index: number) => ({ op: 'column' as const, index, type: BIGINT });
const view = viewOf(table, {
  sources: [], text: 'bench', primaryKeys: [], softDelete: false, bindings: [{
    tables: ['shop.orders'], uses: [{ name: 'id', type: BIGINT, isMetadata: false }, { name: 'user_id', type: BIGINT, isMetadata: false }], filter: { op: 'call', name: '>', args: [column(0), { op: 'literal', value: 0, type: BIGINT }], type: { kind: 'BOOLEAN', nullable: true } },
    projection: [{ kind: 'star' }, { kind: 'computed', name: 'sum', expr: { op: 'call', name: '+', args: [column(0), column(1)], type: BIGINT } }, { kind: 'computed', name: 'twice', expr: { op: 'call', name: '+', args: [column(0), column(0)], type: BIGINT } }],
  }],
}, { sourceFacts: [] });
const plan = rowPlan(view, view.output, { codegen: { functions: functionRegistry, env: { timeZone: 'UTC', nowMs: Date.now, random: Math.random } }, spec: { sourceFacts: [], sinkFacts: [] }, push: () => {} });
for (const updates of [false, true]) { const batch = rows(0, updates); measure(`transform ${updates ? 'updates' : 'inserts'}`, () => plan.push(batch)); }
