/**
 * The state a job can start from: a savepoint (a path, a `file:` URL, a name in the savepoints folder) or a retained checkpoint of a job
 * that does not run, `checkpoint:<job id>` for its newest and `checkpoint:<job id>/<epoch>` for an older one.
 */
import { jobNotFound, savepointUnreadable } from '../../core/errors/runtime.ts';
import { blocksOf } from '../checkpoint/manifest.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import type { OpenSavepoint } from '../checkpoint/savepoint.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import type { StateFacts } from './contract.ts';
import type { Job } from './job.ts';

const CHECKPOINT = /^checkpoint:([^/]+)(?:\/(\d{1,15}))?$/;

export const checkpointPath = (jobId: string, epoch: number): string => `checkpoint:${jobId}/${epoch}`;
export const labelsOf = (plan: PhysicalPlan): Readonly<Record<string, string>> => Object.fromEntries(plan.nodes.map((node) => [node.id, node.label]));

/** `isToStart`: not only to be looked at. `asking`: the job that wants to start; its own checkpoints are given to it while it is down. */
export interface StartOptions { readonly isToStart: boolean; readonly asking?: Job | undefined }
/**
 * What a checkpoint has prepared is committed before a job starts from it. Throws `savepoint-unreadable`, `job-not-found`, `job-wrong-status`, `state-damaged`, `state-version-unknown`.
 */
export async function openStartingState(open: (path: string) => Promise<OpenSavepoint>, jobs: ReadonlyMap<string, Job>, path: string, { isToStart, asking }: StartOptions): Promise<OpenSavepoint> {
  const [, id, epoch] = CHECKPOINT.exec(path) ?? [];
  if (id === undefined) return await open(path);
  const job = jobs.get(id);
  if (job === undefined) throw jobNotFound({ id, known: jobs.keys() });
  const manifest = await job.checkpointToCopy(epoch === undefined ? undefined : Number(epoch), isToStart, job === asking);
  if (manifest === undefined) throw savepointUnreadable({ path, why: `job ${id} has ${epoch === undefined ? 'no checkpoint' : `retained checkpoints ${job.history.checkpoints().map((one) => one.epoch).join(', ') || 'none'} only`}` });
  job.history.pin(manifest);
  return { path: checkpointPath(id, manifest.epoch), manifest, labels: labelsOf(job.record.plan), read: (ref) => job.history.read(ref), close: async () => { job.history.unpin(manifest); } };
}

/** What of it a plan could take over, node by node. */
export function factsOf({ path, manifest, labels }: Pick<OpenSavepoint, 'path' | 'manifest' | 'labels'>): StateFacts {
  return { path, jobName: manifest.jobName, createdMs: manifest.createdMs, nodes: nodesWithState(manifest).map((id) => ({ id, label: labels[id], bytes: bytesOf(manifest, id), hasPositions: Object.hasOwn(manifest.positions, id) })) };
}
/** Ids of the nodes that have tables of state or positions. */
export const nodesWithState = (manifest: Manifest): readonly string[] => [...new Set([...Object.entries(manifest.nodes).filter(([, node]) => Object.keys(node.tables).length > 0).map(([id]) => id), ...Object.keys(manifest.positions)])];
function bytesOf(manifest: Manifest, node: string): number {
  let sum = 0;
  for (const one of blocksOf(manifest)) if (one.node === node) sum += one.ref.bytes;
  return sum;
}
