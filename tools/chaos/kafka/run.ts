/**
 * One seed from start to verdict: jobs are submitted, rows are fed while faults happen, and when all is fed and everybody left alone the
 * topics must come to what an undisturbed run makes of the same input, and stay so. All choices are the plan's; what timing makes of them is
 * not, so a seed that failed may need several runs to fail again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Producer } from '../../../runtime/connectors/kafka/client/types.ts';
import { ServerProcess } from '../../../test/e2e/server-process.ts';
import { Random } from '../random.ts';
import { TopicWatcher } from '../topics.ts';
import { ChaosJob } from './job.ts';
import { judge, type Guarantee } from './judge.ts';
import { Keeper, Problem, type Recovery } from './keeper.ts';
import type { Batch, PlannedJob, SeedPlan } from './plan.ts';
import type { SinkTopic } from './scenario.ts';
import { COMMON_SETTINGS, committed, reference, scriptOf, type World } from './world.ts';

export interface RunOptions {
  /** A folder for what a failed seed leaves. */
  readonly keep: string;
  /** Environment of the server under test. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Until everything must stand in the topics; SETTLE_LIMIT_MS unless given. */
  readonly settleMs?: number | undefined;
}
export interface SeedResult {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly jobs: readonly string[];
  readonly faults: readonly string[];
  readonly ends: readonly string[];
  readonly recoveries: readonly Recovery[];
  readonly fed: number;
  readonly written: number;
  readonly ms: number;
}
/** Until everything must stand in the topics, without further faults. */
const SETTLE_LIMIT_MS = 60_000;
/** A reader sees rows at the latest so long after their checkpoint is known to be complete. */
const VISIBLE_LIMIT_MS = 3000;
/** Duplicates come late. */
const HOLD_MS = 400;
interface Output { readonly job: number; readonly sink: SinkTopic; readonly topic: string; readonly guarantee: Guarantee; expected: readonly string[] }

export async function runSeed(world: World, plan: SeedPlan, options: RunOptions): Promise<SeedResult> {
  const run = new SeedRun(world, plan, options);
  try { return await run.go(); } finally { await run.close(); }
}

class SeedRun {
  readonly #world: World;
  readonly #plan: SeedPlan;
  readonly #options: RunOptions;
  readonly #prefix: string;
  readonly #outputs: Output[];
  readonly #random: Random;
  #keeper!: Keeper;
  #jobs: ChaosJob[] = [];
  #producer!: Producer;
  #watcher: TopicWatcher | undefined;
  #fed = 0;
  #written = 0;
  /** Of it by exactly-once sinks. */
  #once = 0;
  /** Faults that have begun. */
  #begun = 0;
  constructor(world: World, plan: SeedPlan, options: RunOptions) {
    this.#world = world;
    this.#plan = plan;
    this.#options = options;
    this.#random = new Random(plan.seed).fork(7);
    this.#prefix = `chaos-${process.pid}-${Date.now().toString(36)}-${plan.seed}-`;
    this.#outputs = plan.jobs.flatMap((job, at) => job.scenario.sinks.map((sink) => ({ job: at, sink, topic: this.#topic(at, sink.name), guarantee: job.guarantees.get(sink.name) ?? 'exactly-once', expected: [] })));
  }
  #topic(job: number, name: string): string { return `${this.#prefix}${job}-${name}`; }
  /** Its committed offsets tell how far the job's checkpoints are. */
  #group(job: number): string { return `${this.#prefix}${job}`; }
  get #topics(): string[] { return this.#plan.jobs.flatMap((job, at) => [...job.partitions.keys()].map((name) => this.#topic(at, name))); }

