/**
 * Everything that a seed chooses, before anything runs: jobs with their inputs and settings, how rows are fed, which faults come when, and at
 * which kill points the processes are armed. The same seed (and the same stories, cases and kill points) gives the same plan.
 */
import { KILL_POINTS } from '../../../runtime/checkpoint/kill-points.ts';
import { Random } from '../random.ts';
import { cases } from './cases.ts';
import { FAULTS, type Fault } from './faults.ts';
import { extend, toRecords, type FedRecord } from './history.ts';
import type { Guarantee } from './judge.ts';
import type { Scenario } from './scenario.ts';
import { stories } from './stories.ts';

export interface PlannedJob {
  readonly scenario: Scenario;
  /** By input topic, in the order they are fed. */
  readonly records: ReadonlyMap<string, readonly FedRecord[]>;
  /** Of each topic. */
  readonly partitions: ReadonlyMap<string, number>;
  readonly guarantees: ReadonlyMap<string, Guarantee>;
  readonly parallelism: number;
  readonly checkpointMs: number;
  /** The inputs are the scenario's own and whole, so its rows are what must come out. */
  readonly whole: boolean;
}
/** So many records into each topic of a job, then a pause. */
export interface Batch { readonly job: number; readonly topic: string; readonly from: number; readonly to: number; readonly pauseMs: number }
export interface SeedPlan {
  readonly seed: number;
  readonly serverParallelism: number;
  readonly jobs: readonly PlannedJob[];
  readonly batches: readonly Batch[];
  /** `at`: the batch that waits until the fault has begun. */
  readonly faults: readonly { readonly at: number; readonly delayMs: number; readonly fault: Fault }[];
  /** Kill points the processes are started with, one after the other; undefined: none. */
  readonly arms: readonly (string | undefined)[];
  /** How the server is ended once more when everything is out and at rest. */
  readonly lastEnd: 'SIGKILL' | 'SIGTERM' | undefined;
}
export interface PlanLimits {
  /** Part of a scenario's name; all when empty. */
  readonly only: string;
  readonly onlyFaults: string;
  readonly faults: number | undefined;
  /** Feeding takes about so long. */
  readonly feedMs: number;
}
/** Records of one topic at most, so that a seed takes seconds. */
const LONGEST = 800;
/** So many rows are made up for each of one, two, three inputs: joins multiply them. */
const MADE_UP: readonly (readonly number[])[] = [[30, 100, 300, 600], [20, 60, 150], [10, 25, 50]];

/** All that can be played: a result that depends on the order of two topics is nobody's promise. */
let known: readonly Scenario[] | undefined;
export const scenarios = (): readonly Scenario[] => known ??= [...stories(), ...cases()].filter((s) => !s.ordered || s.inputs.length === 1);

export function planSeed(seed: number, limits: PlanLimits): SeedPlan {
  const random = new Random(seed), all = scenarios().filter((s) => s.name.includes(limits.only)), choice = random.fork(1);
  const jobs = Array.from({ length: choice.weighted([[2, 1], [5, 2], [4, 3], [2, 4]]) }, (_, i) => planJob(choice.pick(all), random.fork(100 + i)));
  const batches = planBatches(jobs, limits.feedMs, random.fork(2)), faulting = random.fork(3), list = FAULTS.filter(([, f]) => f.name.includes(limits.onlyFaults));
  const faults = Array.from({ length: limits.faults ?? faulting.between(1, 5) }, () => ({ at: faulting.int(batches.length), delayMs: faulting.int(250), fault: faulting.weighted(list) })).sort((a, b) => a.at - b.at);
  const arming = random.fork(4), arms = Array.from({ length: 5 }, () => (arming.chance(0.6) ? `${arming.pick(KILL_POINTS)}:${arming.pick([1, 1, 2, 3, 5, 10, 20])}` : undefined));
  return { seed, serverParallelism: random.fork(5).between(1, 3), jobs, batches, faults, arms, lastEnd: random.fork(6).weighted([[3, undefined], [1, 'SIGKILL'], [1, 'SIGTERM']]) };
}

function planJob(scenario: Scenario, random: Random): PlannedJob {
  const several = !scenario.ordered && random.chance(0.6), records = new Map<string, FedRecord[]>(), partitions = new Map<string, number>(), guarantees = new Map<string, Guarantee>();
  const more = scenario.extensible && random.chance(0.75) ? random.pick(MADE_UP[Math.min(scenario.inputs.length, MADE_UP.length) - 1] ?? [10]) : 0;
  let whole = more === 0;
  for (const input of scenario.inputs) {
    const longest = random.chance(0.1) ? Number.POSITIVE_INFINITY : LONGEST, count = several ? random.between(1, 3) : 1;
    if (input.inputs.length > longest) whole = false;
    records.set(input.name, toRecords(input, more > 0 ? extend(input, more, random) : input.inputs.slice(0, longest), count, random));
    partitions.set(input.name, count);
  }
  const interleaves = scenario.inputs.length > 1 || [...partitions.values()].some((count) => count > 1);
  for (const sink of scenario.sinks) {
    // Between the partitions of a changelog there is no order, so it has one.
    partitions.set(sink.name, sink.kind === 'retract' ? 1 : random.between(1, 3));
    guarantees.set(sink.name, sink.kind === 'retract' || random.chance(0.7) ? 'exactly-once' : sink.kind === 'upsert' && interleaves ? 'at-least-once-strands' : 'at-least-once');
  }
  return { scenario, records, partitions, guarantees, parallelism: random.between(1, 3), checkpointMs: random.pick([20, 50, 100, 200, 500, 1000]), whole };
}

/** All records of all topics in pieces of random sizes, each topic's own order kept, pauses between that add up to about the time given. */
function planBatches(jobs: readonly PlannedJob[], feedMs: number, random: Random): Batch[] {
  const open = jobs.flatMap((job, at) => [...job.records].map(([topic, records]) => ({ job: at, topic, from: 0, length: records.length, size: random.pick([1, 3, 10, 40, 200]) }))).filter((t) => t.length > 0), pieces: Omit<Batch, 'pauseMs'>[] = [];
  while (open.length > 0) {
    const at = random.int(open.length), topic = open[at];
    if (topic === undefined) break;
    const to = Math.min(topic.length, topic.from + Math.max(random.between(1, topic.size * 2), Math.ceil(topic.length / 40)));
    pieces.push({ job: topic.job, topic: topic.topic, from: topic.from, to });
    topic.from = to;
    if (to === topic.length) open.splice(at, 1);
  }
  return pieces.map((piece) => ({ ...piece, pauseMs: random.chance(0.3) ? 0 : random.int(Math.ceil(feedMs * 2 / 0.7 / pieces.length)) }));
}
