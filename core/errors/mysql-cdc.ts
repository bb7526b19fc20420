/** Errors of reading changes of MySQL: tables that cannot be captured, and what happens to them while they are read. */
import { defineError, quoted } from './define.ts';

export const chunkKeyUnusable = defineError<{ column: string; table: string; type: string | undefined }>({
  sqlstate: '42703', name: 'chunk-key-unusable', domain: 'user', retry: 'never',
  message: (p) => (p.type === undefined ? `table ${quoted(p.table)} has no column ${quoted(p.column)} to be split by` : `table ${quoted(p.table)} cannot be split by column ${quoted(p.column)} of type ${p.type}`),
  hint: () => "Name an integer, decimal, date, text or binary column in 'scan.incremental.snapshot.chunk.key-column'.",
});
export const noTableMatches = defineError<{ server: string; what: string; databases: readonly string[]; near: readonly string[] }>({
  sqlstate: '42P01', name: 'no-table-matches', domain: 'user', retry: 'never',
  message: (p) => `no table of MySQL at ${quoted(p.server)} matches ${p.what}`, detail: (p) => (p.databases.length === 0 ? 'The user sees no table.' : `Databases whose tables the user sees: ${p.databases.slice(0, 20).map(quoted).join(', ')}.`),
  hint: (p) => `${p.near.length === 0 ? '' : `Did you mean ${p.near.slice(0, 3).map(quoted).join(' or ')}? `}Names are regular expressions and must match the whole name. The user needs SELECT on the tables to see them.`,
});
export const keylessTables = defineError<{ tables: readonly string[] }>({
  sqlstate: '42P16', name: 'keyless-tables', domain: 'user', retry: 'never',
  message: (p) => `${p.tables.length === 1 ? 'table' : 'tables'} ${p.tables.slice(0, 10).map(quoted).join(', ')}${p.tables.length > 10 ? ` and ${p.tables.length - 10} more` : ''} ${p.tables.length === 1 ? 'has' : 'have'} no primary key`,
  detail: () => "'scan.incremental.snapshot.chunk.key-column' is required for table without primary key.", hint: () => 'Add a primary key, name a column to split the table by, or leave the table out.',
});
/** MyISAM and the like: a change can be seen before it stands in the binlog, so a snapshot cannot be joined to it. */
export const engineUnsupported = defineError<{ table: string; engine: string }>({
  sqlstate: '0A000', name: 'engine-unsupported', domain: 'user', retry: 'never',
  message: (p) => `table ${quoted(p.table)} is stored by engine ${p.engine}, which has no transactions`, hint: () => 'ALTER TABLE … ENGINE = InnoDB, leave the table out, or read only its changes (a scan.startup.mode without snapshot).',
});
/** A column a SQL table needs is not there, or is of another type now. */
export const cdcColumnUnusable = defineError<{ table: string; column: string; source: string; why: string; hint?: string | undefined; statement: string | null; columns: readonly string[] }>({
  sqlstate: '42703', name: 'cdc-column-unusable', domain: 'user', retry: 'never',
  message: (p) => `column ${quoted(p.column)} of table ${quoted(p.table)} cannot be read from ${quoted(p.source)}: ${p.why}`,
  detail: (p) => `${p.statement === null ? '' : `After the statement ${quoted(p.statement)}. `}Columns of ${quoted(p.source)}: ${p.columns.slice(0, 40).map(quoted).join(', ')}.`,
  hint: (p) => p.hint ?? 'Declare the table with the columns as they are now, and start the job anew.',
});
/** Without full metadata the binlog tells no names: columns are known by position, and the count does not fit. */
export const schemaUnknown = defineError<{ table: string; place: string; why: string }>({
  sqlstate: '55000', name: 'schema-unknown', domain: 'external', retry: 'never',
  message: (p) => `the columns of table ${quoted(p.table)} are not known at ${p.place}`, detail: (p) => `${p.why}.`,
  hint: () => "SET GLOBAL binlog_row_metadata = 'FULL' makes the server write the columns' names into the binlog from now on; what stands in it already can be read again only from a new snapshot.",
});
/** The key by which a snapshot is cut has changed while rows of it are out. */
export const keyChanged = defineError<{ table: string; column: string; statement: string | null }>({
  sqlstate: '55000', name: 'snapshot-key-changed', domain: 'external', retry: 'never',
  message: (p) => `the key of table ${quoted(p.table)} (${p.column}) was changed while its snapshot was being taken`, detail: (p) => (p.statement === null ? undefined : `By the statement ${quoted(p.statement)}.`),
  hint: () => 'Start the job anew without its old state.',
});
export const serverZoneDiffers = defineError<{ seconds: number; zone: string }>({
  sqlstate: '22023', name: 'server-zone-differs', domain: 'user', retry: 'never',
  message: (p) => `The MySQL server has a timezone offset (${Math.abs(p.seconds)} seconds ${p.seconds >= 0 ? 'ahead of' : 'behind'} UTC) which does not match the configured timezone ${p.zone}`,
  hint: () => "Specify the right 'server-time-zone' to avoid inconsistencies for time-related fields.",
});
/** A table that cannot be cut holds more than a chunk may. */
export const chunkTooLarge = defineError<{ table: string }>({
  sqlstate: '54000', name: 'chunk-too-large', domain: 'user', retry: 'never',
  message: (p) => `a chunk of table ${quoted(p.table)} has more than 64 MiB and cannot be cut smaller`, hint: () => "Name a column with many values in 'scan.incremental.snapshot.chunk.key-column', an integer, date or text.",
});
export const cdcErrors = { chunkTooLarge, serverZoneDiffers, keyChanged, chunkKeyUnusable, noTableMatches, keylessTables, engineUnsupported, cdcColumnUnusable, schemaUnknown };
