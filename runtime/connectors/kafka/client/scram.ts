/**
 * The client's side of SASL SCRAM (RFC 5802, RFC 7677) without channel binding, as Kafka uses it: four messages, the last of which
 * proves that the server knows the password too.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { MAX_SCRAM_ITERATIONS, SCRAM_ITERATIONS, scramAttributes, scramHmac, scramKeys, xored, type ScramDigest } from '../../../../core/scram/scram.ts';

export class ScramClient {
  readonly #digest: ScramDigest;
  readonly #username: string;
  readonly #password: string;
  readonly #nonce: string;
  #serverSignature: Buffer | undefined;
  constructor(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', username: string, password: string, nonce = randomBytes(24).toString('base64url')) {
    this.#digest = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    this.#username = username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#password = password.normalize('NFKC');
    this.#nonce = nonce;
  }

  get #firstBare(): string { return `n=${this.#username},r=${this.#nonce}`; }
  /** client-first-message */
  first(): Buffer { return Buffer.from(`n,,${this.#firstBare}`); }

  /** client-final-message, or what is wrong with the server's first message. */
  async final(serverFirst: string): Promise<Buffer | string> {
    const fields = scramAttributes(serverFirst);
    const nonce = fields.get('r') ?? '', salt = Buffer.from(fields.get('s') ?? '', 'base64'), iterations = Number(fields.get('i'));
    if (fields.has('e')) return `the server answered ${fields.get('e')}`;
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) return 'the server answered with a nonce that is not ours';
    if (salt.length === 0 || !Number.isInteger(iterations) || iterations < SCRAM_ITERATIONS || iterations > MAX_SCRAM_ITERATIONS) return 'the server asked for an impossible salt or iteration count';
    const { clientKey, storedKey, serverKey } = await scramKeys(this.#digest, this.#password, salt, iterations);
    const withoutProof = `c=biws,r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const proof = xored(clientKey, scramHmac(this.#digest, storedKey, authMessage));
    this.#serverSignature = scramHmac(this.#digest, serverKey, authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Undefined when the server's last message proves its knowledge, else what is wrong. */
  verify(serverFinal: string): string | undefined {
    const fields = scramAttributes(serverFinal);
    if (fields.has('e')) return `the server answered ${fields.get('e')}`;
    const given = Buffer.from(fields.get('v') ?? '', 'base64'), expected = this.#serverSignature;
    return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected) ? undefined : 'the server does not know the password';
  }
}
