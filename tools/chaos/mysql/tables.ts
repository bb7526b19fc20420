/**
 * The tables the writers change: each has a key of another kind, a version `ver` that no two row versions share (`UUID_SHORT()`), and a
 * group `g` that statements touching many rows select by. One of them (`altered`) changes its columns while it is written.
 */
import type { Random } from '../random.ts';
import { literal, type Kind, type Text } from './values.ts';

export interface ChaosColumn { readonly name: string; readonly ddl: string; readonly kind: Kind; /** Of BINARY(n). */ readonly length?: number; readonly make: (random: Random) => Text }
export interface ChaosTable {
  readonly name: string;
  /** At the beginning; key first, then `ver` and `g`. */
  readonly columns: readonly ChaosColumn[];
  readonly key: readonly string[];
  /** Rows at the beginning. */
  readonly rows: number;
  readonly altered: boolean;
  /** Keys are one number, so a statement can shift many. */
  readonly shifts: boolean;
  /** Statements touch thousands of its rows. */
  readonly large: boolean;
}
/** A row by column name. */
export type Image = Readonly<Record<string, Text>>;

const TEXTS = ['', 'a', 'Ä', '😀', "it's \"so\"", 'back\\slash', 'line\nend', 'tab\t', '\u2028', '{"a":1}', 'ß', '０', ' blanks ', 'NULL', 'x'.repeat(180)];
const maybe = (make: (random: Random) => string) => (random: Random): Text => (random.chance(0.15) ? null : make(random));
const twoDigits = (n: number): string => String(n).padStart(2, '0');
const dateTime = (random: Random, digits: number): string => {
  const fraction = String(random.int(10 ** digits)).padStart(digits, '0');
  return `${random.between(1971, 2037)}-${twoDigits(random.between(1, 12))}-${twoDigits(random.between(1, 28))} ${twoDigits(random.int(24))}:${twoDigits(random.int(60))}:${twoDigits(random.int(60))}${digits > 0 ? `.${fraction}` : ''}`;
};
const bytes = (random: Random, length: number): string => Buffer.from(Array.from({ length }, () => random.pick([0, 0, 1, 32, 97, 127, 128, 255]))).toString('base64');

const ver: ChaosColumn = { name: 'ver', ddl: 'BIGINT UNSIGNED NOT NULL', kind: 'integer', make: () => null };
const g: ChaosColumn = { name: 'g', ddl: 'INT NOT NULL', kind: 'integer', make: (r) => String(r.int(12)) };
const n: ChaosColumn = { name: 'n', ddl: 'BIGINT NULL', kind: 'integer', make: maybe((r) => String(BigInt(r.int(2 ** 31)) * 4294967291n - 4000000000000000000n)) };
const amount: ChaosColumn = { name: 'amount', ddl: 'DECIMAL(20,4) NULL', kind: 'decimal', make: maybe((r) => `${r.chance(0.3) ? '-' : ''}${r.int(2 ** 31)}${r.int(10 ** 5)}.${String(r.int(10 ** 4)).padStart(4, '0')}`) };
const note: ChaosColumn = { name: 'note', ddl: 'VARCHAR(200) NULL', kind: 'text', make: maybe((r) => r.pick(TEXTS)) };
const raw: ChaosColumn = { name: 'raw', ddl: 'VARBINARY(16) NULL', kind: 'binary', make: maybe((r) => bytes(r, r.int(17))) };
const fixed: ChaosColumn = { name: 'fixed', ddl: 'BINARY(6) NULL', kind: 'binary', length: 6, make: maybe((r) => bytes(r, 6)) };
const at: ChaosColumn = { name: 'at', ddl: 'DATETIME(6) NULL', kind: 'datetime', make: maybe((r) => dateTime(r, 6)) };
const seen: ChaosColumn = { name: 'seen', ddl: 'TIMESTAMP(3) NULL', kind: 'datetime', make: maybe((r) => dateTime(r, 3)) };
const f: ChaosColumn = { name: 'f', ddl: 'DOUBLE NULL', kind: 'double', make: maybe((r) => String(r.pick([0, 0.1, -2.5, 1e21, 1.7976931348623157e308, 5e-324, r.next()]))) };
const page: ChaosColumn = { name: 'page', ddl: 'MEDIUMTEXT NULL', kind: 'text', make: maybe((r) => r.pick(TEXTS).repeat(r.int(300))) };

