/**
 * The catalog as one statement sees it, in PostgreSQL's words: a PostgreSQL database is a catalog of ours, a schema is a database in the
 * current catalog, relations are its tables and views with the session's temporary ones in front. Read once per statement, each part
 * when it is first asked for, so that `\l` does not ask Kafka for its topics.
 *
 * Columns of tables whose schema must be sampled (topics) are not read while the snapshot is made. A statement that turns out to need
 * some says so by `demand`; the gateway then resolves them (a bounded number) and runs the statement again over a new snapshot.
 */
import type { SqlType } from '../../core/types/sql-type.ts';
import type { CatalogObject, TableColumn } from '../objects/objects.ts';
import type { SystemContext, SystemTable } from './contract.ts';
import { BTREE_OID, hashOid, namespaceOid, relationOid } from './oids.ts';
import { pgTypeOfSql } from './pg-types.ts';

export interface ColumnInfo {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly type: SqlType;
  readonly typeOid: number;
  readonly modifier: number;
  readonly notNull: boolean;
  /** What psql shows as the column's default: the expression of a computed column, `METADATA FROM …` of a metadata column. */
  readonly expression: string | null;
  readonly computed: boolean;
  /** False for computed and virtual metadata columns: INSERT cannot give them. */
  readonly writable: boolean;
  readonly comment: string | null;
}
export interface RelationInfo {
  readonly oid: number;
  readonly namespace: number;
  readonly schema: string;
  readonly name: string;
  /** r table, v view. */
  readonly kind: 'r' | 'v';
  readonly temporary: boolean;
  /** undefined while the schema is not known. */
  readonly object: CatalogObject | undefined;
  readonly columns: readonly ColumnInfo[] | undefined;
  readonly primaryKey: { readonly name: string; readonly oid: number; readonly indexOid: number; readonly columns: readonly number[] } | undefined;
}
export interface Namespace { readonly oid: number; readonly name: string }

/** More relations than these are not resolved for one statement. */
export const MAX_RESOLVED = 16;

export class Snapshot {
  readonly context: SystemContext;
  private namespaceList: Promise<readonly Namespace[]> | undefined;
  private relationList: Promise<readonly RelationInfo[]> | undefined;
  private readonly rowsOf = new Map<SystemTable, Promise<readonly (readonly unknown[])[]>>();
  /** Relations whose columns somebody wanted and that are not known. */
  readonly demanded = new Map<number, RelationInfo>();
  /** Known once `relations` has been awaited; for lookups while a query runs. */
  private loaded: readonly RelationInfo[] = [];
  private loadedNamespaces: readonly Namespace[] = [];
  private byOid: ReadonlyMap<number, RelationInfo> = new Map();
  /** The current catalog has to look outside to know a table's columns. */
  readonly isDear: boolean;
  constructor(context: SystemContext) {
    this.context = context;
    this.isDear = context.catalog.manager.get(context.currentCatalog).type !== 'generic_in_memory';
  }

  namespaces(): Promise<readonly Namespace[]> { return (this.namespaceList ??= this.readNamespaces()); }
  relations(): Promise<readonly RelationInfo[]> { return (this.relationList ??= this.readRelations()); }
  rows(table: SystemTable, make: () => Promise<readonly (readonly unknown[])[]>): Promise<readonly (readonly unknown[])[]> {
    let rows = this.rowsOf.get(table);
    if (rows === undefined) { rows = make(); this.rowsOf.set(table, rows); }
    return rows;
  }
  relation(oid: number): RelationInfo | undefined { return this.byOid.get(oid); }
  /** Names in the current database. */
  relationNames(): string[] { return this.loaded.filter((r) => r.schema === this.context.currentDatabase).map((r) => r.name); }
  /** The relation whose primary key has this constraint or index id. */
  keyOwner(oid: number): RelationInfo | undefined { return this.loaded.find((r) => r.primaryKey?.oid === oid || r.primaryKey?.indexOid === oid); }
  /** By schema, or in the current one. */
  find(schema: string | undefined, name: string): RelationInfo | undefined {
    const wanted = schema ?? this.context.currentDatabase;
    return this.loaded.find((r) => r.name === name && r.schema === wanted) ?? this.loaded.find((r) => r.schema === wanted && r.name.toLowerCase() === name.toLowerCase());
  }
  /** Notes that the columns of a relation were wanted: its oid or its name; undefined = those of every relation. */
  demand(key: unknown): void {
    for (const r of this.loaded) if (r.columns === undefined && (key === undefined || r.oid === key || r.name === key)) this.demanded.set(r.oid, r);
  }
  /** Reads what was demanded into the cache, at most MAX_RESOLVED relations. True when there is something new to see. */
  async resolveDemanded(): Promise<boolean> {
    const { currentCatalog, catalog, topicSchemas } = this.context;
    const found = await Promise.all([...this.demanded.values()].slice(0, MAX_RESOLVED).map(async (r) => {
      try {
        const object = await catalog.manager.get(currentCatalog).getObject(r.schema, r.name);
        if (object === undefined) return false;
        topicSchemas.set(currentCatalog, r.schema, r.name, { object, columns: await columnsOf(this.context, object) });
        return true;
      } catch { return false; } // an empty topic has no schema: it stays without columns
    }));
    return found.includes(true);
  }

