/** A state backend in plain objects: slow, simple, and with blocks of JSON that tests can read. Stands in for `runtime/state`. */
import type { OperatorStateBackend, RestoredState, StateBlock } from '../../../runtime/graph/contract.ts';
import type { Entry, StateTable, StateTableSpec } from '../../../runtime/state/contract.ts';
import { compilePartitioner } from '../../../core/row/partition.ts';

interface Row { readonly id: Entry; readonly key: readonly unknown[]; readonly sub: readonly unknown[]; value: unknown[]; meta: [number, number] }
type Stored = readonly [key: readonly unknown[], sub: readonly unknown[], value: readonly unknown[] | null, meta: readonly [number, number]];
const nameOf = (key: readonly unknown[], sub: readonly unknown[]): string => JSON.stringify([key, sub]);

/** Only what the test operators use. */
class FakeTable {
  readonly spec: StateTableSpec;
  wasCreated = false;
  private readonly byName = new Map<string, Row>();
  private readonly rows = new Map<Entry, Row>();
  private readonly changed = new Set<string>();
  private isBaseDue = false;
  private nextId = 1;
  constructor(spec: StateTableSpec, restored: readonly (readonly Uint8Array[])[], share: RestoredState['share']) {
    this.spec = spec;
    const owner = share === undefined ? undefined : compilePartitioner(spec.key, spec.key.map((_, i) => i));
    for (const blocks of restored) for (const block of blocks) for (const [key, sub, value, meta] of JSON.parse(Buffer.from(block).toString()) as Stored[]) {
      if (share !== undefined && owner !== undefined && owner(key.map((v) => [v]), 0) % share.parallelism !== share.subtask) continue;
      if (value === null) { this.drop(nameOf(key, sub)); continue; }
      this.drop(nameOf(key, sub));
      const row: Row = { id: this.nextId++, key, sub, value: [...value], meta: [...meta] };
      this.byName.set(nameOf(key, sub), row);
      this.rows.set(row.id, row);
    }
    this.isBaseDue = share !== undefined;
  }
  private drop(name: string): void { const row = this.byName.get(name); if (row !== undefined) { this.byName.delete(name); this.rows.delete(row.id); } }
  get size(): number { return this.rows.size; }
  get bytes(): number { return this.rows.size * 64; }
  find(key: readonly unknown[], sub: readonly unknown[]): Entry { return this.byName.get(nameOf(key, sub))?.id ?? 0; }
  findOrCreate(key: readonly unknown[], sub: readonly unknown[]): Entry {
    const found = this.find(key, sub);
    this.wasCreated = found === 0;
    if (found !== 0) return found;
    const row: Row = { id: this.nextId++, key: [...key], sub: [...sub], value: this.spec.value.map(() => null), meta: [0, 0] };
    this.byName.set(nameOf(key, sub), row);
    this.rows.set(row.id, row);
    this.changed.add(nameOf(key, sub));
    return row.id;
  }
  private at(entry: Entry): Row { return this.rows.get(entry) as Row; }
  private ofKey(key: readonly unknown[], after: Entry): Entry {
    const wanted = JSON.stringify(key);
    for (const row of this.rows.values()) if (row.id > after && JSON.stringify(row.key) === wanted) return row.id;
    return 0;
  }
  first(key: readonly unknown[]): Entry { return this.ofKey(key, 0); }
  next(entry: Entry): Entry { return this.ofKey(this.at(entry).key, entry); }
  readKey(entry: Entry, into: unknown[]): void { this.at(entry).key.forEach((v, i) => { into[i] = v; }); }
  readSubKey(entry: Entry, into: unknown[]): void { this.at(entry).sub.forEach((v, i) => { into[i] = v; }); }
  readValue(entry: Entry, into: unknown[]): void { this.at(entry).value.forEach((v, i) => { into[i] = v; }); }
  private touch(row: Row): void { this.changed.add(nameOf(row.key, row.sub)); }
  writeValue(entry: Entry, values: readonly unknown[]): void { const row = this.at(entry); row.value = this.spec.value.map((_, i) => values[i] ?? null); this.touch(row); }
  meta(entry: Entry, index: 0 | 1): number { return this.at(entry).meta[index]; }
  setMeta(entry: Entry, index: 0 | 1, value: number): void { const row = this.at(entry); row.meta[index] = value; this.touch(row); }
  remove(entry: Entry): void { const row = this.at(entry); this.touch(row); this.drop(nameOf(row.key, row.sub)); }
  entries(): Iterable<Entry> { return [...this.rows.keys()]; }
  takeCheckpoint(): StateBlock | undefined {
    const stored: Stored[] = [];
    if (this.isBaseDue) for (const row of this.rows.values()) stored.push([row.key, row.sub, row.value, row.meta]);
    else for (const name of this.changed) {
      const row = this.byName.get(name), [key, sub] = JSON.parse(name) as [unknown[], unknown[]];
      stored.push(row === undefined ? [key, sub, null, [0, 0]] : [row.key, row.sub, row.value, row.meta]);
    }
    const kind = this.isBaseDue ? 'base' : 'delta';
    this.isBaseDue = false;
    this.changed.clear();
    return stored.length === 0 ? undefined : { table: this.spec.name, kind, bytes: new Uint8Array(Buffer.from(JSON.stringify(stored))), entries: stored.length };
  }
}

export function fakeStateBackend(restored: RestoredState | undefined): OperatorStateBackend {
  const tables = new Map<string, FakeTable>();
  return {
    table(spec) {
      let table = tables.get(spec.name);
      if (table === undefined) tables.set(spec.name, table = new FakeTable(spec, restored?.tables.get(spec.name) ?? [], restored?.share));
      return table as unknown as StateTable;
    },
    takeCheckpoint: () => [...tables.values()].flatMap((table) => table.takeCheckpoint() ?? []),
    unclaimed: () => [...(restored?.tables.keys() ?? [])].filter((name) => !tables.has(name)),
    get bytes() { return [...tables.values()].reduce((sum, table) => sum + table.bytes, 0); },
    get entries() { return [...tables.values()].reduce((sum, table) => sum + table.size, 0); },
    close() { tables.clear(); },
  };
}
