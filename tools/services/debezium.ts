/**
 * Debezium's embedded engine for MySQL in a JVM of its own, from jars fetched by Maven into the cache folder, with a plain Kafka producer
 * behind it (`debezium/DebeziumToKafka.java`, compiled here): what the bench measures the MySQL source against. One JVM runs one engine
 * after the other, told over HTTP.
 *
 * Life: the JVM dies with us, even after SIGKILL (`tied-process.ts`); its offsets and logs are in a temporary folder, removed by stop()
 * or with us.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { canHaveJars, fetchJars } from './maven.ts';
import { canRun, freePorts, run, ServiceUnavailable } from './support.ts';
import { TiedProcess } from './tied-process.ts';

export const DEBEZIUM_VERSION = '3.6.1.Final';
const START_LIMIT_MS = 60_000, SOURCE = join(import.meta.dirname, 'debezium/DebeziumToKafka.java');
const JARS = {
  title: `Debezium ${DEBEZIUM_VERSION}`, folder: `debezium-${DEBEZIUM_VERSION}`, otherwise: 'Install Maven.',
  dependencies: [`io.debezium:debezium-embedded:${DEBEZIUM_VERSION}`, `io.debezium:debezium-connector-mysql:${DEBEZIUM_VERSION}`, 'org.slf4j:slf4j-simple:1.7.36'],
};
/** Heap as Kafka Connect starts a connector's JVM. */
const HEAP = ['-Xms256m', '-Xmx2g'];

export interface Debezium {
  readonly pid: number;
  /** For files of its engines; removed with it. */
  readonly folder: string;
  /** Starts an engine with these settings (the engine's, `sink.topic` and `sink.producer.*`); one that runs is stopped before. */
  startEngine(settings: Readonly<Record<string, string>>): Promise<void>;
  /** Commits its offsets and ends it; the JVM stays. */
  stopEngine(): Promise<void>;
  /** Why the engine failed; undefined while it runs or when it was stopped. */
  failure(): Promise<string | undefined>;
  /** Ends the JVM. Safe to call twice. */
  stop(): Promise<void>;
}

/** Why no Debezium can be started here, as a sentence; undefined when one can. */
export async function whyNoDebezium(): Promise<string | undefined> {
  if (!await canRun('javac', ['-version'])) return '`javac` is not on the PATH: install a Java development kit, version 17 or newer';
  if (!await canHaveJars(JARS)) return `the jars of ${JARS.title} are not in the cache folder and \`mvn\` is not on the PATH to fetch them: install Maven`;
  return undefined;
}

/** Starts the JVM and waits until it answers. Fetches Debezium first when it has to (about 45 MB, once). */
export async function startDebezium(): Promise<Debezium> {
  const why = await whyNoDebezium();
  if (why !== undefined) throw new ServiceUnavailable(`no Debezium at hand: ${why}.`);
  const jars = await fetchJars(JARS), folder = await mkdtemp(join(tmpdir(), 'rivulet-debezium-')), [port = 0] = await freePorts(1);
  try {
    const compiled = await run('javac', ['-nowarn', '-proc:none', '-cp', join(jars, '*'), '-d', folder, SOURCE]);
    if (compiled.code !== 0) throw new ServiceUnavailable(`${SOURCE} does not compile: ${compiled.output}`);
    const process = await TiedProcess.start(['java', ...HEAP, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${folder}${delimiter}${join(jars, '*')}`, 'DebeziumToKafka', String(port)], { log: join(folder, 'debezium.log'), folder });
    const debezium = new RunningDebezium(process, folder, `http://127.0.0.1:${port}`);
    await debezium.waitReady();
    return debezium;
  } catch (e) {
    await rm(folder, { recursive: true, force: true });
    throw e;
  }
}

class RunningDebezium implements Debezium {
  readonly folder: string;
  readonly #process: TiedProcess;
  readonly #url: string;
  readonly #onExit = (): void => { this.#process.signal('SIGKILL'); rmSync(this.folder, { recursive: true, force: true }); };
  constructor(jvm: TiedProcess, folder: string, url: string) {
    this.#process = jvm;
    this.folder = folder;
    this.#url = url;
    process.on('exit', this.#onExit);
  }

  get pid(): number { return this.#process.pid; }
  async waitReady(): Promise<void> {
    for (const end = Date.now() + START_LIMIT_MS; ;) {
      if (await fetch(`${this.#url}/status`).then((answer) => answer.ok, () => false)) return;
      if (this.#process.ended || Date.now() > end) {
        const output = await this.#process.lastOutput();
        await this.stop();
        throw new ServiceUnavailable(`Debezium did not come up: ${output}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
  async startEngine(settings: Readonly<Record<string, string>>): Promise<void> { await this.#ask('start', propertiesText(settings)); }
  async stopEngine(): Promise<void> { await this.#ask('stop', ''); }
  async failure(): Promise<string | undefined> {
    const status = this.#process.ended ? 'failed: its JVM has ended' : await (await fetch(`${this.#url}/status`)).text();
    return status.startsWith('failed') ? `${status}\n${await this.#process.lastOutput()}` : undefined;
  }
  async #ask(path: string, body: string): Promise<void> {
    const answer = await fetch(`${this.#url}/${path}`, { method: 'POST', body });
    if (!answer.ok) throw new ServiceUnavailable(`Debezium could not ${path}: ${await answer.text()}\n${await this.#process.lastOutput()}`);
  }

  async stop(): Promise<void> {
    await this.#process.kill();
    process.off('exit', this.#onExit);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** As java.util.Properties reads it. */
export function propertiesText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`).join('');
}