  async go(): Promise<SeedResult> {
    const started = performance.now(), problems: string[] = [];
    try {
      await this.#prepare();
      await Promise.all([this.#feed(), this.#disturb()]);
      this.#options.log(`  fed and left alone after ${Math.round(performance.now() - started)} ms`);
      problems.push(...await this.#expect());
      if (problems.length === 0) problems.push(...await this.#settle());
      if (problems.length === 0) problems.push(...await this.#rest());
    } catch (error) { problems.push(error instanceof Problem ? error.message : error instanceof Error ? error.stack ?? error.message : String(error)); }
    if (problems.length > 0) await this.#keep(problems).catch((error: unknown) => { problems.push(`not all was kept: ${String(error)}`); });
    return {
      seed: this.#plan.seed, problems, jobs: this.#plan.jobs.map(jobText), faults: this.#plan.faults.map((f) => f.fault.name), ends: this.#keeper.ends, recoveries: this.#keeper.recoveries,
      fed: this.#fed, written: this.#written, ms: performance.now() - started,
    };
  }
  async close(): Promise<void> {
    await this.#keeper.close();
    await this.#watcher?.stop();
    await this.#world.kafka.deleteTopics(this.#topics).catch(() => {});
  }

  async #prepare(): Promise<void> {
    const { kafka } = this.#world, plan = this.#plan, server = new ServerProcess(await mkdtemp(join(tmpdir(), 'rivulet-chaos-')), ['--parallelism', String(plan.serverParallelism)]);
    this.#keeper = new Keeper(server, plan.arms, this.#options.env, this.#options.log);
    await kafka.createTopics(plan.jobs.flatMap((job, at) => [...job.partitions].map(([name, partitions]) => ({ topic: this.#topic(at, name), partitions, replicationFactor: 1 }))));
    this.#producer = kafka.producer({ lingerMs: 0 });
    await this.#producer.init();
    this.#watcher = new TopicWatcher(this.#world.bootstrap, this.#outputs.map((o) => o.topic));
    this.#watcher.start();
    await this.#keeper.start();
    this.#jobs = plan.jobs.map((job, at) => new ChaosJob(this.#keeper, { name: `${at}-${job.scenario.name}`, script: (name, parallelism, savepoint) => this.#script(at, job, name, parallelism, savepoint) }, job.parallelism));
    for (const job of this.#jobs) await job.submit();
  }
  #script(at: number, job: PlannedJob, name: string, parallelism: number, savepoint: string | undefined): string {
    return scriptOf(job, {
      bootstrap: this.#world.bootstrap, topic: (topic) => this.#topic(at, topic), sourceOptions: { 'properties.group.id': this.#group(at) },
      sinkOptions: (sink) => { const guarantee = job.guarantees.get(sink) ?? 'exactly-once'; return { 'sink.delivery-guarantee': guarantee.replace('-strands', ''), ...(guarantee === 'exactly-once' ? { 'sink.transactional-id-prefix': this.#topic(at, sink) } : {}) }; },
      settings: {
        ...COMMON_SETTINGS, 'pipeline.name': name, 'parallelism.default': String(job.scenario.ordered ? 1 : parallelism), 'execution.checkpointing.interval': `${job.checkpointMs} ms`,
        'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '1000', 'restart-strategy.fixed-delay.delay': '50 ms',
        ...(savepoint === undefined ? {} : { 'execution.savepoint.path': savepoint }),
      },
    });
  }

  async #feed(): Promise<void> {
    const { batches, faults } = this.#plan;
    for (const [i, batch] of batches.entries()) {
      while (faults.filter((f) => f.at <= i).length > this.#begun && this.#keeper.problem === undefined) await pause(5);
      if (this.#keeper.problem !== undefined) return;
      await this.#send(batch);
      await pause(batch.pauseMs);
    }
  }
  async #send(batch: Batch): Promise<void> {
    const producer = this.#producer, topic = await producer.topic(this.#topic(batch.job, batch.topic)), records = this.#plan.jobs[batch.job]?.records.get(batch.topic)?.slice(batch.from, batch.to) ?? [];
    for (const record of records) {
      const key = record.key === null ? null : Buffer.from(record.key), value = record.value === null ? null : Buffer.from(record.value);
      producer.append(topic, record.partition, key, 0, key?.length ?? -1, value, 0, value?.length ?? -1, Date.now(), null);
    }
    await producer.flush();
    this.#fed += records.length;
  }
  async #disturb(): Promise<void> {
    const random = this.#random.fork(1), { broker } = this.#world;
    try {
      for (const [i, { fault, delayMs, at }] of this.#plan.faults.entries()) {
        await pause(delayMs);
        this.#begun = i + 1;
        this.#options.log(`  at batch ${at} of ${this.#plan.batches.length}: ${fault.name}`);
        await fault.run({ keeper: this.#keeper, jobs: this.#jobs, broker, random: random.fork(i) });
        if (this.#keeper.problem !== undefined) throw this.#keeper.problem;
      }
    } finally { this.#begun = Number.POSITIVE_INFINITY; }
  }

  /** What must come out: of the undisturbed run; a sentence where that is not what the scenario says. */
  async #expect(): Promise<string[]> {
    const problems: string[] = [], rows = await Promise.all(this.#plan.jobs.map(async (job, at) => await reference(this.#world, job, (name) => this.#topic(at, name))));
    for (const output of this.#outputs) {
      output.expected = rows[output.job]?.get(output.sink.name) ?? [];
      const job = this.#plan.jobs[output.job], said = job?.whole === true ? job.scenario.expected?.get(output.sink.name) : undefined;
      if (said !== undefined && [...said].sort().join() !== [...output.expected].sort().join()) problems.push(`the undisturbed run of ${job?.scenario.name} differs from what is written: ${[...output.expected].sort().join(' ')} instead of ${[...said].sort().join(' ')}`);
    }
    return problems;
  }
  async #verdict(): Promise<{ wrong: string[]; missing: string[] }> {
    const wrong: string[] = [], missing: string[] = [];
    this.#written = this.#once = 0;
    for (const { sink, topic, guarantee, expected, job } of this.#outputs) {
      const records = await committed(this.#world.kafka, topic), verdict = judge(sink, guarantee, expected, records), name = `${this.#jobs[job]?.name}, sink ${sink.name} (${sink.kind}, ${guarantee})`;
      this.#written += records.length;
      if (guarantee === 'exactly-once') this.#once += records.length;
      wrong.push(...verdict.wrong.map((text) => `${name}: ${text}`));
      missing.push(...verdict.missing.map((text) => `${name}: ${text}`));
    }
    return { wrong, missing };
  }
  async #settle(): Promise<string[]> {
    let missing: string[] = [], behindSince: number | undefined;
    for (const end = Date.now() + (this.#options.settleMs ?? SETTLE_LIMIT_MS); Date.now() < end; await pause(80)) {
      const isBehind = await this.#allBehindCheckpoints(), verdict = await this.#verdict(), trouble = await this.#trouble();
      if (verdict.wrong.length > 0 || trouble.length > 0) return [...verdict.wrong, ...trouble];
      missing = verdict.missing;
      if (!isBehind) continue;
      if (missing.length === 0) return [];
      if (Date.now() - (behindSince ??= Date.now()) > VISIBLE_LIMIT_MS) return ['all inputs are behind a completed checkpoint, and', ...missing];
    }
    return ['not settled in time', ...missing, ...await this.#facts()];
  }
  /** Every record that was fed is behind a completed checkpoint of its job, so that what it makes is out. An empty result tells nothing by itself. */
  async #allBehindCheckpoints(): Promise<boolean> {
    const { kafka } = this.#world;
    return (await Promise.all(this.#plan.jobs.map(async (job, at) => {
      if (job.scenario.ends && (await this.#jobs[at]?.facts())?.status === 'FINISHED') return true;
      const places = job.scenario.inputs.flatMap(({ name }) => Array.from({ length: job.partitions.get(name) ?? 1 }, (_, partition) => ({ topic: this.#topic(at, name), partition })));
      const [ends, done] = await Promise.all([kafka.listOffsets(places, 'latest', 'read_uncommitted'), kafka.committedOffsets(this.#group(at), places)]);
      return ends.every((end) => end.offset === 0 || done.find((d) => d.topic === end.topic && d.partition === end.partition)?.offset === end.offset);
    }))).every(Boolean);
  }
  async #trouble(): Promise<string[]> {
    if (this.#keeper.problem !== undefined) return [this.#keeper.problem.message];
    return (await Promise.all(this.#jobs.map(async (job, at) => await job.trouble(this.#plan.jobs[at]?.scenario.ends === true)))).flatMap((t) => (t === undefined ? [] : [t]));
  }
  /** At rest nothing more comes, a restart repeats nothing, and a consumer of another maker has seen the same. */
  async #rest(): Promise<string[]> {
    const before = this.#once;
    await pause(HOLD_MS);
    if (this.#plan.lastEnd !== undefined) {
      this.#keeper.disarm();
      if (this.#plan.lastEnd === 'SIGKILL') await this.#keeper.kill([]); else await this.#keeper.restart();
      await this.#keeper.up();
      for (const end = Date.now() + SETTLE_LIMIT_MS; Date.now() < end; await pause(30)) if ((await Promise.all(this.#jobs.map(async (job) => await job.facts()))).every((f) => f.status === 'RUNNING' || f.status === 'FINISHED')) break;
      await pause(HOLD_MS);
    }
    const { wrong, missing } = await this.#verdict(), problems = [...wrong, ...missing, ...await this.#trouble()];
    if (problems.length === 0 && this.#once !== before) problems.push(`at rest there are ${this.#once} records of exactly-once sinks instead of ${before}`);
    return problems.length > 0 ? problems : await this.#otherReader();
  }
  async #otherReader(): Promise<string[]> {
    const text = (list: readonly { partition: number; offset: number; key: string | null; value: string | null }[]): string => list.map((r) => JSON.stringify([r.partition, r.offset, r.key, r.value])).join('\n');
    const ours = await Promise.all(this.#outputs.map(async ({ topic }) => ({ topic, records: text(await committed(this.#world.kafka, topic)) })));
    let differing: string[] = [];
    for (const end = Date.now() + SETTLE_LIMIT_MS / 2; Date.now() < end; await pause(50)) {
      differing = ours.filter(({ topic, records }) => text(this.#watcher?.records(topic) ?? []) !== records).map(({ topic }) => topic);
      if (differing.length === 0) return [];
    }
    return differing.map((topic) => `a consumer of another maker sees other records in ${topic} (${this.#watcher?.lastError ?? ''})`);
  }
  async #facts(): Promise<string[]> { return await Promise.all(this.#jobs.map(async (job) => `job ${job.name}: ${JSON.stringify(await job.facts()).slice(0, 3000)}`)); }

  /** For whoever looks for the cause: the plan, all topics, the server's log and its data directory. */
  async #keep(problems: readonly string[]): Promise<void> {
    const folder = join(this.#options.keep, `seed-${this.#plan.seed}-${Date.now().toString(36)}`), { server } = this.#keeper;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'problems'), `${problems.join('\n')}\n`);
    await writeFile(join(folder, 'facts'), `${(await this.#facts().catch((error: unknown) => [String(error)])).join('\n')}\n`);
    await writeFile(join(folder, 'plan.json'), JSON.stringify({ ...this.#plan, jobs: this.#plan.jobs.map((job, at) => ({ text: jobText(job), sql: this.#script(at, job, job.scenario.name, job.parallelism, undefined) })), ends: this.#keeper.ends }, undefined, 1));
    const lines = (list: readonly unknown[]): string => list.map((one) => `${JSON.stringify(one)}\n`).join('');
    for (const output of this.#outputs) {
      await writeFile(join(folder, `${output.topic}.expected`), `${output.expected.join('\n')}\n`);
      await writeFile(join(folder, `${output.topic}.committed`), lines(await committed(this.#world.kafka, output.topic)));
    }
    for (const [at, job] of this.#plan.jobs.entries()) for (const [topic, records] of job.records) await writeFile(join(folder, `${this.#topic(at, topic)}.input`), lines(records));
    await this.#keeper.close();
    await writeFile(join(folder, 'server.log'), server.log);
    await rename(server.dataDir, join(folder, 'data')).catch(() => {});
    this.#options.log(`  kept in ${folder}`);
  }
}
const jobText = (job: PlannedJob): string => `${job.scenario.name}${job.whole ? '' : '+'} ×${job.parallelism} every ${job.checkpointMs} ms, ${[...job.guarantees.values()].join('/')}`;
