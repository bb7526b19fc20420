/**
 * The users there are: those of the configuration and those made by SQL, with their tokens. In memory as a whole; each change is on disk
 * before it holds. Changes are made one after another.
 */
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { currentUserDropped, invalidUser, noAdminLeft, tokenNotFound, tooManyOf, userExists, userNotFound, userOfConfiguration } from '../../core/errors/access.ts';
import { makeVerifier, readVerifier, SALT_BYTES, SCRAM_ITERATIONS, type ScramVerifier } from '../../core/scram/scram.ts';
import type { ConfiguredUser, Role, Token, User, UserInfo } from './contract.ts';
import { noUsers, readUsers, writeUsers, type UsersContent } from './users-file.ts';

const MAX_USERS = 10_000, MAX_TOKENS_PER_USER = 100, MAX_NAME_BYTES = 63;
/** Begins every token, so that people and scanners know one when they see it. */
export const TOKEN_PREFIX = 'rvt_';
export interface NewUser { readonly name: string; readonly role: Role | undefined; readonly password: string | undefined }
export interface UserChange { readonly name: string; readonly role?: Role | undefined; /** null takes it away. */ readonly password?: string | null | undefined }
export interface NewToken { readonly user: string; readonly role: Role | undefined; readonly label: string | undefined; readonly expiresMs: number }

