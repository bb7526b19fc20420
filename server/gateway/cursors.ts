/** Cursors (DECLARE, FETCH, CLOSE): the way to page through a result, also an endless one. Forward only. Source: PostgreSQL "FETCH". */
import { featureNotSupported } from '../../core/errors/common.ts';
import { cursorNotFound, duplicateCursor } from '../../core/errors/session.ts';
import type { Identifier } from '../../planner/sql/ast.ts';
import type { FetchCursor } from '../../planner/sql/ast-statement.ts';
import type { RowsResult } from './contract.ts';
import { rowsResult } from './results.ts';

interface OpenCursor { readonly result: RowsResult; readonly chunks: AsyncIterator<{ rows: readonly (readonly unknown[])[] }>; rest: readonly (readonly unknown[])[] }
/** Most rows one FETCH gives; more must be fetched again. */
const MAX_FETCH_ROWS = 100_000;

export class Cursors {
  private readonly open = new Map<string, OpenCursor>();
  async declare(name: Identifier, start: () => Promise<RowsResult>): Promise<void> {
    if (this.open.has(name.value)) throw duplicateCursor({ cursor: name.value }, { range: name.range });
    const result = await start();
    this.open.set(name.value, { result, chunks: result.chunks[Symbol.asyncIterator](), rest: [] });
  }
  /** Takes up to `count` rows; an endless cursor gives what it has once it has at least one row. */
  async fetch(s: FetchCursor): Promise<RowsResult> {
    const cursor = this.open.get(s.cursor.value);
    if (cursor === undefined) throw cursorNotFound({ cursor: s.cursor.value }, { range: s.cursor.range });
    if (s.direction !== 'NEXT' && s.direction !== 'FORWARD') throw featureNotSupported({ feature: `FETCH ${s.direction}`, instead: 'Cursors move forward only.' }, { range: s.range });
    const wanted = Math.min(s.count === 'ALL' ? MAX_FETCH_ROWS : s.count, MAX_FETCH_ROWS), rows: (readonly unknown[])[] = [];
    while (rows.length < wanted) {
      if (cursor.rest.length === 0) {
        if (cursor.result.endless && rows.length > 0) break;
        const next = await cursor.chunks.next();
        if (next.done === true) break;
        cursor.rest = next.value.rows;
      }
      const take = Math.min(wanted - rows.length, cursor.rest.length);
      for (let i = 0; i < take; i++) rows.push(cursor.rest[i] ?? []);
      cursor.rest = cursor.rest.slice(take);
    }
    return rowsResult(s.move ? 'MOVE' : 'FETCH', cursor.result.columns, rows);
  }
  async close(name: Identifier | undefined): Promise<void> {
    if (name === undefined) { await this.closeAll(); return; }
    const cursor = this.open.get(name.value);
    if (cursor === undefined) throw cursorNotFound({ cursor: name.value }, { range: name.range });
    this.open.delete(name.value);
    await cursor.chunks.return?.();
  }
  async closeAll(): Promise<void> {
    for (const cursor of this.open.values()) await cursor.chunks.return?.();
    this.open.clear();
  }
}
