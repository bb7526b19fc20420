/** What is asked for next: sizes that follow the backlog, all partitions moving on, a second request only for a large backlog. */
import { expect } from 'chai';
import { PartitionState } from '../../runtime/connectors/kafka/client/fetch-partition.ts';
import { adapt, divide, newLoop, targetsOf, type Loop } from '../../runtime/connectors/kafka/client/fetch-plan.ts';

const KIB = 1024, MIB = 1024 * KIB, LARGEST = 4 * MIB;

/** `backlogBytes` of records of 100 bytes each, in batches of `batchBytes`. */
function loopOf(partitions: number, backlogBytes: number, batchBytes = 16 * KIB): Loop<null> {
  const loop = newLoop<null>(1, LARGEST);
  for (let i = 0; i < partitions; i++) {
    const state = new PartitionState('t', i, 0, Infinity, null, () => {});
    state.phase = 'reading';
    state.visibleEnd = backlogBytes / 100;
    state.bytesPerOffset = 100;
    state.batchBytes = batchBytes;
    loop.partitions.add(state);
  }
  return loop;
}
const numbers = (states: readonly PartitionState<null>[]): number[] => states.map((s) => s.partition);

describe('fetch plan', () => {
  it('begins small, doubles while answers are full, shrinks when they are not, never beyond its bounds', () => {
    const loop = newLoop<null>(1, LARGEST), sizes: number[] = [loop.answerBytes];
    for (let i = 0; i < 4; i++) { adapt(loop, loop.answerBytes, LARGEST); sizes.push(loop.answerBytes); }
    for (let i = 0; i < 5; i++) { adapt(loop, 100, LARGEST); sizes.push(loop.answerBytes); }
    expect(sizes).to.deep.equal([1, 2, 4, 4, 4, 2, 1, 0.5, 0.5, 0.5].map((n) => n * MIB));
    const tight = newLoop<null>(1, 1000);
    adapt(tight, 0, 1000);
    expect(tight.answerBytes).to.equal(1000);
  });
  it('divides an answer among the partitions with a backlog, in whole batches', () => {
    const loop = loopOf(64, 10 * MIB);
    loop.answerBytes = LARGEST;
    const targets = [...loop.partitions];
    divide(loop, targets, undefined);
    expect(new Set(targets.map((t) => t.askedBytes))).to.deep.equal(new Set([64 * KIB]));
    targets[0]!.batchBytes = 50_000;
    targets[1]!.batchBytes = 5 * MIB;
    divide(loop, targets, undefined);
    expect(targets.slice(0, 3).map((t) => t.askedBytes)).to.deep.equal([50_000, 5 * MIB, 64 * KIB]);
    divide(loop, targets, 20_000);
    expect(targets[0]!.askedBytes, 'what the user sets is the limit').to.equal(20_000);
    // Only one is behind: it may fill the answer.
    for (const t of targets.slice(1)) t.visibleEnd = 0;
    targets[0]!.batchBytes = 16 * KIB;
    divide(loop, targets, undefined);
    expect(targets[0]!.askedBytes).to.equal(LARGEST);
  });
  it('asks for all in one request while there is little to catch up on', () => {
    for (const backlog of [0, 2000, MIB]) {
      const loop = loopOf(4, backlog);
      expect(numbers(targetsOf(loop, loop.lanes[0], LARGEST))).to.deep.equal([0, 1, 2, 3]);
      loop.lanes[0].busy = true;
      expect(numbers(targetsOf(loop, loop.lanes[1], LARGEST))).to.deep.equal([]);
    }
  });
  it('splits a large backlog over two requests, in turns, none in both; what has caught up goes with the first', () => {
    const loop = loopOf(7, 100 * MIB), states = [...loop.partitions];
    states[5]!.visibleEnd = 0;
    const ask = (lane: 0 | 1): PartitionState<null>[] => {
      const targets = targetsOf(loop, loop.lanes[lane], LARGEST);
      for (const state of targets) state.asked = true;
      loop.lanes[lane].busy = true;
      return targets;
    };
    /** An answer in which all that have something gave records: they go to the end of the order. */
    const answer = (lane: 0 | 1, targets: readonly PartitionState<null>[]): void => {
      for (const state of targets) { state.asked = false; if (state.partition !== 5) { loop.partitions.delete(state); loop.partitions.add(state); } }
      loop.lanes[lane].busy = false;
    };
    expect(targetsOf(loop, loop.lanes[1], LARGEST), 'the second is asked after the first').to.deep.equal([]);
    const first = ask(0), second = ask(1);
    expect([numbers(first), numbers(second)]).to.deep.equal([[5, 0, 1], [2, 3]]);
    answer(0, first);
    const third = ask(0);
    expect(numbers(third)).to.deep.equal([5, 4, 6]);
    answer(1, second);
    expect(numbers(ask(1))).to.deep.equal([0, 1]);
    answer(0, third);
    expect(numbers(ask(0))).to.deep.equal([5, 2, 3]);
  });
  it('never leaves a partition that may be read without a request', () => {
    for (let busy = 0; busy < 4; busy++) for (const backlog of [0, MIB, 100 * MIB]) {
      const loop = loopOf(3, backlog);
      loop.lanes[0].busy = (busy & 1) > 0;
      loop.lanes[1].busy = (busy & 2) > 0;
      for (const lane of loop.lanes) {
        if (lane.busy) continue;
        const targets = targetsOf(loop, lane, LARGEST);
        for (const state of targets) state.asked = true;
        lane.busy = targets.length > 0;
      }
      const left = [...loop.partitions].some((s) => !s.asked);
      expect(!left || loop.lanes[0].busy, 'an answer is awaited after which it is asked for').to.equal(true);
    }
  });
});
