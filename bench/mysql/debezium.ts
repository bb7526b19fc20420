/**
 * Debezium's embedded engine as the opponent: its own settings as they ship, JSON without schemas, the row alone as the value
 * (`ExtractNewRecordState`), a Kafka producer as it ships. A start from a place in the binlog is a restart: at the place an engine runs
 * until its offset is stored; every run begins with copies of what it left.
 */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEBEZIUM_VERSION, startDebezium } from '../../tools/services/debezium.ts';
import type { Debezium } from '../../tools/services/debezium.ts';
import { withOutTopic } from '../harness/out-topic.ts';
import { BenchFailure, until } from '../harness/server.ts';
import { recordCount } from '../load/topics.ts';
import { PLACES } from './database.ts';
import type { BenchDatabase } from './database.ts';
import type { CdcEngine, Copy } from './engines.ts';

const FILES = ['offsets', 'history'] as const;

export class DebeziumCdc implements CdcEngine {
  readonly name = 'Debezium';
  static readonly version = DEBEZIUM_VERSION;
  readonly #debezium: Debezium;
  private constructor(debezium: Debezium) { this.#debezium = debezium; }
  static async start(): Promise<DebeziumCdc> { return new DebeziumCdc(await startDebezium()); }

  get pid(): number { return this.#debezium.pid; }
  #file(name: string, place?: string): string { return join(this.#debezium.folder, place === undefined ? name : `${name}-${place}`); }

  /** A reader's offset is stored with a record it has sent, so one is made. */
  async prepare(copy: Copy, place: string, database: BenchDatabase): Promise<void> {
    await withOutTopic(copy.bootstrap, async (topic, client) => {
      await this.#fresh();
      await this.#debezium.startEngine(debeziumSettings({ ...copy, topic }, this.#debezium.folder, 'no_data'));
      // It may take the end of the log after the first of these.
      await until('Debezium to read the binlog', async () => {
        const why = await this.failure();
        if (why !== undefined) throw new BenchFailure(`Debezium failed: ${why}`);
        await database.touch();
        return await recordCount(client, topic) > 0;
      }, 60_000, 500);
      await until('Debezium to read all', async () => {
        const before = await recordCount(client, topic);
        await new Promise((resolve) => { setTimeout(resolve, 1_000); });
        return await recordCount(client, topic) === before;
      });
      await this.#debezium.stopEngine();
    });
    for (const name of FILES) await copyFile(this.#file(name), this.#file(name, place));
  }
  async start(copy: Copy): Promise<void> {
    await this.#fresh();
    if (copy.from !== undefined) for (const name of FILES) await copyFile(this.#file(name, copy.from.name), this.#file(name));
    await this.#debezium.startEngine(debeziumSettings(copy, this.#debezium.folder, 'initial'));
  }
  async end(): Promise<void> { await this.#debezium.stopEngine(); }
  async failure(): Promise<string | undefined> { return await this.#debezium.failure(); }
  async stop(): Promise<void> { await this.#debezium.stop(); }
  async #fresh(): Promise<void> { for (const name of FILES) await rm(this.#file(name), { force: true }); }
}

export function debeziumSettings({ place, bootstrap, table, topic }: Copy, folder: string, mode: 'initial' | 'no_data'): Readonly<Record<string, string>> {
  const [database = ''] = table.split('.');
  return {
    'name': 'bench', 'connector.class': 'io.debezium.connector.mysql.MySqlConnector', 'topic.prefix': 'bench',
    'database.hostname': place.host, 'database.port': String(place.port), 'database.user': place.user, 'database.password': place.password, 'database.server.id': '771101',
    'database.ssl.mode': 'disabled', 'driver.allowPublicKeyRetrieval': 'true', 'database.include.list': database, 'table.include.list': `${table},${database}.${PLACES}`, 'snapshot.mode': mode, 'include.schema.changes': 'false',
    'offset.storage': 'org.apache.kafka.connect.storage.FileOffsetBackingStore', 'offset.storage.file.filename': join(folder, 'offsets'),
    'schema.history.internal': 'io.debezium.storage.file.history.FileSchemaHistory', 'schema.history.internal.file.filename': join(folder, 'history'),
    'converter.schemas.enable': 'false', 'converter.decimal.format': 'numeric', 'transforms': 'unwrap', 'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
    'sink.topic': topic, 'sink.producer.bootstrap.servers': bootstrap,
  };
}
