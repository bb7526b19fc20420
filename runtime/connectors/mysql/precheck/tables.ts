/** The captured tables: that there are some, that they have keys, that their columns can be read. */
import { RE2JS } from 're2js';
import { tableText, type MySqlTable } from '../contract.ts';
import type { MySqlCdcSpec } from '../cdc/spec.ts';
import { baseType } from '../types/mapping.ts';
import { fail, few, pass, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import type { SourceCheck } from './contract.ts';

export const checkTables: SourceCheck = ({ spec, tables }): CheckItem[] => {
  if (tables.length === 0) {
    const what = spec.include.map((p) => `"${p}"`).join(' or ');
    return [spec.newTables === 'stream' ? warn('tables', `No table matches ${what} yet.`, 'Tables that are created later are captured.') : fail('tables', `No table matches ${what}${spec.exclude.length === 0 ? '' : ` and none of ${few(spec.exclude)}`}, or the user may not see it.`, "Check the names ('tables', or 'database-name' and 'table-name'), and that the user has SELECT on the tables.")];
  }
  return [pass('tables', `${tables.length}: ${few(tables.map(tableText))}.`), ...keys(spec, tables), ...types(tables)];
};
function keys(spec: MySqlCdcSpec, tables: readonly MySqlTable[]): CheckItem[] {
  const without = tables.filter((t) => t.primaryKey.length === 0), chunkable = (t: MySqlTable): boolean => spec.chunkKeys.some(([pattern]) => RE2JS.compile(pattern).matches(tableText(t)));
  if (without.length === 0) return [pass('primary keys', 'All tables have one.')];
  const names = few(without.map(tableText)), takesSnapshot = spec.startup.mode === 'initial' || spec.startup.mode === 'snapshot';
  if (takesSnapshot && without.some((t) => !chunkable(t))) return [fail('primary keys', `Without one: ${few(without.filter((t) => !chunkable(t)).map(tableText))}.`, "Add a primary key, leave the tables out, or name a column in 'scan.incremental.snapshot.chunk.key-column'.")];
  return [warn('primary keys', `Without one: ${names}. Rows that are equal in all columns cannot be told apart.`, 'Add a primary key.')];
}
function types(tables: readonly MySqlTable[]): CheckItem[] {
  const unreadable = tables.flatMap((t) => t.columns.filter((c) => baseType(c) === undefined).map((c) => `${tableText(t)}.${c.name} (${c.dataType})`));
  return unreadable.length === 0 ? [pass('column types', 'All can be read.')] : [fail('column types', `They cannot be read: ${few(unreadable)}.`, 'Leave the tables out, or change the columns to a type that is supported.')];
}
