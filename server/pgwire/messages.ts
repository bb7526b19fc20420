/** The messages a server sends, written into an OutBuffer. PostgreSQL, "Message Formats". */
import { queryCancelled } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { Notice, ResultColumn, TransactionStatus } from '../gateway/contract.ts';
import type { OutBuffer } from './out-buffer.ts';
import { pgTypeOfColumn } from './types.ts';
import type { FormatCode } from './values.ts';

const code = (letter: string): number => letter.charCodeAt(0);
const T = {
  authentication: code('R'), parameterStatus: code('S'), backendKeyData: code('K'), readyForQuery: code('Z'), rowDescription: code('T'), commandComplete: code('C'), error: code('E'), notice: code('N'),
  parameterDescription: code('t'), negotiate: code('v'), copyOut: code('H'), copyData: code('d'),
  empty: code('I'), parseComplete: code('1'), bindComplete: code('2'), closeComplete: code('3'), noData: code('n'), portalSuspended: code('s'), copyDone: code('c'),
} as const;
export const DATA_ROW = code('D'), COPY_DATA = T.copyData;

/** Messages that have no fields. */
export function bare(out: OutBuffer, which: 'empty' | 'parseComplete' | 'bindComplete' | 'closeComplete' | 'noData' | 'portalSuspended' | 'copyDone'): void {
  out.begin(T[which]);
  out.end();
}
export function authenticationOk(out: OutBuffer): void { out.begin(T.authentication); out.int32(0); out.end(); }
/** AuthenticationSASL with the mechanisms, the best first; then a step; then the server's own proof. */
export function sasl(out: OutBuffer, mechanisms: readonly string[]): void {
  out.begin(T.authentication);
  out.int32(10);
  for (const name of mechanisms) out.cstring(name);
  out.byte(0);
  out.end();
}
export function saslContinue(out: OutBuffer, data: string): void { authenticationStep(out, 11, data); }
export function saslFinal(out: OutBuffer, data: string): void { authenticationStep(out, 12, data); }
function authenticationStep(out: OutBuffer, step: number, data: string): void { out.begin(T.authentication); out.int32(step); out.raw(Buffer.from(data, 'latin1')); out.end(); }
export function parameterStatus(out: OutBuffer, name: string, value: string): void { out.begin(T.parameterStatus); out.cstring(name); out.cstring(value); out.end(); }
export function backendKeyData(out: OutBuffer, processId: number, key: Uint8Array): void { out.begin(T.backendKeyData); out.int32(processId); out.raw(key); out.end(); }
export function readyForQuery(out: OutBuffer, status: TransactionStatus): void { out.begin(T.readyForQuery); out.byte(code(status)); out.end(); }
export function commandComplete(out: OutBuffer, tag: string): void { out.begin(T.commandComplete); out.cstring(tag); out.end(); }
/** `version` as in the start-up packet (3.2 = 0x00030002); `unknownOptions` are the `_pq_.` names we do not know. */
export function negotiateProtocolVersion(out: OutBuffer, version: number, unknownOptions: readonly string[]): void {
  out.begin(T.negotiate);
  out.int32(version);
  out.int32(unknownOptions.length);
  for (const option of unknownOptions) out.cstring(option);
  out.end();
}
export function parameterDescription(out: OutBuffer, oids: readonly number[]): void {
  out.begin(T.parameterDescription);
  out.int16(oids.length);
  for (const oid of oids) out.int32(oid);
  out.end();
}
/** `formats`: none = all text, one for all, or one per column. */
export function rowDescription(out: OutBuffer, columns: readonly ResultColumn[], formats: readonly FormatCode[]): void {
  out.begin(T.rowDescription);
  out.int16(columns.length);
  columns.forEach((column, i) => {
    const type = pgTypeOfColumn(column);
    out.cstring(column.name);
    out.int32(0); // table and column it comes from: unknown
    out.int16(0);
    out.int32(type.oid);
    out.int16(type.size);
    out.int32(type.modifier);
    out.int16(formatOf(formats, i));
  });
  out.end();
}
export function copyOutResponse(out: OutBuffer, columns: number): void {
  out.begin(T.copyOut);
  out.byte(0);
  out.int16(columns);
  for (let i = 0; i < columns; i++) out.int16(0);
  out.end();
}
export const formatOf = (formats: readonly FormatCode[], column: number): FormatCode => (formats.length === 1 ? formats[0] : formats[column]) ?? 0;

/** @param text the statement text the error's range points into; the position is counted in characters from 1 */
export function errorResponse(out: OutBuffer, error: RivuletError, text: string | undefined, severity: 'ERROR' | 'FATAL'): void {
  const position = error.range === undefined || text === undefined ? undefined : String(characterPosition(text, error.range.start));
  fields(out, T.error, [['S', severity], ['V', severity], ['C', error.sqlstate], ['M', error.message], ['D', error.detail], ['H', error.hint], ['P', position]]);
}
export function noticeResponse(out: OutBuffer, notice: Notice): void {
  fields(out, T.notice, [['S', notice.severity], ['V', notice.severity], ['C', notice.sqlstate], ['M', notice.message], ['D', notice.detail], ['H', notice.hint]]);
}
function fields(out: OutBuffer, type: number, values: readonly (readonly [string, string | undefined])[]): void {
  out.begin(type);
  for (const [field, value] of values) if (value !== undefined) { out.byte(code(field)); out.cstring(value); }
  out.byte(0);
  out.end();
}

/** 1-based count of characters (code points) before an offset in UTF-16 units, as clients count. */
function characterPosition(text: string, offset: number): number {
  let position = 1;
  for (let i = 0; i < offset && i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) position++;
  }
  return position;
}

/** Whatever was thrown as an error for a client: ours as it is, an abort as 57014, anything else as a defect (undefined: the caller logs it). */
export function asClientError(thrown: unknown, signal: AbortSignal | undefined): RivuletError | undefined {
  if (thrown instanceof RivuletError) return thrown;
  if (signal?.aborted === true) return signal.reason instanceof RivuletError ? signal.reason : queryCancelled({ why: 'user request' });
  return undefined;
}
