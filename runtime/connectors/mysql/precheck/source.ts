/**
 * The precheck of a source of changes: one list of items for the command line, the HTTP API, and for a reader that opens. Asks one
 * connection a dozen short statements. Errors and items never hold the password.
 */
import { RE2JS } from 're2js';
import { RivuletError } from '../../../../core/errors/define.ts';
import { serverFacts } from '../binlog/facts.ts';
import { query, withConnection } from '../connection/open.ts';
import { serverText } from '../connection/server.ts';
import { tableText, type TableId } from '../contract.ts';
import type { MySqlCdcSpec } from '../cdc/spec.ts';
import { readTables } from '../types/tables.ts';
import { checkBinlog, checkFiles, checkFilters, checkGtid, checkRetention } from './binlog.ts';
import { failed, pass, type CheckItem } from '../../../pipelines/check-item.ts';
import { askOr, textOf, type SourceCheck } from './contract.ts';
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
      const facts = await serverFacts(server, connection), variables = new Map((await query(server, connection, 'SHOW GLOBAL VARIABLES', [], 'tell its variables')).map((row) => [textOf(row[0]).toLowerCase(), textOf(row[1])]));
      const include = spec.include.map((p) => RE2JS.compile(p)), exclude = spec.exclude.map((p) => RE2JS.compile(p));
      const captured = (id: TableId): boolean => { const name = tableText(id); return include.some((p) => p.matches(name)) && !exclude.some((p) => p.matches(name)); };
      const tables = await readTables(server, connection, captured);
      const look = { spec, server, connection, facts, tables, resumes: options.resumes ?? false, variable: (name: string) => variables.get(name), ask: async (sql: string, what: string) => await askOr(server, connection, sql, what) };
      for (const check of CHECKS) items.push(...await check(look));
    });
  } catch (error) { items.push(failed(items.length === 0 ? 'source connection' : 'source', error)); }
  return items;
}
/** The first thing that would make reading fail, as an error; undefined: nothing would. For a reader that opens. */
export function refusal(items: readonly CheckItem[], make: (failed: readonly CheckItem[]) => RivuletError): RivuletError | undefined {
  const found = items.filter((item) => item.status === 'fail');
  return found.length === 0 ? undefined : make(found);
}
