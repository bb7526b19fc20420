/**
 * JSON_VALUE, JSON_QUERY, JSON_EXISTS, IS JSON over texts; JSON_STRING and quoting. The binder passes the clauses as arguments:
 * JSON_VALUE(json, path, onEmpty, emptyValue, onError, errorValue), JSON_QUERY(json, path, wrapper, onEmpty, onError),
 * JSON_EXISTS(json, path [, onError]). Source: Flink "System Functions", JSON functions (SqlJsonUtils).
 */
import type { ArgumentInfo, ScalarFunction } from '../../catalog/registry/functions.ts';
import { invalidArgument } from '../../core/errors/data.ts';
import { readJson, type JsonNode } from '../../core/json/exact.ts';
import { isCharacter } from '../../core/types/coercion.ts';
import { decimalText } from '../../core/types/decimal.ts';
import { printValue } from '../../core/types/print-value.ts';
import { BOOLEAN, STRING, notNull, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { call, fixed, isNull, literalText, nullable, scalar, slot } from './define.ts';
import { findPath, jsonPath, jsonText, type JsonPath } from './json-path.ts';

const FAMILY = 'json';
const takesJson = (args: readonly ArgumentInfo[]): boolean => args.length >= 2 && args.slice(0, 2).every((a) => isCharacter(a.type) || isNull(a.type));
/** The compiled path of argument 1. */
function pathOf(name: string, args: readonly ArgumentInfo[]): (text: string) => JsonPath {
  const constant = literalText(args, 1);
  if (constant !== undefined) { const path = jsonPath(constant, name); return () => path; }
  let last = '', path: JsonPath | undefined;
  return (text) => { if (path === undefined || text !== last) { path = jsonPath(text, name); last = text; } return path; };
}
const fail = (name: string, what: string): never => { throw invalidArgument({ function: name, what }); };
const strings = (args: readonly ArgumentInfo[]) => args.map((a) => (isNull(a.type) ? STRING : a.type));

const value = scalar(FAMILY, {
  name: 'JSON_VALUE', signature: 'JSON_VALUE(json, path [RETURNING type] [… ON EMPTY] [… ON ERROR])', about: 'The scalar at a path as text; an object or array there counts as an error.', strict: false,
  examples: [[`JSON_VALUE('{"a": {"b": 5}}', '$.a.b')`, '5'], [`JSON_VALUE('{"a": true}', 'lax $.a')`, 'true'], [`JSON_VALUE('{"a": {}}', '$.a')`, 'NULL'], [`JSON_VALUE('x', '$.a')`, 'NULL']],
  infer: (args) => (takesJson(args) ? { result: nullable(STRING), args: args.map((a, i) => (i === 3 || i === 5 ? STRING : isNull(a.type) ? STRING : a.type)) } : undefined),
  compile: (args) => {
    const path = pathOf('JSON_VALUE', args);
    return call((json: string | null, p: string, onEmpty = '', emptyValue: string | null = null, onError = '', errorValue: string | null = null) => {
      if (json === null) return null;
      const { nodes, failed } = findPath(json, path(p)), [node] = nodes;
      if (failed || nodes.length > 1 || node?.kind === 'object' || node?.kind === 'array') return onError === 'ERROR' ? fail('JSON_VALUE', 'no single scalar stands at the path') : onError === 'DEFAULT' ? errorValue : null;
      if (node === undefined) return onEmpty === 'ERROR' ? fail('JSON_VALUE', 'nothing stands at the path') : onEmpty === 'DEFAULT' ? emptyValue : null;
      return scalarText(node);
    });
  },
});
function scalarText(node: JsonNode): string | null {
  switch (node.kind) {
    case 'null': return null;
    case 'string': return node.value;
    case 'number': return node.text;
    default: return jsonText(node);
  }
}
const query = scalar(FAMILY, {
  name: 'JSON_QUERY', signature: 'JSON_QUERY(json, path [wrapper] [… ON EMPTY] [… ON ERROR])', about: 'The object or array at a path as JSON text; a scalar needs a wrapper.', strict: false,
  examples: [[`JSON_QUERY('{"a": {"b": 1}}', '$.a')`, '{"b":1}'], [`JSON_QUERY('{"a": 1}', '$.a' WITH WRAPPER)`, '[1]'], [`JSON_QUERY('{"a": 1}', '$.a')`, 'NULL']],
  infer: (args) => (takesJson(args) ? { result: nullable(STRING), args: strings(args) } : undefined),
  compile: (args) => {
    const path = pathOf('JSON_QUERY', args);
    const instead = (behaviour: string, why: string): string | null => (behaviour.startsWith('ERROR') ? fail('JSON_QUERY', why) : behaviour.includes('ARRAY') ? '[]' : behaviour.includes('OBJECT') ? '{}' : null);
    return call((json: string | null, p: string, wrapper = 'WITHOUT', onEmpty = 'NULL', onError = 'NULL') => {
      if (json === null) return null;
      const { nodes, failed } = findPath(json, path(p)), [node] = nodes;
      if (failed) return instead(onError, 'the path fails');
      if (node === undefined) return instead(onEmpty, 'nothing stands at the path');
      const isStructure = nodes.length === 1 && (node.kind === 'object' || node.kind === 'array');
      if (!wrapper.includes('WITHOUT') && !(wrapper.includes('CONDITIONAL') && !wrapper.includes('UNCONDITIONAL') && isStructure)) return `[${nodes.map(jsonText).join(',')}]`;
      return isStructure ? jsonText(node) : instead(onError, 'a scalar stands at the path');
    });
  },
});
const exists = scalar(FAMILY, {
  name: 'JSON_EXISTS', signature: 'JSON_EXISTS(json, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])', about: 'TRUE when something stands at the path.', strict: false,
  examples: [[`JSON_EXISTS('{"a": true}', '$.a')`, 'TRUE'], [`JSON_EXISTS('{"a": true}', '$.b')`, 'FALSE'], [`JSON_EXISTS('{"a": true}', 'strict $.b' TRUE ON ERROR)`, 'TRUE']],
  infer: (args) => (takesJson(args) ? { result: nullable(BOOLEAN), args: strings(args) } : undefined),
  compile: (args) => {
    const path = pathOf('JSON_EXISTS', args);
    return call((json: string | null, p: string, onError = 'FALSE') => {
      if (json === null) return null;
      const { nodes, failed } = findPath(json, path(p));
      if (!failed) return nodes.length > 0;
      return onError === 'ERROR' ? fail('JSON_EXISTS', 'the path fails') : onError === 'UNKNOWN' ? null : onError === 'TRUE';
    });
  },
});
const isJson = (['VALUE', 'OBJECT', 'ARRAY', 'SCALAR'] as const).map((what) => scalar(FAMILY, {
  name: `IS JSON ${what}`, signature: `string IS JSON ${what}`, about: 'TRUE when the text is such JSON; FALSE for NULL.', strict: false, examples: what === 'ARRAY' ? [["'[1]' IS JSON ARRAY", 'TRUE'], ["'1' IS JSON ARRAY", 'FALSE']] : [],
  infer: (args) => (args.length === 1 && args[0] !== undefined && (isCharacter(args[0].type) || isNull(args[0].type)) ? { result: notNull(BOOLEAN), args: strings(args) } : undefined),
  compile: () => call((s: string | null) => {
    const node = s === null ? undefined : readJson(s);
    if (node === undefined) return false;
    return what === 'VALUE' || (what === 'OBJECT' ? node.kind === 'object' : what === 'ARRAY' ? node.kind === 'array' : node.kind !== 'object' && node.kind !== 'array');
  }),
}));
/** A value of a type as JSON text: rows and maps as objects, times as ISO text, bytes as base64, DECIMAL as a plain number. */
function jsonWriter(type: SqlType): (v: unknown) => string {
  const write = writerOf(type);
  return (v) => (v === null ? 'null' : write(v));
}
function writerOf(type: SqlType): (v: unknown) => string {
  switch (type.kind) {
    case 'BOOLEAN': case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return String;
    case 'FLOAT': case 'DOUBLE': return (v) => (Number.isFinite(v) ? printValue(type, v) : `"${printValue(type, v)}"`);
    case 'DECIMAL': return (v) => decimalText(v as Long, type.scale);
    case 'BINARY': case 'VARBINARY': return (v) => `"${Buffer.from(v as Uint8Array).toString('base64')}"`;
    case 'ARRAY': { const element = jsonWriter(type.element); return (v) => `[${(v as unknown[]).map(element).join(',')}]`; }
    case 'ROW': { const fields = type.fields.map((f) => [JSON.stringify(f.name), jsonWriter(f.type)] as const); return (v) => `{${fields.map(([name, write], i) => `${name}:${write((v as unknown[])[i])}`).join(',')}}`; }
    case 'MAP': case 'MULTISET': {
      const [key, item] = type.kind === 'MAP' ? [type.key, jsonWriter(type.value)] : [type.element, String];
      return (v) => `{${Array.from(v as Map<unknown, unknown>, ([k, x]) => `${JSON.stringify(printValue(key, k))}:${item(x)}`).join(',')}}`;
    }
    default: return (v) => JSON.stringify(printValue(type, v));
  }
}
const string = scalar(FAMILY, {
  name: 'JSON_STRING', signature: 'JSON_STRING(value)', about: 'The value as JSON text.', examples: [["JSON_STRING('a\"b')", '"a\\"b"'], ["JSON_STRING(MAP['k', ARRAY[1, 2]])", '{"k":[1,2]}'], ['JSON_STRING(1.50)', '1.50']],
  infer: (args) => (args.length === 1 && args[0] !== undefined ? { result: { ...STRING, nullable: args[0].type.nullable } } : undefined), compile: (args) => call(jsonWriter(args[0]?.type ?? STRING)),
});
/** JSON_UNQUOTE: the text behind a JSON string; anything else stays as it is. */
function unquote(s: string): string { const node = s.startsWith('"') ? readJson(s) : undefined; return node?.kind === 'string' ? node.value : s; }
const quoting = [
  scalar(FAMILY, { name: 'JSON_QUOTE', signature: 'JSON_QUOTE(string)', about: 'The text as a JSON string.', examples: [["JSON_QUOTE('a')", '"a"']], infer: fixed([slot(isCharacter, STRING)], STRING), compile: () => call((s: string) => JSON.stringify(s)) }),
  scalar(FAMILY, { name: 'JSON_UNQUOTE', signature: 'JSON_UNQUOTE(string)', about: 'The text of a JSON string; other texts stay as they are.', examples: [[`JSON_UNQUOTE('"a"')`, 'a'], ["JSON_UNQUOTE('a')", 'a']], infer: fixed([slot(isCharacter, STRING)], STRING), compile: () => call(unquote) }),
];
export const jsonFunctions: readonly ScalarFunction[] = [value, query, exists, ...isJson, string, ...quoting];
