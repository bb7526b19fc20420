/**
 * Rivulet's own catalog (`generic_in_memory`, as Flink calls its built-in one), kept in memory and written through to the record
 * store. Keys on disk: `database/<catalog>/<db>` and `object/<catalog>/<db>/<name>` with each part URI-encoded.
 */
import { databaseNotEmpty, databaseNotFound, duplicateObject, tableNotFound } from '../../core/errors/catalog.ts';
import type { CatalogChange, RecordStore } from '../store/record-store.ts';
import type { Catalog, CatalogObject, ObjectPath } from './objects.ts';

type StoredObject = Omit<CatalogObject, 'options'> & { options?: [string, string][] };
const part = encodeURIComponent;

export class GenericCatalog implements Catalog {
  readonly type = 'generic_in_memory';
  readonly name: string;
  readonly defaultDatabase: string;
  readonly options: ReadonlyMap<string, string>;
  private readonly databases = new Map<string, Map<string, CatalogObject>>();
  private readonly store: RecordStore;
  constructor(name: string, options: ReadonlyMap<string, string>, store: RecordStore) {
    this.name = name;
    this.options = options;
    this.store = store;
    this.defaultDatabase = options.get('default-database') ?? (name === 'default_catalog' ? 'default_database' : 'default');
    this.databases.set(this.defaultDatabase, new Map());
  }
  /** Takes over one record read at start; records of other catalogs are ignored. */
  load(key: string, value: unknown): void {
    const [what, catalog, database, name] = key.split('/').map(decodeURIComponent);
    if (catalog !== this.name || database === undefined) return;
    const objects = this.databases.get(database) ?? new Map<string, CatalogObject>();
    this.databases.set(database, objects);
    if (what === 'object' && name !== undefined) objects.set(name, revive(value as StoredObject));
  }
  listDatabases(): Promise<readonly string[]> { return Promise.resolve([...this.databases.keys()].sort()); }
  async listTables(database: string): Promise<readonly string[]> { return Promise.resolve([...this.objectsOf(database).keys()].sort()); }
  async listViews(database: string): Promise<readonly string[]> {
    return Promise.resolve([...this.objectsOf(database).values()].filter((o) => o.kind === 'view').map((o) => o.path.name).sort());
  }
  getObject(database: string, name: string): Promise<CatalogObject | undefined> { return Promise.resolve(this.databases.get(database)?.get(name)); }

  async createDatabase(name: string, ignoreIfExists: boolean): Promise<void> {
    if (this.databases.has(name)) {
      if (ignoreIfExists) return;
      throw duplicateObject({ noun: 'database', name });
    }
    this.databases.set(name, new Map());
    await this.durably([{ key: `database/${part(this.name)}/${part(name)}`, value: {} }], () => { this.databases.delete(name); });
  }
  async dropDatabase(name: string, options: { ifExists: boolean; cascade: boolean }): Promise<void> {
    const objects = this.databases.get(name);
    if (objects === undefined) {
      if (options.ifExists) return;
      throw this.noDatabase(name);
    }
    if (objects.size > 0 && !options.cascade) throw databaseNotEmpty({ database: name, count: objects.size });
    this.databases.delete(name);
    await this.durably([{ key: `database/${part(this.name)}/${part(name)}`, value: undefined }, ...[...objects.values()].map((o) => ({ key: objectKey(o.path), value: undefined }))], () => { this.databases.set(name, objects); });
  }
  async createObject(object: CatalogObject, ignoreIfExists: boolean): Promise<void> {
    const objects = this.objectsOf(object.path.database);
    if (objects.has(object.path.name)) {
      if (ignoreIfExists) return;
      throw duplicateObject({ noun: object.kind, name: object.path.name });
    }
    objects.set(object.path.name, object);
    await this.durably([{ key: objectKey(object.path), value: stored(object) }], () => { objects.delete(object.path.name); });
  }
  async alterObject(object: CatalogObject): Promise<void> {
    const before = this.existing(object.path.database, object.path.name), objects = this.objectsOf(object.path.database);
    objects.set(object.path.name, object);
    await this.durably([{ key: objectKey(object.path), value: stored(object) }], () => { objects.set(object.path.name, before); });
  }
  async renameObject(path: ObjectPath, newName: string): Promise<void> {
    const object = this.existing(path.database, path.name), objects = this.objectsOf(path.database);
    if (objects.has(newName)) throw duplicateObject({ noun: object.kind, name: newName });
    const renamed: CatalogObject = { ...object, path: { ...path, name: newName } };
    objects.delete(path.name);
    objects.set(newName, renamed);
    await this.durably([{ key: objectKey(path), value: undefined }, { key: objectKey(renamed.path), value: stored(renamed) }], () => { objects.delete(newName); objects.set(path.name, object); });
  }
  async dropObject(database: string, name: string): Promise<void> {
    const object = this.existing(database, name), objects = this.objectsOf(database);
    objects.delete(name);
    await this.durably([{ key: objectKey(object.path), value: undefined }], () => { objects.set(name, object); });
  }
  close(): Promise<void> { return Promise.resolve(); }
  /** Names are taken before the disk answers, so that two statements cannot take one; a change that is not on the disk is taken back. */
  private async durably(changes: readonly CatalogChange[], takeBack: () => void): Promise<void> {
    try { await this.store.write(changes); } catch (error) {
      takeBack();
      throw error;
    }
  }

  private existing(database: string, name: string): CatalogObject {
    const object = this.objectsOf(database).get(name);
    if (object === undefined) throw tableNotFound({ table: name, where: `database "${database}"`, existing: [...this.objectsOf(database).keys()] });
    return object;
  }
  private objectsOf(database: string): Map<string, CatalogObject> {
    const objects = this.databases.get(database);
    if (objects === undefined) throw this.noDatabase(database);
    return objects;
  }
  private noDatabase(database: string): Error { return databaseNotFound({ catalog: this.name, database, existing: [...this.databases.keys()] }); }
}
const objectKey = (p: ObjectPath): string => `object/${part(p.catalog)}/${part(p.database)}/${part(p.name)}`;
const stored = (object: CatalogObject): unknown => (object.kind === 'table' ? { ...object, options: [...object.options] } : object);
const revive = (value: StoredObject): CatalogObject => (value.kind === 'table' ? { ...value, options: new Map(value.options) } : value) as CatalogObject;
