/**
 * The type that holds the values of two: what a column becomes when several tables are merged or a type changes. Source: the merge tree
 * of Alibaba's Kafka JSON catalog and Flink CDC's SchemaMergingUtils. STRING is the root; nothing is rounded on the way there, so DECIMAL
 * with DOUBLE gives STRING. Bytes have no text, they meet only bytes.
 */
import { commonType, isApproximate, isBinary, isExactNumeric, isInteger, sameType } from '../../core/types/coercion.ts';
import { STRING, asNullable, decimal, timestampDigits, type SqlType } from '../../core/types/sql-type.ts';

const INTEGER_DIGITS: Readonly<Record<string, number>> = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 };
/** undefined: no type holds both. */
export function widerType(a: SqlType, b: SqlType): SqlType | undefined {
  const nullable = a.nullable || b.nullable, bare = sameType(a, b) ? a : bareWider(a, b);
  return bare === undefined ? undefined : asNullable(bare, nullable);
}
function bareWider(a: SqlType, b: SqlType): SqlType | undefined {
  if (isBinary(a) !== isBinary(b)) return undefined;
  if (isExactNumeric(a) && isExactNumeric(b)) return isInteger(a) && isInteger(b) ? commonType([a, b]) : widerDecimal(a, b);
  if (isApproximate(a) && b.kind === 'DECIMAL' || a.kind === 'DECIMAL' && isApproximate(b)) return STRING;
  return commonType([a, b]) ?? STRING;
}
function widerDecimal(a: SqlType, b: SqlType): SqlType | undefined {
  const [whole, scale] = [a, b].map((t): [number, number] => (t.kind === 'DECIMAL' ? [t.precision - t.scale, t.scale] : [INTEGER_DIGITS[t.kind] ?? 19, 0])).reduce((x, y) => [Math.max(x[0], y[0]), Math.max(x[1], y[1])]);
  return whole! + scale! <= 38 ? decimal(whole! + scale!, scale!) : STRING;
}

/** Values of the two types look the same to everything that reads them: lengths, and NULL or not, do not count. */
export function sameForm(a: SqlType, b: SqlType): boolean {
  const text = (t: SqlType): boolean => t.kind === 'CHAR' || t.kind === 'VARCHAR';
  if (text(a) && text(b) || isBinary(a) && isBinary(b)) return true;
  if (a.kind === 'DECIMAL' && b.kind === 'DECIMAL') return a.scale === b.scale;
  if ((a.kind === 'TIMESTAMP' || a.kind === 'TIMESTAMP_LTZ') && a.kind === b.kind) return timestampDigits(a.precision) === timestampDigits((b as typeof a).precision);
  if (a.kind === 'TIME' && b.kind === 'TIME') return true;
  return sameType(a, b);
}
