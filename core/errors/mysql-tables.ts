/** Errors of MySQL tables that are written, looked up or read once: what the table in the database is like, and rows it refuses. */
import { defineError, quoted } from './define.ts';

const near = (names: readonly string[]): string | undefined => (names.length === 0 ? undefined : `Perhaps you meant ${names.map(quoted).join(' or ')}.`);

export const jdbcUrlUnsupported = defineError<{ url: string; table: string }>({
  sqlstate: '0A000', name: 'jdbc-url-unsupported', domain: 'user', retry: 'never',
  message: (p) => `option 'url' = ${quoted(p.url)} is not supported by connector 'jdbc'`, detail: (p) => `Table ${quoted(p.table)}. There is a client for MySQL and MariaDB only.`,
  hint: () => "Write 'jdbc:mysql://host:3306/database' or 'jdbc:mariadb://host:3306/database'.",
});
export const mysqlDatabaseMissing = defineError<{ database: string; server: string; table: string; near: readonly string[] }>({
  sqlstate: '3F000', name: 'mysql-database-missing', domain: 'user', retry: 'never',
  message: (p) => `database ${quoted(p.database)} does not exist in MySQL at ${quoted(p.server)}, or the user may not see it`, detail: (p) => `Table ${quoted(p.table)}.`, hint: (p) => near(p.near),
});
export const mysqlTableMissing = defineError<{ target: string; server: string; table: string; near: readonly string[] }>({
  sqlstate: '42P01', name: 'mysql-table-missing', domain: 'user', retry: 'never',
  message: (p) => `table ${quoted(p.target)} does not exist in MySQL at ${quoted(p.server)}, or the user may not see it`, detail: (p) => `Table ${quoted(p.table)}.`,
  hint: (p) => near(p.near) ?? 'Create it in MySQL first.',
});
export const mysqlColumnMissing = defineError<{ column: string; target: string; table: string; near: readonly string[] }>({
  sqlstate: '42703', name: 'mysql-column-missing', domain: 'user', retry: 'never',
  message: (p) => `MySQL table ${quoted(p.target)} has no column ${quoted(p.column)}`, detail: (p) => `Table ${quoted(p.table)} declares it.`, hint: (p) => near(p.near),
});
export const mysqlColumnMismatch = defineError<{ column: string; declared: string; actual: string; target: string; table: string; hint?: string | undefined }>({
  sqlstate: '42804', name: 'mysql-column-mismatch', domain: 'user', retry: 'never',
  message: (p) => `column ${quoted(p.column)} is declared as ${p.declared}, but is ${quoted(p.actual)} in MySQL table ${quoted(p.target)}`,
  detail: (p) => `Table ${quoted(p.table)}.`, hint: (p) => p.hint ?? 'Declare a type that fits, and CAST in the query.',
});
/** Columns that the sink's table cannot be written with or without. */
export const mysqlTableUnwritable = defineError<{ target: string; table: string; what: string; hint?: string | undefined }>({
  sqlstate: '42P16', name: 'mysql-table-unwritable', domain: 'user', retry: 'never', message: (p) => `MySQL table ${quoted(p.target)} cannot be written: ${p.what}`, detail: (p) => `Table ${quoted(p.table)}.`, hint: (p) => p.hint,
});
/** A row that MySQL refuses, named by its key. */
export const mysqlRowRefused = defineError<{ target: string; table: string; row: string; column?: string | undefined; why: string; hint?: string | undefined }>({
  sqlstate: '22000', name: 'mysql-row-refused', domain: 'data', retry: 'never',
  message: (p) => `MySQL table ${quoted(p.target)} refused a row${p.column === undefined ? '' : ` for column ${quoted(p.column)}`}: ${p.why}`,
  detail: (p) => `Row ${p.row}, written by table ${quoted(p.table)}.`, hint: (p) => p.hint,
});
export const mysqlValueUnwritable = defineError<{ table: string; column: string; why: string }>({
  sqlstate: '22003', name: 'mysql-value-unwritable', domain: 'data', retry: 'never',
  message: (p) => `column ${quoted(p.column)} of table ${quoted(p.table)} cannot take ${p.why}`, hint: () => 'Filter such rows out, or replace the value in the query.',
});
export const mysqlValueUnreadable = defineError<{ table: string; column: string; declared: string; text: string }>({
  sqlstate: '22P02', name: 'mysql-value-unreadable', domain: 'data', retry: 'never',
  message: (p) => `column ${quoted(p.column)} of table ${quoted(p.table)} holds ${quoted(p.text)}, which is no ${p.declared}`, hint: () => 'Declare the column with the type it has in MySQL, or as STRING.',
});
/** The transaction of a completed checkpoint is neither prepared nor committed in MySQL. */
export const mysqlTransactionLost = defineError<{ target: string; table: string; epoch: number; xid: string }>({
  sqlstate: '40000', name: 'mysql-transaction-lost', domain: 'external', retry: 'never',
  message: (p) => `the rows of checkpoint ${p.epoch} for MySQL table ${quoted(p.target)} are lost: transaction ${quoted(p.xid)} is neither prepared nor recorded as committed`,
  detail: (p) => `Table ${quoted(p.table)} is written exactly once. Somebody rolled the transaction back, or the server lost it.`,
  hint: () => 'Start the job again from a savepoint before it, or from its beginning.',
});
export const mysqlXaRefused = defineError<{ table: string; why: string }>({
  sqlstate: '42501', name: 'mysql-xa-refused', domain: 'user', retry: 'never',
  message: (p) => `table ${quoted(p.table)} cannot be written exactly once`, detail: (p) => `${p.why}.`,
  hint: () => "Prepared transactions must be listed after a crash: GRANT XA_RECOVER_ADMIN ON *.* TO the user. Or leave 'sink.delivery-guarantee' at 'at-least-once': with a PRIMARY KEY repeated rows change nothing.",
});
export const tooManyLookupRows = defineError<{ table: string; key: string; limit: number }>({
  sqlstate: '54000', name: 'too-many-lookup-rows', domain: 'data', retry: 'never', message: (p) => `key ${p.key} of table ${quoted(p.table)} has more than ${p.limit} rows`,
  hint: () => "Raise 'lookup.max-join-rows', or join on more columns.",
});

export const mysqlTableErrors = {
  jdbcUrlUnsupported, mysqlDatabaseMissing, mysqlTableMissing, mysqlColumnMissing, mysqlColumnMismatch, mysqlTableUnwritable, mysqlRowRefused,
  mysqlValueUnwritable, mysqlValueUnreadable, mysqlTransactionLost, mysqlXaRefused, tooManyLookupRows,
};
