/**
 * A user in the configuration file:
 *
 *     users:
 *       ann: { role: admin, verifier: 'SCRAM-SHA-256$4096:…' }      made by `rivulet user hash`, or taken from PostgreSQL
 *       bot: { role: read-only, password: '${env:BOT_PASSWORD}' }   or ${file:/run/secrets/bot}
 *
 * A password itself does not stand in the file.
 */
import { readFileSync } from 'node:fs';
import { badSetting, unknownSetting } from '../../core/errors/config.ts';
import { readVerifier } from '../../core/scram/scram.ts';
import { ROLES, type ConfiguredUser } from '../auth/contract.ts';

const KEYS = ['role', 'verifier', 'password'], REFERENCE = /^\$\{(env|file):([^}]+)\}$/;

/** @param where the user and the file, for messages; values of passwords and verifiers are in none */
export function configuredUser(name: string, fields: ReadonlyMap<string, string>, where: string, env: Readonly<Record<string, string | undefined>>): ConfiguredUser {
  for (const key of fields.keys()) if (!KEYS.includes(key)) throw unknownSetting({ where: `key of ${where}`, name: key, known: KEYS });
  const role = ROLES.find((r) => r === (fields.get('role') ?? 'read-only')), verifier = fields.get('verifier'), password = fields.get('password');
  if (role === undefined) throw badSetting({ where: `key role of ${where}`, value: fields.get('role') ?? '', expected: ROLES.join(' or ') });
  if ((verifier === undefined) === (password === undefined)) throw badSetting({ where, value: [...fields.keys()].join(', '), expected: 'a verifier or a password, one of both' });
  if (password !== undefined) return { name, role, secret: { password: passwordOf(password, where, env) } };
  const read = readVerifier(verifier ?? '');
  if (read === undefined) throw badSetting({ where: `key verifier of ${where}`, value: '…', expected: 'SCRAM-SHA-256$…, as rivulet user hash prints it' });
  return { name, role, secret: { verifier: read } };
}
function passwordOf(text: string, where: string, env: Readonly<Record<string, string | undefined>>): string {
  const at = `key password of ${where}`, [, kind, target = ''] = REFERENCE.exec(text) ?? [];
  if (kind === undefined) throw badSetting({ where: at, value: '…', expected: '${env:NAME} or ${file:/path}; the password itself must not stand in the file (rivulet user hash makes a verifier that may)' });
  let value: string | undefined;
  try { value = kind === 'env' ? env[target] : readFileSync(target, 'utf8').replace(/\r?\n$/, ''); } catch (error) {
    throw badSetting({ where: at, value: text, expected: `a file that can be read (${(error as NodeJS.ErrnoException).code ?? String(error)})` }, { cause: error });
  }
  if (value === undefined || value === '') throw badSetting({ where: at, value: text, expected: kind === 'env' ? 'a variable of the environment that is set' : 'a file that is not empty' });
  return value;
}
