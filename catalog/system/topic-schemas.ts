/**
 * Schemas of tables that have to be sampled to be known (topics of a Kafka catalog), kept for a while so that clients which list all
 * columns of all tables again and again do not read every topic each time. One per server; failures are not kept.
 */
import type { SqlType } from '../../core/types/sql-type.ts';
import type { CatalogObject } from '../objects/objects.ts';

export interface DescribedObject { readonly object: CatalogObject; readonly columns: readonly { readonly name: string; readonly type: SqlType }[] }

const KEPT_MS = 60_000, KEPT_COUNT = 2_000;

export class TopicSchemas {
  private readonly known = new Map<string, { readonly described: DescribedObject; readonly atMs: number }>();
  private readonly now: () => number;
  constructor(now: () => number) { this.now = now; }
  get(catalog: string, database: string, name: string): DescribedObject | undefined {
    const found = this.known.get(JSON.stringify([catalog, database, name]));
    return found === undefined || this.now() - found.atMs > KEPT_MS ? undefined : found.described;
  }
  set(catalog: string, database: string, name: string, described: DescribedObject): void {
    const key = JSON.stringify([catalog, database, name]);
    this.known.delete(key);
    this.known.set(key, { described, atMs: this.now() });
    for (const oldest of this.known.keys()) { if (this.known.size <= KEPT_COUNT) break; this.known.delete(oldest); }
  }
}
