/**
 * Runs a statement nobody asked for, soon after the start: it compiles and links what every statement goes through (parser, binder, rules,
 * physical plan, generated code, workers, exchange, collecting), so that a user's first SELECT takes a third of the time. It reads and
 * writes nothing outside the process. Costs 40 ms of CPU once; a failure changes nothing but is told, since the next statement will meet it.
 */
import type { Log } from '../core/ports/log.ts';
import { INTERNAL } from './auth/contract.ts';
import type { Gateway } from './gateway/contract.ts';

/** An aggregate, so that rows cross from worker to worker. */
const STATEMENT = `SELECT a, COUNT(*) FROM (VALUES (1), (2)) AS t (a) WHERE a > 0 GROUP BY a`;

/** @param signal the server stops: not a failure */
export async function warmUp(gateway: Gateway, log: Log, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const session = gateway.openSession({ protocol: 'http', principal: INTERNAL });
  try {
    for await (const result of session.execute(STATEMENT, { signal })) if (result.kind === 'rows') for await (const _ of result.chunks) { /* every row */ }
  } catch (error) {
    if (!signal.aborted) log.warn('warming up failed', { err: error });
  } finally { await session.close(); }
}
