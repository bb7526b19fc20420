/** Asks a server what the codes of its character sets mean: every code, in one statement for each character set. */
import type { Connection } from 'mysql2/promise';
import { query } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import { SYSTEM_DATABASES } from './tables.ts';
import { hasCharsetTable, needsTable, setCharsetTable } from './charset.ts';

type Ranges = readonly (readonly [from: number, to: number])[];
/** Well-formed codes of two bytes: first and second bytes. Others than these have one byte. */
const PAIRS: Readonly<Record<string, readonly [first: Ranges, second: Ranges]>> = {
  big5: [[[0xa1, 0xf9]], [[0x40, 0x7e], [0xa1, 0xfe]]], gbk: [[[0x81, 0xfe]], [[0x40, 0x7e], [0x80, 0xfe]]], gb18030: [[[0x81, 0xfe]], [[0x40, 0x7e], [0x80, 0xfe]]], gb2312: [[[0xa1, 0xf7]], [[0xa1, 0xfe]]],
  sjis: [[[0x81, 0x9f], [0xe0, 0xfc]], [[0x40, 0x7e], [0x80, 0xfc]]], cp932: [[[0x81, 0x9f], [0xe0, 0xfc]], [[0x40, 0x7e], [0x80, 0xfc]]], euckr: [[[0x81, 0xfe]], [[0x41, 0x5a], [0x61, 0x7a], [0x81, 0xfe]]],
  ujis: [[[0x8e, 0x8e], [0xa1, 0xfe]], [[0xa1, 0xfe]]], eucjpms: [[[0x8e, 0x8e], [0xa1, 0xfe]], [[0xa1, 0xfe]]],
};
const bytesOf = (ranges: Ranges): number[] => ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** For all of the character sets that need a table and have none in this thread yet. */
export async function loadCharsetTables(server: MySqlServer, connection: Connection, charsets: Iterable<string>): Promise<void> {
  for (const charset of new Set(charsets)) if (needsTable(charset) && !hasCharsetTable(charset) && /^[a-z0-9_]+$/.test(charset)) await load(server, connection, charset);
}
/** Those of text columns, databases and the server now. */
export async function usedCharsets(server: MySqlServer, connection: Connection): Promise<string[]> {
  const rows = await query(server, connection, "SELECT DISTINCT CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE CHARACTER_SET_NAME IS NOT NULL AND TABLE_SCHEMA NOT IN (?, ?, ?, ?) UNION SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA UNION SELECT @@GLOBAL.character_set_server", SYSTEM_DATABASES, 'list the character sets in use');
  return rows.map((row) => String(row[0]));
}
/** Those without a table that a statement may bring in: it names them, or a collation of theirs. */
export function charsetsNamedIn(sql: string, all: Iterable<string>): string[] {
  const words = new Set(sql.toLowerCase().split(/[^a-z0-9]+/));
  return [...new Set(all)].filter((charset) => words.has(charset) && needsTable(charset) && !hasCharsetTable(charset));
}
async function load(server: MySqlServer, connection: Connection, charset: string): Promise<void> {
  const pairs = PAIRS[charset], firsts = pairs === undefined ? [] : bytesOf(pairs[0]), seconds = pairs === undefined ? [] : bytesOf(pairs[1]);
  const singles = await ask(server, connection, charset, Array.from({ length: pairs === undefined ? 256 : 128 }, (_, i) => [i]), (code) => code[0]!, 256);
  if (charset === 'sjis' || charset === 'cp932') singles.set((await ask(server, connection, charset, bytesOf([[0xa1, 0xdf]]).map((b) => [b]), (code) => code[0]!, 256)).subarray(0xa1, 0xe0), 0xa1);
  const isEuc = charset === 'ujis' || charset === 'eucjpms', two = bytesOf([[0xa1, 0xfe]]);
  setCharsetTable(charset, {
    singles,
    pairs: pairs === undefined ? undefined : await ask(server, connection, charset, firsts.flatMap((a) => seconds.map((b) => [a, b])), (code) => code[0]! << 8 | code[1]!, 65536),
    triples: isEuc ? await ask(server, connection, charset, two.flatMap((a) => two.map((b) => [0x8f, a, b])), (code) => code[1]! << 8 | code[2]!, 65536) : undefined,
  });
}
/** Codes are asked for in runs with one first byte, joined by line feeds, which are themselves in every character set; a run with a code that is none is NULL and asked for code by code. */
async function ask(server: MySqlServer, connection: Connection, charset: string, codes: readonly number[][], place: (code: readonly number[]) => number, size: number): Promise<Uint16Array> {
  const out = new Uint16Array(size), what = `tell the codes of character set ${charset}`, expression = (codesHex: string): string => `CONVERT(CONVERT(X'${codesHex}' USING ${charset}) USING utf8mb4)`;
  const runs = new Map<string, number[][]>();
  for (const code of codes) { const key = code.slice(0, -1).join(); const run = runs.get(key) ?? []; runs.set(key, run); run.push(code); }
  const put = (code: readonly number[], text: string): void => { if (text.length === 1) out[place(code)] = text.charCodeAt(0); };
  const list = [...runs.values()], [answers] = await query(server, connection, `SELECT ${list.map((run) => expression(run.map((code) => code.map(hex).join('')).join('0a'))).join(', ')}`, [], what);
  for (const [i, run] of list.entries()) {
    const texts = answers?.[i]?.toString().split('\n') ?? [];
    if (texts.length === run.length) { run.forEach((code, k) => { put(code, texts[k]!); }); continue; }
    const [each] = await query(server, connection, `SELECT ${run.map((code) => expression(code.map(hex).join(''))).join(', ')}`, [], what);
    run.forEach((code, k) => { put(code, each?.[k]?.toString() ?? ''); });
  }
  return out;
}
