/**
 * The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677; channel binding tls-server-end-point of RFC 5929), as
 * PostgreSQL speaks it: the user is the one of the start-up packet, the name inside the messages is not looked at, authorization identities and mandatory extensions are
 * refused. A user without a verifier goes through the same steps with a made-up one and fails where a wrong password fails.
 *
 * Broken messages are protocol violations (08P01), a client that was talked out of channel binding is refused with 28000; `proves` alone
 * decides on the password.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { credentialsRefused } from '../../core/errors/access.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { protocolViolation } from '../../core/errors/wire.ts';
import { scramHash, scramHmac, xored, type ScramVerifier } from '../../core/scram/scram.ts';

export type Mechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';
const NONCE_BYTES = 18, KEY_BYTES = 32, BINDING = 'tls-server-end-point';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Printable ASCII but the comma. */
const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;
const malformed = (what: string): RivuletError => protocolViolation({ what: `malformed SCRAM message: ${what}` });

export interface ScramOptions {
  readonly mechanism: Mechanism;
  readonly verifier: ScramVerifier;
  /** Hash of our certificate; undefined: this connection has no channel to bind to. */
  readonly endpointHash: Buffer | undefined;
  /** For tests. */
  readonly nonce?: string | undefined;
}

export class ScramServer {
  readonly #options: ScramOptions;
  readonly #serverNonce: string;
  #gs2Header = '';
  #firstBare = '';
  #nonce = '';
  #serverFirst = '';
  #authMessage = '';
  constructor(options: ScramOptions) {
    this.#options = options;
    this.#serverNonce = options.nonce ?? randomBytes(NONCE_BYTES).toString('base64');
  }

  /** Takes client-first-message, gives server-first-message. */
  first(message: string): string {
    const [, flag = '', authzid = '', bare = ''] = /^([^,]*),([^,]*),([^]*)$/.exec(message) ?? [];
    if (flag === '') throw malformed('the channel binding flag is missing');
    this.#checkFlag(flag);
    if (authzid !== '') throw authzid.startsWith('a=') ? featureNotSupported({ feature: 'an authorization identity in SCRAM' }) : malformed('unexpected attribute where an authorization identity may stand');
    if (bare.startsWith('m=')) throw featureNotSupported({ feature: 'the SCRAM extension that the client requires' });
    const [, , nonce = ''] = /^(n=[^,]*),r=([^,]*)(?:,[^]*)?$/.exec(bare) ?? [];
    if (nonce === '') throw malformed('user name or nonce is missing');
    if (!NONCE.test(nonce)) throw protocolViolation({ what: 'non-printable characters in SCRAM nonce' });
    this.#gs2Header = `${flag},${authzid},`;
    this.#firstBare = bare;
    this.#nonce = nonce + this.#serverNonce;
    const { salt, iterations } = this.#options.verifier;
    return this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`;
  }

  /** Takes client-final-message; gives server-final-message when it proves knowledge of the password, else undefined. */
  final(message: string): string | undefined {
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] = /^(c=([^,]*),r=([^,]*)(?:,[^,]+)*?),p=([^]*)$/.exec(message) ?? [];
    if (withoutProof === '') throw malformed('channel binding, nonce or proof is missing');
    this.#checkBinding(binding);
    const proof = Buffer.from(proofText, 'base64');
    if (!BASE64.test(proofText) || proof.length !== KEY_BYTES) throw malformed('malformed proof in client-final-message');
    if (nonce !== this.#nonce) throw protocolViolation({ what: 'invalid SCRAM response: nonce does not match' });
    this.#authMessage = `${this.#firstBare},${this.#serverFirst},${withoutProof}`;
    return this.#proves(proof) ? `v=${scramHmac('sha256', this.#options.verifier.serverKey, this.#authMessage).toString('base64')}` : undefined;
  }

  #proves(proof: Buffer): boolean {
    const { storedKey } = this.#options.verifier, clientKey = xored(proof, scramHmac('sha256', storedKey, this.#authMessage));
    return timingSafeEqual(scramHash('sha256', clientKey), storedKey);
  }

  #checkFlag(flag: string): void {
    const { mechanism, endpointHash } = this.#options, isPlus = mechanism === 'SCRAM-SHA-256-PLUS';
    if (flag === 'n' || flag === 'y') {
      if (isPlus) throw malformed(`the client selected ${mechanism} without channel binding data`);
      if (flag === 'y' && endpointHash !== undefined) throw credentialsRefused({ what: 'SCRAM channel binding negotiation error: the client supports channel binding but was told that this server does not' });
      return;
    }
    if (!flag.startsWith('p=')) throw malformed('unexpected channel binding flag');
    if (!isPlus) throw malformed(`the client selected ${mechanism} but sent channel binding data`);
    if (flag !== `p=${BINDING}`) throw protocolViolation({ what: 'unsupported SCRAM channel-binding type' });
  }
  #checkBinding(binding: string): void {
    const { mechanism, endpointHash } = this.#options;
    if (mechanism === 'SCRAM-SHA-256') {
      if (binding !== Buffer.from(this.#gs2Header).toString('base64')) throw protocolViolation({ what: 'unexpected SCRAM channel-binding attribute in client-final-message' });
    } else if (binding !== Buffer.concat([Buffer.from(this.#gs2Header), endpointHash ?? Buffer.alloc(0)]).toString('base64')) throw credentialsRefused({ what: 'SCRAM channel binding check failed' });
  }
}
