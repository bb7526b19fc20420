/** Errors of reaching and asking a MySQL server. None holds a password. */
import { defineError, quoted } from './define.ts';

export const mysqlUnreachable = defineError<{ server: string; why: string }>({
  sqlstate: '08001', name: 'mysql-unreachable', domain: 'external', retry: 'backoff',
  message: (p) => `could not connect to MySQL at ${quoted(p.server)}`, detail: (p) => `${p.why}.`, hint: () => "Check 'hostname' and 'port', that the server runs, and that a firewall lets this machine in.",
});
export const mysqlAccessDenied = defineError<{ server: string; user: string; why: string }>({
  sqlstate: '28000', name: 'mysql-access-denied', domain: 'user', retry: 'never',
  message: (p) => `MySQL at ${quoted(p.server)} refused user ${quoted(p.user)}`, detail: (p) => `${p.why}.`, hint: () => "Check 'username', 'password' and the user's grants.",
});
export const mysqlConnectionLost = defineError<{ server: string; why: string }>({
  sqlstate: '08006', name: 'mysql-connection-lost', domain: 'external', retry: 'restart', message: (p) => `the connection to MySQL at ${quoted(p.server)} was lost`, detail: (p) => `${p.why}.`,
});
/** A statement of ours that the server refused. */
export const mysqlStatementFailed = defineError<{ server: string; what: string; why: string; retry?: 'never' | 'restart' }>({
  sqlstate: 'HV000', name: 'mysql-statement-failed', domain: 'external', retry: 'restart', message: (p) => `MySQL at ${quoted(p.server)} could not ${p.what}`, detail: (p) => `${p.why}.`,
});

export const mysqlErrors = { mysqlUnreachable, mysqlAccessDenied, mysqlConnectionLost, mysqlStatementFailed };
