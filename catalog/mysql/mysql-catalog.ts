/**
 * The MySQL catalog: databases and tables of a server as they are, read when they are asked for. A table is of connector `mysql`: its
 * changes as a stream, its rows in a query that ends, lookup table and sink. Source: Alibaba Cloud "Manage MySQL catalogs". Read-only.
 *
 * A name that is no table may be a regular expression, for database, table or both: tables of like columns are then one table with
 * `_db_name` and `_table_name` in front of its key. Speaks to MySQL only through `MySqlCatalogPort`.
 */
import { RE2JS } from 're2js';
import { databaseNotFound, invalidTableDefinition, missingOption, unsupportedOption } from '../../core/errors/catalog.ts';
import { sameType } from '../../core/types/coercion.ts';
import { STRING, notNull, timestampLtz, typeText, type SqlType } from '../../core/types/sql-type.ts';
import type { CatalogObject, TableColumn, TableObject } from '../objects/objects.ts';
import { ReadOnlyCatalog } from '../objects/read-only-catalog.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger, parseList } from '../options/options.ts';
import { hasReferences } from '../secrets/references.ts';
import { noReferences, type OptionReferences } from '../secrets/resolver.ts';
import { exactName, hasPatternSigns } from './exact-name.ts';
import { mysqlCatalogOptions } from './options.ts';

export interface CatalogTable {
  readonly columns: readonly { readonly name: string; readonly type: SqlType; readonly comment: string }[];
  /** Empty = none; always for views. */
  readonly primaryKey: readonly string[];
  readonly comment: string;
}
/** What the catalog asks of a server. Calls fail with RivuletErrors of the MySQL connection. */
export interface MySqlCatalogPort {
  /** Sorted; without the server's own. */
  listDatabases(): Promise<readonly string[]>;
  /** Base tables and views, sorted. */
  listTables(database: string): Promise<readonly string[]>;
  /** undefined when there is no such table. Rejects with mysql-type-unsupported. */
  table(database: string, name: string): Promise<CatalogTable | undefined>;
  close(): Promise<void>;
}
export interface MySqlCatalogPlace { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly connectTimeoutMs: number; readonly tinyint1AsBoolean: boolean; readonly properties: ReadonlyMap<string, string> }
/** `place`: as it is now; asked for before each connection, and may throw. */
export type OpenMySqlPort = (place: () => MySqlCatalogPlace) => MySqlCatalogPort;

const METADATA: ReadonlyMap<string, SqlType> = new Map([['op_ts', notNull(timestampLtz(3))], ['table_name', notNull(STRING)], ['database_name', notNull(STRING)], ['row_kind', notNull(STRING)]]);
/** Options that tables take over from their catalog. */
const PASSED_ON = ['hostname', 'port', 'username', 'password', 'server-time-zone', 'server-id', 'connect.timeout'];
/** Tables that one pattern may stand for. */
const MOST_MATCHES = 10_000;

interface Settings { readonly database: string; readonly metadata: readonly string[] }
const textOf = (options: ReadonlyMap<string, string>, key: string): string => options.get(key) ?? mysqlCatalogOptions.find((o) => o.key === key)?.default ?? '';
function readSettings(options: ReadonlyMap<string, string>): Settings {
  const of = 'catalog type "mysql"';
  for (const key of options.keys()) {
    if (!mysqlCatalogOptions.some((o) => o.key === key || (o.key.endsWith('*') && key.startsWith(o.key.slice(0, -1))))) throw unsupportedOption({ option: key, of, supported: mysqlCatalogOptions.map((o) => o.key) });
  }
  for (const o of mysqlCatalogOptions) if (o.required === true && !options.has(o.key)) throw missingOption({ option: o.key, of });
  const metadata = parseList(textOf(options, 'catalog.table.metadata-columns'));
  for (const key of metadata) if (!METADATA.has(key)) throw invalidTableDefinition({ what: `option "catalog.table.metadata-columns" names "${key}"`, hint: `There are ${[...METADATA.keys()].join(', ')}.` });
  return { database: textOf(options, 'default-database'), metadata };
}
function readPlace(options: ReadonlyMap<string, string>): MySqlCatalogPlace {
  const text = (key: string): string => textOf(options, key), version = parseEnum('property-version', text('property-version'), ['0', '1']);
  return {
    host: text('hostname'), port: parseInteger('port', text('port'), 1, 65_535), user: text('username'), password: text('password'), connectTimeoutMs: parseDuration('connect.timeout', text('connect.timeout')),
    tinyint1AsBoolean: parseBoolean('catalog.table.treat-tinyint1-as-boolean', options.get('catalog.table.treat-tinyint1-as-boolean') ?? String(version === '0')),
    properties: new Map([...options].filter(([k]) => k.startsWith('jdbc.properties.')).map(([k, v]) => [k.slice('jdbc.properties.'.length).toLowerCase(), v])),
  };
}

