/** Runs the planner over a script: CREATE TABLE and CREATE VIEW fill a catalog, SET fills options, the last statement is planned. */
import { tableNotFound } from '../../core/errors/catalog.ts';
import { lineAndColumn, RivuletError } from '../../core/errors/define.ts';
import type { CatalogObject, ObjectPath } from '../../catalog/objects/objects.ts';
import { bindQuerySchema, explain, planQuery, planStatementSet, type PlannerContext } from '../../planner/planner.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { planTrees } from '../../planner/explain/tree.ts';
import { stateText } from '../../planner/explain/state.ts';
import type { Insert, Statement } from '../../planner/sql/ast-statement.ts';
import { parseStatements } from '../../planner/sql/parser.ts';
import { tableOfStatement } from '../../server/gateway/table-definition.ts';
import { fakeConnectors, fakeConstant, fakeFunctions } from './fakes.ts';

export class Planner {
  readonly objects = new Map<string, CatalogObject>();
  readonly options = new Map<string, string>();
  context(): PlannerContext {
    return {
      resolveTable: (parts) => {
        const name = parts.at(-1) ?? '', found = this.objects.get(name);
        if (found === undefined) return Promise.reject(tableNotFound({ table: name, where: '"default_catalog"."default_database"', existing: [...this.objects.keys()] }));
        return Promise.resolve(found);
      },
      currentCatalog: 'default_catalog', currentDatabase: 'default_database', functions: fakeFunctions, connectors: fakeConnectors,
      formats: { get: () => undefined, identifiers: () => [] }, option: (key) => this.options.get(key), timeZone: 'UTC',
      evaluateConstant: fakeConstant,
    };
  }
  /** Executes all but the last statement and gives that one. */
  async prepare(script: string): Promise<Statement> {
    const statements = parseStatements(script), last = statements.pop();
    for (const s of statements) await this.define(s, script);
    if (last === undefined) throw new TypeError('the script is empty');
    return last;
  }
  private async define(s: Statement, script: string): Promise<void> {
    const path = (name: string): ObjectPath => ({ catalog: 'default_catalog', database: 'default_database', name });
    switch (s.kind) {
      case 'createTable': { const name = s.name.parts.at(-1)?.value ?? ''; this.objects.set(name, tableOfStatement(s, path(name), undefined, [])); return; }
      case 'createView': {
        const name = s.name.parts.at(-1)?.value ?? '', { columns } = await bindQuerySchema(s.query, this.context());
        this.objects.set(name, { kind: 'view', path: path(name), temporary: false, query: script.slice(s.query.range.start, s.query.range.end), context: { catalog: 'default_catalog', database: 'default_database' }, columns: columns.map((c, i) => ({ ...c, name: s.columns[i]?.value ?? c.name })) });
        return;
      }
      case 'setOption': this.options.set(s.key, s.value ?? ''); return;
      default: throw new TypeError(`unexpected statement ${s.kind}`);
    }
  }
  async plan(s: Statement): Promise<PhysicalPlan> {
    if (s.kind === 'queryStatement') return (await planQuery(s.query, this.context(), { mode: this.options.get('execution.runtime-mode') === 'streaming' ? 'streaming' : 'bounded' })).plan;
    return (await planStatementSet(insertsOf(s), this.context())).plan;
  }
}
function insertsOf(s: Statement): Insert[] {
  if (s.kind === 'insert') return [s];
  if (s.kind === 'statementSet') return s.statements.filter((m) => m.kind === 'insert');
  throw new TypeError(`cannot plan ${s.kind}`);
}
export async function planOf(script: string): Promise<PhysicalPlan> {
  const planner = new Planner();
  return planner.plan(await planner.prepare(script));
}
/** What a golden file holds: the plan with change modes and its state, EXPLAIN's text, or the error with its place. */
export async function outcome(script: string, planner = new Planner()): Promise<string> {
  try {
    const last = await planner.prepare(script);
    if (last.kind === 'explain') return explainOf(planner, last);
    const plan = await planner.plan(last);
    return `${planTrees(plan, { changelog: true, reuse: true })}\n\n== State ==\n${stateText(plan).replaceAll(/ \[[0-9a-f]{16}\]/g, '')}`;
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    return errorText(error, script);
  }
}
async function explainOf(planner: Planner, last: Extract<Statement, { kind: 'explain' }>): Promise<string> {
  const inner = last.statement;
  const text = inner.kind === 'queryStatement' ? await explain({ query: inner.query }, planner.context(), last) : await explain({ inserts: insertsOf(inner) }, planner.context(), last);
  return text.replaceAll(/ \[[0-9a-f]{16}\]/g, '');
}
function errorText(error: RivuletError, script: string): string {
  const lines = [`ERROR ${error.sqlstate}: ${error.message}`];
  if (error.detail !== undefined) lines.push(`DETAIL: ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT: ${error.hint}`);
  if (error.range !== undefined) {
    const { line, column } = lineAndColumn(script, error.range.start);
    lines.push(`AT ${line}:${column} ${JSON.stringify(script.slice(error.range.start, Math.min(error.range.end, error.range.start + 60)))}`);
  }
  return lines.join('\n');
}
