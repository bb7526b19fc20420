/** Errors of statements that act on the session or on jobs: options, statement sets, transactions, cursors. */
import { defineError, didYouMean, quoted } from './define.ts';

export const statementSetMember = defineError<{ what: string }>({
  sqlstate: '25001', name: 'statement-set-member', domain: 'user', retry: 'never',
  message: (p) => `${p.what} is not allowed inside a statement set`, hint: () => 'Only INSERT statements may stand between BEGIN STATEMENT SET and END. Send END; first.',
});
export const statementSetFailed = defineError<{ failed: number }>({
  sqlstate: '25P02', name: 'statement-set-failed', domain: 'user', retry: 'never',
  message: () => 'the statement set was not started because one of its statements failed', hint: () => 'Correct the statement and send the whole set again, from BEGIN STATEMENT SET on.',
});
export const statementSetEmpty = defineError<Record<string, never>>({
  sqlstate: '42601', name: 'statement-set-empty', domain: 'user', retry: 'never', message: () => 'the statement set holds no statement', hint: () => 'Put at least one INSERT between BEGIN STATEMENT SET and END.',
});
export const transactionFailed = defineError<Record<string, never>>({
  sqlstate: '25P02', name: 'transaction-failed', domain: 'user', retry: 'never', message: () => 'current transaction is aborted, commands ignored until end of transaction block',
});
export const unknownSetting = defineError<{ name: string; known: readonly string[] }>({
  sqlstate: '42704', name: 'unknown-setting', domain: 'user', retry: 'never', message: (p) => `unrecognized configuration parameter ${quoted(p.name)}`, hint: (p) => didYouMean(p.name, p.known),
});
export const cursorNotFound = defineError<{ cursor: string }>({
  sqlstate: '34000', name: 'cursor-not-found', domain: 'user', retry: 'never', message: (p) => `cursor ${quoted(p.cursor)} does not exist`,
});
export const duplicateCursor = defineError<{ cursor: string }>({
  sqlstate: '42P03', name: 'duplicate-cursor', domain: 'user', retry: 'never', message: (p) => `cursor ${quoted(p.cursor)} already exists`,
});
export const sessionErrors = { statementSetMember, statementSetFailed, statementSetEmpty, transactionFailed, unknownSetting, cursorNotFound, duplicateCursor };
