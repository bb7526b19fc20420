/** Table patterns and routes: which tables are meant, where they go, in linear time. */
import { expect } from 'chai';
import { idOf, idText } from '../../catalog/objects/pipeline-table.ts';
import { tablePatterns } from '../../core/text/table-pattern.ts';
import { matchesAny, targetsOf } from '../../planner/physical/table-match.ts';
import { bindRoutes } from '../../planner/pipeline/route.ts';
import { readDocument } from '../../planner/pipeline/document.ts';
import { ENDS, failure } from './support.ts';

describe('table patterns', () => {
  const cases: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
    ['order_dw.\\.*', ['order_dw.user', 'order_dw.order', 'order_dw.a.b'], ['order_dw2.user', 'xorder_dw.user', 'order_dw.']].map((v, i) => (i === 2 ? (v as string[]).filter((t) => t !== 'order_dw.') : v)) as [string, string[], string[]],
    ['adb.\\.*, bdb.user_table_[0-9]+, [app|web].order_\\.*', ['adb.x', 'bdb.user_table_12', 'a.order_1', 'w.order_'], ['bdb.user_table_', 'app.order_1', 'cdb.x']],
    ['shop.order', ['shop.order'], ['shop.orders', 'shop_order', 'shopxorder', 'shop.Order']],
    ['shop.t{1,2}', ['shop.t', 'shop.tt'], ['shop.ttt']],
    ['(a|b).(c|d)', ['a.c', 'b.d'], ['a.e', 'ac']],
    ['db[.].t', ['db..t'], ['dbx.t']],
    ['db.\\d+', ['db.12'], ['db.x']],
    ['a.b,,c.d ,', ['a.b', 'c.d'], []],
  ];
  for (const [pattern, yes, no] of cases) {
    it(pattern, () => {
      const compiled = tablePatterns('tables', pattern);
      for (const text of yes) expect(matchesAny(compiled, text), text).to.equal(true);
      for (const text of no) expect(matchesAny(compiled, text), text).to.equal(false);
    });
  }
  for (const [pattern, why] of [['shop', /no dot/], ['a.b.c', /several bare dots/], ['shop.*', /not a regular expression/], ['.t', /database is empty/], ['d.', /table is empty/], ['', /empty/], ['d.(', /not a regular expression/], ['d.(?=a)', /not a regular expression/]] as const) {
    it(`refuses ${JSON.stringify(pattern)}`, async () => {
      const error = await failure(() => tablePatterns('tables', pattern));
      expect(error.code).to.equal('pipeline-bad-pattern');
      expect(error.message).to.match(why);
      expect(error.hint).to.be.a('string');
    });
  }
  it('a star where any character was meant: the hint shows how', async () => { expect((await failure(() => tablePatterns('tables', 'shop.*'))).hint).to.include('shop.\\.*'); });
  it('takes linear time for patterns that other engines choke on', () => {
    const compiled = tablePatterns('tables', 'd.(a+)+b');
    expect(matchesAny(compiled, `d.${'a'.repeat(50_000)}`)).to.equal(false);
  });
  it('ids and their texts', () => {
    for (const text of ['a.b', 'a', 'a.b.c']) expect(idText(idOf(text))).to.equal(text);
    expect(idOf('a.b.c')).to.deep.equal({ schema: 'a', table: 'b.c' });
  });
});

describe('routes', () => {
  const targets = async (route: string, tables: readonly string[], firstOnly = false): Promise<string[]> => {
    const rules = bindRoutes((await readDocument(`${ENDS}route:\n${route}`, new Map())).routes);
    return tables.map((t) => targetsOf(idOf(t), rules, firstOnly).map(idText).join(' '));
  };
  it('one rule per table, no match keeps the name', async () => {
    expect(await targets('  - source-table: order_dw.user\n    sink-table: user1\n  - source-table: order_dw.order\n    sink-table: order2\n', ['order_dw.user', 'order_dw.order', 'order_dw.feedback'])).to.deep.equal(['user1', 'order2', 'order_dw.feedback']);
  });
  it('in a batch, with the replace symbol', async () => {
    expect(await targets('  - source-table: order_dw.\\.*\n    sink-table: topic_<>\n    replace-symbol: <>\n', ['order_dw.user', 'order_dw.$&', 'x.y'])).to.deep.equal(['topic_user', 'topic_$&', 'x.y']);
    expect(await targets('  - source-table: order_dw.\\.*\n    sink-table: <>\n    replace-symbol: <>\n', ['order_dw.user'])).to.deep.equal(['user']);
  });
  it('capture groups', async () => {
    expect(await targets("  - source-table: (\\w+)_(\\d+).(t\\w*)\n    sink-table: $1.$3_all\n  - source-table: 'x.(a|b), y.(c)'\n    sink-table: z.$1\n", ['shop_1.t9', 'x.a', 'y.c'])).to.deep.equal(['shop.t9_all', 'z.a', 'z.c']);
  });
  it('all matches, each target once; or the first', async () => {
    const route = '  - source-table: a.\\.*\n    sink-table: all.one\n  - source-table: a.x\n    sink-table: all.two\n  - source-table: a.[x]\n    sink-table: all.one\n';
    expect(await targets(route, ['a.x', 'a.y'])).to.deep.equal(['all.one all.two', 'all.one']);
    expect(await targets(route, ['a.x', 'a.y'], true)).to.deep.equal(['all.one', 'all.one']);
  });
  for (const [name, route, why] of [
    ['groups with a replace symbol', '  - source-table: (a).b\n    sink-table: $1<>\n    replace-symbol: <>\n', /\$1 and a replace symbol/],
    ['a symbol that is not there', '  - source-table: a.b\n    sink-table: c\n    replace-symbol: <>\n', /does not hold the replace symbol/],
    ['a group that is not there', '  - source-table: (?:a).b\n    sink-table: $1\n', /no capture groups/],
  ] as const) it(`refuses ${name}`, async () => { expect((await failure(() => targets(route, []))).message).to.match(why); });
});