  /** Once `namespaces` has been awaited. */
  namespaceName(oid: number): string | undefined { return this.loadedNamespaces.find((n) => n.oid === oid)?.name; }

  private async readNamespaces(): Promise<readonly Namespace[]> {
    const { currentCatalog, catalog } = this.context;
    this.loadedNamespaces = (await catalog.manager.get(currentCatalog).listDatabases()).map((name) => ({ name, oid: namespaceOid(currentCatalog, name) }));
    return this.loadedNamespaces;
  }
  private async readRelations(): Promise<readonly RelationInfo[]> {
    const { currentCatalog, catalog, topicSchemas } = this.context, source = catalog.manager.get(currentCatalog);
    const isCheap = !this.isDear, result: RelationInfo[] = [];
    for (const namespace of await this.namespaces()) {
      const views = new Set(await source.listViews(namespace.name));
      for (const name of await catalog.tableNames(currentCatalog, namespace.name)) {
        const temporary = catalog.temporaryObject({ catalog: currentCatalog, database: namespace.name, name });
        const object = temporary ?? (isCheap ? await source.getObject(namespace.name, name) : undefined);
        const described = object === undefined ? topicSchemas.get(currentCatalog, namespace.name, name) : { object, columns: await columnsOf(this.context, object) };
        const oid = relationOid(currentCatalog, namespace.name, name, temporary !== undefined);
        const kind = described === undefined ? (views.has(name) ? 'v' : 'r') : described.object.kind === 'view' ? 'v' : 'r';
        const columns = described?.columns.map((c, i) => columnInfo(c, i + 1, described.object));
        result.push({ oid, namespace: namespace.oid, schema: namespace.name, name, kind, temporary: temporary !== undefined, object: described?.object, columns, primaryKey: primaryKeyOf(oid, described?.object, columns) });
      }
    }
    this.loaded = result;
    this.byOid = new Map(result.map((r) => [r.oid, r]));
    return result;
  }
}
const snapshots = new WeakMap<SystemContext, Snapshot>();
/** The one snapshot of a statement's context. */
export function snapshotOf(context: SystemContext): Snapshot {
  let snapshot = snapshots.get(context);
  if (snapshot === undefined) { snapshot = new Snapshot(context); snapshots.set(context, snapshot); }
  return snapshot;
}

async function columnsOf(context: SystemContext, object: CatalogObject): Promise<readonly { name: string; type: SqlType }[]> {
  if (object.kind === 'view') return object.columns;
  try { return await context.schemaOf(object); } catch { return object.columns.flatMap((c) => (c.kind === 'computed' ? [] : [{ name: c.name, type: c.type }])); }
}
function columnInfo(column: { name: string; type: SqlType }, number: number, object: CatalogObject): ColumnInfo {
  const declared = object.kind === 'table' ? object.columns.find((c) => c.name === column.name) : undefined, { oid, modifier } = pgTypeOfSql(column.type);
  return {
    name: column.name, number, type: column.type, typeOid: oid, modifier, notNull: !column.type.nullable, expression: expressionOf(declared), computed: declared?.kind === 'computed',
    writable: declared !== undefined && (declared.kind === 'physical' || (declared.kind === 'metadata' && !declared.virtual)), comment: declared?.comment ?? null,
  };
}
function expressionOf(declared: TableColumn | undefined): string | null {
  switch (declared?.kind) {
    case 'computed': return declared.expression;
    case 'metadata': return `METADATA FROM '${declared.metadataKey.replaceAll("'", "''")}'${declared.virtual ? ' VIRTUAL' : ''}`;
    default: return null;
  }
}
function primaryKeyOf(oid: number, object: CatalogObject | undefined, columns: readonly ColumnInfo[] | undefined): RelationInfo['primaryKey'] {
  const key = object?.kind === 'table' ? object.primaryKey : undefined;
  if (key === undefined || columns === undefined) return undefined;
  return { name: key.name, oid: hashOid('constraint', oid), indexOid: hashOid('index', oid, BTREE_OID), columns: key.columns.map((name) => columns.find((c) => c.name === name)?.number ?? 0) };
}
