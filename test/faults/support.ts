/** Shared by the fault tests: a server, a Kafka client, raw records in and out, jobs and how they end. */
import { readFileSync } from 'node:fs';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import type { Producer } from '../../runtime/connectors/kafka/client/types.ts';
import { ServerProcess, bootstrap, eventually } from '../e2e/server-process.ts';
import { readAll, type PlainRecord } from '../kafka/support.ts';

export { eventually, ServerProcess, bootstrap };
export type Bytes = Buffer | string | null;
export interface NodeFacts { type: string; activity: string[]; counters: Record<string, number>; recordsIn: number; recordsOut: number }
export interface JobFacts { nodes: NodeFacts[];  id: string; status: string; restarts: number; lastError: string | null; restoredFrom: string; exceptions: { message: string; detail?: string; code: string; hint?: string }[]; checkpoints: { status: string }[] }
type Result = { columns: { name: string }[]; rows: unknown[][] };

const bytesOf = (text: Bytes): Buffer | null => (typeof text === 'string' ? Buffer.from(text) : text);
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One server and one Kafka for a file of tests; topics carry a prefix of their own. */
export class Bench {
  readonly server: ServerProcess;
  readonly kafka: KafkaClient;
  readonly prefix: string;
  readonly broker: string;
  private readonly made: string[] = [];
  private producer: Producer | undefined;
  private constructor(server: ServerProcess, broker: string, area: string) {
    this.server = server;
    this.broker = broker;
    this.kafka = KafkaClient.of(broker);
    this.prefix = `faults-${area}-${process.pid}-${Date.now().toString(36)}-`;
  }
  static async open(area: string, options: readonly string[] = ['--parallelism', '1'], broker = bootstrap()): Promise<Bench> {
    return new Bench(await ServerProcess.start(options), broker, area);
  }
  async close(): Promise<void> {
    await this.server.remove();
    await this.kafka.deleteTopics(this.made).catch(() => {});
    await this.kafka.close();
  }
  name(base: string): string { return this.prefix + base; }
  async topic(base: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.name(base);
    await this.kafka.createTopics([{ topic, partitions, replicationFactor: 1, configs }]);
    this.made.push(topic);
    return topic;
  }
  /** Appends records as they are; resolves when they are acknowledged. */
  async send(base: string, records: readonly (readonly [key: Bytes, value: Bytes])[], partition = 0): Promise<void> {
    if (this.producer === undefined) { this.producer = this.kafka.producer({ lingerMs: 0, maxRequestBytes: 64 * 1024 * 1024 }); await this.producer.init(); }
    const topic = await this.producer.topic(this.name(base));
    for (const [k, v] of records) { const key = bytesOf(k), value = bytesOf(v); this.producer.append(topic, partition, key, 0, key?.length ?? -1, value, 0, value?.length ?? -1, Date.now(), null); }
    await this.producer.flush();
  }
  /** After partitions were added: the writer looks a topic up once. */
  async renewWriter(): Promise<void> { await this.producer?.close(); this.producer = undefined; }
  async values(base: string, values: readonly Bytes[]): Promise<void> { await this.send(base, values.map((v) => [null, v] as const)); }
  async records(base: string, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): Promise<PlainRecord[]> { return await readAll(this.kafka, this.name(base), { isolation, partitionMaxBytes: 32 * 1024 * 1024 }); }
  /** Text of the WITH clause of a table on one of our topics. */
  with(base: string, options: Readonly<Record<string, string>> = {}, connector = 'kafka'): string {
    const all = { connector, topic: this.name(base), 'properties.bootstrap.servers': this.broker, ...(connector === 'kafka' ? { format: 'json', 'scan.startup.mode': 'earliest-offset' } : { 'key.format': 'json', 'value.format': 'json' }), ...options };
    return `WITH (${Object.entries(all).map(([key, value]) => `${literal(key)} = ${literal(value)}`).join(', ')})`;
  }
  /** Runs a script over HTTP; throws the server's error with its parts. Each call is a session of its own. */
  async sql(text: string): Promise<Result[]> {
    const { body } = await this.server.sql(text);
    if (body.error !== undefined) throw Object.assign(new Error(String(body.error['message'])), body.error);
    return body.results ?? [];
  }
  async rows(text: string): Promise<unknown[][]> { return (await this.sql(text)).at(-1)?.rows ?? []; }
  /** The error a script must end with, as one text of all its parts. */
  async refusal(text: string): Promise<string> {
    const { body } = await this.server.sql(text);
    if (body.error === undefined) throw new Error(`was not refused: ${text.slice(0, 200)}`);
    return JSON.stringify(body.error);
  }
  /** Runs a script that ends in an INSERT or a statement set; gives the id of its job. */
  async submit(text: string): Promise<string> {
    const id = (await this.sql(text)).findLast((r) => r.columns[0]?.name === 'job id')?.rows[0]?.[0];
    if (typeof id !== 'string') throw new Error('the script started no job');
    return id;
  }
  async job(id: string): Promise<JobFacts> { return await (await fetch(this.server.url(`/api/v1/jobs/${id}`))).json() as JobFacts; }
  async status(id: string, wanted: string, limitMs = 20_000): Promise<JobFacts> {
    let last: JobFacts | undefined;
    try {
      return await eventually(`status ${wanted} of job ${id}`, async () => { last = await this.job(id); return last.status === wanted && last; }, limitMs);
    } catch (error) { throw new Error(`${(error as Error).message}; it is ${last?.status}: ${JSON.stringify(last?.exceptions?.[0])}`); }
  }
  /** What its nodes of the type do: `retrying since …: why` and the like. */
  async activity(id: string, type: 'source' | 'sink'): Promise<string> { return (await this.job(id)).nodes.filter((n) => n.type === type).flatMap((n) => n.activity).join(' | '); }
  /** A counter, summed over the nodes of the job. */
  async counter(id: string, name: string): Promise<number> { return (await this.job(id)).nodes.reduce((sum, n) => sum + (n.counters[name] ?? 0), 0); }
  /** Processor time the server, or its main thread, has used so far, in seconds. */
  cpuSeconds(of: 'process' | 'main thread' = 'process'): number {
    const fields = readFileSync(of === 'process' ? `/proc/${this.server.pid}/stat` : `/proc/${this.server.pid}/task/${this.server.pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
  /** Resident memory of the server, in megabytes. */
  residentMegabytes(): number { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.server.pid}/status`, 'latin1'))?.[1]) / 1000; }
  /** How the job failed: message, detail and hint in one text. */
  async failure(id: string): Promise<string> {
    const { exceptions: [first] } = await this.status(id, 'FAILED');
    return `${first?.message} | ${first?.detail} | ${first?.hint}`;
  }
  async printed(id: string, count: number): Promise<string[]> {
    let lines: string[] = [];
    try {
      return await eventually(`${count} printed rows`, async () => { lines = await this.server.printed(id); return lines.length >= count && lines; });
    } catch (error) { throw new Error(`${(error as Error).message}; there are ${JSON.stringify(lines)}; job ${JSON.stringify(await this.job(id))}`.slice(0, 3000)); }
  }
}
