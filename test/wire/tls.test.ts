/** TLS on both ports of the real server: handshakes with psql and by hand, channel binding, new certificates while sessions go on, client certificates. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { serialize } from 'pg-protocol';
import { silentLog } from '../../core/ports/log.ts';
import { startPgServer } from '../../server/pgwire/server.ts';
import { openTls } from '../../server/tls/certificates.ts';
import { signatureHash } from '../../server/tls/signature-hash.ts';
import { eventually, ServerProcess } from '../e2e/server-process.ts';
import { trustAll } from './access-support.ts';
import { FakeGateway } from './fake-gateway.ts';
import { RawClient, transcript, type Received } from './raw-client.ts';
import { logIn, startupOf } from './scram-client.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name), ca = readFileSync(fixture('ca.pem')), hasPsql = spawnSync('psql', ['--version']).status === 0;
const fingerprintOf = (name: string): string => new X509Certificate(readFileSync(fixture(name))).fingerprint256;
const PLUS = 'p=tls-server-end-point,,', ENDPOINT = (name: string): Buffer => createHash('sha384').update(new X509Certificate(readFileSync(fixture(name))).raw).digest();

/** A raw client over TLS: after SSLRequest, or at once. */
async function secure(port: number, options: ConnectionOptions & { direct?: boolean } = {}): Promise<{ client: RawClient; socket: TLSSocket }> {
  const raw = createConnection({ port, host: '127.0.0.1' });
  await new Promise<void>((resolve, reject) => { raw.once('connect', resolve).once('error', reject); });
  if (options.direct !== true) {
    raw.write(serialize.requestSsl() as Buffer);
    expect(String(await new Promise<Buffer>((resolve) => { raw.once('data', resolve); }))).to.equal('S');
  }
  const socket = connect({ socket: raw, ca, servername: 'localhost', ...options });
  await new Promise<void>((resolve, reject) => { socket.once('secureConnect', resolve).once('error', (error) => { raw.destroy(); reject(error); }); });
  return { client: RawClient.of(socket), socket };
}

