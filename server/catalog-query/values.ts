/**
 * Values of catalog queries: PostgreSQL's types by name (`int4`, `regclass`, `text[]`, see catalog/system/pg-types.ts), casts between
 * them, order and text. In JavaScript: bool boolean; all numbers number (a bigint only beyond 2^53); everything of letters string;
 * object ids and reg* types number; dates days, timestamps milliseconds; arrays and records arrays; NULL null.
 *
 * `unknown` is the type of a quoted literal or a parameter whose type nothing has told yet.
 */
import { castFailed } from '../../core/errors/data.ts';
import { elementOf, formatType, isArrayType, oidOfType } from '../../catalog/system/pg-types.ts';
import { dateText, timestampText } from '../values/datetime.ts';
import type { Names } from './names.ts';

const LETTERS = new Set(['text', 'name', 'varchar', 'bpchar', 'char', 'unknown', 'json', 'jsonb', 'xml', 'pg_node_tree', 'aclitem', 'uuid', 'inet', 'cidr', 'pg_lsn', 'cstring', 'interval', 'tid']);
const NUMBERS: readonly string[] = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'];
const REG = new Set(['regclass', 'regtype', 'regproc', 'regprocedure', 'regnamespace', 'regrole', 'regoper', 'regoperator', 'regcollation', 'regconfig', 'regdictionary']);
export const isText = (type: string): boolean => LETTERS.has(type);
export const isNumber = (type: string): boolean => NUMBERS.includes(type);
export const isReg = (type: string): boolean => REG.has(type);
const isId = (type: string): boolean => type === 'oid' || type === 'xid' || type === 'cid' || type === 'xid8' || REG.has(type);
const isTime = (type: string): boolean => type === 'timestamp' || type === 'timestamptz' || type === 'date';

/** The type two values are compared or united in; undefined: they have none. */
export function commonType(a: string, b: string): string | undefined {
  if (a === b) return a === 'unknown' ? 'text' : a;
  if (a === 'unknown') return b;
  if (b === 'unknown') return a;
  if (isNumber(a) && isNumber(b)) return NUMBERS[Math.max(NUMBERS.indexOf(a), NUMBERS.indexOf(b))];
  if (isText(a) && isText(b)) return 'text';
  if ((isId(a) && isNumber(b)) || (isNumber(a) && isId(b)) || (isId(a) && isId(b))) return 'oid';
  if (isTime(a) && isTime(b)) return a === 'timestamptz' || b === 'timestamptz' ? 'timestamptz' : 'timestamp';
  if (isArrayType(a) && isArrayType(b)) { const element = commonType(elementOf(a), elementOf(b)); return element === undefined ? undefined : `${element}[]`; }
  return undefined;
}

export type Convert = (value: unknown) => unknown;
const same: Convert = (v) => v;
/** How values of one type become values of another (NULL is not passed); undefined: there is no such cast. */
export function converter(from: string, to: string, names: Names): Convert | undefined {
  if (from === to) return same;
  if (isReg(to)) return isText(from) ? (v) => names.idOf(to, v as string) : isId(from) || isNumber(from) ? same : undefined;
  if (isText(to)) {
    const text = textOf(from, names);
    return to === 'char' ? (v) => [...text(v)][0] ?? '' : to === 'name' ? (v) => text(v).slice(0, 63) : text;
  }
  if (isArrayType(to)) {
    if (isText(from)) return (v) => parseArray(v as string, elementOf(to), names);
    if (!isArrayType(from)) return undefined;
    const element = converter(elementOf(from), elementOf(to), names);
    return element === undefined ? undefined : element === same ? same : (v) => (v as unknown[]).map((x) => (x === null ? null : element(x)));
  }
  if (isText(from)) return (v) => parseValue(v as string, to);
  if ((isNumber(from) || isId(from)) && (isNumber(to) || isId(to))) return isWhole(to) && !isWhole(from) ? (v) => Math.round(v as number) : same;
  if (from === 'bool' && isNumber(to)) return (v) => (v === true ? 1 : 0);
  if (isNumber(from) && to === 'bool') return (v) => v !== 0;
  if (isTime(from) && isTime(to)) return from === 'date' ? (v) => (v as number) * 86_400_000 : to === 'date' ? (v) => Math.floor((v as number) / 86_400_000) : same;
  return to === 'record' || to === 'anyelement' ? same : undefined;
}
const isWhole = (type: string): boolean => type.startsWith('int') || isId(type);

