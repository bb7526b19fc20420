/**
 * The columns of captured tables as of the place of the stream: read from information_schema at the start, then followed through the
 * statements of the binlog. What information_schema told held at `knownAt`; statements before that are in it already, and rows before it
 * may have other columns, which only the binlog's own descriptions (`binlog_row_metadata=FULL`) can tell.
 */
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

/** Reads of all columns until two in a row are equal. */
const MOST_READS = 5;

export class Schemas {
  private history!: SchemaHistory;
  private knownAt: BinlogPosition | undefined;
  /** The binlog describes its rows in full. */
  private isDescribed = false;
  private readonly last = new Map<string, string>();
  private readonly context: SourceContext;
  private readonly captured: (id: TableId) => boolean;
  constructor(context: SourceContext, captured: (id: TableId) => boolean) {
    this.context = context;
    this.captured = captured;
  }
  /** @param tables as read; given back as of `knownAt` */
  async begin(server: MySqlServer, connection: Connection, facts: ServerFacts, tables: readonly MySqlTable[]): Promise<ReadonlyMap<string, MySqlTable>> {
    await this.prepare(server, connection, facts);
    let known: ReadonlyMap<string, MySqlTable> = new Map(tables.map((t) => [tableText(t), t]));
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
  async restore(server: MySqlServer, connection: Connection, facts: ServerFacts, state: SchemaHistoryState): Promise<void> {
    this.history = SchemaHistory.restore(state, await readSchemaDefaults(server, connection, facts), this.captured);
    this.isDescribed = await variable(server, connection, 'binlog_row_metadata') === 'FULL';
  }
  private async prepare(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<void> {
    this.history ??= new SchemaHistory(await readSchemaDefaults(server, connection, facts), this.captured);
    this.isDescribed = await variable(server, connection, 'binlog_row_metadata') === 'FULL';
  }
  /** What a statement did to captured tables, as far as it is news. */
  statement(event: Extract<BinlogEvent, { kind: 'statement' }>): readonly SchemaEffect[] {
    const effects = this.history.apply(event.sql, event.database, { plainBackslash: event.noBackslashEscapes });
    for (const { id, unseenRows } of effects) {
      this.last.set(tableText(id), event.sql.slice(0, 500));
      if (unseenRows !== undefined) this.context.log('warn', 'rows of a table came or went without row events: copies of it miss that', { table: tableText(id), what: unseenRows, statement: event.sql.slice(0, 500) });
    }
    if (this.knownAt === undefined || !isReached(this.knownAt, event.position)) return effects;
    return effects.filter((effect) => !this.isOld(effect, event.position));
  }
  /** A statement that information_schema had seen when it was asked. */
  private isOld(effect: SchemaEffect, position: BinlogPosition): boolean {
    const isColumns = effect.problem !== undefined || effect.changes.some((c) => c.kind.endsWith('.column'));
    if (!isColumns) return false;
    if (effect.before !== undefined) this.history.put(effect.before);
    if (!this.isDescribed) throw schemaUnknown({ table: tableText(effect.id), place: placeText(position), why: `Reading begins before the statement "${this.last.get(tableText(effect.id)) ?? ''}", and the server does not write the names of columns into its binlog` });
    return true;
  }
  /** The binlog's own description of a table. */
  put(table: MySqlTable): void { this.history.put(table); }
  knows(id: TableId): boolean { return this.history.get(id) !== undefined; }
  snapshot(): SchemaHistoryState { return this.history.snapshot(); }
  /** That concerned a table. */
  lastStatement(name: string): string | null { return this.last.get(name) ?? null; }
}
