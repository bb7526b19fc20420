/**
 * One seed: a database with six writers, a job that carries it to Kafka (and back), faults at their marks, and the verdict. Everything that
 * is chosen comes from the seed; what the servers' timing makes of it is theirs, so a seed that failed may need several runs to fail again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { KafkaClient } from '../../../runtime/connectors/kafka/client/index.ts';
import { readAll } from '../../../test/kafka/support.ts';
import { ServerProcess } from '../../../test/e2e/server-process.ts';
import type { LocalBroker } from '../../services/kafka-broker.ts';
import type { LocalMySql } from '../../services/mysql-server.ts';
import { checkChangelog } from './check-changelog.ts';
import { checkUpsert, type Rules, type Verdict } from './check-upsert.ts';
import { FAULTS, type Fault } from './faults.ts';
import { Gates, prepareWorkLoad, type WorkLoad } from './generator.ts';
import { finalRows, readHistory, selectRows, type History } from './history.ts';
import { backSql, copySql, MODES, pipelineYaml, QUERIES, topicOf, type JobWorld, type Mode } from './jobs.ts';
import { Random } from '../random.ts';
import type { Image } from './tables.ts';
import { createTopics, TopicWatcher } from '../topics.ts';

export interface RunOptions {
  readonly seed: number;
  readonly mode: Mode | undefined;
  readonly guarantee: 'exactly-once' | 'at-least-once' | undefined;
  readonly parallelism: number;
  readonly faults: number;
  /** Names to choose from; all when empty. */
  readonly onlyFaults: string;
  readonly rows: number;
  readonly operations: number;
  readonly alters: boolean;
  readonly truncates: boolean;
  /** A folder for what a failed run leaves: topics, histories, the server's log. */
  readonly keep?: string | undefined;
}
export interface RunResult { readonly problems: readonly string[]; readonly summary: string }
interface Servers { readonly mysql: LocalMySql; readonly kafka: LocalBroker }

const USER = 'chaos', PASSWORD = 'chaos-secret';
/** Until everything that was committed must stand in the topics, without further faults. */
const SETTLE_LIMIT_MS = 90_000;

export async function runSeed(servers: Servers, options: RunOptions, log: (line: string) => void): Promise<RunResult> {
  const run = new Run(servers, options, log);
  try { return await run.go(); } finally { await run.close(); }
}

