/**
 * The statements of a table: INSERT … ON DUPLICATE KEY UPDATE and DELETE … WHERE key IN (…) over many rows, cut so that none is longer
 * than the server takes (max_allowed_packet) or than its rows may be. Names are quoted, values are literals (`literals.ts`).
 */
import { mysqlRowRefused } from '../../../../core/errors/mysql-tables.ts';
import { quoteName } from '../connection/open.ts';
import type { SinkSpec } from '../table/spec.ts';
import type { TargetColumn, TargetTable } from '../table/target.ts';
import type { Column } from '../../../../core/row/batch.ts';
import type { Taken } from './buffer.ts';
import type { RowTexts } from './rows.ts';

/** Longer statements are not faster: measured with MySQL 9.7, 6 columns, 1 MiB takes as long per row as 4. */
const STATEMENT_BYTES = 1024 * 1024;

export interface Statement {
  readonly sql: string;
  /** Its rows in order. */
  readonly rows: readonly number[];
  /** The same over some of its rows. */
  readonly over: (rows: readonly number[]) => string;
  /** A row as errors name it: by its key. */
  readonly nameOf: (row: number) => string;
}

export class StatementMaker {
  private readonly head: string;
  private readonly tail: string;
  private readonly deleteHead: string;
  private readonly limit: number;
  private readonly spec: SinkSpec;
  private readonly target: TargetTable;
  private readonly texts: RowTexts;
  /** `key`: positions among the columns of the rows. */
  constructor(spec: SinkSpec, target: TargetTable, texts: RowTexts, key: readonly number[] | null) {
    const { columns } = texts, name = `${quoteName(spec.database)}.${quoteName(spec.name)}`, list = columns.map((c) => quoteName(c.name)).join(', ');
    this.spec = spec;
    this.target = target;
    this.texts = texts;
    this.head = `INSERT INTO ${name} (${list}) VALUES `;
    this.tail = key === null ? '' : upsertTail(spec, target, columns, key, texts.hasTextKey);
    const keys = (key ?? []).map((k) => quoteName((columns[k] as TargetColumn).name));
    this.deleteHead = `DELETE FROM ${name} WHERE ${keys.length === 1 ? keys[0] : `(${keys.join(', ')})`} IN (`;
    this.limit = Math.min(target.maxPacket - 1024, STATEMENT_BYTES);
  }
  /** Made one by one as they are sent. Throws mysql-row-refused for a row that no packet holds, and what literals throw. */
  *of({ columns, segments }: Taken): Generator<Statement> {
    for (const { deletes, puts } of segments) {
      yield* this.cut(columns, deletes, this.texts.keyText, this.deleteHead, ')');
      yield* this.cut(columns, puts, this.texts.tuple, this.head, this.tail);
    }
  }
  private *cut(columns: readonly Column[], all: readonly number[], textOf: RowTexts['tuple'], head: string, tail: string): Generator<Statement> {
    const over = (some: readonly number[]): string => head + some.map((row) => textOf(columns, row)).join(',') + tail;
    const nameOf = (row: number): string => this.nameOf(columns, row);
    let rows: number[] = [], sql = head, bytes = 0;
    for (const row of all) {
      const text = textOf(columns, row), size = sizeOf(text) + 1;
      if (size + head.length + tail.length > this.target.maxPacket - 64) throw this.tooLarge(nameOf(row), size);
      if (rows.length >= this.spec.statementRows || (bytes + size > this.limit && rows.length > 0)) {
        yield { sql: sql + tail, rows, over, nameOf };
        rows = [];
        sql = head;
        bytes = 0;
      }
      sql += rows.length === 0 ? text : `,${text}`;
      rows.push(row);
      bytes += size;
    }
    if (rows.length > 0) yield { sql: sql + tail, rows, over, nameOf };
  }
  private nameOf(columns: readonly Column[], row: number): string {
    const key = this.texts.keyText(columns, row), text = key === '' ? this.texts.tuple(columns, row) : `with key ${key}`;
    return text.length > 200 ? `${text.slice(0, 197)}...` : text;
  }
  private tooLarge(row: string, size: number): Error {
    return mysqlRowRefused({ target: this.target.text, table: this.spec.table, row, why: `the row has up to ${size} bytes as a statement, the server takes ${this.target.maxPacket}`, hint: 'Raise max_allowed_packet in MySQL.' });
  }
}
/** Bytes in UTF-8; counted only where it may matter. */
const sizeOf = (text: string): number => (text.length < 65_536 ? text.length * 3 : Buffer.byteLength(text));
/**
 * MySQL has given up VALUES(c) for a row alias from 8.0.20 on; MariaDB has no alias. The key's columns are set too where another unique
 * index may find the row, or a collation a key of other letters: the new row then takes its place (Flink's MySQL dialect always sets them).
 */
function upsertTail(spec: SinkSpec, target: TargetTable, columns: readonly TargetColumn[], key: readonly number[], hasTextKey: boolean): string {
  const [major, minor, patch] = target.version, hasAlias = target.flavor === 'mysql' && (major > 8 || (major === 8 && (minor > 0 || patch >= 20)));
  const table = `${quoteName(spec.database)}.${quoteName(spec.name)}`;
  const fresh = (c: string): string => (hasAlias ? `\`rivulet_new\`.${c}` : `VALUES(${c})`), old = (c: string): string => (hasAlias ? `${table}.${c}` : c);
  const setsKey = hasTextKey || hasOtherUnique(target, columns, key);
  const sets = columns.flatMap((column, i) => {
    const c = quoteName(column.name);
    if (key.includes(i)) return setsKey ? [`${c} = ${fresh(c)}`] : [];
    return [spec.ignoreNull ? `${c} = IFNULL(${fresh(c)}, ${old(c)})` : `${c} = ${fresh(c)}`];
  });
  const first = quoteName((columns[key[0] as number] as TargetColumn).name);
  return `${hasAlias ? ' AS `rivulet_new`' : ''} ON DUPLICATE KEY UPDATE ${sets.length === 0 ? `${first} = ${old(first)}` : sets.join(', ')}`;
}
/** Two rows of different keys may meet in a unique index that the written columns touch. */
export function hasOtherUnique(target: TargetTable, columns: readonly TargetColumn[], key: readonly number[]): boolean {
  const names = new Set(columns.map((c) => c.name)), keyNames = new Set(key.map((k) => (columns[k] as TargetColumn).name));
  const isKey = (list: readonly string[]): boolean => list.length === keyNames.size && list.every((n) => keyNames.has(n));
  return target.hasPartialUnique || target.uniques.some((u) => !isKey(u.columns) && u.columns.some((n) => names.has(n)));
}
