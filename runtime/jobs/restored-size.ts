/**
 * Whether a checkpoint can be restored, told by its manifest before a byte of it is read: state that does not fit must fail its job at every
 * start of the server in the same plain way, not fill the memory until the kernel ends the process.
 *
 * Blocks hold rows that later ones replace, up to about as much again (`state/snapshot.ts`), and less per row than tables do, so only what
 * is half as large again as the limit is refused here; what lies between is counted row by row while tables are filled and refused there.
 */
import { stateTooLargeToRestore } from '../../core/errors/state.ts';
import { blocksOf } from '../checkpoint/manifest.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import type { Layout } from '../graph/layout.ts';

const BLOCKS_PER_STATE = 1.5;

/** Throws `state-too-large-to-restore`. Limits in bytes; Infinity or undefined = none. */
export function checkRestoredSize(manifest: Manifest, layout: Layout, limits: { readonly serverBytes: number; readonly jobBytes: number | undefined }): void {
  const labels = new Map(layout.nodes.map(({ node }) => [node.id, node.label])), byNode = new Map<string, number>();
  let stateBytes = 0;
  for (const { node, ref } of blocksOf(manifest)) {
    if (!labels.has(node)) continue;
    stateBytes += ref.bytes;
    byNode.set(node, (byNode.get(node) ?? 0) + ref.bytes);
  }
  const limitBytes = Math.min(limits.serverBytes, limits.jobBytes ?? Number.POSITIVE_INFINITY);
  if (stateBytes <= limitBytes * BLOCKS_PER_STATE) return;
  const [largest = '', largestBytes = 0] = [...byNode].reduce((a, b) => (b[1] > a[1] ? b : a));
  throw stateTooLargeToRestore({ epoch: manifest.epoch, stateBytes, limitBytes, largest: labels.get(largest) ?? largest, largestBytes, isJob: limitBytes < limits.serverBytes });
}
