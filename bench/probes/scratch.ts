/** Topics a probe needs once: filled with generated text, removed afterwards; and what one bounded job costs over them. */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { median } from '../harness/run.ts';
import type { BenchServer } from '../harness/server.ts';
import { TextWriter } from '../load/text-writer.ts';

/** Records appended before acknowledgements are let in. */
const SLICE = 5_000;

export class ScratchTopics {
  readonly #client: KafkaClient;
  readonly #topics: string[] = [];
  constructor(bootstrap: string) { this.#client = KafkaClient.of(bootstrap); }

  async create(topic: string, partitions: number): Promise<void> {
    await this.#client.createTopics([{ topic, partitions, replicationFactor: -1, configs: { 'retention.ms': '-1' } }]);
    this.#topics.push(topic);
  }
  /** A new topic of `count` records without keys, round robin over its partitions; `write` puts record `i` at the end of the text. */
  async fill(topic: string, partitions: number, count: number, write: (out: TextWriter, i: number) => void): Promise<void> {
    await this.create(topic, partitions);
    const producer = this.#client.producer({ batchSizeBytes: 256 * 1024, lingerMs: 50 }), out = new TextWriter(), now = Date.now();
    await producer.init();
    const target = await producer.topic(topic);
    for (let i = 0; i < count;) {
      if (!producer.hasRoom) await producer.ready();
      for (const stop = Math.min(count, i + SLICE); i < stop; i++) {
        const start = out.begin();
        write(out, i);
        producer.append(target, i % partitions, null, -1, -1, out.bytes, start, out.at, now, null);
      }
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    await producer.flush();
    await producer.close();
  }
  async remove(): Promise<void> {
    if (this.#topics.length > 0) await this.#client.deleteTopics(this.#topics).catch(() => {});
    await this.#client.close();
  }
}

export interface Cost { readonly cpuSeconds: number; readonly seconds: number }
/** CPU of the whole server and time of bounded jobs, submitted together and waited for. */
export async function costOf(server: BenchServer, ...statements: readonly string[]): Promise<Cost> {
  const cpu = cpuSeconds(server.pid), from = performance.now(), ids: string[] = [];
  for (const sql of statements) ids.push(await server.submit(sql));
  for (const id of ids) await server.waitFinished(id);
  return { cpuSeconds: cpuSeconds(server.pid) - cpu, seconds: (performance.now() - from) / 1000 };
}
/** The medians of `runs`, after one that is not counted: it compiles what the others run. */
export async function medianCost(server: BenchServer, runs: number, sql: string): Promise<Cost> {
  await costOf(server, sql);
  const costs: Cost[] = [];
  for (let run = 0; run < runs; run++) costs.push(await costOf(server, sql));
  return { cpuSeconds: median(costs.map((c) => c.cpuSeconds)), seconds: median(costs.map((c) => c.seconds)) };
}
