/**
 * What seeds have in common: a broker, a server that nobody disturbs for the reference runs, and the SQL and topics of a planned job. The
 * reference is the same job over the same topics, bounded to what stands in them, with sinks of its own; it ends by itself.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { KafkaClient } from '../../../runtime/connectors/kafka/client/index.ts';
import { readAll } from '../../../test/kafka/support.ts';
import { ServerProcess } from '../../../test/e2e/server-process.ts';
import type { LocalBroker } from '../../services/kafka-broker.ts';
import { rowsOf, type SinkRecord } from './judge.ts';
import { Problem } from './keeper.ts';
import type { PlannedJob } from './plan.ts';
import { addOptions, topicOf } from './scenario.ts';

export interface World { readonly bootstrap: string; /** undefined: a broker that others use, too, and is left alone. */ readonly broker: LocalBroker | undefined; readonly quiet: ServerProcess; readonly kafka: KafkaClient; close(): Promise<void> }
/** Of every job and its reference: rows of stories, and made-up ones, may hold NULL where a sink's key takes none. */
export const COMMON_SETTINGS = { 'table.exec.sink.not-null-enforcer': 'DROP' } as const;
const REFERENCE_LIMIT_MS = 60_000;

export async function openWorld(bootstrap: string, broker: LocalBroker | undefined): Promise<World> {
  const quiet = await ServerProcess.start(['--parallelism', '2']), kafka = KafkaClient.of(bootstrap);
  return { bootstrap, broker, quiet, kafka, close: async () => { await quiet.remove(); await kafka.close(); } };
}

export interface ScriptOptions {
  readonly bootstrap: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The real name of a topic. */
  readonly topic: (name: string) => string;
  readonly sourceOptions: Readonly<Record<string, string>>;
  readonly sinkOptions: (name: string) => Readonly<Record<string, string>>;
}
/** The whole script of a job, in a session of its own, so its tables are temporary ones. */
export function scriptOf(job: PlannedJob, options: ScriptOptions): string {
  const { scenario } = job, sinks = new Set(scenario.sinks.map((s) => s.name));
  const setup = scenario.setup.map((statement) => {
    const topic = topicOf(statement), full = topic === undefined ? statement : addOptions(statement, sinks.has(topic) ? options.sinkOptions(topic) : options.sourceOptions);
    return full.replace(/^CREATE (TABLE|VIEW)/i, 'CREATE TEMPORARY $1');
  });
  return [...Object.entries(options.settings).map(([key, value]) => `SET '${key}' = '${value}'`), ...setup, scenario.job].map((s) => `${s};\n`).join('')
    .replaceAll(/\$\{topic\.([A-Za-z0-9_]+)\}/g, (_, name: string) => options.topic(name)).replaceAll('${KAFKA}', options.bootstrap);
}

/** The rows each sink must come to, of an undisturbed run over what stands in the input topics now. */
export async function reference(world: World, job: PlannedJob, topic: (name: string) => string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { scenario } = job, sinks = new Set(scenario.sinks.map((s) => s.name)), own = (name: string): string => (sinks.has(name) ? `${topic(name)}-reference` : topic(name));
  await world.kafka.createTopics([...sinks].map((name) => ({ topic: own(name), partitions: 1, replicationFactor: 1 })));
  const script = scriptOf(job, { bootstrap: world.bootstrap, topic: own, settings: { ...COMMON_SETTINGS, 'pipeline.name': `reference of ${scenario.name}`, ...(scenario.ordered ? { 'parallelism.default': '1' } : {}) }, sourceOptions: { 'scan.bounded.mode': 'latest-offset' }, sinkOptions: () => ({}) });
  const { body } = await world.quiet.sql(script), id = body.results?.findLast((r) => r.columns[0]?.name === 'job id')?.rows[0]?.[0];
  if (typeof id !== 'string') throw new Problem(`the reference run of ${scenario.name} was not accepted: ${JSON.stringify(body.error)}`);
  await referenceEnd(world, id, scenario.name);
  const out = new Map<string, readonly string[]>();
  for (const sink of scenario.sinks) {
    const { rows, wrong } = rowsOf(sink, await committed(world.kafka, own(sink.name)));
    if (wrong.length > 0) throw new Problem(`the reference run of ${scenario.name}: ${wrong.join('; ')}`);
    out.set(sink.name, rows);
  }
  await fetch(world.quiet.url(`/api/v1/jobs/${id}`), { method: 'DELETE' });
  await world.kafka.deleteTopics([...sinks].map(own));
  return out;
}
async function referenceEnd(world: World, id: string, name: string): Promise<void> {
  for (const end = Date.now() + REFERENCE_LIMIT_MS; Date.now() < end; await pause(20)) {
    const job = await (await fetch(world.quiet.url(`/api/v1/jobs/${id}`))).json() as { status: string; exceptions?: readonly unknown[] };
    if (job.status === 'FINISHED') return;
    if (job.status === 'FAILED') throw new Problem(`the reference run of ${name} failed: ${JSON.stringify(job.exceptions?.[0])}`);
  }
  throw new Problem(`the reference run of ${name} did not end`);
}
/** What a read_committed reader sees now, in the order of offsets. */
export async function committed(kafka: KafkaClient, topic: string): Promise<(SinkRecord & { readonly partition: number; readonly offset: number })[]> {
  return (await readAll(kafka, topic, { isolation: 'read_committed' })).map(({ partition, offset, key, value }) => ({ partition, offset, key, value }));
}
