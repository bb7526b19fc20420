/**
 * An Apache Flink 2.2 session cluster with a SQL gateway and the Kafka connector, run with plain `java` from jars fetched by Maven
 * into the cache folder, on free loopback ports: what the bench measures Rivulet against. One TaskManager holds all slots.
 *
 * Life: every process dies with us, even after SIGKILL (`tied-process.ts`). Checkpoints and logs are in a temporary folder, removed by
 * stop() or with us.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flinkCommand, flinkConfig, LOG_CONFIG } from './flink-config.ts';
import type { FlinkPart, FlinkSizing } from './flink-config.ts';
import { canHaveJars, fetchJars } from './maven.ts';
import { canRun, freePorts, ServiceUnavailable } from './support.ts';
import { TiedProcess } from './tied-process.ts';

export const FLINK_VERSION = '2.2.0';
const KAFKA_CONNECTOR = '5.0.0-2.2', LOG4J = '2.24.3', START_LIMIT_MS = 120_000;
const JARS = {
  title: `Apache Flink ${FLINK_VERSION}`, folder: `flink-${FLINK_VERSION}`, otherwise: 'Install Maven.',
  dependencies: [
    ...['clients', 'runtime-web', 'statebackend-rocksdb', 'table-api-java-bridge', 'table-planner-loader', 'table-runtime', 'cep', 'json', 'connector-files', 'sql-gateway', 'sql-client'].map((name) => `org.apache.flink:flink-${name}:${FLINK_VERSION}`),
    `org.apache.flink:flink-sql-connector-kafka:${KAFKA_CONNECTOR}`, `org.apache.logging.log4j:log4j-core:${LOG4J}`, `org.apache.logging.log4j:log4j-slf4j-impl:${LOG4J}`,
  ],
  // Its classes are in flink-sql-gateway already.
  without: ['org.apache.flink:flink-sql-gateway-api'],
};

export interface FlinkCluster {
  /** Base URLs, without a slash at the end. */
  readonly gateway: string;
  readonly jobManager: string;
  readonly pids: Readonly<Record<FlinkPart, number>>;
  /** Stops all three and removes what they wrote. Safe to call twice. */
  stop(): Promise<void>;
}

/** Why no Flink can be started here, as a sentence; undefined when one can. */
export async function whyNoFlink(): Promise<string | undefined> {
  if (!await canRun('java', ['-version'])) return '`java` is not on the PATH: install a Java runtime, version 11, 17 or 21';
  if (!await canHaveJars(JARS)) return `the jars of ${JARS.title} are not in the cache folder and \`mvn\` is not on the PATH to fetch them: install Maven`;
  return undefined;
}

/** Starts a cluster and waits until its slots and its gateway are there. Fetches Flink first when it has to (about 190 MB, once). */
export async function startFlink(sizing: FlinkSizing): Promise<FlinkCluster> {
  const why = await whyNoFlink();
  if (why !== undefined) throw new ServiceUnavailable(`no Flink at hand: ${why}.`);
  const jars = await fetchJars(JARS), folder = await mkdtemp(join(tmpdir(), 'rivulet-flink-')), [rpc = 0, rest = 0, gateway = 0] = await freePorts(3);
  const cluster = new RunningFlink(folder, `http://127.0.0.1:${rest}`, `http://127.0.0.1:${gateway}`);
  try {
    for (const name of ['conf', 'tmp', 'checkpoints']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'conf/config.yaml'), flinkConfig(folder, { rpc, rest, gateway }, sizing));
    await writeFile(join(folder, 'conf/log4j2.properties'), LOG_CONFIG);
    for (const part of ['jobmanager', 'taskmanager', 'gateway'] as const) {
      cluster.processes.set(part, await TiedProcess.start(flinkCommand(part, jars, folder, sizing), { log: join(folder, `${part}.log`), folder, env: { FLINK_CONF_DIR: join(folder, 'conf'), FLINK_LIB_DIR: jars } }));
    }
    await cluster.waitReady(sizing.slots);
    return cluster;
  } catch (e) {
    await cluster.stop();
    throw e;
  }
}

class RunningFlink implements FlinkCluster {
  readonly jobManager: string;
  readonly gateway: string;
  readonly processes = new Map<FlinkPart, TiedProcess>();
  readonly #folder: string;
  readonly #onExit = (): void => { for (const one of this.processes.values()) one.signal('SIGKILL'); rmSync(this.#folder, { recursive: true, force: true }); };
  constructor(folder: string, jobManager: string, gateway: string) {
    this.#folder = folder;
    this.jobManager = jobManager;
    this.gateway = gateway;
    process.on('exit', this.#onExit);
  }

  get pids(): Readonly<Record<FlinkPart, number>> {
    const pid = (part: FlinkPart): number => this.processes.get(part)?.pid ?? 0;
    return { jobmanager: pid('jobmanager'), taskmanager: pid('taskmanager'), gateway: pid('gateway') };
  }

  async waitReady(slots: number): Promise<void> {
    const end = Date.now() + START_LIMIT_MS;
    while (!await this.#isReady(slots)) {
      const dead = [...this.processes].find(([, one]) => one.ended);
      if (dead !== undefined || Date.now() > end) {
        const [part, one] = dead ?? ['taskmanager', this.processes.get('taskmanager')];
        throw new ServiceUnavailable(`Flink's ${part} did not come up: ${await one?.lastOutput() ?? ''}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }
  async #isReady(slots: number): Promise<boolean> {
    try {
      const overview = await (await fetch(`${this.jobManager}/overview`)).json() as { 'slots-available'?: number };
      return overview['slots-available'] === slots && (await fetch(`${this.gateway}/v1/info`)).ok;
    } catch { return false; }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].map(async (one) => { await one.kill(); }));
    process.off('exit', this.#onExit);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
