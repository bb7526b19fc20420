/**
 * The connection of a binlog: mysql2 does the handshake (TLS, caching_sha2_password, compression), then this takes over its socket,
 * registers as a replica and asks for the log. What comes is left to `Packets` and the reader. Commands: COM_REGISTER_SLAVE,
 * COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID; MariaDB is asked by GTID through `@slave_connect_state`.
 */
import type { Socket } from 'node:net';
import type { Connection } from 'mysql2/promise';
import { binlogBadPosition, binlogPurged, binlogServerIdTaken, binlogUnreadable } from '../../../../core/errors/mysql-binlog.ts';
import { mysqlAccessDenied, mysqlConnectionLost, mysqlStatementFailed } from '../../../../core/errors/mysql.ts';
import type { RivuletError } from '../../../../core/errors/define.ts';
import { openConnection, query } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, ServerFacts } from '../contract.ts';
import { MariaGtidSet, MySqlGtidSet } from './gtid-set.ts';
import { Packets } from './packets.ts';

const REGISTER = 0x15, DUMP = 0x12, DUMP_GTID = 0x1e, NON_BLOCKING = 1, THROUGH_GTID = 4;
/** First bytes of packets that are no events. */
export const OK_PACKET = 0, EOF_PACKET = 0xfe, ERROR_PACKET = 0xff;

export interface DumpOptions { readonly serverId: number; readonly heartbeatMs: number; readonly nonBlocking: boolean }
export interface DumpListener {
  data(chunk: Buffer): void;
  /** Once; `why` for people. */
  lost(why: string): void;
}
/** `uuid`: of a MySQL server that is asked by file and offset. */
export interface Dump { readonly packets: Packets; readonly uuid: string | undefined; pause(): void; resume(): void; destroy(): void }

/** What this needs of mysql2's connection behind the promises. */
interface Core { readonly stream: Socket; readonly _inflatedPacketsParser?: unknown }

/** Asks for the log from `position` on. Rejects with the errors of `openConnection`; what the server says to the dump comes as packets. */
export async function openDump(server: MySqlServer, facts: ServerFacts, position: BinlogPosition, options: DumpOptions, listener: DumpListener): Promise<Dump> {
  const connection = await openConnection(server);
  let uuid: string | undefined;
  try {
    if (facts.flavor === 'mysql' && position.gtids === null) uuid = String((await query(server, connection, 'SELECT @@GLOBAL.server_uuid', [], 'tell its UUID'))[0]?.[0]);
    const nanos = options.heartbeatMs * 1_000_000, isMaria = facts.flavor === 'mariadb';
    const byState = isMaria && position.gtids !== null ? `, @slave_connect_state = '${position.gtids.replace(/[^0-9,-]/g, '')}'` : '';
    if (isMaria && position.gtids !== null) await checkMariaState(server, connection, position);
    await query(server, connection, `SET @master_binlog_checksum = @@GLOBAL.binlog_checksum, @source_binlog_checksum = @@GLOBAL.binlog_checksum, @master_heartbeat_period = ${nanos}, @source_heartbeat_period = ${nanos}${isMaria ? ', @mariadb_slave_capability = 4' : ''}${byState}`, [], 'prepare to send its binlog');
  } catch (error) { connection.destroy(); throw error; }
  return { ...takeOver(connection, dumpCommand(server, facts, position, options), options, listener), uuid };
}
/**
 * MariaDB lets a reader wait that is ahead of it, as behind a fail-over. When the transaction was this server's own it must have it: a log
 * that was reset would otherwise be passed over in silence until its numbers have caught up.
 */
