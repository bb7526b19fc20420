/**
 * SQL types as plain, JSON-safe, immutable objects (plans with types travel to worker threads). Semantics: Apache Flink, "Data Types".
 *
 * JavaScript representation of a value of each type, everywhere between decode and encode (NULL is `null`, never `undefined`):
 *
 *   BOOLEAN                       true / false
 *   TINYINT SMALLINT INT          number
 *   BIGINT                        "long": number when |v| <= 2^53-1, otherwise bigint. Always in this canonical form, so === and Map keys work
 *   DECIMAL(p,s)                  "long" in the same canonical form: the unscaled value, v * 10^s (up to 38 digits)
 *   FLOAT DOUBLE                  number (FLOAT rounded by Math.fround)
 *   CHAR VARCHAR                  string (STRING = VARCHAR(2147483647))
 *   BINARY VARBINARY              Uint8Array (BYTES = VARBINARY(2147483647)); never mutated
 *   DATE                          number of days since 1970-01-01
 *   TIME(p)                       number of milliseconds of the day
 *   TIMESTAMP(p)                  "long": wall-clock time as if UTC since 1970-01-01T00:00; unit ms for p <= 3, µs for p <= 6, ns for p <= 9
 *   TIMESTAMP_LTZ(p)              "long": instant since the epoch; unit as TIMESTAMP
 *   INTERVAL_YEAR_MONTH           number of months
 *   INTERVAL_DAY_TIME             number of milliseconds
 *   ARRAY                         JS array;  MULTISET, MAP  Map (keys canonical: see core/row);  ROW  JS array by position
 *   RAW                           anything (internal only);  NULL  null
 */
export type SqlType = { readonly nullable: boolean } & (
  | { readonly kind: 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME' | 'NULL' | 'RAW' }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number }
  | { readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly precision: number }
  | { readonly kind: 'ARRAY' | 'MULTISET'; readonly element: SqlType }
  | { readonly kind: 'MAP'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'ROW'; readonly fields: readonly RowField[] }
);
export type TypeKind = SqlType['kind'];
export interface RowField { readonly name: string; readonly type: SqlType; readonly comment?: string | undefined }
/** BIGINT, DECIMAL and timestamps: number when safe, else bigint (canonical). */
export type Long = number | bigint;

export const MAX_LENGTH = 2147483647;
const simple = <K extends 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME' | 'NULL' | 'RAW'>(kind: K) => Object.freeze({ kind, nullable: true } as const);
export const BOOLEAN = simple('BOOLEAN'), TINYINT = simple('TINYINT'), SMALLINT = simple('SMALLINT'), INT = simple('INT'), BIGINT = simple('BIGINT');
export const FLOAT = simple('FLOAT'), DOUBLE = simple('DOUBLE'), DATE = simple('DATE'), NULL = simple('NULL'), RAW = simple('RAW');
export const INTERVAL_YEAR_MONTH = simple('INTERVAL_YEAR_MONTH'), INTERVAL_DAY_TIME = simple('INTERVAL_DAY_TIME');
export const decimal = (precision: number, scale: number): SqlType => ({ kind: 'DECIMAL', precision, scale, nullable: true });
export const char = (length: number): SqlType => ({ kind: 'CHAR', length, nullable: true });
export const varchar = (length: number): SqlType => ({ kind: 'VARCHAR', length, nullable: true });
export const STRING: SqlType = Object.freeze({ kind: 'VARCHAR', length: MAX_LENGTH, nullable: true } as const);
export const BYTES: SqlType = Object.freeze({ kind: 'VARBINARY', length: MAX_LENGTH, nullable: true } as const);
export const time = (precision: number): SqlType => ({ kind: 'TIME', precision, nullable: true });
export const timestamp = (precision: number): SqlType => ({ kind: 'TIMESTAMP', precision, nullable: true });
export const timestampLtz = (precision: number): SqlType => ({ kind: 'TIMESTAMP_LTZ', precision, nullable: true });
export const array = (element: SqlType): SqlType => ({ kind: 'ARRAY', element, nullable: true });
export const map = (key: SqlType, value: SqlType): SqlType => ({ kind: 'MAP', key, value, nullable: true });
export const row = (fields: readonly RowField[]): SqlType => ({ kind: 'ROW', fields, nullable: true });
export const notNull = (type: SqlType): SqlType => (type.nullable ? { ...type, nullable: false } : type);
export const asNullable = (type: SqlType, nullable = true): SqlType => (type.nullable === nullable ? type : { ...type, nullable });

/** Units of a timestamp's fraction: 3 (ms), 6 (µs) or 9 (ns) decimal digits. */
export const timestampDigits = (precision: number): 3 | 6 | 9 => (precision <= 3 ? 3 : precision <= 6 ? 6 : 9);

/** The type as Flink prints it, without NOT NULL unless asked: `DECIMAL(10, 2)`, `STRING`, ``ROW<`a` INT>``. */
export function typeText(type: SqlType, withNull = false): string {
  const text = bareText(type);
  return withNull && !type.nullable ? `${text} NOT NULL` : text;
}
function bareText(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL': return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'CHAR': case 'BINARY': return `${type.kind}(${type.length})`;
    case 'VARCHAR': return type.length === MAX_LENGTH ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY': return type.length === MAX_LENGTH ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'TIME': case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return `${type.kind}(${type.precision})`;
    case 'INTERVAL_YEAR_MONTH': return 'INTERVAL YEAR(4) TO MONTH';
    case 'INTERVAL_DAY_TIME': return 'INTERVAL DAY(2) TO SECOND(3)';
    case 'ARRAY': case 'MULTISET': return `${type.kind}<${typeText(type.element, true)}>`;
    case 'MAP': return `MAP<${typeText(type.key, true)}, ${typeText(type.value, true)}>`;
    case 'ROW': return `ROW<${type.fields.map((f) => `\`${f.name.replaceAll('`', '``')}\` ${typeText(f.type, true)}`).join(', ')}>`;
    default: return type.kind;
  }
}
