/** Rows that a sink cannot write, and bad messages of pipelines: D1, D4 of the fault list, G1 in part. */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';
import { countersOf, samplesOf } from './bad-records-support.ts';

describe('faults: bad rows', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('rows'); });
  after(async () => { await bench?.close(); });

  it('D1: NULL in a NOT NULL column fails the job and shows the row; with DROP it is left out and counted, once also over kill -9', async () => {
    await bench.topic('null');
    await bench.topic('null-out');
    await bench.values('null', ['{"n":1,"s":"a"}', '{"n":2}', '{"n":3,"s":"c"}']);
    const insert = `CREATE TEMPORARY TABLE t (n BIGINT, s STRING) ${bench.with('null')}; CREATE TEMPORARY TABLE o (n BIGINT, s STRING NOT NULL) ${bench.with('null-out')}; INSERT INTO o SELECT * FROM t`;
    expect(await bench.failure(await bench.submit(insert))).to.contain('column "s"').and.contain('The row: +I[2, NULL]');
    const job = await bench.submit(`SET 'table.exec.sink.not-null-enforcer' = 'DROP'; SET 'execution.checkpointing.interval' = '100 ms'; ${insert}`);
    await eventually('one dropped', async () => (await countersOf(bench, job))['droppedNullRows'] === 1);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('null', ['{"n":4}', '{"n":5,"s":"e"}']);
    await eventually('two dropped', async () => (await countersOf(bench, job))['droppedNullRows'] === 2);
    await eventually('the last row', async () => (await bench.records('null-out')).some((r) => r.value === '{"n":5,"s":"e"}'));
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('D1: a value that the format cannot write fails the job and names table, column and row, wherever in a batch it stands', async () => {
    await bench.topic('map');
    await bench.topic('map-out');
    await bench.values('map', Array.from({ length: 700 }, (_, i) => `{"n":${i},"k":${i === 500 ? 'null' : '"k"'}}`));
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT, k STRING) ${bench.with('map')}; CREATE TEMPORARY TABLE o (n BIGINT, m MAP<STRING, BIGINT>) ${bench.with('map-out')}; INSERT INTO o SELECT n, MAP[k, n] FROM t`);
    const why = await bench.failure(job);
    expect(why).to.contain('column "m"').and.contain('default_catalog.default_database.o').and.contain('+I[500, ').and.contain('map-null-key.mode');
    expect((await bench.job(job)).exceptions[0]?.code).to.equal('row-unwritable');
  });
  it('D1: a NULL key of an upsert table fails the job and shows the row', async () => {
    await bench.topic('key');
    await bench.topic('key-out');
    await bench.values('key', ['{"n":1,"v":"a"}', '{"v":"no key"}']);
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n STRING, v STRING) ${bench.with('key')}; CREATE TEMPORARY TABLE o (n STRING, v STRING, PRIMARY KEY (n) NOT ENFORCED) ${bench.with('key-out', { 'key.format': 'raw' }, 'upsert-kafka')}; INSERT INTO o SELECT * FROM t`);
    expect(await bench.failure(job)).to.contain('no key');
  });
  it('D4: NaN and infinities are written as JSON texts and read back', async () => {
    await bench.topic('nan');
    await bench.values('nan', ['{"f":"NaN"}', '{"f":1e400}', '{"f":"-Infinity"}']);
    await bench.topic('nan-out');
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (f DOUBLE) ${bench.with('nan')}; CREATE TEMPORARY TABLE o (f DOUBLE) ${bench.with('nan-out')}; INSERT INTO o SELECT f FROM t`);
    await eventually('three rows', async () => (await bench.records('nan-out')).length === 3);
    expect((await bench.records('nan-out')).map((r) => r.value)).to.deep.equal(['{"f":"NaN"}', '{"f":"Infinity"}', '{"f":"-Infinity"}']);
    expect((await bench.rows(`CREATE TEMPORARY TABLE o (f DOUBLE) ${bench.with('nan-out')}; SELECT CAST(f AS STRING) FROM o`)).flat()).to.deep.equal(['NaN', 'Infinity', '-Infinity']);
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C14, D1: an upsert message of more rows than a batch holds, behind tombstones: all are updates', async () => {
    await bench.topic('array');
    const rows = 9000;
    await bench.send('array', [['{"k":1}', null], ['{"k":2}', `[${Array.from({ length: rows }, (_, i) => `{"v":${i}}`).join(',')}]`], ['{"k":3}', '{"v":-1}']]);
    const result = await bench.rows(`CREATE TEMPORARY TABLE u (k BIGINT, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('array', { 'value.fields-include': 'EXCEPT_KEY' }, 'upsert-kafka')}; SELECT k, v FROM u`);
    expect(result.map((r) => r.join()).sort()).to.deep.equal([`2,${rows - 1}`, '3,-1']);
  });
  it('D1: messages that a pipeline leaves out are counted once and sampled, also over kill -9', async () => {
    await bench.topic('pipe');
    await bench.values('pipe', ['{"id":1}', 'oops', '{"id":2}']);
    const document = `source:\n  type: kafka\n  topic: ${bench.name('pipe')}\n  properties.bootstrap.servers: ${bench.broker}\n  value.format: json\n  ingestion.ignore-errors: true\nsink:\n  type: kafka\n  topic: ${bench.name('pipe-out')}\n  properties.bootstrap.servers: ${bench.broker}\n  value.format: canal-json\npipeline:\n  name: ${bench.name('pipe')}\n`;
    const answer = await fetch(bench.server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ yaml: document, settings: { 'execution.checkpointing.interval': '100 ms' } }) }), text = await answer.text();
    const job = /[0-9a-f]{32}/.exec(text)?.[0] ?? '';
    expect(job, text.slice(0, 500)).to.not.equal('');
    await eventually('one left out', async () => (await countersOf(bench, job))['skippedRecords'] === 1);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('pipe', ['[1', '{"id":3}']);
    await eventually('two left out', async () => (await countersOf(bench, job))['skippedRecords'] === 2);
    expect((await samplesOf(bench, job)).map((s) => [s.offset, s.outcome, s.value])).to.deep.equal([[1, 'skipped', 'oops'], [3, 'skipped', '[1']]);
    await eventually('three rows', async () => (await bench.records('pipe-out')).length >= 3);
    await bench.sql(`STOP JOB '${job}'`);
    await bench.kafka.deleteTopics([bench.name('pipe-out')]);
  });
});
