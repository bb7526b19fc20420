/**
 * What a lookup join remembers of a table, by key. partial: answers, the least recently used dropped first, each asked for again when it
 * is too old or was not used for too long (0 = never). all: the whole table, read again after a time; while it is read the old one serves.
 */
import type { LookupCache } from '../../catalog/registry/connectors.ts';
import { decodeLiteral } from '../../planner/physical/expr.ts';
import type { LookupJoinNode } from '../../planner/physical/plan.ts';
import type { LookupRow } from '../connectors/contract.ts';

/** A key as one value: the value itself, or a text of several. */
export type KeyMark = string | number | bigint | boolean;
interface Kept { readonly rows: readonly LookupRow[]; readonly writtenMs: number; usedMs: number }

export class PartialCache {
  private readonly kept = new Map<KeyMark, Kept>();
  private readonly spec: Extract<LookupCache, { kind: 'partial' }>;
  private readonly nowMs: () => number;
  constructor(spec: Extract<LookupCache, { kind: 'partial' }>, nowMs: () => number) { this.spec = spec; this.nowMs = nowMs; }
  get size(): number { return this.kept.size; }
  get(key: KeyMark): readonly LookupRow[] | undefined {
    const entry = this.kept.get(key);
    if (entry === undefined) return undefined;
    const now = this.nowMs(), { expireAfterWriteMs, expireAfterAccessMs } = this.spec;
    this.kept.delete(key);
    if ((expireAfterWriteMs > 0 && now - entry.writtenMs >= expireAfterWriteMs) || (expireAfterAccessMs > 0 && now - entry.usedMs >= expireAfterAccessMs)) return undefined;
    entry.usedMs = now;
    this.kept.set(key, entry);
    return entry.rows;
  }
  put(key: KeyMark, rows: readonly LookupRow[]): void {
    if (rows.length === 0 && !this.spec.keepsMissing) return;
    const now = this.nowMs();
    this.kept.delete(key);
    this.kept.set(key, { rows, writtenMs: now, usedMs: now });
    if (this.kept.size > this.spec.maxRows) this.kept.delete(this.kept.keys().next().value as KeyMark);
  }
}

/** A mark of key values that are not NULL: equal marks for equal keys. */
export function markOf(values: readonly unknown[]): KeyMark {
  const [only] = values;
  if (values.length === 1 && (typeof only === 'number' || typeof only === 'bigint' || typeof only === 'string' || typeof only === 'boolean')) return only;
  let mark = '';
  for (const value of values) {
    const text = value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1') : String(value);
    mark += `${text.length}:${text}`;
  }
  return mark;
}
/** The constants among the keys, for readers: column of the table and value. */
export const constantKeys = (node: LookupJoinNode): { readonly column: number; readonly value: unknown }[] => node.keys.flatMap((k) => ('value' in k ? [{ column: k.column, value: decodeLiteral(k.value) }] : []));
