/** Errors as HTTP answers: `{"error":{"sqlstate","code","message","detail","hint","line","column"}}` and the status that fits. */
import { internalError } from '../../core/errors/common.ts';
import { lineAndColumn, RivuletError } from '../../core/errors/define.ts';
import { invalidRequest, messageTooLarge } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';

export interface ErrorBody {
  readonly sqlstate: string;
  /** Stable kebab-case name. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Place in the text of the request, from 1, in characters. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** @param text the statement text an error's range points into */
export function errorBody(error: RivuletError, text?: string): ErrorBody {
  const place = error.range === undefined || text === undefined ? {} : lineAndColumn(text, error.range.start);
  return { sqlstate: error.sqlstate, code: error.code, message: error.message, detail: error.detail, hint: error.hint, ...place };
}

/** What was thrown as an error for a client. Defects are logged and told without their text; fastify's own errors keep theirs. */
export function asHttpError(thrown: unknown, log: Log, bodyLimit: number): { error: RivuletError; status: number } {
  if (thrown instanceof RivuletError) {
    if (thrown.domain === 'internal') log.error('request failed with an internal error', { err: thrown });
    return { error: thrown, status: statusOf(thrown) };
  }
  const { statusCode, message } = thrown as { statusCode?: number; message?: string };
  if (statusCode === 413) return { error: messageTooLarge({ what: 'a request body', size: bodyLimit + 1, limit: bodyLimit }, { cause: thrown }), status: 413 };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return { error: invalidRequest({ what: lowerFirst(message ?? 'bad request') }, { cause: thrown }), status: statusCode };
  log.error('request failed with a defect', { err: thrown });
  return { error: internalError({ what: 'the request could not be answered' }, { cause: thrown }), status: 500 };
}
const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\.$/, '');

/** Names of errors whose status says more than their domain. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['no-such-job', 404], ['job-not-found', 404], ['print-sink-not-found', 404], ['no-such-page', 404], ['host-refused', 403], ['origin-refused', 403], ['message-too-large', 413], ['result-too-large', 413], ['result-too-slow', 408], ['server-shutdown', 503],
  ['unsupported-content', 415], ['password-failed', 401], ['login-required', 401], ['credentials-refused', 401], ['user-gone', 401], ['login-throttled', 429], ['permission-denied', 403], ['authorization-refused', 403], ['token-not-found', 404],
]);
function statusOf(error: RivuletError): number {
  const known = STATUS.get(error.code);
  if (known !== undefined) return known;
  if (error.domain === 'internal') return 500;
  if (error.domain === 'external') return 503;
  return error.sqlstate.startsWith('53') ? 503 : error.sqlstate === '55000' ? 409 : 400;
}
