/**
 * Finds places in a log that are not told as the server wants them: a point of time, a file offset whose GTIDs are unknown. The file is
 * read to there once (300 MiB a second), without its rows.
 */
import { binlogBadPosition, binlogPurged } from '../../../../core/errors/mysql-binlog.ts';
import { openConnection } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, ServerFacts } from '../contract.ts';
import { dumpError, EOF_PACKET, ERROR_PACKET, openDump, readDumpError, type Dump } from './connection.ts';
import * as E from './event-codes.ts';
import { binlogFiles, whatIsLeft } from './facts.ts';
import { GtidReader } from './gtid-events.ts';
import type { GtidSet } from './gtid-set.ts';
import { EventReader } from './reader.ts';

export interface LocateContext { readonly server: MySqlServer; readonly facts: ServerFacts; readonly serverId: number }
/** One event of the log: header at `start`; `from` and `to`: its place in the file. False ends the walk. */
type Visit = (b: Buffer, start: number, end: number, type: number, from: number, to: number) => boolean;

/** Reads a file from its begin until `visit` says no or the log ends. */
export async function walk(context: LocateContext, file: string, visit: Visit): Promise<void> {
  const { server, facts, serverId } = context, position = { file, pos: 4, gtids: null };
  let dump: Dump | undefined, wake: () => void = () => {}, lost: string | undefined;
  dump = await openDump(server, facts, position, { serverId, heartbeatMs: 30_000, nonBlocking: true }, { data: () => wake(), lost: (why) => { lost = why; wake(); } });
  try {
    let pos = 4, checksum = 0;
    for (;;) {
      const { packets } = dump;
      if (!packets.next()) {
        if (packets.broken !== undefined || lost !== undefined) throw dumpError(server, { number: 2013, text: packets.broken ?? lost!, isLoss: true }, serverId, position, undefined);
        await new Promise<void>((resolve) => { wake = resolve; });
        continue;
      }
      const b = packets.bytes, first = b[packets.start];
      if (first === ERROR_PACKET) throw dumpError(server, readDumpError(b, packets.start, packets.end), serverId, position, undefined);
      if (first === EOF_PACKET && packets.end - packets.start < 9) return;
      const start = packets.start + 1, type = b[start + 4]!, length = b.readUInt32LE(start + 9), endLow = b.readUInt32LE(start + 13);
      if (type === E.FORMAT_DESCRIPTION) checksum = b[packets.end - 5] === 1 ? 4 : 0;
      if ((b.readUInt16LE(start + 17) & E.ARTIFICIAL_FLAG) !== 0 || endLow === 0 || type === E.HEARTBEAT || type === E.HEARTBEAT_2) { if (type === E.ROTATE && pos > 4) return; continue; }
      // Some events are not sent (MariaDB's ANNOTATE_ROWS), so the place is what the event says; offsets come as their low 32 bits.
      const high = pos - pos % 4294967296, to = high + endLow + (high + endLow < pos ? 4294967296 : 0);
      if (!visit(b, start, packets.end - checksum, type, to - length, to)) return;
      // The next file is another matter.
      if (type === E.ROTATE) return;
      pos = to;
    }
  } finally { dump.destroy(); }
}
/** What a search sees at the begin of each transaction; `here`: the place before it. True ends the search there. */
type Stop = (from: number, timeMs: number, here: () => BinlogPosition) => boolean;
interface Place { readonly position: BinlogPosition; readonly found: boolean; /** Behind the last event of a transaction before it. */ readonly lastTo: number }

