/**
 * Kafka → filter → Kafka at 1,000 records a second: age of a record when a reader gets it, at least once and exactly once (checkpoints
 * every second; a record is visible with its transaction). Beside it the floor, a reader of the topic written to (`paced.ts`), and how
 * long the server's threads stood ready without getting a processor: both grow with what else the machine does. Bar: at least once,
 * p99 ≤ 15 ms.
 */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { cpuSeconds } from '../harness/proc.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer, until } from '../harness/server.ts';
import { createWhenGone, PARTITIONS } from '../load/topics.ts';
import { pacedRun } from './paced.ts';
import { pause, round, spread } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { processorWaitSeconds } from './threads.ts';

const PER_SECOND = 1_000, SECONDS = 20, WARM_UP_SECONDS = 5;

const statements = (bench: Bench, into: string, outOf: string, guarantee: string): string => `
SET 'execution.checkpointing.interval' = '1 s';
${Object.entries(bench.settings).map(([key, value]) => `SET '${key}' = '${value}';`).join('\n')}
CREATE TEMPORARY TABLE source (id BIGINT, sent BIGINT, pad STRING) WITH ('connector' = 'kafka', 'topic' = '${into}', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'scan.startup.mode' = 'latest-offset', 'format' = 'json');
CREATE TEMPORARY TABLE sink (id BIGINT, sent BIGINT, pad STRING) WITH ('connector' = 'kafka', 'topic' = '${outOf}', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'format' = 'json', 'sink.delivery-guarantee' = '${guarantee}'${guarantee === 'exactly-once' ? `, 'sink.transactional-id-prefix' = '${outOf}'` : ''});
INSERT INTO sink SELECT id, sent, pad FROM source WHERE MOD(id, 10) <> 0;`;

async function measure(bench: Bench): Promise<Figures> {
  const client = KafkaClient.of(bench.bootstrap), prefix = `rivulet-bench.latency.${process.pid}`, into = `${prefix}.in`, outOf = [`${prefix}.at-least-once`, `${prefix}.exactly-once`] as const;
  try {
    for (const topic of [into, ...outOf]) await createWhenGone(client, topic);
    const through = async (guarantee: string, topic: string): Promise<Figures> => {
      const server = await BenchServer.start(bench.server), what = `${guarantee.replaceAll('-', ' ')},`;
      try {
        const job = await server.submit(statements(bench, into, topic, guarantee));
        await until('the job to run', async () => (await server.statuses()).get(job) === 'RUNNING');
        await pause(500);
        const waited = processorWaitSeconds(server.pid), cpu = cpuSeconds(server.pid);
        const figures = await pacedRun({
          bootstrap: bench.bootstrap, into, outOf: topic, partitions: PARTITIONS, perSecond: PER_SECOND, seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS,
          isolation: guarantee === 'exactly-once' ? 'read_committed' : 'read_uncommitted', comesOut: (id) => id % 10 !== 0,
        });
        const perSecond = (seconds: number): number => round(seconds / (SECONDS + WARM_UP_SECONDS) * 100, 1);
        return {
          ...spread(what, figures.ageMs, 2), ...spread(`${what} of it Kafka and bench,`, figures.floorMs, 2), ...spread(`${what} added,`, figures.addedMs, 2),
          [`${what} CPU of the server, % of a core`]: perSecond(cpuSeconds(server.pid) - cpu), [`${what} its threads waiting for a processor, % of the time`]: perSecond(processorWaitSeconds(server.pid) - waited),
          [`${what} timers of the bench late by, p99, ms`]: round(figures.loopDelayMs, 2),
        };
      } finally { await server.remove(); }
    };
    return { ...await through('at-least-once', outOf[0]), ...await through('exactly-once', outOf[1]) };
  } finally {
    await client.deleteTopics([into, ...outOf]).catch(() => {});
    await client.close();
  }
}
export const latency: Probe = { name: 'latency', title: `Latency at ${PER_SECOND.toLocaleString('en')} records/s, Kafka → filter → Kafka`, reads: [], run: measure };
