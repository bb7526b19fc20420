/** The comparison of both engines' rows, and the options of the bench. */
import { expect } from 'chai';
import { benchArguments } from '../../bench/harness/options.ts';
import { loadQuery, queries } from '../../bench/harness/queries.ts';
import { addRecord, difference, intoTopic } from '../../bench/harness/same-results.ts';

function rowsOf(...records: unknown[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const record of records) addRecord(rows, JSON.stringify(record));
  return rows;
}

describe('bench: same results', () => {
  it('keeps what remains of a changelog', () => {
    const a1 = { a: 1, b: 'x' }, a2 = { a: 1, b: 'y' };
    expect([...rowsOf({ before: null, after: a1, op: 'c' }, { before: a1, after: null, op: 'd' }, { before: null, after: a2, op: 'c' })]).to.deep.equal([[JSON.stringify(a2), 1]]);
    expect([...rowsOf({ before: a1, after: a2, op: 'u' }, { before: null, after: a1, op: 'c' })]).to.deep.equal([[JSON.stringify(a2), 1]]);
    expect(rowsOf({ a: 1 }, { a: 1 }, { a: 2 }).get('{"a":1}')).to.equal(2);
  });
  it('sees a row too many, a row too few and one more often', () => {
    expect(difference(rowsOf({ a: 1 }, { a: 2 }), rowsOf({ a: 2 }, { a: 1 }))).to.equal(undefined);
    expect(difference(rowsOf({ a: 1 }), rowsOf())).to.equal('1 rows only or more often in Rivulet, as {"a":1} ×1; 0 rows only or more often in Flink');
    expect(difference(rowsOf({ a: 1 }, { a: 1 }), rowsOf({ a: 1 }))).to.contain('{"a":1} ×2').and.to.contain('{"a":1} ×1');
    expect(difference(rowsOf({ a: 1 }), rowsOf({ a: 1.5 }))).to.contain('in Flink, as {"a":1.5}');
  });
  it('gives every query a topic to write to', () => {
    for (const { name } of queries) {
      const text = intoTopic(loadQuery(name, { bootstrap: 'k:1', prefix: 'p.', outTopic: 'out' }).sql, 'k:1', 'out');
      expect(text, name).to.contain("'topic' = 'out'").and.not.contain('blackhole');
    }
  });
});

describe('bench: options', () => {
  it('has defaults, pairs under both names, and Flink off', () => {
    expect(benchArguments(['q0', 'q1']).names).to.deep.equal(['q0', 'q1']);
    expect(benchArguments([]).bench).to.deep.include({ runs: 3, warmUps: 1, flink: true, settings: {} });
    expect(benchArguments(['--pairs', '5']).bench.runs).to.equal(5);
    expect(benchArguments(['--warm-up', '0']).bench.warmUps).to.equal(0);
    expect(benchArguments(['--runs', '2']).bench.runs).to.equal(2);
    expect(benchArguments(['--no-flink', '--no-record'])).to.deep.include({ record: false }).and.to.have.nested.property('bench.flink', false);
    expect(benchArguments(['--set', 'a.b=1 s=2']).bench.settings).to.deep.equal({ 'a.b': '1 s=2' });
  });
  it('says what is wrong with a value', () => {
    for (const [argv, message] of [[['--scale', '0'], '--scale'], [['--pairs', '1.5'], 'whole'], [['--parallelism', 'two'], '--parallelism'], [['--set', 'x'], 'KEY=VALUE'], [['--help'], 'usage'], [['--bad'], "Unknown option '--bad'"]] as const) expect(() => benchArguments(argv), argv.join(' ')).to.throw(message);
  });
});
