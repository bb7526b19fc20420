/**
 * Texts of MySQL's character sets. UTF-8, ASCII and latin1 (which is Windows-1252 in MySQL) are decoded natively, UTF-16 and UTF-32 by
 * `iconv-lite`, which mysql2 brings along. For all others the server is asked what each of its codes means (`charset-tables.ts`), since
 * every library's tables differ from the server's in some codes (the wave dash of sjis, thousands of ujis), and a text read from the binlog
 * must equal the one of a SELECT. Without a server's table (statements read before one was asked) iconv-lite's stands in.
 */
import { createRequire } from 'node:module';
import type { TextBuffer } from '../../../../core/row/text.ts';

interface Iconv { decode(bytes: Buffer, name: string, options: { readonly stripBOM: boolean }): string }
let loaded: Iconv | undefined;
/** Loaded when a text needs it: a server at rest and workers without MySQL do without. */
const iconv = (): Iconv => loaded ??= createRequire(import.meta.url)('iconv-lite') as Iconv;

const NATIVE: ReadonlyMap<string, 'utf8' | 'ascii'> = new Map([['utf8mb4', 'utf8'], ['utf8mb3', 'utf8'], ['utf8', 'utf8'], ['ascii', 'ascii']]);
const WIDE: ReadonlyMap<string, string> = new Map([['ucs2', 'utf16-be'], ['utf16', 'utf16-be'], ['utf16le', 'utf16-le'], ['utf32', 'utf32-be']]);
/** MySQL's name → the name of iconv-lite. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['latin2', 'iso-8859-2'], ['latin5', 'iso-8859-9'], ['latin7', 'iso-8859-13'], ['greek', 'iso-8859-7'], ['hebrew', 'iso-8859-8'], ['cp1250', 'windows-1250'], ['cp1251', 'windows-1251'],
  ['cp1256', 'windows-1256'], ['cp1257', 'windows-1257'], ['cp850', 'cp850'], ['cp852', 'cp852'], ['cp866', 'cp866'], ['koi8r', 'koi8-r'], ['koi8u', 'koi8-u'], ['macroman', 'macroman'], ['macce', 'maccenteuro'],
  ['tis620', 'tis620'], ['armscii8', 'armscii8'], ['gbk', 'gbk'], ['gb2312', 'gb2312'], ['gb18030', 'gb18030'], ['big5', 'big5'], ['sjis', 'shift_jis'], ['cp932', 'cp932'], ['ujis', 'eucjp'], ['eucjpms', 'eucjp'], ['euckr', 'euckr'],
]);
/** The five bytes that stand for nothing are control characters, as in MySQL. */
const WINDOWS_1252 = new TextDecoder('windows-1252');
/** What turns bytes of a character set into text. */
export type DecodeText = (bytes: Buffer, start: number, end: number) => string;

/** Codes of one to three bytes as code units; 0: no such code, or a first byte. `pairs` by both bytes, `triples` by the last two behind 0x8f. */
export interface CharsetTable { readonly singles: Uint16Array; readonly pairs: Uint16Array | undefined; readonly triples: Uint16Array | undefined }
/** Of this thread's servers; they agree in all codes that mean something. */
const tables = new Map<string, CharsetTable>();
export const hasCharsetTable = (charset: string): boolean => tables.has(charset);
export function setCharsetTable(charset: string, table: CharsetTable): void { tables.set(charset, table); }
/** Character sets that need a table. */
export const needsTable = (charset: string): boolean => !NATIVE.has(charset) && !WIDE.has(charset) && charset !== 'latin1' && charset !== 'binary';

/** undefined: a character set whose texts cannot be read. */
export function textDecoder(charset: string): DecodeText | undefined {
  const native = NATIVE.get(charset);
  if (native === 'utf8') return (b, start, end) => (b as TextBuffer).utf8Slice(start, end);
  if (native === 'ascii') return asciiText;
  if (charset === 'latin1') return (b, start, end) => WINDOWS_1252.decode(b.subarray(start, end));
  const table = tables.get(charset), name = WIDE.get(charset) ?? OTHERS.get(charset), library: DecodeText | undefined = name === undefined ? undefined : (b, start, end) => iconv().decode(b.subarray(start, end), name, { stripBOM: false });
  return table === undefined ? library : (b, start, end) => tableText(table, library, b, start, end);
}
/** Bytes that are no ASCII are question marks, as a SELECT shows them. */
function asciiText(b: Buffer, start: number, end: number): string {
  const text = (b as TextBuffer).latin1Slice(start, end);
  return text.replace(/[^\u0000-\u007f]/g, '?');
}
function tableText({ singles, pairs, triples }: CharsetTable, library: DecodeText | undefined, b: Buffer, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end;) {
    const first = b[at]!, single = singles[first]!;
    if (single !== 0 || first === 0) { text += String.fromCharCode(single); at++; continue; }
    const second = at + 1 < end ? b[at + 1]! : 0;
    // Four-byte codes of gb18030 follow a rule that libraries know.
    if (second >= 0x30 && second <= 0x39 && library !== undefined && at + 4 <= end) { text += library(b, at, at + 4); at += 4; continue; }
    const isTriple = first === 0x8f && triples !== undefined, unit = isTriple ? (at + 2 < end ? triples[second << 8 | b[at + 2]!]! : 0) : pairs?.[first << 8 | second] ?? 0;
    text += unit === 0 ? '?' : String.fromCharCode(unit);
    at += isTriple ? 3 : pairs === undefined ? 1 : 2;
  }
  return text;
}
/** As UTF-8 where the character set is unknown. */
export function decodeText(charset: string, bytes: Buffer, start: number, end: number): string {
  return (textDecoder(charset) ?? ((b, s, e) => (b as TextBuffer).utf8Slice(s, e)))(bytes, start, end);
}
