/** A server's storage at work, for tests of power failures: checkpoints small and large, catalog changes, savepoints. Says what is promised as soon as a caller would be told. */
import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openRecordStore } from '../../../catalog/store/record-store.ts';
import { silentLog } from '../../../core/ports/log.ts';
import { makeDataDirectory } from '../../../core/storage/level-store.ts';
import { CheckpointLog } from '../../../runtime/checkpoint/log.ts';
import { MANIFEST_FORMAT } from '../../../runtime/checkpoint/manifest.ts';
import type { Manifest } from '../../../runtime/checkpoint/manifest.ts';
import { writeSavepoint } from '../../../runtime/checkpoint/savepoint.ts';
import { StateStore } from '../../../runtime/checkpoint/store.ts';

const dataDir = process.argv[2] as string;
const promise = (what: string): void => { try { accessSync(`/promised/${what}`); } catch { /* seen by the shim */ } };
await makeDataDirectory(dataDir);
for (let life = 0; life < 2; life++) {
  const catalog = await openRecordStore(join(dataDir, 'catalog'), silentLog), store = await StateStore.open(dataDir, silentLog);
  for (const job of ['a'.repeat(32), 'b'.repeat(32)]) {
    const log = new CheckpointLog(job, store, silentLog), isLarge = job.startsWith('b');
    await log.load();
    await store.putJob(job, { name: `job ${job[0]}`, life });
    promise(`job/${job}`);
    for (let i = 0; i < 12; i++) {
      const epoch = log.nextEpoch(), bytes = Buffer.from(`${job[0]} ${epoch} ${'state '.repeat(isLarge ? 2000 : 400)}`);
      const ref = log.refFor({ bytes, crc: crc32(bytes), entries: 1 }, isLarge ? { file: epoch, at: 0 } : undefined);
      const manifest: Manifest = { format: MANIFEST_FORMAT, writer: 'test', jobId: job, jobName: 'job', epoch, kind: 'checkpoint', createdMs: 0, parallelism: 1, planNodes: [], nodes: { n: { instances: 1, tables: { t: [[ref]] }, ended: [false] } }, positions: {}, committables: {} };
      await log.write(manifest, [{ ref, bytes }]);
      promise(`checkpoint/${job}/${epoch}`);
      if (i === 6) { const { path } = await writeSavepoint(join(dataDir, 'savepoints'), manifest, {}, life * 1000 + (isLarge ? 1 : 0), (one) => log.read(one)); promise(`savepoint/${path.slice(path.lastIndexOf('/') + 1)}`); }
    }
  }
  for (let i = 0; i < 4; i++) { await catalog.write([{ key: `object/c/d/t${life}${i}`, value: { text: 'x'.repeat(300) } }]); promise(`object/c/d/t${life}${i}`); }
  await store.close();
  await catalog.close();
}
