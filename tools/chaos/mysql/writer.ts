/**
 * One of the concurrent writers: a connection that makes random transactions until its number of operations is done. Whatever the server
 * refuses (a duplicate, a deadlock, a column that is gone) is part of the game; when the server dies it connects again and goes on. What
 * really happened is read from the binlog afterwards (`history.ts`), never assumed here.
 */
import mysql from 'mysql2/promise';
import { alterSql, randomAlter, type Alter, type ExtraColumn } from './alters.ts';
import type { Random } from '../random.ts';
import { columnFacts, keyCondition, rowLiterals, type ChaosTable } from './tables.ts';
import { literal } from './values.ts';

export interface WriterWorld {
  readonly url: string;
  readonly database: string;
  readonly tables: readonly ChaosTable[];
  readonly truncates: boolean;
  /** All ALTERs tried, by number. */
  readonly alters: Map<number, Alter>;
  /** Waits while a fault must be over first; counts the operation. */
  gate(): Promise<void>;
}
/** Refusals a writer shrugs off: duplicate key, deadlock, lock timeout, unknown column, column count, out of range, metadata changed, no such column to alter, data too long. */
const REFUSED = new Set([1062, 1213, 1205, 1054, 1136, 1264, 1412, 1091, 1060, 1406, 1364, 1072, 3024, 1105, 1137, 1690, 3572]);
const LOST = /ECONN|PROTOCOL|EPIPE|ETIMEDOUT|closed state|Connection lost|Server shutdown|ER_SERVER_SHUTDOWN|ER_QUERY_INTERRUPTED|ER_CLIENT_INTERACTION|gone away/;

