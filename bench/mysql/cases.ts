/**
 * `mysql-snapshot` and `mysql-stream`: Rivulet and Debezium copy the same rows of the same MySQL into Kafka, in turn, each in a process
 * that stays warm. What each has written first is compared with the table, key by key, before its figures count.
 */
import type { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { compared, summarize } from '../harness/figures.ts';
import type { EngineFigures, RunFigures } from '../harness/figures.ts';
import { withOutTopic } from '../harness/out-topic.ts';
import { BenchFailure } from '../harness/server.ts';
import type { ServerOptions } from '../harness/server.ts';
import type { Figures } from '../probes/probe.ts';
import { BenchDatabase } from './database.ts';
import type { MySqlPlace, Position } from './database.ts';
import { DebeziumCdc } from './debezium.ts';
import { RivuletCdc, timedCopy } from './engines.ts';
import type { CdcEngine } from './engines.ts';
import { lastValuesOf } from './last-values.ts';
import { latencyOf } from './latency.ts';
import { fillTable, loads } from './load.ts';

export interface MySqlBench {
  readonly bootstrap: string;
  readonly place: MySqlPlace;
  /** Of the table. */
  readonly rows: number;
  readonly runs: number;
  readonly warmUps: number;
  readonly server: ServerOptions;
  readonly debezium: boolean;
}
/** One line of the results: Rivulet's figures at the top level, Debezium's under `debezium` when it ran. `records`: rows, or changes of rows. */
export interface CopyFigures extends EngineFigures {
  readonly mysql: string;
  readonly title: string;
  readonly records: number;
  /** As the server calls itself. */
  readonly mysqlVersion: string;
  readonly debezium?: (EngineFigures & { readonly version: string }) | undefined;
  /** Median over the pairs of Debezium's CPU time by Rivulet's. */
  readonly ratio?: number | undefined;
  /** Rivulet's peak memory by Debezium's. */
  readonly memory?: number | undefined;
}
type Tell = (line: string) => void;
interface Work { readonly name: string; readonly title: string; readonly table: string; readonly from: Position | undefined; readonly records: number; /** Every id is below it. */ readonly ids: number }

export async function snapshotCase(bench: MySqlBench, tell: Tell): Promise<readonly CopyFigures[]> {
  return await withDatabase(bench, async (database) => {
    const table = await filled(database, bench.rows, tell);
    return await withEngines(bench, async (engines) => [await compare(bench, database, engines, { name: 'snapshot', title: 'the rows of a table', table, from: undefined, records: bench.rows, ids: bench.rows }, tell)]);
  });
}
/** @param only the name of one load; all of them when undefined */
export async function streamCase(bench: MySqlBench, tell: Tell, only: string | undefined): Promise<readonly CopyFigures[]> {
  return await withDatabase(bench, async (database) => {
    const table = await filled(database, bench.rows, tell);
    return await withEngines(bench, async (engines) => {
      const figures: CopyFigures[] = [];
      for (const load of loads(bench.rows).filter((one) => only === undefined || one.name === only)) {
        for (const engine of engines) await engine.prepare({ place: bench.place, bootstrap: bench.bootstrap, table, topic: '', from: undefined }, load.name, database);
        const from = await database.position(load.name), began = performance.now();
        await load.write(database.connection, table);
        tell(`${load.title}: ${load.changes.toLocaleString('en')} changes written in ${((performance.now() - began) / 1000).toFixed(1)} s`);
        figures.push(await compare(bench, database, engines, { name: `stream-${load.name}`, title: load.title, table, from, records: load.changes, ids: bench.rows * 7 + 20_000 }, tell));
      }
      return figures;
    });
  });
}

async function withDatabase<T>(bench: MySqlBench, work: (database: BenchDatabase) => Promise<T>): Promise<T> {
  const database = await BenchDatabase.create(bench.place, `rivulet_bench_${process.pid}`);
  try { return await work(database); } finally { await database.remove(); }
}
async function filled(database: BenchDatabase, rows: number, tell: Tell): Promise<string> {
  const table = await database.table('items'), began = performance.now();
  await fillTable(database.connection, table, rows);
  tell(`${table}: ${rows.toLocaleString('en')} rows written in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return table;
}
async function withEngines<T>(bench: MySqlBench, work: (engines: readonly CdcEngine[]) => Promise<T>): Promise<T> {
  const engines: CdcEngine[] = [];
  try {
    engines.push(await RivuletCdc.start(bench.server));
    if (bench.debezium) engines.push(await DebeziumCdc.start());
    return await work(engines);
  } finally { for (const engine of engines) await engine.stop(); }
}

async function compare(bench: MySqlBench, database: BenchDatabase, engines: readonly CdcEngine[], work: Work, tell: Tell): Promise<CopyFigures> {
  const made = { Rivulet: { runs: [] as RunFigures[], warmUp: [] as RunFigures[] }, Debezium: { runs: [] as RunFigures[], warmUp: [] as RunFigures[] } };
  for (let run = -bench.warmUps; run < bench.runs; run++) {
    const pair: string[] = [], isFirst = run === -bench.warmUps;
    for (const engine of engines) {
      const figures = await withOutTopic(bench.bootstrap, async (topic, client) => {
        const copied = await timedCopy(engine, { place: bench.place, bootstrap: bench.bootstrap, table: work.table, topic, from: work.from }, client, work.records);
        if (isFirst) await assertCopied(engine, client, topic, database, work);
        return copied;
      });
      (run < 0 ? made[engine.name].warmUp : made[engine.name].runs).push(figures);
      pair.push(`${engine.name} ${figures.seconds.toFixed(2)} s, ${figures.cpuSeconds.toFixed(2)} CPU s, ${figures.peakMib.toFixed(0)} MiB`);
    }
    if (isFirst) tell(`${work.name}: ${work.records.toLocaleString('en')} keys, the same rows in the table and in the topic of ${engines.map((engine) => engine.name).join(' and of ')}`);
    tell(`${work.name}: ${pair.join(' | ')}${run < 0 ? ' (warm-up)' : ''}`);
  }
  const debezium = made.Debezium.runs.length === 0 ? {} : { debezium: { version: DebeziumCdc.version, ...summarize(work.records, made.Debezium) }, ...compared(made.Rivulet.runs, made.Debezium.runs) };
  return { mysql: work.name, title: work.title, records: work.records, mysqlVersion: await database.version(), ...summarize(work.records, made.Rivulet), ...debezium };
}

/** Every load changes each of its keys once, so the last word on each is what the table holds now. */
async function assertCopied(engine: CdcEngine, client: KafkaClient, topic: string, database: BenchDatabase, work: Work): Promise<void> {
  const values = await lastValuesOf(client, topic, work.ids), why = values.keys === work.records ? values.difference(await database.lastValues(work.table, work.ids)) : `${values.keys} keys instead of ${work.records}`;
  if (why !== undefined) throw new BenchFailure(`what ${engine.name} wrote to Kafka is not what the table holds: ${why}`);
}

/** Both engines one after the other, the table theirs alone: rows of the next one have other ids. */
export async function latencyCase(bench: MySqlBench, tell: Tell): Promise<Figures> {
  return await withDatabase(bench, async (database) => {
    const table = await database.table('items');
    return await withEngines(bench, async (engines) => {
      const figures: Record<string, number> = {};
      for (const [i, engine] of engines.entries()) {
        Object.assign(figures, await latencyOf(engine, database, bench.bootstrap, table, i * 1_000_000));
        tell(`mysql-latency: ${engine.name} done`);
      }
      return figures;
    });
  });
}
