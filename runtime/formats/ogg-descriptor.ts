/** The ogg-json format as the planner sees it. Semantics: Flink "Ogg Format". Run-time half: `ogg-json.ts`. */
import { RETRACT, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import { STRING, array, asNullable, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { checkJsonTypes, parseJsonSettings, sharedJsonOptions, type JsonSettings } from './json/descriptor.ts';

const metadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([['table', STRING], ['primary-keys', asNullable(array(STRING))], ['ingestion-timestamp', timestampLtz(6)], ['event-timestamp', timestampLtz(6)]]);
export const oggDescriptor: FormatDescriptor = {
  identifier: 'ogg-json', description: 'Change events as Oracle GoldenGate writes them: before, after, op_type.', options: sharedJsonOptions, decodeMode: RETRACT, encodeMode: RETRACT, metadata,
  describe(given, columns) {
    checkJsonTypes(columns);
    return { ...parseJsonSettings(given) } satisfies JsonSettings as unknown as Json;
  },
};
