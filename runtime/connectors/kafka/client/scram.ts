/**
 * The client's side of SASL SCRAM (RFC 5802, RFC 7677) without channel binding, as Kafka uses it: four messages, the last of which
 * proves that the server knows the password too.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
/** A hostile server could ask for years of hashing; Kafka's default is 4096. */
const MAX_ITERATIONS = 1_000_000;

export class ScramClient {
  readonly #digest: 'sha256' | 'sha512';
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
    const fields = attributes(serverFirst);
    const nonce = fields.get('r') ?? '', salt = Buffer.from(fields.get('s') ?? '', 'base64'), iterations = Number(fields.get('i'));
    if (fields.has('e')) return `the server answered ${fields.get('e')}`;
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) return 'the server answered with a nonce that is not ours';
    if (salt.length === 0 || !Number.isInteger(iterations) || iterations < 4096 || iterations > MAX_ITERATIONS) return 'the server asked for an impossible salt or iteration count';
    const salted = await derive(this.#password, salt, iterations, this.#digest === 'sha256' ? 32 : 64, this.#digest);
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(this.#digest).update(clientKey).digest();
    const withoutProof = `c=biws,r=${nonce}`;
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const signature = this.#hmac(storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((b, i) => b ^ (signature[i] ?? 0)));
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Undefined when the server's last message proves its knowledge, else what is wrong. */
  verify(serverFinal: string): string | undefined {
    const fields = attributes(serverFinal);
    if (fields.has('e')) return `the server answered ${fields.get('e')}`;
    const given = Buffer.from(fields.get('v') ?? '', 'base64'), expected = this.#serverSignature;
    return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected) ? undefined : 'the server does not know the password';
  }

  #hmac(key: Buffer, text: string): Buffer { return createHmac(this.#digest, key).update(text).digest(); }
}

function attributes(message: string): Map<string, string> {
  return new Map(message.split(',').filter((part) => part[1] === '=').map((part) => [part[0] ?? '', part.slice(2)]));
}