export class MySqlCatalog extends ReadOnlyCatalog {
  readonly type = 'mysql';
  readonly defaultDatabase: string;
  private readonly settings: Settings;
  private readonly port: MySqlCatalogPort;
  /** Throws when an option is missing, unknown or wrong; does not connect. What says where the server is may be references, which are not looked at here. */
  constructor(name: string, options: ReadonlyMap<string, string>, open: OpenMySqlPort, references: OptionReferences = noReferences) {
    super(name, options);
    this.settings = readSettings(options);
    this.defaultDatabase = this.settings.database;
    if (!hasReferences(options)) readPlace(options);
    this.port = open(() => readPlace(references.resolve(options)));
  }
  listDatabases(): Promise<readonly string[]> { return this.port.listDatabases(); }
  async listTables(database: string): Promise<readonly string[]> {
    const tables = await this.port.listTables(database);
    if (tables.length > 0) return tables;
    const existing = await this.port.listDatabases();
    if (!existing.includes(database)) throw databaseNotFound({ catalog: this.name, database, existing });
    return tables;
  }
  /** Views of MySQL are tables here: what they are made of is MySQL's affair. */
  listViews(): Promise<readonly string[]> { return Promise.resolve([]); }

  async getObject(database: string, name: string): Promise<CatalogObject | undefined> {
    const table = await this.port.table(database, name);
    if (table !== undefined) return this.tableOf(database, name, table, []);
    return hasPatternSigns(database) || hasPatternSigns(name) ? this.patternTable(database, name) : undefined;
  }
  private tableOf(database: string, name: string, table: CatalogTable, extra: readonly TableColumn[]): TableObject {
    const columns: TableColumn[] = [...extra, ...table.columns.map((c): TableColumn => ({ kind: 'physical', name: c.name, type: table.primaryKey.includes(c.name) ? notNull(c.type) : c.type, ...(c.comment === '' ? {} : { comment: c.comment }) }))];
    for (const key of this.settings.metadata) if (!columns.some((c) => c.name === key)) columns.push({ kind: 'metadata', name: key, type: METADATA.get(key) ?? STRING, metadataKey: key, virtual: true });
    const options = new Map<string, string>([['connector', 'mysql']]);
    for (const key of PASSED_ON) { const value = this.options.get(key); if (value !== undefined) options.set(key, value); }
    for (const [key, value] of this.options) if (key.startsWith('jdbc.properties.')) options.set(key, value);
    const isPattern = extra.length > 0;
    options.set('database-name', isPattern ? database : exactName(database));
    options.set('table-name', isPattern ? name : exactName(name));
    const key = table.primaryKey.length === 0 ? [] : [...extra.map((c) => c.name), ...table.primaryKey];
    return {
      kind: 'table', path: { catalog: this.name, database, name }, temporary: false, columns, options, ...(table.comment === '' ? {} : { comment: table.comment }),
      ...(key.length === 0 ? {} : { primaryKey: { name: `PK_${key.join('_')}`, columns: key } }),
    };
  }
  private async patternTable(database: string, name: string): Promise<TableObject | undefined> {
    let databases: RE2JS, tables: RE2JS;
    try { databases = RE2JS.compile(database); tables = RE2JS.compile(name); } catch { return undefined; }
    let first: CatalogTable | undefined, firstName = '', matches = 0;
    for (const db of (await this.port.listDatabases()).filter((d) => databases.matches(d))) {
      for (const t of (await this.port.listTables(db)).filter((candidate) => tables.matches(candidate))) {
        const table = await this.port.table(db, t);
        if (table === undefined) continue;
        if (++matches > MOST_MATCHES) throw invalidTableDefinition({ what: `more than ${MOST_MATCHES} tables match "${database}"."${name}"` });
        if (first === undefined) { first = table; firstName = `${db}.${t}`; } else requireLike(firstName, first, `${db}.${t}`, table);
      }
    }
    if (first === undefined) return undefined;
    const virtual = (column: string, key: string): TableColumn => ({ kind: 'metadata', name: column, type: notNull(STRING), metadataKey: key, virtual: true });
    return this.tableOf(database, name, first, [virtual('_db_name', 'database_name'), virtual('_table_name', 'table_name')]);
  }

  close(): Promise<void> { return this.port.close(); }
}
/** Tables under one pattern have the same columns and key. */
function requireLike(firstName: string, first: CatalogTable, name: string, table: CatalogTable): void {
  const fail = (what: string): never => { throw invalidTableDefinition({ what: `tables "${firstName}" and "${name}" match one name but differ: ${what}`, hint: 'Name them by patterns of their own, or declare a mysql-cdc table with the columns they share.' }); };
  for (const c of first.columns) {
    const other = table.columns.find((o) => o.name === c.name);
    if (other === undefined) fail(`"${c.name}" is missing in the second`);
    else if (!sameType(other.type, c.type)) fail(`"${c.name}" is ${typeText(c.type)} and ${typeText(other.type)}`);
  }
  if (table.columns.length !== first.columns.length) fail('the second has more columns');
  if (JSON.stringify(table.primaryKey) !== JSON.stringify(first.primaryKey)) fail('their primary keys');
}
