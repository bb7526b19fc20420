/** Hashes, encodings, URLs, identifiers. Source: Flink "System Functions", string and hash functions; Java's URL, URLEncoder, Base64. */
import { createHash, randomUUID } from 'node:crypto';
import type { ScalarFunction } from '../../catalog/registry/functions.ts';
import { invalidArgument } from '../../core/errors/data.ts';
import { isCharacter, isInteger } from '../../core/types/coercion.ts';
import { BYTES, INT, STRING, notNull, type Long } from '../../core/types/sql-type.ts';
import { call, characters, fixed, integers, optional, scalar, slot, type Example } from './define.ts';

const FAMILY = 'encoding';
const text = slot(characters, STRING);
const string = (name: string, about: string, signature: string, examples: readonly Example[], run: (...args: never[]) => unknown, slots = [text], mayBeNull = false): ScalarFunction =>
  scalar(FAMILY, { name, signature, about, examples, infer: fixed(slots, STRING, mayBeNull), compile: () => call(run) });
const digest = (algorithm: string, s: string): string => createHash(algorithm).update(s, 'utf8').digest('hex');
const hashes = (['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const).map((name) => string(name, `${name} hash in hexadecimal.`, `${name}(string)`, name === 'MD5' ? [["MD5('abc')", '900150983cd24fb0d6963f7d28e17f72']] : [], (s: string) => digest(name.toLowerCase(), s)));
const BITS: Readonly<Record<number, string>> = { 224: 'sha224', 256: 'sha256', 384: 'sha384', 512: 'sha512' };
function sha2(s: string, bits: number): string {
  const algorithm = BITS[bits];
  if (algorithm === undefined) throw invalidArgument({ function: 'SHA2', what: `length ${bits}`, hint: 'Lengths: 224, 256, 384, 512.' });
  return digest(algorithm, s);
}
/** java.net.URLEncoder: letters, digits and .-*_ stay, a blank becomes +. */
function urlEncode(s: string): string {
  return encodeURIComponent(s.toWellFormed()).replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+');
}
function urlDecode(s: string): string | null { try { return decodeURIComponent(s.replaceAll('+', ' ')); } catch { return null; } }
const URL_FORM = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
function parseUrl(url: string, part: string, key?: string): string | null {
  const m = URL_FORM.exec(url);
  if (m === null || (key !== undefined && part !== 'QUERY')) return null;
  const authority = m[2] ?? null, at = authority?.lastIndexOf('@') ?? -1;
  switch (part) {
    case 'PROTOCOL': return m[1] ?? null;
    case 'AUTHORITY': return authority;
    case 'HOST': return authority === null ? null : authority.slice(at + 1).replace(/:\d*$/, '');
    case 'USERINFO': return at < 0 ? null : authority?.slice(0, at) ?? null;
    case 'PATH': return m[3] ?? '';
    case 'FILE': return `${m[3] ?? ''}${m[4] === undefined ? '' : `?${m[4]}`}`;
    case 'REF': return m[5] ?? null;
    case 'QUERY': return key === undefined ? m[4] ?? null : m[4]?.split('&').find((p) => p.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
    default: return null;
  }
}
function hex(v: Long | string): string {
  if (typeof v === 'string') return Buffer.from(v, 'utf8').toString('hex').toUpperCase();
  return (v < 0 ? BigInt.asUintN(64, BigInt(v)) : v).toString(16).toUpperCase();
}
const bin = (v: Long): string => (v < 0 ? BigInt.asUintN(64, BigInt(v)) : v).toString(2);
function fromBase64(s: string): string | null {
  const compact = s.trim();
  return /^[A-Za-z0-9+/]*={0,2}$/.test(compact) && compact.length % 4 !== 1 ? Buffer.from(compact, 'base64').toString('utf8') : null;
}
export const encodingFunctions: readonly ScalarFunction[] = [
  ...hashes,
  string('SHA2', 'SHA-2 hash of a length in bits, in hexadecimal.', 'SHA2(string, bits)', [], sha2, [text, slot(integers, INT)]),
  string('TO_BASE64', 'Base64 of the text in UTF-8.', 'TO_BASE64(string)', [["TO_BASE64('hello')", 'aGVsbG8=']], (s: string) => Buffer.from(s, 'utf8').toString('base64')),
  string('FROM_BASE64', 'Text of its base64.', 'FROM_BASE64(string)', [["FROM_BASE64('aGVsbG8=')", 'hello']], fromBase64, [text], true),
  string('HEX', 'Hexadecimal of an integer, or of the bytes of a text.', 'HEX(integer | string)', [['HEX(20)', '14'], ["HEX('hello')", '68656C6C6F'], ['HEX(-1)', 'FFFFFFFFFFFFFFFF']], hex, [slot((t) => isInteger(t) || isCharacter(t))]),
  scalar(FAMILY, { name: 'UNHEX', signature: 'UNHEX(string)', about: 'The bytes of a hexadecimal text; NULL when it is none.', examples: [["CAST(UNHEX('68656C6C6F') AS STRING)", 'hello'], ["UNHEX('G')", 'NULL']], infer: fixed([text], BYTES, true), compile: () => call((s: string) => (/^[0-9A-Fa-f]*$/.test(s) ? new Uint8Array(Buffer.from(s.length % 2 === 0 ? s : `0${s}`, 'hex')) : null)) }),
  string('BIN', 'An integer in binary.', 'BIN(integer)', [['BIN(4)', '100']], bin, [slot(integers)]),
  string('URL_ENCODE', 'The text for use in a URL (application/x-www-form-urlencoded).', 'URL_ENCODE(string)', [["URL_ENCODE('a b&c')", 'a+b%26c']], urlEncode),
  string('URL_DECODE', 'The text of its URL form; NULL when it is malformed.', 'URL_DECODE(string)', [["URL_DECODE('a+b%26c')", 'a b&c']], urlDecode, [text], true),
  string('PARSE_URL', 'A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY, USERINFO; with QUERY also the value of a key.', 'PARSE_URL(url, part [, key])', [["PARSE_URL('http://u@example.com:80/p?a=1&b=2#r', 'HOST')", 'example.com'], ["PARSE_URL('http://example.com/p?a=1&b=2', 'QUERY', 'b')", '2']], parseUrl, [text, text, optional(characters, STRING)], true),
  scalar(FAMILY, { name: 'UUID', signature: 'UUID()', about: 'A new random identifier (version 4) per row.', deterministic: false, infer: fixed([], notNull(STRING)), compile: () => call(() => randomUUID()) }),
];
