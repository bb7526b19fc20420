/** The text of a column's type as information_schema's COLUMN_TYPE and SHOW CREATE TABLE write it: `decimal(10,2) unsigned`, `enum('a','b')`. */
import type { MySqlColumn } from '../contract.ts';

export type TypeParts = Pick<MySqlColumn, 'dataType' | 'length' | 'scale' | 'unsigned' | 'values'>;

const SYNONYMS: Readonly<Record<string, string>> = { integer: 'int', int1: 'tinyint', int2: 'smallint', int3: 'mediumint', int4: 'int', int8: 'bigint', numeric: 'decimal', dec: 'decimal', fixed: 'decimal', real: 'double', 'double precision': 'double', float4: 'float', float8: 'double', geometrycollection: 'geomcollection' };
const SHAPE = /^([a-z][a-z0-9_]*(?: precision)?)\s*(?:\(([^']*?|.*)\))?\s*(.*)$/is;

/** Lower case names; a text that is no type gives itself as the name. MariaDB's `COMPRESSED` shows in the name. */
export function parseColumnType(text: string): TypeParts {
  const match = SHAPE.exec(text.trim()), name = (match?.[1] ?? text).toLowerCase(), dataType = SYNONYMS[name] ?? name, inside = match?.[2], rest = match?.[3] ?? '';
  if (dataType === 'enum' || dataType === 'set') return { dataType, length: null, scale: null, unsigned: false, values: parseValues(text.slice(text.indexOf('(') + 1)) };
  const numbers = (inside ?? '').split(',').map((n) => (/^\s*\d+\s*$/.test(n) ? Number(n) : null)), first = numbers[0] ?? null;
  const unsigned = /\b(?:unsigned|zerofill)\b/i.test(rest), compressed = /\bcompressed\b/i.test(rest) ? ' compressed' : '';
  switch (dataType) {
    case 'decimal': return { dataType, length: first ?? 10, scale: numbers[1] ?? 0, unsigned, values: null };
    case 'time': case 'datetime': case 'timestamp': return { dataType, length: null, scale: first ?? 0, unsigned: false, values: null };
    case 'char': case 'binary': case 'bit': return { dataType, length: first ?? 1, scale: null, unsigned: false, values: null };
    case 'float': case 'double': return { dataType, length: first, scale: numbers[1] ?? null, unsigned, values: null };
    default: return { dataType: `${dataType}${compressed}`, length: first, scale: null, unsigned, values: null };
  }
}
const ESCAPED: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\0': '\0', '\\\\': '\\' };
/** `'a','it''s','b,c'` up to the closing bracket; the server doubles quotes and backslashes and writes line ends as `\n` and `\r`. */
function parseValues(text: string): string[] {
  const values: string[] = [];
  for (const match of text.matchAll(/'((?:[^']|'')*)'/g)) values.push(match[1]!.replace(/''|\\[nr0\\]/g, (found) => ESCAPED[found] ?? "'"));
  return values;
}

/** As MySQL writes it, for errors, `nativeType` and DDL: `bigint unsigned`, `varchar(50)`, `enum('a','b')`. */
export function columnTypeText(column: TypeParts): string {
  const { dataType, length, scale, unsigned, values } = column, sign = unsigned ? ' unsigned' : '';
  if (values !== null) return `${dataType}(${values.map((v) => `'${v.replaceAll("'", "''")}'`).join(',')})`;
  switch (dataType) {
    case 'decimal': return `decimal(${length ?? 10},${scale ?? 0})${sign}`;
    case 'time': case 'datetime': case 'timestamp': return scale === null || scale === 0 ? dataType : `${dataType}(${scale})`;
    case 'float': case 'double': return length !== null && scale !== null ? `${dataType}(${length},${scale})${sign}` : `${dataType}${sign}`;
    case 'tinyint': return `tinyint${length === 1 && !unsigned ? '(1)' : ''}${sign}`;
    case 'smallint': case 'mediumint': case 'int': case 'bigint': return `${dataType}${sign}`;
    default: return `${dataType}${length === null ? '' : `(${length})`}${sign}`;
  }
}
