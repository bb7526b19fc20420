/**
 * A Kafka broker, or a small cluster (KRaft, Apache Kafka 4.1) run with plain `java` from jars fetched by Maven into the cache folder. Used where
 * there is no Docker, and by tests that need a broker of their own to kill, pause, or reach over TLS and SASL.
 *
 * Life: the broker dies with us, even after SIGKILL (`tied-process.ts`). Data is in a temporary folder, removed by stop() or with us.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaService } from './kafka.ts';
import { canHaveJars, fetchJars } from './maven.ts';
import { canRun, freePorts, run, ServiceUnavailable } from './support.ts';
import { TiedProcess } from './tied-process.ts';

const VERSION = '4.1.0';
const JARS = {
  title: `Apache Kafka ${VERSION}`, folder: `kafka-${VERSION}`, dependencies: [`org.apache.kafka:kafka_2.13:${VERSION}`],
  otherwise: 'Install Maven, start Docker, or set KAFKA_BOOTSTRAP=host:port.',
};

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
  /** For measuring: the whole JIT compiler and a heap of 1 GiB, at the price of a slower start. */
  readonly fast?: boolean | undefined;
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
  return await canRun('java', ['-version']) && await canHaveJars(JARS);
}

/** Starts a broker on free loopback ports and waits until it answers. */
export async function startLocalBroker(options: LocalBrokerOptions = {}): Promise<LocalBroker> {
  const ports = await freePorts(options.secure ? 6 : 2);
  return await startNode({ id: 1, ports, controllerPort: ports[1]! }, options);
}

/** Starts a cluster: the first broker is its controller too, and must stay up; leaders go back to their preferred broker within a second or two. */
export async function startLocalCluster(size: number, properties: Readonly<Record<string, string>> = {}): Promise<LocalBroker[]> {
  const ports = await freePorts(size + 1), controllerPort = ports[size]!, nodes: LocalBroker[] = [];
  try {
    for (let i = 0; i < size; i++) {
      nodes.push(await startNode({ id: i + 1, ports: [ports[i]!, controllerPort], controllerPort }, { properties: { 'leader.imbalance.check.interval.seconds': '1', ...properties } }));
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
  const jars = await fetchJars(JARS);
  const dir = await mkdtemp(join(tmpdir(), 'rivulet-kafka-'));
  try {
    const secure = options.secure ? await makeSecure(dir, node.ports) : undefined;
    await writeFile(join(dir, 'server.properties'), serverProperties(dir, node, secure, options.properties ?? {}));
    await writeFile(join(dir, 'log4j2.yaml'), 'Configuration:\n  Appenders: {Console: {name: C, PatternLayout: {pattern: "%d %p %c %m%n"}}}\n  Loggers: {Root: {level: WARN, AppenderRef: {ref: C}}}\n');
    const scram = secure ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((m) => ['--add-scram', `${m}=[name=${secure.username},password=${secure.password}]`]) : [];
    const formatted = await run('java', [...javaFlags(jars, dir), 'kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c', join(dir, 'server.properties'), ...scram]);
    if (formatted.code !== 0) throw new ServiceUnavailable(`Kafka's storage could not be prepared: ${formatted.output.slice(-2000)}`);
    const broker = new BrokerProcess(jars, dir, node.ports[0]!, secure, options.fast ?? false);
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
  #process: TiedProcess | undefined;
  readonly #command: readonly string[];
  readonly #dir: string;
  readonly #port: number;
  readonly #onExit = (): void => { this.signal('SIGKILL'); rmSync(this.#dir, { recursive: true, force: true }); };
  constructor(jars: string, dir: string, port: number, secure: SecureListeners | undefined, fast: boolean) {
    this.#command = ['java', ...fast ? fastFlags(jars, dir) : [...javaFlags(jars, dir), '-Xmx512m', '-Xms256m'], 'kafka.Kafka', join(dir, 'server.properties')];
    this.#dir = dir;
    this.#port = port;
    this.secure = secure;
    this.bootstrap = `127.0.0.1:${port}`;
    process.on('exit', this.#onExit);
  }

  async start(): Promise<void> {
    if (this.#process !== undefined && !this.#process.ended) return;
    const broker = this.#process = await TiedProcess.start(this.#command, { log: join(this.#dir, 'out.log'), folder: this.#dir });
    const until = Date.now() + 60_000;
    while (!await answersMetadata(this.#port)) {
      if (broker.ended || Date.now() > until) {
        broker.signal('SIGKILL');
        throw new ServiceUnavailable(`the Kafka broker did not come up: ${await broker.lastOutput()}`);
      }
      await new Promise((r) => setTimeout(r, 100));
    }
  }

  async kill(): Promise<void> { await this.#process?.kill(); }

  signal(name: NodeJS.Signals): void { this.#process?.signal(name); }

  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Quick start matters more than peak speed; the collector with the fewest threads and least memory. */
function javaFlags(jars: string, dir: string): string[] {
  return ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...commonFlags(jars, dir)];
}
/** The whole JIT compiler pays after some ten million records; the collector matters little to a broker, which keeps hardly anything. */
function fastFlags(jars: string, dir: string): string[] { return ['-XX:+UseSerialGC', '-Xmx1g', '-Xms1g', ...commonFlags(jars, dir)]; }
function commonFlags(jars: string, dir: string): string[] { return ['-Xshare:auto', `-Dlog4j2.configurationFile=${join(dir, 'log4j2.yaml')}`, '-cp', join(jars, '*')]; }

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
