/**
 * From JSON samples to a schema: the rules of Alibaba's Kafka JSON catalog ("Manage Kafka JSON catalogs") and the merge table of Flink
 * CDC's SchemaMergingUtils. One record gives a list of fields with types; records are merged one after another to the widest schema.
 */
import type { JsonNode } from '../../core/json/exact.ts';
import { BIGINT, BOOLEAN, DATE, DOUBLE, STRING, decimal, time, timestamp, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';

export interface InferenceOptions {
  /** Nested objects become columns `outer.inner` instead of one STRING. */
  readonly flatten: boolean;
  readonly primitiveAsString: boolean;
  /** Tried first; the other standard second. */
  readonly timestampStandard: 'SQL' | 'ISO-8601';
}
/** Fields in order of first appearance. A null member counts as «no type yet» and gives no column by itself. */
export type InferredFields = Map<string, SqlType>;

const MIN_BIGINT = -(2n ** 63n), MAX_BIGINT = 2n ** 63n - 1n;
const DATE_FORM = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const TIME_FORM = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?$/;
const TIMESTAMP_FORM = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])([ T])(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,9}))?(Z)?$/;

/** The fields of one record; undefined when the node is not an object (such samples yield nothing). */
export function inferRecord(node: JsonNode, options: InferenceOptions): InferredFields | undefined {
  if (node.kind !== 'object') return undefined;
  const fields: InferredFields = new Map();
  collect(node.members, '', fields, options);
  return fields;
}
function collect(members: ReadonlyMap<string, JsonNode>, prefix: string, into: InferredFields, options: InferenceOptions): void {
  for (const [name, value] of members) {
    const path = prefix + name;
    if (value.kind === 'object' && options.flatten) collect(value.members, `${path}.`, into, options);
    else if (value.kind !== 'null') mergeField(into, path, typeOfValue(value, options));
  }
}
function typeOfValue(node: JsonNode, options: InferenceOptions): SqlType {
  if (node.kind === 'object' || node.kind === 'array' || options.primitiveAsString) return STRING;
  if (node.kind === 'boolean') return BOOLEAN;
  if (node.kind === 'number') return typeOfNumber(node.text);
  return node.kind === 'string' ? typeOfString(node.value) : STRING;
}
/** Whole numbers: BIGINT within 64 bits, DECIMAL(p, 0) up to 38 digits, else STRING; with a fraction or exponent: DOUBLE. */
export function typeOfNumber(text: string): SqlType {
  if (/[.eE]/.test(text)) return DOUBLE;
  const digits = text.replace(/^-/, '').length;
  if (digits <= 18) return BIGINT;
  if (digits > 38) return STRING;
  const value = BigInt(text);
  return value >= MIN_BIGINT && value <= MAX_BIGINT ? BIGINT : decimal(digits, 0);
}
/**
 * A text in the SQL or the ISO form is a TIMESTAMP, with `Z` a TIMESTAMP_LTZ. Precision 6, or 9 when the fraction is longer. Both
 * standards are accepted whichever is configured, so the order of trying does not change the type.
 */
export function typeOfString(text: string): SqlType {
  if (text.length < 8 || text.length > 30) return STRING;
  const m = TIMESTAMP_FORM.exec(text);
  if (m !== null) {
    const precision = (m[2]?.length ?? 0) > 6 ? 9 : 6;
    return m[3] === 'Z' ? timestampLtz(precision) : timestamp(precision);
  }
  if (DATE_FORM.test(text)) return DATE;
  return TIME_FORM.test(text) ? time(0) : STRING;
}

/** Merges a further record into `fields`; new fields are appended. */
export function mergeRecords(fields: InferredFields, record: InferredFields): void {
  for (const [name, type] of record) mergeField(fields, name, type);
}
function mergeField(fields: InferredFields, name: string, type: SqlType): void {
  const known = fields.get(name);
  fields.set(name, known === undefined ? type : mergeTypes(known, type));
}
/** The smallest common parent of two inferred types; STRING is the root. Symmetric. */
export function mergeTypes(a: SqlType, b: SqlType): SqlType {
  if (a.kind === b.kind) {
    if (a.kind === 'DECIMAL' && b.kind === 'DECIMAL') return widestDecimal(a.precision - a.scale, a.scale, b.precision - b.scale, b.scale);
    if ('precision' in a && 'precision' in b) return a.precision >= b.precision ? a : b;
    return a;
  }
  if (a.kind === 'BIGINT' && b.kind === 'DECIMAL') return widestDecimal(19, 0, b.precision - b.scale, b.scale);
  if (a.kind === 'DECIMAL' && b.kind === 'BIGINT') return mergeTypes(b, a);
  if (isNumber(a) && isNumber(b)) return DOUBLE;
  if (isInstant(a) && isInstant(b)) {
    const precision = Math.max('precision' in a ? a.precision : 0, 'precision' in b ? b.precision : 0);
    return a.kind === 'TIMESTAMP_LTZ' || b.kind === 'TIMESTAMP_LTZ' ? timestampLtz(precision) : timestamp(precision);
  }
  return STRING;
}
const isNumber = (t: SqlType): boolean => t.kind === 'BIGINT' || t.kind === 'DECIMAL' || t.kind === 'DOUBLE';
const isInstant = (t: SqlType): boolean => t.kind === 'DATE' || t.kind === 'TIMESTAMP' || t.kind === 'TIMESTAMP_LTZ';
function widestDecimal(int1: number, scale1: number, int2: number, scale2: number): SqlType {
  const scale = Math.max(scale1, scale2), precision = Math.max(int1, int2) + scale;
  return precision > 38 ? STRING : decimal(precision, scale);
}
