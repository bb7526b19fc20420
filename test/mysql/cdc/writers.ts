/** Writers of one table `t (id BIGINT PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT)`, or of a like one with another key, side by side. */
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { connect } from './support.ts';

/** A small generator of numbers with a seed. */
export function random(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => { state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0; let t = Math.imul(state ^ (state >>> 13), 0x297a2d39); t ^= t >>> 16; return (t >>> 0) % below; };
}
export interface Writers { stop(): Promise<{ transactions: number }> }
/** `keyOf`: the literals of the n-th key, for the columns `key` names. */
export async function startWriters(server: MySqlServer, database: string, options: { count: number; keys: number; key?: readonly string[]; keyOf?: (n: number) => string | readonly string[]; seed?: number; table?: string; pauseMs?: number }): Promise<Writers> {
  const names = options.key ?? ['id'], keyOf = (n: number): readonly string[] => { const k = options.keyOf?.(n) ?? String(n); return typeof k === 'string' ? [k] : k; }, table = options.table ?? 't';
  let isStopped = false, transactions = 0;
  const one = async (writer: number): Promise<void> => {
    const connection = await connect(server, database), draw = random((options.seed ?? 1) * 1000 + writer);
    const key = (): readonly string[] => keyOf(draw(options.keys)), where = (): string => key().map((v, i) => `${names[i]} = ${v}`).join(' AND '), set = (): string => key().map((v, i) => `${names[i]} = ${v}`).join(', ');
    while (!isStopped) {
      const many = 1 + (draw(4) === 0 ? draw(5) : 0);
      try {
        await connection.query('BEGIN');
        for (let i = 0; i < many; i++) {
          const kind = draw(10), note = `w${writer}-${transactions}-${draw(1000)}`;
          if (kind < 3) await connection.query(`INSERT IGNORE INTO ${table} (${names.join(', ')}, a, name, n) VALUES (${key().join(', ')}, ${draw(1000)}, '${note}', ${draw(1_000_000)})`);
          else if (kind < 7) await connection.query(`UPDATE ${table} SET a = a + 1, name = '${note}' WHERE ${where()}`);
          else if (kind < 8) await connection.query(`UPDATE IGNORE ${table} SET ${set()}, name = '${note}' WHERE ${where()}`);
          else await connection.query(`DELETE FROM ${table} WHERE ${where()}`);
        }
        await connection.query(draw(20) === 0 ? 'ROLLBACK' : 'COMMIT');
        transactions++;
      } catch (error) {
        if (![1213, 1205].includes((error as { errno?: number }).errno ?? 0)) throw error;
        await connection.query('ROLLBACK');
      }
      if (options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
    await connection.end();
  };
  const all = Promise.all(Array.from({ length: options.count }, (_, i) => one(i)));
  return { stop: async () => { isStopped = true; await all; return { transactions }; } };
}
