/**
 * The protocol of checkpoints and commits under a thousand and more orders of events (A1–A7, A10, A12 and what no kill can be aimed at).
 * A failing seed is run again by `npm run test:model -- --seed S --runs 1`; `--runs N` explores further.
 */
import { expect } from 'chai';
import { MUTATIONS } from './mutations.ts';
import { explore, run } from './run.ts';

const RUNS = Number(process.env['RIVULET_MODEL_RUNS'] ?? 500), RUNS_PER_MUTATION = 400;

describe('model of checkpoints and commits', function () {
  this.timeout(120_000);
  it('whatever dies, hangs, comes late or gets lost: committed is what the last durable checkpoint counts, each row once', async () => {
    const { violation, lost } = await explore(1, RUNS);
    expect(violation === undefined ? '' : `seed ${violation.seed}: ${violation.error.message}`).to.equal('');
    expect(lost, 'some transactions expired, and the job said so').to.be.greaterThan(0);
  });
  it('is a function of its seed', async () => { expect(await run(7)).to.deep.equal(await run(7)); });
  for (const [what, mutation] of MUTATIONS) {
    it(`would find: ${what}`, async () => { expect((await explore(1, RUNS_PER_MUTATION, mutation)).violation, `${RUNS_PER_MUTATION} runs without a violation`).to.not.equal(undefined); });
  }
});
