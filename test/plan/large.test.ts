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
  it('takes a union of 10,000 selects, and reads the table once', async () => {
    const plan = await planOf(`${TABLE}SELECT * FROM (${many((i) => `SELECT a, ${i} AS n FROM t`, ' UNION ALL ')})`);
    expect(plan.nodes.filter((n) => n.type === 'source')).to.have.length(1);
    expect(plan.nodes.find((n) => n.type === 'union')?.inputs).to.have.length(N);
  });
  it('takes 10,000 rows of VALUES', async () => {
    const plan = await planOf(`${TABLE}CREATE TABLE s (a INT) WITH ('connector' = 'print');\nINSERT INTO s VALUES ${many((i) => `(${i})`, ', ')}`);
    const values = plan.nodes.find((n) => n.type === 'values');
    expect(values?.rows).to.have.length(N);
  });
});
