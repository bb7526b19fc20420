/** The maxwell-json format as the planner sees it. Semantics: Flink "Maxwell Format". Run-time half: `maxwell-json.ts`. */
import { RETRACT, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import { STRING, array, asNullable, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { checkJsonTypes, parseJsonSettings, sharedJsonOptions, type JsonSettings } from './json/descriptor.ts';

const metadata: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([['database', STRING], ['table', STRING], ['primary-key-columns', asNullable(array(STRING))], ['ingestion-timestamp', timestampLtz(3)]]);
export const maxwellDescriptor: FormatDescriptor = {
  identifier: 'maxwell-json', description: "Change events as Maxwell's daemon writes them: data, old, type.", options: sharedJsonOptions, decodeMode: RETRACT, encodeMode: RETRACT, metadata,
  describe(given, columns) {
    checkJsonTypes(columns);
    return { ...parseJsonSettings(given) } satisfies JsonSettings as unknown as Json;
  },
};
