/** `/api/v1/jobs`: list, detail, printed rows, actions. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { didYouMean } from '../../core/errors/define.ts';
import { invalidRequest, noSuchJob } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Gateway, PrintLine } from '../gateway/contract.ts';
import { nextUnlessAborted } from '../streams/abortable.ts';
import { abortOnClose, sendPieces } from './stream.ts';

export interface JobContext { readonly gateway: Gateway; readonly log: Log }

const HEARTBEAT_MS = 15_000, ABORT_GRACE_MS = 2_000;

export const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

export async function jobDetail(gateway: Gateway, id: string): Promise<Record<string, unknown>> {
  const detail = await gateway.jobDetail(id);
  if (detail === undefined) throw noSuchJob({ id });
  return detail;
}

export async function badRecordsOf(gateway: Gateway, id: string): Promise<Record<string, unknown>> { return { id, records: known(await gateway.badRecords(id), id) }; }

/** Fields of an optional JSON body; unknown ones are refused. */
export function bodyFields<const K extends string>(body: unknown, known: readonly K[]): { readonly [key in K]?: unknown } {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw invalidRequest({ what: 'the body must be a JSON object' });
  for (const key of Object.keys(body)) if (!(known as readonly string[]).includes(key)) throw invalidRequest({ what: `unknown field "${key}" in the body`, hint: didYouMean(key, known) });
  return body;
}
function flagOf(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalidRequest({ what: `the field "${name}" must be true or false` });
  return value ?? false;
}

export async function stopJob(gateway: Gateway, id: string, body: unknown): Promise<unknown> {
  const fields = bodyFields(body, ['savepoint', 'drain']);
  const { savepointPath } = await gateway.stopJob(id, { savepoint: flagOf(fields.savepoint, 'savepoint'), drain: flagOf(fields.drain, 'drain') });
  return { id, result: 'OK', savepointPath };
}
export async function cancelJob(gateway: Gateway, id: string): Promise<unknown> { await gateway.cancelJob(id); return { id, result: 'OK' }; }
export async function savepointJob(gateway: Gateway, id: string): Promise<unknown> { const { savepointPath } = await gateway.savepointJob(id); return { id, result: 'OK', savepointPath }; }
export async function dropJob(gateway: Gateway, id: string): Promise<unknown> { await gateway.dropJob(id); return { id, result: 'OK' }; }
export async function restartJob(gateway: Gateway, id: string, body: unknown): Promise<unknown> {
  const { from = 'latest' } = bodyFields(body, ['from']);
  const path = typeof from === 'object' && from !== null ? (from as { savepointPath?: unknown }).savepointPath : undefined;
  if (from !== 'latest' && from !== 'initial' && typeof path !== 'string') throw invalidRequest({ what: 'the field "from" must be "latest", "initial" or {"savepointPath": "…"}' });
  await gateway.restartJob(id, { from: typeof path === 'string' ? { savepointPath: path } : from as 'latest' | 'initial' });
  return { id, result: 'OK' };
}

/** Printed rows as lines of text, or as server-sent events; `follow` goes on with each row printed from now on. */
export async function answerPrinted(context: JobContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const id = idOf(request), query = request.query as Record<string, unknown>;
  for (const key of Object.keys(query)) if (!['sink', 'tail', 'follow'].includes(key)) throw invalidRequest({ what: `unknown parameter "${key}"`, hint: didYouMean(key, ['sink', 'tail', 'follow']) });
  const sink = textOf(query, 'sink'), tailText = textOf(query, 'tail'), followText = textOf(query, 'follow') ?? 'false';
  if (tailText !== undefined && !/^\d{1,9}$/.test(tailText)) throw invalidRequest({ what: 'the parameter "tail" must be a whole number' });
  if (!/^(true|false|1|0|)$/.test(followText)) throw invalidRequest({ what: 'the parameter "follow" must be true or false' });
  const isEvents = /(^|[,\s])text\/event-stream/i.test(request.headers.accept ?? ''), follows = isEvents || followText === 'true' || followText === '1' || followText === '';
  const options = { sink, tail: tailText === undefined ? undefined : Number(tailText) };
  if (!follows) return reply.header('content-type', 'text/plain; charset=utf-8').send(known(context.gateway.printed(id, options), id).map(asLine).join(''));
  if (context.gateway.printed(id, { sink, tail: 0 }) === undefined) throw noSuchJob({ id });
  const controller = new AbortController(), after = Number(request.headers['last-event-id'] ?? Number.NaN);
  abortOnClose(reply.raw, controller);
  reply.hijack();
  const lines = followed(context.gateway, id, options, after, controller.signal);
  const pieces = isEvents ? asEvents(lines) : asText(lines);
  await sendPieces(reply.raw, isEvents ? 'text/event-stream' : 'text/plain; charset=utf-8', pieces).catch((error: unknown) => { if (!controller.signal.aborted) context.log.warn('following printed rows failed', { jobId: id, err: error }); });
  return reply;
}

function textOf(query: Record<string, unknown>, name: string): string | undefined {
  const value = query[name];
  if (Array.isArray(value)) throw invalidRequest({ what: `the parameter "${name}" is given more than once` });
  return typeof value === 'string' ? value : undefined;
}
function known<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw noSuchJob({ id });
  return value;
}
const asLine = (line: PrintLine): string => `${line.text}\n`;

/** Kept rows, then new ones; null now and then so that a dead connection is noticed. The subscription begins first, so nothing falls between. */
async function* followed(gateway: Gateway, id: string, options: { sink: string | undefined; tail: number | undefined }, after: number, signal: AbortSignal): AsyncGenerator<readonly PrintLine[] | null> {
  const fresh = gateway.followPrinted(id, { sink: options.sink, signal })[Symbol.asyncIterator]();
  let next = nextUnlessAborted(fresh, signal, ABORT_GRACE_MS), last = Number.isNaN(after) ? -Infinity : after;
  next.catch(() => {});
  try {
    const kept = (gateway.printed(id, options) ?? []).filter((line) => line.sequence > last);
    if (kept.length > 0) { last = kept.at(-1)?.sequence ?? last; yield kept; }
    for (;;) {
      const item = await orHeartbeat(next);
      if (item === null) { yield null; continue; }
      if (item.done === true) return;
      if (item.value.sequence > last) { last = item.value.sequence; yield [item.value]; }
      next = nextUnlessAborted(fresh, signal, ABORT_GRACE_MS);
      next.catch(() => {});
    }
  } finally { void fresh.return?.()?.catch(() => {}); }
}
function orHeartbeat<T>(next: Promise<T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), HEARTBEAT_MS);
    next.then((value) => { clearTimeout(timer); resolve(value); }, (error: unknown) => { clearTimeout(timer); reject(error); });
  });
}
async function* asText(batches: AsyncIterable<readonly PrintLine[] | null>): AsyncGenerator<string> {
  for await (const batch of batches) if (batch !== null) yield batch.map(asLine).join('');
}
async function* asEvents(batches: AsyncIterable<readonly PrintLine[] | null>): AsyncGenerator<string> {
  yield ': printed rows\n\n';
  for await (const batch of batches) yield batch === null ? ': still here\n\n' : batch.map((line) => `id: ${line.sequence}\ndata: ${JSON.stringify(line)}\n\n`).join('');
}
