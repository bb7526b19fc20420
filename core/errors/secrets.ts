/** Errors of secrets, of references to them in options, and of what options may make the server read and reach. None holds a value. */
import { defineError, didYouMean, quoted } from './define.ts';

/** A reference that may be used but has no value now. A job asks again at each restart. */
export const referenceUnresolved = defineError<{ option: string; reference: string; why: string; fix?: string | undefined }>({
  sqlstate: '42704', name: 'reference-unresolved', domain: 'external', retry: 'restart',
  message: (p) => `option ${quoted(p.option)}: reference ${quoted(p.reference)} cannot be resolved`, detail: (p) => `${p.why}.`, hint: (p) => p.fix,
});
/** A reference to something that statements may not read. */
export const referenceRefused = defineError<{ option: string; reference: string; why: string; fix: string }>({
  sqlstate: '42501', name: 'reference-refused', domain: 'external', retry: 'restart',
  message: (p) => `option ${quoted(p.option)}: reference ${quoted(p.reference)} is not allowed`, detail: (p) => `${p.why}.`, hint: (p) => p.fix,
});
export const referenceMalformed = defineError<{ option: string; reference: string; why: string }>({
  sqlstate: '22023', name: 'reference-malformed', domain: 'user', retry: 'never',
  message: (p) => `option ${quoted(p.option)}: reference ${quoted(p.reference)} ${p.why}`,
  hint: () => "Write '${env:NAME}', '${file:/path}' or '${secret:name}'; '$${' stands for the characters '${' themselves.",
});
export const secretNotFound = defineError<{ name: string; known: Iterable<string> }>({
  sqlstate: '42704', name: 'secret-not-found', domain: 'user', retry: 'never',
  message: (p) => `secret ${quoted(p.name)} does not exist`, hint: (p) => didYouMean(p.name, p.known) ?? 'SHOW SECRETS lists the names there are.',
});
export const secretInvalid = defineError<{ name: string; why: string; fix?: string | undefined }>({
  sqlstate: '22023', name: 'secret-invalid', domain: 'user', retry: 'never', message: (p) => `secret ${quoted(p.name)} ${p.why}`, hint: (p) => p.fix,
});
export const secretInUse = defineError<{ name: string; users: readonly string[] }>({
  sqlstate: '2BP01', name: 'secret-in-use', domain: 'user', retry: 'never',
  message: (p) => `cannot drop secret ${quoted(p.name)}: still depended upon by ${p.users.slice(0, 10).join(', ')}${p.users.length > 10 ? ` and ${p.users.length - 10} more` : ''}`,
  hint: () => 'Drop or alter what uses it first; jobs that are stopped, finished or failed do not count. ALTER SECRET gives it another value.',
});
export const secretsUnreadable = defineError<{ path: string; why: string; fix?: string | undefined }>({
  sqlstate: '58030', name: 'secrets-unreadable', domain: 'user', retry: 'never', message: (p) => `the stored secrets in ${quoted(p.path)} cannot be read`, detail: (p) => `${p.why}.`, hint: (p) => p.fix,
});
export const secretsNotStored = defineError<{ path: string; why: string }>({
  sqlstate: '58030', name: 'secrets-not-stored', domain: 'external', retry: 'backoff', message: (p) => `secrets could not be stored in ${quoted(p.path)}`, detail: (p) => `${p.why}. Nothing was changed.`,
});
export const fileRefused = defineError<{ option: string; path: string; why: string; fix: string }>({
  sqlstate: '42501', name: 'file-refused', domain: 'user', retry: 'never',
  message: (p) => `option ${quoted(p.option)} may not read file ${quoted(p.path)}`, detail: (p) => `${p.why}.`, hint: (p) => p.fix,
});
export const hostRefused = defineError<{ host: string; address: string | undefined; why: string; fix: string }>({
  sqlstate: '42501', name: 'connector-host-refused', domain: 'user', retry: 'never',
  message: (p) => `connections to ${quoted(p.host)}${p.address === undefined || p.address === p.host ? '' : ` (${p.address})`} are not allowed`, detail: (p) => `${p.why}.`, hint: (p) => p.fix,
});
export const secretErrors = { referenceUnresolved, referenceRefused, referenceMalformed, secretNotFound, secretInvalid, secretInUse, secretsUnreadable, secretsNotStored, fileRefused, hostRefused };
