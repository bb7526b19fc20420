/** From rows to literals: the tuple of all written columns, the key, and checks of the table when a sink opens. */
import { mysqlTableUnwritable } from '../../../../core/errors/mysql-tables.ts';
import { rowRefused } from '../../../../core/errors/connector.ts';
import { quoted } from '../../../../core/errors/define.ts';
import type { Column } from '../../../../core/row/batch.ts';
import { isCharacter } from '../../../../core/types/coercion.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';
import { checkFit } from '../table/fit.ts';
import type { SinkSpec } from '../table/spec.ts';
import { columnsOf, type TargetColumn, type TargetTable } from '../table/target.ts';
import type { RowKey } from './buffer.ts';
import { literalOf, type Literal } from './literals.ts';

export interface RowTexts {
  readonly columns: readonly TargetColumn[];
  readonly hasTextKey: boolean;
  /** What identifies the row; without PRIMARY KEY always 0. Throws row-refused when a part is NULL. */
  keyOf(columns: readonly Column[], row: number): RowKey;
  /** `(1,'a',NULL)`. Throws mysql-value-unwritable. */
  tuple(columns: readonly Column[], row: number): string;
  /** The key as a literal: `1` or `(1,'a')`; without PRIMARY KEY an empty text. */
  keyText(columns: readonly Column[], row: number): string;
}
/** `written`: for each input column its position among the table's columns. Throws what is wrong with the table. */
export function rowTexts(spec: SinkSpec, target: TargetTable, written: readonly number[]): RowTexts {
  const targets = columnsOf(target, spec, written), types = written.map((i) => spec.columns[i]?.type as SqlType);
  targets.forEach((c, i) => checkFit(spec, target, c, types[i] as SqlType, 'write'));
  checkTable(spec, target, targets);
  const literals: readonly Literal[] = targets.map((c, i) => literalOf(types[i] as SqlType, c, spec.zone, spec.table));
  const key = spec.key?.map((k) => written.indexOf(k)) ?? [], width = literals.length, [single] = key;
  const text = (columns: readonly Column[], c: number, row: number): string => {
    const value = (columns[c] as Column)[row];
    return value === null ? 'NULL' : (literals[c] as Literal)(value as never);
  };
  const keyText = (columns: readonly Column[], row: number): string => (key.length === 0 ? '' : key.length === 1 ? text(columns, single as number, row) : `(${key.map((k) => text(columns, k, row)).join(',')})`);
  return {
    columns: targets, hasTextKey: key.some((k) => isCharacter(types[k] as SqlType)), keyText,
    keyOf(columns, row) {
      if (single === undefined) return 0;
      for (const k of key) if ((columns[k] as Column)[row] === null) throw rowRefused({ table: spec.table, what: `the key column ${quoted((targets[k] as TargetColumn).name)} is NULL` });
      const value = (columns[single] as Column)[row];
      return key.length === 1 && (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') ? value : keyText(columns, row);
    },
    tuple(columns, row) {
      let out = '(';
      for (let c = 0; c < width; c++) out += c === 0 ? text(columns, c, row) : `,${text(columns, c, row)}`;
      return `${out})`;
    },
  };
}
function checkTable(spec: SinkSpec, target: TargetTable, columns: readonly TargetColumn[]): void {
  const { table } = spec, names = new Set(columns.map((c) => c.name)), list = (some: readonly { name: string }[]): string => some.map((c) => quoted(c.name)).join(', ');
  const generated = columns.filter((c) => c.generated);
  if (generated.length > 0) throw mysqlTableUnwritable({ target: target.text, table, what: `MySQL computes column ${list(generated)} itself`, hint: 'Leave generated columns out of the table that is written.' });
  const needed = target.columns.filter((c) => !c.nullable && !c.hasDefault && !c.autoIncrement && !c.generated && !names.has(c.name));
  if (needed.length > 0) throw mysqlTableUnwritable({ target: target.text, table, what: `column ${list(needed)} is NOT NULL, has no default and is not written`, hint: 'Declare it in the table and fill it in the query.' });
  if (spec.key === null) return;
  const keyNames = spec.key.map((k) => (spec.columns[k]?.name ?? '').toLowerCase()), isKey = (index: readonly string[]): boolean => index.length === keyNames.length && index.every((n) => keyNames.includes(n.toLowerCase()));
  if (target.uniques.some((u) => isKey(u.columns))) return;
  const known = target.uniques.map((u) => `(${u.columns.join(', ')})`).join(', ');
  throw mysqlTableUnwritable({
    target: target.text, table, what: `PRIMARY KEY (${spec.key.map((k) => spec.columns[k]?.name ?? '').join(', ')}) of the table is neither primary key nor unique index in MySQL, so that rows would be doubled`,
    hint: known === '' ? 'Give the MySQL table a primary key.' : `Unique in MySQL: ${known}.`,
  });
}