const idColumn = (ddl: string, make: (r: Random) => string): ChaosColumn => ({ name: 'id', ddl: `${ddl} NOT NULL`, kind: 'integer', make });
const LETTERS = ['a', 'A', 'á', 'b', 'B', 'c', 'ss', 'ß', 'z', 'Z', '_', '0', '9', 'é', 'e', 'ﬀ', '-'];
const word = (letters: readonly string[], most: number) => (r: Random): string => Array.from({ length: r.between(1, most) }, () => r.pick(letters)).join('');

/** `rows`: how many rows the small tables begin with; the large one has eight times as many. */
export function chaosTables(rows: number): readonly ChaosTable[] {
  const space = rows * 3;
  const table = (name: string, key: readonly ChaosColumn[], rest: readonly ChaosColumn[], more: Partial<ChaosTable> = {}): ChaosTable => ({ name, columns: [...key, ver, g, ...rest], key: key.map((c) => c.name), rows, altered: false, shifts: false, large: false, ...more });
  return [
    table('numbers', [idColumn('INT', (r) => String(r.between(-space / 3, space * 2 / 3)))], [n, amount, f], { shifts: true }),
    table('unsigneds', [idColumn('BIGINT UNSIGNED', (r) => String(18446744073709551615n - BigInt(r.int(space)) * (r.chance(0.5) ? 1n : 4611686018427387n)))], [note, at]),
    table('words', [{ name: 'word', ddl: 'VARCHAR(24) COLLATE utf8mb4_0900_ai_ci NOT NULL', kind: 'text', make: word(LETTERS, 4) }], [n, raw]),
    table('latins', [{ name: 'word', ddl: 'VARCHAR(24) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL', kind: 'text', make: word(['a', 'A', 'b', 'B', 'ä', 'å', 'z', ' ', 'ÿ', 'ß', 's'], 4) }], [amount, seen]),
    table('pairs', [{ name: 'a', ddl: 'SMALLINT NOT NULL', kind: 'integer', make: (r) => String(r.int(20)) }, { name: 'b', ddl: 'VARCHAR(10) NOT NULL', kind: 'text', make: word(['x', 'X', 'y', 'é', 'E'], 3) }], [note, f, at]),
    table('bytes', [{ name: 'k', ddl: 'BINARY(4) NOT NULL', kind: 'binary', length: 4, make: (r) => bytes(r, 4) }], [fixed, n]),
    table('altered', [idColumn('BIGINT', (r) => String(9007199254740000 + r.int(space)))], [note], { altered: true, shifts: true }),
    table('mass', [idColumn('INT UNSIGNED', (r) => String(r.int(space * 8)))], [n, note], { rows: rows * 8, large: true, shifts: true }),
    table('pages', [idColumn('BIGINT', (r) => String(r.int(space) - space))], [page], { rows: Math.ceil(rows / 10) }),
  ];
}

/** Columns that ALTERs add say by their name what they hold: `xi…` integers, `xt…` texts. */
const added = (name: string): Pick<ChaosColumn, 'kind' | 'length'> | undefined => (name.startsWith('xi') ? { kind: 'integer' } : name.startsWith('xt') ? { kind: 'text' } : undefined);
export function columnFacts(table: ChaosTable, name: string): Pick<ChaosColumn, 'kind' | 'length'> | undefined {
  return table.columns.find((c) => c.name === name) ?? (table.altered ? added(name) : undefined);
}
/** The text of a key, the same for a row of MySQL and a key in Kafka. */
export const keyText = (table: ChaosTable, image: Image): string => JSON.stringify(table.key.map((name) => image[name] ?? null));
export const createSql = (database: string, table: ChaosTable): string => `CREATE TABLE \`${database}\`.\`${table.name}\` (${table.columns.map((c) => `\`${c.name}\` ${c.ddl}`).join(', ')}, PRIMARY KEY (${table.key.map((k) => `\`${k}\``).join(', ')})) DEFAULT CHARSET utf8mb4`;
/** Literals of a new row: the version is made by the server for each row of each statement. */
export const rowLiterals = (table: ChaosTable, random: Random): string => table.columns.map((c) => (c.name === 'ver' ? 'UUID_SHORT()' : literal(c.kind, c.make(random)))).join(', ');
/** The condition that selects one key, in the server's collation. */
export function keyCondition(table: ChaosTable, random: Random): string {
  return table.columns.filter((c) => table.key.includes(c.name)).map((c) => `\`${c.name}\` = ${literal(c.kind, c.make(random))}`).join(' AND ');
}
