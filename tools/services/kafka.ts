/**
 * Gets a real Apache Kafka for tests and demos: the one named by KAFKA_BOOTSTRAP, else a container when a Docker engine answers,
 * else a single KRaft broker started with plain `java` (see `kafka-broker.ts`). Whoever acquires it stops it; a broker we started
 * also dies with this process, however this process ends.
 */
import { dockerAnswers, dockerHost } from './docker.ts';
import { startLocalBroker } from './kafka-broker.ts';
import { canRun, freePorts, ServiceUnavailable } from './support.ts';

/** A Kafka that accepts requests at `bootstrap` (`host:port`, no TLS, no authentication). */
export interface KafkaService {
  readonly bootstrap: string;
  /** How it was found, for the log: `KAFKA_BOOTSTRAP`, `docker apache/kafka:4.1.0` or `java`. */
  readonly how: string;
  /** Stops what was started for this call and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

const IMAGE = 'apache/kafka:4.1.0';

/**
 * Finds or starts a Kafka. Rejects with a readable sentence when neither Docker nor Java is at hand.
 * `fast`: one that is started is for measuring, with a heap of 1 GiB and, when it is our own, the whole JIT compiler.
 */
export async function acquireKafka(options: { readonly fast?: boolean } = {}): Promise<KafkaService> {
  const given = process.env['KAFKA_BOOTSTRAP'];
  if (given) return { bootstrap: given, how: 'KAFKA_BOOTSTRAP', stop: async () => {} };
  const problems: string[] = [];
  if (process.env['RIVULET_TOOLS_KAFKA'] !== 'java') {
    if (await dockerAnswers()) {
      try { return await startContainer(options.fast ?? false); } catch (cause) { problems.push(`Docker answered but the container did not start: ${String(cause)}`); }
    } else problems.push('no Docker engine answers');
  }
  if (!await canRun('java', ['-version'])) {
    problems.push('`java` is not on the PATH');
    throw new ServiceUnavailable(`no Kafka at hand (${problems.join('; ')}). Start Docker, or install a Java runtime 17 or newer and Maven, or set KAFKA_BOOTSTRAP=host:port.`);
  }
  return await startLocalBroker(options);
}

/** One KRaft node in a container; its listener is advertised under the port it has on this host. */
async function startContainer(fast: boolean): Promise<KafkaService> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const [port] = await freePorts(1);
  const host = dockerHost();
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: 9092, host: port! })
    .withEnvironment({
      KAFKA_NODE_ID: '1', KAFKA_PROCESS_ROLES: 'broker,controller', KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093', KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER', KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1', KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1', KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0', KAFKA_NUM_PARTITIONS: '4', KAFKA_HEAP_OPTS: fast ? '-Xmx1g -Xms1g' : '-Xmx512m',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return { bootstrap: `${host}:${port}`, how: `docker ${IMAGE}`, stop: async () => { await container.stop(); } };
}