/** A text as a value of a type, as PostgreSQL's input functions read it. Throws cast-failed (22P02). */
function parseValue(source: string, to: string): unknown {
  const text = source.trim();
  const fail = (): never => { throw castFailed({ value: source, type: formatType(oidOfType(to), -1) }); };
  switch (to) {
    case 'bool': return /^(t|true|y|yes|on|1)$/i.test(text) ? true : /^(f|false|n|no|off|0)$/i.test(text) ? false : fail();
    case 'int2': case 'int4': case 'int8': case 'oid': case 'xid': case 'cid': case 'xid8': {
      if (!/^[+-]?\d+$/.test(text)) return fail();
      const exact = BigInt(text);
      return exact >= -9007199254740991n && exact <= 9007199254740991n ? Number(exact) : exact;
    }
    case 'numeric': case 'float4': case 'float8': { const n = Number(text); return text === '' || (Number.isNaN(n) && text.toLowerCase() !== 'nan') ? fail() : n; }
    case 'date': { const ms = Date.parse(`${text.slice(0, 10)}T00:00:00Z`); return Number.isNaN(ms) ? fail() : ms / 86_400_000; }
    case 'timestamp': case 'timestamptz': {
      const ms = Date.parse(/[zZ]$|[+-]\d\d(:?\d\d)?$/.test(text) ? text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00') : `${text.replace(' ', 'T')}${text.includes(':') ? '' : 'T00:00:00'}Z`);
      return Number.isNaN(ms) ? fail() : ms;
    }
    default: return source;
  }
}
/** `{a,"b c",NULL}`; also the blank-separated form of int2vector and oidvector. */
export function parseArray(source: string, element: string, names: Names): unknown[] {
  const text = source.trim(), convert = converter('text', element, names) ?? same;
  if (!text.startsWith('{')) { if (/^[\d ]*$/.test(text)) return text === '' ? [] : text.split(/ +/).map(convert); throw castFailed({ value: source, type: `${element}[]` }); }
  const items: unknown[] = [];
  for (let i = 1; i < text.length && text[i] !== '}';) {
    let item = '', isQuoted = false;
    if (text[i] === '"') {
      isQuoted = true;
      for (i++; i < text.length && text[i] !== '"'; i++) { if (text[i] === '\\') i++; item += text[i] ?? ''; }
      i++;
    } else while (i < text.length && text[i] !== ',' && text[i] !== '}') item += text[i++] ?? '';
    items.push(!isQuoted && /^null$/i.test(item.trim()) ? null : convert(isQuoted ? item : item.trim()));
    if (text[i] === ',') i++;
  }
  return items;
}

/** The text of values of a type, as PostgreSQL's output functions write it (bool as `true`, as a cast does). */
export function textOf(type: string, names: Names): (value: unknown) => string {
  if (isReg(type)) return (v) => names.textOf(type, v as number);
  if (type === 'int2vector' || type === 'oidvector') return (v) => (v as unknown[]).join(' ');
  if (isArrayType(type)) {
    const element = elementOf(type), inner = textOf(element, names), write = element === 'bool' ? (v: unknown): string => (v === true ? 't' : 'f') : inner;
    return (v) => `{${(v as unknown[]).map((x) => (x === null ? 'NULL' : quoteItem(write(x)))).join(',')}}`;
  }
  switch (type) {
    case 'date': return (v) => dateText(v as number);
    case 'timestamp': return (v) => timestampText(v as number, 3);
    case 'timestamptz': return (v) => `${timestampText(v as number, 3)}+00`;
    case 'record': return (v) => `(${(v as unknown[]).map((x) => (x === null ? '' : String(x))).join(',')})`;
    default: return String;
  }
}
const quoteItem = (text: string): string => (text === '' || /["\\{},\s]|^null$/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text);

/** Negative, 0 or positive; both not NULL. Texts by code unit, as collation C does. */
export function compareValues(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      if (a[i] === null || b[i] === null) { if (a[i] !== b[i]) return a[i] === null ? 1 : -1; continue; }
      const c = compareValues(a[i], b[i]);
      if (c !== 0) return c;
    }
    return a.length - b.length;
  }
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
/** A text that is equal for equal values: groups, DISTINCT, set operations. */
export const keyText = (values: readonly unknown[]): string => JSON.stringify(values, (_key, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
