/**
 * `npm run demo`: gets a Kafka, fills the sample topics, starts the server as a user would, submits `sql-examples/01-order-join.sql`
 * over HTTP and shows the printed rows. Stays up until Ctrl-C and ends everything it started. With CI=true it exits 0 once the
 * expected rows were seen and non-zero when they do not come.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireKafka, type KafkaService } from '../services/kafka.ts';
import { createSampleTopics, expectedRows } from './sample-data.ts';

const root = new URL('../../', import.meta.url).pathname;
const ROWS_LIMIT_MS = 60_000, START_LIMIT_MS = 30_000;
const isCi = process.env['CI'] === 'true';
const say = (text: string): void => { process.stdout.write(`${text}\n`); };

class Demo {
  kafka: KafkaService | undefined;
  server: ChildProcess | undefined;
  dataDir: string | undefined;
  readonly following = new AbortController();
  private ended = false;

  async run(): Promise<void> {
    say('Looking for a Kafka (KAFKA_BOOTSTRAP, Docker, or a download started with java) …');
    this.kafka = await acquireKafka();
    say(`Kafka is at ${this.kafka.bootstrap} (${this.kafka.how}).`);
    const made = await createSampleTopics(this.kafka.bootstrap);
    say(made.length === 0 ? 'The sample topics exist already.' : `Sample topics: ${made.join(', ')}`);
    this.dataDir = await mkdtemp(join(tmpdir(), 'rivulet-demo-'));
    const http = await this.startServer(this.dataDir);
    const sql = (await readFile(join(root, 'sql-examples/01-order-join.sql'), 'utf8')).replaceAll('127.0.0.1:9092', this.kafka.bootstrap);
    say('\nSubmitting sql-examples/01-order-join.sql …\n');
    const jobId = await submit(http, sql);
    await this.showRows(http, jobId);
    if (isCi) { say('\nThe expected rows were printed.'); return this.end(0); }
    say(`\nThe job ${jobId} runs on: change the topics and watch new rows here. Try it by hand:`);
    say(`  psql -h 127.0.0.1 -p ${process.env['RIVULET_PG_PORT'] ?? 7432}        then: SHOW JOBS;  or: SELECT * FROM \`kafka-catalog\`.\`kafka\`.\`order\`;`);
    say(`  curl -s ${http}/api/v1/jobs/${jobId}/print`);
    say(`  curl -s ${http}/api/v1/sql -H 'content-type: application/json' -d '{"sql": "SHOW TABLES FROM \`kafka-catalog\`.\`kafka\`"}'`);
    say('Ctrl-C ends the server, the job and the Kafka that was started.\n');
  }

  private async startServer(dataDir: string): Promise<string> {
    const port = process.env['RIVULET_HTTP_PORT'] ?? '7480';
    const server = spawn(process.execPath, [join(root, 'bin/rivulet.js'), '--data-dir', dataDir, '--log-level', process.env['RIVULET_LOG_LEVEL'] ?? 'warn'], { stdio: ['ignore', 'ignore', 'inherit'], env: process.env });
    this.server = server;
    server.on('exit', (code) => { if (!this.ended) { say(`The server ended with code ${code}.`); void this.end(1); } });
    const http = `http://127.0.0.1:${port}`;
    await until(START_LIMIT_MS, 'the server to be ready', async () => (await fetch(`${http}/readyz`)).ok);
    return http;
  }

  /** Follows the print log: shows each row, resolves when all expected rows have been seen. */
  private async showRows(http: string, jobId: string): Promise<void> {
    const missing = new Set(expectedRows);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new DemoFailed(`these rows did not come within ${ROWS_LIMIT_MS / 1000} s: ${[...missing].join(', ')}`)), ROWS_LIMIT_MS);
      const follow = async (): Promise<void> => {
        const answer = await fetch(`${http}/api/v1/jobs/${jobId}/print?follow=true`, { signal: this.following.signal });
        if (!answer.ok || answer.body === null) throw new DemoFailed(`the print log answered ${answer.status}: ${await answer.text()}`);
        let rest = '';
        for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + piece).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            if (line !== '') say(`  ${line}`);
            missing.delete(line);
            if (missing.size === 0) { clearTimeout(timer); resolve(); }
          }
        }
      };
      follow().catch((error: unknown) => { clearTimeout(timer); if (!this.ended) reject(error as Error); });
    });
  }

  async end(code: number): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.following.abort();
    if (this.server !== undefined && this.server.exitCode === null) {
      const gone = new Promise((resolve) => this.server?.once('exit', resolve));
      this.server.kill('SIGTERM');
      await gone;
    }
    await this.kafka?.stop();
    if (this.dataDir !== undefined) await rm(this.dataDir, { recursive: true, force: true });
    process.exit(code);
  }
}
class DemoFailed extends Error {}

/** Sends the whole script in one request; gives the id of the job it started. */
async function submit(http: string, sql: string): Promise<string> {
  const answer = await fetch(`${http}/api/v1/sql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sql }) });
  const body = await answer.json() as { results?: { columns: { name: string }[]; rows: unknown[][] }[]; error?: { message: string; detail?: string; hint?: string; line?: number } };
  if (!answer.ok || body.results === undefined) throw new DemoFailed(`the server refused the script: ${JSON.stringify(body.error ?? body)}`);
  const started = body.results.find((r) => r.columns.length === 1 && r.columns[0]?.name === 'job id');
  if (started === undefined) throw new DemoFailed('the script started no job');
  return String(started.rows[0]?.[0]);
}
async function until(limitMs: number, what: string, check: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
    if (await check().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new DemoFailed(`waited ${limitMs / 1000} s in vain for ${what}`);
}

const demo = new Demo();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { say('\nEnding …'); void demo.end(signal === 'SIGINT' ? 0 : 143); });
demo.run().catch((error: unknown) => { say(`demo: ${error instanceof Error ? error.message : String(error)}`); void demo.end(1); });
