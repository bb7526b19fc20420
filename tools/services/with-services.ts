/**
 * `with-services.ts kafka mysql mariadb -- COMMAND ARGS...`: runs a command with KAFKA_BOOTSTRAP, MYSQL_URL and MARIADB_URL set to
 * services that are started for it when none are given. Ends with the command's exit code; SIGINT and SIGTERM are passed on to the
 * command, and the services are stopped after it in any case.
 *
 * Without Kafka nothing is run. Without MySQL or MariaDB the command runs all the same, with the reason printed and the variable unset
 * (tests that need it skip themselves), unless RIVULET_REQUIRE_MYSQL=1 or RIVULET_REQUIRE_MARIADB=1 asks for it.
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { acquireKafka } from './kafka.ts';
import { acquireMySql, TITLE, URL_VARIABLE, type MySqlFlavor } from './mysql.ts';
import { ServiceUnavailable } from './support.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

interface Running { readonly variable: string; readonly value: string; readonly said: string; stop(): Promise<void> }
interface Service { acquire(): Promise<Running>; /** Set to 1: no run without it. Undefined: never one without it. */ readonly required?: string }
const mysql = (flavor: MySqlFlavor): Service => ({
  required: `RIVULET_REQUIRE_${flavor.toUpperCase()}`,
  async acquire() {
    const service = await acquireMySql({ flavor });
    return { variable: URL_VARIABLE[flavor], value: service.url, said: `${TITLE[flavor]} at ${withoutPassword(service.url)} (${service.how})`, stop: async () => { await service.stop(); } };
  },
});
const SERVICES: Readonly<Record<string, Service>> = {
  kafka: { async acquire() { const service = await acquireKafka(); return { variable: 'KAFKA_BOOTSTRAP', value: service.bootstrap, said: `Kafka at ${service.bootstrap} (${service.how})`, stop: async () => { await service.stop(); } }; } },
  mysql: mysql('mysql'),
  mariadb: mysql('mariadb'),
};
const withoutPassword = (url: string): string => url.replace(/^([a-z0-9+]+:\/\/[^:@/]*):[^@/]*@/i, '$1@');

/** All at once; those that cannot be had and need not be are told of and left out. */
async function start(names: readonly string[], running: Running[]): Promise<void> {
  const ended = await Promise.allSettled(names.map(async (name) => { running.push(await SERVICES[name]!.acquire()); }));
  for (const [i, one] of ended.entries()) {
    if (one.status === 'fulfilled') continue;
    const name = names[i]!, { required } = SERVICES[name]!;
    if (!(one.reason instanceof ServiceUnavailable) || required === undefined || process.env[required] === '1') throw one.reason;
    process.stderr.write(`\n*** ${one.reason.message}\n*** TESTS THAT NEED IT ARE SKIPPED. ${required}=1 makes this an error.\n\n`);
  }
}

async function main(names: readonly string[], command: string, args: readonly string[]): Promise<number> {
  let interrupted: NodeJS.Signals | undefined;
  let forward: (signal: NodeJS.Signals) => void = () => {};
  for (const signal of SIGNALS) process.on(signal, () => { interrupted ??= signal; forward(signal); });
  const running: Running[] = [];
  try {
    await start(names, running);
    if (interrupted) return 128 + (SIGNAL_NUMBERS[interrupted] ?? 0);
    const env: Record<string, string | undefined> = { ...process.env };
    for (const { variable, value, said } of running) { env[variable] = value; process.stderr.write(`${said}\n`); }
    env['PATH'] = `${join(import.meta.dirname, '../../node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    const child = spawn(command, args, { stdio: 'inherit', env });
    forward = (signal) => { child.kill(signal); };
    return await new Promise((resolve) => {
      child.on('error', (e) => { process.stderr.write(`${command} could not be started: ${e.message}\n`); resolve(127); });
      child.on('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
    });
  } catch (e) {
    if (!(e instanceof ServiceUnavailable)) throw e;
    process.stderr.write(`${e.message}\n`);
    return 69;   // EX_UNAVAILABLE
  } finally {
    await Promise.all(running.map(async (one) => { await one.stop(); }));
  }
}

const all = process.argv.slice(2), dashes = all.indexOf('--'), names = all.slice(0, Math.max(0, dashes)), [command, ...args] = dashes < 0 ? [] : all.slice(dashes + 1);
if (command === undefined || names.some((name) => SERVICES[name] === undefined)) {
  process.stderr.write(`usage: with-services.ts [${Object.keys(SERVICES).join('] [')}] -- COMMAND ARGS...\n`);
  process.exitCode = 64;
} else process.exitCode = await main(names, command, args);
process.exit();
