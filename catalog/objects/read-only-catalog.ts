/** What all catalogs of outside systems have in common: they show what is there, and refuse every statement that would change it. */
import { catalogReadOnly } from '../../core/errors/catalog.ts';
import type { Catalog, CatalogObject } from './objects.ts';

export abstract class ReadOnlyCatalog implements Catalog {
  abstract readonly type: string;
  abstract readonly defaultDatabase: string;
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
  constructor(name: string, options: ReadonlyMap<string, string>) {
    this.name = name;
    this.options = options;
  }
  abstract listDatabases(): Promise<readonly string[]>;
  abstract listTables(database: string): Promise<readonly string[]>;
  abstract listViews(database: string): Promise<readonly string[]>;
  abstract getObject(database: string, name: string): Promise<CatalogObject | undefined>;
  abstract close(): Promise<void>;

  createDatabase(): Promise<void> { return this.refuse('CREATE DATABASE'); }
  dropDatabase(): Promise<void> { return this.refuse('DROP DATABASE'); }
  createObject(object: CatalogObject): Promise<void> { return this.refuse(`CREATE ${object.kind.toUpperCase()}`); }
  alterObject(object: CatalogObject): Promise<void> { return this.refuse(`ALTER ${object.kind.toUpperCase()}`); }
  renameObject(): Promise<void> { return this.refuse('ALTER TABLE … RENAME'); }
  dropObject(): Promise<void> { return this.refuse('DROP TABLE'); }
  private refuse(action: string): Promise<never> { return Promise.reject(catalogReadOnly({ catalog: this.name, type: this.type, action })); }
}
