/**
 * Whether an XA transaction that was prepared before a reader's place changed rows of captured tables. Its COMMIT names the transaction
 * only, so the log is read back to where it was prepared: the reader's file up to its place, then the files before it.
 */
import { openConnection } from '../connection/open.ts';
import type { TableId } from '../contract.ts';
import * as E from './event-codes.ts';
import { binlogFiles } from './facts.ts';
import { GtidReader, mariaXaId, PREPARED_XA } from './gtid-events.ts';
import { walk, type LocateContext } from './locate.ts';
import { kindOf, readStatement, xaId } from './statements.ts';
import { tableNames, type Charsets } from './table-map.ts';

/** Files read back; a transaction that stays prepared for longer than that is not found. */
const MOST_FILES = 8;

export interface LookBack { readonly context: LocateContext; readonly charsets: Charsets; readonly wants: (table: TableId) => boolean; readonly file: string; readonly pos: number }
/** 'unknown': not found in the files that are there. Rejects with the errors of connecting. */
export async function rowsOfPrepared(id: string, at: LookBack): Promise<'none' | 'some' | 'unknown'> {
  const { server } = at.context, connection = await openConnection(server);
  const files = (await binlogFiles(server, connection).finally(() => { connection.destroy(); })).map((f) => f.file), last = files.indexOf(at.file);
  for (let i = last; i >= 0 && i > last - MOST_FILES; i--) {
    const found = await inFile(id, at, files[i]!, i === last ? at.pos : Number.POSITIVE_INFINITY);
    if (found !== 'unknown') return found;
  }
  return 'unknown';
}
/** The last one of that name before `until`: names may be used again. */
async function inFile(id: string, { context, charsets, wants }: LookBack, file: string, until: number): Promise<'none' | 'some' | 'unknown'> {
  const gtid = new GtidReader();
  let current: string | undefined, hasRows = false, found: 'none' | 'some' | 'unknown' = 'unknown';
  const enter = (name: string | undefined): void => { current = name; hasRows = false; };
  await walk(context, file, (b, start, end, type, from) => {
    if (from >= until) return false;
    const body = start + E.HEADER;
    switch (type) {
      case E.GTID: case E.GTID_TAGGED: case E.ANONYMOUS_GTID: enter(undefined); break;
      case E.MARIA_GTID: gtid.readMaria(b, body, end, b.readUInt32LE(start + 5)); enter((gtid.flags & PREPARED_XA) === 0 ? undefined : mariaXaId(b, body, gtid.flags)); break;
      case E.QUERY: {
        const { sql } = readStatement(b, body, end, charsets, undefined), kind = kindOf(sql);
        if (kind === 'xa-start') enter(xaId(sql));
        else if (kind === 'xa-prepare') prepared();
        break;
      }
      case E.TABLE_MAP: if (current === id && !hasRows) { const { database, table } = tableNames(b, body + 8); hasRows = wants({ database, table }); } break;
      // What is inside cannot be seen from here.
      case E.TRANSACTION_PAYLOAD: hasRows = true; break;
      case E.XA_PREPARE: prepared(); break;
      default: break;
    }
    return true;
  });
  return found;

  function prepared(): void {
    if (current === id) found = hasRows ? 'some' : 'none';
    current = undefined;
  }
}
