/** Errors every part may need. An area's own errors stand in its own file beside this one. */
import { defineError, quoted } from './define.ts';

export const featureNotSupported = defineError<{ feature: string; instead?: string | undefined }>({
  sqlstate: '0A000', name: 'feature-not-supported', domain: 'user', retry: 'never',
  message: (p) => `${p.feature} is not supported yet`, hint: (p) => p.instead,
});
/** A broken invariant of ours. Never the answer to bad input. */
export const internalError = defineError<{ what: string }>({
  sqlstate: 'XX000', name: 'internal-error', domain: 'internal', retry: 'restart',
  message: (p) => `internal error: ${p.what}`, hint: () => 'This is a defect of Rivulet; please report it with the statement and the server log.',
});
export const queryCancelled = defineError<{ why: string }>({
  sqlstate: '57014', name: 'query-cancelled', domain: 'user', retry: 'never', message: (p) => `canceling statement due to ${p.why}`,
});
export const invalidOptionValue = defineError<{ option: string; value: string; expected: string }>({
  sqlstate: '22023', name: 'invalid-option-value', domain: 'user', retry: 'never',
  message: (p) => `could not parse value ${quoted(p.value)} for option ${quoted(p.option)}`, detail: (p) => `Expected: ${p.expected}.`,
});
export const commonErrors = { featureNotSupported, internalError, queryCancelled, invalidOptionValue };

export function assertNever(x: never): never { throw internalError({ what: `unexpected case ${JSON.stringify(x)}` }); }
/** Checks an invariant; the text names what should have held. */
export function invariant(condition: unknown, what: string): asserts condition { if (!condition) throw internalError({ what }); }
