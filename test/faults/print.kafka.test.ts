/** G4: a print sink whose reader stands still. */
import type { ChildProcess } from 'node:child_process';
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

describe('faults: print', function () {
  this.timeout(60_000);
  it('G4: a blocked stdout holds back its job only; nothing is lost when it is read again', async () => {
    const bench = await Bench.open('print');
    try {
      await bench.topic('in');
      await bench.topic('out');
      const { child } = bench.server as unknown as { child: ChildProcess }, rows = 200_000;
      child.stdout?.pause();
      const blocked = await bench.submit(`CREATE TEMPORARY TABLE g (n BIGINT) WITH ('connector'='datagen', 'rows-per-second'='10000000', 'fields.n.kind'='sequence', 'fields.n.start'='1', 'fields.n.end'='${rows}'); CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print', 'print-identifier'='a line that fills pipes'); INSERT INTO p SELECT n FROM g`);
      await bench.status(blocked, 'RUNNING');
      await eventually('back-pressure', async () => (await bench.job(blocked) as unknown as { nodes: { activity: string[] }[] }).nodes.some((n) => n.activity.includes('back-pressured')));
      await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in')}; CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out')}; INSERT INTO o SELECT n FROM t`);
      await bench.values('in', ['{"n":1}']);
      await eventually('the other job', async () => (await bench.records('out')).length === 1);
      expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
      expect((await bench.job(blocked)).status).to.equal('RUNNING');
      child.stdout?.resume();
      await bench.status(blocked, 'FINISHED');
      await eventually('all lines', async () => bench.server.stdout.split('\n').filter((l) => l.startsWith('a line that fills pipes')).length === rows);
      expect(bench.server.stdout).to.contain(`+I[${rows}]`);
    } finally { await bench.close(); }
  });
});
