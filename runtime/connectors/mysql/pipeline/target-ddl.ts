/**
 * Statements that make a target table and have it follow its source. Each is idempotent by looking at the table as it is: after a
 * restart changes since the last checkpoint come again. Added columns are nullable, since rows that are there have no value for them; a
 * column that is nullable in the target stays so.
 */
import type { PipelineColumn, SchemaChange, TableVersion } from '../../../pipelines/contract.ts';
import { quoteName, quoteText } from '../connection/open.ts';
import type { TargetTable } from '../table/target.ts';
import { targetType, type TargetServer } from './target-types.ts';

export interface TargetPlace { readonly database: string; readonly name: string; /** Of errors. */ readonly table: string }
const nameOf = (place: TargetPlace): string => `${quoteName(place.database)}.${quoteName(place.name)}`;
const whereOf = (place: TargetPlace): { target: string; table: string } => ({ target: `${place.database}.${place.name}`, table: place.table });

function definition(place: TargetPlace, column: PipelineColumn, isKey: boolean, isNullable: boolean, server: TargetServer): string {
  const type = targetType(column, isKey, server, whereOf(place)), nullable = isNullable && !isKey;
  return `${quoteName(column.name)} ${type} ${nullable ? `NULL${type.startsWith('timestamp') ? ' DEFAULT NULL' : ''}` : 'NOT NULL'}${column.comment === undefined || column.comment === '' ? '' : ` COMMENT ${quoteText(column.comment.slice(0, 1024))}`}`;
}
/** Table options whose names are plain words, values quoted. */
function tableOptions(properties: Readonly<Record<string, string>>, comment: string | undefined): string {
  const options = Object.entries(comment === undefined || comment === '' ? properties : { comment, ...properties });
  return options.filter(([key]) => /^[a-z_ ]+$/i.test(key)).map(([key, value]) => ` ${key.toUpperCase()} = ${key.toLowerCase() === 'comment' ? quoteText(value.slice(0, 2048)) : /^[\w]+$/.test(value) ? value : quoteText(value)}`).join('');
}
export function createStatement(place: TargetPlace, version: TableVersion, properties: Readonly<Record<string, string>>, server: TargetServer): string {
  const columns = version.columns.map((c, i) => definition(place, c, version.primaryKey.includes(i), c.type.nullable, server));
  const key = version.primaryKey.length === 0 ? [] : [`PRIMARY KEY (${version.primaryKey.map((k) => quoteName((version.columns[k] as PipelineColumn).name)).join(', ')})`];
  const options = tableOptions({ ...(Object.keys(properties).some((k) => /charset|character set|collate/i.test(k)) ? {} : { 'default charset': 'utf8mb4' }), ...properties }, version.comment);
  return `CREATE TABLE IF NOT EXISTS ${nameOf(place)} (${[...columns, ...key].join(', ')})${options}`;
}
const columnNamed = (target: TargetTable, name: string): TargetTable['columns'][number] | undefined => target.columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
/** Columns of the version that the table lacks, added last. */
export function missingColumns(place: TargetPlace, version: TableVersion, target: TargetTable): string[] {
  const missing = version.columns.filter((c) => columnNamed(target, c.name) === undefined);
  return missing.length === 0 ? [] : [`ALTER TABLE ${nameOf(place)} ${missing.map((c) => `ADD COLUMN ${definition(place, c, false, true, target)}`).join(', ')}`];
}
/** Statements of one change; `target`: the table before it, undefined when there is none. */
export function changeStatements(place: TargetPlace, change: SchemaChange, version: TableVersion, target: TargetTable | undefined): string[] {
  const alter = `ALTER TABLE ${nameOf(place)}`;
  switch (change.kind) {
    case 'create.table': case 'drop.table': return [];
    case 'truncate.table': return target === undefined ? [] : [`TRUNCATE TABLE ${nameOf(place)}`];
  }
  if (target === undefined) return [];
  const isKey = (name: string): boolean => version.primaryKey.some((k) => version.columns[k]?.name === name);
  switch (change.kind) {
    case 'add.column': {
      const { column, after } = change;
      if (columnNamed(target, column.name) !== undefined) return [];
      const at = after === undefined ? ' FIRST' : after !== null && columnNamed(target, after) !== undefined ? ` AFTER ${quoteName(after)}` : '';
      return [`${alter} ADD COLUMN ${definition(place, column, false, true, target)}${at}`];
    }
    case 'alter.column.type': {
      const known = columnNamed(target, change.name);
      return known === undefined ? [] : [`${alter} MODIFY COLUMN ${definition(place, { ...change.column, name: change.name }, isKey(change.name), known.nullable || change.column.type.nullable, target)}`];
    }
    case 'rename.column': {
      const from = columnNamed(target, change.from);
      if (from === undefined || columnNamed(target, change.to) !== undefined) return [];
      return [canRename(target) ? `${alter} RENAME COLUMN ${quoteName(change.from)} TO ${quoteName(change.to)}` : `${alter} CHANGE COLUMN ${quoteName(change.from)} ${quoteName(change.to)} ${from.columnType} ${from.nullable ? 'NULL' : 'NOT NULL'}`];
    }
    case 'drop.column': return columnNamed(target, change.name) === undefined ? [] : [`${alter} DROP COLUMN ${quoteName(change.name)}`];
  }
}
const canRename = ({ flavor, version: [major, minor] }: TargetServer): boolean => (flavor === 'mariadb' ? major > 10 || (major === 10 && minor >= 6) : major >= 8);
