/** For tests of the binlog reader: a stream that is read to a point and its events as short texts. */
import { openBinlogStream } from '../../../runtime/connectors/mysql/binlog/stream.ts';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { BinlogEvent, BinlogPosition, BinlogStream, BinlogStreamOptions, TableId } from '../../../runtime/connectors/mysql/contract.ts';

let nextId = 700_000 + Math.floor(Math.random() * 1_000_000);
export const freeServerId = (): number => nextId++;

export interface Reading {
  readonly stream: BinlogStream;
  /** The next event; waits for it. Rejects with what `next` throws, and when nothing comes for half a minute. */
  next(): Promise<BinlogEvent>;
  close(): Promise<void>;
}
export type Start = Parameters<BinlogStream['open']>[0];
export async function read(server: MySqlServer, start: Start, wants: (table: TableId) => boolean, options: Partial<BinlogStreamOptions> = {}): Promise<Reading> {
  let wake: () => void = () => {};
  const stream = openBinlogStream(server, undefined, { serverId: freeServerId(), heartbeatMs: 1000, nonBlocking: true, ...options, wants, wake: () => { wake(); } });
  try { await stream.open(start); } catch (error) { await stream.close(); throw error; }
  return {
    stream,
    async next() {
      for (const until = Date.now() + 30_000; ;) {
        const event = stream.next();
        if (event !== undefined) return event;
        if (Date.now() > until) throw new Error('nothing came from the binlog for 30 s');
        await new Promise<void>((resolve) => { wake = resolve; setTimeout(resolve, 200); });
      }
    },
    close: () => stream.close(),
  };
}
/** An event as text: `begin`, `insert t 2` (its bytes), `commit`, `statement …`, `end`; heartbeats give undefined. */
export function told(event: BinlogEvent): string | undefined {
  switch (event.kind) {
    case 'rows': return `${event.change} ${event.table.table}`;
    case 'statement': return `statement ${event.sql}`;
    case 'heartbeat': return undefined;
    default: return event.kind;
  }
}
/** Everything up to the end of the log (`nonBlocking`), as texts, with the last position. */
export async function readAll(server: MySqlServer, start: Start, wants: (table: TableId) => boolean, options: Partial<BinlogStreamOptions> = {}): Promise<{ told: string[]; position: BinlogPosition; commits: BinlogPosition[]; gtids: (string | null)[] }> {
  const reading = await read(server, start, wants, options), texts: string[] = [], commits: BinlogPosition[] = [], gtids: (string | null)[] = [];
  try {
    for (;;) {
      const event = await reading.next(), text = told(event);
      if (text !== undefined) texts.push(text);
      if (event.kind === 'begin') gtids.push(event.gtid);
      if (event.kind === 'commit') commits.push(event.position);
      if (event.kind === 'end') return { told: texts, position: event.position, commits, gtids };
    }
  } finally { await reading.close(); }
}
/** Where the log ends now, as a start. */
export async function endOfLog(server: MySqlServer): Promise<BinlogPosition> {
  const reading = await read(server, 'latest', () => false);
  try { return reading.stream.position; } finally { await reading.close(); }
}
/** What a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<{ code?: string; message: string; hint?: string | undefined; detail?: string | undefined }> {
  try { await work; } catch (error) { return error as { code?: string; message: string }; }
  throw new Error('it did not fail');
}
