/** Errors of the protocols: PostgreSQL wire (SQLSTATEs of PostgreSQL, Appendix A) and HTTP. */
import { defineError, quoted } from './define.ts';

export const protocolViolation = defineError<{ what: string }>({
  sqlstate: '08P01', name: 'protocol-violation', domain: 'user', retry: 'never', message: (p) => p.what,
});
export const tooManyConnections = defineError<{ limit: number }>({
  sqlstate: '53300', name: 'too-many-connections', domain: 'user', retry: 'backoff', message: () => 'sorry, too many clients already',
  detail: (p) => `The limit is ${p.limit} connections.`, hint: () => 'Close idle connections or use a connection pool.',
});
export const connectionTimeout = defineError<{ what: string; timeoutMs: number }>({
  sqlstate: '08006', name: 'connection-timeout', domain: 'user', retry: 'backoff', message: (p) => `${p.what} took longer than ${p.timeoutMs} ms`,
});
export const messageTooLarge = defineError<{ what: string; size: number; limit: number }>({
  sqlstate: '54000', name: 'message-too-large', domain: 'user', retry: 'never',
  message: (p) => `${p.what} of ${p.size} bytes exceeds the limit of ${p.limit} bytes`,
});
export const serverShutdown = defineError<Record<never, never>>({
  sqlstate: '57P01', name: 'server-shutdown', domain: 'external', retry: 'backoff', message: () => 'terminating connection due to administrator command',
});
export const authorizationRefused = defineError<{ why: string; hint?: string | undefined }>({
  sqlstate: '28000', name: 'authorization-refused', domain: 'user', retry: 'never', message: (p) => p.why, hint: (p) => p.hint,
});
export const preparedStatementNotFound = defineError<{ name: string }>({
  sqlstate: '26000', name: 'prepared-statement-not-found', domain: 'user', retry: 'never',
  message: (p) => (p.name === '' ? 'unnamed prepared statement does not exist' : `prepared statement ${quoted(p.name)} does not exist`),
});
export const preparedStatementExists = defineError<{ name: string }>({
  sqlstate: '42P05', name: 'prepared-statement-exists', domain: 'user', retry: 'never', message: (p) => `prepared statement ${quoted(p.name)} already exists`,
});
export const portalNotFound = defineError<{ name: string }>({
  sqlstate: '34000', name: 'portal-not-found', domain: 'user', retry: 'never', message: (p) => `portal ${quoted(p.name)} does not exist`,
});
export const portalExists = defineError<{ name: string }>({
  sqlstate: '42P03', name: 'portal-exists', domain: 'user', retry: 'never', message: (p) => `cursor ${quoted(p.name)} already exists`,
});
export const portalNotRunnable = defineError<{ name: string }>({
  sqlstate: '55000', name: 'portal-not-runnable', domain: 'user', retry: 'never', message: (p) => `portal ${quoted(p.name)} cannot be run`,
});
export const sessionLimit = defineError<{ what: string; limit: string; hint: string }>({
  sqlstate: '53400', name: 'session-limit', domain: 'user', retry: 'never',
  message: (p) => `too many ${p.what} in this session`, detail: (p) => `The limit is ${p.limit}.`, hint: (p) => p.hint,
});
export const resultTypeChanged = defineError<Record<never, never>>({
  sqlstate: '0A000', name: 'result-type-changed', domain: 'user', retry: 'never', message: () => 'cached plan must not change result type',
  hint: () => 'Prepare the statement again.',
});
export const invalidEncoding = defineError<Record<never, never>>({
  sqlstate: '22021', name: 'invalid-encoding', domain: 'user', retry: 'never', message: () => 'invalid byte sequence for encoding "UTF8"',
});
export const invalidTextValue = defineError<{ type: string; value: string }>({
  sqlstate: '22P02', name: 'invalid-text-value', domain: 'user', retry: 'never', message: (p) => `invalid input syntax for type ${p.type}: ${quoted(p.value)}`,
});
export const invalidDatetimeValue = defineError<{ type: string; value: string }>({
  sqlstate: '22007', name: 'invalid-datetime-value', domain: 'user', retry: 'never', message: (p) => `invalid input syntax for type ${p.type}: ${quoted(p.value)}`,
});
export const valueOutOfRange = defineError<{ type: string; value: string }>({
  sqlstate: '22003', name: 'value-out-of-range', domain: 'user', retry: 'never', message: (p) => `value ${quoted(p.value)} is out of range for type ${p.type}`,
});
export const invalidBinaryValue = defineError<{ parameter: number; type: string }>({
  sqlstate: '22P03', name: 'invalid-binary-value', domain: 'user', retry: 'never', message: (p) => `incorrect binary data format in bind parameter ${p.parameter} (${p.type})`,
});
export const invalidRequest = defineError<{ what: string; detail?: string | undefined; hint?: string | undefined }>({
  sqlstate: '22023', name: 'invalid-request', domain: 'user', retry: 'never', message: (p) => p.what, detail: (p) => p.detail, hint: (p) => p.hint,
});
export const resultTooLarge = defineError<{ what: string; hint: string }>({
  sqlstate: '54000', name: 'result-too-large', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});