export class Writer {
  readonly done: Map<string, number> = new Map();
  #connection: mysql.Connection | undefined;
  readonly #world: WriterWorld;
  readonly #random: Random;
  readonly #alters: boolean;
  /** `alters`: only one writer changes columns. */
  constructor(world: WriterWorld, random: Random, alters: boolean) { this.#world = world; this.#random = random; this.#alters = alters; }

  async run(operations: number): Promise<void> {
    const random = this.#random;
    for (let i = 0; i < operations; i++) {
      await this.#world.gate();
      const name = random.weighted(this.#menu());
      try {
        await this.#operation(name);
        this.done.set(name, (this.done.get(name) ?? 0) + 1);
      } catch (error) { await this.#excuse(error as Error & { errno?: number; code?: string }); }
      if (random.chance(0.3)) await new Promise((resolve) => setTimeout(resolve, random.int(12)));
    }
    await this.#connection?.end().catch(() => {});
  }
  #menu(): (readonly [number, string])[] {
    return [[22, 'insert'], [6, 'inserts'], [6, 'replace'], [24, 'update'], [5, 'updates'], [1, 'touch'], [10, 'delete'], [3, 'deletes'], [8, 'move'], [3, 'shift'], [2, 'swap'], [10, 'transaction'], [0.6, 'large'],
      ...this.#alters ? [[6, 'alter']] as const : [], ...this.#alters && this.#world.truncates ? [[0.5, 'truncate']] as const : []];
  }
  async #excuse(error: Error & { errno?: number; code?: string }): Promise<void> {
    if (error.errno !== undefined && REFUSED.has(error.errno)) {
      if (error.errno !== 1213) await this.#query('ROLLBACK').catch(() => {});
      return;
    }
    if (!LOST.test(`${error.code} ${error.message}`)) throw error;
    this.#connection?.destroy();
    this.#connection = undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  async #query(sql: string): Promise<unknown> {
    if (this.#connection === undefined) {
      const connection = await mysql.createConnection({ uri: this.#world.url, database: this.#world.database, charset: 'utf8mb4', timezone: 'Z', multipleStatements: false });
      connection.on('error', () => {});
      this.#connection = connection;
      // A lock that is held longer than this counts as refused, so that writers never stand still.
      await connection.query("SET SESSION innodb_lock_wait_timeout = 5, lock_wait_timeout = 20, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE'");
    }
    return (await this.#connection.query(sql))[0];
  }
  async #operation(name: string): Promise<void> {
    const random = this.#random, table = random.pick(this.#world.tables);
    switch (name) {
      case 'transaction': return await this.#transaction();
      case 'large': return await this.#large();
      case 'alter': return await this.#alter();
      case 'truncate': await this.#query(`TRUNCATE TABLE \`${table.name}\``); return;
      case 'swap': return await this.#swap(table);
      default: await this.#query(await this.#statement(name, table));
    }
  }
  /** The columns to write of a table: those it began with, and what ALTERs have added as far as this writer knows. */
  async #extras(table: ChaosTable): Promise<ExtraColumn[]> {
    if (!table.altered) return [];
    const rows = await this.#query(`SELECT column_name AS name, column_type AS type, is_nullable AS nullable FROM information_schema.columns WHERE table_schema = '${this.#world.database}' AND table_name = '${table.name}' AND column_name LIKE 'x%' ORDER BY ordinal_position`) as { name: string; type: string; nullable: string }[];
    return rows.map((r) => ({ name: r.name, type: r.type, nullable: r.nullable === 'YES' }));
  }
  #extraLiteral(column: ExtraColumn): string {
    const text = columnFacts(this.#world.tables.find((t) => t.altered) as ChaosTable, column.name)?.kind === 'text';
    return text ? `'${this.#random.pick(['', 'x', 'ü', 'a,b'])}'` : String(this.#random.between(-100, 100));
  }
  async #statement(name: string, table: ChaosTable): Promise<string> {
    const random = this.#random, t = `\`${table.name}\``, extras = await this.#extras(table);
    const columns = [...table.columns.map((c) => c.name), ...extras.map((c) => c.name)].map((c) => `\`${c}\``).join(', ');
    const row = (): string => `(${[rowLiterals(table, random), ...extras.map((c) => this.#extraLiteral(c))].join(', ')})`;
    const rows = (count: number): string => Array.from({ length: count }, row).join(', ');
    const rest = table.columns.filter((c) => !table.key.includes(c.name) && c.name !== 'ver');
    const set = (): string => {
      const column = random.pick(rest), extra = extras.length > 0 ? random.pick(extras) : undefined;
      return `\`ver\` = UUID_SHORT(), \`${column.name}\` = ${literal(column.kind, column.make(random))}${extra !== undefined ? `, \`${extra.name}\` = ${this.#extraLiteral(extra)}` : ''}`;
    };
    const one = keyCondition(table, random), group = `\`g\` = ${random.int(12)}`;
    switch (name) {
      case 'insert': return random.chance(0.5) ? `INSERT INTO ${t} (${columns}) VALUES ${row()}` : `INSERT INTO ${t} (${columns}) VALUES ${row()} ON DUPLICATE KEY UPDATE ${set()}`;
      case 'inserts': return `INSERT IGNORE INTO ${t} (${columns}) VALUES ${rows(random.between(2, 30))}`;
      case 'replace': return `REPLACE INTO ${t} (${columns}) VALUES ${rows(random.between(1, 6))}`;
      case 'update': return `UPDATE ${t} SET ${set()} WHERE ${one}`;
      case 'updates': return `UPDATE ${t} SET ${set()} WHERE ${group}`;
      case 'touch': return `UPDATE ${t} SET ${set()}`;
      case 'delete': return `DELETE FROM ${t} WHERE ${one}`;
      case 'deletes': return `DELETE FROM ${t} WHERE ${group} LIMIT ${random.between(1, table.large ? 200 : 20)}`;
      default:
        if (name === 'shift' && table.shifts) return this.#shift(table);
        return `UPDATE ${t} SET ${table.columns.filter((c) => table.key.includes(c.name)).map((c) => `\`${c.name}\` = ${literal(c.kind, c.make(random))}`).join(', ')}, \`ver\` = UUID_SHORT() WHERE ${one}`;
    }
  }
  /** Every key of a stretch becomes its neighbour's, in one statement. */
  #shift(table: ChaosTable): string {
    const id = table.columns[0]?.make(this.#random) ?? '0', width = this.#random.between(2, 60);
    const [by, order] = this.#random.pick([['+ 1', 'DESC'], ['- 1', 'ASC']] as const);
    return `UPDATE \`${table.name}\` SET \`id\` = \`id\` ${by}, \`ver\` = UUID_SHORT() WHERE \`id\` BETWEEN ${id} AND ${id} + ${width} ORDER BY \`id\` ${order}`;
  }
  /** Two rows exchange their keys by way of a third. */
  async #swap(table: ChaosTable): Promise<void> {
    const random = this.#random, key = table.columns.filter((c) => table.key.includes(c.name));
    const make = (): string[] => key.map((c) => literal(c.kind, c.make(random)));
    const [a, b, spare] = [make(), make(), make()];
    const move = async (from: readonly string[], to: readonly string[]): Promise<unknown> => await this.#query(`UPDATE \`${table.name}\` SET ${key.map((c, i) => `\`${c.name}\` = ${to[i]}`).join(', ')}, \`ver\` = UUID_SHORT() WHERE ${key.map((c, i) => `\`${c.name}\` = ${from[i]}`).join(' AND ')}`);
    await this.#query('BEGIN');
    await move(a, spare);
    await move(b, a);
    await move(spare, b);
    await this.#query('COMMIT');
  }
  async #transaction(): Promise<void> {
    const random = this.#random;
    await this.#query('BEGIN');
    for (let i = random.between(2, 7); i > 0; i--) {
      const savepoint = random.chance(0.2);
      if (savepoint) await this.#query('SAVEPOINT s');
      await this.#query(await this.#statement(random.weighted([[4, 'insert'], [2, 'inserts'], [2, 'replace'], [5, 'update'], [1, 'updates'], [3, 'delete'], [1, 'deletes'], [3, 'move'], [1, 'shift']] as const), random.pick(this.#world.tables)));
      if (savepoint && random.chance(0.5)) await this.#query('ROLLBACK TO SAVEPOINT s');
    }
    await this.#query(random.chance(0.15) ? 'ROLLBACK' : 'COMMIT');
  }
  /** Thousands of rows in one transaction. */
  async #large(): Promise<void> {
    const random = this.#random, table = this.#world.tables.find((t) => t.large);
    if (table === undefined) return;
    await this.#query('BEGIN');
    for (let i = random.between(1, 3); i > 0; i--) {
      const base = random.int(table.rows * 3);
      await this.#query(random.weighted([
        [2, `UPDATE \`${table.name}\` SET \`ver\` = UUID_SHORT(), \`n\` = ${random.int(1000)}`],
        [2, `INSERT IGNORE INTO \`${table.name}\` (id, ver, g, n, note) WITH RECURSIVE seq AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM seq WHERE i < 900) SELECT ${base} + i, UUID_SHORT(), i MOD 12, i, 'large' FROM seq`],
        [1, `DELETE FROM \`${table.name}\` WHERE id BETWEEN ${base} AND ${base + 700}`],
      ]));
    }
    await this.#query(random.chance(0.2) ? 'ROLLBACK' : 'COMMIT');
  }
  async #alter(): Promise<void> {
    const table = this.#world.tables.find((t) => t.altered);
    if (table === undefined) return;
    const alter = randomAlter(this.#random, table.name, this.#world.alters.size + 1, await this.#extras(table));
    this.#world.alters.set(alter.number, alter);
    await this.#query(alterSql(this.#world.database, alter));
  }
}
