/** The client's side of SCRAM on PG wire for tests, step by step, so that each step can be done wrong. */
import { serialize } from 'pg-protocol';
import { scramAttributes, scramHmac, scramKeys, xored } from '../../core/scram/scram.ts';
import { saslprep } from '../../core/scram/saslprep.ts';
import { RawClient, type Received } from './raw-client.ts';

export const startupOf = (user: string): Buffer => serialize.startup({ user, database: 'default_catalog' }) as Buffer;
export const initial = (mechanism: string, text: string): Buffer => serialize.sendSASLInitialResponseMessage(mechanism, text) as Buffer;
export const answer = (text: string): Buffer => serialize.sendSCRAMClientFinalMessage(text) as Buffer;
/** Text of an Authentication message behind its number. */
export const stepOf = (message: Received | undefined): { code: number; text: string } => ({ code: message?.body.readInt32BE(0) ?? -1, text: message?.body.subarray(4).toString('utf8') ?? '' });

export interface Steps {
  readonly nonce?: string | undefined;
  readonly gs2?: string | undefined;
  readonly mechanism?: string | undefined;
  /** Behind the gs2 header in `c=`. */
  readonly binding?: Buffer | undefined;
  /** Makes another last message of the right one. */
  readonly last?: ((right: string, serverFirst: string) => string) | undefined;
}
/** Everything up to ReadyForQuery or the end of the connection; gives what came behind the last message. */
export async function logIn(client: RawClient, user: string, password: string, steps: Steps = {}): Promise<Received[]> {
  const { nonce = 'fyko+d2lbbFgONRv9qkxdawL', gs2 = 'n,,', mechanism = 'SCRAM-SHA-256', binding = Buffer.alloc(0) } = steps, bare = `n=,r=${nonce}`;
  client.send(startupOf(user));
  const offer = await client.until('R');
  if (offer.at(-1)?.type !== 'R') return offer;
  client.send(initial(mechanism, gs2 + bare));
  const first = await client.until('R'), challenge = stepOf(first.at(-1));
  if (first.at(-1)?.type !== 'R' || challenge.code !== 11) return first;
  client.send(answer(steps.last?.(await finalOf(password, gs2, bare, challenge.text, binding), challenge.text) ?? await finalOf(password, gs2, bare, challenge.text, binding)));
  return await client.until('Z');
}
async function finalOf(password: string, gs2: string, bare: string, serverFirst: string, binding: Buffer): Promise<string> {
  const fields = scramAttributes(serverFirst), { clientKey, storedKey } = await scramKeys('sha256', await saslprep(password), Buffer.from(fields.get('s') ?? '', 'base64'), Number(fields.get('i')));
  const withoutProof = `c=${Buffer.concat([Buffer.from(gs2), binding]).toString('base64')},r=${fields.get('r')}`;
  return `${withoutProof},p=${xored(clientKey, scramHmac('sha256', storedKey, `${bare},${serverFirst},${withoutProof}`)).toString('base64')}`;
}
/** The salt somebody is asked with. */
export async function saltOf(port: number, user: string): Promise<string> {
  const client = await RawClient.connect(port);
  try {
    client.send(startupOf(user));
    await client.until('R');
    client.send(initial('SCRAM-SHA-256', 'n,,n=,r=abc'));
    return scramAttributes(stepOf((await client.until('R')).at(-1)).text).get('s') ?? '';
  } finally { client.destroy(); }
}
