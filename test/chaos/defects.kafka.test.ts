/**
 * The random killer finds what it is there for: servers that make one mistake each (`runtime/checkpoint/defects.ts`) are caught within a few
 * seeds, and by what the judge says of rows or a job that fails, not by a server that does not start.
 */
import { expect } from 'chai';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFECTS, type Defect } from '../../runtime/checkpoint/defects.ts';
import type { KillPoint } from '../../runtime/checkpoint/kill-points.ts';
import { planSeed } from '../../tools/chaos/kafka/plan.ts';
import { runSeed } from '../../tools/chaos/kafka/run.ts';
import { openWorld, type World } from '../../tools/chaos/kafka/world.ts';
import { bootstrap } from '../e2e/server-process.ts';

/** Jobs with rows enough, killed often, some of them where the mistake shows. */
const LIMITS = { only: 'stream/group', onlyFaults: 'server killed', faults: 2, feedMs: 500 }, SEEDS = [1, 2, 3, 4, 5, 6];
const POINTS: Readonly<Partial<Record<Defect, KillPoint>>> = { 'unfinished-commit': 'after-state-write', 'early-commit': 'after-prepare' };
/** All of them with RIVULET_LONG=1. */
const TRIED: readonly Defect[] = process.env['RIVULET_LONG'] === '1' ? DEFECTS : ['early-commit', 'unfinished-commit'];
const CAUGHT = /rows are (missing|too many)|a retraction of a row that is not there|at rest there are|out of range/;

describe('chaos: servers with a defect', function () {
  this.timeout(180_000);
  let world: World | undefined;
  before(async () => { world = await openWorld(bootstrap(), undefined); });
  after(async () => { await world?.close(); });

  for (const defect of TRIED) {
    it(`a server with the defect ${defect} is caught within ${SEEDS.length} seeds`, async () => {
      if (world === undefined) throw new RangeError('no servers');
      const said: string[] = [], point = POINTS[defect], arms = point === undefined ? [] : [1, 3, 2, 5].map((count) => `${point}:${count}`);
      for (const seed of SEEDS) {
        const { problems } = await runSeed(world, { ...planSeed(seed, LIMITS), arms, lastEnd: undefined }, { keep: join(tmpdir(), 'rivulet-chaos-defects'), env: { RIVULET_TEST_BUILD: '1', RIVULET_TEST_DEFECT: defect }, log: () => {}, settleMs: 4000 });
        said.push(...problems.map((problem) => `seed ${seed}: ${problem}`));
        if (problems.some((problem) => CAUGHT.test(problem))) return;
      }
      expect.fail(`not caught; ${said.join('; ')}`);
    });
  }
});
