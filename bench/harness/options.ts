/** The command line shared by the bench and the profiler. */
import { parseArgs } from 'node:util';
import { mysqlCases } from '../mysql/names.ts';
import { queries } from './queries.ts';
import { BenchFailure } from './server.ts';
import type { Bench } from './run.ts';

export interface BenchArguments {
  readonly names: readonly string[];
  readonly bench: Omit<Bench, 'bootstrap'>;
  /** Of the table of the MySQL cases. */
  readonly mysqlRows: number;
  readonly record: boolean;
}

/** 2M bids: the whole bench in well under an hour, and a run of Flink's takes some CPU seconds, where one at 0.3 is mostly its compilers. */
const DEFAULT_SCALE = '2';

export const usage = `usage: npm run bench -- [QUERY|PROBE|MYSQL ...] [options]
  QUERY            ${queries.map((q) => q.name).join(' ')}
                   (any file of bench/queries); no name at all: every query, then every probe; never MYSQL
  PROBE            idle latency responsive checkpoint restore state workers hot-key slow-sink growth
  MYSQL            ${mysqlCases.join(' ')} (from MySQL into Kafka, beside Debezium)
  --scale N        1: 1M bids, 400k orders, 1M rows of MySQL; default ${DEFAULT_SCALE}, of MySQL 1; 5: the full size
  --pairs N        runs of each engine per query, in turn; default 3. --runs is the same
  --warm-up N      runs of each engine before those, not counted; default 1. Flink's first run costs up to twice its third
  --no-flink       Rivulet alone, without Flink and Debezium; so it is, too, where they cannot be had
  --parallelism N  of both engines; default: the number of cores
  --set K=V        a job setting for both engines, e.g. execution.checkpointing.interval='1 s'
  --no-record      do not append to bench/results
`;

export function benchArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parsed(argv);
  if (values.help) throw new BenchFailure(usage);
  const number = (name: string, text: string): number => { const n = Number(text); if (!(n > 0)) throw new BenchFailure(`--${name} needs a number above 0, not "${text}"`); return n; };
  const whole = (name: string, text: string): number => { const n = number(name, text); if (!Number.isInteger(n)) throw new BenchFailure(`--${name} needs a whole number, not "${text}"`); return n; };
  const setting = (pair: string): [string, string] => { const at = pair.indexOf('='); if (at < 1) throw new BenchFailure(`--set needs KEY=VALUE, not "${pair}"`); return [pair.slice(0, at), pair.slice(at + 1)]; };
  return {
    names: positionals, record: values.record, mysqlRows: Math.max(1, Math.round(number('scale', values.scale ?? '1') * 1_000_000)),
    bench: {
      scale: number('scale', values.scale ?? DEFAULT_SCALE), runs: values.pairs === undefined ? whole('runs', values.runs) : whole('pairs', values.pairs), flink: values.flink, warmUps: values['warm-up'] === '0' ? 0 : whole('warm-up', values['warm-up']),
      server: { parallelism: values.parallelism === undefined ? undefined : whole('parallelism', values.parallelism) }, settings: Object.fromEntries(values.set.map(setting)),
    },
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv], allowPositionals: true, allowNegative: true,
      options: {
        scale: { type: 'string' }, pairs: { type: 'string' }, runs: { type: 'string', default: '3' }, 'warm-up': { type: 'string', default: '1' },
        parallelism: { type: 'string' }, set: { type: 'string', multiple: true, default: [] },
        flink: { type: 'boolean', default: true }, record: { type: 'boolean', default: true }, help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) { throw new BenchFailure(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`); }
}
