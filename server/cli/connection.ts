/** How the command line reaches a server: its URL, who asks, and the authority of its certificate. */
import { readFileSync } from 'node:fs';
import { pipelineVariableInvalid } from '../../core/errors/pipeline.ts';
import { unreadable } from './arguments.ts';

export interface Target { readonly url: string; readonly headers: Readonly<Record<string, string>> }
export interface Credentials {
  /** `https://name@host` names the user too, and may hold a password. */
  readonly server: string | undefined;
  readonly user: string | undefined;
}
type Environment = Readonly<Record<string, string | undefined>>;

/** The URL without credentials, and the header that carries them: a token of RIVULET_TOKEN, else a name with RIVULET_PASSWORD. */
export function targetOf(url: string, { user }: Pick<Credentials, 'user'>, env: Environment): Target {
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) throw pipelineVariableInvalid({ what: 'the URL of --server is malformed', hint: 'As in https://host:7480.' });
  const parsed = new URL(url), name = user ?? (decodeURIComponent(parsed.username) || env['RIVULET_USER']), password = decodeURIComponent(parsed.password) || env['RIVULET_PASSWORD'], token = env['RIVULET_TOKEN'];
  parsed.username = parsed.password = '';
  const plain = parsed.href.replace(/\/+$/, '');
  if (name !== undefined && password !== undefined) return { url: plain, headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` } };
  if (name !== undefined && token === undefined) throw pipelineVariableInvalid({ what: `there is no password for user '${name}'`, hint: 'Put it into the environment as RIVULET_PASSWORD, or a token as RIVULET_TOKEN.' });
  return { url: plain, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
}
/** Trusts the authority of a file beside those of the system. */
export async function trustAuthority(path: string): Promise<void> {
  let text: string;
  try { text = readFileSync(path, 'utf8'); } catch (error) { throw pipelineVariableInvalid({ what: unreadable(`the certificate of --server-ca '${path}'`, error) }); }
  const { getCACertificates, setDefaultCACertificates } = await import('node:tls');
  setDefaultCACertificates([...getCACertificates('default'), text]);
}
