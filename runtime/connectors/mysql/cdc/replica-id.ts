/**
 * The id a reader of a binlog logs in with. The server cuts off the older of two readers with the same id, so one that nobody uses is
 * taken from the range given: several jobs may share a range.
 */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { query } from '../connection/open.ts';
import type { ServerFacts } from '../contract.ts';
import type { MySqlCdcSpec } from './spec.ts';

/** Ids of the readers the server knows of; their first column in both statements' answers. */
async function idsInUse(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts): Promise<ReadonlySet<number>> {
  const [major, minor, patch] = facts.version, isNew = facts.flavor === 'mysql' && major * 10_000 + minor * 100 + patch >= 80_022;
  try {
    return new Set((await query(spec.server, connection, isNew ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS', [], 'list its readers')).map((row) => Number(row[0])));
  } catch (error) {
    // Without the right to look, the first id has to do.
    if (error instanceof RivuletError && error.retry === 'never') return new Set();
    throw error;
  }
}
/** The first free id of `server-id`; the first of all when none is free. Without the option one at random, far from what people give their servers. */
export async function replicaId(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts): Promise<number> {
  if (spec.serverIds === null) return 1_000_000_000 + Math.floor(Math.random() * 3_000_000_000);
  const [first, last] = spec.serverIds;
  if (first === last) return first;
  const used = await idsInUse(spec, connection, facts);
  for (let id = first; id <= last; id++) if (!used.has(id)) return id;
  return first;
}
