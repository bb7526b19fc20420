/** Runs one query several times in one server and takes the medians. */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { createWhenGone, recordCount, topicPrefix } from '../load/topics.ts';
import type { TopicKind } from '../load/topics.ts';
import { cpuSeconds, memoryMib, resetPeak } from './proc.ts';
import { loadQuery } from './queries.ts';
import { BenchFailure, BenchServer } from './server.ts';
import type { ServerOptions } from './server.ts';

export interface RunFigures { readonly seconds: number; readonly cpuSeconds: number; readonly peakMib: number; readonly sinkRows: number }
export interface QueryFigures {
  readonly query: string;
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly recordsPerCpuSecond: number;
  readonly peakMib: number;
  readonly sinkRows: number;
  readonly runs: readonly RunFigures[];
}
export interface Bench { readonly bootstrap: string; readonly scale: number; readonly runs: number; readonly server: ServerOptions; readonly settings: Readonly<Record<string, string>> }

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** @param counts records per topic, see `ensureTopics` */
export async function runQuery(bench: Bench, name: string, counts: ReadonlyMap<TopicKind, number>): Promise<QueryFigures> {
  const server = await BenchServer.start(bench.server), runs: RunFigures[] = [];
  const records = loadQuery(name, placesOf(bench, '')).reads.reduce((n, kind) => n + (counts.get(kind) ?? 0), 0);
  try {
    for (let run = 0; run < bench.runs; run++) {
      const outTopic = `rivulet-bench.out.${process.pid}.${run}`, query = loadQuery(name, placesOf(bench, outTopic));
      runs.push(query.sql.includes(outTopic) ? await withOutTopic(bench.bootstrap, outTopic, records, () => once(server, query.sql)) : await once(server, query.sql));
    }
  } finally { await server.remove(); }
  const sinkRows = runs[0]?.sinkRows ?? 0;
  return {
    query: name, records, recordsPerSecond: Math.round(records / median(runs.map((r) => r.seconds))), recordsPerCpuSecond: Math.round(records / median(runs.map((r) => r.cpuSeconds))),
    peakMib: Math.round(median(runs.map((r) => r.peakMib))), sinkRows, runs,
  };
}
export function placesOf(bench: Bench, outTopic: string): { bootstrap: string; prefix: string; outTopic: string; settings: Readonly<Record<string, string>> } {
  return { bootstrap: bench.bootstrap, prefix: topicPrefix(bench.scale), outTopic, settings: bench.settings };
}

async function once(server: BenchServer, sql: string): Promise<RunFigures> {
  resetPeak(server.pid);
  const cpu = cpuSeconds(server.pid), id = await server.submit(sql);
  await server.waitFinished(id);
  const used = cpuSeconds(server.pid) - cpu, peakMib = memoryMib(server.pid).peak, job = await server.job(id);
  return { seconds: ((job.endTimeMs ?? NaN) - job.startTimeMs) / 1000, cpuSeconds: used, peakMib, sinkRows: job.nodes.filter((node) => node.type === 'sink').reduce((n, node) => n + node.recordsIn, 0) };
}

/** A sink topic for one run; it must hold every record afterwards. */
async function withOutTopic(bootstrap: string, topic: string, records: number, run: () => Promise<RunFigures>): Promise<RunFigures> {
  const client = KafkaClient.of(bootstrap);
  try {
    await createWhenGone(client, topic);
    const figures = await run(), written = await recordCount(client, topic);
    if (written !== records) throw new BenchFailure(`${topic} holds ${written} records, not ${records}`);
    return figures;
  } finally {
    await client.deleteTopics([topic]).catch(() => {});
    await client.close();
  }
}
