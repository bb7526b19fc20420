/**
 * A Kafka broker, or a small cluster (KRaft, Apache Kafka 4.1) run with plain `java` from jars fetched by Maven into the cache folder. Used where
 * there is no Docker, and by tests that need a broker of their own to kill, pause, or reach over TLS and SASL.
 *
 * Life: the broker and a small shell live in a process group of their own; the shell holds the read end of a pipe from us and kills
 * the group when the pipe closes, so the broker dies with us even after SIGKILL. Data is in a temporary folder, removed
 * by stop() or by that shell.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaService } from './kafka.ts';
import { cacheDir, canRun, freePorts, run, ServiceUnavailable } from './support.ts';

const VERSION = '4.1.0';

/** Listeners beside the plain one, and what a client needs to use them. Users: `alice` with `password`, by PLAIN and both SCRAMs. */
export interface SecureListeners {
  /** SASL without TLS. */
  readonly sasl: string;
  /** TLS, no client certificate asked for. */
  readonly ssl: string;
  /** SASL inside TLS. */
  readonly saslSsl: string;
  /** TLS that insists on the client certificate `keystore`. */
  readonly mutualTls: string;
  readonly username: string;
  readonly password: string;
  /** PEM file with the self-signed certificate; its names are localhost and 127.0.0.1. */
  readonly truststore: string;
  /** PEM file with private key and certificate. */
  readonly keystore: string;
}

