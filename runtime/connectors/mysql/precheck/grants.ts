/** Rights of the user, as SHOW GRANTS tells them, those of active roles included. */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { quoteName } from '../connection/open.ts';
import { tableText, type ServerFacts, type TableId } from '../contract.ts';
import type { MySqlServer } from '../connection/server.ts';
import { fail, few, pass, skipped, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import { askOr, textOf, type SourceCheck } from './contract.ts';

/** `database`, `table`: undefined = all. A database may be a pattern with % and _. */
interface Grant { readonly privileges: ReadonlySet<string>; readonly database: string | undefined; readonly table: string | undefined }
/** MariaDB's newer names of what it grants for the older ones. */
const SAME: Readonly<Record<string, readonly string[]>> = { 'REPLICATION CLIENT': ['BINLOG MONITOR'], 'REPLICATION SLAVE': ['REPLICATION REPLICA'] };

/** A line of SHOW GRANTS; undefined: not a grant of privileges on tables. Names may be in quotes of any kind. */
export function parseGrant(line: string): { readonly grant: Grant; readonly revoked: boolean } | undefined {
  const found = /^(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\*|[`"'](?:[^`"']|``)+[`"']|[\w$%]+)\.(\*|[`"'](?:[^`"']|``)+[`"']|[\w$%]+) (?:TO|FROM) /i.exec(line);
  if (found === null) return undefined;
  const [, verb = '', list = '', database = '', table = ''] = found, name = (text: string): string | undefined => (text === '*' ? undefined : text.replace(/^[`"']|[`"']$/g, '').replaceAll('``', '`'));
  return { revoked: verb.toUpperCase() === 'REVOKE', grant: { privileges: new Set(privilegesOf(list)), database: name(database), table: name(table) } };
}
/** A privilege on some columns only, `SELECT (a, b)`, is none on the table. */
function privilegesOf(list: string): string[] {
  const out: string[] = [];
  let depth = 0, name = '', isPartial = false;
  for (const c of `${list},`) {
    if (c === '(') { depth++; isPartial = true; } else if (c === ')') depth--;
    else if (c !== ',' || depth > 0) { if (depth === 0) name += c; } else {
      if (!isPartial) out.push(name.trim().toUpperCase());
      name = '';
      isPartial = false;
    }
  }
  return out;
}
const matches = (pattern: string, name: string): boolean => new RegExp(`^${pattern.replace(/\\?[\s\S]/g, (c) => (c === '%' ? '[\\s\\S]*' : c === '_' ? '[\\s\\S]' : c.length === 2 ? (c[1] ?? '').replace(/[^\w]/, '\\$&') : c.replace(/[^\w]/, '\\$&')))}$`).test(name);

export class Grants {
  readonly #grants: readonly Grant[];
  readonly #revoked: readonly Grant[];
  constructor(lines: readonly string[]) {
    const parsed = lines.flatMap((line) => parseGrant(line) ?? []);
    this.#grants = parsed.filter((p) => !p.revoked).map((p) => p.grant);
    this.#revoked = parsed.filter((p) => p.revoked).map((p) => p.grant);
  }
  static async read(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<Grants | RivuletError> {
    // MariaDB shows what the active role has by itself; MySQL has to be told the roles.
    const roles = facts.flavor === 'mysql' && facts.version[0] >= 8 ? await askOr(server, connection, 'SELECT CURRENT_ROLE()', 'tell the active roles') : [];
    const active = roles instanceof RivuletError ? '' : textOf(roles[0]?.[0]);
    const rows = await askOr(server, connection, active === '' || active === 'NONE' ? 'SHOW GRANTS' : `SHOW GRANTS FOR CURRENT_USER() USING ${active}`, "show the user's grants");
    return rows instanceof RivuletError ? rows : new Grants(rows.map((row) => textOf(row[0])));
  }
  everywhere(privilege: string): boolean { return this.#grants.some((g) => g.database === undefined && has(g, privilege)); }
  on(privilege: string, { database, table }: TableId): boolean {
    const covers = (g: Grant): boolean => has(g, privilege) && (g.database === undefined || (g.table === undefined ? matches(g.database, database) : g.database === database && g.table === table));
    // MySQL's partial revokes take a global privilege away for a database.
    const isRevoked = this.#revoked.some((g) => has(g, privilege) && g.database === database);
    return this.#grants.some((g) => covers(g) && !(isRevoked && g.database === undefined));
  }
}
const has = (g: Grant, privilege: string): boolean => [privilege, ...SAME[privilege] ?? [], 'ALL', 'ALL PRIVILEGES'].some((p) => g.privileges.has(p));
/** `GRANT … TO 'user'@'…'`: the host part is the administrator's to know. */
export const grantStatement = (privileges: string, on: string, user: string): string => `GRANT ${privileges} ON ${on} TO '${user.replaceAll("'", "''")}'@'…';`;

export const checkGrants: SourceCheck = async ({ server, connection, facts, tables, spec }) => {
  const grants = await Grants.read(server, connection, facts), { user } = server;
  if (grants instanceof RivuletError) return [skipped('rights', `The grants of user "${user}" could not be read.`, 'Make sure that it has SELECT, REPLICATION SLAVE, REPLICATION CLIENT and SHOW VIEW.')];
  const items: CheckItem[] = [], unreadable: TableId[] = [], takesSnapshot = spec.startup.mode === 'initial' || spec.startup.mode === 'snapshot';
  for (const table of tables) if (!grants.on('SELECT', table)) unreadable.push(table);
  const names = unreadable.map(tableText), databases = [...new Set(unreadable.map((t) => t.database))];
  if (unreadable.length === 0) items.push(pass('right to SELECT', tables.length === 0 ? 'There is no table to read.' : `On all ${tables.length} captured tables.`));
  else {
    const fix = databases.map((d) => grantStatement('SELECT', `${quoteName(d)}.*`, user)).join(' ');
    items.push(takesSnapshot ? fail('right to SELECT', `User "${user}" may not read ${few(names)}.`, fix) : warn('right to SELECT', `User "${user}" may not read ${few(names)}; the binlog can be read all the same.`, fix));
  }
  for (const privilege of ['REPLICATION SLAVE', 'REPLICATION CLIENT']) {
    const name = `right to ${privilege}`;
    if (grants.everywhere(privilege)) items.push(pass(name, 'Granted.'));
    else items.push(fail(name, `User "${user}" does not have it.`, grantStatement(privilege, '*.*', user)));
  }
  const sample = tables[0];
  items.push(grants.everywhere('SHOW VIEW') || (sample !== undefined && grants.on('SHOW VIEW', sample)) ? pass('right to SHOW VIEW', 'Granted.') : warn('right to SHOW VIEW', `User "${user}" does not have it. Views are not captured, so nothing fails without it.`, grantStatement('SHOW VIEW', '*.*', user)));
  return items;
};
