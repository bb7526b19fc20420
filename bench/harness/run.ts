/** Runs one query on both engines in turn, in one living server and one living cluster, and takes the figures together. */
import { topicPrefix } from '../load/topics.ts';
import type { TopicKind } from '../load/topics.ts';
import { FlinkEngine, RivuletEngine } from './engines.ts';
import type { Engine } from './engines.ts';
import { compared, median, summarize, summarizeFlink } from './figures.ts';
import type { QueryFigures, RunFigures } from './figures.ts';
import { readCommitted, withOutTopic } from './out-topic.ts';
import { cardOf, loadQuery } from './queries.ts';
import { assertSameResults } from './same-results.ts';
import { BenchFailure } from './server.ts';
import type { ServerOptions } from './server.ts';

export { median };
export interface Bench {
  readonly bootstrap: string;
  readonly scale: number;
  /** Runs of each engine; with Flink they are pairs. */
  readonly runs: number;
  /** Runs of each engine before those, not counted. */
  readonly warmUps: number;
  readonly server: ServerOptions;
  readonly settings: Readonly<Record<string, string>>;
  readonly flink: boolean;
}
/** Size of the topics whose results are compared before a query is timed. */
export const CHECK_SCALE = 0.02;

/**
 * @param counts records per topic, see `ensureTopics`; those of `CHECK_SCALE` must be there too when Flink runs
 * @param tell a line for the user after each pair
 */
export async function runQuery(bench: Bench, name: string, counts: ReadonlyMap<TopicKind, number>, tell: (line: string) => void): Promise<QueryFigures> {
  const engines: Engine[] = [], { taskManagerMib } = cardOf(name), { parallelism } = bench.server, made = { Rivulet: freshRuns(), Flink: freshRuns() };
  const records = loadQuery(name, placesOf(bench, '')).reads.reduce((n, kind) => n + (counts.get(kind) ?? 0), 0);
  try {
    engines.push(await RivuletEngine.start(bench.server));
    if (bench.flink) {
      engines.push(await FlinkEngine.start(taskManagerMib, parallelism));
      const rows = await assertSameResults(engines, bench.bootstrap, (topic) => loadQuery(name, placesOf({ ...bench, scale: CHECK_SCALE }, topic)).sql);
      tell(`${name}: same result of both engines over a small topic, ${rows.toLocaleString('en')} rows`);
    }
    for (let run = -bench.warmUps; run < bench.runs; run++) {
      const pair: string[] = [];
      for (const engine of engines) {
        const figures = await once(bench, engine, name, records), { runs, warmUp } = made[engine.name];
        (run < 0 ? warmUp : runs).push(figures);
        pair.push(`${engine.name} ${figures.seconds.toFixed(2)} s, ${figures.cpuSeconds.toFixed(2)} CPU s, ${figures.peakMib.toFixed(0)} MiB`);
      }
      tell(`${name}: ${pair.join(' | ')}${run < 0 ? ' (warm-up)' : ''}`);
    }
  } finally { for (const engine of engines) await engine.stop(); }
  const flink = bench.flink ? { flink: summarizeFlink(records, made.Flink, FlinkEngine.version, taskManagerMib), ...compared(made.Rivulet.runs, made.Flink.runs) } : {};
  return { query: name, records, ...summarize(records, made.Rivulet), sinkRows: made.Rivulet.runs[0]?.sinkRows ?? 0, ...flink };
}
function freshRuns(): { runs: RunFigures[]; warmUp: RunFigures[] } { return { runs: [], warmUp: [] }; }
export function placesOf(bench: Pick<Bench, 'bootstrap' | 'scale' | 'settings'>, outTopic: string): { bootstrap: string; prefix: string; outTopic: string; settings: Readonly<Record<string, string>> } {
  return { bootstrap: bench.bootstrap, prefix: topicPrefix(bench.scale), outTopic, settings: bench.settings };
}

/** One that writes to a topic must have written every record. */
async function once(bench: Bench, engine: Engine, name: string, records: number): Promise<RunFigures> {
  const text = (topic: string): string => loadQuery(name, placesOf(bench, topic)).sql;
  if (!text('the-out-topic').includes('the-out-topic')) return await engine.run(text(''), records);
  return await withOutTopic(bench.bootstrap, async (topic, client) => {
    const figures = await engine.run(text(topic), records), written = await readCommitted(client, topic);
    if (written !== records) throw new BenchFailure(`${engine.name} wrote ${written} records, not ${records}`);
    return { ...figures, sinkRows: written };
  });
}
