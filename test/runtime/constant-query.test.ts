/** Queries without a source are answered on the main thread, with the rows and the errors the workers give for the same plan. */
import { expect } from 'chai';
import { APPEND } from '../../catalog/registry/connectors.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { BOOLEAN, INT } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { PhysicalNode } from '../../planner/physical/plan.ts';
import { constantSteps } from '../../runtime/jobs/constant-query.ts';
import type { JobManager } from '../../runtime/jobs/contract.ts';
import { collect, newFolder, numbers, openManager, planOf } from './support/plans.ts';

const columns = [{ name: 'a', type: INT }], base = { changelog: APPEND, upsertKeys: [], columns } as const;
const literal = (value: number): Expr => ({ op: 'literal', value, type: INT }), a: Expr = { op: 'column', index: 0, type: INT };
const call = (name: string, ...args: Expr[]): Expr => ({ op: 'call', name, args, type: name === '>' ? BOOLEAN : INT });
const values = (...rows: number[]): PhysicalNode => ({ ...base, type: 'values', id: 'val', inputs: [], label: 'Values', rows: rows.map((n) => [literal(n)]) });
const calc = (input: string, id: string, projection: Expr, condition: Expr | null = null): PhysicalNode => ({ ...base, type: 'calc', id, inputs: [{ node: input, exchange: { kind: 'forward' } }], label: `Calc(${id})`, condition, projections: [projection] });
/** Makes the same plan one for the workers. */
const union = (input: string): PhysicalNode => ({ ...base, type: 'union', id: 'uni', inputs: [{ node: input, exchange: { kind: 'forward' } }], label: 'Union' });

async function rowsOf(manager: JobManager, ...nodes: PhysicalNode[]): Promise<unknown> {
  try {
    const rows: unknown[] = [];
    for await (const chunk of manager.runQuery(planOf(...nodes), { signal: new AbortController().signal })) rows.push(...chunk.rows);
    return rows;
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    const { message, sqlstate, code, detail, hint } = error;
    return { message, sqlstate, code, detail, hint };
  }
}

describe('constant queries', () => {
  let manager: JobManager;
  before(async () => { manager = await openManager(newFolder(), { registryModule: undefined, parallelism: 1 }); });
  after(async () => { await manager.shutdown(); });
  const cases: readonly (readonly [string, readonly PhysicalNode[], string, unknown])[] = [
    ['VALUES', [values(3, 1, 2)], 'val', [[3], [1], [2]]],
    ['no rows', [values()], 'val', []],
    ['filter and projections', [values(1, 2, 3), calc('val', 'c1', call('+', a, literal(1)), call('>', a, literal(1))), calc('c1', 'c2', call('*', a, literal(10)))], 'c2', [[30], [40]]],
    ['as many literals as are taken', [values(...Array.from({ length: 256 }, (_, i) => i))], 'val', Array.from({ length: 256 }, (_, i) => [i])],
    ['an error', [values(1, 0), calc('val', 'c1', call('/', literal(1), a))], 'c1', undefined],
  ];
  for (const [name, nodes, last, rows] of cases) {
    it(`gives what the workers give: ${name}`, async () => {
      expect(constantSteps(planOf(...nodes, collect(last, columns)))).to.have.length(nodes.length);
      const here = await rowsOf(manager, ...nodes, collect(last, columns)), there = await rowsOf(manager, ...nodes, union(last), collect('uni', columns));
      expect(here).to.deep.equal(there);
      if (rows === undefined) expect(here).to.have.property('sqlstate', '22012'); else expect(here).to.deep.equal(rows);
    });
  }
  it('leaves to the workers what reads, what is no chain, and what has many literals', () => {
    expect(constantSteps(planOf(numbers({}), collect('src')))).to.equal(undefined);
    expect(constantSteps(planOf(values(1), union('val'), collect('uni', columns)))).to.equal(undefined);
    expect(constantSteps(planOf(values(...Array.from({ length: 257 }, (_, i) => i)), collect('val', columns)))).to.equal(undefined);
  });
  it('ends at once when it was cancelled', async () => {
    const abort = new AbortController();
    abort.abort();
    try { for await (const _ of manager.runQuery(planOf(values(1), collect('val', columns)), { signal: abort.signal })) expect.fail('a row'); expect.fail('no error'); } catch (error) { expect(error).to.have.property('code', 'query-cancelled'); }
  });
});