export interface LocalBrokerOptions {
  /** Add the listeners of SecureListeners; needs `openssl`. */
  readonly secure?: boolean;
  /** Extra broker properties, e.g. `{'message.max.bytes': '2000'}`. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface LocalBroker extends KafkaService {
  readonly secure: SecureListeners | undefined;
  /** SIGKILL to the broker; its data stays for `start`. */
  kill(): Promise<void>;
  /** Starts again on the same port with the same data, after `kill`. */
  start(): Promise<void>;
  /** Sends a signal to the broker, e.g. SIGSTOP and SIGCONT for one that is slow. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
}

/** True when a local broker can be started here (Java, and Maven or jars fetched earlier). */
export async function canStartLocalBroker(): Promise<boolean> {
  return await canRun('java', ['-version']) && (existsSync(jarsDir()) || await canRun('mvn', ['-v']));
}

/** Starts a broker on free loopback ports and waits until it answers. */
export async function startLocalBroker(options: LocalBrokerOptions = {}): Promise<LocalBroker> {
  const ports = await freePorts(options.secure ? 6 : 2);
  return await startNode({ id: 1, ports, controllerPort: ports[1]! }, options);
}

/** Starts a cluster: the first broker is its controller too, and must stay up; leaders go back to their preferred broker within a second or two. */
export async function startLocalCluster(size: number): Promise<LocalBroker[]> {
  const ports = await freePorts(size + 1), controllerPort = ports[size]!, nodes: LocalBroker[] = [];
  try {
    for (let i = 0; i < size; i++) {
      nodes.push(await startNode({ id: i + 1, ports: [ports[i]!, controllerPort], controllerPort }, { properties: { 'leader.imbalance.check.interval.seconds': '1' } }));
    }
    return nodes;
  } catch (e) {
    for (const node of nodes) await node.stop();
    throw e;
  }
}

/** `ports`: the plain listener's, the controller's, those of SecureListeners. Node 1 is the controller. */
interface Node { readonly id: number; readonly ports: readonly number[]; readonly controllerPort: number }

async function startNode(node: Node, options: LocalBrokerOptions): Promise<LocalBroker> {
  const jars = await fetchJars();
  const dir = await mkdtemp(join(tmpdir(), 'rivulet-kafka-'));
  try {
    const secure = options.secure ? await makeSecure(dir, node.ports) : undefined;
    await writeFile(join(dir, 'server.properties'), serverProperties(dir, node, secure, options.properties ?? {}));
    await writeFile(join(dir, 'log4j2.yaml'), 'Configuration:\n  Appenders: {Console: {name: C, PatternLayout: {pattern: "%d %p %c %m%n"}}}\n  Loggers: {Root: {level: WARN, AppenderRef: {ref: C}}}\n');
    const scram = secure ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((m) => ['--add-scram', `${m}=[name=${secure.username},password=${secure.password}]`]) : [];
    const formatted = await run('java', [...javaFlags(jars, dir), 'kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c', join(dir, 'server.properties'), ...scram]);
    if (formatted.code !== 0) throw new ServiceUnavailable(`Kafka's storage could not be prepared: ${formatted.output.slice(-2000)}`);
    const broker = new BrokerProcess(jars, dir, node.ports[0]!, secure);
    await broker.start();
    return broker;
  } catch (e) {
    await rm(dir, { recursive: true, force: true });
    throw e;
  }
}

class BrokerProcess implements LocalBroker {
  readonly bootstrap: string;
  readonly how = `java (Apache Kafka ${VERSION})`;
  readonly secure: SecureListeners | undefined;
  #child: ChildProcess | undefined;
  readonly #jars: string;
  readonly #dir: string;
  readonly #port: number;
  readonly #onExit = (): void => { this.#killGroup('SIGKILL'); rmSync(this.#dir, { recursive: true, force: true }); };
  constructor(jars: string, dir: string, port: number, secure: SecureListeners | undefined) {
    this.#jars = jars;
    this.#dir = dir;
    this.#port = port;
    this.secure = secure;
    this.bootstrap = `127.0.0.1:${port}`;
    process.on('exit', this.#onExit);
  }

  async start(): Promise<void> {
    if (this.#child) return;
    // The subshell ends the group when the broker ends by itself; `cat` ends it when our side of the pipe closes.
    const script = '( "$@" </dev/null >>"$LOG" 2>&1; kill -9 0 ) & cat >/dev/null; rm -rf "$DATA"; kill -9 0';
    const child = spawn('/bin/sh', ['-c', script, 'sh', 'java', ...javaFlags(this.#jars, this.#dir), '-Xmx512m', '-Xms256m', 'kafka.Kafka', join(this.#dir, 'server.properties')],
      { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, LOG: join(this.#dir, 'out.log'), DATA: this.#dir } });
    this.#child = child;
    child.stdin?.on('error', () => {});
    child.on('exit', () => { if (this.#child === child) this.#child = undefined; child.stdin?.destroy(); });
    child.unref();
    const until = Date.now() + 60_000;
    while (!await answersMetadata(this.#port)) {
      if (this.#child !== child || Date.now() > until) {
        const log = await readFile(join(this.#dir, 'out.log'), 'utf8').catch(() => '');
        this.#killGroup('SIGKILL');
        throw new ServiceUnavailable(`the Kafka broker did not come up: ${log.slice(-2000)}`);
      }
      await new Promise((r) => setTimeout(r, 100));
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    this.#killGroup('SIGKILL');
    await gone;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void { this.#killGroup(name); }

  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 3 });
  }

  #killGroup(name: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try { process.kill(-pid, name); } catch { /* already gone */ }
  }
}

function jarsDir(): string { return join(cacheDir(), `kafka-${VERSION}`); }

/** Kafka's jars in the cache folder; fetched once, moved into place whole so that two processes may race. */
async function fetchJars(): Promise<string> {
  const target = jarsDir();
  if (existsSync(target)) return target;
  if (!await canRun('mvn', ['-v'])) {
    throw new ServiceUnavailable(`Kafka's jars are not in ${target} and \`mvn\` is not on the PATH to fetch them. Install Maven, start Docker, or set KAFKA_BOOTSTRAP=host:port.`);
  }
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), 'fetch-'));
  try {
    await writeFile(join(work, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>rivulet</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
</dependencies></project>\n`);
    process.stderr.write(`fetching Apache Kafka ${VERSION} with Maven\n`);
    const fetched = await run('mvn', ['-q', '-B', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(work, 'libs')}`]);
    if (fetched.code !== 0) throw new ServiceUnavailable(`Maven could not fetch Kafka: ${fetched.output.slice(-2000)}`);
    await rename(join(work, 'libs'), target).catch((e: unknown) => { if (!existsSync(target)) throw e; });
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Quick start matters more than peak speed; the collector with the fewest threads and least memory. */
function javaFlags(jars: string, dir: string): string[] {
  return ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', `-Dlog4j2.configurationFile=${join(dir, 'log4j2.yaml')}`, '-cp', join(jars, '*')];
}

function serverProperties(dir: string, { id, ports, controllerPort }: Node, secure: SecureListeners | undefined, extra: Readonly<Record<string, string>>): string {
  const listeners = [`PLAINTEXT://127.0.0.1:${ports[0]}`];
  const map = ['CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT'];
  const p: Record<string, string> = {
    'process.roles': id === 1 ? 'broker,controller' : 'broker', 'node.id': String(id), 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER', 'log.dirs': join(dir, 'logs'),
    'offsets.topic.replication.factor': '1', 'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1', 'transaction.state.log.min.isr': '1', 'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1', 'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0', 'num.partitions': '4', 'log.cleaner.dedupe.buffer.size': '4194304', 'log.cleaner.threads': '1',
    'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '500', 'num.network.threads': '2', 'num.io.threads': String(Math.max(2, Math.min(8, availableParallelism()))), 'background.threads': '2',
  };
  if (secure) {
    listeners.push(`SASL://${secure.sasl}`, `SSL://${secure.ssl}`, `SASLSSL://${secure.saslSsl}`, `MTLS://${secure.mutualTls}`);
    map.push('SASL:SASL_PLAINTEXT', 'SSL:SSL', 'SASLSSL:SASL_SSL', 'MTLS:SSL');
    const modules = 'org.apache.kafka.common.security';
    for (const name of ['sasl', 'saslssl']) {
      p[`listener.name.${name}.sasl.enabled.mechanisms`] = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512';
      p[`listener.name.${name}.plain.sasl.jaas.config`] = `${modules}.plain.PlainLoginModule required user_${secure.username}="${secure.password}";`;
      for (const m of ['scram-sha-256', 'scram-sha-512']) p[`listener.name.${name}.${m}.sasl.jaas.config`] = `${modules}.scram.ScramLoginModule required;`;
    }
    for (const name of ['ssl', 'saslssl', 'mtls']) {
      p[`listener.name.${name}.ssl.keystore.type`] = 'PEM';
      p[`listener.name.${name}.ssl.keystore.location`] = secure.keystore;
      p[`listener.name.${name}.ssl.truststore.type`] = 'PEM';
      p[`listener.name.${name}.ssl.truststore.location`] = secure.truststore;
      p[`listener.name.${name}.ssl.client.auth`] = name === 'mtls' ? 'required' : 'none';
    }
  }
  p['listeners'] = [...listeners, ...(id === 1 ? [`CONTROLLER://127.0.0.1:${controllerPort}`] : [])].join(',');
  p['advertised.listeners'] = listeners.join(',');
  p['listener.security.protocol.map'] = map.join(',');
  return `${Object.entries({ ...p, ...extra }).map(([k, v]) => `${k}=${v}`).join('\n')}\n`;
}

async function makeSecure(dir: string, ports: readonly number[]): Promise<SecureListeners> {
  const key = join(dir, 'key.pem'), truststore = join(dir, 'cert.pem'), keystore = join(dir, 'keystore.pem');
  const made = await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', truststore]);
  if (made.code !== 0) throw new ServiceUnavailable(`\`openssl\` could not make a certificate: ${made.output.slice(-500)}`);
  await writeFile(keystore, `${await readFile(key, 'utf8')}${await readFile(truststore, 'utf8')}`);
  const at = (i: number): string => `127.0.0.1:${ports[i]}`;
  return { sasl: at(2), ssl: at(3), saslSsl: at(4), mutualTls: at(5), username: 'alice', password: 'alice-secret', truststore, keystore };
}

/** True when a Metadata request (v1, no topics) is answered with at least one broker. */
async function answersMetadata(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let seen = Buffer.alloc(0);
    const done = (ok: boolean): void => { socket.destroy(); resolve(ok); };
    socket.setTimeout(2000, () => done(false));
    socket.on('connect', () => socket.write(Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 0, 0, 0, 0])));
    socket.on('data', (chunk: Buffer) => { seen = Buffer.concat([seen, chunk]); if (seen.length >= 12) done(seen.readInt32BE(8) > 0); });
    socket.on('error', () => done(false));
    socket.on('close', () => resolve(false));
  });
}
