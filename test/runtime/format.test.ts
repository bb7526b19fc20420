/**
 * What is written, byte by byte, under the numbers of its formats. A failure here means that a format has changed: a version before would
 * misread it, or lose it. Then: a fixture by the last commit before the change, a new number, a reader of the old one, and only then the
 * text below (docs/state-format.md, "How formats change"). faults.md A15.
 */
import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { openRecordStore } from '../../catalog/store/record-store.ts';
import { silentLog } from '../../core/ports/log.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';
import { PLAN_VERSION } from '../../planner/physical/plan.ts';
import { CheckpointLog } from '../../runtime/checkpoint/log.ts';
import { MANIFEST_FORMAT } from '../../runtime/checkpoint/manifest.ts';
import type { Manifest } from '../../runtime/checkpoint/manifest.ts';
import { writeSavepoint } from '../../runtime/checkpoint/savepoint.ts';
import { StateStore } from '../../runtime/checkpoint/store.ts';
import { BlockBuilder, schemaHash, STATE_FORMAT_VERSION } from '../../runtime/state/block.ts';
import { newFolder } from './support/plans.ts';

const JOB = 'a'.repeat(32), SCHEMA = 'key (BIGINT), sub-key (), value (STRING), 0 counts';
/** Checksums follow from what they stand before, and the version from the package. */
const plain = (text: string): string => text.replaceAll(/^[0-9a-f]{8}\n/g, '# ').replaceAll(PRODUCT_VERSION, 'V').replaceAll(JOB, 'JOB');
async function records(folder: string): Promise<string[]> {
  const level = new Level<string, string>(folder, { valueEncoding: 'utf8' });
  try { return (await level.iterator().all()).map(([key, value]) => `${plain(key)} = ${plain(value)}`); } finally { await level.close(); }
}
function block(): Uint8Array<ArrayBuffer> {
  const builder = new BlockBuilder({ table: 't', schema: SCHEMA, schemaWords: schemaHash(SCHEMA), timed: false }, 'base', 4);
  builder.addDelete(Uint32Array.from([2, 0x01020304, 0x05060708]), 0);
  return builder.finish(1, 16, [7, 8]);
}

describe('formats on disk', () => {
  it('A15: the version in what is written is that of the package', () => {
    expect(PRODUCT_VERSION).to.equal((JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version);
  });
  it('A15: a state block of format 1 and its first bytes', () => {
    expect([STATE_FORMAT_VERSION, Buffer.from(block()).toString('hex')]).to.deep.equal([1,
      '5256535440cd24e80100640001001000010000000000000007000000080000000745d928a74a2a980100320070000000746b65792028424947494e54292c207375622d6b65792028292c2076616c75652028535452494e47292c203020636f756e747300020000000403020108070605']);
  });
  it('A15: records of store 2, manifest 2, index 2, catalog 2, plan 1', async () => {
    const dataDir = newFolder(), store = await StateStore.open(dataDir, silentLog), log = new CheckpointLog(JOB, store, silentLog), bytes = block();
    await store.putJob(JOB, { name: 'a job' });
    const small = log.refFor({ bytes, crc: 1, entries: 1 }), large = log.refFor({ bytes, crc: 2, entries: 1 }, { file: 1, at: 0 });
    const manifest: Manifest = { format: MANIFEST_FORMAT, writer: PRODUCT_VERSION, jobId: JOB, jobName: 'a job', epoch: log.nextEpoch(), kind: 'checkpoint', createdMs: 5, parallelism: 2, planNodes: ['n'], nodes: { n: { instances: 2, tables: { t: [[small], [large]] }, ended: [false, true] } }, positions: { s: [{ at: 1 }] }, committables: { k: [null] } };
    await log.write(manifest, [{ ref: small, bytes: Buffer.from('small') }, { ref: large, bytes }]);
    const { path } = await writeSavepoint(join(dataDir, 'savepoints'), { ...manifest, nodes: {} }, { n: 'label' }, 7, () => expect.fail('no blocks'));
    await store.close();
    const catalog = await openRecordStore(join(dataDir, 'catalog'), silentLog);
    await catalog.write([{ key: 'object/c/d/t', value: { kind: 'table' } }]);
    await catalog.close();
    const said = '"format":2,"writer":"V","jobId":"JOB","jobName":"a job","epoch":1,"kind":"checkpoint","createdMs":5,"parallelism":2,"planNodes":["n"],';
    expect(await records(join(dataDir, 'state'))).to.deep.equal([
      'b/JOB/000000000001 = small', 'format = {"format":2,"writer":"V"}', 'j/JOB = # {"revision":1,"record":{"name":"a job"}}',
      `m/JOB/000000000001 = # {${said}"nodes":{"n":{"instances":2,"tables":{"t":[[{"seq":1,"bytes":112,"crc":1,"entries":1}],[{"seq":2,"bytes":112,"crc":2,"entries":1,"place":{"file":1,"at":0}}]]},"ended":[false,true]}},"positions":{"s":[{"at":1}]},"committables":{"k":[null]}}`,
    ]);
    expect(plain(readFileSync(join(dataDir, 'state-epochs.json'), 'utf8'))).to.equal('# {"format":2,"writer":"V","jobs":{"JOB":{"name":"a job","revision":1,"epochs":[1]}}}');
    expect(await records(join(dataDir, 'catalog'))).to.deep.equal(['check = # {"revision":1,"digest":"28e9b77d6457895"}', 'format = {"format":2,"writer":"V"}', 'object/c/d/t = # {"kind":"table"}']);
    expect(plain(readFileSync(join(dataDir, 'catalog-revision.json'), 'utf8'))).to.equal('# {"revision":1,"writer":"V"}');
    expect(plain(readFileSync(join(path, 'manifest.json'), 'utf8'))).to.equal(`# {${said.replace('"checkpoint"', '"savepoint"').replace('"createdMs":5', '"createdMs":7')}"nodes":{},"positions":{"s":[{"at":1}]},"committables":{},"files":{},"labels":{"n":"label"}}`);
    expect(readdirSync(join(dataDir, 'state-blocks', JOB))).to.deep.equal(['000000000001.blocks']);
    expect(PLAN_VERSION).to.equal(1);
  });
});
