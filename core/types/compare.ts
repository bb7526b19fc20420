/**
 * Order and equality of values. NULL is the caller's business at the top level; inside nested values NULL equals NULL and comes first.
 * Strings order by code points (the order of their UTF-8 bytes, Flink's BinaryStringData.compareTo), not by UTF-16 units.
 */
import { compareLong } from './long.ts';
import type { SqlType } from './sql-type.ts';

/** Negative, 0, positive. */
export type Compare = (a: unknown, b: unknown) => number;

export function compareNumbers(a: number, b: number): number { return a < b ? -1 : a > b ? 1 : 0; }
/** Double.compare: NaN is largest and equals itself. -0 equals 0 here (SQL `=`), unlike Java's total order. */
export function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : a !== a ? (b !== b ? 0 : 1) : -1;
}
/** By code points. A surrogate (a character above U+FFFF) sorts behind U+E000–U+FFFF, whose units are larger. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) { x = x >= 0xe000 ? x - 0x800 : x + 0x2000; y = y >= 0xe000 ? y - 0x800 : y + 0x2000; }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}
/** Unsigned, byte by byte, shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return compareNumbers(a.length, b.length);
}

/** The order of a type: for sorting, MIN, MAX. Both values must be of the type and not NULL. */
export function compareValues(type: SqlType): Compare {
  switch (type.kind) {
    case 'BOOLEAN': case 'TINYINT': case 'SMALLINT': case 'INT': case 'DATE': case 'TIME': case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME':
      return compareNumbers as Compare;
    case 'FLOAT': case 'DOUBLE': return compareDoubles as Compare;
    case 'BIGINT': case 'DECIMAL': case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return compareLong as (a: unknown, b: unknown) => number;
    case 'CHAR': case 'VARCHAR': return compareStrings as Compare;
    case 'BINARY': case 'VARBINARY': return compareBytes as Compare;
    case 'ARRAY': { const element = compareNullable(type.element); return (a, b) => compareLists(a as unknown[], b as unknown[], () => element); }
    case 'ROW': { const fields = type.fields.map((f) => compareNullable(f.type)); return (a, b) => compareLists(a as unknown[], b as unknown[], (i) => fields[i]!); }
    case 'MAP': case 'MULTISET': return (a, b) => (equalMaps(a as Map<unknown, unknown>, b as Map<unknown, unknown>) ? 0 : compareNumbers((a as Map<unknown, unknown>).size, (b as Map<unknown, unknown>).size) || 1);
    case 'NULL': return () => 0;
    case 'RAW': return (a, b) => (a === b ? 0 : String(a) < String(b) ? -1 : 1);
  }
}
/** The same with NULL first. */
export function compareNullable(type: SqlType): Compare {
  const compare = compareValues(type);
  return (a, b) => (a === null ? (b === null ? 0 : -1) : b === null ? 1 : compare(a, b));
}
function compareLists(a: readonly unknown[], b: readonly unknown[], compare: (i: number) => Compare): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) { const order = compare(i)(a[i], b[i]); if (order !== 0) return order; }
  return compareNumbers(a.length, b.length);
}

/** Equality of two values of one type, nested or not; NULL equals NULL, NaN equals NaN. Needs no type: the representation is canonical. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a !== a && b !== b;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((v, i) => equalValues(v, b[i]));
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  return false;
}
function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (typeof key !== 'object' || key === null) { if (!b.has(key) || !equalValues(value, b.get(key))) return false; continue; }
    let found = false;
    for (const [other, v] of b) if (equalValues(key, other) && equalValues(value, v)) { found = true; break; }
    if (!found) return false;
  }
  return true;
}
/** The same for a type whose values are compared by `===` alone (all but nested and binary types); generated code inlines it. */
export const isScalarIdentity = (type: SqlType): boolean => !['BINARY', 'VARBINARY', 'ARRAY', 'MAP', 'MULTISET', 'ROW', 'RAW'].includes(type.kind);

