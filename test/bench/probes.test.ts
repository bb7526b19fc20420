/** Probes: their registry, the arithmetic of their figures, and what they read from the system. */
import { expect } from 'chai';
import { topicKinds } from '../../bench/load/topics.ts';
import { percentile, round, spread } from '../../bench/probes/probe.ts';
import { probes } from '../../bench/probes/registry.ts';
import { mainThread, processorWaitSeconds } from '../../bench/probes/threads.ts';
import { usage } from '../../bench/harness/options.ts';
import { queries } from '../../bench/harness/queries.ts';
import { TextWriter } from '../../bench/load/text-writer.ts';

describe('bench probes', () => {
  it('have names of their own, which are no queries, and read topics that there are', () => {
    const names = probes.map((probe) => probe.name);
    expect(new Set(names).size).to.equal(names.length);
    expect(names.filter((name) => queries.some((query) => query.name === name))).to.deep.equal([]);
    expect(/^ +PROBE +(.*)$/m.exec(usage)?.[1]?.split(' ')).to.deep.equal(names);
    for (const probe of probes) expect(topicKinds).to.include.members([...probe.reads]);
  });
  it('take percentiles by nearest rank and leave the values alone', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.2, 0.21, 0.5, 0.99, 1].map((share) => percentile(values, share))).to.deep.equal([1, 1, 2, 3, 5, 5]);
    expect(values).to.deep.equal([5, 1, 4, 2, 3]);
    // By number, not by text.
    expect(percentile([9, 10, 100], 0.5)).to.equal(10);
    expect(percentile(Float64Array.from({ length: 1000 }, (_, i) => 1000 - i), 0.99)).to.equal(990);
    expect(percentile([], 0.5)).to.be.NaN;
  });
  it('name a spread with its unit', () => {
    expect(spread('floor,', [1.26, 2, 3], 1)).to.deep.equal({ 'floor, p50, ms': 2, 'floor, p99, ms': 3, 'floor, max, ms': 3 });
    expect(round(1.256, 2)).to.equal(1.26);
  });
  it('read how long threads ran and waited', function () {
    if (process.platform !== 'linux') this.skip();
    const before = mainThread(process.pid), until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until);
    const after = mainThread(process.pid);
    expect(after.busySeconds - before.busySeconds).to.be.within(0.02, 60);
    expect(processorWaitSeconds(process.pid)).to.be.at.least(after.waitSeconds - 1e-9);
  });
  it('never write a record over the end of the text', () => {
    const out = new TextWriter();
    for (let i = 0; i < 3000; i++) {
      const start = out.begin();
      for (let n = 0; n < 300; n++) out.text('1234567890');
      expect(out.at - start).to.equal(3000);
      expect(out.at).to.be.at.most(out.bytes.length);
    }
  });
});
