/** Errors of following a MySQL server's DDL. */
import { defineError, quoted } from './define.ts';

/** Thrown inside the DDL parser; the schema history tells it on as a problem of the table. */
export const mysqlDdlNotUnderstood = defineError<{ wanted: string; found: string; sql: string }>({
  sqlstate: 'HV021', name: 'mysql-ddl-not-understood', domain: 'external', retry: 'never',
  message: (p) => `a statement in the binlog that changes tables could not be understood: ${p.wanted} expected, found ${quoted(p.found)}`, detail: (p) => `The statement begins ${quoted(p.sql)}.`,
});

export const mysqlDdlErrors = { mysqlDdlNotUnderstood };
