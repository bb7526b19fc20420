/** Values of datagen columns by type. Source: Flink "DataGen SQL Connector", table of types. */
import { asLong } from '../../../core/types/long.ts';
import { timestampDigits, type SqlType } from '../../../core/types/sql-type.ts';

export interface FieldSpec {
  readonly kind: 'random' | 'sequence';
  readonly min: number;
  readonly max: number;
  readonly start: number;
  readonly end: number;
  readonly length: number;
  /** Lengths from 1 to `length`. */
  readonly variableLength: boolean;
  /** Timestamps lie up to so long before now. */
  readonly maxPastMs: number;
  readonly nullRate: number;
}
/** The value of a column in the row of a number. */
export type Make = (row: number) => unknown;

const HEX = '0123456789abcdef';
const below = (n: number): number => Math.floor(Math.random() * n);

export function makerOf(field: FieldSpec, type: SqlType, nowMs: () => number): Make {
  const make = field.kind === 'sequence' ? inSequence(field, type) : atRandom(field, type, nowMs);
  return field.nullRate > 0 ? (row) => (Math.random() < field.nullRate ? null : make(row)) : make;
}
function inSequence(field: FieldSpec, type: SqlType): Make {
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return (row) => String(field.start + row);
  if (type.kind === 'DECIMAL') { const unit = 10n ** BigInt(type.scale); return (row) => asLong(BigInt(field.start + row) * unit); }
  return (row) => field.start + row;
}
function atRandom(field: FieldSpec, type: SqlType, nowMs: () => number): Make {
  const span = field.max - field.min, length = (): number => (field.variableLength ? 1 + below(field.length) : field.length);
  switch (type.kind) {
    case 'BOOLEAN': return () => Math.random() < 0.5;
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return () => Math.min(field.max, field.min + below(span + 1));
    case 'FLOAT': return () => Math.fround(field.min + Math.random() * span);
    case 'DOUBLE': return () => field.min + Math.random() * span;
    case 'DECIMAL': {
      const digits = Math.min(type.scale, 15), unit = 10 ** digits, rest = 10n ** BigInt(type.scale - digits);
      return () => asLong(BigInt(Math.trunc(field.min + Math.random() * span)) * BigInt(unit) * rest + BigInt(below(unit)) * rest);
    }
    case 'CHAR': case 'VARCHAR': return () => { let text = ''; for (let i = length(); i > 0; i--) text += HEX[below(16)]; return text; };
    case 'BINARY': case 'VARBINARY': return () => Uint8Array.from({ length: length() }, () => below(256));
    case 'DATE': return () => Math.floor((nowMs() - below(field.maxPastMs + 1)) / 86_400_000);
    case 'TIME': return () => nowMs() % 86_400_000;
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': {
      const unit = 10n ** BigInt(timestampDigits(type.precision) - 3);
      return () => asLong(BigInt(nowMs() - below(field.maxPastMs + 1)) * unit);
    }
    case 'INTERVAL_YEAR_MONTH': return () => below(120_000);
    case 'INTERVAL_DAY_TIME': return () => below(86_400_000);
    default: return () => null;
  }
}
