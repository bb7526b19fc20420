/** Which system tables there are, with their columns: the data of the two column files, read once. Rows come from `system-tables.ts`. */
import { hashOid } from './oids.ts';
import { informationSchemaColumns } from './information-schema-columns.ts';
import { pgCatalogColumns } from './pg-catalog-columns.ts';
import { sqlTypeOf } from './pg-types.ts';
import type { SystemColumn } from './contract.ts';

export interface SystemDefinition {
  readonly oid: number;
  readonly schema: 'pg_catalog' | 'information_schema';
  readonly name: string;
  /** As pg_class.relkind says. */
  readonly kind: 'r' | 'v';
  readonly columns: readonly SystemColumn[];
}
/** Ours: one row per job; per counter of an operator or connector that is not 0; per record kept of those that could not be read. */
const OWN: readonly string[] = [
  'jobs 0 v job_id text, job_name text, status text, start_time timestamptz',
  'job_counters 0 v job_id text, node_id text, node_type text, table_name text, counter text, value int8',
  'bad_records 0 v job_id text, node_id text, table_name text, topic text, partition int4, record_offset int8, record_time timestamptz, part text, field text, code text, message text, outcome text, key text, value text, read_at timestamptz',
];

function parse(schema: SystemDefinition['schema'], line: string): SystemDefinition {
  const [name = '', oid = '', kind = ''] = line.split(' ', 3), list = line.slice(name.length + oid.length + kind.length + 3);
  const columns = list.split(', ').map((c): SystemColumn => { const [column = '', pg = ''] = c.split(' '); return { name: column, pg, type: sqlTypeOf(pg) }; });
  return { oid: oid === '0' ? hashOid('system', schema, name) : Number(oid), schema, name, kind: kind === 'v' ? 'v' : 'r', columns };
}
let all: readonly SystemDefinition[] | undefined;
/** pg_catalog first. */
export const systemDefinitions = (): readonly SystemDefinition[] => (all ??= [...pgCatalogColumns.map((l) => parse('pg_catalog', l)), ...[...informationSchemaColumns, ...OWN].map((l) => parse('information_schema', l))]);
