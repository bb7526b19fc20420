/** TLS as the protocols see it; `certificates.ts` is loaded only where it is configured. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';

/** Application protocol of PostgreSQL, as registered at IANA. */
export const ALPN = 'postgresql';

export interface SecureSocket {
  readonly socket: TLSSocket;
  /** Of the certificate this connection was shown (RFC 5929, tls-server-end-point); undefined when its signature has no hash of its own. */
  readonly endpointHash: Buffer | undefined;
}
export interface TlsPort {
  /** The server's side of a handshake on an accepted socket, which has no listener of data left. Rejects when it fails. */
  accept(raw: Socket): Promise<SecureSocket>;
  /** For `https.createServer`. */
  readonly httpsOptions: TlsOptions & SecureContextOptions;
  /** From now on the server gets new certificates too. */
  attach(server: Pick<Server, 'setSecureContext'>): void;
  /** Reads the files again. Broken ones are told to the log, and what is in force stays. Never rejects. */
  reload(): Promise<void>;
  close(): void;
}
