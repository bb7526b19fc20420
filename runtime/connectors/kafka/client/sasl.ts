/** Logs in on a fresh connection: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-43, KIP-152, KIP-368). */
import { kafkaAuthenticationFailed } from '../../../../core/errors/kafka.ts';
import type { SaslCredentials } from './config.ts';
import type { Connection } from './connection.ts';
import { ScramClient } from './scram.ts';
import { APIS } from './wire/apis.ts';
import { errorName } from './wire/error-codes.ts';

/** Returns the session's life in ms, 0 for no limit. Rejects with kafkaAuthenticationFailed. */
export async function authenticate(connection: Connection, credentials: SaslCredentials): Promise<number> {
  const { mechanism, username, password } = credentials;
  const refuse = (why: string): Error => kafkaAuthenticationFailed({ server: connection.server, mechanism, why });
  const shake = await connection.call(APIS.saslHandshake, (w) => w.string(mechanism), (r) => ({ code: r.i16(), mechanisms: r.array((e) => e.string()) }));
  if (shake.code !== 0) throw refuse(`${errorName(shake.code)}; the broker offers ${shake.mechanisms.join(', ')}`);
  let lifetimeMs = 0;
  const exchange = async (message: Buffer): Promise<string> => {
    const answer = await connection.call(APIS.saslAuthenticate, (w) => w.byteString(message), (r, version) => ({
      code: r.i16(), text: r.nullableString(), bytes: r.nullableBytes(), lifetimeMs: version >= 1 ? r.i64() : 0,
    }));
    if (answer.code !== 0) throw refuse(answer.text ?? errorName(answer.code));
    lifetimeMs = answer.lifetimeMs;
    return answer.bytes?.toString('utf8') ?? '';
  };
  if (mechanism === 'PLAIN') {
    await exchange(Buffer.from(`\0${username}\0${password}`));
    return lifetimeMs;
  }
  const scram = new ScramClient(mechanism, username, password);
  const final = await scram.final(await exchange(scram.first()));
  if (typeof final === 'string') throw refuse(final);
  const wrong = scram.verify(await exchange(final));
  if (wrong !== undefined) throw refuse(wrong);
  return lifetimeMs;
}
