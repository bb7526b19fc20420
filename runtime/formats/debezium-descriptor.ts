/** The debezium-json format as the planner sees it. Semantics: Flink "Debezium Format". Run-time half: `debezium-json.ts`. */
import { RETRACT, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import { parseBoolean, type DeclaredOption } from '../../catalog/options/options.ts';
import { invalidFormatOption } from '../../core/errors/format.ts';
import { STRING, asNullable, map, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { checkJsonTypes, parseJsonSettings, sharedJsonOptions, type JsonSettings } from './json/descriptor.ts';

export interface DebeziumSettings extends JsonSettings { readonly schemaInclude: boolean }

const options: readonly DeclaredOption[] = [
  { key: 'schema-include', type: 'boolean', default: 'false', description: 'The messages carry the Kafka Connect schema: `{"schema": …, "payload": …}`. Reading only.' },
  ...sharedJsonOptions,
];
const metadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['schema', STRING], ['ingestion-timestamp', timestampLtz(3)], ['source.timestamp', timestampLtz(3)], ['source.database', STRING],
  ['source.schema', STRING], ['source.table', STRING], ['source.properties', asNullable(map(STRING, STRING))],
]);

export const debeziumDescriptor: FormatDescriptor = {
  identifier: 'debezium-json', description: 'Change events as Debezium writes them: before, after, op.',
  options, decodeMode: RETRACT, encodeMode: RETRACT, metadata,
  describe(given, columns, _role, direction) {
    checkJsonTypes(columns);
    const text = given.get('schema-include');
    const schemaInclude = text !== undefined && parseBoolean('schema-include', text);
    if (schemaInclude && direction === 'encode') {
      throw invalidFormatOption({ what: "Debezium JSON serialization doesn't support 'debezium-json.schema-include' option been set to true" });
    }
    return { ...parseJsonSettings(given), schemaInclude } satisfies DebeziumSettings as unknown as Json;
  },
};
