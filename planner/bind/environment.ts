/** Common table expressions: what WITH brings into sight, expanded where it is used. */
import { featureNotSupported } from '../../core/errors/common.ts';
import type { Query } from '../sql/ast.ts';

/** Common table expressions in sight. */
export interface CommonTableEntry { readonly query: Query; readonly columns: readonly string[]; readonly environment: Environment }
export type Environment = ReadonlyMap<string, CommonTableEntry>;
export const noCommonTables: Environment = new Map();

export function withCommonTables(query: Query, environment: Environment): Environment {
  if (query.with === undefined) return environment;
  if (query.with.recursive) throw featureNotSupported({ feature: 'WITH RECURSIVE' }, { range: query.with.range });
  let result = environment;
  for (const item of query.with.items) {
    const entry: CommonTableEntry = { query: item.query, columns: item.columns.map((c) => c.value), environment: result };
    result = new Map([...result, [item.name.value, entry]]);
  }
  return result;
}
