/**
 * The order of keys as the server has it, for deciding on which side of a chunk's boundary a changed row lies. Numbers, temporal values and
 * bytes compare here as they do there. Texts compare by their collation, which only the server knows: they are turned into the server's
 * own sort weights (`WEIGHT_STRING`), asked for in bulk; `_bin` collations of Unicode character sets need no asking.
 *
 * A key is the longest run of leading key columns that have such an order. ENUM and SET (ordered by number, compared as texts), floats
 * (not equal to their own text), TIME, DECIMAL beyond 38 digits and types of single servers end the run.
 */
import type { MySqlColumn } from '../contract.ts';
import { MAX_DECIMAL } from '../types/mapping.ts';

/** NULL is the lowest, as in MySQL's ORDER BY. */
export type SortValue = number | bigint | Buffer | null;
export type KeyOrderKind = 'number' | 'bytes' | 'utf8' | 'utf8-padded' | 'weights';
/** How a value stands in a statement. */
export type LiteralKind = 'number' | 'quoted' | 'hex' | 'text';

/** Undefined: rows cannot be placed by this column. */
export function keyOrderOf(column: MySqlColumn): KeyOrderKind | undefined {
  switch (column.dataType) {
    case 'tinyint': case 'smallint': case 'mediumint': case 'int': case 'bigint': case 'year': case 'date': case 'datetime': case 'timestamp': return 'number';
    case 'decimal': return (column.length ?? 10) > MAX_DECIMAL ? undefined : 'number';
    case 'binary': case 'varbinary': case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': case 'bit': return 'bytes';
    case 'char': case 'varchar': case 'tinytext': case 'text': case 'mediumtext': case 'longtext': break;
    default: return undefined;
  }
  switch (column.collation) {
    case 'utf8mb4_0900_bin': case 'utf8mb4_nopad_bin': case 'utf8mb3_nopad_bin': return 'utf8';
    case 'utf8mb4_bin': case 'utf8mb3_bin': case 'utf8_bin': case 'ascii_bin': return 'utf8-padded';
    case null: return undefined;
    default: return 'weights';
  }
}
export function literalKindOf(column: MySqlColumn): LiteralKind {
  switch (column.dataType) {
    case 'tinyint': case 'smallint': case 'mediumint': case 'int': case 'bigint': case 'decimal': case 'year': return 'number';
    case 'date': case 'datetime': case 'timestamp': case 'time': return 'quoted';
    case 'binary': case 'varbinary': case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': case 'bit': return 'hex';
    default: return 'text';
  }
}
/** The literal of a value of the text protocol: nothing of a value can leave its quotes. */
export function literalOf(kind: LiteralKind, bytes: Buffer | null): string {
  if (bytes === null) return 'NULL';
  if (kind === 'number') { const text = bytes.toString('latin1'); return /^-?\d+(\.\d+)?$/.test(text) ? text : `'${text.replace(/[^\d.eE+-]/g, '')}'`; }
  if (kind === 'quoted') return `'${bytes.toString('latin1').replace(/[^\d:. -]/g, '')}'`;
  return kind === 'hex' ? `x'${bytes.toString('hex')}'` : `_utf8mb4 x'${bytes.toString('hex')}'`;
}
/** Asks for the sort weight of a text in the column's collation; those that pad with blanks are padded to the column's length. */
export function weightExpression(column: MySqlColumn, literal: string): string {
  const pads = !/0900|nopad|^binary$/.test(column.collation ?? ''), value = `CONVERT(${literal} USING ${name(column.charset)}) COLLATE ${name(column.collation)}`;
  return pads && column.length !== null && column.length <= 4096 ? `WEIGHT_STRING(${value} AS CHAR(${Math.max(1, column.length)}))` : `WEIGHT_STRING(${value})`;
}
/** Names of character sets and collations are words. */
const name = (text: string | null): string => (text ?? 'utf8mb4').replace(/\W/g, '');

/** A Rivulet value as a sort value; undefined for texts whose weight must be asked for. */
export function sortValueOf(kind: KeyOrderKind, value: unknown): SortValue | undefined {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'number': return value as number | bigint;
    case 'bytes': return value instanceof Uint8Array ? Buffer.from(value) : typeof value === 'boolean' ? Buffer.from([value ? 1 : 0]) : Buffer.from(String(value));
    case 'utf8': case 'utf8-padded': return Buffer.from(value as string, 'utf8');
    case 'weights': return undefined;
  }
}
/** Negative, zero, positive, as a sorts before, with, behind b. Of different lengths: the common run counts. */
export function compareKeys(kinds: readonly KeyOrderKind[], a: readonly SortValue[], b: readonly SortValue[]): number {
  for (let i = 0; i < kinds.length; i++) {
    const c = compareValues(kinds[i] as KeyOrderKind, a[i] ?? null, b[i] ?? null);
    if (c !== 0) return c;
  }
  return 0;
}
function compareValues(kind: KeyOrderKind, a: SortValue, b: SortValue): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (kind === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return kind === 'utf8-padded' ? comparePadded(a as Buffer, b as Buffer) : Buffer.compare(a as Buffer, b as Buffer);
}
/** As if the shorter one went on with blanks. */
function comparePadded(a: Buffer, b: Buffer): number {
  const common = Math.min(a.length, b.length), c = a.compare(b, 0, common, 0, common);
  if (c !== 0) return c;
  for (let i = common; i < a.length; i++) if (a[i] !== 0x20) return (a[i] as number) - 0x20;
  for (let i = common; i < b.length; i++) if (b[i] !== 0x20) return 0x20 - (b[i] as number);
  return 0;
}

/** JSON form, exact. */
export type StoredSortValue = number | null | { readonly n: string } | { readonly b: string };
export const storeSortValue = (v: SortValue): StoredSortValue => (typeof v === 'bigint' ? { n: String(v) } : Buffer.isBuffer(v) ? { b: v.toString('base64') } : v);
export const loadSortValue = (v: StoredSortValue): SortValue => (v === null || typeof v === 'number' ? v : 'n' in v ? BigInt(v.n) : Buffer.from(v.b, 'base64'));
