/**
 * The tables of a server as of a place in its binlog: put in from information_schema at the start, then changed by the statements that
 * the binlog brings. Rows read there mean what the table was there, not what it is today.
 *
 * Known are the tables that are captured, and others that the binlog saw created, since one of them may be renamed to a captured one
 * (as tools for online schema changes do). The latter are bounded and forgotten oldest first; a table that is not known when it becomes a
 * captured one is reported as a problem, as is every statement on a captured table that cannot be understood: never is a definition
 * guessed. Part of the checkpoint.
 */
import { RivuletError } from '../../../../core/errors/define.ts';
import { tableText, type MySqlTable, type TableId } from '../contract.ts';
import { applyAlter, collationFor, withKey, type HistoryTable } from './apply-alter.ts';
import { tableChanges, type TableChange } from './changes.ts';
import { resolveColumn } from './column.ts';
import { Cursor } from './cursor.ts';
import type { SchemaDefaults } from './defaults.ts';
import { parseStatement, type CreateBody, type DdlStatement } from './statement.ts';

/** What a statement did to one captured table. */
export interface SchemaEffect {
  readonly id: TableId;
  readonly before: MySqlTable | undefined;
  /** undefined: it is gone, or (see `problem`) not known any more. */
  readonly after: MySqlTable | undefined;
  readonly changes: readonly TableChange[];
  /** A sentence without an end: why the table's definition is not known from here on. The reader must ask the server or stop. */
  readonly problem: string | undefined;
  /** What made rows come, go or change without row events, e.g. `DROP PARTITION`: copies of the table miss it. */
  readonly unseenRows: string | undefined;
}
/** JSON-safe. */
export interface SchemaHistoryState { readonly tables: readonly HistoryTable[]; readonly databases: readonly (readonly [name: string, collation: string])[] }
export interface ApplyOptions { /** The statement ran under NO_BACKSLASH_ESCAPES. */ readonly plainBackslash?: boolean }

/** Of tables that are not captured. */
const MAX_OTHER_COLUMNS = 100_000;

