/**
 * `rivulet user add | password | role | drop | list | hash`: users of a data directory whose server is stopped, above all the first one of a
 * server that listens beyond this machine. While a server runs its lock is in the way, and SQL does it (CREATE USER).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { missingSettingValue, unexpectedArgument } from '../../core/errors/config.ts';
import { didYouMean } from '../../core/errors/define.ts';
import { silentLog } from '../../core/ports/log.ts';
import { makeVerifier, verifierText } from '../../core/scram/scram.ts';
import { openRecordStore } from '../../catalog/store/record-store.ts';
import { Users } from '../auth/users.ts';
import type { Role } from '../auth/contract.ts';
import { loadConfig } from '../config/config.ts';

export interface UserCli {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  /** Of the user who is named. */
  readonly password: (what: string) => Promise<string>;
}
const ACTIONS = ['add', 'password', 'role', 'drop', 'list', 'hash'] as const;
type Action = (typeof ACTIONS)[number];
export const USER_HELP = `Usage: rivulet user <action> …        (while the server is stopped; SQL does it while it runs)

  add NAME [--admin | --read-only]    make a user; the first one is an admin
  password NAME                       change the password; revokes the user's tokens
  role NAME --admin | --read-only     change the role
  drop NAME                           remove a user; without users everybody on this machine is trusted
  list                                users and their roles
  hash                                print a verifier for "users:" of the configuration file

  The password is asked for, or read from standard input when that is no terminal.
  Flags such as --data-dir and --config are the server's (rivulet --help).
`;

interface UserArguments { readonly action: Action | 'help'; readonly name: string; readonly role: Role | undefined; readonly rest: readonly string[] }
export function readUserArguments(argv: readonly string[]): UserArguments {
  const words: string[] = [], rest: string[] = [];
  let role: Role | undefined, isHelp = argv.length === 0;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === '--admin') role = 'admin';
    else if (argument === '--read-only') role = 'read-only';
    else if (argument === '--help' || argument === '-h') isHelp = true;
    else if (!argument.startsWith('-')) words.push(argument);
    else {
      // A flag of the server; its value, if it is not joined to it, is the next argument.
      rest.push(argument);
      if (!argument.includes('=') && argv[i + 1]?.startsWith('--') === false) rest.push(argv[++i]!);
    }
  }
  const [word, name, ...more] = words, action = ACTIONS.find((a) => a === word);
  if (isHelp) return { action: 'help', name: '', role, rest };
  if (action === undefined) throw Object.assign(unexpectedArgument({ argument: `user ${word ?? ''}`.trim() }), { hint: didYouMean(word ?? '', ACTIONS) ?? `There are ${ACTIONS.join(', ')}.` });
  const isNamed = action !== 'list' && action !== 'hash';
  if (more[0] !== undefined || (!isNamed && name !== undefined)) throw unexpectedArgument({ argument: more[0] ?? name ?? '' });
  if (isNamed && name === undefined) throw missingSettingValue({ flag: `user ${action}`, expected: 'the name of a user' });
  if (action === 'role' && role === undefined) throw missingSettingValue({ flag: 'user role', expected: '--admin or --read-only' });
  return { action, name: name ?? '', role, rest };
}

/** Gives the exit code; throws what the user is told. */
export async function userCommand(argv: readonly string[], cli: UserCli): Promise<number> {
  const { action, name, role, rest } = readUserArguments(argv), tell = (text: string): void => { cli.stdout.write(`${text}\n`); };
  if (action === 'help') { cli.stdout.write(USER_HELP); return 0; }
  if (action === 'hash') { tell(verifierText(await makeVerifier(await cli.password('password')))); return 0; }
  const config = await loadConfig(rest, cli.env), nowMs = Date.now();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  // Its lock keeps a running server's users from being changed behind its back.
  const lock = await openRecordStore(join(config.dataDir, 'catalog'), silentLog);
  try {
    const users = await Users.open(config.dataDir, config.users, nowMs), wanted = `password of ${name}`;
    switch (action) {
      case 'add': tell(`User ${name} made: ${await users.create({ name, role, password: await cli.password(wanted) }, nowMs)}.`); break;
      case 'password': await users.alter({ name, password: await cli.password(wanted) }); tell(`Password of ${name} changed.`); break;
      case 'role': await users.alter({ name, role }); tell(`User ${name} is now ${role}.`); break;
      case 'drop': await users.drop(name, undefined); tell(users.isEmpty ? `User ${name} dropped. There are no users any more: everybody on this machine is trusted.` : `User ${name} dropped.`); break;
      case 'list': tell(users.isEmpty ? 'There are no users.' : users.list().map((u) => `${u.name}  ${u.role}${u.canLogIn ? '' : ', without a password'}${u.isConfigured ? ', of the configuration' : ''}`).join('\n')); break;
    }
  } finally { await lock.close(); }
  return 0;
}
