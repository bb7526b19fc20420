/** Every conformance case through the planner with the real functions, connectors and formats: it plans, or is refused by name of a feature that is not there yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import type { PlannerContext } from '../../planner/planner.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import { evaluateConstant } from '../../runtime/codegen/compile.ts';
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { Planner } from './harness.ts';

class RealPlanner extends Planner {
  override context(): PlannerContext {
    const env = { timeZone: 'UTC', nowMs: () => 0, random: () => 0 };
    return { ...super.context(), functions: functionRegistry, connectors: connectorRegistry, formats: formatRegistry, evaluateConstant: (e: Expr) => evaluateConstant(e, { functions: functionRegistry, env }) };
  }
}
/** Cases that need an operator Rivulet does not have yet: Top-N, OVER, windows, grouping sets. */
const REFUSED = /^(topn|unnest|window-agg|window-join|window-topn|window-tvf)\/|^group-agg\/rw-(grouping-sets|rollup)|^nexmark\/nexmark-q(105|11|12|18|19|5|6|7|8|9)\.|^tpch\/tpch-q(02|03|10|18|21)\./;
const cases = new URL('../conformance/cases/', import.meta.url);

describe('plans of the conformance cases', () => {
  for (const category of readdirSync(cases).sort()) {
    it(category, async () => {
      for (const file of readdirSync(new URL(`${category}/`, cases)).sort()) {
        const name = `${category}/${file}`, one = JSON.parse(readFileSync(new URL(name, cases), 'utf8')) as { setup: string[]; job: string[] };
        const script = [...one.setup, ...one.job].join(';\n').replaceAll(/\$\{topic\.(\w+)\}/g, '$1').replaceAll('${KAFKA}', 'broker:9092'), planner = new RealPlanner();
        let refusal: unknown;
        try { await planner.plan(await planner.prepare(script)); } catch (error) { refusal = error; }
        if (refusal !== undefined && !(refusal instanceof RivuletError)) throw refusal;
        expect(refusal?.code, `${name}: ${refusal?.message ?? 'planned'}`).to.equal(REFUSED.test(name) ? 'feature-not-supported' : undefined);
      }
    });
  }
});