export class Users {
  readonly #dataDir: string | undefined;
  #content: UsersContent;
  readonly #configured = new Map<string, User>();
  #byName: ReadonlyMap<string, User> = new Map();
  #byHash: ReadonlyMap<string, Token> = new Map();
  #writing: Promise<unknown> = Promise.resolve();
  /** Asked for once something has changed. */
  onChange: () => void = () => {};
  private constructor(dataDir: string | undefined, content: UsersContent) { this.#dataDir = dataDir; this.#content = content; }

  /** `dataDir` undefined: nothing is kept. Throws users-unreadable, and user-exists for a name that is both configured and made by SQL. */
  static async open(dataDir: string | undefined, configured: readonly ConfiguredUser[], nowMs: number): Promise<Users> {
    const content = dataDir === undefined ? noUsers() : await readUsers(dataDir), users = new Users(dataDir, content);
    // The secret must outlive a restart, or made-up salts would change where those of users do not.
    if (dataDir !== undefined && configured.length > 0 && content.users.length === 0) await writeUsers(dataDir, content);
    for (const { name, role, secret } of configured) {
      checkName(name);
      if (content.users.some((u) => u.name === name)) throw userExists({ user: name });
      const verifier = 'verifier' in secret ? secret.verifier : await makeVerifier(secret.password, users.#salt(name));
      users.#configured.set(name, { name, role, verifier, createdMs: nowMs, isConfigured: true });
    }
    users.#index();
    if (users.#byName.size > 0) users.#requireAdmin(users.#byName.values(), 'there is no admin among the users');
    return users;
  }

  get isEmpty(): boolean { return this.#byName.size === 0; }
  get(name: string): User | undefined { return this.#byName.get(name); }
  list(): readonly UserInfo[] { return [...this.#byName.values()].map((u) => ({ name: u.name, role: u.role, canLogIn: u.verifier !== undefined, isConfigured: u.isConfigured })).sort((a, b) => (a.name < b.name ? -1 : 1)); }

  /** What somebody is asked who does not exist: the same salt every time, as a real user has. */
  verifierOf(name: string): { readonly verifier: ScramVerifier; readonly isReal: boolean } {
    const verifier = this.#byName.get(name)?.verifier;
    if (verifier !== undefined) return { verifier, isReal: true };
    return { verifier: { iterations: SCRAM_ITERATIONS, salt: this.#salt(name), storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) }, isReal: false };
  }

  /** The first user is an admin whatever is asked for, unless read-only is: that is refused. Gives the role. */
  create({ name, role, password }: NewUser, nowMs: number): Promise<Role> {
    return this.#change(async () => {
      checkName(name);
      if (this.#byName.has(name)) throw userExists({ user: name });
      if (this.#content.users.length >= MAX_USERS) throw tooManyOf({ what: 'users', limit: MAX_USERS });
      if (this.isEmpty && password === undefined) throw invalidUser({ what: 'the first user needs a password: from then on everybody has to log in', hint: `Write CREATE USER … WITH ADMIN PASSWORD '…'.` });
      const user: User = { name, role: role ?? (this.isEmpty ? 'admin' : 'read-only'), verifier: password === undefined ? undefined : await verifierFrom(password), createdMs: nowMs, isConfigured: false };
      // Somebody else of this name, from the configuration of another day, may have left tokens.
      const content = { ...this.#content, users: [...this.#content.users, user], tokens: this.#content.tokens.filter((t) => t.user !== name) };
      this.#requireAdmin([...this.#byName.values(), user], 'the first user must be an admin');
      return [content, user.role];
    });
  }
  /** A changed password ends the tokens that were made before. */
  alter({ name, role, password }: UserChange): Promise<void> {
    return this.#change(async () => {
      const old = this.#own(name);
      const verifier = password === undefined ? old.verifier : password === null ? undefined : await verifierFrom(password), changed = { ...old, role: role ?? old.role, verifier };
      this.#requireAdmin([...this.#byName.values()].map((u) => (u.name === name ? changed : u)), `user "${name}" is the last admin who can log in`);
      return [{ ...this.#content, users: this.#content.users.map((u) => (u.name === name ? changed : u)), tokens: password === undefined ? this.#content.tokens : this.#content.tokens.filter((t) => t.user !== name) }, undefined];
    });
  }
  /** @param by who asks; undefined: nobody who is logged in */
  drop(name: string, by: string | undefined): Promise<void> {
    return this.#change(async () => {
      this.#own(name);
      if (name === by) throw currentUserDropped({});
      const left = [...this.#byName.values()].filter((u) => u.name !== name);
      if (left.length > 0) this.#requireAdmin(left, `user "${name}" is the last admin who can log in`);
      return await Promise.resolve([{ ...this.#content, users: this.#content.users.filter((u) => u.name !== name), tokens: this.#content.tokens.filter((t) => t.user !== name) }, undefined]);
    });
  }

  // -------------------------------------------------------------------------------------------------------------- tokens

  /** Gives the token's text, which is never seen again, and what is kept of it. Tokens that are over are dropped on the way. */
  async createToken({ user, role, label, expiresMs }: NewToken, nowMs: number): Promise<{ text: string; token: Token }> {
    const text = TOKEN_PREFIX + randomBytes(32).toString('base64url'), token: Token = { id: randomUUID(), user, hash: hashOf(text), role, label, createdMs: nowMs, expiresMs };
    await this.#change(async () => {
      // Whoever asked may be gone by the time it is their turn.
      if (!this.#byName.has(user)) throw userNotFound({ user });
      const kept = this.#content.tokens.filter((t) => t.expiresMs > nowMs && this.#byName.has(t.user));
      if (kept.filter((t) => t.user === user).length >= MAX_TOKENS_PER_USER) throw tooManyOf({ what: 'tokens of this user', limit: MAX_TOKENS_PER_USER });
      return await Promise.resolve([{ ...this.#content, tokens: [...kept, token] }, undefined]);
    });
    return { text, token };
  }
  /** `user` undefined: of everybody. */
  tokens(user: string | undefined, nowMs: number): readonly Token[] { return this.#content.tokens.filter((t) => t.expiresMs > nowMs && (user === undefined || t.user === user)); }
  dropToken(id: string, user: string | undefined): Promise<void> {
    return this.#change(async () => {
      if (!this.#content.tokens.some((t) => t.id === id && (user === undefined || t.user === user))) throw tokenNotFound({ id });
      return await Promise.resolve([{ ...this.#content, tokens: this.#content.tokens.filter((t) => t.id !== id) }, undefined]);
    });
  }
  /** Looked up by its hash, so that time tells nothing of it. */
  tokenOf(text: string, nowMs: number): Token | undefined {
    const token = this.#byHash.get(hashOf(text));
    return token !== undefined && token.expiresMs > nowMs ? token : undefined;
  }

  // -------------------------------------------------------------------------------------------------------------- the rest

  #salt(name: string): Buffer { return createHmac('sha256', this.#content.secret).update(name).digest().subarray(0, SALT_BYTES); }
  /** A user that SQL may change. */
  #own(name: string): User {
    const user = this.#byName.get(name);
    if (user === undefined) throw userNotFound({ user: name });
    if (user.isConfigured) throw userOfConfiguration({ user: name });
    return user;
  }
  #requireAdmin(users: Iterable<User>, what: string): void { for (const u of users) if (u.role === 'admin' && u.verifier !== undefined) return; throw noAdminLeft({ what }); }
  #index(): void {
    this.#byName = new Map([...this.#content.users.map((u): [string, User] => [u.name, u]), ...this.#configured]);
    this.#byHash = new Map(this.#content.tokens.map((t) => [t.hash, t]));
  }
  /** One change at a time: what it gives is written, then holds. */
  #change<T>(make: () => Promise<readonly [UsersContent, T]>): Promise<T> {
    const made = this.#writing.then(async () => {
      const [content, answer] = await make();
      if (this.#dataDir !== undefined) await writeUsers(this.#dataDir, content);
      this.#content = content;
      this.#index();
      this.onChange();
      return answer;
    });
    this.#writing = made.catch(() => {});
    return made;
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64');
/** Of a password, or of a verifier that psql's \password made. */
async function verifierFrom(password: string): Promise<ScramVerifier> {
  if (password.startsWith('SCRAM-SHA-256$')) {
    const verifier = readVerifier(password);
    if (verifier === undefined) throw invalidUser({ what: 'the SCRAM verifier is malformed' });
    if ((await makeVerifier('', verifier.salt, verifier.iterations)).storedKey.equals(verifier.storedKey)) throw emptyPassword();
    return verifier;
  }
  if (/^md5[0-9a-f]{32}$/.test(password)) throw invalidUser({ what: 'MD5 passwords are not supported', hint: 'Send the password itself, or a SCRAM-SHA-256 verifier.' });
  if (password === '') throw emptyPassword();
  return makeVerifier(password);
}
const emptyPassword = (): Error => invalidUser({ what: 'an empty text is not a password' });
/** As PostgreSQL: names are at most 63 bytes long, and those of its own roles are taken. */
export function checkName(name: string): void {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalidUser({ what: `a user name has 1 to ${MAX_NAME_BYTES} bytes` });
  if (/^(public|none|current_user|session_user|current_role)$/i.test(name) || name.startsWith('pg_')) throw invalidUser({ what: `role name "${name}" is reserved` });
  if (name.includes(':') || /[\u0000-\u001f\u007f]/.test(name)) throw invalidUser({ what: 'a user name holds no colon and no control characters', hint: 'HTTP Basic could not send them.' });
}
