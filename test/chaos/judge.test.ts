/** The judge of the random killer: right topics pass, and every way of spoiling one is seen. */
import { expect } from 'chai';
import { judge, rowsOf, type Guarantee, type SinkRecord } from '../../tools/chaos/kafka/judge.ts';
import { planSeed, scenarios } from '../../tools/chaos/kafka/plan.ts';
import type { SinkTopic, TopicKind } from '../../tools/chaos/kafka/scenario.ts';

const sink = (kind: TopicKind, approximate = false): SinkTopic => ({ name: 's', kind, approximate });
const added = (row: string): SinkRecord => ({ key: null, value: row });
const put = (row: string): SinkRecord => ({ key: null, value: `{"before":null,"after":${row},"op":"c"}` }), take = (row: string): SinkRecord => ({ key: null, value: `{"before":${row},"after":null,"op":"d"}` });
const last = (key: number, row: string | null): SinkRecord => ({ key: `{"k":${key}}`, value: row });

/** A right topic of each kind, the rows it comes to, and whether repeats are allowed. */
const RIGHT: readonly { readonly kind: TopicKind; readonly guarantee: Guarantee; readonly records: readonly SinkRecord[] }[] = [
  { kind: 'append', guarantee: 'exactly-once', records: [added('{"a":1}'), added('{"a":1}'), added('{"a":2,"b":null}'), added('{"a":3}')] },
  { kind: 'append', guarantee: 'at-least-once', records: [added('{"a":1}'), added('{"a":2}'), added('{"a":3}')] },
  { kind: 'retract', guarantee: 'exactly-once', records: [put('{"a":1}'), put('{"a":1}'), take('{"a":1}'), put('{"a":2}'), take('{"a":2}'), put('{"a":3}')] },
  { kind: 'upsert', guarantee: 'exactly-once', records: [last(1, '{"k":1,"v":1}'), last(2, '{"k":2,"v":1}'), last(1, '{"k":1,"v":2}'), last(2, null), last(3, '{"k":3,"v":5}')] },
  { kind: 'upsert', guarantee: 'at-least-once', records: [last(1, '{"k":1,"v":1}'), last(1, '{"k":1,"v":2}'), last(2, '{"k":2,"v":1}'), last(2, null)] },
];
const caught = (of: { wrong: readonly string[]; missing: readonly string[] }): boolean => of.wrong.length + of.missing.length > 0;

