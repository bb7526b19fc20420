/** A table as a rows event describes it beside the table as it is known: what the event does not tell is kept, what differs is found. */
import type { SchemaChange } from '../../../pipelines/contract.ts';
import type { MySqlColumn, MySqlTable } from '../contract.ts';
import { pipelineColumn, type ColumnSettings } from './pipeline-columns.ts';

/** Types of which a table map tells only how they are stored. */
const STORED_AS: ReadonlyMap<string, readonly string[]> = new Map([['uuid', ['binary', 'char']], ['inet6', ['binary', 'char']], ['inet4', ['binary', 'char']], ['json', ['longtext', 'longblob']], ['geometry', ['longblob', 'blob']]]);
const isSpatial = (type: string): boolean => /^(geometry|geom|point|linestring|polygon|multi)/.test(type);
/** Types whose length a table map tells. */
const HAS_LENGTH = new Set(['char', 'varchar', 'binary', 'varbinary', 'decimal', 'bit']);

export function sameColumn(known: MySqlColumn, described: MySqlColumn): boolean {
  if (known.name !== described.name) return false;
  const type = known.dataType, other = described.dataType;
  if (type !== other) return STORED_AS.get(type)?.includes(other) === true || (isSpatial(type) && isSpatial(other)) || (type === 'year' && other === 'year');
  if (HAS_LENGTH.has(type) && known.length !== null && described.length !== null && known.length !== described.length) return false;
  if (known.unsigned !== described.unsigned || (known.scale ?? 0) !== (described.scale ?? 0)) return false;
  return known.values === null || described.values === null || JSON.stringify(known.values) === JSON.stringify(described.values);
}
/** The table of the event with what is known of columns that are the same; `known` itself when nothing differs. */
export function mergeDescribed(known: MySqlTable, described: MySqlTable): MySqlTable {
  const byName = new Map(known.columns.map((c) => [c.name, c]));
  const columns = described.columns.map((c) => { const before = byName.get(c.name); return before !== undefined && sameColumn(before, c) ? before : c; });
  if (columns.length === known.columns.length && columns.every((c, i) => c === known.columns[i])) return known;
  return { ...known, columns, primaryKey: described.primaryKey.length > 0 ? described.primaryKey : known.primaryKey.filter((k) => columns.some((c) => c.name === k)) };
}
/** Schema events that lead from one version to the next where no statement tells: renames look like a drop and an add. */
export function changesBetween(before: MySqlTable, after: MySqlTable, settings: ColumnSettings): SchemaChange[] {
  const out: SchemaChange[] = [], old = new Map(before.columns.map((c) => [c.name, c])), next = new Map(after.columns.map((c) => [c.name, c]));
  for (const c of before.columns) if (!next.has(c.name)) out.push({ kind: 'drop.column', name: c.name });
  after.columns.forEach((c, i) => {
    const was = old.get(c.name);
    if (was === undefined) out.push({ kind: 'add.column', column: pipelineColumn(after, c, settings), after: i === after.columns.length - 1 ? null : i === 0 ? undefined : after.columns[i - 1]?.name });
    else if (!sameColumn(was, c)) out.push({ kind: 'alter.column.type', name: c.name, from: pipelineColumn(before, was, settings).type, column: pipelineColumn(after, c, settings) });
  });
  return out;
}
