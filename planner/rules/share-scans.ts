/**
 * Scan sharing in a statement set: scans of the same source are widened to the union of their fields, so that they become one physical
 * node and the topic is read once. Each use gets its own columns back by a projection.
 */
import { column, inputsOf, project, type Rel, type RelColumn, type Scan, type ScanField } from '../logical/rel.ts';
import { withInputs } from './merge-projects.ts';

const keyOf = (s: Scan): string => JSON.stringify([s.connector, s.source.spec, s.table.path, s.limit ?? null]);
const fieldKey = (f: ScanField): string => (f.kind === 'physical' ? `p${f.field}` : `m${f.key}`);

export function shareScans(rels: readonly Rel[]): Rel[] {
  const scans = new Map<string, { fields: Map<string, { field: ScanField; column: RelColumn }>; uses: number }>();
  // Tables that are looked up are not scanned.
  const scanned = (rel: Rel): readonly Rel[] => (rel.kind === 'join' && rel.lookup !== undefined ? [rel.left] : inputsOf(rel));
  const collect = (rel: Rel): void => {
    if (rel.kind === 'scan') {
      const known = scans.get(keyOf(rel)) ?? { fields: new Map(), uses: 0 };
      rel.fields.forEach((f, i) => known.fields.set(fieldKey(f), { field: f, column: rel.columns[i] as RelColumn }));
      known.uses++;
      scans.set(keyOf(rel), known);
    }
    for (const i of scanned(rel)) collect(i);
  };
  for (const rel of rels) collect(rel);
  const widen = (rel: Rel): Rel => {
    if (rel.kind !== 'scan') return withInputs(rel, scanned(rel).map(widen));
    const all = [...(scans.get(keyOf(rel))?.fields.values() ?? [])].sort((a, b) => order(a.field) - order(b.field) || (fieldKey(a.field) < fieldKey(b.field) ? -1 : 1));
    if (all.length === rel.fields.length && all.every((a, i) => fieldKey(a.field) === fieldKey(rel.fields[i] as ScanField))) return rel;
    const wide: Scan = { ...rel, fields: all.map((a) => a.field), columns: all.map((a) => a.column) };
    return project(wide, rel.fields.map((f) => column(wide, all.findIndex((a) => fieldKey(a.field) === fieldKey(f)))), rel.columns.map((c) => c.name));
  };
  return rels.map(widen);
}
const order = (f: ScanField): number => (f.kind === 'physical' ? f.field : 1_000_000);
