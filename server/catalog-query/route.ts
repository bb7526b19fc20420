/**
 * Which queries are answered here: those that read nothing but system tables and show that a PostgreSQL client wrote them, by a system
 * table, a function or a type only such clients use. Everything else is a query of Flink's language and goes to the planner; so does a
 * query that joins a system table with a user's table.
 */
import { systemTable } from '../../catalog/system/system-tables.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { Query } from '../../planner/sql/ast.ts';
import type { Statement } from '../../planner/sql/ast-statement.ts';
import { parseStatements } from '../../planner/sql/parser.ts';
import { isClientFunction } from './functions/index.ts';

const CLIENT_TYPES = new Set(['REGCLASS', 'REGTYPE', 'REGPROC', 'REGPROCEDURE', 'REGNAMESPACE', 'REGROLE', 'REGOPER', 'REGOPERATOR', 'OID', 'NAME']);
const SCHEMAS = new Set(['pg_catalog', 'information_schema']);

interface Signs { foreign: boolean; client: boolean; system: boolean }
/** Node shapes of the syntax tree that matter here, as far as they matter. */
interface Shape { readonly kind?: string; readonly name?: unknown; readonly parts?: unknown; readonly operator?: unknown; readonly quoted?: boolean }

/** `system`: it reads system tables. `words`: it has no table, only words of PostgreSQL's clients, and the planner may know it as well. */
export type Route = 'system' | 'words' | undefined;
export const isCatalogQuery = (query: Query): boolean => routeOf(query) !== undefined;
export function routeOf(query: Query): Route {
  const ctes = new Set<string>();
  collectCtes(query, ctes);
  const signs: Signs = { foreign: false, client: false, system: false };
  look(query, ctes, signs);
  return signs.foreign ? undefined : signs.system ? 'system' : signs.client ? 'words' : undefined;
}
/**
 * The statements of a text. What Flink's grammar refuses may be a catalog query that uses one of Flink's reserved words as a name
 * (`AS element`); if it is nothing but that it is taken, else the first error stands.
 */
export function parseClientText(text: string): Statement[] {
  try { return parseStatements(text); } catch (error) {
    if (!(error instanceof RivuletError) || error.code !== 'syntax-error') throw error;
    let statements: Statement[];
    try { statements = parseStatements(text, { names: 'postgres' }); } catch { throw error; }
    if (statements.every((s) => s.kind === 'queryStatement' && isCatalogQuery(s.query))) return statements;
    throw error;
  }
}
/** True for what the planner may do better: a function or a form that catalog queries do not have, in a query without system tables. */
export const isForPlanner = (route: Route, error: unknown): boolean => route === 'words' && error instanceof RivuletError && (error.code === 'function-not-found' || error.code === 'feature-not-supported' || error.code === 'unknown-type');
const wordsOf = (name: unknown): string[] => {
  const parts = (name as { parts?: readonly { value?: unknown }[] } | undefined)?.parts;
  return Array.isArray(parts) ? parts.map((p: { value?: unknown }) => String(p.value)) : [];
};
function collectCtes(node: unknown, into: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  if ((node as Shape).kind === 'commonTable') into.add(String((node as { name: { value: string } }).name.value).toLowerCase());
  for (const value of Object.values(node)) if (typeof value === 'object') collectCtes(value, into);
}
function look(node: unknown, ctes: ReadonlySet<string>, signs: Signs): void {
  if (typeof node !== 'object' || node === null || signs.foreign) return;
  const shape = node as Shape;
  switch (shape.kind) {
    case 'namedTable': case 'explicitTable': {
      const words = wordsOf(shape.name);
      if (words.length === 1 && ctes.has((words[0] ?? '').toLowerCase())) break;
      if (systemTable(words) === undefined) { signs.foreign = true; return; }
      signs.system = true;
      break;
    }
    case 'call': {
      const words = wordsOf(shape.name).map((w) => w.toLowerCase());
      if (words.length > 1 ? SCHEMAS.has(words.at(-2) ?? '') : isClientFunction(words[0] ?? '')) signs.client = true;
      break;
    }
    case 'column': { const words = wordsOf(shape); if (words.length === 1 && shape.quoted !== true && /^(current_user|session_user|user|current_role|current_catalog|current_schema)$/i.test(words[0] ?? '')) signs.client = true; break; }
    case 'simpleType': {
      const type = node as { name: string; quoted: boolean; qualifier?: readonly unknown[] };
      if (CLIENT_TYPES.has(type.name.toUpperCase()) || (type.qualifier?.length ?? 0) > 0) signs.client = true;
      break;
    }
    default:
  }
  for (const value of Object.values(node)) if (typeof value === 'object') look(value, ctes, signs);
}
