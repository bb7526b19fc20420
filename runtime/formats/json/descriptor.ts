/**
 * The json format as the planner sees it: options, checks of column types, settings for the run-time half (`decode.ts`, `encode.ts`).
 * Semantics: Flink "JSON Format"; the `infer-schema.*` options are Alibaba's (Kafka JSON catalog), documented in docs/formats.md.
 */
import { APPEND, type FormatDescriptor, type Json } from '../../../catalog/registry/connectors.ts';
import { parseBoolean, type DeclaredOption } from '../../../catalog/options/options.ts';
import { invalidFormatOption, invalidFormatSchema } from '../../../core/errors/format.ts';
import { typeText, type SqlType } from '../../../core/types/sql-type.ts';

/** How timestamps stand in the text. `either`: both standards are read, as the Kafka JSON catalog infers both; never used for writing. */
export type TimestampStandard = 'SQL' | 'ISO-8601' | 'ISO-8601-WITH-OFFSET';
export interface JsonSettings {
  readonly failOnMissingField: boolean;
  readonly ignoreParseErrors: boolean;
  readonly timestampStandard: TimestampStandard;
  /** Read the other standard too. */
  readonly acceptBothStandards: boolean;
  readonly mapNullKeyMode: 'FAIL' | 'DROP' | 'LITERAL';
  readonly mapNullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly ignoreNullFields: boolean;
  /** Members of nested objects are columns named `outer.inner`. */
  readonly flatten: boolean;
}

const FLATTEN = 'infer-schema.flatten-nested-columns.enable', AS_STRING = 'infer-schema.primitive-as-string';
/** Options that debezium-json shares. */
export const sharedJsonOptions: readonly DeclaredOption[] = [
  { key: 'ignore-parse-errors', type: 'boolean', default: 'false', description: 'A field that cannot be read becomes NULL, a message that cannot be read is skipped, instead of failing the job.' },
  { key: 'timestamp-format.standard', type: 'enum', values: ['SQL', 'ISO-8601', 'ISO-8601-WITH-OFFSET'], default: 'SQL', description: '`SQL`: `2024-01-31 12:00:00.123`; `ISO-8601`: `2024-01-31T12:00:00.123`. TIMESTAMP_LTZ has a `Z` behind.' },
  { key: 'map-null-key.mode', type: 'enum', values: ['LITERAL', 'FAIL', 'DROP'], default: 'FAIL', description: 'What to do when a MAP with a NULL key is written.' },
  { key: 'map-null-key.literal', type: 'string', default: 'null', description: 'Text written for a NULL key of a MAP when the mode is LITERAL.' },
  { key: 'encode.decimal-as-plain-number', type: 'boolean', default: 'false', description: 'Write DECIMAL without an exponent.' },
  { key: 'encode.ignore-null-fields', type: 'boolean', default: 'false', description: 'Leave NULL columns out when writing.' },
];
const options: readonly DeclaredOption[] = [
  { key: 'fail-on-missing-field', type: 'boolean', default: 'false', description: 'A column that is missing in the message fails the job instead of being NULL.' },
  ...sharedJsonOptions,
  { key: 'decode.json-parser.enabled', type: 'boolean', default: 'true', description: 'Accepted for compatibility; there is one parser.' },
  { key: 'write-null-properties', type: 'boolean', default: 'true', description: 'false leaves NULL columns out when writing (Alibaba).' },
  { key: FLATTEN, type: 'boolean', default: 'false', description: 'Columns named `outer.inner` are read from nested objects.' },
  { key: AS_STRING, type: 'boolean', default: 'false', description: 'The table was inferred with all primitives as STRING; scalars are read into STRING columns in any case.' },
];

/** Parses the options that json formats have in common. Enum texts must be exact for timestamps and map keys, as in Flink. */
export function parseJsonSettings(given: ReadonlyMap<string, string>): JsonSettings {
  const flag = (key: string, otherwise = false): boolean => { const text = given.get(key); return text === undefined ? otherwise : parseBoolean(key, text); };
  const failOnMissingField = flag('fail-on-missing-field'), ignoreParseErrors = flag('ignore-parse-errors');
  if (failOnMissingField && ignoreParseErrors) throw invalidFormatOption({ what: "fail-on-missing-field and ignore-parse-errors shouldn't both be true" });
  const standard = given.get('timestamp-format.standard') ?? 'SQL';
  if (standard !== 'SQL' && standard !== 'ISO-8601' && standard !== 'ISO-8601-WITH-OFFSET') {
    throw invalidFormatOption({ what: `unsupported value '${standard}' for timestamp-format.standard`, hint: 'Supported values are [SQL, ISO-8601, ISO-8601-WITH-OFFSET].' });
  }
  const mode = (given.get('map-null-key.mode') ?? 'FAIL').toUpperCase();
  if (mode !== 'FAIL' && mode !== 'DROP' && mode !== 'LITERAL') {
    throw invalidFormatOption({ what: `unsupported value '${given.get('map-null-key.mode')}' for option map-null-key.mode`, hint: 'Supported values are [LITERAL, FAIL, DROP].' });
  }
  flag('decode.json-parser.enabled');
  flag(AS_STRING);
  return {
    failOnMissingField, ignoreParseErrors, timestampStandard: standard, acceptBothStandards: given.has(FLATTEN) || given.has(AS_STRING),
    mapNullKeyMode: mode, mapNullKeyLiteral: given.get('map-null-key.literal') ?? 'null', plainDecimals: flag('encode.decimal-as-plain-number'),
    ignoreNullFields: flag('encode.ignore-null-fields') || !flag('write-null-properties', true), flatten: flag(FLATTEN),
  };
}

/** Throws for types that JSON cannot carry: maps whose key is not character, RAW. */
export function checkJsonTypes(columns: readonly { name: string; type: SqlType }[]): void {
  for (const column of columns) checkType(column.type, column.name);
}
function checkType(type: SqlType, column: string): void {
  switch (type.kind) {
    case 'MAP':
      if (type.key.kind !== 'CHAR' && type.key.kind !== 'VARCHAR') throw invalidFormatSchema({ what: `JSON format doesn't support non-string as key type of map. The type is: ${typeText(type)} (column "${column}")` });
      checkType(type.value, column);
      break;
    case 'MULTISET':
      if (type.element.kind !== 'CHAR' && type.element.kind !== 'VARCHAR') throw invalidFormatSchema({ what: `JSON format doesn't support non-string as key type of map. The type is: ${typeText(type)} (column "${column}")` });
      break;
    case 'ARRAY': checkType(type.element, column); break;
    case 'ROW': for (const field of type.fields) checkType(field.type, `${column}.${field.name}`); break;
    case 'RAW': throw invalidFormatSchema({ what: `JSON format doesn't support type RAW (column "${column}")` });
    default:
  }
}

export const jsonDescriptor: FormatDescriptor = {
  identifier: 'json', description: 'JSON objects; one row per message, or one per element of a top-level array.',
  options, decodeMode: APPEND, encodeMode: APPEND, metadata: new Map(),
  describe(given, columns) {
    checkJsonTypes(columns);
    return { ...parseJsonSettings(given) } satisfies JsonSettings as unknown as Json;
  },
};
