/**
 * The virtual tables of pg_catalog and information_schema: lookup by name, and rows. Every relation of PostgreSQL 15 exists; those that
 * nobody fills are empty. Names are matched without regard to case, as PostgreSQL folds them. `information_schema.jobs`, `job_counters` and `bad_records` are ours.
 */
import type { SystemContext, SystemTable } from './contract.ts';
import { systemDefinitions, type SystemDefinition } from './definitions.ts';
import { zeroOf, type Provider, type RowObject } from './relations/define.ts';
import { providers } from './relations/index.ts';
import { snapshotOf } from './snapshot.ts';
export type { FunctionCard, SystemBadRecord, SystemColumn, SystemContext, SystemJob, SystemJobCounter, SystemTable } from './contract.ts';

function tableOf(definition: SystemDefinition): SystemTable {
  const provider = providers.get(`${definition.schema}.${definition.name}`);
  const table: SystemTable = { ...definition, demandBy: provider?.demandBy, demandConstant: provider?.demandConstant, rows: (context) => snapshotOf(context).rows(table, () => rowsOf(provider, definition, context)) };
  return table;
}
async function rowsOf(provider: Provider | undefined, { columns, kind }: SystemDefinition, context: SystemContext): Promise<readonly (readonly unknown[])[]> {
  if (provider === undefined) return [];
  const zeros = columns.map((c) => (kind === 'r' ? zeroOf(c.pg) : null));
  const positional = (row: RowObject): unknown[] => columns.map((c, i) => { const value = row[c.name]; return value === undefined ? zeros[i] : value; });
  return (await provider.rows(snapshotOf(context))).map(positional);
}
let byName: ReadonlyMap<string, SystemTable> | undefined;
/** `pg_class`, `pg_catalog.pg_class`, `information_schema.tables`, each also behind a catalog's name; undefined for every other name. */
export function systemTable(parts: readonly string[]): SystemTable | undefined {
  byName ??= new Map(systemDefinitions().map((d) => [`${d.schema}.${d.name}`, tableOf(d)]));
  const name = parts.at(-1)?.toLowerCase() ?? '', schema = parts.at(-2)?.toLowerCase();
  if (parts.length > 3) return undefined;
  if (schema !== undefined) return byName.get(`${schema}.${name}`);
  return name.startsWith('pg_') ? byName.get(`pg_catalog.${name}`) : undefined;
}
