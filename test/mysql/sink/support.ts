/** Tables of connector `mysql` and `jdbc` over a test database. */
import type { TableObject } from '../../../catalog/objects/objects.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { tableOf, type ColumnsOf } from '../../connectors/support.ts';
import type { TestDatabase, TestServer } from '../support.ts';

export function mysqlTable(server: TestServer, database: TestDatabase, name: string, columns: ColumnsOf, key?: readonly string[], options: Readonly<Record<string, string>> = {}): TableObject {
  const { host, port, user, password } = server.root;
  return tableOf(columns, { connector: 'mysql', hostname: host, port: String(port), username: user, password, 'database-name': database.name, 'table-name': name, ...options }, key);
}
/** The error that a promise must end with. */
export async function refusal(work: Promise<unknown>): Promise<RivuletError> {
  try { await work; } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  throw new RangeError('nothing was refused');
}