async function checkMariaState(server: MySqlServer, connection: Connection, position: BinlogPosition): Promise<void> {
  const [row] = await query(server, connection, 'SELECT @@GLOBAL.server_id, @@GLOBAL.gtid_binlog_pos', [], 'tell its GTIDs'), own = Number(row?.[0]), has = String(row?.[1] ?? '');
  const known = MariaGtidSet.parse(has);
  for (const gtid of (position.gtids ?? '').split(',').filter((g) => g.split('-')[1] === String(own))) {
    if (!known.contains(gtid)) throw binlogPurged({ server: serverText(server), wanted: `what follows GTIDs "${shortened(position.gtids ?? '')}"`, has: `GTIDs up to ${has === '' ? 'none' : has}`, why: `The server wrote ${gtid} itself and does not have it: its binlog was reset or lost` });
  }
}
function takeOver(connection: Connection, command: Buffer, options: DumpOptions, listener: DumpListener): Omit<Dump, 'uuid'> {
  const core = (connection as unknown as { readonly connection: Core }).connection, { stream } = core, isCompressed = core._inflatedPacketsParser !== undefined;
  // mysql2 keeps its other listeners: they only tell of a loss, to `connection`, whose errors nobody hears.
  stream.removeAllListeners('data');
  let isOver = false;
  const lose = (why: string): void => { if (!isOver) { isOver = true; listener.lost(why); } };
  stream.on('error', (error: Error) => lose(error.message));
  stream.on('end', () => lose('the server closed the connection'));
  stream.on('close', () => lose('the connection was closed'));
  const registering = new Packets(isCompressed), packets = new Packets(isCompressed), send = (payload: Buffer): void => { stream.write(framed(payload, isCompressed)); };
  let isRegistered = false;
  stream.on('data', (chunk: Buffer) => {
    if (isOver) return;
    if (isRegistered) { packets.push(chunk); listener.data(chunk); return; }
    registering.push(chunk);
    if (!registering.next()) return;
    isRegistered = true;
    if (registering.bytes[registering.start] === OK_PACKET) { send(command); return; }
    // The refusal goes the way of all packets: read again, by the one who reads the log.
    packets.push(framed(registering.bytes.subarray(registering.start, registering.end), isCompressed, 1));
    listener.data(chunk);
  });
  send(registerCommand(options.serverId));
  return { packets, pause: () => { stream.pause(); }, resume: () => { stream.resume(); }, destroy: () => { isOver = true; stream.destroy(); connection.destroy(); } };
}
/** One packet, and in the compressed protocol one frame around it that is not compressed. */
function framed(payload: Buffer, isCompressed: boolean, sequence = 0): Buffer {
  const header = Buffer.alloc(isCompressed ? 11 : 4), at = isCompressed ? 7 : 0;
  if (isCompressed) header.writeUIntLE(payload.length + 4, 0, 3);
  header.writeUIntLE(payload.length, at, 3);
  header[at + 3] = sequence;
  return Buffer.concat([header, payload]);
}
/** Shows up in SHOW REPLICAS, so that others see that the server id is in use. */
function registerCommand(serverId: number): Buffer {
  const command = Buffer.alloc(5), name = Buffer.from('rivulet'), rest = Buffer.alloc(12);
  command[0] = REGISTER;
  command.writeUInt32LE(serverId, 1);
  return Buffer.concat([command, Buffer.from([name.length]), name, rest]);
}
function dumpCommand(server: MySqlServer, facts: ServerFacts, position: BinlogPosition, options: DumpOptions): Buffer {
  const flags = options.nonBlocking ? NON_BLOCKING : 0;
  if (facts.flavor === 'mysql' && position.gtids !== null) {
    const set = MySqlGtidSet.parse(position.gtids).encode(), head = Buffer.alloc(23);
    head[0] = DUMP_GTID;
    head.writeUInt16LE(flags | THROUGH_GTID, 1);
    head.writeUInt32LE(options.serverId, 3);
    head.writeBigUInt64LE(4n, 11);
    head.writeUInt32LE(set.length, 19);
    return Buffer.concat([head, set]);
  }
  // The command has four bytes for the offset.
  if (position.gtids === null && position.pos > 0xffffffff) throw binlogBadPosition({ server: serverText(server), position: `${position.file}:${position.pos}`, why: 'Offsets above 4 GiB can only be asked for by GTIDs (gtid_mode = ON)' });
  const file = facts.flavor === 'mariadb' && position.gtids !== null ? Buffer.alloc(0) : Buffer.from(position.file), head = Buffer.alloc(11);
  head[0] = DUMP;
  head.writeUInt32LE(file.length === 0 ? 4 : position.pos, 1);
  head.writeUInt16LE(flags, 5);
  head.writeUInt32LE(options.serverId, 7);
  return Buffer.concat([head, file]);
}

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
/** What an error packet means for the reader of a log. `loss`: it may work again on another connection. */
export interface DumpError { readonly number: number; readonly text: string; readonly isLoss: boolean }
export function readDumpError(b: Buffer, start: number, end: number): DumpError {
  const number = b.readUInt16LE(start + 1), hasState = b[start + 3] === 0x23;
  // Shutdown, kill, interruption, fail-over.
  return { number, text: b.toString('utf8', start + (hasState ? 9 : 3), end), isLoss: [1053, 1077, 1079, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 3169, 4031].includes(number) };
}
/** @param left what the server has, for the error of a purged log */
export function dumpError(server: MySqlServer, error: DumpError, serverId: number, wanted: BinlogPosition, left: string | undefined): RivuletError {
  const at = serverText(server), { text, number } = error, place = wanted.gtids === null ? `${wanted.file}:${wanted.pos}` : `what follows GTIDs "${shortened(wanted.gtids)}"`;
  if (/same server_uuid|same server.?id/i.test(text)) return binlogServerIdTaken({ server: at, serverId });
  if (number === 1236) {
    if (/more GTIDs|purged|could not find/i.test(text)) return binlogPurged({ server: at, wanted: place, has: left, why: text });
    if (/bogus data|log event entry|truncat|corrupt|checksum|read error|unpack/i.test(text)) {
      return wanted.gtids === null && /bogus data/i.test(text) ? binlogBadPosition({ server: at, position: place, why: text }) : binlogUnreadable({ server: at, place, why: text });
    }
    return binlogPurged({ server: at, wanted: place, has: left, why: text });
  }
  if (number === 1227 || number === 1045 || number === 1142) return mysqlAccessDenied({ server: at, user: server.user, why: `${text}; reading the binlog takes the grant REPLICATION SLAVE` });
  if (error.isLoss) return mysqlConnectionLost({ server: at, why: text });
  return mysqlStatementFailed({ server: at, what: 'send its binlog', why: `${number}: ${text}` });
}
