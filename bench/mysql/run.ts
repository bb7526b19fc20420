/** Runs cases of the MySQL bench on a MySQL that is given or started for it. */
import { whyNoDebezium } from '../../tools/services/debezium.ts';
import { acquireMySql } from '../../tools/services/mysql.ts';
import { table, thousands } from '../harness/report.ts';
import type { ServerOptions } from '../harness/server.ts';
import type { Figures } from '../probes/probe.ts';
import { latencyCase, snapshotCase, streamCase } from './cases.ts';
import type { CopyFigures, MySqlBench } from './cases.ts';
import { placeOf } from './database.ts';
import type { MySqlCase } from './names.ts';
import { peakCell, ratioCell, speedCell } from './markdown.ts';

/**
 * Fast for the writer of the loads: a commit waits for no disk. The reader has the same work either way, but for `mysql-latency`, whose
 * commits are cheaper than those of a server as it ships; what counts there counts from the commit on.
 */
const SERVER_OPTIONS = ['--sync-binlog=0', '--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=512M'];

export interface MySqlRun {
  readonly bootstrap: string;
  readonly rows: number;
  readonly runs: number;
  readonly warmUps: number;
  readonly server: ServerOptions;
  /** Beside Debezium, where that can be had. */
  readonly opponent: boolean;
  readonly print: (text: string) => void;
  /** Keeps one line of results. */
  readonly record: (line: Readonly<Record<string, unknown>>) => void;
  /** Runs one case; an expected failure is told and makes undefined. */
  readonly attempt: <T>(name: string, run: () => Promise<T>) => Promise<T | undefined>;
}
/** Rejects with ServiceUnavailable when there is no MySQL. */
export async function runMySqlCases(names: readonly MySqlCase[], run: MySqlRun): Promise<void> {
  const { bootstrap, rows, runs, warmUps, server, print } = run, why = run.opponent ? await whyNoDebezium() : undefined;
  const service = await acquireMySql({ flavor: 'mysql', options: SERVER_OPTIONS });
  try {
    print(`MySQL at ${new URL(service.url).host} (${service.how}); ${thousands(rows)} rows\n`);
    if (why !== undefined) print(`Rivulet alone, without Debezium: ${why}\n`);
    const bench: MySqlBench = { bootstrap, place: placeOf(service.url), rows, runs, warmUps, server, debezium: run.opponent && why === undefined }, tell = (line: string): void => { print(`${line}\n`); };
    for (const name of names) {
      if (name === 'mysql-latency') {
        const figures = await run.attempt(name, () => latencyCase(bench, tell));
        if (figures === undefined) continue;
        print(`\nLatency, MySQL → Kafka\n${figuresTable(figures)}`);
        run.record({ probe: name, figures });
        continue;
      }
      const all = await run.attempt(name, () => name === 'mysql-snapshot' ? snapshotCase(bench, tell) : streamCase(bench, tell, name.split('-')[2]));
      if (all === undefined) continue;
      print(`\n${copyTable(all)}`);
      for (const figures of all) run.record({ rows, ...figures });
    }
  } finally { await service.stop(); }
}
function figuresTable(figures: Figures): string { return table(Object.entries(figures).map(([name, value]) => [`  ${name}`, value.toLocaleString('en')])); }
function copyTable(all: readonly CopyFigures[]): string {
  const of = (n: number | undefined): string => n === undefined ? '' : thousands(n);
  return table([
    ['case', 'rows', 'rows/s', 'Debezium', 'per CPU s', 'Debezium', 'ratio, bar', 'peak MiB', 'Debezium'],
    ...all.map((f) => [f.mysql, thousands(f.records), thousands(f.recordsPerSecond), of(f.debezium?.recordsPerSecond), speedCell(f), of(f.debezium?.recordsPerCpuSecond), ratioCell(f), peakCell(f), of(f.debezium?.peakMib)]),
  ]);
}
