/**
 * What a checkpoint is on disk: a manifest that names everything a restart needs, and the blocks of packed state rows it refers to by
 * number. Both carry CRC-32 checksums, so that damage is found when it is read and not in a wrong result.
 */
import { crc32 } from 'node:zlib';
import type { Json } from '../../catalog/registry/connectors.ts';
import { stateDamaged } from '../../core/errors/runtime.ts';
import { stateVersionUnknown } from '../../core/errors/storage.ts';
import { sealed, unsealed } from '../../core/storage/files.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';

/** 2: blocks may stand in files (`block-files.ts`). */
export const MANIFEST_FORMAT = 2;

export interface BlockRef {
  readonly seq: number;
  readonly bytes: number;
  readonly crc: number;
  readonly entries: number;
  /** In which file of the job it stands, and where; without: in the store under its number. */
  readonly place?: BlockPlace | undefined;
}
export interface BlockPlace { readonly file: number; readonly at: number }
/** Blocks of one table by subtask of the writing run, oldest first. */
export type TableBlocks = readonly (readonly BlockRef[])[];
export interface ManifestNode {
  /** Instances of the node in the run that wrote it. */
  readonly instances: number;
  readonly tables: Readonly<Record<string, TableBlocks>>;
  /** By subtask: had all its inputs ended? */
  readonly ended: readonly boolean[];
}
export interface Manifest {
  readonly format: number;
  readonly writer: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly epoch: number;
  readonly kind: 'checkpoint' | 'savepoint' | 'final';
  readonly createdMs: number;
  readonly parallelism: number;
  /** Node ids in plan order: is it the same plan? */
  readonly planNodes: readonly string[];
  readonly nodes: Readonly<Record<string, ManifestNode>>;
  /** Source node id → positions by subtask. */
  readonly positions: Readonly<Record<string, readonly Json[]>>;
  /** Sink node id → what is prepared and perhaps not yet committed. */
  readonly committables: Readonly<Record<string, readonly Json[]>>;
  /** Node id → counter → value, added up over subtasks. Absent in what older versions wrote. */
  readonly counters?: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
}

/** Text form: the checksum of the JSON, a line feed, the JSON. */
export const encodeManifest = (manifest: Manifest): string => sealed(JSON.stringify(manifest));
/** Throws `state-damaged` or `state-version-unknown`; `where` names the place in the error. */
export function decodeManifest(text: string, where: string): Manifest {
  const json = unsealed(text);
  if (json === undefined) throw stateDamaged({ what: 'a checkpoint manifest', where, why: 'its checksum does not match' });
  const manifest = JSON.parse(json) as Manifest;
  if (manifest.format > MANIFEST_FORMAT) throw stateVersionUnknown({ path: where, found: manifest.format, known: MANIFEST_FORMAT, writer: String(manifest.writer), reader: PRODUCT_VERSION });
  return manifest;
}
export function checkBlock(bytes: Uint8Array, ref: BlockRef, where: string): void {
  if (bytes.byteLength !== ref.bytes) throw stateDamaged({ what: 'a block of state', where, why: `it has ${bytes.byteLength} bytes instead of ${ref.bytes}` });
  if (crc32(bytes) !== ref.crc) throw stateDamaged({ what: 'a block of state', where, why: 'its checksum does not match' });
}
export function* blocksOf(manifest: Manifest): Generator<{ readonly node: string; readonly table: string; readonly subtask: number; readonly ref: BlockRef }> {
  for (const [node, { tables }] of Object.entries(manifest.nodes)) {
    for (const [table, lists] of Object.entries(tables)) {
      for (const [subtask, refs] of lists.entries()) for (const ref of refs) yield { node, table, subtask, ref };
    }
  }
}
/** What the manifests name: blocks in the store by number, and files. */
export interface Named { readonly blocks: ReadonlySet<number>; readonly files: ReadonlySet<number> }
export function namedBy(manifests: Iterable<Manifest>): Named {
  const blocks = new Set<number>(), files = new Set<number>();
  for (const one of manifests) for (const { ref } of blocksOf(one)) if (ref.place === undefined) blocks.add(ref.seq); else files.add(ref.place.file);
  return { blocks, files };
}
export const planNodeIds = (plan: PhysicalPlan): readonly string[] => plan.nodes.map((node) => node.id);
