/**
 * Logging in on the PostgreSQL protocol: asked after the start-up packet and before anything else is read. Where there are users, SCRAM
 * alone: no clear-text password, no MD5, no trust, so a client cannot be talked down to one of them.
 */
import { encryptionRequired, passwordFailed } from '../../core/errors/access.ts';
import { protocolViolation } from '../../core/errors/wire.ts';
import type { Access } from '../auth/access.ts';
import { LOGIN, outcomeOf, type Audit } from '../auth/audit.ts';
import type { Principal } from '../auth/contract.ts';
import type { Mechanism } from '../auth/scram-server.ts';
import { FieldReader } from './message-reader.ts';
import { sasl, saslContinue, saslFinal } from './messages.ts';
import type { OutBuffer } from './out-buffer.ts';

export interface Login {
  readonly user: string; readonly database: string | undefined; readonly remoteAddress: string; readonly isEncrypted: boolean;
  /** Of our certificate on this connection, for channel binding. */
  readonly endpointHash: Buffer | undefined;
}
export interface Exchange {
  readonly out: OutBuffer;
  /** Sends what is in `out`; gives the body of the client's next password message, undefined when the client is gone. Throws protocol-violation for any other message. */
  ask(): Promise<Buffer | undefined>;
}
/** Resolves to who the client is, undefined when it went away; throws what it is told otherwise. */
export type Authenticator = (login: Login, exchange: Exchange) => Promise<Principal | undefined>;

export function authenticator(access: Access, audit: Audit, tlsRequired: boolean): Authenticator {
  return async (login, exchange) => {
    const start = performance.now();
    try {
      if (tlsRequired && !login.isEncrypted) throw encryptionRequired({ user: login.user });
      return access.mustLogIn ? await bySasl(access, login, exchange) : access.trust(login.user, login.remoteAddress);
    } catch (error) {
      audit.record({ user: login.user, remote: login.remoteAddress, protocol: 'pg', action: LOGIN, ...outcomeOf(error), durationMs: performance.now() - start });
      throw error;
    }
  };
}

async function bySasl(access: Access, login: Login, exchange: Exchange): Promise<Principal | undefined> {
  const attempt = access.begin(login.user, login.remoteAddress);
  let end: 'succeeded' | 'failed' | 'abandoned' = 'abandoned';
  try {
    const isRight = await exchangeScram(access, login, exchange);
    if (isRight === undefined) return undefined;
    end = isRight ? 'succeeded' : 'failed';
    if (!isRight) throw passwordFailed({ user: login.user });
    return { name: login.user, via: 'password' };
  } finally { attempt[end](); }
}
/** True when the client proved the password, undefined when it went away. */
async function exchangeScram(access: Access, login: Login, exchange: Exchange): Promise<boolean | undefined> {
  const { ScramServer } = await import('../auth/scram-server.ts');
  const offered: readonly Mechanism[] = login.endpointHash === undefined ? ['SCRAM-SHA-256'] : ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'];
  sasl(exchange.out, offered);
  const answer = await exchange.ask();
  if (answer === undefined) return undefined;
  const body = new FieldReader(answer), asked = body.zeroEnded().toString('utf8'), mechanism = offered.find((m) => m === asked), length = body.int32();
  if (mechanism === undefined) throw protocolViolation({ what: 'client selected an invalid SASL authentication mechanism' });
  let first: Buffer | undefined = length === -1 ? undefined : body.bytes(length);
  body.finish();
  if (first === undefined) {
    saslContinue(exchange.out, '');
    first = await exchange.ask();
    if (first === undefined) return undefined;
  }
  const { verifier, isReal } = access.users.verifierOf(login.user), server = new ScramServer({ mechanism, verifier, endpointHash: login.endpointHash });
  saslContinue(exchange.out, server.first(textOf(first)));
  const last = await exchange.ask();
  if (last === undefined) return undefined;
  const proof = server.final(textOf(last));
  // A password that was changed or taken away meanwhile counts no more.
  if (proof === undefined || !isReal || access.users.verifierOf(login.user).verifier !== verifier) return false;
  saslFinal(exchange.out, proof);
  return true;
}
/** A name that is not UTF-8 makes the proof fail, which is all it is good for. */
function textOf(bytes: Buffer): string {
  if (bytes.includes(0)) throw protocolViolation({ what: 'malformed SCRAM message: it has a zero byte' });
  return bytes.toString('utf8');
}
