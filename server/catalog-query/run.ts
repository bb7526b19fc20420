/**
 * Entry of catalog queries: describe and run. Measured: the queries of psql's `\d table` take under a millisecond each with twenty
 * tables, where a transient job over the same rows would start workers' tasks first.
 *
 * A query that wants columns of topics nobody has looked at yet is run, the topics it asked for are sampled (at most MAX_RESOLVED), and
 * it is run again.
 */
import type { SqlType } from '../../core/types/sql-type.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { expressionTooDeep } from '../../core/errors/planner.ts';
import { sqlTypeOf } from '../../catalog/system/pg-types.ts';
import type { SystemContext } from '../../catalog/system/system-tables.ts';
import type { Query } from '../../planner/sql/ast.ts';
import type { CatalogType, ResultColumn } from '../gateway/contract.ts';
import { Compiler, type QueryParameters } from './compiler.ts';
import type { QueryPlan } from './expression.ts';
import { compileQuery } from './query.ts';
import type { Row } from './scope.ts';
import { isReg, textOf } from './values.ts';

const NO_PARAMETERS: QueryParameters = { types: [] };

export interface CatalogAnswer { readonly columns: readonly ResultColumn[]; readonly rows: readonly Row[] }

function compiled(query: Query, context: SystemContext, parameters: QueryParameters): { compiler: Compiler; plan: QueryPlan } {
  const compiler = new Compiler(context, parameters);
  try { return { compiler, plan: compileQuery(compiler, query, undefined) }; } catch (error) {
    if (error instanceof RangeError && !(error instanceof RivuletError) && /call stack/i.test(error.message)) throw expressionTooDeep({}, { cause: error });
    throw error;
  }
}
/** Columns and parameter types, without running. */
export function describeCatalogQuery(query: Query, context: SystemContext, hints: readonly (SqlType | undefined)[]): { columns: readonly ResultColumn[]; parameterTypes: readonly SqlType[]; parameterCatalogTypes: readonly (CatalogType | undefined)[] } {
  const { compiler, plan } = compiled(query, context, { types: hints });
  const { types, catalogTypes } = compiler.describeParameters();
  return { columns: plan.columns.map(outputColumn), parameterTypes: types, parameterCatalogTypes: catalogTypes };
}
/** `context` is asked for a second time when the first run wanted schemas that had to be sampled. */
export async function runCatalogQuery(query: Query, context: () => SystemContext, parameters: QueryParameters = NO_PARAMETERS): Promise<CatalogAnswer> {
  const first = await attempt(query, context(), parameters);
  if (first.compiler.snapshot.demanded.size === 0 || !(await first.compiler.snapshot.resolveDemanded())) return first.answer;
  return (await attempt(query, context(), parameters)).answer;
}
async function attempt(query: Query, context: SystemContext, parameters: QueryParameters): Promise<{ compiler: Compiler; answer: CatalogAnswer }> {
  const { compiler, plan } = compiled(query, context, parameters);
  await compiler.load();
  const rows = plan.run(undefined), outputs = plan.columns.map((c) => output(c.type, compiler));
  return { compiler, answer: { columns: plan.columns.map(outputColumn), rows: outputs.every((o) => o === undefined) ? rows : rows.map((r) => r.map((v, i) => { const o = outputs[i]; return v === null || o === undefined ? v : o(v); })) } };
}
/** Types whose values leave as text. */
const isShownAsText = (type: string): boolean => isReg(type) || type === 'int2vector' || type === 'oidvector' || type === 'record' || (type.endsWith('[]') && isReg(type.slice(0, -2)));
const CATALOG_TYPES: ReadonlySet<string> = new Set<CatalogType>(['oid', 'xid', 'name', 'char', 'oid[]', 'name[]', 'char[]']);
function outputColumn({ name, type }: { readonly name: string; readonly type: string }): ResultColumn {
  const shown = isShownAsText(type) ? 'text' : type;
  return CATALOG_TYPES.has(shown) ? { name, type: sqlTypeOf(shown), pgType: shown as CatalogType } : { name, type: sqlTypeOf(shown) };
}
const output = (type: string, compiler: Compiler): ((v: unknown) => unknown) | undefined => (isShownAsText(type) ? textOf(type, compiler.names) : undefined);
