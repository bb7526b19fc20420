/**
 * The table maps of a connection: by the id that rows events name, and by content, so that a table that is described again for every
 * statement keeps its object (and its decoders) until the description changes.
 */
import { tableText, type TableId, type TableMap } from '../contract.ts';
import { parseTableMap, tableNames, type TableMapFacts } from './table-map.ts';

/** Ids grow on the server for ever; entries, with decoders behind them, are dropped beyond this. */
const MOST = 4096;
/** Rows of it carry no data: the end of a statement whose table was left out. */
const DUMMY_ID = 0xffffff;

export class TableMaps {
  private readonly facts: TableMapFacts;
  private readonly wants: (table: TableId) => boolean;
  /** null: nobody wants its rows. */
  private readonly byId = new Map<number, TableMap | null>();
  private readonly known = new Map<string, { readonly content: Buffer; readonly map: TableMap | null }>();
  /** The last one, and with it nearly always the next. */
  private lastId = -1;
  private lastMap: TableMap | null = null;
  private lastContent: Buffer = Buffer.alloc(0);
  constructor(facts: TableMapFacts, wants: (table: TableId) => boolean) {
    this.facts = facts;
    this.wants = wants;
  }
  /** Ids mean nothing behind a restart of the server. */
  forgetIds(): void {
    this.byId.clear();
    this.lastId = -1;
  }
  /** Throws RangeError where the event is cut short. */
  add(b: Buffer, at: number, end: number): void {
    const id = idAt(b, at), content = at + 8;
    if (isSame(this.lastContent, b, content, end)) {
      if (id === this.lastId) return;
    } else {
      this.look(b, content, end);
    }
    this.lastId = id;
    if (this.byId.size >= MOST) this.byId.clear();
    this.byId.set(id, this.lastMap);
  }
  private look(b: Buffer, content: number, end: number): void {
    const { database, table } = tableNames(b, content), name = `${database}\0${table}`;
    let entry = this.known.get(name);
    if (entry === undefined || !isSame(entry.content, b, content, end)) {
      entry = { content: Buffer.from(b.subarray(content, end)), map: this.wants({ database, table }) ? parseTableMap(b, content, end, this.facts) : null };
      if (this.known.size >= MOST) this.known.clear();
      this.known.set(name, entry);
    }
    this.lastContent = entry.content;
    this.lastMap = entry.map;
  }
  /** Of the rows event whose body is there. undefined: it was not described; null: not wanted. */
  find(b: Buffer, at: number): TableMap | null | undefined {
    const id = idAt(b, at);
    if (id === this.lastId) return this.lastMap;
    return id === DUMMY_ID ? null : this.byId.get(id);
  }
  /** For errors and tests. */
  get tables(): string[] { return [...this.known.values()].flatMap(({ map }) => (map === null ? [] : [tableText(map)])); }
}
const idAt = (b: Buffer, at: number): number => b.readUInt32LE(at) + b.readUInt16LE(at + 4) * 4294967296;
/** A native comparison costs more than these hundred bytes. */
function isSame(content: Buffer, b: Buffer, start: number, end: number): boolean {
  const { length } = content;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (content[i] !== b[start + i]) return false;
  return true;
}
