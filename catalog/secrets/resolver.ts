/**
 * From references to values, when a connection is about to be made and never before: catalogs, plans and job records keep references, so
 * a rotated value is taken at the next start of a job. Every value that is handed out is known to the mask from then on.
 */
import { referenceMalformed, referenceRefused, referenceUnresolved } from '../../core/errors/secrets.ts';
import { didYouMean } from '../../core/errors/define.ts';
import { rememberSecret } from '../../core/secrets/known.ts';
import { isSecretKey, writtenSecrets } from '../options/secrets.ts';
import { readAllowedFile } from './files.ts';
import { filled, hasReferences, type Reference } from './references.ts';

export const MAX_SECRET_BYTES = 64 * 1024;
/** Where `${secret:…}` looks. */
export interface SecretValues { get(name: string): string | undefined; names(): readonly string[] }
export interface ReferenceRules {
  /** Names of variables that options may read; `PREFIX_*` for all that begin so. */
  readonly variables: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: SecretValues;
}
/** What those who hold options need of it. */
export interface OptionReferences {
  /** Options with values in place of references; the same map when there are none. Throws reference-unresolved, reference-refused, reference-malformed. */
  resolve(options: ReadonlyMap<string, string>): ReadonlyMap<string, string>;
}
/** For catalogs without a server: options are taken as they are. */
export const noReferences: OptionReferences = { resolve: (options) => options };

/** Ports and switches are no secrets even when they come by reference; masking them would make every message unreadable. */
const PLAIN_VALUE = /^(?:\d{1,5}|true|false)$/i;
/** Long literals of secret options are known to the mask too; short ones are too often words of their own (`root`). */
const LEAST_LITERAL = 8;

export class ReferenceResolver implements OptionReferences {
  private readonly rules: ReferenceRules;
  constructor(rules: ReferenceRules) { this.rules = rules; }
  resolve(options: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    for (const [key, value] of options) for (const secret of writtenSecrets(key, value)) if (secret.length >= LEAST_LITERAL && !secret.includes('${')) rememberSecret(secret);
    if (!hasReferences(options)) return options;
    return new Map([...options].map(([key, value]): [string, string] => {
      const full = filled(key, value, (reference) => this.valueOf(key, reference));
      // A file may hold a whole JAAS line or URL: the password in it is a secret of its own.
      if (full !== value) for (const secret of writtenSecrets(key, full)) rememberSecret(secret);
      return [key, full];
    }));
  }
  private valueOf(option: string, reference: Reference): string {
    const value = this.lookUp(option, reference);
    if (isSecretKey(option) || reference.kind === 'secret' || !PLAIN_VALUE.test(value)) rememberSecret(value);
    return value;
  }
  private lookUp(option: string, reference: Reference): string {
    const { kind, name, text } = reference;
    switch (kind) {
      case 'env': return this.variable(option, text, name);
      case 'file': return this.file(option, text, name);
      case 'secret': {
        const value = this.rules.secrets.get(name);
        if (value === undefined) throw referenceUnresolved({ option, reference: text, why: `There is no secret of this name`, fix: didYouMean(name, this.rules.secrets.names()) ?? `CREATE SECRET \`${name}\` AS '…';` });
        return value;
      }
    }
  }
  private variable(option: string, text: string, name: string): string {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name)) throw referenceMalformed({ option, reference: text, why: 'names no environment variable' });
    const { variables, environment } = this.rules;
    // Asked before the environment is: nobody learns which variables there are.
    if (!variables.some((v) => (v.endsWith('*') ? name.startsWith(v.slice(0, -1)) : v === name))) {
      throw referenceRefused({ option, reference: text, why: variables.length === 0 ? 'No variable is open to options' : `Open to options are ${variables.join(', ')}`, fix: `Whoever runs the server can open it: --secrets-env ${name} (RIVULET_SECRETS_ENV).` });
    }
    const value = environment[name];
    if (value === undefined) throw referenceUnresolved({ option, reference: text, why: 'The server was started without this variable', fix: `Start the server with ${name} in its environment.` });
    return value;
  }
  private file(option: string, text: string, path: string): string {
    const answer = readAllowedFile(path, MAX_SECRET_BYTES);
    if (answer.kind === 'refused') throw referenceRefused({ option, reference: text, why: answer.why, fix: 'Whoever runs the server can open a folder: --secrets-dir /folder (RIVULET_SECRETS_DIR).' });
    if (answer.kind === 'missing') throw referenceUnresolved({ option, reference: text, why: answer.why, fix: 'Put the file there, readable for the user the server runs as.' });
    try { return new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes).replace(/\r?\n$/, ''); } catch {
      throw referenceUnresolved({ option, reference: text, why: 'The file is not a text in UTF-8' });
    }
  }
}
