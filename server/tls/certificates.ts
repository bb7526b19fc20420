/**
 * Certificates from files, exchanged while the server runs: looked at every few seconds and on SIGHUP. New connections get the new one, open
 * ones go on. A certificate that cannot be used is told once, and the one in force stays.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer, createSecureContext, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { handshakeFailed, tlsUnusable } from '../../core/errors/access.ts';
import type { Log } from '../../core/ports/log.ts';
import { signatureHash } from './signature-hash.ts';
import { ALPN, type SecureSocket, type TlsPort } from './port.ts';

export interface CertificateFiles { readonly cert: string; readonly key: string; /** Clients must show a certificate of it. */ readonly clientCa: string | undefined }
const WATCH_MS = 5_000, MIN_VERSION = 'TLSv1.2', DAY_MS = 86_400_000;

interface Loaded { readonly text: string; readonly options: TlsOptions; readonly endpointHash: Buffer | undefined; readonly certificate: X509Certificate; /** Others on this machine can read the key. */ readonly isOpen: boolean }

/** Throws tls-unusable. `watchMs` is for tests. */
export async function openTls(files: CertificateFiles, log: Log, watchMs = WATCH_MS): Promise<TlsPort> {
  const certificates = new Certificates(files, await load(files), log, watchMs);
  certificates.tell('TLS is on');
  return certificates;
}

class Certificates implements TlsPort {
  readonly #files: CertificateFiles;
  readonly #log: Log;
  readonly #pg: Server;
  readonly #timer: NodeJS.Timeout;
  #attached: { setSecureContext(options: TlsOptions): void }[];
  #loaded: Loaded;
  /** What could not be used, so that it is told once. */
  #refused = '';
  /** Handshakes under way, by the address of the client. */
  readonly #waiting = new Map<string, (socket: TLSSocket) => void>();

  constructor(files: CertificateFiles, loaded: Loaded, log: Log, watchMs: number) {
    this.#files = files;
    this.#loaded = loaded;
    this.#log = log;
    this.#pg = createServer({ ...loaded.options, ALPNProtocols: [ALPN] });
    this.#pg.on('tlsClientError', (error) => this.#log.debug('TLS handshake failed', { err: error }));
    this.#pg.on('secureConnection', (socket) => { this.#waiting.get(addressOf(socket))?.(socket); });
    this.#attached = [this.#pg];
    this.#timer = setInterval(() => void this.reload(), watchMs);
    this.#timer.unref();
  }
  get httpsOptions(): TlsOptions { return this.#loaded.options; }
  attach(server: { setSecureContext(options: TlsOptions): void }): void { this.#attached.push(server); }
  close(): void { clearInterval(this.#timer); }

  async accept(raw: Socket): Promise<SecureSocket> {
    const { endpointHash } = this.#loaded, key = addressOf(raw);
    try {
      const socket = await new Promise<TLSSocket>((resolve, reject) => {
        this.#waiting.set(key, resolve);
        raw.once('close', () => reject(handshakeFailed({})));
        // What a listening server would do with it: the handshake, and the check of the client's certificate.
        this.#pg.emit('connection', raw);
      });
      return { socket, endpointHash };
    } finally { this.#waiting.delete(key); }
  }

  async reload(): Promise<void> {
    let text: string | undefined;
    try {
      text = (await read(this.#files)).join('\0');
      if (text === this.#loaded.text || text === this.#refused) return;
      const loaded = await load(this.#files);
      for (const server of this.#attached) server.setSecureContext(loaded.options);
      this.#loaded = loaded;
      this.#refused = '';
      this.tell('new TLS certificate');
    } catch (error) {
      const refused = text ?? String(error);
      if (refused === this.#refused) return;
      this.#refused = refused;
      this.#log.error('the new TLS certificate cannot be used; the old one stays', { err: error });
    }
  }
  tell(what: string): void {
    const { certificate, isOpen } = this.#loaded, left = Date.parse(certificate.validTo) - Date.now(), fields = { subject: certificate.subject, validTo: certificate.validTo };
    this.#log.info(what, fields);
    if (isOpen) this.#log.warn('everybody on this machine can read the TLS key; chmod o-rwx it', { path: this.#files.key });
    if (left < 14 * DAY_MS) this.#log.warn(left < 0 ? 'the TLS certificate has expired' : 'the TLS certificate expires soon', fields);
  }
}
const addressOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
const read = ({ cert, key, clientCa }: CertificateFiles): Promise<string[]> => Promise.all([cert, key, ...(clientCa === undefined ? [] : [clientCa])].map((path) => readFile(path, 'utf8')));

async function load(files: CertificateFiles): Promise<Loaded> {
  try {
    const texts = await read(files), { mode } = await stat(files.key), [cert = '', key = '', ca] = texts;
    const options: TlsOptions = { cert, key, minVersion: MIN_VERSION, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }) };
    // Says what is wrong with any of them, and whether the key belongs to the certificate.
    createSecureContext(options);
    const certificate = new X509Certificate(cert), hash = signatureHash(certificate.raw);
    return { text: texts.join('\0'), options, certificate, isOpen: process.platform !== 'win32' && (mode & 0o007) !== 0, endpointHash: hash === undefined ? undefined : createHash(hash).update(certificate.raw).digest() };
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || message.includes('key values mismatch') ? `the key in ${files.key} does not belong to the certificate in ${files.cert}` : path === undefined ? message : `${path}: ${code ?? message}`;
    throw tlsUnusable({ why }, { cause: error });
  }
}
