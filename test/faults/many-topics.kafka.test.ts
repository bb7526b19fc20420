/**
 * A cluster of a thousand topics in the Kafka JSON catalog (C13): lists cost one question to the cluster, schemas are looked at only where
 * somebody wants them, and never more than a bounded number for one statement. The thousand stand in Metadata answers that a proxy
 * extends; by hand (RIVULET_LONG=1) they are real, on a broker of their own.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type pg from 'pg';
import { MAX_RESOLVED } from '../../catalog/system/snapshot.ts';
import { canStartLocalBroker, startLocalBroker } from '../../tools/services/kafka-broker.ts';
import { FaultProxy } from '../kafka/fault-proxy.ts';
import { Bench } from './support.ts';

const TOPICS = 1000, PARTITIONS = 4;
/** What psql, pgjdbc and their kin send, as they look at the database `kafka`. */
async function queriesOf(file: string): Promise<string[]> {
  const text = (await readFile(new URL(`../system/psql-queries/${file}.sql`, import.meta.url), 'utf8')).replaceAll('default_database', 'kafka');
  return text.replaceAll(/^--.*$/gm, '').split(/;\s*$/m).map((sql) => sql.trim()).filter((sql) => sql !== '' && !sql.includes('{oid of'));
}

describe('faults: many topics', function () {
  this.timeout(process.env['RIVULET_LONG'] === '1' ? 600_000 : 60_000);
  let bench: Bench, proxy: FaultProxy, client: pg.Client;
  const names = Array.from({ length: TOPICS }, (_, i) => `many-${String(i).padStart(4, '0')}`);
  before(async () => {
    bench = await Bench.open('many');
    proxy = await FaultProxy.start(bench.broker);
    proxy.edit = { more: { names, partitions: PARTITIONS } };
    await bench.topic('real', 4);
    await bench.values('real', ['{"n":1,"s":"x"}']);
    client = await bench.server.connect();
    await client.query(`CREATE CATALOG k WITH ('type' = 'kafka', 'properties.bootstrap.servers' = '${proxy.address}', 'format' = 'json')`);
    await client.query('USE CATALOG k');
  });
  after(async () => { await client?.end().catch(() => {}); await bench?.close(); proxy?.close(); });
  /** Calls made meanwhile: of metadata, and such as only a look into a topic needs. */
  async function calls(work: () => Promise<unknown>): Promise<{ readonly metadata: number; readonly looks: number }> {
    const counted = (): [number, number] => [proxy.count('metadata'), proxy.count('listOffsets') + proxy.count('fetch') + proxy.count('describeConfigs')], [metadata, looks] = counted();
    await work();
    const now = counted();
    return { metadata: now[0] - metadata, looks: now[1] - looks };
  }

  it('C13: SHOW TABLES asks the cluster once and looks into no topic', async () => {
    let rows: unknown[] = [];
    const asked = await calls(async () => { ({ rows } = await client.query({ text: 'SHOW TABLES', rowMode: 'array' })); });
    const shown = rows.map((r) => (r as string[])[0]);
    expect(shown).to.include.members([...names, bench.name('real')]);
    expect(asked).to.deep.equal({ metadata: 1, looks: 0 });
    expect((await client.query("SHOW TABLES LIKE 'many-000%'")).rows).to.have.length(10);
  });
  it('C13: psql, JDBC and their kin list a thousand tables; each statement looks into a bounded number of topics', async () => {
    const texts = ['meta-commands', 'jdbc', 'tools', 'tab-completion', 'asyncpg', 'sqlalchemy'], worst = { metadata: 0, looks: 0, sql: '' };
    let statements = 0;
    for (const name of texts) for (const sql of (await queriesOf(name)).filter((_, i) => process.env['RIVULET_LONG'] === '1' || i % 5 === 0)) {
      statements++;
      const asked = await calls(async () => { await client.query(sql).catch(() => {}); });
      if (asked.metadata > worst.metadata) Object.assign(worst, asked, { sql });
      expect(asked.looks, sql).to.be.at.most(6 * MAX_RESOLVED);
    }
    expect(statements).to.be.greaterThan(20);
    // The list, twice when the statement runs again with what was resolved, and for each topic its description, which knows no better than to list again.
    expect(worst.metadata, worst.sql).to.be.at.most(2 + 3 * MAX_RESOLVED);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  });
  it('C13: one table of them is one look', async () => {
    const asked = await calls(async () => { expect((await client.query(`SELECT value_n, value_s FROM \`${bench.name('real')}\``)).rows).to.deep.equal([{ value_n: '1', value_s: 'x' }]); });
    expect(asked.metadata).to.be.at.most(8);
  });
  it('C13: real topics, by hand: the time of lists and looks', async function () {
    if (process.env['RIVULET_LONG'] !== '1' || !await canStartLocalBroker()) { this.skip(); return; }
    const broker = await startLocalBroker({ properties: { 'log.cleaner.enable': 'false' } }), real = await Bench.open('real', [], broker.bootstrap);
    try {
      for (let i = 0; i < TOPICS; i += 50) await real.kafka.createTopics(names.slice(i, i + 50).map((topic) => ({ topic, partitions: PARTITIONS, replicationFactor: 1 })));
      const other = await real.server.connect(), timed = async (sql: string): Promise<number> => { const since = performance.now(); await other.query(sql).catch(() => {}); return performance.now() - since; };
      await other.query(`CREATE CATALOG k WITH ('type' = 'kafka', 'properties.bootstrap.servers' = '${broker.bootstrap}', 'format' = 'json')`);
      await other.query('USE CATALOG k');
      const show = [await timed('SHOW TABLES'), await timed('SHOW TABLES')];
      expect(show[1]).to.be.lessThan(5000);
      let slowest = ['', 0] as [string, number];
      for (const name of ['meta-commands', 'jdbc', 'tools']) for (const sql of await queriesOf(name)) { const ms = await timed(sql); if (ms > slowest[1]) slowest = [sql, ms]; }
      console.log(`      SHOW TABLES of ${TOPICS} × ${PARTITIONS}: ${show.map((ms) => ms.toFixed(0)).join(', ')} ms; slowest of the clients' queries: ${slowest[1].toFixed(0)} ms: ${slowest[0].slice(0, 200)}`);
      await other.end();
    } finally { await real.server.remove(); await real.kafka.close(); await broker.stop(); }
  });
});
