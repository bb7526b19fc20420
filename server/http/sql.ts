/**
 * `POST /api/v1/sql`: runs a text of statements in a session of its own and answers with every result, as one JSON document or, with
 * `Accept: application/x-ndjson`, line by line while rows come. Temporary objects live as long as the request; jobs go on.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { didYouMean } from '../../core/errors/define.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { invalidRequest, resultEndless, resultTooLarge, resultTooSlow } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import { typeText } from '../../core/types/sql-type.ts';
import type { Gateway, Notice, RowChunk, RowsResult, StatementResult } from '../gateway/contract.ts';
import { endEarly, nextUnlessAborted } from '../streams/abortable.ts';
import { jsonWriter } from '../values/json.ts';
import type { JsonWriter } from '../values/json.ts';
import { principalOf } from './access.ts';
import { asHttpError, errorBody } from './errors.ts';
import type { HttpLimits } from './limits.ts';
import { abortOnClose, sendPieces } from './stream.ts';

export interface SqlContext { readonly gateway: Gateway; readonly limits: HttpLimits; readonly log: Log }

const ABORT_GRACE_MS = 2_000;
const OPS = ['+I', '-U', '+U', '-D'] as const;

export async function answerSql(context: SqlContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const text = readBody(request.body), controller = new AbortController();
  const isStream = /(^|[,\s])application\/x-ndjson/i.test(request.headers.accept ?? '');
  abortOnClose(reply.raw, controller);
  const session = context.gateway.openSession({ protocol: 'http', principal: principalOf(request), remote: request.ip });
  try {
    const notices: Notice[] = [];
    const results = session.execute(text, { signal: controller.signal, onNotice: (notice) => { notices.push(notice); } });
    if (isStream) return await streamResults(context, reply, results, text, notices, controller.signal);
    return reply.header('content-type', 'application/json; charset=utf-8').send(await collect(context, reply, results, text, notices, controller));
  } finally { await session.close(); }
}

function readBody(body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidRequest({ what: 'the body must be a JSON object', hint: 'Send {"sql": "SELECT 1"}.' });
  const { sql } = body as { sql?: unknown };
  for (const key of Object.keys(body)) if (key !== 'sql') throw invalidRequest({ what: `unknown field "${key}" in the body`, hint: didYouMean(key, ['sql']) });
  if (typeof sql !== 'string') throw invalidRequest({ what: 'the field "sql" must be a string', hint: 'Send {"sql": "SELECT 1"}.' });
  return sql;
}

/** All results as one document. An error comes with the results before it, since those statements have taken effect. */
async function collect(context: SqlContext, reply: FastifyReply, results: AsyncIterable<StatementResult>, text: string, notices: readonly Notice[], controller: AbortController): Promise<string> {
  const { limits } = context, { signal } = controller, done: string[] = [];
  const timer = setTimeout(() => controller.abort(resultTooSlow({ limitMs: limits.resultTimeoutMs })), limits.resultTimeoutMs);
  const iterator = results[Symbol.asyncIterator]();
  const noticesText = (): string => (notices.length === 0 ? '' : `,"notices":${JSON.stringify(notices)}`);
  try {
    for (;;) {
      const next = await nextUnlessAborted(iterator, signal, ABORT_GRACE_MS);
      if (next.done === true) break;
      if (next.value.kind === 'rows') done.push(await collectRows(next.value, limits, signal));
      else if (next.value.kind === 'done') done.push('{"columns":[{"name":"result","type":"STRING"}],"rows":[["OK"]]}');
    }
    return `{"results":[${done.join(',')}]${noticesText()}}`;
  } catch (thrown) {
    await endEarly(iterator, ABORT_GRACE_MS);
    const { error, status } = asHttpError(reasonOr(thrown, signal), context.log, limits.bodyBytes);
    reply.code(status);
    return `{"error":${JSON.stringify(errorBody(error, text))},"results":[${done.join(',')}]${noticesText()}}`;
  } finally { clearTimeout(timer); }
}

