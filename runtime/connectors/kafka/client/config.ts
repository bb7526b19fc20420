/**
 * Configuration of the client from Kafka's own property names (the `properties.*` options of a table with the prefix stripped), as the
 * Java client reads them: "Kafka client configuration" of the Apache Kafka documentation. Unknown properties are tolerated, as Flink
 * passes everything through; a value that cannot be meant is an error that names the property.
 */
import type { ConnectionOptions } from 'node:tls';
import { readAllowedFile } from '../../../../catalog/secrets/files.ts';
import { kafkaBadProperty } from '../../../../core/errors/kafka.ts';
import { fileRefused } from '../../../../core/errors/secrets.ts';
import { parseJaas } from './jaas.ts';
import type { Compression, FetcherOptions, IsolationLevel, ProducerOptions } from './types.ts';

export interface Endpoint { readonly host: string; readonly port: number }
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
export interface SaslCredentials { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string }
/** Parts of tls.ConnectionOptions that the ssl.* properties set; undefined fields are left to Node. */
export interface TlsSettings {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly checkHostName: boolean;
}

/** A bundle of all certificate authorities has about 0.2 MB. */
const MAX_STORE_BYTES = 4 * 1024 * 1024;
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];
const MECHANISMS: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] satisfies SaslMechanism[];

export class KafkaClientConfig {
  readonly bootstrapServers: readonly Endpoint[];
  readonly clientId: string;
  readonly tls: TlsSettings | undefined;
  readonly sasl: SaslCredentials | undefined;
  /** A request without an answer for this long fails and its connection is closed. */
  readonly requestTimeoutMs: number;
  /** A call is retried for this long before it is given up (default.api.timeout.ms). */
  readonly apiTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  readonly retryBackoffMs: number;
  /** Largest answer read; protects memory against a peer that is no Kafka. */
  readonly maxFrameBytes: number;
  /** A packed batch that unpacks to more is refused (unpacked.batch.max.bytes, ours); protects memory against a few bytes that claim to be much. */
  readonly maxUnpackedBytes: number;
  readonly isolation: IsolationLevel;
  readonly fetcher: FetcherOptions;
  readonly producer: ProducerOptions;

  private constructor(p: Properties) {
    this.bootstrapServers = parseServers(p);
    this.clientId = p.text('client.id') ?? 'rivulet';
    const protocol = p.oneOf('security.protocol', PROTOCOLS, 'PLAINTEXT');
    this.tls = protocol.endsWith('SSL') ? tlsSettings(p) : undefined;
    this.sasl = protocol.startsWith('SASL') ? saslCredentials(p) : undefined;
    this.requestTimeoutMs = p.integer('request.timeout.ms', 30_000, 1);
    this.apiTimeoutMs = p.integer('default.api.timeout.ms', 60_000, 1);
    this.connectTimeoutMs = p.integer('socket.connection.setup.timeout.ms', 10_000, 1);
    this.reconnectBackoffMs = p.integer('reconnect.backoff.ms', 50, 0);
    this.reconnectBackoffMaxMs = Math.max(this.reconnectBackoffMs, p.integer('reconnect.backoff.max.ms', 1000, 0));
    this.retryBackoffMs = p.integer('retry.backoff.ms', 100, 0);
    this.maxFrameBytes = 256 * 1024 * 1024;
    this.maxUnpackedBytes = p.integer('unpacked.batch.max.bytes', 64 * 1024 * 1024, 1);
    this.isolation = p.oneOf('isolation.level', ['read_uncommitted', 'read_committed'], 'read_uncommitted') as IsolationLevel;
    this.fetcher = {
      isolation: this.isolation,
      maxBytes: p.optionalInteger('fetch.max.bytes', 1),
      partitionMaxBytes: p.optionalInteger('max.partition.fetch.bytes', 1),
      minBytes: p.optionalInteger('fetch.min.bytes', 0),
      maxWaitMs: p.optionalInteger('fetch.max.wait.ms', 0),
      checkCrc: p.boolean('check.crcs', true),
    };
    this.producer = producerOptions(p);
  }

