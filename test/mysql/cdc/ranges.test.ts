/** Ranges of keys and their order, without a server: what is finished, what is left, and the conditions that ask for it. */
import { expect } from 'chai';
import { compareKeys, keyOrderOf, literalOf, loadSortValue, storeSortValue, type KeyOrderKind, type SortValue } from '../../../runtime/connectors/mysql/cdc/key-order.ts';
import { FinishedRanges, loadRange, rangeCondition, storeRange, type Bound, type KeyRange } from '../../../runtime/connectors/mysql/cdc/ranges.ts';
import type { MySqlColumn } from '../../../runtime/connectors/mysql/contract.ts';
import { random } from './writers.ts';

const at = (n: number): Bound => ({ sort: [n], literals: [String(n)] });
const range = (from: number | null, to: number | null): KeyRange => ({ from: from === null ? null : at(from), to: to === null ? null : at(to) });
const text = (r: KeyRange): string => `(${r.from?.literals.join() ?? '-'}, ${r.to?.literals.join() ?? '+'}]`;

describe('ranges of a snapshot', () => {
  it('grow together in whatever order chunks are finished', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const draw = random(seed), cuts = [null, 10, 20, 30, 40, 50, null], finished = new FinishedRanges(['number']);
      const chunks = cuts.slice(0, -1).map((from, i) => range(from, cuts[i + 1] ?? null)), order = chunks.map((c) => ({ c, k: draw(1000) })).sort((a, b) => a.k - b.k).map((o) => o.c);
      for (let i = 0; i < order.length; i++) {
        finished.add(order[i] as KeyRange);
        for (const key of [-5, 10, 11, 20, 25, 50, 51, 99]) {
          const inside = order.slice(0, i + 1).some((r) => (r.from === null || key > (r.from.sort[0] as number)) && (r.to === null || key <= (r.to.sort[0] as number)));
          expect(finished.holds([key]), `seed ${seed}, key ${key}`).to.equal(inside);
          const left = finished.gaps().some((r) => (r.from === null || key > (r.from.sort[0] as number)) && (r.to === null || key <= (r.to.sort[0] as number)));
          expect(left, `seed ${seed}, key ${key} left`).to.equal(!inside);
        }
      }
      expect(finished.toJson().length).to.equal(1);
      expect(finished.gaps()).to.deep.equal([]);
    }
  });
  it('come back from JSON as they were', () => {
    const bound: Bound = { sort: [1, 18446744073709551615n, Buffer.from('äb'), null], literals: ['1', '18446744073709551615', "x'00'", 'NULL'] };
    expect(loadRange(JSON.parse(JSON.stringify(storeRange({ from: bound, to: null }))) as never)).to.deep.equal({ from: bound, to: null });
    for (const v of [null, 5, -9007199254740993n, Buffer.from([0, 255])]) expect(loadSortValue(JSON.parse(JSON.stringify(storeSortValue(v))) as never)).to.deep.equal(v);
  });
  it('become conditions that an index serves', () => {
    const pair = (a: number, b: number): Bound => ({ sort: [a, b], literals: [String(a), String(b)] });
    expect(rangeCondition(['`a`'], range(1, 5), false)).to.equal('`a` > 1 AND `a` <= 5');
    expect(rangeCondition(['`a`'], range(null, 5), true)).to.equal('(`a` <= 5 OR `a` IS NULL)');
    expect(rangeCondition(['`a`', '`b`'], { from: pair(1, 2), to: pair(3, 4) }, false)).to.equal('`a` >= 1 AND ((`a` > 1) OR (`a` = 1 AND `b` > 2)) AND `a` <= 3 AND ((`a` < 3) OR (`a` = 3 AND `b` <= 4))');
    expect(text(new FinishedRanges(['number'], [range(null, 3), range(8, null)]).gaps()[0] as KeyRange)).to.equal('(3, 8]');
  });
});
describe('the order of keys', () => {
  const sorted = (kind: KeyOrderKind, values: readonly SortValue[]): void => {
    for (let i = 0; i < values.length; i++) for (let j = 0; j < values.length; j++) expect(Math.sign(compareKeys([kind], [values[i] ?? null], [values[j] ?? null])), `${String(values[i])} ${String(values[j])}`).to.equal(Math.sign(i - j));
  };
  it('puts NULL first, numbers by size, bytes by value', () => {
    sorted('number', [null, -9223372036854775808n, -1, 0, 9007199254740991, 9007199254740993n]);
    sorted('bytes', [null, Buffer.from([]), Buffer.from([0]), Buffer.from([0, 1]), Buffer.from([255])]);
  });
  it('pads texts with blanks where MySQL does', () => {
    sorted('utf8-padded', ['a\t', 'a', 'a b', 'ab', 'é', '😀'].map((t) => Buffer.from(t)));
    expect(compareKeys(['utf8-padded'], [Buffer.from('a')], [Buffer.from('a  ')])).to.equal(0);
    expect(compareKeys(['utf8'], [Buffer.from('a')], [Buffer.from('a  ')])).to.be.lessThan(0);
  });
  it('knows which columns rows can be placed by', () => {
    const column = (dataType: string, more: Partial<MySqlColumn> = {}): MySqlColumn => ({ name: 'c', dataType, length: null, scale: null, unsigned: false, nullable: false, charset: null, collation: null, values: null, generated: false, comment: '', ...more });
    const kinds = ['int', 'decimal', 'datetime', 'varbinary', 'bit', 'enum', 'set', 'float', 'double', 'time', 'uuid'].map((t) => keyOrderOf(column(t)));
    expect(kinds).to.deep.equal(['number', 'number', 'number', 'bytes', 'bytes', undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(['utf8mb4_0900_ai_ci', 'utf8mb4_bin', 'utf8mb4_0900_bin', 'latin1_swedish_ci'].map((collation) => keyOrderOf(column('varchar', { collation })))).to.deep.equal(['weights', 'utf8-padded', 'utf8', 'weights']);
    expect(keyOrderOf(column('decimal', { length: 50 }))).to.equal(undefined);
  });
  it('lets nothing out of its literals', () => {
    expect(literalOf('text', Buffer.from("a' OR '1"))).to.match(/^_utf8mb4 x'[0-9a-f]+'$/);
    expect(literalOf('number', Buffer.from('1; DROP'))).to.match(/^'[\d.eE+-]*'$/);
    expect(literalOf('quoted', Buffer.from("2024-01-01' --"))).to.equal("'2024-01-01 --'");
    expect(literalOf('hex', Buffer.from([0, 39]))).to.equal("x'0027'");
  });
});
