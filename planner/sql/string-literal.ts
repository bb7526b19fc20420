/** The contents of string literals with escapes: E'…' as in PostgreSQL ("Lexical Structure"), U&'…' as in SQL, X'…'. */
import { invalidBinaryLiteral, invalidEscape } from '../../core/errors/syntax.ts';
import type { Token } from './lexer.ts';

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The value of a string token of any form but X. `uescape` is the escape character of U&''. */
export function decodeString(token: Token, uescape: string): string {
  switch (token.form) {
    case 'E': return decodeBackslashes(token);
    case 'U&': return decodeUnicode(token, uescape);
    default: return token.text;
  }
}

function decodeBackslashes(token: Token): string {
  const raw = token.text;
  if (!raw.includes('\\')) return raw.replaceAll("''", "'");
  return raw.replace(/''|\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|([^]))/g, (all: string, u4?: string, u8?: string, hex?: string, octal?: string, other?: string) => {
    if (all === "''") return "'";
    if (u4 !== undefined || u8 !== undefined) return codePoint(Number.parseInt((u4 ?? u8) as string, 16), all, token);
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    if (other === 'u' || other === 'U') throw invalidEscape({ escape: all, expected: '\\uXXXX or \\UXXXXXXXX' }, { range: { start: token.start, end: token.end } });
    return SIMPLE[other as string] ?? other as string;
  });
}

function decodeUnicode(token: Token, escape: string): string {
  const parts = token.text.split(escape);
  let value = parts[0] as string;
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] as string;
    if (part === '' && i + 1 < parts.length) { value += escape + (parts[++i] as string); continue; }
    const match = /^(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))/.exec(part);
    if (match === null) throw invalidEscape({ escape: escape + part.slice(0, 6), expected: `${escape}XXXX, ${escape}+XXXXXX or ${escape}${escape}` }, { range: { start: token.start, end: token.end } });
    value += codePoint(Number.parseInt((match[1] ?? match[2]) as string, 16), match[0], token) + part.slice(match[0].length);
  }
  return value;
}

function codePoint(code: number, text: string, token: Token): string {
  if (code > 0x10ffff) throw invalidEscape({ escape: text, expected: 'a code point up to 10FFFF' }, { range: { start: token.start, end: token.end } });
  return String.fromCodePoint(code);
}

/** Checks the digits of X'…' and gives them in upper case. */
export function decodeHex(token: Token): string {
  const range = { start: token.start, end: token.end };
  if (!/^[0-9A-Fa-f]*$/.test(token.text)) throw invalidBinaryLiteral({ problem: 'it has characters that are not hexadecimal digits' }, { range });
  if (token.text.length % 2 !== 0) throw invalidBinaryLiteral({ problem: 'it has an odd number of digits' }, { range });
  return token.text.toUpperCase();
}
