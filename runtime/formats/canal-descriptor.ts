/** The canal-json format as the planner sees it. Semantics: Flink "Canal Format". Run-time half: `canal-json.ts`. */
import { RE2JS } from 're2js';
import { RETRACT, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { invalidFormatOption } from '../../core/errors/format.ts';
import { BIGINT, INT, STRING, array, asNullable, map, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { checkJsonTypes, parseJsonSettings, sharedJsonOptions, type JsonSettings } from './json/descriptor.ts';

/** Regular expressions that must match the whole name; null: all. */
export interface CanalSettings extends JsonSettings { readonly database: string | null; readonly table: string | null }

const options: readonly DeclaredOption[] = [
  { key: 'database.include', type: 'string', description: 'Regular expression: only messages of databases whose whole name it matches. Reading only.' },
  { key: 'table.include', type: 'string', description: 'Regular expression: only messages of tables whose whole name it matches. Reading only.' },
  ...sharedJsonOptions,
];
export const canalMetadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['database', STRING], ['table', STRING], ['sql-type', asNullable(map(STRING, INT))], ['pk-names', asNullable(array(STRING))], ['ingestion-timestamp', timestampLtz(3)], ['event-timestamp', timestampLtz(3)],
]);
/** Times stand as whole numbers of milliseconds: they are read as BIGINT, which is how TIMESTAMP_LTZ(3) stands in memory. */
export const asMillis = (type: SqlType): SqlType => (type.kind === 'TIMESTAMP_LTZ' ? BIGINT : type);

function pattern(given: ReadonlyMap<string, string>, key: string): string | null {
  const text = given.get(key);
  if (text === undefined) return null;
  try { RE2JS.compile(text); } catch (error) { throw invalidFormatOption({ what: `option '${key}' is not a regular expression: ${error instanceof Error ? error.message : String(error)}` }); }
  return text;
}
export const canalDescriptor: FormatDescriptor = {
  identifier: 'canal-json', description: 'Change events as Canal and Data Transmission Service write them: data, old, type.',
  options, decodeMode: RETRACT, encodeMode: RETRACT, metadata: canalMetadata,
  describe(given, columns) {
    checkJsonTypes(columns);
    return { ...parseJsonSettings(given), database: pattern(given, 'database.include'), table: pattern(given, 'table.include') } satisfies CanalSettings as unknown as Json;
  },
};
