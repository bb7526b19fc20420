/** What a checkpoint tells of a job that nothing has run of since the server started: its counters, and the records it could not read. */
import type { BadRecordSample } from '../connectors/bad-records.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import type { NodeStats } from '../graph/messages.ts';
import type { SubtaskStats } from './workers.ts';

/** As one subtask would; rows and state are not in it. */
export function storedStats(manifest: Manifest | undefined): readonly SubtaskStats[] {
  if (manifest === undefined) return [];
  const ids = new Set([...Object.keys(manifest.counters ?? {}), ...Object.keys(manifest.positions)]);
  const nodes = [...ids].map((id): NodeStats => ({
    id, recordsIn: 0, recordsOut: 0, watermarkMs: undefined, stateBytes: 0, stateEntries: 0, counters: manifest.counters?.[id] ?? {}, activity: undefined, progress: null,
    badRecords: (manifest.positions[id] ?? []).flatMap((positions) => (positions as { readonly badRecords?: readonly BadRecordSample[] } | null)?.badRecords ?? []),
  }));
  return [{ subtask: 0, nodes }];
}
