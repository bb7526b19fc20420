/**
 * Readers of MySQL behind one face: a warm process that copies a table's rows, or a stretch of the binlog, into a topic until so many
 * records are there, and tells what that took. Both write the same records: the key as a JSON object, the whole row as the value, a
 * deleted row as a tombstone.
 */
import type { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { Usage } from '../harness/engines.ts';
import type { RunFigures } from '../harness/figures.ts';
import { BenchFailure, BenchServer } from '../harness/server.ts';
import type { ServerOptions } from '../harness/server.ts';
import { recordCount } from '../load/topics.ts';
import type { BenchDatabase, MySqlPlace, Position } from './database.ts';

/** What is copied. `from`: the rows of the table as they are (undefined), or the changes behind a place of the binlog. */
export interface Copy {
  readonly place: MySqlPlace;
  readonly bootstrap: string;
  /** `database.table` */
  readonly table: string;
  readonly topic: string;
  readonly from: Position | undefined;
}
export interface CdcEngine {
  readonly name: 'Rivulet' | 'Debezium';
  /** Of the process that is measured. */
  readonly pid: number;
  /** What must happen so that a copy can start from the end of the binlog as it is now. @param place the name that `copy.from` will have */
  prepare(copy: Copy, place: string, database: BenchDatabase): Promise<void>;
  start(copy: Copy): Promise<void>;
  /** Ends the copying; the process stays. */
  end(): Promise<void>;
  /** Why the copying failed, if it did. */
  failure(): Promise<string | undefined>;
  stop(): Promise<void>;
}

const POLL_MS = 20, LIMIT_MS = 1_800_000;

/** From before the start until `records` are in the topic. */
export async function timedCopy(engine: CdcEngine, copy: Copy, client: KafkaClient, records: number): Promise<RunFigures> {
  const usage = new Usage([engine.pid]), from = performance.now();
  await engine.start(copy);
  try {
    await untilRecords(engine, copy, client, records);
    return { seconds: Number(((performance.now() - from) / 1000).toFixed(3)), ...usage.read(), sinkRows: records };
  } finally { await engine.end(); }
}
async function untilRecords(engine: CdcEngine, copy: Copy, client: KafkaClient, records: number): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  for (let polls = 1; ; polls++) {
    const there = await recordCount(client, copy.topic);
    if (there >= records) return;
    if (polls % 10 === 0) {
      const why = await engine.failure();
      if (why !== undefined) throw new BenchFailure(`${engine.name} failed: ${why}`);
    }
    if (performance.now() > end) throw new BenchFailure(`${engine.name} wrote ${there} of ${records} records in ${LIMIT_MS / 60_000} minutes`);
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

/** A pipeline in the real server. */
export class RivuletCdc implements CdcEngine {
  readonly name = 'Rivulet';
  readonly #server: BenchServer;
  #job: string | undefined;
  private constructor(server: BenchServer) { this.#server = server; }
  static async start(options: ServerOptions): Promise<RivuletCdc> { return new RivuletCdc(await BenchServer.start(options)); }

  get pid(): number { return this.#server.pid; }
  /** A start from a place needs nothing but the place. */
  async prepare(): Promise<void> {}
  async start(copy: Copy): Promise<void> { this.#job = await this.#server.submitPipeline(pipelineYaml(copy)); }
  async end(): Promise<void> {
    if (this.#job !== undefined) await this.#server.cancel(this.#job);
    this.#job = undefined;
  }
  async failure(): Promise<string | undefined> { return this.#job === undefined ? undefined : await this.#server.jobFailure(this.#job); }
  /** In order, so that a profile is written. */
  async stop(): Promise<void> { await this.#server.remove('SIGTERM'); }
}

export function pipelineYaml({ place, bootstrap, table, topic, from }: Copy): string {
  const offset = from?.gtids === '' ? `  scan.startup.specific-offset.file: ${from.file}\n  scan.startup.specific-offset.pos: ${from.pos}\n` : `  scan.startup.specific-offset.gtid-set: ${from?.gtids}\n`;
  const startup = from === undefined ? '  scan.startup.mode: initial\n' : `  scan.startup.mode: specific-offset\n${offset}`;
  return `source:
  type: mysql
  hostname: ${place.host}
  port: ${place.port}
  username: ${place.user}
  password: ${JSON.stringify(place.password)}
  tables: ${table}
${startup}sink:
  type: upsert-kafka
  properties.bootstrap.servers: ${bootstrap}
route:
  - source-table: ${table}
    sink-table: ${topic}
`;
}
