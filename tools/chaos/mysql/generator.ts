/**
 * The work load of a run: a database of tables, rows to begin with, and six writers that change them at the same time. Faults hold the
 * writers back (`Gates`), so that every fault meets writers at work however fast they are.
 */
import mysql from 'mysql2/promise';
import type { Alter } from './alters.ts';
import type { Random } from '../random.ts';
import { chaosTables, createSql, rowLiterals, type ChaosTable } from './tables.ts';
import { Writer } from './writer.ts';

export const WRITERS = 6;

/** Operations are counted over all writers; at each mark they wait until what belongs to it is over. */
export class Gates {
  #count = 0;
  readonly #total: number;
  readonly #open = new Map<number, () => void>();
  readonly #marks: { readonly at: number; readonly reached: () => void; readonly passed: Promise<void> }[] = [];
  constructor(total: number) { this.#total = total; }
  get count(): number { return this.#count; }
  /** Resolves when this part of all operations has been begun; from then on until `pass` writers come only to the next mark. */
  mark(fraction: number): { readonly reached: Promise<void>; readonly pass: () => void } {
    const number = this.#marks.length;
    const reached = new Promise<void>((resolve) => {
      this.#marks.push({ at: Math.floor(this.#total * fraction), reached: resolve, passed: new Promise((pass) => { this.#open.set(number, pass); }) });
    });
    return { reached, pass: () => this.#open.get(number)?.() };
  }
  async gate(): Promise<void> {
    const count = ++this.#count;
    for (const [i, mark] of this.#marks.entries()) {
      if (count < mark.at) break;
      mark.reached();
      // What belongs to a mark may go on while the writers work on the stretch behind it.
      const next = this.#marks[i + 1];
      if (next !== undefined && count >= next.at) await mark.passed;
    }
  }
}

export interface WorkLoad {
  readonly database: string;
  readonly tables: readonly ChaosTable[];
  readonly alters: Map<number, Alter>;
  /** Runs all writers to their end; what each kind of operation was done how often. */
  run(gates: Gates): Promise<ReadonlyMap<string, number>>;
}
export interface WorkLoadOptions { readonly url: string; readonly database: string; readonly rows: number; readonly operations: number; readonly truncates: boolean; readonly alters: boolean; /** Names of the tables to use; all when undefined. */ readonly only?: readonly string[] | undefined }

export async function prepareWorkLoad(options: WorkLoadOptions, random: Random): Promise<WorkLoad> {
  const { url, database } = options, alters = new Map<number, Alter>();
  const tables = chaosTables(options.rows).filter((t) => options.only?.includes(t.name) ?? true);
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4' });
  await connection.query("SET time_zone = '+00:00'");
  await connection.query(`CREATE DATABASE \`${database}\``);
  for (const [i, table] of tables.entries()) {
    await connection.query(createSql(database, table));
    const choices = random.fork(1000 + i);
    for (let left = table.rows; left > 0; left -= 500) {
      await connection.query(`INSERT IGNORE INTO \`${database}\`.\`${table.name}\` VALUES ${Array.from({ length: Math.min(left, 500) }, () => `(${rowLiterals(table, choices)})`).join(', ')}`);
    }
  }
  await connection.end();
  return {
    database, tables, alters,
    run: async (gates) => {
      const writers = Array.from({ length: WRITERS }, (_, i) => new Writer({ url, database, tables, truncates: options.truncates, alters, gate: async () => gates.gate() }, random.fork(i + 1), options.alters && i === 0));
      await Promise.all(writers.map(async (w) => w.run(Math.ceil(options.operations / WRITERS))));
      const done = new Map<string, number>();
      for (const w of writers) for (const [name, count] of w.done) done.set(name, (done.get(name) ?? 0) + count);
      return done;
    },
  };
}
