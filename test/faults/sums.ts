/** A job over `datagen` that counts and sums the numbers 1, 2, 3 … by their last digit, and what of it can be checked at any moment. */
import { expect } from 'chai';
import { eventually } from '../e2e/server-process.ts';
import type { ServerProcess } from '../e2e/server-process.ts';

const KEYS = 10;
/** `settings`: SET statements before it. */
export const summing = (rate: number, settings: string): string => `${settings}; CREATE TEMPORARY TABLE t (n BIGINT) WITH ('connector'='datagen', 'rows-per-second'='${rate}', 'fields.n.kind'='sequence', 'fields.n.start'='1', 'fields.n.end'='2000000');
  CREATE TEMPORARY TABLE p (k BIGINT, c BIGINT, s BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n % ${KEYS}, COUNT(*), SUM(n) FROM t GROUP BY n % ${KEYS}`;
/** The rows come in order: so many of a key have one sum only. A row lost, doubled, or counted into a state that does not fit the position gives another. */
export async function expectCounted(server: ServerProcess, id: string): Promise<void> {
  const last = await eventually('all keys to be counted', async () => {
    const counts = new Map((await server.printed(id)).filter((line) => line.startsWith('+')).map((line) => line.slice(3, -1).split(', ').map(Number) as [number, number, number]).map(([k, c, s]) => [k, [c, s]] as const));
    return counts.size === KEYS && counts;
  });
  for (const [k, [c, s]] of last) expect(s, `sum of ${c} rows of key ${k}`).to.equal(KEYS * (c * (c - 1)) / 2 + c * (k === 0 ? KEYS : k));
}
export interface Facts { status: string; restarts: number; restoredFrom: string; problem?: string; checkpoints: { epoch: number; status: string; startedMs: number; durationMs: number }[] }
export const factsOf = async (server: ServerProcess, id: string): Promise<Facts> => await (await fetch(server.url(`/api/v1/jobs/${id}`))).json() as Facts;
/** Numbers of completed checkpoints, as listed: newest first. */
export const completedEpochs = (one: Facts): number[] => one.checkpoints.filter((c) => c.status === 'completed').map((c) => c.epoch);
export const newestOf = (one: Facts): number => Math.max(0, ...completedEpochs(one));