export const resultTooSlow = defineError<{ limitMs: number }>({
  sqlstate: '57014', name: 'result-too-slow', domain: 'user', retry: 'never', message: (p) => `the result was not complete within ${p.limitMs} ms`,
  hint: () => 'Ask for it as a stream with the header "Accept: application/x-ndjson".',
});
export const resultEndless = defineError<Record<never, never>>({
  sqlstate: '54000', name: 'result-endless', domain: 'user', retry: 'never', message: () => 'the query never ends, so its result does not fit into one answer',
  hint: () => 'Ask for it as a stream with the header "Accept: application/x-ndjson".',
});
export const unsupportedContent = defineError<{ what: string; hint: string }>({
  sqlstate: '0A000', name: 'unsupported-content', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});
export const noSuchPage = defineError<{ method: string; path: string }>({
  sqlstate: '42704', name: 'no-such-page', domain: 'user', retry: 'never', message: (p) => `there is nothing at ${p.method} ${quoted(p.path)}`,
  hint: () => 'GET /api/v1/openapi.json describes the API.',
});
export const noSuchJob = defineError<{ id: string }>({
  sqlstate: '42704', name: 'no-such-job', domain: 'user', retry: 'never', message: (p) => `job ${quoted(p.id)} does not exist`, hint: () => 'List the jobs with SHOW JOBS.',
});
export const hostRefused = defineError<{ host: string }>({
  sqlstate: '28000', name: 'host-refused', domain: 'user', retry: 'never', message: (p) => `requests for host ${quoted(p.host)} are not answered`,
  hint: () => 'Use localhost, 127.0.0.1 or a host name the server was started with.',
});
export const originRefused = defineError<{ origin: string }>({
  sqlstate: '28000', name: 'origin-refused', domain: 'user', retry: 'never', message: (p) => `requests from origin ${quoted(p.origin)} are not answered`,
});
/** `why`: what the operating system says; `flag`: what to change. */
export const addressUnavailable = defineError<{ host: string; port: number; code: string | undefined; why: string; flag: string }>({
  sqlstate: '55006', name: 'address-unavailable', domain: 'external', retry: 'never',
  message: (p) => `cannot listen on ${p.host}:${p.port}: ${p.code === 'EADDRINUSE' ? 'the port is in use by another program, perhaps another Rivulet' : p.code === 'EACCES' ? 'ports below 1024 need more rights' : p.why}`,
  hint: (p) => `Choose another one with --${p.flag} (0 takes a free one)${p.code === 'EADDRNOTAVAIL' || p.code === 'ENOTFOUND' ? ', and an address of this machine with --host' : ''}.`,
});
export const wireErrors = {
  addressUnavailable, protocolViolation, tooManyConnections, connectionTimeout, messageTooLarge, serverShutdown, authorizationRefused, preparedStatementNotFound,
  preparedStatementExists, portalNotFound, portalExists, portalNotRunnable, sessionLimit, resultTypeChanged, invalidEncoding, invalidTextValue,
  invalidDatetimeValue, valueOutOfRange, invalidBinaryValue, invalidRequest, resultTooLarge, resultTooSlow, resultEndless, unsupportedContent, noSuchPage, noSuchJob, hostRefused, originRefused,
};
