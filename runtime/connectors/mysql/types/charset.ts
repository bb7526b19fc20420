/**
 * Texts of MySQL's character sets. UTF-8, ASCII and latin1 (which is Windows-1252 in MySQL) are decoded natively, the others by tables of
 * `iconv-lite`, which mysql2 brings along.
 */
import { createRequire } from 'node:module';
import type Iconv from 'iconv-lite';
import type { TextBuffer } from '../../../../core/row/text.ts';

const NATIVE: ReadonlyMap<string, 'utf8' | 'ascii'> = new Map([['utf8mb4', 'utf8'], ['utf8mb3', 'utf8'], ['utf8', 'utf8'], ['ascii', 'ascii']]);
/** MySQL's name → the name of iconv-lite. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['latin2', 'iso-8859-2'], ['latin5', 'iso-8859-9'], ['latin7', 'iso-8859-13'], ['greek', 'iso-8859-7'], ['hebrew', 'iso-8859-8'], ['cp1250', 'windows-1250'], ['cp1251', 'windows-1251'],
  ['cp1256', 'windows-1256'], ['cp1257', 'windows-1257'], ['cp850', 'cp850'], ['cp852', 'cp852'], ['cp866', 'cp866'], ['koi8r', 'koi8-r'], ['koi8u', 'koi8-u'], ['macroman', 'macroman'], ['macce', 'maccenteuro'],
  ['tis620', 'tis620'], ['armscii8', 'armscii8'], ['gbk', 'gbk'], ['gb2312', 'gb2312'], ['gb18030', 'gb18030'], ['big5', 'big5'], ['sjis', 'shift_jis'], ['cp932', 'cp932'], ['ujis', 'eucjp'], ['eucjpms', 'eucjp'], ['euckr', 'euckr'],
  ['ucs2', 'utf16-be'], ['utf16', 'utf16-be'], ['utf16le', 'utf16-le'], ['utf32', 'utf32-be'],
]);
/** The five bytes that stand for nothing are control characters, as in MySQL. */
const WINDOWS_1252 = new TextDecoder('windows-1252');
/** Loaded when a column has one of them. */
let tables: typeof Iconv | undefined;
/** What turns bytes of a character set into text. */
export type DecodeText = (bytes: Buffer, start: number, end: number) => string;
/** undefined: a character set whose texts cannot be read. */
export function textDecoder(charset: string): DecodeText | undefined {
  const native = NATIVE.get(charset);
  if (native === 'utf8') return (b, start, end) => (b as TextBuffer).utf8Slice(start, end);
  if (native === 'ascii') return (b, start, end) => (b as TextBuffer).latin1Slice(start, end);
  if (charset === 'latin1') return (b, start, end) => WINDOWS_1252.decode(b.subarray(start, end));
  const name = OTHERS.get(charset);
  if (name === undefined) return undefined;
  const iconv = tables ??= createRequire(import.meta.url)('iconv-lite') as typeof Iconv;
  if (!iconv.encodingExists(name)) return undefined;
  return (b, start, end) => iconv.decode(b.subarray(start, end), name, { stripBOM: false });
}
/** As UTF-8 where the character set is unknown. */
export function decodeText(charset: string, bytes: Buffer, start: number, end: number): string {
  return (textDecoder(charset) ?? ((b, s, e) => (b as TextBuffer).utf8Slice(s, e)))(bytes, start, end);
}
