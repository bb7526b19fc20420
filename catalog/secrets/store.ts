/**
 * The secrets of CREATE SECRET: one file `secrets.json` in the data directory, 0600, replaced as a whole and synced before a statement is
 * answered. With a key the values are sealed by AES-256-GCM, each with a nonce of its own and its name as associated data, so that sealed
 * values cannot be exchanged for one another; names and dates stay readable. A file written without a key is sealed at the first start
 * with one. With another key, or without the key of a sealed file, the server does not start: jobs would fail one by one instead.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duplicateObject } from '../../core/errors/catalog.ts';
import { secretInvalid, secretNotFound, secretsNotStored, secretsUnreadable } from '../../core/errors/secrets.ts';
import { rememberSecret } from '../../core/secrets/known.ts';
import { replaceFile } from '../../core/storage/files.ts';
import { MAX_SECRET_BYTES, type SecretValues } from './resolver.ts';

const FILE = 'secrets.json', VERSION = 1, ALGORITHM = 'aes-256-gcm';
const MOST_SECRETS = 10_000;
/** Names stand inside `${secret:…}`. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,127}$/u;

interface Secret { readonly value: string; readonly createdMs: number; readonly changedMs: number }
interface Sealed { readonly nonce: string; readonly data: string; readonly tag: string }
interface StoredSecret { readonly created: string; readonly changed: string; readonly value?: string; readonly sealed?: Sealed }
interface StoredFile { readonly version: number; readonly cipher: string | null; readonly salt: string | null; readonly check: Sealed | null; readonly secrets: Readonly<Record<string, StoredSecret>> }
export interface SecretSummary { readonly name: string; readonly createdMs: number; readonly changedMs: number }

export class SecretStore implements SecretValues {
  /** By name; what readers see. Replaced by a changed copy once that is on disk. */
  private secrets: ReadonlyMap<string, Secret> = new Map();
  private readonly path: string;
  private readonly key: Buffer | undefined;
  private readonly salt: Buffer;
  private last: Promise<unknown> = Promise.resolve();
  private constructor(path: string, key: Buffer | undefined, salt: Buffer) { this.path = path; this.key = key; this.salt = salt; }

  /**
   * @param secretKey what the key is made of: 64 hexadecimal digits, or any text of 16 characters or more, which is stretched by scrypt
   * Throws secrets-unreadable.
   */
  static async open(folder: string, secretKey: string | undefined): Promise<SecretStore> {
    const path = join(folder, FILE), stored = await readStored(path), salt = stored?.salt == null ? randomBytes(16) : Buffer.from(stored.salt, 'base64');
    if (stored?.cipher != null && secretKey === undefined) throw secretsUnreadable({ path, why: 'They are encrypted and no key was given', fix: 'Give the key they were written with: --secrets-key-file or RIVULET_SECRETS_KEY.' });
    const store = new SecretStore(path, secretKey === undefined ? undefined : keyOf(secretKey, salt), salt);
    if (stored !== undefined) store.secrets = store.opened(stored);
    for (const { value } of store.secrets.values()) rememberSecret(value);
    if (stored !== undefined && stored.cipher === null && store.key !== undefined) await store.write(store.secrets);
    return store;
  }
  get(name: string): string | undefined { return this.secrets.get(name)?.value; }
  names(): readonly string[] { return [...this.secrets.keys()].sort(); }
  list(): readonly SecretSummary[] { return this.names().flatMap((name) => { const s = this.secrets.get(name); return s === undefined ? [] : [{ name, createdMs: s.createdMs, changedMs: s.changedMs }]; }); }

  /** False: it exists and may stay as it is. Throws duplicate-object, secret-invalid, secrets-not-stored. */
  async create(name: string, value: string, nowMs: number, ifExists: 'fail' | 'keep' | 'replace'): Promise<boolean> {
    check(name, value);
    return await this.change((secrets) => {
      const former = secrets.get(name);
      if (former !== undefined && ifExists === 'fail') throw duplicateObject({ noun: 'secret', name });
      if (former !== undefined && ifExists === 'keep') return false;
      if (former === undefined && secrets.size >= MOST_SECRETS) throw secretInvalid({ name, why: `would be one of more than ${MOST_SECRETS}` });
      secrets.set(name, { value, createdMs: former?.createdMs ?? nowMs, changedMs: nowMs });
      return true;
    });
  }
  /** Throws secret-not-found, secret-invalid, secrets-not-stored. */
  async alter(name: string, value: string, nowMs: number): Promise<void> {
    check(name, value);
    await this.change((secrets) => { secrets.set(name, { value, createdMs: this.existing(secrets, name).createdMs, changedMs: nowMs }); return true; });
  }
  async drop(name: string): Promise<void> {
    await this.change((secrets) => { this.existing(secrets, name); return secrets.delete(name); });
  }
  private existing(secrets: ReadonlyMap<string, Secret>, name: string): Secret {
    const found = secrets.get(name);
    if (found === undefined) throw secretNotFound({ name, known: secrets.keys() });
    return found;
  }
  /** One change after another; seen by readers when it is on disk. */
  private change(apply: (secrets: Map<string, Secret>) => boolean): Promise<boolean> {
    const done = this.last.then(async () => {
      const next = new Map(this.secrets);
      if (!apply(next)) return false;
      await this.write(next);
      this.secrets = next;
      for (const { value } of next.values()) rememberSecret(value);
      return true;
    });
    this.last = done.catch(() => {});
    return done;
  }

  private async write(secrets: ReadonlyMap<string, Secret>): Promise<void> {
    const { key } = this;
    const stored: StoredFile = {
      version: VERSION, cipher: key === undefined ? null : ALGORITHM, salt: key === undefined ? null : this.salt.toString('base64'), check: key === undefined ? null : seal(key, '', 'rivulet'),
      secrets: Object.fromEntries([...secrets].map(([name, s]) => [name, {
        created: new Date(s.createdMs).toISOString(), changed: new Date(s.changedMs).toISOString(), ...(key === undefined ? { value: s.value } : { sealed: seal(key, name, s.value) }),
      }])),
    };
    try { await replaceFile(this.path, `${JSON.stringify(stored, undefined, 1)}\n`); } catch (error) {
      throw secretsNotStored({ path: this.path, why: (error as NodeJS.ErrnoException).code ?? 'the system gave no reason' }, { cause: error });
    }
  }
  private opened(stored: StoredFile): Map<string, Secret> {
    const { key } = this;
    if (key !== undefined && stored.cipher !== null && (stored.check === null || unseal(key, '', stored.check) !== 'rivulet')) throw secretsUnreadable({ path: this.path, why: 'They were encrypted with another key', fix: 'Give the key they were written with: --secrets-key-file or RIVULET_SECRETS_KEY.' });
    return new Map(Object.entries(stored.secrets).map(([name, s]): [string, Secret] => {
      const value = s.sealed === undefined ? s.value : key === undefined ? undefined : unseal(key, name, s.sealed);
      if (typeof value !== 'string') throw secretsUnreadable({ path: this.path, why: `Secret "${name.slice(0, 128)}" is damaged`, fix: 'Restore the file from a backup, or take the entry out and create the secret anew.' });
      return [name, { value, createdMs: Date.parse(s.created), changedMs: Date.parse(s.changed) }];
    }));
  }
}
function check(name: string, value: string): void {
  if (!NAME.test(name)) throw secretInvalid({ name, why: 'has a name that cannot stand in ${secret:…}', fix: 'A name has up to 128 letters, digits, _, - and dots, and begins with a letter, digit or _.' });
  if (Buffer.byteLength(value) > MAX_SECRET_BYTES) throw secretInvalid({ name, why: `has more than ${MAX_SECRET_BYTES} bytes` });
  if (value.includes('\0')) throw secretInvalid({ name, why: 'has a NUL character' });
}
async function readStored(path: string): Promise<StoredFile | undefined> {
  let text: string;
  try { text = await readFile(path, 'utf8'); } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw secretsUnreadable({ path, why: `The file cannot be read (${code ?? 'unknown reason'})` }, { cause: error });
  }
  let stored: unknown;
  // The cause would show a piece of the text.
  try { stored = JSON.parse(text); } catch { throw secretsUnreadable({ path, why: 'The file is damaged: it is not JSON', fix: 'Restore it from a backup, or move it away and create the secrets anew.' }); }
  const { version, secrets } = (stored ?? {}) as Partial<StoredFile>;
  if (version !== VERSION || typeof secrets !== 'object') throw secretsUnreadable({ path, why: `The file has format ${JSON.stringify(version) ?? 'unknown'}, this version reads ${VERSION}` });
  return stored as StoredFile;
}

function keyOf(text: string, salt: Buffer): Buffer { return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : scryptSync(text, salt, 32, { N: 16_384, r: 8, p: 1 }); }
function seal(key: Buffer, name: string, value: string): Sealed {
  const nonce = randomBytes(12), cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return { nonce: nonce.toString('base64'), data: data.toString('base64'), tag: cipher.getAuthTag().toString('base64') };
}
/** undefined: another key, another name, or damaged. */
function unseal(key: Buffer, name: string, { nonce, data, tag }: Sealed): string | undefined {
  try {
    const cipher = createDecipheriv(ALGORITHM, key, Buffer.from(nonce, 'base64'), { authTagLength: 16 }).setAAD(Buffer.from(name)).setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([cipher.update(Buffer.from(data, 'base64')), cipher.final()]).toString('utf8');
  } catch { return undefined; }
}