describe('the judge of the random killer', () => {
  for (const { kind, guarantee, records } of RIGHT) {
    const topic = sink(kind), { rows: expected } = rowsOf(topic, records), check = (list: readonly SinkRecord[]): boolean => caught(judge(topic, guarantee, expected, list));
    describe(`${kind}, ${guarantee}`, () => {
      it('a right topic passes', () => { expect(judge(topic, guarantee, expected, records)).to.deep.equal({ wrong: [], missing: [] }); });
      it('every record that is lost is seen, unless the key has a later one', () => {
        records.forEach((record, i) => {
          // A value that is replaced later may be left out: who reads last values does not see it. Nor does who never saw a key miss its end.
          const replaced = kind === 'upsert' && records.slice(i + 1).some((r) => r.key === record.key), rest = records.filter((_, j) => j !== i);
          expect(check(rest), `without record ${i}`).to.equal(!replaced);
        });
      });
      it('every record that comes twice is seen where it must not', () => {
        records.forEach((record, i) => {
          const harmless = kind === 'upsert' || guarantee === 'at-least-once';
          expect(check([...records.slice(0, i + 1), record, ...records.slice(i + 1)]), `record ${i} twice`).to.equal(!harmless);
        });
      });
      it('a row nobody asked for is seen, at once where nothing can take it back', () => {
        const more = kind === 'append' ? added('{"a":9}') : kind === 'retract' ? put('{"a":9}') : last(9, '{"k":9,"v":9}'), verdict = judge(topic, guarantee, expected, [...records, more]);
        expect(caught(verdict)).to.equal(true);
        expect(verdict.wrong.length > 0).to.equal(kind === 'append');
      });
      it('a changed value, a record that is no JSON, a tombstone or key where none belongs, are seen', () => {
        const at = records.length - 1, changed = records.map((r, i) => (i === at ? { ...r, value: r.value === null ? '{"k":2,"v":7}' : r.value.replace(/\d(?=\D*$)/, '8') } : r));
        expect(check(changed), 'changed').to.equal(true);
        expect(check([...records, { key: kind === 'upsert' ? '{"k":1}' : null, value: 'not json' }]), 'no JSON').to.equal(true);
        expect(check([...records, { key: null, value: kind === 'upsert' ? '{"k":1,"v":2}' : null }]), 'misplaced').to.equal(true);
      });
    });
  }
  it('an old value behind the new one is seen', () => { expect(caught(judge(sink('upsert'), 'at-least-once', ['{"k":1,"v":2}'], [last(1, '{"k":1,"v":2}'), last(1, '{"k":1,"v":1}')]))).to.equal(true); });
  it('a key that only a dead process came by is borne where inputs interleave; a wrong or missing row is not', () => {
    const check = (...records: readonly SinkRecord[]): boolean => caught(judge(sink('upsert'), 'at-least-once-strands', ['{"k":1,"v":2}'], records));
    expect(check(last(1, '{"k":1,"v":2}'), last(7, '{"k":7,"v":1}'))).to.equal(false);
    expect(check(last(1, '{"k":1,"v":1}'), last(7, '{"k":7,"v":1}'))).to.equal(true);
    expect(check(last(7, '{"k":7,"v":1}'))).to.equal(true);
  });
  it('a retraction before its row is wrong whatever comes later', () => { expect(judge(sink('retract'), 'exactly-once', [], [take('{"a":1}'), put('{"a":1}')]).wrong).to.have.length(1); });
  it('numbers count with all their digits, to ten of them where sums depend on their order', () => {
    const row = '{"a":9007199254740993}', other = '{"a":9007199254740992}';
    expect(caught(judge(sink('append'), 'exactly-once', [row], [added(other)]))).to.equal(true);
    const [near] = rowsOf(sink('append', true), [added('{"a":0.30000000000000004}')]).rows;
    expect(judge(sink('append', true), 'exactly-once', [near ?? ''], [added('{"a":0.3}')])).to.deep.equal({ wrong: [], missing: [] });
  });
});

describe('the plan of a seed', () => {
  const limits = { only: '', onlyFaults: '', faults: undefined, feedMs: 1000 };
  it('is the same for the same seed', () => {
    const text = (seed: number): string => JSON.stringify(planSeed(seed, limits), (name, value: unknown) => (name === 'scenario' ? (value as { name: string }).name : value instanceof Map ? [...value] as unknown : value));
    expect(text(7)).to.equal(text(7));
    expect(text(7)).not.to.equal(text(8));
  });
  it('feeds every record once, in order', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const plan = planSeed(seed, limits), next = new Map<string, number>();
      for (const { job, topic, from, to } of plan.batches) { expect(from).to.equal(next.get(`${job} ${topic}`) ?? 0); next.set(`${job} ${topic}`, to); }
      plan.jobs.forEach((job, at) => { for (const [topic, records] of job.records) expect(next.get(`${at} ${topic}`) ?? 0, `seed ${seed}`).to.equal(records.length); });
    }
  });
  it('a row that is taken back is in the partition where it was put, and was put before', () => {
    for (let seed = 1; seed <= 60; seed++) for (const job of planSeed(seed, limits).jobs) for (const input of job.scenario.inputs) {
      if (input.kind !== 'retract' || !job.scenario.extensible) continue;
      const live = new Map<string, number>();
      for (const { partition, value } of job.records.get(input.name) ?? []) {
        const { before, after } = JSON.parse(value ?? '') as { before: unknown; after: unknown };
        const id = (row: unknown): string => `${partition} ${JSON.stringify(row)}`;
        if (before !== null) { expect(live.get(id(before)) ?? 0, `${job.scenario.name} seed ${seed}`).to.be.above(0); live.set(id(before), (live.get(id(before)) ?? 0) - 1); }
        if (after !== null) live.set(id(after), (live.get(id(after)) ?? 0) + 1);
      }
    }
  });
  it('takes jobs from stories and cases, all kinds of sinks among them', () => {
    const names = scenarios().map((s) => s.name);
    expect(names.filter((n) => n.startsWith('stream/')).length).to.be.above(50);
    expect(names.filter((n) => !n.startsWith('stream/')).length).to.be.above(60);
    expect(new Set(scenarios().flatMap((s) => s.sinks.map((k) => k.kind)))).to.have.all.keys('append', 'retract', 'upsert');
  });
});