async function collectRows(result: RowsResult, limits: HttpLimits, signal: AbortSignal): Promise<string> {
  const chunks = result.chunks[Symbol.asyncIterator](), rowText = rowWriter(result), rows: string[] = [];
  let bytes = 0, isComplete = false;
  try {
    if (result.endless) throw resultEndless({});
    for (;;) {
      const next = await nextUnlessAborted(chunks, signal, ABORT_GRACE_MS);
      if (next.done === true) break;
      for (const row of next.value.rows) {
        const line = rowText(row);
        bytes += line.length;
        if (rows.length === limits.resultRows || bytes > limits.resultBytes) throw resultTooLarge({ what: `the result has more than ${rows.length === limits.resultRows ? `${limits.resultRows} rows` : `${limits.resultBytes} bytes`}`, hint: 'Add a LIMIT, or ask for it as a stream with the header "Accept: application/x-ndjson".' });
        rows.push(line);
      }
    }
    isComplete = true;
  } finally { if (!isComplete) await endEarly(chunks, ABORT_GRACE_MS); }
  return `{"columns":${columnsText(result)},"rows":[${rows.join(',')}]}`;
}

const columnsText = (result: RowsResult): string => JSON.stringify(result.columns.map((column) => ({ name: column.name, type: typeText(column.type) })));
function rowWriter(result: RowsResult): (row: readonly unknown[]) => string {
  const writers: readonly JsonWriter[] = result.columns.map((column) => jsonWriter(column.type, 'string'));
  return (row) => `[${writers.map((write, i) => write(row[i])).join(',')}]`;
}

/**
 * Lines: `{"columns":[…]}` before the rows of a result, `{"row":[…]}` or, for changelogs, `{"op":"+U","row":[…]}`, `{"end":n}` after n
 * rows; `{"result":"OK"}` for a statement without rows; `{"notice":{…}}`; `{"error":{…}}` last. An error before the first line is an
 * ordinary error answer.
 */
async function streamResults(context: SqlContext, reply: FastifyReply, results: AsyncIterable<StatementResult>, text: string, notices: Notice[], signal: AbortSignal): Promise<unknown> {
  const lines = resultLines(results, signal, notices);
  let first: IteratorResult<string>;
  try { first = await lines.next(); } catch (thrown) {
    const { error, status } = asHttpError(reasonOr(thrown, signal), context.log, context.limits.bodyBytes);
    return await reply.code(status).send({ error: errorBody(error, text) });
  }
  reply.hijack();
  await sendPieces(reply.raw, 'application/x-ndjson; charset=utf-8', withErrorLine(context, first, lines, text, signal)).catch((error: unknown) => context.log.debug('result stream broke', { err: error }));
  return reply;
}

async function* withErrorLine(context: SqlContext, first: IteratorResult<string>, lines: AsyncGenerator<string>, text: string, signal: AbortSignal): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield first.value;
    yield* lines;
  } catch (thrown) {
    const { error } = asHttpError(reasonOr(thrown, signal), context.log, context.limits.bodyBytes);
    yield `{"error":${JSON.stringify(errorBody(error, text))}}\n`;
  } finally { await endEarly(lines, ABORT_GRACE_MS); }
}

async function* resultLines(results: AsyncIterable<StatementResult>, signal: AbortSignal, notices: Notice[]): AsyncGenerator<string> {
  const told = (): string => notices.splice(0).map((notice) => `{"notice":${JSON.stringify(notice)}}\n`).join('');
  const iterator = results[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextUnlessAborted(iterator, signal, ABORT_GRACE_MS);
      if (next.done === true) break;
      if (next.value.kind === 'done') yield `${told()}{"result":"OK"}\n`;
      else if (next.value.kind === 'rows') {
        yield `${told()}{"columns":${columnsText(next.value)}}\n`;
        yield* rowLines(next.value, signal);
      }
    }
  } finally { await endEarly(iterator, ABORT_GRACE_MS); }
}

async function* rowLines(result: RowsResult, signal: AbortSignal): AsyncGenerator<string> {
  const chunks = result.chunks[Symbol.asyncIterator](), rowText = rowWriter(result);
  let count = 0;
  try {
    for (;;) {
      const next = await nextUnlessAborted(chunks, signal, ABORT_GRACE_MS);
      if (next.done === true) break;
      const chunk: RowChunk = next.value;
      count += chunk.rows.length;
      if (chunk.rows.length > 0) yield chunk.rows.map((row, i) => `{${chunk.kinds === undefined ? '' : `"op":"${OPS[chunk.kinds[i] ?? 0]}",`}"row":${rowText(row)}}\n`).join('');
    }
  } finally { await endEarly(chunks, ABORT_GRACE_MS); }
  yield `{"end":${count}}\n`;
}

/** A limit of ours tells more than the engine's "cancelled". */
const reasonOr = (thrown: unknown, signal: AbortSignal): unknown => (signal.aborted ? (signal.reason as RivuletError) : thrown);
