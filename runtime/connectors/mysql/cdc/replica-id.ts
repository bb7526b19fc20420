/**
 * The id a reader of a binlog logs in with. The server cuts off the older of two readers with the same id, so one that nobody uses is
 * taken from the range given: several jobs may share a range.
 */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { readersStatement } from '../binlog/facts.ts';
import { openConnection, query } from '../connection/open.ts';
import type { ServerFacts } from '../contract.ts';
import type { MySqlCdcSpec } from './spec.ts';

/** Ids of the readers the server knows of. */
async function idsInUse(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts): Promise<ReadonlySet<number>> {
  try {
    return new Set((await query(spec.server, connection, readersStatement(facts), [], 'list its readers')).map((row) => Number(row[0])));
  } catch (error) {
    // Without the right to look, the first id has to do.
    if (error instanceof RivuletError && error.retry === 'never') return new Set();
    throw error;
  }
}
const atRandom = (): number => 1_000_000_000 + Math.floor(Math.random() * 3_000_000_000);

/** The first free id of `server-id`; the first of all when none is free. Without the option one at random, far from what people give their servers. */
export async function replicaId(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts): Promise<number> {
  if (spec.serverIds === null) return atRandom();
  const [first, last] = spec.serverIds;
  if (first === last) return first;
  const used = await idsInUse(spec, connection, facts);
  for (let id = first; id <= last; id++) if (!used.has(id)) return id;
  return first;
}

/**
 * Another free id for a reader that was cut off under `used`; undefined when `server-id` has none. Any of the free ones: readers that began
 * at once, as all do when a server starts again, found the same first one and would find the same second.
 */
export async function otherReplicaId(spec: MySqlCdcSpec, facts: ServerFacts, used: number): Promise<number | undefined> {
  if (spec.serverIds === null) return atRandom();
  const [first, last] = spec.serverIds, size = last - first + 1;
  if (size === 1) return undefined;
  const connection = await openConnection(spec.server);
  try {
    const taken = await idsInUse(spec, connection, facts), start = Math.floor(Math.random() * size);
    // As many steps as there are taken ids, and one for `used`, pass over all of them.
    for (let i = 0; i < Math.min(size, taken.size + 2); i++) {
      const id = first + (start + i) % size;
      if (id !== used && !taken.has(id)) return id;
    }
    return undefined;
  } finally { connection.destroy(); }
}
