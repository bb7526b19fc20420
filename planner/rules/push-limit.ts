/**
 * LIMIT of a bounded SELECT into its scan: the source stops after as many rows as can be needed. Only where each scanned row is a result
 * row, in any order: over projections, UNION ALL and append-only scans. The limit above stays, as every subtask reads that many.
 */
import { isUpsertSource } from '../physical/translate.ts';
import type { Rel, Scan } from '../logical/rel.ts';

export function pushLimit(rel: Rel): Rel {
  if (rel.kind === 'project') { const input = pushLimit(rel.input); return input === rel.input ? rel : { ...rel, input }; }
  if (rel.kind !== 'sort' || rel.keys.length > 0 || rel.limit === null || rel.limit === 0) return rel;
  const input = limited(rel.input, rel.offset + rel.limit);
  return input === rel.input ? rel : { ...rel, input };
}
function limited(rel: Rel, rows: number): Rel {
  switch (rel.kind) {
    case 'project': { const input = limited(rel.input, rows); return input === rel.input ? rel : { ...rel, input }; }
    case 'union': return { ...rel, inputs: rel.inputs.map((i) => limited(i, rows)) };
    case 'scan': return isAppendScan(rel) ? { ...rel, limit: Math.min(rows, rel.limit ?? rows) } : rel;
    default: return rel;
  }
}
function isAppendScan(rel: Scan): boolean {
  const mode = rel.source.changelogMode;
  return !isUpsertSource(rel) && !mode.updateBefore && !mode.delete;
}
