/**
 * The table that ALTER TABLE leaves behind. Clauses are not steps: as in `mysql_prepare_alter_table` of MySQL's sql_table.cc all name the
 * columns from before, the old columns are gone through once (dropped, changed in place, kept), then new ones are put in and those with a
 * place of their own are moved, in the order of the clauses; only AFTER means columns by their new names. That is what lets one statement exchange
 * two names, or drop a column and add another of its name.
 */
import type { MySqlColumn, MySqlTable } from '../contract.ts';
import type { Alteration } from './alter.ts';
import { convertColumn, resolveColumn, type ColumnDraft, type DdlContext } from './column.ts';
import { mysqlDdlNotUnderstood } from '../../../../core/errors/mysql-ddl.ts';

/** A table with what its definition needs beside it. JSON-safe. */
export interface HistoryTable { readonly table: MySqlTable; /** Default of columns without a character set of their own. */ readonly collation: string }
export interface Altered extends HistoryTable {
  /** New name of a column → its old name, null for one that is new. */
  readonly came: ReadonlyMap<string, string | null>;
}
const same = (a: string, b: string): boolean => a === b || a.toLowerCase() === b.toLowerCase();
/** More columns than a MySQL table can have. */
const MAX_COLUMNS = 4096;

export function collationFor(choice: { readonly charset: string | null; readonly collation: string | null }, inherited: string, { collations }: DdlContext): string {
  const set = choice.charset === null || choice.charset.toUpperCase() === 'DEFAULT' ? undefined : choice.charset, base = set === undefined ? inherited : collations.ofCharset(set) ?? inherited;
  return choice.collation === null || choice.collation.toUpperCase() === 'DEFAULT' ? base : collations.named(choice.collation, set === undefined ? undefined : collations.charsetOf(base));
}
/** Columns of a primary key are NOT NULL. */
export const withKey = (table: MySqlTable): MySqlTable => ({ ...table, columns: table.columns.map((c) => (c.nullable && table.primaryKey.some((name) => same(name, c.name)) ? { ...c, nullable: false } : c)) });

/** @param databaseCollation of the table's database, for CONVERT TO CHARACTER SET DEFAULT */
export function applyAlter(before: HistoryTable, alterations: readonly Alteration[], databaseCollation: string, context: DdlContext): Altered {
  const of = <K extends Alteration['kind']>(kind: K): Extract<Alteration, { kind: K }>[] => alterations.filter((a): a is Extract<Alteration, { kind: K }> => a.kind === kind);
  let { collation } = before;
  const convert = of('convert').at(-1), conversion = convert === undefined ? undefined : collationFor(convert, convert.charset === null ? databaseCollation : collation, context);
  for (const choice of alterations) if (choice.kind === 'defaults') collation = collationFor(choice, collation, context); else if (choice === convert) collation = conversion ?? collation;
  const drops = of('drop'), renames = of('rename'), changes = of('change'), came = new Map<string, string | null>();
  // A conversion takes new columns along, whatever character set they were given.
  const resolved = (draft: ColumnDraft): MySqlColumn => { const column = resolveColumn(draft, collation, context); return conversion === undefined ? column : convertColumn(column, draft.binary ? context.collations.binary(conversion) : conversion, context); };
  const columns: MySqlColumn[] = [];
  for (const old of before.table.columns) {
    if (drops.some((d) => same(d.name, old.name))) continue;
    const change = changes.find((ch) => same(ch.name, old.name));
    if (change !== undefined) {
      came.set(change.column.name, old.name);
      columns.push(resolved(change.column));
      continue;
    }
    const name = renames.find((r) => same(r.from, old.name))?.to ?? old.name, kept = { ...old, name };
    if (name !== old.name) came.set(name, old.name);
    columns.push(conversion === undefined ? kept : convertColumn(kept, conversion, context));
  }
  const exists = (name: string): boolean => before.table.columns.some((c) => same(c.name, name));
  for (const one of alterations) {
    if (one.kind === 'change' && one.position !== undefined && exists(one.name)) {
      const [moved] = columns.splice(columns.findIndex((c) => same(c.name, one.column.name)), 1);
      place(columns, moved!, one.position);
    }
    if (one.kind !== 'add' || (one.ifNotExists && columns.some((c) => same(c.name, one.column.name)))) continue;
    came.set(one.column.name, null);
    place(columns, resolved(one.column), one.position);
  }
  if (columns.length > MAX_COLUMNS) throw mysqlDdlNotUnderstood({ wanted: `at most ${MAX_COLUMNS} columns`, found: String(columns.length), sql: 'ALTER TABLE' });
  const comment = of('comment').at(-1)?.text ?? before.table.comment;
  const table = withKey({ ...before.table, columns, primaryKey: primaryKey(before.table, columns, alterations, came), comment });
  return { table, collation, came };
}
function place(columns: MySqlColumn[], column: MySqlColumn, position: string | null | undefined): void {
  if (position === undefined) { columns.push(column); return; }
  if (position === null) { columns.unshift(column); return; }
  const at = columns.findIndex((c) => same(c.name, position));
  if (at < 0) throw mysqlDdlNotUnderstood({ wanted: 'AFTER a column that exists', found: position, sql: 'ALTER TABLE' });
  columns.splice(at + 1, 0, column);
}
/** The old key less dropped columns, by the columns' new names, unless a new one is said. A column that takes a dropped one's name takes its part in the key. */
function primaryKey(before: MySqlTable, columns: readonly MySqlColumn[], alterations: readonly Alteration[], came: ReadonlyMap<string, string | null>): readonly string[] {
  const own = (name: string): string | undefined => columns.find((c) => same(c.name, name))?.name;
  const said = alterations.filter((a) => a.kind === 'primaryKey').at(-1);
  if (said !== undefined) return said.columns.flatMap((name) => own(name) ?? []);
  if (alterations.some((a) => a.kind === 'dropPrimaryKey')) return [];
  const now = new Map([...came].flatMap(([name, old]) => (old === null ? [] : [[old.toLowerCase(), name]])));
  return before.primaryKey.flatMap((old) => own(now.get(old.toLowerCase()) ?? old) ?? []);
}
