/** Two short chaos runs, as `npm run test:mysql-chaos` does them at length: six writers, servers killed, topics judged record by record. */
import { expect } from 'chai';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../../tools/services/kafka-broker.ts';
import { startLocalMySql, type LocalMySql } from '../../../tools/services/mysql-server.ts';
import { ServiceUnavailable } from '../../../tools/services/support.ts';
import type { Mode } from '../../../tools/chaos/mysql/jobs.ts';
import { runSeed } from '../../../tools/chaos/mysql/run.ts';

describe('chaos: MySQL, Kafka and the server under six writers', function () {
  this.timeout(180_000);
  let mysql: LocalMySql | undefined, kafka: LocalBroker | undefined;
  before(async function () {
    if (!await canStartLocalBroker()) { this.skip(); return; }
    try { mysql = await startLocalMySql('mysql', ['--sync-binlog=1', '--innodb-flush-log-at-trx-commit=1']); } catch (error) {
      if (!(error instanceof ServiceUnavailable) || process.env['RIVULET_REQUIRE_MYSQL'] === '1') throw error;
      this.skip();
    }
    kafka = await startLocalBroker();
  });
  after(async () => { await kafka?.stop(); await mysql?.stop(); });

  // E1, E2, E3: rows change while their chunks are read, and the servers die in the snapshot and behind it.
  for (const [seed, mode] of [[101, 'pipeline'], [103, 'round-trip']] as const satisfies readonly (readonly [number, Mode])[]) {
    it(`E1, E2, E3: seed ${seed}, ${mode}: exactly once`, async () => {
      if (mysql === undefined || kafka === undefined) return;
      const log: string[] = [];
      const { problems, summary } = await runSeed({ mysql, kafka }, { seed, mode, guarantee: 'exactly-once', parallelism: 1, faults: 2, onlyFaults: 'killed', rows: 150, operations: 600, alters: true, truncates: false }, (line) => { log.push(line); });
      expect(problems, `${summary}\n${log.join('\n')}\nagain: npm run test:mysql-chaos -- --seed ${seed} --mode ${mode} --faults 2 --fault killed --rows 150 --operations 600 --guarantee exactly-once`).to.deep.equal([]);
    });
  }
});
