/** Client properties as Kafka's Java client reads them, and SCRAM against the example of RFC 7677. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { KafkaClientConfig } from '../../runtime/connectors/kafka/client/index.ts';
import { ScramClient } from '../../runtime/connectors/kafka/client/scram.ts';

const from = (properties: Record<string, string>): KafkaClientConfig => KafkaClientConfig.fromProperties(new Map(Object.entries({ 'bootstrap.servers': 'a:1', ...properties })));
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

describe('kafka client properties', () => {
  it('reads servers, ignores what it does not know', () => {
    const config = from({ 'bootstrap.servers': ' a:9092, PLAINTEXT://b.c:9093 ,[::1]:9094', 'some.thing': 'x', 'key.deserializer': 'y' });
    expect(config.bootstrapServers).to.deep.equal([{ host: 'a', port: 9092 }, { host: 'b.c', port: 9093 }, { host: '::1', port: 9094 }]);
    expect(config.tls).to.equal(undefined);
    expect(config.isolation).to.equal('read_uncommitted');
  });

  it('takes sizes, times and producer settings', () => {
    const config = from({ 'request.timeout.ms': '1234', 'max.partition.fetch.bytes': '77', 'isolation.level': 'read_committed', 'enable.idempotence': 'false', 'compression.type': 'ZSTD', 'transaction.timeout.ms': '900000', acks: '-1' });
    expect(config.requestTimeoutMs).to.equal(1234);
    expect(config.fetcher).to.include({ partitionMaxBytes: 77, isolation: 'read_committed' });
    expect(config.producer).to.include({ idempotent: false, compression: 'zstd', transactionTimeoutMs: 900_000, acks: 'all' });
  });

  it('passes on what tunes fetching and producing', () => {
    const config = from({
      'fetch.min.bytes': '5000', 'fetch.max.wait.ms': '77', 'fetch.max.bytes': '9000', 'unpacked.batch.max.bytes': '123', 'check.crcs': 'false',
      'linger.ms': '0', 'batch.size': '16384', 'buffer.memory': '1000', 'max.request.size': '2000', 'delivery.timeout.ms': '9', acks: '1',
    });
    expect(config.fetcher).to.include({ minBytes: 5000, maxWaitMs: 77, maxBytes: 9000, checkCrc: false, partitionMaxBytes: undefined });
    expect(config.maxUnpackedBytes).to.equal(123);
    expect(config.producer).to.include({ lingerMs: 0, batchSizeBytes: 16_384, maxBufferedBytes: 1000, maxRequestBytes: 2000, deliveryTimeoutMs: 9, acks: 1, idempotent: false });
    expect(from({}).maxUnpackedBytes).to.equal(64 * 1024 * 1024);
  });

  const jaas: [string, { username: string; password: string }][] = [
    [`${PLAIN} required username="alice" password="se\\"cret;x";`, { username: 'alice', password: 'se"cret;x' }],
    [`org.apache.flink.kafka.shaded.${PLAIN} required\n  username=alice password='p w' user_x="y";`, { username: 'alice', password: 'p w' }],
    [`${PLAIN} required password="" username="a=b" ; `, { username: 'a=b', password: '' }],
  ];
  for (const [line, expected] of jaas) {
    it(`reads ${JSON.stringify(line.slice(-40))}`, () => {
      expect(from({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': line }).sasl).to.deep.equal({ mechanism: 'PLAIN', ...expected });
    });
  }

  const wrong: [string, Record<string, string>, string, string?][] = [
    ['a server without port', { 'bootstrap.servers': 'host' }, 'option "properties.bootstrap.servers" has an entry that is not \'host:port\': \'host\''],
    ['no server', { 'bootstrap.servers': ' ' }, 'option "properties.bootstrap.servers" is missing'],
    ['an unknown protocol', { 'security.protocol': 'TLS' }, 'has the unknown value \'TLS\'', 'Possible values: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.'],
    ['a number that is none', { 'request.timeout.ms': '10 s' }, 'must be a whole number of at least 1, but is \'10 s\''],
    ['Kerberos', { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'GSSAPI' }, 'names a mechanism that is not supported: \'GSSAPI\'', 'Supported are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.'],
    ['the module of another mechanism', { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': `${PLAIN} required username="a" password="b";` }, 'names the login module', 'For SCRAM-SHA-512 it must be org.apache.kafka.common.security.scram.ScramLoginModule.'],
    ['no semicolon', { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': `${PLAIN} required username="a" password="hush"` }, 'does not end with \';\''],
    ['no password', { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': `${PLAIN} required username="a";` }, 'has no password'],
    ['a JKS store', { 'security.protocol': 'SSL', 'ssl.truststore.location': '/x.jks', 'ssl.truststore.type': 'JKS' }, 'is \'JKS\', only PEM is supported'],
    ['a store that is no PEM', { 'security.protocol': 'SSL', 'ssl.truststore.location': import.meta.filename }, 'names a file that is not PEM'],
    ['a missing store', { 'security.protocol': 'SSL', 'ssl.truststore.location': '/nowhere/x.pem' }, 'names a file that cannot be read: \'/nowhere/x.pem\''],
  ];
  for (const [what, properties, message, hint] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => from(properties)).to.throw(RivuletError, message).that.satisfies((e: RivuletError) => (hint === undefined || e.hint === hint) && !e.message.includes('hush'));
    });
  }
});

describe('SCRAM', () => {
  it('plays the conversation of RFC 7677, section 3', async () => {
    const scram = new ScramClient('SCRAM-SHA-256', 'user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
    expect(scram.first().toString()).to.equal('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const final = await scram.final('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096');
    expect(final.toString()).to.equal('c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    expect(scram.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).to.equal(undefined);
    expect(scram.verify('v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).to.equal('the server does not know the password');
  });
  it('refuses a foreign nonce and an absurd iteration count', async () => {
    const scram = new ScramClient('SCRAM-SHA-512', 'user', 'pencil', 'abc');
    expect(await scram.final('r=xyz,s=AAAA,i=4096')).to.equal('the server answered with a nonce that is not ours');
    expect(await scram.final('r=abcd,s=AAAA,i=2000000000')).to.equal('the server asked for an impossible salt or iteration count');
    expect(await scram.final('r=abcd,s=AAAA,i=1')).to.equal('the server asked for an impossible salt or iteration count');
  });
});
