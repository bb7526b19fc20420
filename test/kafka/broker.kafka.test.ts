/**
 * Faults and security, on brokers of the test's own (started with Java; skipped where there is none): killed and restarted in the middle
 * of reading and writing, slow, too small limits, TLS and SASL.
 */
import { connect, createServer } from 'node:net';
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { freshTopic, handler, readAll, uniqueName, until } from './support.ts';

const failure = async (work: Promise<unknown>): Promise<RivuletError> => {
  try { await work; } catch (e) { expect(e).to.be.instanceOf(RivuletError); return e as RivuletError; }
  throw new RangeError('it should have failed');
};

describe('kafka faults', function () {
  this.timeout(120_000);
  let broker: LocalBroker;
  before(async function () {
    if (!await canStartLocalBroker()) this.skip();
    broker = await startLocalBroker();
  });
  after(async () => { await broker?.stop(); });

  for (const kind of ['idempotent', 'transactional'] as const) {
    it(`survives kill -9 and restart of the broker in the middle: ${kind}, nothing lost, doubled or reordered`, async () => {
      const client = KafkaClient.of(broker.bootstrap, { 'request.timeout.ms': '5000' });
      const topic = await freshTopic(client, 'restart', 3);
      const producer = client.producer({ batchSizeBytes: 2000, ...(kind === 'transactional' ? { transactionalId: uniqueName('restart') } : {}) });
      await producer.init();
      const target = await producer.topic(topic);
      const seen: number[][] = [[], [], []];
      let wrong: unknown, outages = 0;
      const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, {
        onRecords(p, batch) { for (let i = 0, at = batch.start; i < batch.count; i++) { const size = batch.bytes[at]! >> 1; seen[p.partition]!.push(Number(batch.bytes.toString('latin1', at + size - 6, at + size))); at += size + 1; } },
      }));
      for (const partition of [0, 1, 2]) fetcher.add({ topic, partition }, 0, null);
      if (kind === 'transactional') producer.beginTransaction();
      let restart: Promise<void> | undefined;
      for (let i = 0; i < 9000; i++) {
        const v = Buffer.from(String(i).padStart(6, '0'));
        producer.append(target, i % 3, null, -1, -1, v, 0, 6, Date.now(), null);   // by old timestamps the broker would forget the producer when it restarts
        if (i === 3000 || i === 6000) {
          await restart;
          restart = (async () => { await broker.kill(); await until(() => fetcher.outage !== undefined); outages++; await broker.start(); })();
        }
        if (i % 100 === 0) await new Promise((r) => { setTimeout(r, 2); });   // spreads the writes over the outage
      }
      await producer.flush();
      await restart;
      if (kind === 'transactional') await producer.commitTransaction();
      await until(() => seen.every((s) => s.length >= 3000));
      expect(outages).to.equal(2);
      for (const partition of [0, 1, 2]) expect(seen[partition]).to.deep.equal(Array.from({ length: 3000 }, (_, i) => i * 3 + partition));
      expect([wrong, producer.failure, fetcher.outage]).to.deep.equal([undefined, undefined, undefined]);
      // Commit markers are written a moment after the answer.
      let committed = 0;
      for (let n = 0; n < 200 && committed < 9000; n++) committed = (await readAll(client, topic, { isolation: 'read_committed' })).length;
      expect(committed).to.equal(9000);
      await client.close();
    });
  }

  it('neither spins nor gives up while the broker is away, and says why', async () => {
    const client = KafkaClient.of(broker.bootstrap);
    const topic = await freshTopic(client, 'away');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.from('v');
    let seen = 0, wrong: unknown;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords(_, b) { seen += b.count; } }));
    fetcher.add({ topic, partition: 0 }, 0, null);
    producer.append(target, 0, null, -1, -1, v, 0, 1, 1, null);
    await until(() => seen === 1);
    await broker.kill();
    await until(() => fetcher.outage !== undefined);
    producer.append(target, 0, null, -1, -1, v, 0, 1, 1, null);
    const flushed = producer.flush();
    const cpu = process.cpuUsage(), wall = performance.now();
    await new Promise((r) => { setTimeout(r, 3000); });   // the time over which the CPU use is taken
    const used = process.cpuUsage(cpu);
    expect((used.user + used.system) / 1000 / (performance.now() - wall)).to.be.lessThan(0.2);
    expect(fetcher.outage!.message).to.match(/no Kafka broker answers|was lost/);
    await broker.start();
    await flushed;
    await until(() => seen === 2);
    expect([wrong, fetcher.outage]).to.deep.equal([undefined, undefined]);
    await client.close();
  });

  it('repeats what timed out at a broker that stood still, without doubles', async () => {
    const client = KafkaClient.of(broker.bootstrap, { 'request.timeout.ms': '400' });
    const topic = await freshTopic(client, 'slow');
    const producer = client.producer({ batchSizeBytes: 1000 });
    await producer.init();
    const target = await producer.topic(topic);
    const append = (i: number): void => { const v = Buffer.from(`${i}`); producer.append(target, 0, null, -1, -1, v, 0, v.length, 1, null); };
    for (let i = 0; i < 500; i++) append(i);
    await producer.flush();
    for (let i = 500; i < 1000; i++) append(i);
    producer.send();
    broker.signal('SIGSTOP');
    await new Promise((r) => { setTimeout(r, 2500); });   // several times the request timeout
    broker.signal('SIGCONT');
    await producer.flush();
    expect((await readAll(client, topic)).map((r) => r.value)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => `${i}`));
    await client.close();
  });

  it('splits batches a topic does not take, and names a record it does not take', async () => {
    const client = KafkaClient.of(broker.bootstrap);
    const topic = await freshTopic(client, 'small', 1, { 'max.message.bytes': '2000' });
    const told: RivuletError[] = [];
    const producer = client.producer({ batchSizeBytes: 16_000, onError: (e) => told.push(e) });
    await producer.init();
    const target = await producer.topic(topic), k = Buffer.from('the-key');
    for (let i = 0; i < 300; i++) { const v = Buffer.from(`${i}`.padEnd(200, 'x')); producer.append(target, 0, k, 0, k.length, v, 0, v.length, i, null); }
    await producer.flush();
    expect((await readAll(client, topic)).map((r) => [Number.parseInt(r.value!, 10), r.timestampMs])).to.deep.equal(Array.from({ length: 300 }, (_, i) => [i, i]));
    const large = Buffer.alloc(5000, 'y');
    producer.append(target, 0, k, 0, k.length, large, 0, large.length, 1, null);
    const e = await failure(producer.flush());
    expect(e.message).to.match(new RegExp(`^record for Kafka topic "${topic}" is too large: 50\\d\\d bytes, the limit is 2000$`));
    expect([e.detail, e.hint]).to.deep.equal(['Its key is "the-key".', "Raise the topic's 'max.message.bytes', or write smaller records."]);
    expect(told).to.deep.equal([e]);
    const other = client.producer({ maxRequestBytes: 1000 });
    await other.init();
    expect(() => { other.append(target, 0, k, 0, k.length, large, 0, large.length, 1, null); }).to.throw(RivuletError, 'the limit is 1000');
    await client.close();
  });

  it('reads and writes a record of 20 MB', async () => {
    const client = KafkaClient.of(broker.bootstrap);
    const topic = await freshTopic(client, 'large', 1, { 'max.message.bytes': '30000000' });
    const producer = client.producer({ maxRequestBytes: 30_000_000 });
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.alloc(20_000_000, 'z');
    producer.append(target, 0, null, -1, -1, v, 0, v.length, 1, null);
    producer.append(target, 0, null, -1, -1, v, 0, 3, 1, null);
    await producer.flush();
    expect((await readAll(client, topic)).map((r) => r.value!.length)).to.deep.equal([20_000_000, 3]);
    await client.close();
  });

  it('names the server when nobody answers', async () => {
    const e = await failure(KafkaClient.of('127.0.0.1:1', { 'default.api.timeout.ms': '300' }).listTopics());
    expect([e.code, e.message]).to.deep.equal(['kafka-unreachable', 'no Kafka broker answers at "127.0.0.1:1"']);
    expect(e.detail).to.contain('ECONNREFUSED');
  });
});

