/** CREATE, ALTER, DROP USER and SHOW USERS. */
import { invalidUser } from '../../core/errors/access.ts';
import { STRING } from '../../core/types/sql-type.ts';
import type { AlterUser, CreateUser, DropUser } from '../../planner/sql/ast-statement.ts';
import type { Principal } from '../auth/contract.ts';
import type { DoneResult, ExecuteOptions, RowsResult } from './contract.ts';
import type { Engine } from './engine.ts';
import { done, rowsResult } from './results.ts';

export async function userStatement({ access }: Engine, by: Principal, s: CreateUser | AlterUser | DropUser, options: ExecuteOptions): Promise<DoneResult> {
  const { users } = access, tell = (message: string, hint?: string): void => options.onNotice?.({ severity: 'NOTICE', sqlstate: '00000', message, hint });
  switch (s.kind) {
    case 'createUser': {
      const { value: name } = s.name;
      if (s.ifNotExists && users.get(name) !== undefined) { tell(`role "${name}" already exists, skipping`); break; }
      if (s.password === null) throw invalidUser({ what: 'PASSWORD NULL makes no sense for a new user', hint: `Write PASSWORD '…', or leave it out.` });
      const isFirst = !access.mustLogIn, role = await access.createUser(by, { name, role: s.role, password: s.password });
      if (isFirst) tell(`"${name}" is the first user, and an admin: from now on everybody has to log in, by PostgreSQL's protocol and by HTTP`, 'Sessions of others that are open end.');
      else if (s.role === undefined) tell(`user "${name}" is ${role}`, `Make an admin of it with ALTER USER … WITH ADMIN.`);
      break;
    }
    case 'alterUser': {
      const name = s.name?.value ?? by.name;
      if (s.ifExists && users.get(name) === undefined) { tell(`role "${name}" does not exist, skipping`); break; }
      await users.alter({ name, role: s.role, password: s.password });
      break;
    }
    case 'dropUser':
      for (const { value: name } of s.names) {
        if (s.ifExists && users.get(name) === undefined) tell(`role "${name}" does not exist, skipping`);
        else await users.drop(name, by.name);
      }
  }
  return done(s.kind === 'createUser' ? 'CREATE ROLE' : s.kind === 'alterUser' ? 'ALTER ROLE' : 'DROP ROLE');
}
export const showUsers = ({ access }: Engine, filter: (name: string) => boolean): RowsResult => rowsResult('SHOW', ['user name', 'role', 'defined by'].map((name) => ({ name, type: STRING })),
  access.users.list().filter((u) => filter(u.name)).map((u) => [u.name, u.canLogIn ? u.role : `${u.role}, without a password`, u.isConfigured ? 'configuration' : 'SQL']));
