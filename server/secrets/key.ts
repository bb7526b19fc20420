/** The key that stored secrets are encrypted with: out of a file, or of one environment variable that nothing else may read. */
import { readFileSync } from 'node:fs';
import { badSetting } from '../../core/errors/config.ts';
import { rememberSecret } from '../../core/secrets/known.ts';

export const KEY_VARIABLE = 'RIVULET_SECRETS_KEY';
const LEAST_CHARACTERS = 16, EXPECTED = `64 hexadecimal digits, or a text of at least ${LEAST_CHARACTERS} characters`;

/** undefined: secrets are stored as they are. Takes the variable out of the environment. Throws bad-setting, which never shows the key. */
export function takeSecretsKey(file: string | undefined, env: Record<string, string | undefined>): string | undefined {
  const given = env[KEY_VARIABLE];
  delete env[KEY_VARIABLE];
  if (file === undefined && (given === undefined || given === '')) return undefined;
  const where = file === undefined ? `environment variable ${KEY_VARIABLE}` : `the file of --secrets-key-file`, key = file === undefined ? given ?? '' : readKey(file);
  if (key.length < LEAST_CHARACTERS) throw badSetting({ where, value: '******', expected: EXPECTED });
  rememberSecret(key);
  return key;
}
function readKey(file: string): string {
  try { return readFileSync(file, 'utf8').trim(); } catch (error) {
    throw badSetting({ where: 'flag --secrets-key-file', value: file, expected: `a file with ${EXPECTED} (${(error as NodeJS.ErrnoException).code ?? 'it cannot be read'})` });
  }
}