describe('kafka security', function () {
  this.timeout(120_000);
  let broker: LocalBroker;
  before(async function () {
    if (!await canStartLocalBroker()) this.skip();
    broker = await startLocalBroker({ secure: true, properties: { 'connections.max.reauth.ms': '4000' } });
  });
  after(async () => { await broker?.stop(); });
  const jaas = (mechanism: string, password: string): Record<string, string> => ({
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `org.apache.flink.kafka.shaded.org.apache.kafka.common.security.${mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'}LoginModule required username="alice" password="${password}";`,
  });
  const tls = (): Record<string, string> => ({ 'ssl.truststore.location': broker.secure!.truststore, 'ssl.truststore.type': 'PEM' });
  /** Writes and reads over a listener. */
  const roundTrip = async (server: string, properties: Record<string, string>): Promise<void> => {
    const client = KafkaClient.of(server, properties);
    try {
      const topic = await freshTopic(client, 'secure', 2);
      const producer = client.producer({ transactionalId: uniqueName('secure') });
      await producer.init();
      producer.beginTransaction();
      const target = await producer.topic(topic);
      for (let i = 0; i < 2000; i++) { const v = Buffer.from(`${i}`.padEnd(300, '.')); producer.append(target, i % 2, null, -1, -1, v, 0, v.length, 1, null); }
      await producer.commitTransaction();
      const read = await readAll(client, topic);
      expect(read.map((r) => Number(r.value!.replace(/\.+$/, ''))).sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 2000 }, (_, i) => i));
    } finally { await client.close(); }
  };

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    it(`logs in by ${mechanism}, with and without TLS`, async () => {
      await roundTrip(broker.secure!.sasl, { 'security.protocol': 'SASL_PLAINTEXT', ...jaas(mechanism, broker.secure!.password) });
      await roundTrip(broker.secure!.saslSsl, { 'security.protocol': 'SASL_SSL', ...tls(), ...jaas(mechanism, broker.secure!.password) });
    });
    it(`refuses a wrong password by ${mechanism} at once`, async () => {
      const client = KafkaClient.of(broker.secure!.sasl, { 'security.protocol': 'SASL_PLAINTEXT', ...jaas(mechanism, 'wrong') });
      const e = await failure(client.listTopics());
      expect([e.code, e.sqlstate, e.message]).to.deep.equal(['kafka-authentication-failed', '28000', `Kafka broker "${broker.secure!.sasl}" refused the login by ${mechanism}`]);
      expect(JSON.stringify([e.message, e.detail, e.hint])).not.to.contain('wrong');
      await client.close();
    });
  }

  it('talks TLS with a client certificate, from files and from text', async () => {
    await roundTrip(broker.secure!.ssl, { 'security.protocol': 'SSL', ...tls() });
    await roundTrip(broker.secure!.mutualTls, { 'security.protocol': 'SSL', ...tls(), 'ssl.keystore.location': broker.secure!.keystore, 'ssl.keystore.type': 'PEM' });
  });

  it('refuses a certificate it does not trust', async () => {
    const client = KafkaClient.of(broker.secure!.ssl, { 'security.protocol': 'SSL' });
    const e = await failure(client.listTopics());
    expect([e.code, e.message]).to.deep.equal(['kafka-tls-failed', `TLS with Kafka broker "${broker.secure!.ssl}" failed`]);
    expect(e.detail).to.match(/self-signed/);
    await client.close();
  });

  it('checks the host name unless told not to', async () => {
    const [host, port] = broker.secure!.ssl.split(':');
    const proxy = createServer((socket) => {
      const upstream = connect({ host: host!, port: Number(port) });
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => {});
      upstream.on('error', () => {});
    });
    // An address the certificate does not name.
    await new Promise<void>((resolve) => { proxy.listen(0, '127.0.0.2', resolve); });
    const byOtherName = `127.0.0.2:${(proxy.address() as { port: number }).port}`, properties = { 'security.protocol': 'SSL', ...tls() };
    const strict = KafkaClient.of(byOtherName, properties), lax = KafkaClient.of(byOtherName, { ...properties, 'ssl.endpoint.identification.algorithm': '' });
    const refused = await failure(strict.listTopics());
    expect([refused.code, refused.message]).to.deep.equal(['kafka-tls-failed', `TLS with Kafka broker "${byOtherName}" failed`]);
    expect(refused.detail).to.contain('127.0.0.2');
    expect(await lax.listTopics()).to.be.an('array');
    await strict.close();
    await lax.close();
    proxy.close();
  });

  it('names the mix-up of TLS and plain text', async () => {
    const e = await failure(KafkaClient.of(broker.secure!.ssl, { 'default.api.timeout.ms': '500' }).listTopics());
    expect(['kafka-protocol-violation', 'kafka-unreachable']).to.include(e.code);
    const reverse = await failure(KafkaClient.of(broker.bootstrap, { 'security.protocol': 'SSL', 'default.api.timeout.ms': '500' }).listTopics());
    expect(['kafka-tls-failed', 'kafka-unreachable']).to.include(reverse.code);
  });

  it('goes on reading and writing when the login runs out (connections.max.reauth.ms)', async () => {
    const client = KafkaClient.of(broker.secure!.sasl, { 'security.protocol': 'SASL_PLAINTEXT', ...jaas('SCRAM-SHA-256', broker.secure!.password) });
    const topic = await freshTopic(client, 'reauth');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.from('v');
    let seen = 0, outages = 0, wrong: unknown;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords(_, b) { seen += b.count; } }));
    fetcher.add({ topic, partition: 0 }, 0, null);
    for (let i = 1; i <= 60; i++) {
      producer.append(target, 0, null, -1, -1, v, 0, 1, i, null);
      await producer.flush();
      await until(() => seen === i);
      if (fetcher.outage !== undefined) outages++;
      await new Promise((r) => { setTimeout(r, 150); });   // 9 s in all: more than two logins
    }
    expect([wrong, outages]).to.deep.equal([undefined, 0]);
    await client.close();
  });
});