  /** Reads the properties (names without `properties.`). Throws kafkaBadProperty. Reads the PEM files it names. */
  static fromProperties(properties: ReadonlyMap<string, string>): KafkaClientConfig { return new KafkaClientConfig(new Properties(properties)); }

  /** As in the configuration, for error texts. */
  get servers(): string { return this.bootstrapServers.map((s) => `${s.host}:${s.port}`).join(','); }
}

/** Typed access to the map; errors name the property. */
class Properties {
  readonly #map: ReadonlyMap<string, string>;
  constructor(map: ReadonlyMap<string, string>) { this.#map = map; }
  text(name: string): string | undefined {
    const value = this.#map.get(name)?.trim();
    return value === '' ? undefined : value;
  }
  /** Tells an empty value from an absent one. */
  has(name: string): boolean { return this.#map.has(name); }
  optionalInteger(name: string, least: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value) || Number(value) < least) throw kafkaBadProperty({ property: name, why: `must be a whole number of at least ${least}, but is '${value.slice(0, 40)}'` });
    return Number(value);
  }
  integer(name: string, otherwise: number, least: number): number { return this.optionalInteger(name, least) ?? otherwise; }
  oneOf(name: string, allowed: readonly string[], otherwise: string): string {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const found = allowed.find((a) => a.toLowerCase() === value.toLowerCase());
    if (found === undefined) throw kafkaBadProperty({ property: name, why: `has the unknown value '${value.slice(0, 40)}'`, fix: `Possible values: ${allowed.join(', ')}.` });
    return found;
  }
  boolean(name: string, otherwise: boolean): boolean { return this.oneOf(name, ['true', 'false'], String(otherwise)) === 'true'; }
}

