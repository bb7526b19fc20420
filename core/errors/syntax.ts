/**
 * Errors of the SQL front end (`planner/sql`): what cannot be read as a statement. All are the user's, none is worth a retry.
 * SQLSTATEs follow PostgreSQL, Appendix A: 42601 syntax_error, 54000/54001 limits, 42622 name_too_long, 22025 invalid_escape_sequence.
 */
import { defineError, quoted } from './define.ts';

const user = { domain: 'user', retry: 'never' } as const;

/** `found` and `expected` are ready texts (`"TABEL"`, `TABLE, VIEW or FUNCTION`): words of the language stand bare, the user's in quotes. */
export const syntaxError = defineError<{ found: string; expected: string; hint?: string | undefined }>({
  ...user, sqlstate: '42601', name: 'syntax-error', message: (p) => `syntax error: found ${p.found}, expected ${p.expected}`, hint: (p) => p.hint,
});
/** `what`: string, quoted name, comment, hint or dollar-quoted string. */
export const unterminatedToken = defineError<{ what: string; close: string }>({
  ...user, sqlstate: '42601', name: 'unterminated-token', message: (p) => `${p.what} is never closed`, hint: (p) => `It starts here and needs ${p.close} at its end.`,
});
export const unexpectedCharacter = defineError<{ character: string; instead?: string | undefined }>({
  ...user, sqlstate: '42601', name: 'unexpected-character', message: (p) => `unexpected character ${quoted(p.character)}`, hint: (p) => p.instead && `Write ${p.instead} instead.`,
});
export const invalidEscape = defineError<{ escape: string; expected: string }>({
  ...user, sqlstate: '22025', name: 'invalid-escape', message: (p) => `invalid escape ${quoted(p.escape)} in a string`, detail: (p) => `Expected: ${p.expected}.`,
});
export const invalidBinaryLiteral = defineError<{ problem: string }>({
  ...user, sqlstate: '42601', name: 'invalid-binary-literal', message: (p) => `invalid binary string: ${p.problem}`, hint: () => "Write an even number of hexadecimal digits, such as X'4A4B'.",
});
/** A number that stands in the place of a length, precision, count or index. */
export const numberOutOfRange = defineError<{ what: string; text: string; max: number }>({
  ...user, sqlstate: '42601', name: 'number-out-of-range', message: (p) => `${p.what} ${quoted(p.text)} is out of range`, detail: (p) => `Expected: a whole number up to ${p.max}.`,
});
export const emptyName = defineError<Record<string, never>>({
  ...user, sqlstate: '42601', name: 'empty-name', message: () => 'a quoted name must not be empty',
});
export const nameTooLong = defineError<{ length: number; max: number }>({
  ...user, sqlstate: '42622', name: 'name-too-long', message: (p) => `a name of ${p.length} characters is too long`, detail: (p) => `At most ${p.max} are allowed.`,
});
export const stringTooLong = defineError<{ length: number; max: number }>({
  ...user, sqlstate: '54000', name: 'string-too-long', message: (p) => `a string of ${p.length} characters is too long for a statement`, detail: (p) => `At most ${p.max} are allowed.`,
});
export const textTooLong = defineError<{ length: number; max: number }>({
  ...user, sqlstate: '54000', name: 'text-too-long', message: (p) => `a statement text of ${p.length} characters is too long`, detail: (p) => `At most ${p.max} are allowed.`, hint: () => 'Send the statements one by one, or load large data through a topic.',
});
export const tooManyTokens = defineError<{ max: number }>({
  ...user, sqlstate: '54000', name: 'too-many-tokens', message: (p) => `the statement text has more than ${p.max} words and symbols`, hint: () => 'Send the statements one by one, or load large data through a topic.',
});
export const nestedTooDeeply = defineError<{ max: number }>({
  ...user, sqlstate: '54001', name: 'nested-too-deeply', message: (p) => `the statement is nested more than ${p.max} levels deep`,
  hint: () => 'Split it with views or WITH. Long chains of AND, OR, UNION, IN and CASE are not nested and have no such limit; chains of other operators and of JOIN are.',
});

export const syntaxErrors = {
  syntaxError, unterminatedToken, unexpectedCharacter, invalidEscape, invalidBinaryLiteral, numberOutOfRange, emptyName, nameTooLong, stringTooLong, textTooLong, tooManyTokens, nestedTooDeeply,
};
