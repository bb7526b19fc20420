/**
 * `users.json` in the data directory: users made by SQL, tokens, and the secret that made-up salts come from. Replaced as a whole: written
 * beside, synced, renamed, the folder synced; a crash leaves the old file or the new one. Readable for its owner only. Holds verifiers
 * and hashes, no password and no token.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usersUnreadable, usersUnwritable } from '../../core/errors/access.ts';
import { replaceFile } from '../../core/storage/files.ts';
import { readVerifier, verifierText } from '../../core/scram/scram.ts';
import { ROLES, type Role, type Token, type User } from './contract.ts';

const FILE = 'users.json', FORMAT = 1, SECRET_BYTES = 32;
export interface UsersContent { readonly secret: Buffer; readonly users: readonly User[]; readonly tokens: readonly Token[] }

export const usersPath = (dataDir: string): string => join(dataDir, FILE);
export const noUsers = (): UsersContent => ({ secret: randomBytes(SECRET_BYTES), users: [], tokens: [] });

/** No file: no users. Throws users-unreadable for one that is not whole. */
export async function readUsers(dataDir: string): Promise<UsersContent> {
  const path = usersPath(dataDir);
  let text: string;
  try { text = await readFile(path, 'utf8'); } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return noUsers();
    throw usersUnreadable({ path, why: code ?? message }, { cause: error });
  }
  try { return contentOf(JSON.parse(text) as unknown); } catch (error) {
    throw usersUnreadable({ path, why: error instanceof Unsound ? error.why : 'it is not whole' }, { cause: error });
  }
}
/** Throws users-unwritable; the old file is then what it was. */
export async function writeUsers(dataDir: string, content: UsersContent): Promise<void> {
  const path = usersPath(dataDir);
  try { await replaceFile(path, textOf(content)); } catch (error) { throw usersUnwritable({ path, why: (error as NodeJS.ErrnoException).code ?? String(error) }, { cause: error }); }
}

function textOf({ secret, users, tokens }: UsersContent): string {
  const plain = users.map((u) => ({ name: u.name, role: u.role, verifier: u.verifier === undefined ? null : verifierText(u.verifier), createdMs: u.createdMs }));
  return `${JSON.stringify({ format: FORMAT, secret: secret.toString('base64'), users: plain, tokens }, null, 1)}\n`;
}
/** Why a file is refused. Never leaves this module. */
class Unsound { readonly why: string; constructor(why: string) { this.why = why; } }

function contentOf(json: unknown): UsersContent {
  const file = record(json, 'the file'), format = file['format'];
  if (format !== FORMAT) throw new Unsound(`it has format ${String(format)}, this version reads ${FORMAT}`);
  const secret = Buffer.from(text(file['secret'], 'secret'), 'base64');
  if (secret.length !== SECRET_BYTES) throw new Unsound('its secret is damaged');
  return { secret, users: list(file['users'], 'users').map(userOf), tokens: list(file['tokens'], 'tokens').map(tokenOf) };
}
function userOf(json: unknown): User {
  const user = record(json, 'a user'), name = text(user['name'], 'name'), verifier = user['verifier'] === null ? undefined : readVerifier(text(user['verifier'], 'verifier'));
  if (verifier === undefined && user['verifier'] !== null) throw new Unsound(`the verifier of user "${name}" is damaged`);
  return { name, role: roleOf(user['role']), verifier, createdMs: number(user['createdMs'], 'createdMs'), isConfigured: false };
}
function tokenOf(json: unknown): Token {
  const token = record(json, 'a token'), role = token['role'], label = token['label'];
  return {
    id: text(token['id'], 'id'), user: text(token['user'], 'user'), hash: text(token['hash'], 'hash'), role: role === undefined ? undefined : roleOf(role), label: label === undefined ? undefined : text(label, 'label'),
    createdMs: number(token['createdMs'], 'createdMs'), expiresMs: number(token['expiresMs'], 'expiresMs'),
  };
}
function record(json: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Unsound(`${what} is not an object`);
  return json as Record<string, unknown>;
}
function list(json: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new Unsound(`${what} is not a list`);
  return json;
}
function text(json: unknown, what: string): string {
  if (typeof json !== 'string') throw new Unsound(`${what} is not a text`);
  return json;
}
function number(json: unknown, what: string): number {
  if (typeof json !== 'number') throw new Unsound(`${what} is not a number`);
  return json;
}
function roleOf(json: unknown): Role {
  const role = ROLES.find((r) => r === json);
  if (role === undefined) throw new Unsound(`the role ${String(json)} is unknown`);
  return role;
}
