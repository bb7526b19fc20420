/**
 * The durable store of catalog records: small JSON values under text keys, each write synced to disk before it returns. One level
 * database in `<data-dir>/catalog`; level's own lock keeps a second server out. The whole content is read once, at start.
 */
import { Level } from 'level';
import { catalogStoreFailed, catalogStoreLocked } from '../../core/errors/catalog.ts';

export interface RecordStore {
  /** All records, by key order. */
  all(): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  /** One atomic, synced batch. `value` undefined deletes. */
  write(changes: readonly { readonly key: string; readonly value: unknown }[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the store. Throws `catalog-store-locked` when another process has it open, `catalog-store-failed` otherwise. */
export async function openRecordStore(folder: string): Promise<RecordStore> {
  const db = new Level<string, unknown>(folder, { valueEncoding: 'json' });
  try { await db.open(); } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'LEVEL_LOCKED') throw catalogStoreLocked({ folder }, { cause: error });
    throw catalogStoreFailed({ folder, why: cause instanceof Error ? cause.message : String(cause) }, { cause: error });
  }
  return {
    async all() {
      const records: { key: string; value: unknown }[] = [];
      for await (const [key, value] of db.iterator()) records.push({ key, value });
      return records;
    },
    async write(changes) {
      await db.batch(changes.map((c) => (c.value === undefined ? { type: 'del', key: c.key } : { type: 'put', key: c.key, value: c.value })), { sync: true });
    },
    close: () => db.close(),
  };
}
/** For tests and sessions without a data directory. */
export function memoryRecordStore(): RecordStore {
  const records = new Map<string, string>();
  return {
    all: () => Promise.resolve([...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value: JSON.parse(value) as unknown }))),
    write: (changes) => {
      for (const c of changes) if (c.value === undefined) records.delete(c.key); else records.set(c.key, JSON.stringify(c.value));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