export class SchemaHistory {
  readonly #tables = new Map<string, HistoryTable>();
  readonly #databases: Map<string, string>;
  readonly #defaults: SchemaDefaults;
  readonly #captured: (id: TableId) => boolean;
  constructor(defaults: SchemaDefaults, captured: (id: TableId) => boolean) {
    this.#defaults = defaults;
    this.#captured = captured;
    this.#databases = new Map([...defaults.databases].map(([name, collation]) => [this.#fold(name), collation]));
  }
  static restore(state: SchemaHistoryState, defaults: SchemaDefaults, captured: (id: TableId) => boolean): SchemaHistory {
    const history = new SchemaHistory(defaults, captured);
    for (const [name, collation] of state.databases) history.#databases.set(name, collation);
    for (const one of state.tables) history.#tables.set(history.#key(one.table), one);
    return history;
  }
  snapshot(): SchemaHistoryState { return { tables: [...this.#tables.values()], databases: [...this.#databases] }; }

  /** @param collation the table's default; its database's when it is not known */
  put(table: MySqlTable, collation?: string): void { this.#tables.set(this.#key(table), { table, collation: collation ?? this.#databaseCollation(table.database) }); }
  get(id: TableId): MySqlTable | undefined { return this.#tables.get(this.#key(id))?.table; }
  forget(id: TableId): void { this.#tables.delete(this.#key(id)); }

  /** Follows a statement that ran with `database` as its current one. Empty: it does not concern captured tables. */
  apply(sql: string, database: string, options: ApplyOptions = {}): SchemaEffect[] {
    const { facts } = this.#defaults, cursor = new Cursor(sql, database, { facts, plainBackslash: options.plainBackslash ?? false });
    const statement = parseStatement(cursor, facts);
    return statement === undefined ? [] : this.#run(statement).filter(({ id }) => this.#isCaptured(id));
  }

  #run(statement: DdlStatement): SchemaEffect[] {
    switch (statement.kind) {
      case 'create': return this.#create(statement);
      case 'alter': return this.#alter(statement);
      case 'drop': return statement.tables.flatMap((id) => this.#drop(id));
      case 'truncate': return [this.#effect(statement.table, this.get(statement.table), [{ kind: 'truncate.table' }])];
      case 'rename': return this.#rename(statement.pairs);
      case 'dropIndex': return statement.index.toUpperCase() === 'PRIMARY' ? this.#alter({ kind: 'alter', table: statement.table, body: () => [{ kind: 'dropPrimaryKey' }] }) : [];
      case 'database': return this.#database(statement);
      case 'data': return statement.tables.map((id) => ({ ...this.#effect(id, this.get(id), []), unseenRows: `${statement.verb} logged as a statement` }));
    }
  }

  #create({ table: id, replace, ifNotExists, body }: Extract<DdlStatement, { kind: 'create' }>): SchemaEffect[] {
    const before = this.get(id);
    if (before !== undefined && ifNotExists && !replace) return [];
    return this.#guarded(id, before, () => {
      const made = body();
      if (made.kind === 'query') return this.#lost(id, before, 'its columns come from a query');
      const copied = made.kind === 'like' ? this.#tables.get(this.#key(made.table)) : undefined;
      if (made.kind === 'like' && copied === undefined) return this.#lost(id, before, `it was made like ${tableText(made.table)}, which is not known`);
      const table: HistoryTable = made.kind === 'columns' ? this.#build(id, made) : { table: { ...copied!.table, ...id }, collation: copied!.collation };
      this.#tables.set(this.#key(id), table);
      this.#bound();
      return [this.#effect(id, before, before === undefined ? [{ kind: 'create.table' }] : [{ kind: 'drop.table' }, { kind: 'create.table' }])];
    });
  }
  #build(id: TableId, body: CreateBody): HistoryTable {
    const collation = collationFor(body.defaults, this.#databaseCollation(id.database), this.#defaults), columns = body.columns.map((c) => resolveColumn(c, collation, this.#defaults));
    const said = body.primaryKey.length > 0 ? body.primaryKey : body.columns.filter((c) => c.primary).map((c) => c.name);
    const primaryKey = said.flatMap((name) => columns.find((c) => c.name.toLowerCase() === name.toLowerCase())?.name ?? []);
    return { collation, table: withKey({ ...id, columns, primaryKey, comment: body.comment }) };
  }

  #alter({ table: id, body }: Extract<DdlStatement, { kind: 'alter' }>): SchemaEffect[] {
    const known = this.#tables.get(this.#key(id));
    // Not captured and not known: it stays so whatever happens to it, but for a new name that is captured.
    return this.#guarded(id, known?.table, () => {
      const alterations = body(), target = alterations.findLast((a) => a.kind === 'renameTable')?.to;
      const rows = alterations.filter((a) => a.kind === 'rows'), unseenRows = rows[0]?.what;
      const effects: SchemaEffect[] = [];
      if (known !== undefined) {
        const { table, collation, came } = applyAlter(known, alterations, this.#databaseCollation(id.database), this.#defaults);
        this.#tables.set(this.#key(id), { table, collation });
        if (target === undefined) effects.push({ ...this.#effect(id, known.table, tableChanges(known.table, table, came)), unseenRows });
      } else if (target === undefined) effects.push(...this.#lost(id, undefined, 'it was altered before its definition was known'));
      for (const { other, what } of rows) if (other !== undefined) effects.push(...this.#otherOfPartitions(id, other, what));
      if (target !== undefined) effects.push(...this.#rename([[id, target]], known?.table));
      return effects;
    });
  }
  /** The table at the other side of EXCHANGE PARTITION and its like. */
  #otherOfPartitions(id: TableId, other: TableId, what: string): SchemaEffect[] {
    if (what === 'CONVERT TABLE') return this.#drop(other);
    const before = this.get(other);
    if (what === 'CONVERT PARTITION') {
      const whole = this.#tables.get(this.#key(id));
      if (whole === undefined) return this.#lost(other, before, 'it was a partition of a table that is not known');
      this.#tables.set(this.#key(other), { table: { ...whole.table, ...other }, collation: whole.collation });
      return [{ ...this.#effect(other, before, [{ kind: 'create.table' }]), unseenRows: what }];
    }
    return [{ ...this.#effect(other, before, []), unseenRows: what }];
  }

  #drop(id: TableId): SchemaEffect[] {
    const before = this.get(id);
    this.forget(id);
    return before !== undefined ? [this.#effect(id, before, [{ kind: 'drop.table' }])] : [];
  }
  /**
   * Renames happen one behind the other; what counts for a name is the table it led to before all and leads to after all. A name that
   * keeps a table (`t` → `t_old`, `t_new` → `t`) is an altered table whose rows were exchanged unseen.
   * @param first the first pair's table as it was before this statement, where it was altered too
   */
  #rename(pairs: readonly (readonly [from: TableId, to: TableId])[], first?: MySqlTable): SchemaEffect[] {
    const names = new Map<string, TableId>(), before = new Map<string, MySqlTable | undefined>(), unknown = new Set<string>();
    for (const id of pairs.flat()) { const key = this.#key(id); names.set(key, id); before.set(key, this.get(id)); }
    if (first !== undefined) before.set(this.#key(pairs[0]![0]), first);
    for (const [from, to] of pairs) {
      const moved = this.#tables.get(this.#key(from)), wasUnknown = unknown.delete(this.#key(from)) || moved === undefined;
      this.forget(from);
      if (wasUnknown) unknown.add(this.#key(to));
      else this.#tables.set(this.#key(to), { collation: moved!.collation, table: { ...moved!.table, database: to.database, table: to.table } });
    }
    return [...names].flatMap(([key, id]): SchemaEffect[] => {
      const old = before.get(key), now = this.get(id), unseenRows = 'RENAME TABLE';
      if (unknown.has(key)) return this.#lost(id, old, 'a table took its name that is not known').map((e) => ({ ...e, unseenRows }));
      if (now === undefined) return old === undefined ? [] : [{ ...this.#effect(id, old, [{ kind: 'drop.table' }]), unseenRows }];
      return [{ ...this.#effect(id, old, old === undefined ? [{ kind: 'create.table' }] : tableChanges(old, now, new Map())), unseenRows }];
    });
  }

  #database({ name, action, defaults }: Extract<DdlStatement, { kind: 'database' }>): SchemaEffect[] {
    const key = this.#fold(name), gone = action === 'drop' || action === 'replace' ? [...this.#tables.values()].filter(({ table }) => this.#fold(table.database) === key).flatMap(({ table }) => this.#drop(table)) : [];
    if (action === 'drop') this.#databases.delete(key);
    else if (action !== 'create' || !this.#databases.has(key)) this.#databases.set(key, collationFor(defaults, action === 'alter' ? this.#databaseCollation(name) : this.#defaults.serverCollation, this.#defaults));
    return gone;
  }

  /** A statement that cannot be understood makes its table unknown; that matters where it is captured. */
  #guarded(id: TableId, before: MySqlTable | undefined, work: () => SchemaEffect[]): SchemaEffect[] {
    try { return work(); } catch (error) {
      if (!(error instanceof RivuletError)) throw error;
      return this.#lost(id, before, `${error.message}. ${error.detail ?? ''}`);
    }
  }
  #lost(id: TableId, before: MySqlTable | undefined, problem: string): SchemaEffect[] {
    this.forget(id);
    return [{ id, before, after: undefined, changes: [], problem, unseenRows: undefined }];
  }
  #effect(id: TableId, before: MySqlTable | undefined, changes: readonly TableChange[]): SchemaEffect { return { id, before, after: this.get(id), changes, problem: undefined, unseenRows: undefined }; }
  #isCaptured(id: TableId): boolean { return this.#captured(this.#defaults.foldsNames ? { database: id.database.toLowerCase(), table: id.table.toLowerCase() } : id); }
  #databaseCollation(database: string): string { return this.#databases.get(this.#fold(database)) ?? this.#defaults.serverCollation; }
  #fold(name: string): string { return this.#defaults.foldsNames ? name.toLowerCase() : name; }
  #key(id: TableId): string { return this.#fold(`${id.database}\0${id.table}`); }
  /** Forgets tables that are not captured, oldest first. */
  #bound(): void {
    let columns = 0;
    for (const { table } of this.#tables.values()) if (!this.#isCaptured(table)) columns += table.columns.length;
    for (const [key, { table }] of this.#tables) {
      if (columns <= MAX_OTHER_COLUMNS) return;
      if (this.#isCaptured(table)) continue;
      columns -= table.columns.length;
      this.#tables.delete(key);
    }
  }
}
