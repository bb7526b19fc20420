/**
 * The columns of captured tables as of the place of the stream: read from information_schema at the start, then followed through the
 * statements of the binlog. What information_schema told held at `knownAt`; statements before that are in it already, and rows before it
 * may have other columns, which only the binlog's own descriptions (`binlog_row_metadata=FULL`) can tell.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Connection } from 'mysql2/promise';
import { schemaUnknown } from '../../../../core/errors/mysql-cdc.ts';
import type { SourceContext } from '../../contract.ts';
import { currentPosition, variable } from '../binlog/facts.ts';
import type { MySqlServer } from '../connection/server.ts';
import { tableText, type BinlogEvent, type BinlogPosition, type MySqlTable, type ServerFacts, type TableId } from '../contract.ts';
import { readSchemaDefaults, readTableCollations } from '../ddl/defaults.ts';
import { SchemaHistory, type SchemaEffect, type SchemaHistoryState } from '../ddl/history.ts';
import { isReached, placeText } from './place.ts';
import { readTablesNamed } from './structure.ts';

/**
 * `history`: packed, since a checkpoint of a thousand tables would have megabytes of it each time; made anew only when a table changes.
 * `asked`: tables whose columns are those of a later place, while the stream has not come there. JSON-safe.
 */
export interface StoredSchemas { readonly history: string; readonly asked: { readonly at: BinlogPosition; readonly tables: readonly string[] } | null }

export const unpackHistory = (stored: StoredSchemas): SchemaHistoryState => JSON.parse(inflateRawSync(Buffer.from(stored.history, 'base64')).toString('utf8')) as SchemaHistoryState;

/** Reads of all columns until two in a row are equal. */
const MOST_READS = 5;

export class Schemas {
  private history!: SchemaHistory;
  /** Of tables that information_schema was asked for: when. */
  private knownAt: BinlogPosition | undefined;
  private readonly asked = new Set<string>();
  /** The binlog describes its rows in full. */
  private isDescribed = false;
  private readonly last = new Map<string, string>();
  private packed: string | undefined;
  private readonly context: SourceContext;
  private readonly captured: (id: TableId) => boolean;
  constructor(context: SourceContext, captured: (id: TableId) => boolean) {
    this.context = context;
    this.captured = captured;
  }
  /** @param tables as read; given back as of `knownAt` */
  async begin(server: MySqlServer, connection: Connection, facts: ServerFacts, tables: readonly MySqlTable[]): Promise<ReadonlyMap<string, MySqlTable>> {
    await this.prepare(server, connection, facts);
    for (const table of tables) this.asked.add(tableText(table));
    let known: ReadonlyMap<string, MySqlTable> = new Map(tables.map((t) => [tableText(t), t]));
    if (tables.length === 0) return known;
    for (let read = 0; ; read++) {
      this.knownAt = await currentPosition(server, connection, facts);
      const again = await readTablesNamed(server, connection, tables), isSame = tables.every((t) => JSON.stringify(again.get(tableText(t))) === JSON.stringify(known.get(tableText(t))));
      known = again;
      if (isSame || read === MOST_READS) break;
    }
    const collations = await readTableCollations(server, connection, tables);
    for (const [name, table] of known) this.history.put(table, collations.get(name));
    return known;
  }
  async restore(server: MySqlServer, connection: Connection, facts: ServerFacts, state: StoredSchemas): Promise<void> {
    this.history = SchemaHistory.restore(unpackHistory(state), await readSchemaDefaults(server, connection, facts), this.captured);
    if (state.asked !== null) {
      this.knownAt = state.asked.at;
      for (const name of state.asked.tables) this.asked.add(name);
    }
    this.isDescribed = await variable(server, connection, 'binlog_row_metadata') === 'FULL';
  }
  private async prepare(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<void> {
    this.history ??= new SchemaHistory(await readSchemaDefaults(server, connection, facts), this.captured);
    this.isDescribed = await variable(server, connection, 'binlog_row_metadata') === 'FULL';
  }
  /** What a statement did to captured tables. `isOld`: information_schema had seen it when it was asked for the table. */
  statement(event: Extract<BinlogEvent, { kind: 'statement' }>): readonly (SchemaEffect & { readonly isOld: boolean })[] {
    const effects = this.history.apply(event.sql, event.database, { plainBackslash: event.noBackslashEscapes });
    this.packed = undefined;
    for (const { id, unseenRows } of effects) {
      this.last.set(tableText(id), event.sql.slice(0, 500));
      if (unseenRows !== undefined) this.context.log('warn', 'rows of a table came or went without row events: copies of it miss that', { table: tableText(id), what: unseenRows, statement: event.sql.slice(0, 500) });
    }
    return effects.map((effect) => ({ ...effect, isOld: this.isOld(effect, event.position) }));
  }
  private isOld(effect: SchemaEffect, position: BinlogPosition): boolean {
    if (this.knownAt === undefined || !this.asked.has(tableText(effect.id)) || !isReached(this.knownAt, position)) return false;
    if (effect.before !== undefined) this.put(effect.before);
    const isColumns = effect.problem !== undefined || effect.changes.some((c) => c.kind.endsWith('.column'));
    if (isColumns && !this.isDescribed) throw schemaUnknown({ table: tableText(effect.id), place: placeText(position), why: `Reading begins before the statement "${this.last.get(tableText(effect.id)) ?? ''}", and the server does not write the names of columns into its binlog` });
    return true;
  }
  /** The binlog's own description of a table. */
  put(table: MySqlTable): void {
    this.history.put(table);
    this.packed = undefined;
  }
  knows(id: TableId): boolean { return this.history.get(id) !== undefined; }
  /** @param position of the stream */
  snapshot(position: BinlogPosition): StoredSchemas {
    const isPassed = this.knownAt === undefined || isReached(position, this.knownAt);
    this.packed ??= deflateRawSync(JSON.stringify(this.history.snapshot())).toString('base64');
    return { history: this.packed, asked: isPassed || this.knownAt === undefined ? null : { at: this.knownAt, tables: [...this.asked] } };
  }
  /** That concerned a table. */
  lastStatement(name: string): string | null { return this.last.get(name) ?? null; }
}
