/** The csv format as the planner sees it: a message is one line. Semantics: Flink "CSV Format". Run-time half: `csv.ts`. */
import { APPEND, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import { parseBoolean, type DeclaredOption } from '../../catalog/options/options.ts';
import { invalidFormatOption, invalidFormatSchema } from '../../core/errors/format.ts';
import { typeText, type SqlType } from '../../core/types/sql-type.ts';

export interface CsvSettings {
  readonly delimiter: string;
  /** Null: nothing is quoted. */
  readonly quote: string | null;
  readonly escape: string | null;
  readonly nullLiteral: string | null;
  /** Between elements of ARRAY and fields of ROW. */
  readonly elementDelimiter: string;
  readonly allowComments: boolean;
  readonly ignoreParseErrors: boolean;
  readonly scientific: boolean;
}
const options: readonly DeclaredOption[] = [
  { key: 'field-delimiter', type: 'string', default: ',', description: "Character between fields; `\\t` and `U&'\\0001'` are read as what they stand for." },
  { key: 'disable-quote-character', type: 'boolean', default: 'false', description: 'Nothing is quoted; then `quote-character` must not be set.' },
  { key: 'quote-character', type: 'string', default: '"', description: 'Character around texts with delimiters.' },
  { key: 'allow-comments', type: 'boolean', default: 'false', description: 'Lines that begin with `#` give no row.' },
  { key: 'ignore-parse-errors', type: 'boolean', default: 'false', description: 'A field that cannot be read becomes NULL, a line that cannot be read is skipped, instead of failing the job.' },
  { key: 'array-element-delimiter', type: 'string', default: ';', description: 'Text between elements of ARRAY and fields of ROW.' },
  { key: 'escape-character', type: 'string', description: 'Character that takes the meaning from the next one; off by default.' },
  { key: 'null-literal', type: 'string', description: 'Text that stands for NULL, read and written.' },
  { key: 'write-bigdecimal-in-scientific-notation', type: 'boolean', default: 'true', description: 'DECIMAL with many zeros is written as `1E-10`.' },
];
/** Escapes of Java and SQL in an option's text. */
function unescaped(text: string): string {
  const unicode = /^U&'(.*)'$/is.exec(text)?.[1];
  if (unicode !== undefined) return unicode.replace(/\\([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return text.replace(/\\(t|n|r|b|f|\\|u[0-9a-f]{4})/gi, (whole, c: string) => ({ t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '\\': '\\' } as Record<string, string>)[c] ?? (c.length === 5 ? String.fromCharCode(Number.parseInt(c.slice(1), 16)) : whole));
}
function single(given: ReadonlyMap<string, string>, key: string): string | undefined {
  const text = given.get(key);
  if (text === undefined) return undefined;
  const value = unescaped(text);
  if (value.length !== 1) throw invalidFormatOption({ what: `Option 'csv.${key}' must be a string with single character, but was: ${text}` });
  return value;
}
function checkType(type: SqlType, column: string, isInner = false): void {
  const nested = type.kind === 'ARRAY' ? [type.element] : type.kind === 'ROW' ? type.fields.map((f) => f.type) : undefined;
  if (nested !== undefined && !isInner) { for (const inner of nested) checkType(inner, column, true); return; }
  if (nested !== undefined || ['MAP', 'MULTISET', 'RAW', 'NULL', 'INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME'].includes(type.kind)) throw invalidFormatSchema({ what: `CSV format doesn't support type ${typeText(type)}${isInner ? ' inside another' : ''} (column "${column}")` });
}
export const csvDescriptor: FormatDescriptor = {
  identifier: 'csv', description: 'A line of fields between delimiters.', options, decodeMode: APPEND, encodeMode: APPEND, metadata: new Map(),
  describe(given, columns) {
    for (const c of columns) checkType(c.type, c.name);
    const flag = (key: string, otherwise: boolean): boolean => { const text = given.get(key); return text === undefined ? otherwise : parseBoolean(key, text); };
    const isUnquoted = flag('disable-quote-character', false);
    if (isUnquoted && given.has('quote-character')) throw invalidFormatOption({ what: "Format cannot define a quote character and disabled quote character at the same time" });
    return {
      delimiter: single(given, 'field-delimiter') ?? ',', quote: isUnquoted ? null : single(given, 'quote-character') ?? '"', escape: single(given, 'escape-character') ?? null, nullLiteral: given.get('null-literal') ?? null,
      elementDelimiter: unescaped(given.get('array-element-delimiter') ?? ';'), allowComments: flag('allow-comments', false), ignoreParseErrors: flag('ignore-parse-errors', false), scientific: flag('write-bigdecimal-in-scientific-notation', true),
    } satisfies CsvSettings as unknown as Json;
  },
};
