/** What a run, an engine and a query give, and how runs become one figure: medians, ratios of pairs, peaks. Pure. */

export interface RunFigures {
  /** The job's own duration, from its start to its end. */
  readonly seconds: number;
  /** Rivulet: its one process. Flink: the TaskManager alone. From before the submission to the end of the job. */
  readonly cpuSeconds: number;
  /** Resident memory of the same process at its highest during the run. */
  readonly peakMib: number;
  /** Rows that reached the sink; missing where the engine does not tell (a blackhole of Flink's). */
  readonly sinkRows?: number | undefined;
  /** Flink's JobManager and SQL gateway together; Rivulet has nothing beside its process. */
  readonly others?: { readonly cpuSeconds: number; readonly peakMib: number } | undefined;
}
export interface EngineFigures {
  readonly recordsPerSecond: number;
  readonly recordsPerCpuSecond: number;
  readonly peakMib: number;
  readonly runs: readonly RunFigures[];
  /** Runs before those, which count for nothing: what the compilers cost. */
  readonly warmUp: readonly RunFigures[];
}
/** Of one engine, in the order they were made. */
export interface RunsOfEngine { readonly warmUp: readonly RunFigures[]; readonly runs: readonly RunFigures[] }
export interface FlinkFigures extends EngineFigures {
  readonly version: string;
  /** The TaskManager's `taskmanager.memory.process.size`. */
  readonly taskManagerMib: number;
  /** The same two figures with JobManager and gateway counted. */
  readonly allRecordsPerCpuSecond: number;
  readonly allPeakMib: number;
}
/** One line of the results: Rivulet's figures at the top level, Flink's under `flink` when it ran. */
export interface QueryFigures extends EngineFigures {
  readonly query: string;
  /** Of all topics the query reads, each record once. */
  readonly records: number;
  readonly sinkRows: number;
  readonly flink?: FlinkFigures | undefined;
  /** Median over the pairs of Flink's CPU time by Rivulet's: how many times as many records per CPU second. */
  readonly ratio?: number | undefined;
  /** Rivulet's peak memory by Flink's. */
  readonly memory?: number | undefined;
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1, upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}
/** Speed by the median run; memory by the highest, since a peak is one. */
export function summarize(records: number, { runs, warmUp }: RunsOfEngine): EngineFigures {
  return {
    recordsPerSecond: Math.round(records / median(runs.map((r) => r.seconds))), recordsPerCpuSecond: Math.round(records / median(runs.map((r) => r.cpuSeconds))),
    peakMib: Math.round(Math.max(...runs.map((r) => r.peakMib))), runs, warmUp,
  };
}
export function summarizeFlink(records: number, made: RunsOfEngine, version: string, taskManagerMib: number): FlinkFigures {
  const { runs } = made;
  return {
    version, taskManagerMib, ...summarize(records, made),
    allRecordsPerCpuSecond: Math.round(records / median(runs.map((r) => r.cpuSeconds + (r.others?.cpuSeconds ?? 0)))), allPeakMib: Math.round(Math.max(...runs.map((r) => r.peakMib + (r.others?.peakMib ?? 0)))),
  };
}
/** @param rivulet and `flink`: runs in the order they were made, so that those of one index are a pair */
export function compared(rivulet: readonly RunFigures[], flink: readonly RunFigures[]): { ratio: number; memory: number } {
  const peak = (runs: readonly RunFigures[]): number => Math.max(...runs.map((r) => r.peakMib));
  return { ratio: round(median(rivulet.map((run, i) => (flink[i]?.cpuSeconds ?? NaN) / run.cpuSeconds)), 2), memory: round(peak(rivulet) / peak(flink), 3) };
}
const round = (n: number, digits: number): number => Number(n.toFixed(digits));
