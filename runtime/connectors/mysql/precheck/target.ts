/** The precheck of MySQL as a target: reached, and the rights to write rows and make tables. */
import { RivuletError } from '../../../../core/errors/define.ts';
import { serverFacts } from '../binlog/facts.ts';
import { query, quoteName, withConnection } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import { tableText, type TableId } from '../contract.ts';
import { fail, failed, few, pass, skipped, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import { isOn, textOf } from './contract.ts';
import { Grants, grantStatement } from './grants.ts';

/** `makesTables`: those that are not there are created, and altered when their source is. */
export interface TargetWish { readonly server: MySqlServer; readonly tables: readonly TableId[]; readonly makesTables: boolean }

export async function checkMySqlTarget(wish: TargetWish): Promise<CheckItem[]> {
  const { server } = wish, items: CheckItem[] = [];
  try {
    await withConnection(server, {}, async (connection) => {
      items.push(pass('target connection', `User "${server.user}" at ${serverText(server)}.`));
      const facts = await serverFacts(server, connection), [state] = await query(server, connection, 'SELECT @@GLOBAL.read_only', [], 'tell whether it can be written');
      if (isOn(textOf(state?.[0]))) items.push(fail('target can be written', 'The server is read_only.', 'Write to its primary, or SET GLOBAL read_only = OFF.'));
      const grants = await Grants.read(server, connection, facts), schemas = [...new Set(wish.tables.map((t) => t.database))];
      const there = new Set(schemas.length === 0 ? [] : (await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (${schemas.map(() => '?').join(', ')})`, schemas, 'list its tables')).map((row) => tableText({ database: textOf(row[0]), table: textOf(row[1]) })));
      items.push(...grants instanceof RivuletError ? [skipped('target rights', `The grants of user "${server.user}" could not be read.`, 'Make sure that it has INSERT, UPDATE, DELETE and CREATE.')] : rights(wish, grants, there));
      const databases = new Set((await query(server, connection, 'SELECT SCHEMA_NAME FROM information_schema.SCHEMATA', [], 'list its databases')).map((row) => textOf(row[0])));
      const missing = [...new Set(wish.tables.map((t) => t.database))].filter((d) => !databases.has(d));
      if (missing.length > 0 && !wish.makesTables) items.push(fail('target databases', `They do not exist: ${few(missing)}.`, missing.map((d) => `CREATE DATABASE ${quoteName(d)};`).join(' ')));
    });
  } catch (error) { items.push(failed(items.length === 0 ? 'target connection' : 'target', error)); }
  return items;
}
function rights({ server: { user }, tables, makesTables }: TargetWish, grants: Grants, there: ReadonlySet<string>): CheckItem[] {
  const missing = tables.filter((t) => !there.has(tableText(t)));
  const look = (privilege: string, on: readonly TableId[], why: string | undefined): CheckItem[] => {
    const name = `target right to ${privilege}`, without = on.filter((t) => !grants.on(privilege, t));
    if (on.length === 0) return [];
    if (without.length === 0) return [pass(name, `On ${on.length === 1 ? 'the table' : `all ${on.length} tables`}.`)];
    const detail = `User "${user}" does not have it on ${few(without.map(tableText))}${why === undefined ? '' : `; ${why}`}.`, fix = [...new Set(without.map((t) => t.database))].map((d) => grantStatement(privilege, `${quoteName(d)}.*`, user)).join(' ');
    return [why === undefined ? fail(name, detail, fix) : warn(name, detail, fix)];
  };
  const writing = ['INSERT', 'UPDATE', 'DELETE'].flatMap((privilege) => look(privilege, tables, undefined));
  // The rights to change tables matter when a source table changes.
  return makesTables ? [...writing, ...look('CREATE', missing, undefined), ...look('ALTER', tables, 'it is needed when a source table changes'), ...look('DROP', tables, 'it is needed when a source table is dropped or emptied')] : writing;
}
