/** Errors of MySQL's types and of rows that do not match their table. */
import { defineError, quoted } from './define.ts';

interface ColumnOf { readonly table: string; readonly column: string }
const place = (p: ColumnOf): string => `column ${quoted(p.column)} of MySQL table ${quoted(p.table)}`;

export const mysqlTypeUnsupported = defineError<ColumnOf & { type: string; hint?: string | undefined }>({
  sqlstate: '0A000', name: 'mysql-type-unsupported', domain: 'user', retry: 'never',
  message: (p) => `${place(p)} has type ${p.type}, which cannot be read`, hint: (p) => p.hint ?? 'Leave the column out of the table, or of the projection.',
});
export const mysqlTypeMismatch = defineError<ColumnOf & { type: string; declared: string; natural: string; hint?: string | undefined }>({
  sqlstate: '42804', name: 'mysql-type-mismatch', domain: 'user', retry: 'never',
  message: (p) => `${place(p)} has type ${p.type} and cannot be read as ${p.declared}`, hint: (p) => p.hint ?? `Declare it as ${p.natural}.`,
});
export const mysqlValueOutOfRange = defineError<ColumnOf & { value: string; declared: string; hint?: string | undefined }>({
  sqlstate: '22003', name: 'mysql-value-out-of-range', domain: 'data', retry: 'never',
  message: (p) => `value ${quoted(p.value)} of ${place(p)} does not fit ${p.declared}`, hint: (p) => p.hint ?? 'Declare the column with a wider type.',
});
export const mysqlColumnMissing = defineError<ColumnOf & { near: string | undefined }>({
  sqlstate: '42703', name: 'mysql-column-missing', domain: 'user', retry: 'never', message: (p) => `MySQL table ${quoted(p.table)} has no column ${quoted(p.column)}`, hint: (p) => p.near,
});
export const mysqlTableUnsupported = defineError<{ table: string; what: string }>({
  sqlstate: '0A000', name: 'mysql-table-unsupported', domain: 'user', retry: 'never', message: (p) => `MySQL table ${quoted(p.table)} ${p.what}, so its changes cannot be read`, hint: () => "Leave it out of the tables, as by 'tables.exclude'.",
});
/** The columns that a job knows are not those of the rows in the binlog. */
export const mysqlTableChanged = defineError<{ table: string; why: string }>({
  sqlstate: '55000', name: 'mysql-table-changed', domain: 'external', retry: 'never',
  message: (p) => `rows of MySQL table ${quoted(p.table)} in the binlog do not have the columns that are known of it`, detail: (p) => `${p.why}.`,
  hint: () => 'The table was changed by a statement that the binlog does not hold, or before the place where the job began. Set binlog_row_metadata = FULL on the server, or take a new snapshot.',
});
export const mysqlRowUnreadable = defineError<{ table: string; why: string }>({
  sqlstate: 'XX001', name: 'mysql-row-unreadable', domain: 'external', retry: 'never', message: (p) => `a row of MySQL table ${quoted(p.table)} could not be read`, detail: (p) => `${p.why}.`,
});

export const mysqlTypeErrors = { mysqlTypeUnsupported, mysqlTypeMismatch, mysqlValueOutOfRange, mysqlColumnMissing, mysqlTableUnsupported, mysqlTableChanged, mysqlRowUnreadable };
