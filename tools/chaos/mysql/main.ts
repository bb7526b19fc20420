/**
 * `npm run test:mysql-chaos -- --seed 1 --runs 20`: MySQL, Kafka and the server of our own, a database under six writers, faults. Prints a
 * line per seed, and for one that failed what is wrong and how to run it again. Exit code 1 when any failed.
 */
import { parseArgs } from 'node:util';
import { startLocalBroker } from '../../services/kafka-broker.ts';
import { startLocalMySql } from '../../services/mysql-server.ts';
import { MODES, type Mode } from './jobs.ts';
import { runSeed, type RunOptions } from './run.ts';

process.env['TZ'] = 'UTC';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
const print = (line: string): void => { process.stdout.write(`${line}\n`); };
const { values } = parseArgs({ options: {
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) }, runs: { type: 'string', default: '1' }, parallelism: { type: 'string', default: '1' },
  guarantee: { type: 'string' }, mode: { type: 'string' }, faults: { type: 'string', default: '6' }, fault: { type: 'string', default: '' }, rows: { type: 'string', default: '600' }, operations: { type: 'string', default: '3000' },
  'no-alters': { type: 'boolean', default: false }, truncates: { type: 'boolean', default: false }, keep: { type: 'string' }, help: { type: 'boolean', default: false },
} });
if (values.help) {
  print(`npm run test:mysql-chaos -- [--seed N] [--runs N] [--parallelism P] [--guarantee exactly-once|at-least-once]
  [--mode ${MODES.join('|')}] [--faults N] [--fault PART-OF-A-NAME] [--rows N] [--operations N] [--no-alters] [--truncates] [--keep FOLDER]`);
  process.exit(0);
}
const guarantee = values.guarantee === 'exactly-once' || values.guarantee === 'at-least-once' ? values.guarantee : undefined;
const options = (seed: number): RunOptions => ({
  seed, guarantee, mode: MODES.find((m) => m === values.mode) as Mode | undefined, parallelism: Number(values.parallelism), faults: Number(values.faults), onlyFaults: values.fault,
  rows: Number(values.rows), operations: Number(values.operations), alters: !values['no-alters'], truncates: values.truncates, keep: values.keep,
});

const mysql = await startLocalMySql('mysql', ['--sync-binlog=1', '--innodb-flush-log-at-trx-commit=1', '--innodb-redo-log-capacity=32M']);
const kafka = await startLocalBroker();
print(`MySQL at ${mysql.url}, Kafka at ${kafka.bootstrap}`);
const failed: number[] = [];
try {
  for (let i = 0; i < Number(values.runs); i++) {
    const seed = Number(values.seed) + i;
    print(`seed ${seed}`);
    const { problems, summary } = await runSeed({ mysql, kafka }, options(seed), print).catch((error: unknown) => ({ problems: [error instanceof Error ? error.stack ?? error.message : String(error)], summary: 'did not end' }));
    print(`${problems.length === 0 ? 'right' : 'WRONG'}  seed ${seed}: ${summary}`);
    if (problems.length === 0) continue;
    failed.push(seed);
    for (const p of problems) print(`  ${p}`);
    const rest = process.argv.slice(2).join(' ').replace(/--(seed|runs)[ =]\S+/g, '').trim();
    print(`  again: npm run test:mysql-chaos -- --seed ${seed} --runs 1 ${rest}`);
  }
} finally {
  await kafka.stop();
  await mysql.stop();
}
print(failed.length === 0 ? `all ${values.runs} seeds right` : `${failed.length} of ${values.runs} seeds wrong: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
