/**
 * CPU µs of a row on its way out of MySQL, without Kafka: `node bench/micro/mysql.ts [ROWS]`, with MYSQL_URL. The reader of changes of
 * pipelines polled in this process: rows of a snapshot and changes of the binlog (the loads of `mysql-stream`), read only, and written
 * as the keys and values of upsert-kafka into buffers that are thrown away. The least of some rounds; the first compile.
 */
import { INSERT, UPDATE_BEFORE, type ChangeBatch } from '../../core/row/batch.ts';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { SourceNode } from '../../planner/physical/plan.ts';
import type { SourceContext } from '../../runtime/connectors/contract.ts';
import { mysqlPipelineSource } from '../../runtime/connectors/mysql/cdc/pipeline-source.ts';
import type { MySqlPipelineSpec } from '../../runtime/connectors/mysql/cdc/spec.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { compileRowWriter, type RowWriter } from '../../runtime/formats/json/encode.ts';
import { parseJsonSettings } from '../../runtime/formats/json/descriptor.ts';
import type { PipelineBatch, TableVersion } from '../../runtime/pipelines/contract.ts';
import { BenchDatabase, placeOf } from '../mysql/database.ts';
import type { Position } from '../mysql/database.ts';
import { fillTable, loads } from '../mysql/load.ts';

const ROWS = Number(process.argv[2] ?? 300_000), ROUNDS = 5;
const place = placeOf(process.env['MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306');

function specOf(table: string, from: Position | undefined): MySqlPipelineSpec {
  return {
    table: 'micro', server: { ...place, tls: null, compress: false, connectTimeoutMs: 10_000 }, serverIds: null, include: [table.replace('.', '\\.')], exclude: [],
    startup: { mode: from === undefined ? 'initial' : 'specific-offset', file: null, pos: null, gtids: from?.gtids ?? null, skipEvents: 0, skipRows: 0, timestampMs: null },
    chunkSize: 8096, fetchSize: 1024, chunkKeys: [], evenFactor: [0.05, 1000], connections: 4, skipBackfill: false, unboundedChunkFirst: false, heartbeatMs: 30_000, maxRetries: 3, timeZone: null, newTables: 'ignore',
    schemaChanges: true, tinyint1AsBoolean: true, legacyJson: true, appendOnly: false, comments: false, facts: [],
  };
}
class Encoders {
  readonly key = new GrowingBuffer();
  readonly value = new GrowingBuffer();
  bytes = 0;
  #version: TableVersion | undefined;
  #writeKey: RowWriter = () => {};
  #writeValue: RowWriter = () => {};
  write(batch: PipelineBatch): void {
    const { table } = batch;
    if (table !== this.#version) {
      this.#version = table;
      const fields = table.columns.map((c, column) => ({ name: c.name, type: c.type, column })), settings = parseJsonSettings(new Map());
      this.#writeValue = compileRowWriter(fields, settings);
      this.#writeKey = compileRowWriter(fields.filter((f) => table.primaryKey.includes(f.column)), settings);
    }
    for (let row = 0; row < batch.size; row++) {
      if ((batch.kinds === null ? INSERT : batch.kinds[row]) === UPDATE_BEFORE) continue;
      this.key.length = this.value.length = 0;
      this.#writeKey(batch, row, this.key);
      this.#writeValue(batch, row, this.value);
      this.bytes += this.key.length + this.value.length;
    }
  }
}
/** Reads until so many changes have come (both rows of an update are one) and gives the CPU time of each in µs. */
async function read(table: string, from: Position | undefined, changes: number, encoders: Encoders | undefined): Promise<number> {
  const node: SourceNode = { id: 'n', type: 'source', inputs: [], connector: 'mysql-pipeline', spec: specOf(table, from) as unknown as Json, table: 'micro', upsertKeys: [], label: '', changelog: { insert: true, updateBefore: true, updateAfter: true, delete: true }, columns: [], fields: [] };
  const counter = { value: 0 }, context: SourceContext = { subtask: 0, parallelism: 1, jobId: 'micro', bounded: false, timeZone: 'UTC', takesSlices: true, nowMs: () => Date.now(), log: () => {}, counter: () => counter };
  let wake = (): void => {}, woken = false, seen = 0;
  const push = (batch: ChangeBatch): void => {
    const { event } = batch as PipelineBatch, { kinds, size } = batch;
    if (event !== null) return;
    if (kinds === null) seen += size; else for (let row = 0; row < size; row++) if (kinds[row] !== UPDATE_BEFORE) seen++;
    encoders?.write(batch as PipelineBatch);
  };
  const reader = mysqlPipelineSource.create(node, context, () => { woken = true; wake(); }), began = process.cpuUsage();
  await reader.open(undefined);
  try {
    while (seen < changes) {
      woken = false;
      if (reader.poll({ push }) === 'more' || woken) { await new Promise((resolve) => { setImmediate(resolve); }); continue; }
      await new Promise<void>((resolve) => { const timer = setTimeout(resolve, 100); wake = () => { clearTimeout(timer); resolve(); }; });
    }
  } finally { await reader.close(); }
  const used = process.cpuUsage(began);
  return (used.user + used.system) / changes;
}
async function measure(name: string, table: string, from: Position | undefined, changes: number): Promise<void> {
  const only: number[] = [], written: number[] = [], encoders = new Encoders();
  for (let round = 0; round < ROUNDS; round++) {
    only.push(await read(table, from, changes, undefined));
    written.push(await read(table, from, changes, encoders));
  }
  console.log(`${name.padEnd(14)} read ${Math.min(...only).toFixed(2)} µs, and written as JSON ${Math.min(...written).toFixed(2)} µs (${(encoders.bytes / ROUNDS / changes).toFixed(0)} bytes)`);
}

const database = await BenchDatabase.create(place, `rivulet_bench_micro_${process.pid}`);
try {
  const table = await database.table('items');
  await fillTable(database.connection, table, ROWS);
  await measure('snapshot', table, undefined, ROWS);
  for (const load of loads(ROWS)) {
    const from = await database.position(load.name);
    await load.write(database.connection, table);
    await measure(load.name, table, from, load.changes);
  }
} finally { await database.remove(); }
