/**
 * A job over Kafka in the data directory of an earlier version: upserts that are normalised, counted, and written under another key. The
 * topics of the fixture are made again under names of this run, and so they are called in the copied directory. faults.md A15.
 */
import { expect } from 'chai';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import { ServerProcess } from '../e2e/server-process.ts';
import { AFTER, BEFORE, GROUPS, INPUT, OWNERS } from '../fixtures/kafka-scripts.ts';
import { Bench, eventually } from './support.ts';
import { newFolder } from '../runtime/support/plans.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;

/** Renames in the records of format 1, and forgets the ids of topics that are no more. */
async function rename(dataDir: string, names: ReadonlyMap<string, string>): Promise<void> {
  const store = new Level<string, Buffer>(join(dataDir, 'state'), { valueEncoding: 'buffer' });
  for await (const [key, value] of store.iterator()) {
    if (!/^[jm]\//.test(key)) continue;
    const isManifest = key.startsWith('m/');
    let json = value.toString('utf8', isManifest ? 9 : 0).replaceAll(/,"topicId":"[0-9a-f]+"/g, '');
    for (const [from, to] of names) json = json.replaceAll(from, to);
    await store.put(key, Buffer.from(isManifest ? `${crc32(json).toString(16).padStart(8, '0')}\n${json}` : json));
  }
  await store.close();
}

describe('state of earlier versions, with Kafka', function () {
  this.timeout(60_000);
  for (const version of readdirSync(fixtures).filter((name) => name.startsWith('format-'))) {
    it(`A15: positions, normalised and materialised upserts of ${version} load: updates take back what the old version had written`, async () => {
      const bench = await Bench.open('format', []), dataDir = join(newFolder(), 'data'), from = join(fixtures, version, 'kafka');
      const facts = JSON.parse(readFileSync(join(from, 'fixture.json'), 'utf8')) as { jobs: { upserts: string } };
      cpSync(from, dataDir, { recursive: true });
      const server = new ServerProcess(dataDir, ['--parallelism', '2']);
      try {
        for (const topic of ['input', 'groups', 'owners']) await bench.topic(topic);
        await bench.send('input', BEFORE);
        await rename(dataDir, new Map([['127.0.0.1:19092', bench.broker], [INPUT, bench.name('input')], [GROUPS, bench.name('groups')], [OWNERS, bench.name('owners')]]));
        await server.launch();
        await bench.send('input', AFTER);
        const last = async (topic: string): Promise<Map<string, string | null>> => new Map((await bench.records(topic)).map((r) => [String(r.key), r.value === null ? null : String(r.value)]));
        // id 6 from group 9 to 1, id 0 gone, id 99 new, id 5 from 8 back to 9; before: 0: 0 3 4 8, 1: 1 9, 2: 2 10, 3: 11, 8: 5, 9: 6 7.
        const groups = new Map<string, string | null>([['{"v":9}', '{"v":9,"c":2,"ids":12}'], ['{"v":1}', '{"v":1,"c":3,"ids":16}'], ['{"v":0}', '{"v":0,"c":3,"ids":15}'], ['{"v":2}', '{"v":2,"c":3,"ids":111}'], ['{"v":8}', null]]);
        await eventually('the groups', async () => JSON.stringify([...await last('groups')].sort()) === JSON.stringify([...groups].sort())).catch(async () => expect(await last('groups')).to.deep.equal(groups));
        // The owner of a group is the row that came last of those it still has.
        const owners = new Map<string, string | null>([['{"v":9}', '{"v":9,"id":5}'], ['{"v":1}', '{"v":1,"id":6}'], ['{"v":2}', '{"v":2,"id":99}'], ['{"v":8}', null]]);
        await eventually('the owners', async () => JSON.stringify([...await last('owners')].sort()) === JSON.stringify([...owners].sort())).catch(async () => expect(await last('owners')).to.deep.equal(owners));
        expect((await (await fetch(server.url(`/api/v1/jobs/${facts.jobs.upserts}`))).json() as { restoredFrom: string }).restoredFrom).to.match(/^checkpoint/);
      } finally {
        await server.end('SIGKILL');
        await bench.close();
      }
    });
  }
});
