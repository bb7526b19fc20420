/** Statements with thousands of terms plan without a stack overflow and in reasonable size. */
import { expect } from 'chai';
import { planOf } from './harness.ts';

const N = 10_000, TABLE = "CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');\n";
const many = (make: (i: number) => string, separator: string): string => Array.from({ length: N }, (_, i) => make(i)).join(separator);

describe('large statements', () => {
  it('takes 10,000 values of IN', async () => {
    const plan = await planOf(`${TABLE}SELECT a FROM t WHERE a IN (${many(String, ', ')})`);
    const calc = plan.nodes.find((n) => n.type === 'calc');
    expect(calc?.condition?.op === 'call' && calc.condition.args.length).to.equal(N + 1);
    expect(calc?.label.length).to.be.lessThan(1000);
  });
  it('takes 10,000 terms of AND and OR', async () => {
    const and = (await planOf(`${TABLE}SELECT a FROM t WHERE ${many((i) => `a <> ${i}`, ' AND ')}`)).nodes.find((n) => n.type === 'calc');
    expect(and?.condition?.op === 'call' && [and.condition.name, and.condition.args.length]).to.deep.equal(['AND', N]);
    const or = (await planOf(`${TABLE}SELECT a FROM t WHERE ${many((i) => `a = ${i}`, ' OR ')}`)).nodes.find((n) => n.type === 'calc');
    expect(or?.condition?.op === 'call' && [or.condition.name, or.condition.args.length]).to.deep.equal(['OR', N]);
  });
  it('takes a union of 1,900 selects, and reads the table once; 10,000 are refused', async () => {
    const union = (n: number): string => `${TABLE}SELECT * FROM (${Array.from({ length: n }, (_, i) => `SELECT ${i} AS n FROM t`).join(' UNION ALL ')})`;
    expect(await planOf(union(N)).then(() => undefined, (error: { sqlstate?: string }) => error.sqlstate)).to.equal('54001');
    const plan = await planOf(union(1900));
    expect(plan.nodes.filter((n) => n.type === 'source')).to.have.length(1);
    expect(plan.nodes.find((n) => n.type === 'union')?.inputs).to.have.length(1900);
  });
  it('does not double what is used twice at each of many levels: expressions, conditions, common tables', async () => {
    const nested = (of: string, n: number): string => `${`SELECT ${of} AS a FROM (`.repeat(n)}SELECT a FROM t${') AS x'.repeat(n)}`;
    const sizes = await Promise.all([10, 20, 40].map(async (n) => JSON.stringify(await planOf(`${TABLE}SELECT a FROM (${nested('a + a', n)}) WHERE a > 5 AND a + a < 100`)).length));
    expect(sizes[2]).to.be.lessThan((sizes[0] as number) * 12);
    const tables = Array.from({ length: 30 }, (_, i) => (i === 0 ? 't0 AS (SELECT a FROM t)' : `t${i} AS (SELECT x.a FROM t${i - 1} AS x JOIN t${i - 1} AS y ON x.a = y.a)`)).join(', ');
    expect(await planOf(`${TABLE}WITH ${tables} SELECT * FROM t29`).then(() => undefined, (error: { code?: string }) => error.code)).to.equal('too-many-query-blocks');
  });
  it('refuses more columns than a limit, written out or by *', async () => {
    const code = (sql: string): Promise<string | undefined> => planOf(sql).then(() => undefined, (error: { code?: string }) => error.code);
    expect(await code(`${TABLE}SELECT ${many((i) => `a AS c${i}`, ', ')} FROM t`)).to.equal('too-many-columns');
    expect(await code(`${TABLE}SELECT * FROM (SELECT ${Array.from({ length: 3000 }, (_, i) => `a AS c${i}`).join(', ')} FROM t) AS x, (SELECT ${Array.from({ length: 3000 }, (_, i) => `a AS d${i}`).join(', ')} FROM t) AS y`)).to.equal('too-many-columns');
  });
  it('takes 10,000 rows of VALUES', async () => {
    const plan = await planOf(`${TABLE}CREATE TABLE s (a INT) WITH ('connector' = 'print');\nINSERT INTO s VALUES ${many((i) => `(${i})`, ', ')}`);
    const values = plan.nodes.find((n) => n.type === 'values');
    expect(values?.rows).to.have.length(N);
  });
});
