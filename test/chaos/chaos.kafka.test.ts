/**
 * The random killer, as `npm run test:chaos` does it at length: random jobs over stories and conformance cases, servers and brokers killed, and
 * outputs that must equal those of an undisturbed run. `RIVULET_CHAOS_SEED` and `RIVULET_CHAOS_RUNS` choose other seeds.
 */
import { expect } from 'chai';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { planSeed } from '../../tools/chaos/kafka/plan.ts';
import { runSeed } from '../../tools/chaos/kafka/run.ts';
import { openWorld, type World } from '../../tools/chaos/kafka/world.ts';
import { bootstrap } from '../e2e/server-process.ts';

const FIRST = Number(process.env['RIVULET_CHAOS_SEED'] ?? 1), RUNS = Number(process.env['RIVULET_CHAOS_RUNS'] ?? 20);
const LIMITS = { only: '', onlyFaults: '', faults: undefined, feedMs: 1200 };

describe('chaos: random jobs, random kills', function () {
  this.timeout(180_000);
  let broker: LocalBroker | undefined, world: World | undefined;
  before(async () => {
    // Without Java the broker is everybody's: it is left alone, and the faults of the seeds that are the server's remain.
    if (await canStartLocalBroker()) broker = await startLocalBroker();
    world = await openWorld(broker?.bootstrap ?? bootstrap(), broker);
  });
  after(async () => { await world?.close(); await broker?.stop(); });

  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    it(`A8: random kills of seed ${seed} leave the outputs of the undisturbed run`, async () => {
      if (world === undefined) throw new RangeError('no servers');
      const log: string[] = [], { problems, jobs } = await runSeed(world, planSeed(seed, LIMITS), { keep: join(tmpdir(), 'rivulet-chaos-failed'), env: {}, log: (line) => { log.push(line); } });
      expect(problems, `${jobs.join('; ')}\n${log.join('\n')}\nagain: npm run test:chaos -- --seed ${seed} --feed ${LIMITS.feedMs}`).to.deep.equal([]);
    });
  }
});