class Run {
  readonly #servers: Servers;
  readonly #options: RunOptions;
  readonly #log: (line: string) => void;
  readonly #random: Random;
  readonly #mode: Mode;
  readonly #database: string;
  readonly #faults: Fault[] = [];
  #world!: JobWorld;
  #load!: WorkLoad;
  #server: ServerProcess | undefined;
  #watcher: TopicWatcher | undefined;
  #jobs: string[] = [];
  #binlog = '';
  /** The process died before the job said that its snapshot was done, so chunks may have been written twice. */
  #killed = false;
  constructor(servers: Servers, options: RunOptions, log: (line: string) => void) {
    this.#servers = servers;
    this.#options = options;
    this.#log = log;
    this.#random = new Random(options.seed);
    this.#mode = options.mode ?? MODES[Math.abs(options.seed) % MODES.length] as Mode;
    this.#database = `chaos_${options.seed < 0 ? 'n' : ''}${Math.abs(options.seed)}_${Date.now().toString(36)}`;
  }
  async close(): Promise<void> {
    await this.#watcher?.stop();
    await this.#server?.remove();
  }
  async go(): Promise<RunResult> {
    await this.#prepare();
    const started = Date.now();
    await this.#startJobs();
    const gates = new Gates(this.#options.operations), faulting = this.#inject(gates);
    const done = await this.#load.run(gates);
    const faulted = await faulting;
    this.#log(`  writers done after ${seconds(started)} s`);
    if (faulted !== undefined) return this.#result([faulted], started, done);
    const history = await readHistory(this.#servers.mysql.url, this.#database, this.#binlog, this.#load.tables, this.#load.alters);
    const problems = await this.#checkOracle(history);
    if (problems.length === 0) problems.push(...await this.#settle(history));
    this.#log(`  settled after ${seconds(started)} s`);
    if (problems.length === 0) problems.push(...await this.#restAndRestart(history));
    if (problems.length > 0) await this.#keep(history, problems);
    return this.#result(problems, started, done);
  }
  #result(problems: readonly string[], started: number, done: ReadonlyMap<string, number>): RunResult {
    const summary = `${this.#mode}, ${this.#world.guarantee}, chunks of ${this.#world.chunkSize}, ${[...done.values()].reduce((a, b) => a + b, 0)} operations, ${this.#watcher?.count} records, ${seconds(started)} s; ${this.#faults.map((f) => f.name).join(', ') || 'no faults'}`;
    return { problems, summary };
  }

  async #prepare(): Promise<void> {
    const { mysql: source, kafka } = this.#servers, random = this.#random.fork(1), options = this.#options, target = `${this.#database}_back`;
    const connection = await mysql.createConnection(source.url);
    await connection.query(`CREATE USER IF NOT EXISTS ${USER}@'%' IDENTIFIED BY '${PASSWORD}'`);
    await connection.query(`GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT, SHOW VIEW ON *.* TO ${USER}@'%'`);
    await connection.query(`CREATE DATABASE \`${target}\``);
    await connection.query(`GRANT ALL ON \`${target}\`.* TO ${USER}@'%'`);
    for (const q of QUERIES) await connection.query(`CREATE TABLE \`${target}\`.\`${q.name}\` (${q.mysqlColumns})`);
    await connection.query('FLUSH BINARY LOGS');
    const [logs] = await connection.query('SHOW BINARY LOGS') as unknown as [{ Log_name: string }[]];
    this.#binlog = logs.at(-1)?.Log_name ?? '';
    await connection.end();
    this.#load = await prepareWorkLoad({
      url: source.url, database: this.#database, rows: options.rows, operations: options.operations, truncates: options.truncates,
      alters: options.alters && (this.#mode !== 'round-trip'), only: this.#mode === 'round-trip' ? ['numbers', 'unsigneds', 'words'] : undefined,
    }, random);
    const first = random.between(5400, 60_000);
    this.#world = {
      host: '127.0.0.1', port: source.port, user: USER, password: PASSWORD, database: this.#database, target, bootstrap: kafka.bootstrap,
      guarantee: options.guarantee ?? (random.chance(0.75) ? 'exactly-once' : 'at-least-once'), serverIds: `${first}-${first + 3}`,
      chunkSize: random.pick([13, 50, 100, 400]), checkpointMs: random.pick([150, 300, 1000]), behavior: random.pick(['evolve', 'lenient', 'try_evolve']), tables: this.#load.tables,
    };
    for (let i = 0; i < options.faults; i++) this.#faults.push(random.weighted(FAULTS.filter(([, f]) => f.name.includes(options.onlyFaults))));
  }
  async #startJobs(): Promise<void> {
    const server = this.#server = await ServerProcess.start(['--parallelism', String(this.#options.parallelism)]);
    if (this.#mode === 'sql' || this.#mode === 'round-trip') {
      await createTopics(this.#world.bootstrap, this.#load.tables.map((t) => topicOf(this.#world, this.#mode, t)));
      this.#jobs.push(await this.#submitSql(copySql(this.#world)));
    }
    if (this.#jobs.length === 0) this.#jobs.push(await submitPipeline(server, pipelineYaml(this.#world, this.#mode)));
    this.#watcher = new TopicWatcher(this.#world.bootstrap, this.#load.tables.map((t) => topicOf(this.#world, this.#mode, t)));
    this.#watcher.start();
    if (this.#mode === 'round-trip') this.#jobs.push(await this.#submitSql(backSql(this.#world)));
  }
  async #submitSql(text: string): Promise<string> {
    const { body } = await (this.#server as ServerProcess).sql(text);
    const id = body.results?.findLast((r) => r.columns[0]?.name === 'job id')?.rows[0]?.[0];
    if (typeof id !== 'string') throw new Error(`the job was not accepted: ${JSON.stringify(body.error)}`);
    return id;
  }
  /** Runs the faults at their marks; gives a sentence when a server did not come back. */
  async #inject(gates: Gates): Promise<string | undefined> {
    const random = this.#random.fork(2), server = this.#server as ServerProcess, count = this.#faults.length;
    const marks = this.#faults.map((fault, i) => ({ fault, mark: gates.mark(Math.max(0, (i + random.next() * 0.8) / (count + 0.5) - 0.1)) }));
    let problem: string | undefined;
    const [first, last] = this.#world.serverIds.split('-').map(Number) as [number, number];
    for (const { fault, mark } of marks) {
      await mark.reached;
      if (problem === undefined) {
        await pause(random.int(600));
        if (fault.kills) this.#killed = true;
        this.#log(`  at ${gates.count} operations: ${fault.name}`);
        try { await fault.run({ ...this.#servers, server, random, user: USER, serverIds: [first, last] }); } catch (error) { problem = `${fault.name}: ${String(error)}`; }
      }
      mark.pass();
    }
    return problem;
  }
  /** The history must lead to what the tables hold, else the judge is wrong. */
  async #checkOracle(history: History): Promise<string[]> {
    const problems: string[] = [];
    for (const table of this.#load.tables) {
      const rows = await selectRows(this.#servers.mysql.url, this.#database, table), of = history.get(table.name);
      if (of !== undefined && asText(finalRows(table, of, true)) !== asText(rows)) problems.push(`the binlog as the judge reads it does not lead to the table ${table.name}`);
    }
    return problems;
  }
  #rules(): Rules {
    const evolves = this.#world.behavior !== 'lenient', sql = this.#mode === 'sql' || this.#mode === 'round-trip';
    return { exactlyOnce: this.#world.guarantee === 'exactly-once', fields: evolves || sql ? 'exact' : 'loose', jumps: this.#killed };
  }
  #judge(history: History): Verdict[] {
    return this.#load.tables.map((table) => {
      const records = this.#watcher?.records(topicOf(this.#world, this.#mode, table)) ?? [], of = history.get(table.name) ?? { changes: [], alters: [], truncates: [] };
      const sql = this.#mode === 'sql' || this.#mode === 'round-trip', rules = sql ? { ...this.#rules(), columns: table.columns.map((c) => c.name) } : this.#rules();
      return this.#mode === 'debezium' || this.#mode === 'canal' ? checkChangelog(this.#mode === 'debezium' ? 'debezium-json' : 'canal-json', table, of, records, rules) : checkUpsert(table, of, records, rules);
    });
  }
  /** Waits until the topics (and the tables behind them) show everything; gives what is wrong or still missing at the limit. */
  async #settle(history: History): Promise<string[]> {
    let missing: string[] = [];
    for (const end = Date.now() + SETTLE_LIMIT_MS; Date.now() < end; await pause(500)) {
      const verdicts = this.#judge(history), wrong = verdicts.flatMap((v) => v.wrong);
      if (wrong.length > 0) return wrong;
      const failed = await this.#failure();
      if (failed !== undefined) return [failed];
      missing = verdicts.flatMap((v) => v.missing);
      if (missing.length === 0 && this.#mode === 'round-trip') missing = await this.#compareQueries();
      if (missing.length === 0) return [];
    }
    return [...missing.slice(0, 12), `watcher: ${this.#watcher?.lastError || 'well'}`, ...await this.#jobTexts()];
  }
  async #compareQueries(): Promise<string[]> {
    const connection = await mysql.createConnection({ uri: this.#servers.mysql.url, supportBigNumbers: true, bigNumberStrings: true });
    try {
      const out: string[] = [];
      for (const q of QUERIES) {
        const [want] = await connection.query({ sql: `${q.sql((t) => `\`${this.#database}\`.\`${t}\``, 'DECIMAL(38,0)')} ORDER BY ${q.key}`, rowsAsArray: true }) as unknown as [unknown[][]];
        const [have] = await connection.query({ sql: `SELECT * FROM \`${this.#world.target}\`.\`${q.name}\` ORDER BY ${q.key}`, rowsAsArray: true }) as unknown as [unknown[][]];
        const [a, b] = [want, have].map((rows) => new Set(rows.map((r) => JSON.stringify(r)))) as [Set<string>, Set<string>];
        const lost = [...a].filter((r) => !b.has(r)), extra = [...b].filter((r) => !a.has(r));
        if (lost.length + extra.length > 0) out.push(`${q.name}: ${lost.length} rows of the query are not in the table (${lost.slice(0, 2).join()}), ${extra.length} rows of the table are not in the query (${extra.slice(0, 2).join()})`);
      }
      return out;
    } finally { await connection.end(); }
  }
  /** Nothing may come late, and a restart at rest writes nothing again when each row is promised once. */
  async #restAndRestart(history: History): Promise<string[]> {
    await pause(1500);
    const server = this.#server as ServerProcess, before = this.#watcher?.count;
    await server.end(this.#random.chance(0.5) ? 'SIGKILL' : 'SIGTERM');
    await server.launch();
    await pause(2500);
    const wrong = this.#judge(history).flatMap((v) => [...v.wrong, ...v.missing]);
    if (wrong.length === 0 && this.#world.guarantee === 'exactly-once' && this.#watcher?.count !== before) wrong.push(`after a restart at rest there are ${this.#watcher?.count} records instead of ${before}`);
    const failed = await this.#failure();
    return failed === undefined ? wrong : [...wrong, failed];
  }
  /** For whoever looks for the cause. */
  async #keep(history: History, problems: readonly string[]): Promise<void> {
    if (this.#options.keep === undefined) return;
    await this.#keepFiles(history, problems).catch((error: unknown) => { this.#log(`  not all was kept: ${String(error)}`); });
  }
  async #keepFiles(history: History, problems: readonly string[]): Promise<void> {
    if (this.#options.keep === undefined) return;
    const folder = join(this.#options.keep, this.#database);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'problems'), [...problems, ...await this.#jobTexts()].join('\n'));
    await writeFile(join(folder, 'server.log'), this.#server?.log ?? '');
    const lines = (list: readonly unknown[]): string => list.map((one) => `${JSON.stringify(one)}\n`).join('');
    for (const table of this.#load.tables) {
      await writeFile(join(folder, `${table.name}.topic`), lines(this.#watcher?.records(topicOf(this.#world, this.#mode, table)) ?? []));
      await writeFile(join(folder, `${table.name}.history`), lines(history.get(table.name)?.changes ?? []));
    }
    const client = KafkaClient.of(this.#world.bootstrap);
    for (const table of this.#load.tables) for (const isolation of ['read_committed', 'read_uncommitted'] as const) await writeFile(join(folder, `${table.name}.${isolation}`), lines(await readAll(client, topicOf(this.#world, this.#mode, table), { isolation })));
    await client.close();
    await writeFile(join(folder, 'alters'), lines([...this.#load.alters.values()]));
    await writeFile(join(folder, 'server.log'), this.#server?.log ?? '');
    this.#log(`  kept in ${folder}`);
  }
  async #jobTexts(): Promise<string[]> {
    const server = this.#server as ServerProcess;
    return await Promise.all(this.#jobs.map(async (id) => {
      try { const job = await (await fetch(server.url(`/api/v1/jobs/${id}`))).json() as Record<string, unknown>; return `job ${id}: ${JSON.stringify({ status: job['status'], restarts: job['restarts'], exceptions: (job['exceptions'] as unknown[] | undefined)?.slice(0, 3), checkpoints: (job['checkpoints'] as unknown[] | undefined)?.slice(-2) })}`; } catch (error) { return `job ${id}: ${String(error)}`; }
    }));
  }
  async #failure(): Promise<string | undefined> {
    if (!(this.#server as ServerProcess).running) return `the server has ended: ${(this.#server as ServerProcess).stderr.slice(-1500)}`;
    return (await this.#jobTexts()).find((t) => t.includes('"status":"FAILED"'));
  }
}

const seconds = (from: number): string => ((Date.now() - from) / 1000).toFixed(1);
const asText = (rows: ReadonlyMap<string, Image>): string => JSON.stringify([...rows].map(([key, row]) => [key, Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))]).sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)));
async function submitPipeline(server: ServerProcess, yaml: string): Promise<string> {
  const answer = await fetch(server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml });
  const body = await answer.json() as { id?: string; error?: unknown };
  if (typeof body.id !== 'string') throw new Error(`the pipeline was not accepted: ${JSON.stringify(body)}`);
  return body.id;
}
