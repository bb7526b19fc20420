/**
 * `mysql-cdc` as the planner sees it: options checked with Flink CDC's messages, names turned into patterns (a name always matches itself,
 * whatever signs are in it). A `mysql` table that is read as a stream is described by the same function. Source: MySqlTableSourceFactory, MySqlValidator.
 */
import { RE2JS } from 're2js';
import { pathSummary, type TableObject } from '../../../../catalog/objects/objects.ts';
import { parseBoolean } from '../../../../catalog/options/options.ts';
import { APPEND, RETRACT, type Connector, type DescribeContext, type Json, type SourceDescription } from '../../../../catalog/registry/connectors.ts';
import { invalidTableOptions } from '../../../../core/errors/connector.ts';
import { STRING, notNull, timestampLtz, type SqlType } from '../../../../core/types/sql-type.ts';
import { checkOptions, optionText, physicalColumns } from '../../table-options.ts';
import { cdcOptions } from './options.ts';
import { literalPattern } from './patterns.ts';
import { readSettings, type OptionReader } from './settings.ts';
import type { MySqlTableSpec } from './spec.ts';

export const CDC_METADATA: ReadonlyMap<string, SqlType> = new Map([
  ['table_name', notNull(STRING)], ['database_name', notNull(STRING)], ['op_ts', notNull(timestampLtz(3))], ['row_kind', notNull(STRING)],
]);

/** Names as regular expressions that compile, or the error of Flink CDC. */
function namePattern(table: TableObject, option: 'database-name' | 'table-name'): string {
  const text = table.options.get(option) ?? '';
  try { RE2JS.compile(text); } catch { throw invalidTableOptions({ table: pathSummary(table.path), what: `The ${option} '${text}' is not a valid regular expression` }); }
  return text;
}
/** @param connector whose options the table may have */
export function describeCdcSource(connector: Connector, table: TableObject, context: DescribeContext): SourceDescription {
  checkOptions(connector, table, []);
  const where = pathSummary(table.path), o: OptionReader = {
    get: (key) => optionText({ options: [...connector.options, ...cdcOptions] }, table, key), all: () => table.options, fail: (what, hint) => invalidTableOptions({ table: where, what, hint }),
  };
  const database = namePattern(table, 'database-name'), name = namePattern(table, 'table-name'), settings = readSettings(o), chunkKey = table.options.get('scan.incremental.snapshot.chunk.key-column');
  if (table.primaryKey === undefined && chunkKey === undefined && (settings.startup.mode === 'initial' || settings.startup.mode === 'snapshot')) {
    throw o.fail("'scan.incremental.snapshot.chunk.key-column' is required for table without primary key when 'scan.incremental.snapshot.enabled' enabled.", 'Add PRIMARY KEY (…) NOT ENFORCED, or name the column to cut the snapshot by.');
  }
  const spec: MySqlTableSpec = {
    ...settings, table: where, include: [...new Set([`(?:${database})\\.(?:${name})`, `(?:${literalPattern(database)})\\.(?:${literalPattern(name)})`])], exclude: [], chunkKeys: chunkKey === undefined ? [] : [['.*', chunkKey]],
    newTables: parseBoolean('scan.newly-added-table.enabled', table.options.get('scan.newly-added-table.enabled') ?? 'false') ? 'snapshot' : 'ignore',
    schemaChanges: false, tinyint1AsBoolean: true, comments: false, columns: physicalColumns(table), primaryKey: table.primaryKey?.columns ?? [], bounded: context.bounded,
  };
  // Not: how to log in and how fast to read.
  const identity: Json = { table: where, server: `${spec.server.host}:${spec.server.port}`, include: spec.include, startup: spec.startup as unknown as Json, columns: spec.columns as unknown as Json, chunkKeys: spec.chunkKeys as unknown as Json, appendOnly: spec.appendOnly, bounded: spec.bounded };
  return { changelogMode: spec.appendOnly ? APPEND : RETRACT, bounded: spec.bounded || spec.startup.mode === 'snapshot', metadata: CDC_METADATA, spec: { ...spec, identity } as unknown as Json, parallelism: 1 };
}
export const mysqlCdcConnector: Connector = {
  identifier: 'mysql-cdc', description: 'Changes of MySQL and MariaDB tables: a snapshot, then the binlog.', options: cdcOptions,
  describeSource: (table, context) => describeCdcSource(mysqlCdcConnector, table, context),
};
