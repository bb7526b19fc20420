/**
 * What both sides of SASL SCRAM (RFC 5802, RFC 7677) compute: keys, proofs, and the verifier a server keeps instead of a password, in the
 * text PostgreSQL gives it (`SCRAM-SHA-256$4096:salt$stored key:server key`).
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { saslprep } from './saslprep.ts';

export type ScramDigest = 'sha256' | 'sha512';
export interface ScramKeys { readonly clientKey: Buffer; readonly storedKey: Buffer; readonly serverKey: Buffer }
export interface ScramVerifier { readonly iterations: number; readonly salt: Buffer; readonly storedKey: Buffer; readonly serverKey: Buffer }

/** RFC 7677's least, and what PostgreSQL and libpq use. */
export const SCRAM_ITERATIONS = 4096;
/** A peer or a made-up verifier could ask for years of hashing. */
export const MAX_SCRAM_ITERATIONS = 1_000_000;
export const SALT_BYTES = 16;
const SHA256_BYTES = 32;

const derive = promisify(pbkdf2);
export const scramHmac = (digest: ScramDigest, key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();
export const scramHash = (digest: ScramDigest, bytes: Buffer): Buffer => createHash(digest).update(bytes).digest();
/** Hashes in a thread of Node's pool: 2 ms for 4096 rounds. */
export async function scramKeys(digest: ScramDigest, password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await derive(password, salt, iterations, digest === 'sha256' ? SHA256_BYTES : 64, digest), clientKey = scramHmac(digest, salted, 'Client Key');
  return { clientKey, storedKey: scramHash(digest, clientKey), serverKey: scramHmac(digest, salted, 'Server Key') };
}
/** A proof is a key under a signature, and the other way round. */
export const xored = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
/** `a=x,b=y`; a part that is no attribute is left out. */
export function scramAttributes(message: string): Map<string, string> {
  return new Map(message.split(',').filter((part) => part[1] === '=').map((part) => [part[0] ?? '', part.slice(2)]));
}

/** SCRAM-SHA-256 verifier of a password as the user typed it. */
export async function makeVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES), iterations = SCRAM_ITERATIONS): Promise<ScramVerifier> {
  const { storedKey, serverKey } = await scramKeys('sha256', await saslprep(password), salt, iterations);
  return { iterations, salt, storedKey, serverKey };
}
/** Compares in constant time. */
export async function matchesVerifier(password: string, verifier: ScramVerifier): Promise<boolean> {
  const { storedKey } = await makeVerifier(password, verifier.salt, verifier.iterations);
  return timingSafeEqual(storedKey, verifier.storedKey);
}
export const verifierText = (v: ScramVerifier): string => `SCRAM-SHA-256$${v.iterations}:${v.salt.toString('base64')}$${v.storedKey.toString('base64')}:${v.serverKey.toString('base64')}`;
const BASE64 = '((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)';
const VERIFIER = new RegExp(`^SCRAM-SHA-256\\$(\\d{1,10}):${BASE64}\\$${BASE64}:${BASE64}$`);
/** undefined when the text is no verifier, or one nobody could use. */
export function readVerifier(text: string): ScramVerifier | undefined {
  const [, rounds = '', ...parts] = VERIFIER.exec(text) ?? [], iterations = Number(rounds), [salt, storedKey, serverKey] = parts.map((part) => Buffer.from(part, 'base64'));
  if (salt === undefined || storedKey?.length !== SHA256_BYTES || serverKey?.length !== SHA256_BYTES || salt.length === 0) return undefined;
  return iterations >= 1 && iterations <= MAX_SCRAM_ITERATIONS ? { iterations, salt, storedKey, serverKey } : undefined;
}
