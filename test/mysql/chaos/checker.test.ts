/** The checker of topics itself: a right topic passes, and every way of spoiling one is seen. A checker that cannot fail proves nothing. */
import { expect } from 'chai';
import { checkChangelog } from '../../../tools/chaos/mysql/check-changelog.ts';
import { checkUpsert, type Rules } from '../../../tools/chaos/mysql/check-upsert.ts';
import type { TopicRecord } from '../../../tools/chaos/topics.ts';
import type { Change, TableHistory } from '../../../tools/chaos/mysql/history.ts';
import { Random } from '../../../tools/chaos/random.ts';
import { chaosTables, keyText, type ChaosTable, type Image } from '../../../tools/chaos/mysql/tables.ts';
import { decimalText, exactJson, fromJson } from '../../../tools/chaos/mysql/values.ts';

const table = chaosTables(10).find((t) => t.name === 'numbers') as ChaosTable;
const EXACT: Rules = { exactlyOnce: true, fields: 'exact', jumps: false };
const LEAST: Rules = { ...EXACT, exactlyOnce: false };

/** A made-up history of some keys: inserts, updates, deletes and changes of the key. */
function inventHistory(random: Random, count: number): TableHistory {
  const rows = new Map<string, Image>(), changes: Change[] = [];
  let version = 100n;
  const push = (before: Image | null, after: Image | null): void => {
    if (before !== null) rows.delete(keyText(table, before));
    if (after !== null) rows.set(keyText(table, after), after);
    changes.push({ before, after, alters: 0, gtid: `x:${changes.length}` });
  };
  while (changes.length < count) {
    const id = String(random.int(8)), here = rows.get(keyText(table, { id }));
    const row = (key: string): Image => ({ id: key, ver: String(++version), g: String(random.int(3)), n: String(random.int(100)), amount: '1.5', f: null });
    const free = ['20', '21', '22'].find((k) => !rows.has(keyText(table, { id: k })));
    if (here === undefined) push(null, row(id));
    else if (random.chance(0.2)) push(here, null);
    else if (random.chance(0.2) && free !== undefined) push(here, row(free));
    else push(here, row(id));
  }
  return { changes, alters: [], truncates: [] };
}
const json = (image: Image): string => `{${Object.entries(image).map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
const keyJson = (image: Image): string => `{"id":${image['id']}}`;
/** The topic a faultless reader would make whose snapshot was taken after `snapshot` changes. */
function upsertTopic(history: TableHistory, snapshot: number): TopicRecord[] {
  const records: TopicRecord[] = [], rows = new Map<string, Image>();
  const put = (key: string, value: string | null): void => { records.push({ partition: 0, offset: records.length, key, value }); };
  history.changes.forEach(({ before, after }, i) => {
    if (i === snapshot) for (const row of rows.values()) put(keyJson(row), json(row));
    if (before !== null) rows.delete(keyText(table, before));
    if (after !== null) rows.set(keyText(table, after), after);
    if (i < snapshot) return;
    if (before !== null && before['id'] !== after?.['id']) put(keyJson(before), null);
    if (after !== null) put(keyJson(after), json(after));
  });
  return records;
}
function changelogTopic(history: TableHistory, snapshot: number): TopicRecord[] {
  const rows = new Map<string, Image>(), values: string[] = [];
  history.changes.forEach(({ before, after }, i) => {
    if (i === snapshot) for (const row of rows.values()) values.push(`{"before":null,"after":${json(row)},"op":"r"}`);
    if (before !== null) rows.delete(keyText(table, before));
    if (after !== null) rows.set(keyText(table, after), after);
    if (i >= snapshot) values.push(`{"before":${before === null ? 'null' : json(before)},"after":${after === null ? 'null' : json(after)},"op":"${before === null ? 'c' : after === null ? 'd' : 'u'}"}`);
  });
  return values.map((value, offset) => ({ partition: 0, offset, key: null, value }));
}
const caught = (verdict: { wrong: readonly string[]; complete: boolean }): boolean => verdict.wrong.length > 0 || !verdict.complete;

describe('chaos checker', () => {
  const seeds = Array.from({ length: 6 }, (_, i) => i + 1);
  const cases = seeds.map((seed) => { const random = new Random(seed), history = inventHistory(random, 120), snapshot = random.int(60); return { seed, random, history, upsert: upsertTopic(history, snapshot), changelog: changelogTopic(history, snapshot) }; });

  it('passes topics without a fault', () => {
    for (const { seed, history, upsert, changelog } of cases) {
      for (const rules of [EXACT, LEAST]) {
        expect(checkUpsert(table, history, upsert, rules), `upsert ${seed}`).to.deep.include({ complete: true, wrong: [], missing: [] });
        expect(checkChangelog('debezium-json', table, history, changelog, rules), `changelog ${seed}`).to.deep.include({ complete: true, wrong: [], missing: [] });
      }
    }
  });
  it('sees a lost record wherever it is', () => {
    for (const { history, upsert, changelog } of cases) {
      upsert.forEach((_, i) => {
        // The first record of a key may be missing unseen when a later one stands for it: only a snapshot further on.
        if (upsert.slice(0, i).every((r) => r.key !== upsert[i]?.key) && upsert.slice(i + 1).some((r) => r.key === upsert[i]?.key && r.value !== null)) return;
        expect(caught(checkUpsert(table, history, upsert.toSpliced(i, 1), LEAST)), `record ${i}`).to.equal(true);
      });
      changelog.forEach((record, i) => {
        if (record.value?.includes('"before":null')) return;
        expect(caught(checkChangelog('debezium-json', table, history, changelog.toSpliced(i, 1), EXACT)), `change ${i}`).to.equal(true);
      });
    }
  });
  it('sees a record that is there twice when it must be there once, and bears it else', () => {
    for (const { history, upsert, changelog, random } of cases) {
      const i = random.int(upsert.length), again = upsert[i] as TopicRecord;
      expect(checkUpsert(table, history, upsert.toSpliced(i, 0, again), EXACT).wrong).to.not.deep.equal([]);
      if (again.value !== null) expect(checkUpsert(table, history, upsert.toSpliced(i, 0, again), LEAST)).to.deep.include({ wrong: [], complete: true, repeats: 1 });
      const j = random.int(changelog.length);
      expect(checkChangelog('debezium-json', table, history, changelog.toSpliced(j, 0, changelog[j] as TopicRecord), EXACT).wrong).to.not.deep.equal([]);
    }
  });
  it('sees a stretch that is written again from a checkpoint, and bears it only at least once', () => {
    for (const { history, upsert, random } of cases) {
      const from = random.int(upsert.length - 30), repeated = [...upsert.slice(0, from + 30), ...upsert.slice(from)];
      expect(checkUpsert(table, history, repeated, EXACT).wrong).to.not.deep.equal([]);
      expect(checkUpsert(table, history, repeated, LEAST)).to.deep.include({ wrong: [], complete: true });
    }
  });
  it('sees two records of a key in the wrong order', () => {
    for (const { history, upsert } of cases) {
      for (let i = 1; i < upsert.length; i++) {
        const before = upsert.slice(0, i).findLastIndex((r) => r.key === upsert[i]?.key);
        if (before < 0) continue;
        expect(caught(checkUpsert(table, history, upsert.with(i, upsert[before] as TopicRecord).with(before, upsert[i] as TopicRecord), EXACT)), `records ${before}, ${i}`).to.equal(true);
      }
    }
  });
  it('sees a changed value, a shifted column, a missing column, a foreign column, a lost digit', () => {
    for (const { history, upsert, changelog } of cases) {
      const i = upsert.findIndex((r) => r.value !== null), value = upsert[i]?.value ?? '';
      for (const spoilt of [value.replace(/"n":\d+/, '"n":101'), value.replace(/"g":(\d+),"n":(\d+)/, '"g":$2,"n":$1').replace(/"g":\d+/, '"g":99'), value.replace(/,"f":null/, ''), value.replace('"f":null', '"f":null,"h":1'), value.replace('1.5', '1.50001'), value.replace(/"ver":(\d+)/, '"ver":$1000')]) {
        expect(checkUpsert(table, history, upsert.with(i, { ...upsert[i] as TopicRecord, value: spoilt }), EXACT).wrong, spoilt).to.not.deep.equal([]);
      }
      const j = changelog.findIndex((r) => r.value?.includes('"op":"u"'));
      const text = changelog[j]?.value ?? '';
      expect(checkChangelog('debezium-json', table, history, changelog.with(j, { ...changelog[j] as TopicRecord, value: text.replace(/"n":\d+/, '"n":777') }), EXACT).wrong).to.not.deep.equal([]);
    }
  });
  it('sees the key of a row that moved without a tombstone, and a row of a transaction that was rolled back', () => {
    for (const { history, upsert } of cases) {
      const i = upsert.findIndex((r, at) => r.value === null && upsert[at + 1]?.value !== null);
      if (i >= 0) expect(caught(checkUpsert(table, history, upsert.toSpliced(i, 1), LEAST))).to.equal(true);
      const ghost: TopicRecord = { partition: 0, offset: 9999, key: '{"id":3}', value: '{"id":3,"ver":7,"g":1,"n":1,"amount":1.5,"f":null}' };
      expect(checkUpsert(table, history, [...upsert, ghost], LEAST).wrong.join()).to.contain('never committed');
    }
  });
  it('says that a topic is not complete while its end is missing', () => {
    for (const { history, upsert, changelog } of cases) {
      expect(checkUpsert(table, history, upsert.slice(0, -1), EXACT)).to.deep.include({ complete: false, wrong: [] });
      expect(checkChangelog('debezium-json', table, history, changelog.slice(0, -1), EXACT)).to.deep.include({ complete: false, wrong: [] });
    }
  });
  it('compares values exactly: long integers, decimals of any notation, time fractions', () => {
    expect(fromJson('integer', exactJson('{"a":18446744073709551615}')?.['a'])).to.equal('18446744073709551615');
    expect(['1.50', '15E-1', '1.5', '+1.5'.slice(1), '001.500'].map(decimalText)).to.deep.equal(['1.5', '1.5', '1.5', '1.5', '1.5']);
    expect(['-0.00', '1E+3', '-1e-3', '0'].map(decimalText)).to.deep.equal(['0', '1000', '-0.001', '0']);
    expect(fromJson('datetime', '2020-01-02T03:04:05.120Z')).to.equal(fromJson('datetime', '2020-01-02 03:04:05.12'));
    expect(fromJson('datetime', '2020-01-02 03:04:05.000000')).to.equal('2020-01-02 03:04:05');
  });
});