function parseServers(p: Properties): Endpoint[] {
  const text = p.text('bootstrap.servers');
  if (text === undefined) throw kafkaBadProperty({ property: 'bootstrap.servers', why: 'is missing', fix: "Write it as 'host:port,host:port'." });
  return text.split(',').map((s) => s.trim()).filter((s) => s !== '').map((server) => {
    const m = /^(?:[A-Za-z_]+:\/\/)?(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(server);
    const host = m?.[1] ?? m?.[2];
    const port = Number(m?.[3]);
    if (host === undefined || !(port > 0 && port < 65_536)) throw kafkaBadProperty({ property: 'bootstrap.servers', why: `has an entry that is not 'host:port': '${server.slice(0, 100)}'` });
    return { host, port };
  });
}

function saslCredentials(p: Properties): SaslCredentials {
  const mechanism = p.text('sasl.mechanism') ?? 'GSSAPI';
  if (!MECHANISMS.includes(mechanism)) {
    throw kafkaBadProperty({ property: 'sasl.mechanism', why: p.has('sasl.mechanism') ? `names a mechanism that is not supported: '${mechanism.slice(0, 40)}'` : 'is missing', fix: `Supported are ${MECHANISMS.join(', ')}.` });
  }
  const jaas = p.text('sasl.jaas.config');
  if (jaas === undefined) {
    throw kafkaBadProperty({ property: 'sasl.jaas.config', why: 'is missing', fix: `Write it as 'org.apache.kafka.common.security.${mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'} required username="…" password="…";'.` });
  }
  return { mechanism: mechanism as SaslMechanism, ...parseJaas(jaas, mechanism) };
}

/**
 * PEM stores only (Kafka's `ssl.*.type`=`PEM`, KIP-651): certificates and keys as text in `ssl.truststore.certificates`,
 * `ssl.keystore.certificate.chain`, `ssl.keystore.key`, or in the files named by the `.location` properties.
 */
function tlsSettings(p: Properties): TlsSettings {
  const truststore = pemFile(p, 'ssl.truststore') ?? p.text('ssl.truststore.certificates');
  const keystore = pemFile(p, 'ssl.keystore');
  const algorithm = p.has('ssl.endpoint.identification.algorithm') ? p.text('ssl.endpoint.identification.algorithm') ?? '' : 'https';
  if (algorithm !== '' && algorithm.toLowerCase() !== 'https') {
    throw kafkaBadProperty({ property: 'ssl.endpoint.identification.algorithm', why: `has the unknown value '${algorithm.slice(0, 40)}'`, fix: "Use 'https', or '' to leave the host name unchecked." });
  }
  return {
    ca: truststore === undefined ? undefined : pemText(truststore),
    cert: keystore ?? pemOrUndefined(p.text('ssl.keystore.certificate.chain')),
    key: keystore ?? pemOrUndefined(p.text('ssl.keystore.key')),
    passphrase: p.text('ssl.key.password'),
    checkHostName: algorithm !== '',
  };
}

function pemFile(p: Properties, store: 'ssl.truststore' | 'ssl.keystore'): string | undefined {
  const location = p.text(`${store}.location`);
  const type = p.text(`${store}.type`);
  if (location === undefined) return undefined;
  const fix = `Convert it to PEM, e.g. with 'keytool -importkeystore -deststoretype PKCS12' and 'openssl pkcs12', and set 'properties.${store}.type'='PEM'.`;
  if (type !== undefined && type.toUpperCase() !== 'PEM') throw kafkaBadProperty({ property: `${store}.type`, why: `is '${type.slice(0, 20)}', only PEM is supported`, fix });
  const file = readAllowedFile(location, MAX_STORE_BYTES);
  if (file.kind === 'refused') throw fileRefused({ option: `properties.${store}.location`, path: location, why: file.why, fix: 'Whoever runs the server can open a folder: --secrets-dir /folder (RIVULET_SECRETS_DIR).' });
  if (file.kind === 'missing') throw kafkaBadProperty({ property: `${store}.location`, why: `names a file that cannot be read: '${location}'` });
  const text = file.bytes.toString('latin1');
  if (!text.includes('-----BEGIN ')) throw kafkaBadProperty({ property: `${store}.location`, why: `names a file that is not PEM: '${location}'`, fix });
  return text;
}

/** PEM given as a property may have its lines joined by spaces; put the line breaks back. */
function pemText(value: string): string {
  return value.replace(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g, (_, name: string, body: string) => `-----BEGIN ${name}-----\n${body.includes(':') ? body.trim() : body.replace(/\s+/g, '').replace(/.{64}(?!$)/g, '$&\n')}\n-----END ${name}-----\n`);
}
function pemOrUndefined(value: string | undefined): string | undefined { return value === undefined ? undefined : pemText(value); }

function producerOptions(p: Properties): ProducerOptions {
  const acks = p.oneOf('acks', ['all', '-1', '0', '1'], 'all');
  return {
    acks: acks === '0' ? 0 : acks === '1' ? 1 : 'all',
    idempotent: p.boolean('enable.idempotence', acks === 'all' || acks === '-1'),
    transactionTimeoutMs: p.optionalInteger('transaction.timeout.ms', 1),
    compression: p.oneOf('compression.type', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], 'none') as Compression,
    batchSizeBytes: p.optionalInteger('batch.size', 0),
    lingerMs: p.optionalInteger('linger.ms', 0),
    maxRequestBytes: p.optionalInteger('max.request.size', 1),
    maxBufferedBytes: p.optionalInteger('buffer.memory', 1),
    deliveryTimeoutMs: p.optionalInteger('delivery.timeout.ms', 1),
  };
}

/** Options of tls.connect for one broker. */
export function tlsConnectOptions(tls: TlsSettings, endpoint: Endpoint): ConnectionOptions {
  return {
    host: endpoint.host, port: endpoint.port,
    ...(/^[\d.]+$|:/.test(endpoint.host) ? {} : { servername: endpoint.host }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }), ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    ...(tls.checkHostName ? {} : { checkServerIdentity: () => undefined }),
  };
}
