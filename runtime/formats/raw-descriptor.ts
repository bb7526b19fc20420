/** The raw format as the planner sees it: one column is the whole message. Semantics: Flink "Raw Format". Run-time half: `raw.ts`. */
import { APPEND, type FormatDescriptor, type Json } from '../../catalog/registry/connectors.ts';
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { invalidFormatOption, invalidFormatSchema } from '../../core/errors/format.ts';
import { typeText } from '../../core/types/sql-type.ts';

export interface RawSettings {
  /** As TextDecoder names it. */
  readonly charset: string;
  readonly littleEndian: boolean;
}
const options: readonly DeclaredOption[] = [
  { key: 'charset', type: 'string', default: 'UTF-8', description: 'Character set of CHAR and VARCHAR. Writing knows UTF-8, UTF-16LE, ISO-8859-1 and US-ASCII.' },
  { key: 'endianness', type: 'enum', values: ['big-endian', 'little-endian'], default: 'big-endian', description: 'Byte order of numbers.' },
];
const SUPPORTED: ReadonlySet<string> = new Set(['CHAR', 'VARCHAR', 'BINARY', 'VARBINARY', 'BOOLEAN', 'TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE']);
/** Names Java knows and TextDecoder writes otherwise. */
const WRITABLE: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'], ['utf8', 'utf-8'], ['iso-8859-1', 'latin1'], ['latin1', 'latin1'], ['us-ascii', 'latin1'], ['ascii', 'latin1'], ['utf-16le', 'utf-16le'],
]);

export const rawDescriptor: FormatDescriptor = {
  identifier: 'raw', description: 'The message is the value of the only column.',
  options, decodeMode: APPEND, encodeMode: APPEND, metadata: new Map(),
  describe(given, columns, _role, direction) {
    const [column] = columns;
    if (column === undefined || columns.length > 1) {
      throw invalidFormatSchema({ what: `the 'raw' format only supports single physical column. However the defined schema contains multiple physical columns: [${columns.map((c) => `\`${c.name}\` ${typeText(c.type, true)}`).join(', ')}]` });
    }
    if (!SUPPORTED.has(column.type.kind)) throw invalidFormatSchema({ what: `the 'raw' format doesn't supports '${typeText(column.type)}' as column type` });
    const name = (given.get('charset') ?? 'UTF-8').trim().toLowerCase();
    let charset = WRITABLE.get(name);
    if (charset === undefined && direction === 'decode') charset = decodable(name);
    if (charset === undefined) throw invalidFormatOption({ what: `unsupported '${given.get('charset')}' for the option 'raw.charset'`, hint: direction === 'encode' ? `For writing use one of ${[...WRITABLE.keys()].join(', ')}.` : undefined });
    const order = (given.get('endianness') ?? 'big-endian').trim().toLowerCase();
    if (order !== 'big-endian' && order !== 'little-endian') throw invalidFormatOption({ what: `unsupported endianness name: ${given.get('endianness')}`, hint: "Supported are 'big-endian' and 'little-endian'." });
    return { charset, littleEndian: order === 'little-endian' } satisfies RawSettings as unknown as Json;
  },
};
function decodable(label: string): string | undefined {
  try { return new TextDecoder(label).encoding; } catch { return undefined; }
}
