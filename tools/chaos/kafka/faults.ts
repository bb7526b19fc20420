/**
 * What is done to the server, its jobs and the broker during a run. Each returns when it is done; the jobs may still be recovering then.
 * Deaths at named points are no faults of this list: processes are armed for them when they start (`plan.ts`).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LocalBroker } from '../../services/kafka-broker.ts';
import type { Random } from '../random.ts';
import type { ChaosJob } from './job.ts';
import type { Keeper } from './keeper.ts';

export interface FaultWorld {
  readonly keeper: Keeper;
  readonly jobs: readonly ChaosJob[];
  /** undefined: the broker is not ours to kill. */
  readonly broker: LocalBroker | undefined;
  readonly random: Random;
}
export interface Fault { readonly name: string; run(world: FaultWorld): Promise<void> }

/** Of a job picked by the seed. */
const onJob = (action: (job: ChaosJob, random: Random) => Promise<void>) => async ({ jobs, random }: FaultWorld): Promise<void> => { await action(random.pick(jobs), random); };
async function brokerDies({ broker, random }: FaultWorld): Promise<void> {
  if (broker === undefined) return;
  await broker.kill();
  await pause(random.int(1200));
  await broker.start();
}
export const FAULTS: readonly (readonly [weight: number, fault: Fault])[] = [
  [8, { name: 'server killed', run: async ({ keeper }) => { await keeper.kill([]); } }],
  [4, { name: 'server killed while it recovers', run: async ({ keeper, random }) => { await keeper.kill(Array.from({ length: random.between(1, 3) }, () => random.int(500))); } }],
  [4, { name: 'server stopped in order', run: async ({ keeper }) => { await keeper.restart(); } }],
  [3, { name: 'server stands still', run: async ({ keeper, random }) => { await keeper.freeze(random.between(30, 1200)); } }],
  [2, { name: 'job stopped and started', run: onJob(async (job) => { await job.stopAndRestart(); }) }],
  [2, { name: 'job restarted', run: onJob(async (job) => { await job.restartRunning(); }) }],
  [2, { name: 'job cancelled and restarted', run: onJob(async (job) => { await job.cancelAndRestart(); }) }],
  [2, { name: 'savepoint taken', run: onJob(async (job) => { await job.savepoint(); }) }],
  [2, { name: 'job stopped with savepoint and started from it', run: onJob(async (job) => { await job.stopWithSavepoint(undefined, false); }) }],
  [4, { name: 'job submitted anew from a savepoint at another parallelism', run: onJob(async (job, random) => { await job.stopWithSavepoint(random.between(1, 3), random.chance(0.5)); }) }],
  [1, { name: 'broker killed', run: brokerDies }],
  [1, { name: 'broker stands still', run: async ({ broker, random }) => { broker?.signal('SIGSTOP'); await pause(random.between(50, 1500)); broker?.signal('SIGCONT'); } }],
  [1, { name: 'broker and server killed', run: async (world) => { await world.keeper.kill([], async () => { await brokerDies(world); }); } }],
];
