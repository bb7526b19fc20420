/**
 * `with-kafka.ts COMMAND ARGS...`: runs a command with KAFKA_BOOTSTRAP set to a Kafka that is started for it when none is given.
 * Ends with the command's exit code; SIGINT and SIGTERM are passed on to the command, and Kafka is stopped after it in any case.
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { acquireKafka, type KafkaService } from './kafka.ts';
import { ServiceUnavailable } from './support.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

async function main(command: string, args: readonly string[]): Promise<number> {
  let interrupted: NodeJS.Signals | undefined;
  let forward: (signal: NodeJS.Signals) => void = () => {};
  for (const signal of SIGNALS) process.on(signal, () => { interrupted ??= signal; forward(signal); });
  let kafka: KafkaService;
  try {
    kafka = await acquireKafka();
  } catch (e) {
    if (!(e instanceof ServiceUnavailable)) throw e;
    process.stderr.write(`${e.message}\n`);
    return 69;   // EX_UNAVAILABLE
  }
  try {
    if (interrupted) return 128 + (SIGNAL_NUMBERS[interrupted] ?? 0);
    process.stderr.write(`Kafka at ${kafka.bootstrap} (${kafka.how})\n`);
    const bin = join(import.meta.dirname, '../../node_modules/.bin');
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, KAFKA_BOOTSTRAP: kafka.bootstrap, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` } });
    forward = (signal) => { child.kill(signal); };
    return await new Promise((resolve) => {
      child.on('error', (e) => { process.stderr.write(`${command} could not be started: ${e.message}\n`); resolve(127); });
      child.on('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
    });
  } finally {
    await kafka.stop();
  }
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('usage: with-kafka.ts COMMAND ARGS...\n');
  process.exitCode = 64;
} else process.exitCode = await main(command, args);
process.exit();