/** Walks over the transactions of a file; where `stop` never says yes the place is the file's end. `each` sees where all events stand. */
async function search(context: LocateContext, file: string, stop: Stop, each?: (from: number, to: number) => void): Promise<Place> {
  const gtid = new GtidReader();
  let executed: GtidSet | null = null, isRunning = false, isNamed = false, isAnnounced = false, whole = 4, found = false, lastTo = 4;
  const settle = (): void => { if (isNamed) executed?.add(gtid.source.length < 36 ? `${gtid.source}-${gtid.number}` : `${gtid.source}:${gtid.number}`); isNamed = false; };
  const here = (): BinlogPosition => ({ file, pos: whole, gtids: context.facts.gtidMode && executed !== null ? String(executed) : null });
  const begins = (from: number, timeMs: number): boolean => { whole = from; found = stop(from, timeMs, here); return !found; };
  await walk(context, file, (b, start, end, type, from, to) => {
    const body = start + E.HEADER, seconds = b.readUInt32LE(start);
    each?.(from, to);
    const isOver = !visitEvent(b, start, end, type, from, body, seconds, to);
    if (!isOver && type !== E.ROTATE && type !== E.STOP && type !== E.BINLOG_CHECKPOINT) lastTo = to;
    return !isOver;
  });
  if (!found) { settle(); whole = lastTo; }
  return { position: here(), found, lastTo };

  function visitEvent(b: Buffer, start: number, end: number, type: number, from: number, body: number, seconds: number, to: number): boolean {
    switch (type) {
      case E.PREVIOUS_GTIDS: case E.MARIA_GTID_LIST: executed = EventReader.executedBefore(type, b, body, end); whole = to; return true;
      case E.GTID: case E.GTID_TAGGED: case E.ANONYMOUS_GTID: case E.MARIA_GTID: {
        settle();
        if (type === E.GTID_TAGGED) gtid.readTagged(b, body, end); else if (type === E.MARIA_GTID) gtid.readMaria(b, body, end, b.readUInt32LE(start + 5)); else gtid.readPlain(b, body, end);
        isAnnounced = true;
        if (!begins(from, gtid.commitMs > 0 ? gtid.commitMs : seconds * 1000)) return false;
        isNamed = type !== E.ANONYMOUS_GTID;
        return true;
      }
      // Servers without GTID events (MySQL 5.6): BEGIN and statements begin transactions, XID and COMMIT end them.
      case E.QUERY: {
        if (isAnnounced) return true;
        const text = b.toString('latin1', Math.max(body, end - 7), end), isCommit = text.endsWith('\0COMMIT');
        if (!isRunning && !isCommit && !begins(from, seconds * 1000)) return false;
        isRunning = text.endsWith('\0BEGIN') || isRunning && !isCommit;
        return true;
      }
      case E.XID: isRunning = false; return true;
      default: return true;
    }
  }
}

/** The place before the first transaction that was committed at the time or later. */
export async function locateTime(context: LocateContext, timestampMs: number): Promise<BinlogPosition | 'latest'> {
  const { server } = context, connection = await openConnection(server);
  const files = await binlogFiles(server, connection).finally(() => { connection.destroy(); });
  let low = 0, high = files.length - 1;
  // The last file that was begun before the time; the first one when all are younger.
  while (low < high) {
    const middle = low + high + 1 >> 1;
    if (await begunAt(context, files[middle]!.file) < timestampMs) low = middle; else high = middle - 1;
  }
  for (const { file } of files.slice(low)) {
    const { position, found } = await search(context, file, (_, timeMs) => timeMs >= timestampMs);
    if (found) return position;
  }
  return 'latest';
}
async function begunAt(context: LocateContext, file: string): Promise<number> {
  let timeMs = 0;
  await walk(context, file, (b, start) => { timeMs = b.readUInt32LE(start) * 1000; return false; });
  return timeMs;
}
/** The GTIDs of a file offset. Inside a transaction it is the begin of that transaction. */
export async function locateOffset(context: LocateContext, file: string, pos: number): Promise<BinlogPosition> {
  const { server, facts } = context, connection = await openConnection(server);
  let size: number | undefined;
  try {
    size = (await binlogFiles(server, connection)).find((f) => f.file === file)?.size;
    if (size === undefined) throw binlogPurged({ server: serverText(server), wanted: `${file}:${pos}`, has: await whatIsLeft(server, connection, facts), why: `It has no file "${file}"` });
    if (pos > size) throw binlogPurged({ server: serverText(server), wanted: `${file}:${pos}`, has: await whatIsLeft(server, connection, facts), why: `The file ends at ${size}` });
  } finally { connection.destroy(); }
  let isEvent = pos <= 4 || pos === size, before: BinlogPosition | undefined;
  const stop: Stop = (from, _, here) => { if (from > pos) return true; before = here(); return false; };
  const { position, lastTo } = await search(context, file, stop, (from, to) => { isEvent ||= from === pos || to === pos; });
  if (!isEvent) throw binlogBadPosition({ server: serverText(server), position: `${file}:${pos}`, why: 'The offset lies inside an event' });
  return before !== undefined && pos < lastTo ? before : position;
}
