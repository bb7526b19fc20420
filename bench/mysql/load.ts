/**
 * The table of the MySQL bench and what happens to it: six columns (BIGINT key, VARCHAR, INT, DECIMAL, DATETIME, VARCHAR that is NULL in
 * one row of ten), rows that depend on their key and a generation alone, written by statements of many rows. The loads leave the same
 * binlog every time.
 */
import type { Connection } from 'mysql2/promise';
import { Draws } from '../load/draws.ts';
import { TextWriter } from '../load/text-writer.ts';

export const COLUMNS = ['id', 'name', 'qty', 'price', 'at', 'note'] as const;
/** Rows of one INSERT while the table is filled. */
const FILL_ROWS = 5_000, START_MS = Date.UTC(2026, 0, 1);
/** One-row statements sent in one packet; each is a transaction of its own. */
const PACKET_STATEMENTS = 500;

export const createTable = (table: string): string => `CREATE TABLE ${table} (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, qty INT NOT NULL, price DECIMAL(12,2) NOT NULL, at DATETIME NOT NULL, note VARCHAR(128))`;

export class RowWriter {
  readonly out = new TextWriter();
  readonly #draws = new Draws();

  /** `(id,'name',qty,price,'at','note')`; every field but the key changes with the generation. */
  row(id: number, generation: number): void {
    const { out } = this, draws = this.#draws;
    draws.seed(20 + generation, id);
    out.text('('); out.int(id); out.text(",'"); out.word(8 + draws.upto(16), draws);
    out.text("',"); out.int(draws.upto(100_000)); out.text(','); out.int(draws.upto(1_000_000)); out.text('.'); out.twoDigits(draws.upto(100));
    out.text(",'"); out.text(new Date(START_MS + (id + generation * 86_400) * 1000).toISOString().slice(0, 19).replace('T', ' '));
    if (draws.upto(10) === 0) out.text("',NULL)"); else { out.text("','"); out.word(20 + draws.upto(40), draws); out.text("')"); }
  }
  /** Many rows with commas between, as bytes of their own. */
  rows(from: number, to: number, generation: number): Buffer {
    const parts: Buffer[] = [];
    for (let id = from; id < to; id++) {
      const start = this.out.begin();
      if (id > from) this.out.text(',');
      this.row(id, generation);
      parts.push(Buffer.from(this.out.bytes.subarray(start, this.out.at)));
    }
    return Buffer.concat(parts);
  }
}

/** Fills ids 0 … rows-1 of generation 0, past the binlog. The connection's user may set sql_log_bin. */
export async function fillTable(connection: Connection, table: string, rows: number): Promise<void> {
  const writer = new RowWriter();
  await connection.query('SET SESSION sql_log_bin = 0');
  for (let id = 0; id < rows; id += FILL_ROWS) await connection.query(`INSERT INTO ${table} VALUES ${writer.rows(id, Math.min(rows, id + FILL_ROWS), 0).toString('latin1')}`);
  await connection.query('SET SESSION sql_log_bin = 1');
}

/** A load: statements for the binlog, and how many row changes they make. */
export interface Load {
  readonly name: 'large' | 'mixed' | 'small';
  readonly title: string;
  readonly changes: number;
  /** Writes everything. The table holds `rows` rows of generation 0. */
  write(connection: Connection, table: string): Promise<void>;
}
export const LARGE_ROWS = 10_000;

/** The loads of `mysql-stream` at a size: as many changes as the table has rows, a fifth of it in transactions of one row. */
export function loads(rows: number): readonly Load[] {
  const blocks = Math.max(1, Math.round(rows / LARGE_ROWS)), block = Math.min(LARGE_ROWS, rows), small = Math.max(1, Math.round(rows / 5));
  return [
    { name: 'large', title: `transactions of ${block.toLocaleString('en')} rows, inserts`, changes: blocks * block, write: async (connection, table) => { await inserts(connection, table, rows, blocks, block); } },
    { name: 'mixed', title: `transactions of ${block.toLocaleString('en')} rows: 5 in 10 inserts, 4 updates, 1 deletes`, changes: blocks * block, write: async (connection, table) => { await mixed(connection, table, rows, blocks, block); } },
    { name: 'small', title: 'transactions of one row: 5 in 10 inserts, 4 updates, 1 deletes', changes: small, write: async (connection, table) => { await singles(connection, table, rows, small); } },
  ];
}

async function inserts(connection: Connection, table: string, rows: number, blocks: number, block: number): Promise<void> {
  const writer = new RowWriter();
  for (let b = 0; b < blocks; b++) await connection.query(`INSERT INTO ${table} VALUES ${writer.rows(rows + b * block, rows + (b + 1) * block, 0).toString('latin1')}`);
}
/** Blocks go round: five insert above what is there, four update and one deletes blocks of the first rows. */
async function mixed(connection: Connection, table: string, rows: number, blocks: number, block: number): Promise<void> {
  const writer = new RowWriter();
  let above = rows * 3, below = 0;
  for (let b = 0; b < blocks; b++) {
    const step = b % 10;
    if (step % 2 === 0) { await connection.query(`INSERT INTO ${table} VALUES ${writer.rows(above, above + block, 0).toString('latin1')}`); above += block; continue; }
    await connection.query(step === 9 ? `DELETE FROM ${table} WHERE id >= ${below} AND id < ${below + block}` : `UPDATE ${table} SET name = CONCAT('u', ${b}, '-', id), qty = qty + 1, price = price + 0.01 WHERE id >= ${below} AND id < ${below + block}`);
    below += block;
  }
}
async function singles(connection: Connection, table: string, rows: number, changes: number): Promise<void> {
  const writer = new RowWriter();
  let above = rows * 5, below = rows - 1, statements: string[] = [];
  for (let i = 0; i < changes; i++) {
    const step = i % 10;
    if (step % 2 === 0) { statements.push(`INSERT INTO ${table} VALUES ${writer.rows(above, above + 1, 0).toString('latin1')}`); above++; } else statements.push(step === 9 ? `DELETE FROM ${table} WHERE id = ${below}` : `UPDATE ${table} SET qty = qty + 1, name = 'one-${i}' WHERE id = ${below}`);
    if (step % 2 !== 0) below--;
    if (statements.length === PACKET_STATEMENTS || i === changes - 1) { await connection.query(statements.join(';')); statements = []; }
  }
}
