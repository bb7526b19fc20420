/**
 * The precheck of a source of changes: one list of items for the command line, the HTTP API, and for a reader that opens. Asks one
 * connection a dozen short statements. Errors and items never hold the password.
 */
import type { Connection } from 'mysql2/promise';
import { RE2JS } from 're2js';
import { mysqlSourceUnready } from '../../../../core/errors/mysql-precheck.ts';
import { serverFacts } from '../binlog/facts.ts';
import { query, withConnection } from '../connection/open.ts';
import { serverText } from '../connection/server.ts';
import { tableText, type MySqlTable, type ServerFacts, type TableId } from '../contract.ts';
import type { MySqlCdcSpec } from '../cdc/spec.ts';
import { readTables } from '../types/tables.ts';
import { checkBinlog, checkFiles, checkFilters, checkGtid, checkRetention } from './binlog.ts';
import { failed, pass, type CheckItem } from '../../../pipelines/check-item.ts';
import { askOr, textOf, type SourceCheck, type SourceLook } from './contract.ts';
import { checkGrants } from './grants.ts';
import { checkServerId } from './replica-id.ts';
import { checkReplica, checkTimeZone, checkVersion } from './server.ts';
import { checkTables } from './tables.ts';

const CHECKS: readonly SourceCheck[] = [checkVersion, checkBinlog, checkRetention, checkFiles, checkFilters, checkGtid, checkReplica, checkServerId, checkTimeZone, checkGrants, checkTables];

export interface SourceCheckOptions { /** Goes on from a checkpoint or savepoint. */ readonly resumes?: boolean }
/** Never rejects for what it finds: a server that cannot be reached is one failed item. */
export async function checkMySqlSource(spec: MySqlCdcSpec, options: SourceCheckOptions = {}): Promise<CheckItem[]> {
  const { server } = spec, items: CheckItem[] = [];
  try {
    await withConnection(server, {}, async (connection) => {
      items.push(pass('source connection', `User "${server.user}" at ${serverText(server)}.`));
      const facts = await serverFacts(server, connection), include = spec.include.map((p) => RE2JS.compile(p)), exclude = spec.exclude.map((p) => RE2JS.compile(p));
      const captured = (id: TableId): boolean => { const name = tableText(id); return include.some((p) => p.matches(name)) && !exclude.some((p) => p.matches(name)); };
      const look = await lookAt(spec, connection, facts, await readTables(server, connection, captured), options.resumes ?? false);
      for (const check of CHECKS) items.push(...await check(look));
    });
  } catch (error) { items.push(failed(items.length === 0 ? 'source connection' : 'source', error)); }
  return items;
}
/** What a reader cannot do without; tables it finds itself, and says more exactly. */
const REQUIRED: readonly SourceCheck[] = [checkVersion, checkBinlog, checkFilters, checkReplica, checkServerId, checkGrants];
/**
 * For a reader of the binlog that opens: throws mysql-source-unready with everything that would make it fail, or worse, miss changes
 * without a word (a binlog of statements has no rows, and gives no error).
 */
export async function requireReadable(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts, tables: readonly MySqlTable[]): Promise<void> {
  // Ids of its own the reader looks for itself.
  const look = await lookAt({ ...spec, serverIds: null }, connection, facts, tables, true), items: CheckItem[] = [];
  for (const check of REQUIRED) items.push(...await check(look));
  const wrong = items.filter((item) => item.status === 'fail');
  if (wrong.length > 0) throw mysqlSourceUnready({ server: serverText(spec.server), table: spec.table, problems: wrong.map(({ name, detail, fix }) => ({ name, detail, fix })) });
}
async function lookAt(spec: MySqlCdcSpec, connection: Connection, facts: ServerFacts, tables: readonly MySqlTable[], resumes: boolean): Promise<SourceLook> {
  const { server } = spec, variables = new Map((await query(server, connection, 'SHOW GLOBAL VARIABLES', [], 'tell its variables')).map((row) => [textOf(row[0]).toLowerCase(), textOf(row[1])]));
  return { spec, server, connection, facts, tables, resumes, variable: (name) => variables.get(name), ask: async (sql, what) => await askOr(server, connection, sql, what) };
}
