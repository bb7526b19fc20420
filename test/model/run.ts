/** One run of the simulation: a life of the job with what the seed does to it, then calm until everything must be there. */
import { Life, settled } from './scheduler.ts';
import { TRANSACTION_TIMEOUT_MS, Violation, World } from './world.ts';
import type { Mutation } from './world.ts';

/** Events without an end: something hangs. */
const STEPS_LIMIT = 12_000;
type Action = (world: World) => void;
const parallelismOf = (world: World): number => (world.scheduler.chance(0.6) ? 2 : 1 + world.scheduler.below(3));
/** A user asks for something; refusals are fine. */
const ask = (what: string, act: (manager: NonNullable<World['server']>['manager'], id: string) => Promise<unknown>): Action => (world) => {
  const { server, job } = world;
  if (server === undefined || job === undefined) return;
  world.note(what);
  void act(server.manager, job.id).then(() => world.note(`${what}: done`), (error: unknown) => world.note(`${what}: ${(error as { code?: string }).code ?? String(error)}`));
};
const sleep = (world: World): void => {
  world.note('long sleep');
  world.scheduler.sleep(TRANSACTION_TIMEOUT_MS * 2);
};

/** What can happen, each with its weight. */
const ACTIONS: readonly (readonly [weight: number, name: string, act: Action])[] = [
  [8, 'feed', (world) => world.feed(1 + world.scheduler.below(6))],
  [6, 'kill', (world) => { world.kill('kill'); restart(world); }],
  [3, 'power', (world) => { world.kill('power'); restart(world); }],
  [3, 'thread', (world) => { world.note('a thread dies'); world.server?.threads.killOne(); }],
  [3, 'disk', (world) => {
    world.disk.failing = 1 + world.scheduler.below(4);
    world.note(`${world.disk.failing} writes fail`);
    // A failure seldom comes alone: what is to be tried again is not.
    world.disk.onFailed = () => { if (world.scheduler.chance(0.3)) { world.note('a write failed, a thread dies'); world.server?.threads.killOne(); } };
  }],
  [2, 'stop', ask('stop with savepoint, start from it', async (manager, id) => { const { savepointPath } = await manager.stop(id, { savepoint: true }); await manager.restart(id, { from: { savepointPath: savepointPath as string } }); })],
  [1, 'savepoint', ask('savepoint', (manager, id) => manager.savepoint(id))],
  [1, 'checkpoint', ask('checkpoint', (manager, id) => manager.checkpoint(id))],
  [3, 'cancel', ask('cancel and restart', async (manager, id) => { await manager.cancel(id); await manager.restart(id, { from: 'latest' }); })],
  [2, 'restart', ask('restart', (manager, id) => manager.restart(id, { from: 'latest' }))],
  [2, 'shutdown', (world) => { const { server } = world; if (server === undefined) return; world.note('shutdown'); void server.manager.shutdown().then(() => { if (world.server !== server) return; world.kill('kill'); restart(world); }); }],
  [1, 'asleep', sleep],
  [1, 'down', (world) => { world.kill('kill'); sleep(world); restart(world); }],
  [2, 'damage', (world) => { world.kill('kill'); world.damageNewest(); restart(world); }],
  [2, 'pause', (world) => { const { server } = world; if (server === undefined) return; world.note('standstill'); server.life.pause(); world.scheduler.after(new Life(), 1000 + world.scheduler.below(20_000), () => server.life.resume()); }],
];
const TOTAL = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);
function restart(world: World): void {
  if (!world.scheduler.isPatient && world.scheduler.chance(0.3)) world.feed(world.scheduler.below(3));
  world.start(parallelismOf(world));
}
function pick(world: World): Action {
  let at = world.scheduler.random() * TOTAL;
  for (const [weight, , act] of ACTIONS) if ((at -= weight) < 0) return act;
  return () => {};
}

export interface Outcome { readonly steps: number; readonly end: 'complete' | 'lost' | 'dropped'; readonly trace: readonly string[] }

/** Throws a Violation. A run is a function of seed and mutation. */
export async function run(seed: number, mutation: Mutation = {}): Promise<Outcome> {
  const world = new World(seed, mutation), { scheduler } = world;
  const step = async (): Promise<boolean> => { const did = await scheduler.step(); world.watch(); return did; };
  world.feed(3);
  world.start(parallelismOf(world));
  const trickle = scheduler.chance(0.5) ? 1 / 30 : 0;
  for (let left = 2 + scheduler.below(9); left > 0; left--) {
    // Mostly in the thick of it, sometimes after a while.
    for (let steps = scheduler.chance(0.2) ? scheduler.below(1000) : scheduler.below(160); steps > 0; steps--) {
      if (scheduler.chance(trickle)) world.feed(1);
      await step();
    }
    if (world.job?.status === 'FAILED' && !world.isWornOut) return { steps: scheduler.steps, end: 'lost', trace: world.trace };
    pick(world)(world);
    await settled();
  }
  scheduler.isPatient = true;
  world.network.lossy = 0;
  world.disk.failing = 0;
  world.note('calm');
  const before = scheduler.steps, dropAt = scheduler.chance(0.3) ? before + scheduler.below(500) : Infinity;
  let isDropping = false;
  while (!world.isComplete) {
    if (scheduler.steps - before > STEPS_LIMIT) world.fail(`nothing comes of it: job is ${world.job?.status}`);
    const did = await step(), { job, server } = world;
    if (world.disk.dropped !== undefined) {
      while (await step());
      world.checkDropped();
      return { steps: scheduler.steps, end: 'dropped', trace: world.trace };
    }
    if (scheduler.steps >= dropAt && !isDropping && job !== undefined && !job.isFinal) {
      isDropping = true;
      ask('drop', (manager, id) => manager.drop(id).catch((error: unknown) => { isDropping = false; throw error; }))(world);
    }
    if (job?.status === 'FAILED' && !world.isWornOut) return { steps: scheduler.steps, end: 'lost', trace: world.trace };
    if (job?.isFinal === true) void server?.manager.restart(job.id, { from: 'latest' }).catch(() => {});
    else if (!did && (server === undefined || job === undefined || job.status === 'SUSPENDED')) { world.kill('kill'); world.start(2); await settled(); } else if (!did) server?.life.resume();
  }
  // What came late would be doubles.
  for (let steps = 60; steps > 0; steps--) await step();
  world.checkEnd();
  return { steps: scheduler.steps, end: 'complete', trace: world.trace };
}

/** The first run that shows a violation, among `runs` seeds from `first` on. */
export async function explore(first: number, runs: number, mutation: Mutation = {}): Promise<{ runs: number; steps: number; lost: number; violation?: { seed: number; error: Violation } }> {
  let steps = 0, lost = 0;
  for (let seed = first; seed < first + runs; seed++) {
    try {
      const outcome = await run(seed, mutation);
      steps += outcome.steps;
      if (outcome.end === 'lost') lost++;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { runs: seed - first + 1, steps, lost, violation: { seed, error } };
    }
  }
  return { runs, steps, lost };
}
