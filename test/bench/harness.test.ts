/** The harness: what /proc says, the texts of the queries, profiles added up. */
import { expect } from 'chai';
import { cpuSeconds, memoryMib } from '../../bench/harness/proc.ts';
import { loadQuery, queries } from '../../bench/harness/queries.ts';
import { selfTimes } from '../../bench/flame/profile.ts';

describe('bench harness', () => {
  it('reads CPU time and memory of a process', () => {
    const reported = process.cpuUsage(), read = cpuSeconds(process.pid), again = process.cpuUsage();
    expect(read).to.be.within((reported.user + reported.system) / 1e6 - 0.05, (again.user + again.system) / 1e6 + 0.05);
    const { now, peak } = memoryMib(process.pid);
    expect(now).to.be.within(20, peak);
  });
  it('has every query of the table, with addresses filled in and only the sources it reads', () => {
    for (const { name } of queries) {
      const query = loadQuery(name, { bootstrap: 'kafka:9092', prefix: 'p.', outTopic: 'out', settings: { 'parallelism.default': '1' } });
      expect(query.sql).to.match(/^SET 'parallelism.default' = '1';\n/).and.not.include('${');
      expect(query.sql.match(/'topic' = 'p\.[^']*'/g)?.map((t) => t.slice(13, -1)).sort()).to.deep.equal([...query.reads].sort());
    }
  });
  it('adds up self times by function', () => {
    const frame = (functionName: string) => ({ functionName, url: '', lineNumber: 0 });
    const profile = { nodes: [{ id: 1, callFrame: frame('a') }, { id: 2, callFrame: frame('b') }, { id: 3, callFrame: frame('a') }, { id: 4, callFrame: frame('(idle)') }], samples: [1, 2, 3, 4], timeDeltas: [1000, 5000, 2000, 9000] };
    expect(selfTimes(profile)).to.deep.equal({ total: 8, functions: [['b', 5], ['a', 3]] });
  });
});