describe('TLS', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-tls-')), cert = join(folder, 'cert.pem'), key = join(folder, 'key.pem');
  const use = (name: string): void => { copyFileSync(fixture(`${name}.pem`), cert); copyFileSync(fixture(`${name}.key`), key); };
  after(() => { rmSync(folder, { recursive: true }); });

  describe('of the server', () => {
    let server: ServerProcess;
    const open: RawClient[] = [];
    const enter = async (steps: Parameters<typeof logIn>[3] = {}, options: Parameters<typeof secure>[1] = {}): Promise<Received[]> => { const { client } = await secure(server.pgPort, options); open.push(client); return logIn(client, 'ann', 'x', steps); };
    const https = (path: string, headers: Record<string, string> = {}): Promise<{ status: number; fingerprint: string; text: string }> => new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', servername: 'localhost', port: server.httpPort, path, ca, agent: false, headers }, (reply) => {
        let text = '';
        const { fingerprint256: fingerprint = '' } = (reply.socket as TLSSocket).getPeerCertificate();
        reply.setEncoding('utf8').on('data', (d: string) => { text += d; }).on('end', () => resolve({ status: reply.statusCode ?? 0, fingerprint, text }));
      }).on('error', reject).end();
    });
    before(async () => {
      use('server-1');
      writeFileSync(join(folder, 'config.yaml'), `users:\n  ann: { role: admin, password: '\${env:ANN}' }\ntls-cert: ${cert}\ntls-key: ${key}\ntls-required: true\n`);
      server = new ServerProcess(join(folder, 'data'), ['--config', join(folder, 'config.yaml'), '--parallelism', '1']);
      await server.launch({ ANN: 'x' });
    });
    after(async () => { await server.remove(); });
    afterEach(() => { for (const client of open.splice(0)) client.destroy(); });

    it('F3: a client comes in after SSLRequest, and directly with the application protocol of PostgreSQL; with channel binding in both', async () => {
      for (const options of [{}, { direct: true, ALPNProtocols: ['postgresql'] }]) {
        expect((await enter({}, options)).at(-1)?.type).to.equal('Z');
        expect((await enter({ mechanism: 'SCRAM-SHA-256-PLUS', gs2: PLUS, binding: ENDPOINT('server-1.pem') }, options)).at(-1)?.type).to.equal('Z');
      }
    });
    it('F3: a downgrade is refused: bound to another certificate, binding taken away, no encryption though it is required', async () => {
      expect(transcript(await enter({ mechanism: 'SCRAM-SHA-256-PLUS', gs2: PLUS, binding: ENDPOINT('server-2.pem') }))).to.equal('E:28000');
      expect(transcript(await enter({ gs2: 'y,,' }))).to.equal('E:28000');
      expect(transcript(await enter({ mechanism: 'SCRAM-SHA-256-PLUS', gs2: 'n,,' }))).to.equal('E:08P01');
      const clear = await RawClient.connect(server.pgPort);
      clear.send(startupOf('ann'));
      expect(transcript(await clear.closed())).to.equal('E:28000');
    });
    it('F2: bytes sent in clear behind SSLRequest are not taken for encrypted ones', async () => {
      const client = await RawClient.connect(server.pgPort);
      client.send(serialize.requestSsl() as Buffer, startupOf('ann'));
      expect(transcript(await client.closed())).to.equal('E:08P01');
    });
    it('F1: handshakes that are none, or end in the middle, or ask again under encryption, end their connection alone', async () => {
      for (const bytes of [Buffer.from('16030100ff', 'hex'), Buffer.from('160301000501000001ff', 'hex'), Buffer.from('not a handshake at all')]) {
        const client = await RawClient.connect(server.pgPort);
        client.expectPlain(1);
        client.send(serialize.requestSsl() as Buffer);
        await client.plainBytes(1);
        client.send(bytes);
        if (bytes.length < 6) client.destroy();
        await client.closed();
      }
      const { client } = await secure(server.pgPort);
      client.send(serialize.requestSsl() as Buffer);
      expect(transcript(await client.closed())).to.equal('E:08P01');
      const unnamed = await secure(server.pgPort, { direct: true });
      unnamed.client.send(startupOf('ann'));
      expect(transcript(await unnamed.client.closed())).to.equal('E:08P01');
      let refusal = '';
      await secure(server.pgPort, { direct: true, ALPNProtocols: ['http/1.1'] }).catch((error: Error) => { refusal = error.message; });
      expect(refusal).to.match(/no application protocol|alert/i);
      expect((await enter()).at(-1)?.type).to.equal('Z');
    });
    it('HTTPS answers on the HTTP port, with the same users; clear text is not answered', async () => {
      expect([(await https('/healthz')).status, (await https('/api/v1/jobs')).status, (await https('/api/v1/jobs', { authorization: `Basic ${Buffer.from('ann:x').toString('base64')}` })).status]).to.deep.equal([200, 401, 200]);
      expect(await fetch(`http://127.0.0.1:${server.httpPort}/healthz`).then(() => 'answered', () => 'refused')).to.equal('refused');
    });
    it('psql comes in with verify-full and channel_binding=require, and not without TLS', function () {
      if (!hasPsql) { process.stderr.write('      psql is not installed: not tried\n'); this.skip(); }
      const psql = (more: string): { status: number | null; stdout: string; stderr: string } => spawnSync('psql', ['-X', '-At', `host=localhost hostaddr=127.0.0.1 port=${server.pgPort} user=ann dbname=default_catalog ${more}`, '-c', 'SELECT current_user'], { env: { ...process.env, PGPASSWORD: 'x' }, encoding: 'utf8' });
      expect(psql(`sslmode=verify-full sslrootcert=${fixture('ca.pem')} channel_binding=require`)).to.include({ status: 0, stdout: 'ann\n' });
      expect(psql('sslmode=disable').stderr).to.contain('must connect with TLS');
    });
    it('a new certificate is taken on SIGHUP, a broken one is told and not taken; open sessions go on', async () => {
      const { client, socket } = await secure(server.pgPort);
      open.push(client);
      await logIn(client, 'ann', 'x');
      expect(socket.getPeerCertificate().fingerprint256).to.equal(fingerprintOf('server-1.pem'));
      const shown = async (): Promise<string[]> => { const { client: other, socket: encrypted } = await secure(server.pgPort); const { fingerprint256 } = encrypted.getPeerCertificate(); other.destroy(); return [fingerprint256, (await https('/healthz')).fingerprint]; };
      const told = (text: string): Promise<boolean> => eventually(text, async () => server.stderr.includes(text));
      copyFileSync(fixture('server-2.pem'), cert); // beside the old key
      process.kill(server.pid, 'SIGHUP');
      await told('the new TLS certificate cannot be used');
      expect(server.stderr).to.match(/the key in \S+ does not belong to the certificate in /);
      expect(await shown()).to.deep.equal([fingerprintOf('server-1.pem'), fingerprintOf('server-1.pem')]);
      use('server-2');
      process.kill(server.pid, 'SIGHUP');
      await eventually('the new certificate', async () => (await shown()).every((f) => f === fingerprintOf('server-2.pem')));
      expect((await enter({ mechanism: 'SCRAM-SHA-256-PLUS', gs2: PLUS, binding: ENDPOINT('server-2.pem') })).at(-1)?.type).to.equal('Z');
      client.send(serialize.query('SELECT 1') as Buffer);
      expect(transcript(await client.until('Z'))).to.equal('T D C:SELECT 1 Z:I');
    });
  });

  it('a certificate that changes is found without a signal, and one that cannot be read ends the start', async () => {
    use('server-1');
    const tls = await openTls({ cert, key, clientCa: undefined }, silentLog, 20), pg = await startPgServer({ host: '127.0.0.1', port: 0, gateway: new FakeGateway(), log: silentLog, authenticate: trustAll, tls });
    try {
      const shown = async (): Promise<string> => { const { client, socket } = await secure(pg.port); const { fingerprint256 } = socket.getPeerCertificate(); client.destroy(); return fingerprint256; };
      expect(await shown()).to.equal(fingerprintOf('server-1.pem'));
      use('server-2');
      await eventually('the new certificate', async () => await shown() === fingerprintOf('server-2.pem'));
    } finally { tls.close(); await pg.close(); }
    for (const files of [{ cert: join(folder, 'none'), key }, { cert, key: fixture('server-1.key') }, { cert: key, key }]) expect(await openTls({ ...files, clientCa: undefined }, silentLog).then(() => 'opened', (error: { code: string }) => error.code)).to.equal('tls-unusable');
  });
  it('F1: a handshake that does not get on is ended in time, without a word in clear', async () => {
    const tls = await openTls({ cert: fixture('server-1.pem'), key: fixture('server-1.key'), clientCa: undefined }, silentLog), pg = await startPgServer({ host: '127.0.0.1', port: 0, gateway: new FakeGateway(), log: silentLog, authenticate: trustAll, tls, limits: { startupTimeoutMs: 60 } });
    try {
      for (const bytes of [Buffer.alloc(0), Buffer.from('1603010200', 'hex')]) {
        const client = await RawClient.connect(pg.port);
        client.expectPlain(1);
        client.send(serialize.requestSsl() as Buffer);
        await client.plainBytes(1);
        client.send(bytes);
        expect(await client.closed()).to.deep.equal([]);
      }
    } finally { tls.close(); await pg.close(); }
  });
  it('with --tls-client-ca clients must show a certificate of it', async () => {
    const tls = await openTls({ cert: fixture('server-1.pem'), key: fixture('server-1.key'), clientCa: fixture('ca.pem') }, silentLog), pg = await startPgServer({ host: '127.0.0.1', port: 0, gateway: new FakeGateway(), log: silentLog, authenticate: trustAll, tls });
    try {
      const outcome = async (options: ConnectionOptions): Promise<string> => {
        try {
          const { client } = await secure(pg.port, options);
          client.send(startupOf('u'));
          const messages = await client.until('Z');
          client.destroy();
          return messages.at(-1)?.type ?? 'closed';
        } catch { return 'refused'; }
      };
      expect(await outcome({ cert: readFileSync(fixture('client.pem')), key: readFileSync(fixture('client.key')) })).to.equal('Z');
      expect(await outcome({})).to.be.oneOf(['closed', 'refused']);
      expect(await outcome({ cert: readFileSync(fixture('stranger.pem')), key: readFileSync(fixture('stranger.key')) })).to.be.oneOf(['closed', 'refused']);
    } finally { tls.close(); await pg.close(); }
  });
  it('the hash of channel binding is that of the signature', () => {
    expect([signatureHash(new X509Certificate(readFileSync(fixture('server-1.pem'))).raw), signatureHash(new X509Certificate(ca).raw)]).to.deep.equal(['sha384', 'sha256']);
  });
});
