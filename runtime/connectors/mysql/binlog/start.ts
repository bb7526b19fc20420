/** Where a stream begins, made exact: file, offset and, where the server has them, the GTIDs executed before. */
import { binlogOff } from '../../../../core/errors/mysql-binlog.ts';
import { openConnection, query } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, BinlogStream, ServerFacts } from '../contract.ts';
import { binlogFiles, currentPosition, mariaGtids } from './facts.ts';
import { locateOffset, locateTime } from './locate.ts';

export type BinlogStart = Parameters<BinlogStream['open']>[0];

/** Rejects with binlog-off, binlog-purged, binlog-bad-position and the errors of connecting. */
export async function resolveStart(server: MySqlServer, facts: ServerFacts, serverId: number, start: BinlogStart): Promise<BinlogPosition> {
  if (typeof start === 'object' && 'timestampMs' in start) {
    const found = await locateTime({ server, facts, serverId }, start.timestampMs);
    return found === 'latest' ? resolveStart(server, facts, serverId, 'latest') : found;
  }
  if (typeof start === 'object') {
    if (start.gtids !== null || !facts.gtidMode) return start;
    return facts.flavor === 'mariadb' ? mariaOffset(server, facts, serverId, start) : locateOffset({ server, facts, serverId }, start.file, start.pos);
  }
  const connection = await openConnection(server);
  try {
    if (start === 'latest') return await currentPosition(server, connection, facts);
    const first = (await binlogFiles(server, connection))[0];
    if (first === undefined) throw binlogOff({ server: serverText(server) });
    const gtids = !facts.gtidMode ? null : facts.flavor === 'mariadb' ? await mariaGtids(server, connection, first.file, 4) : await purgedGtids(server, connection);
    return { file: first.file, pos: 4, gtids };
  } finally { connection.destroy(); }
}
async function purgedGtids(server: MySqlServer, connection: Parameters<typeof query>[1]): Promise<string> {
  const [row] = await query(server, connection, 'SELECT @@GLOBAL.gtid_purged', [], 'tell its purged GTIDs');
  return String(row?.[0] ?? '').replace(/\s+/g, '');
}
async function mariaOffset(server: MySqlServer, facts: ServerFacts, serverId: number, start: BinlogPosition): Promise<BinlogPosition> {
  const connection = await openConnection(server), gtids = await mariaGtids(server, connection, start.file, start.pos).finally(() => { connection.destroy(); });
  return gtids === null ? locateOffset({ server, facts, serverId }, start.file, start.pos) : { ...start, gtids };
}
