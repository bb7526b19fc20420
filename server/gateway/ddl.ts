/** CREATE, ALTER, DROP and USE: what changes catalogs. Each gives the PG command tag. */
import { MAX_COLUMNS } from '../../planner/sql/limits.ts';
import { catalogReadOnly, invalidTableDefinition, tableNotFound, wrongObjectKind } from '../../core/errors/catalog.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import { nearest, quoted } from '../../core/errors/define.ts';
import { columnNotFound, tooManyColumns } from '../../core/errors/planner.ts';
import type { SessionCatalog } from '../../catalog/objects/manager.ts';
import { pathSummary, type CatalogObject, type TableObject } from '../../catalog/objects/objects.ts';
import type { QualifiedName } from '../../planner/sql/ast.ts';
import type { AlterCatalog, AlterTable, AlterTableAction, AlterView, CreateCatalog, CreateDatabase, CreateTable, CreateView, Drop } from '../../planner/sql/ast-statement.ts';
import { addElements, columnOf, columnsOfSchema, insertColumn, optionsMap, tableOfStatement, tableWith } from './table-definition.ts';
import type { ResultColumn } from './contract.ts';

export const partsOf = (name: QualifiedName): string[] => name.parts.map((p) => p.value);

export async function createCatalog(catalog: SessionCatalog, s: CreateCatalog): Promise<string> {
  await catalog.manager.create(s.name.value, optionsMap(s.options), s.ifNotExists);
  return 'CREATE CATALOG';
}
export async function alterCatalog(catalog: SessionCatalog, s: AlterCatalog): Promise<string> {
  const { action } = s, options = new Map(catalog.manager.get(s.name.value).options);
  if (action.kind === 'comment') throw featureNotSupported({ feature: 'ALTER CATALOG … COMMENT' }, { range: action.range });
  if (action.kind === 'setOptions') for (const o of action.options) options.set(o.key, o.value);
  else for (const o of action.keys) options.delete(o.key);
  await catalog.manager.alter(s.name.value, options);
  return 'ALTER CATALOG';
}
export async function createDatabase(catalog: SessionCatalog, s: CreateDatabase): Promise<string> {
  if (s.source !== undefined) throw featureNotSupported({ feature: 'CREATE DATABASE … AS DATABASE (CDAS)', instead: 'Use one INSERT per table in a statement set.' }, { range: s.range });
  const parts = partsOf(s.name);
  const target = catalog.manager.get(parts.length > 1 ? parts[0] ?? '' : catalog.currentCatalog);
  await target.createDatabase(parts.at(-1) ?? '', s.ifNotExists);
  return 'CREATE DATABASE';
}

/** `schema`: the columns of AS SELECT, if the statement has it. Gives the table made, or undefined when it existed (IF NOT EXISTS). */
export async function createTable(catalog: SessionCatalog, s: CreateTable, schema: readonly ResultColumn[]): Promise<TableObject | undefined> {
  if (s.distribution !== undefined) throw featureNotSupported({ feature: 'DISTRIBUTED BY' }, { range: s.distribution.range });
  const path = catalog.path(partsOf(s.name));
  let like: TableObject | undefined;
  if (s.source?.kind === 'like') {
    const object = await catalog.resolve(partsOf(s.source.table));
    if (object.kind !== 'table') throw wrongObjectKind({ name: pathSummary(object.path), is: 'view', wanted: 'table' }, { range: s.source.table.range });
    like = object;
  }
  const declared = (s.elements?.length ?? 0) + schema.length;
  if (declared > MAX_COLUMNS) throw tooManyColumns({ what: `table ${quoted(path.name)}`, columns: declared, max: MAX_COLUMNS }, { range: s.range });
  const table = tableOfStatement(s, path, like, columnsOfSchema(schema));
  catalog.manager.checkReferences(table.options);
  if (table.columns.length === 0) throw invalidTableDefinition({ what: `table ${quoted(path.name)} has no columns`, hint: 'Declare at least one column, or use LIKE or AS SELECT.' }, { range: s.range });
  const exists = s.temporary ? catalog.temporaryObject(path) : await catalog.find(partsOf(s.name));
  if (exists !== undefined && s.ifNotExists) return undefined;
  if (s.form !== 'CREATE' && exists !== undefined) await replace(catalog, table);
  else await create(catalog, table);
  return table;
}
async function create(catalog: SessionCatalog, object: CatalogObject): Promise<void> {
  if (object.temporary) { catalog.manager.get(object.path.catalog); catalog.createTemporary(object, false); }
  else await catalog.manager.get(object.path.catalog).createObject(object, false);
}
async function replace(catalog: SessionCatalog, object: CatalogObject): Promise<void> {
  if (object.temporary) catalog.replaceTemporary(object);
  else await catalog.manager.get(object.path.catalog).alterObject(object);
}

/** `schema` and `query`: the bound columns and the text of the view's query. */
export async function createView(catalog: SessionCatalog, s: CreateView, schema: readonly ResultColumn[], query: string): Promise<string> {
  if (s.columns.length > 0 && s.columns.length !== schema.length) throw invalidTableDefinition({ what: `view ${quoted(s.name.parts.at(-1)?.value ?? '')} names ${s.columns.length} columns but its query gives ${schema.length}` }, { range: s.name.range });
  const path = catalog.path(partsOf(s.name));
  const view: CatalogObject = {
    kind: 'view', path, temporary: s.temporary, query, context: { catalog: catalog.currentCatalog, database: catalog.currentDatabase }, comment: s.comment,
    columns: schema.map((c, i) => ({ name: s.columns[i]?.value ?? c.name, type: c.type })),
  };
  const exists = s.temporary ? catalog.temporaryObject(path) : await catalog.find(partsOf(s.name));
  if (exists !== undefined && s.ifNotExists) return 'CREATE VIEW';
  if (exists !== undefined && s.orReplace) {
    if (exists.kind !== 'view') throw wrongObjectKind({ name: path.name, is: 'table', wanted: 'view' }, { range: s.name.range });
    await replace(catalog, view);
  } else await create(catalog, view);
  return 'CREATE VIEW';
}

export async function drop(catalog: SessionCatalog, s: Drop): Promise<string> {
  const parts = partsOf(s.name), last = parts.at(-1) ?? '';
  switch (s.target) {
    case 'CATALOG': await catalog.manager.drop(last, s.ifExists); leaveIfCurrent(catalog, last); break;
    case 'DATABASE': {
      const target = catalog.manager.get(parts.length > 1 ? parts[0] ?? '' : catalog.currentCatalog);
      await target.dropDatabase(last, { ifExists: s.ifExists, cascade: s.behavior === 'CASCADE' });
      break;
    }
    case 'TABLE': case 'VIEW': await dropObject(catalog, s, parts); break;
    default: throw featureNotSupported({ feature: `DROP ${s.temporary ? 'TEMPORARY ' : ''}${s.target}` }, { range: s.range });
  }
  return `DROP ${s.target}`;
}
function leaveIfCurrent(catalog: SessionCatalog, dropped: string): void { if (catalog.currentCatalog === dropped) catalog.useCatalog('default_catalog'); }
async function dropObject(catalog: SessionCatalog, s: Drop, parts: readonly string[]): Promise<void> {
  const path = catalog.path(parts), wanted = s.target === 'VIEW' ? 'view' : 'table';
  const temporary = catalog.temporaryObject(path);
  const object = s.temporary ? temporary : await (catalog.manager.has(path.catalog) || !s.ifExists ? catalog.manager.get(path.catalog).getObject(path.database, path.name) : undefined);
  if (object === undefined) {
    if (s.ifExists && (temporary === undefined || s.temporary)) return;
    if (temporary !== undefined && !s.temporary) throw wrongObjectKind({ name: path.name, is: `temporary ${temporary.kind}`, wanted: `permanent ${wanted}`, instead: `Use DROP TEMPORARY ${s.target}.` }, { range: s.name.range });
    throw tableNotFound({ table: path.name, where: `${quoted(path.catalog)}.${quoted(path.database)}`, noun: wanted, existing: await catalog.tableNames(path.catalog, path.database).catch(() => []) }, { range: s.name.range });
  }
  if (object.kind !== wanted) throw wrongObjectKind({ name: path.name, is: object.kind, wanted, instead: `Use DROP ${object.kind.toUpperCase()}.` }, { range: s.name.range });
  if (s.temporary) catalog.dropTemporary(path);
  else await catalog.manager.get(path.catalog).dropObject(path.database, path.name);
}

export async function alterView(catalog: SessionCatalog, s: AlterView, rebind: (query: string) => Promise<readonly ResultColumn[]>, queryText: (range: { start: number; end: number }) => string): Promise<string> {
  const view = await altered(catalog, s.name, 'view', s.ifExists);
  if (view === undefined || view.kind !== 'view') return 'ALTER VIEW';
  switch (s.action.kind) {
    case 'rename': await rename(catalog, view, partsOf(s.action.to)); break;
    case 'asQuery': {
      const query = queryText(s.action.query.range);
      await replace(catalog, { ...view, query, columns: (await rebind(query)).map((c) => ({ name: c.name, type: c.type })), context: { catalog: catalog.currentCatalog, database: catalog.currentDatabase } });
      break;
    }
    default: throw featureNotSupported({ feature: 'ALTER VIEW … SET' }, { range: s.range });
  }
  return 'ALTER VIEW';
}
export async function alterTable(catalog: SessionCatalog, s: AlterTable): Promise<string> {
  const table = await altered(catalog, s.name, 'table', s.ifExists);
  if (table === undefined || table.kind !== 'table') return 'ALTER TABLE';
  if (s.action.kind === 'rename') await rename(catalog, table, partsOf(s.action.to));
  else {
    const { action } = s, altered = tableWith(table, (parts) => applyAction(parts, action), s.range);
    catalog.manager.checkReferences(altered.options);
    await replace(catalog, altered);
  }
  return 'ALTER TABLE';
}
async function altered(catalog: SessionCatalog, name: QualifiedName, wanted: 'table' | 'view', ifExists: boolean): Promise<CatalogObject | undefined> {
  const parts = partsOf(name);
  if (ifExists && (await catalog.find(parts)) === undefined) return undefined;
  const object = await catalog.resolve(parts);
  if (object.kind !== wanted) throw wrongObjectKind({ name: object.path.name, is: object.kind, wanted, instead: `Use ALTER ${object.kind.toUpperCase()}.` }, { range: name.range });
  return object;
}
async function rename(catalog: SessionCatalog, object: CatalogObject, to: readonly string[]): Promise<void> {
  const target = catalog.path(to.length === 1 ? [object.path.catalog, object.path.database, to[0] ?? ''] : to);
  if (target.catalog !== object.path.catalog || target.database !== object.path.database) throw featureNotSupported({ feature: 'moving a table to another database by RENAME' });
  if (object.temporary) {
    catalog.createTemporary({ ...object, path: target }, false);
    catalog.dropTemporary(object.path);
  } else await catalog.manager.get(object.path.catalog).renameObject(object.path, target.name);
}
type MutableTable = Parameters<Parameters<typeof tableWith>[1]>[0];
function applyAction(parts: MutableTable, action: AlterTableAction): void {
  const at = (column: string): number => {
    const index = parts.columns.findIndex((c) => c.name === column);
    if (index < 0) throw columnNotFound({ column, near: nearest(column, parts.columns.map((c) => c.name)) }, { range: action.range });
    return index;
  };
  switch (action.kind) {
    case 'setOptions': for (const o of action.options) parts.options.set(o.key, o.value); return;
    case 'resetOptions': for (const o of action.keys) parts.options.delete(o.key); return;
    case 'renameColumn': {
      const index = at(action.from.parts.at(-1)?.value ?? ''), old = parts.columns[index];
      if (old === undefined) return;
      parts.columns[index] = { ...old, name: action.to.value };
      if (parts.primaryKey !== undefined) parts.primaryKey = { ...parts.primaryKey, columns: parts.primaryKey.columns.map((c) => (c === old.name ? action.to.value : c)) };
      return;
    }
    case 'addElements': addElements(parts, action.elements); return;
    case 'modifyElements':
      for (const e of action.elements) {
        if (e.kind === 'watermark' || e.kind === 'keyConstraint') { if (e.kind === 'keyConstraint') parts.primaryKey = undefined; addElements(parts, [e]); continue; }
        if (e.kind === 'columnName') continue;
        const index = at(e.name.value);
        if (e.position === undefined) parts.columns[index] = columnOf(e);
        else { parts.columns.splice(index, 1); insertColumn(parts.columns, columnOf(e), e); }
      }
      return;
    case 'dropColumns':
      for (const c of action.columns) {
        const name = c.parts.at(-1)?.value ?? '';
        if (parts.primaryKey?.columns.includes(name) === true) throw invalidTableDefinition({ what: `column ${quoted(name)} is part of the primary key`, hint: 'Drop the primary key first.' }, { range: c.range });
        parts.columns.splice(at(name), 1);
      }
      return;
    case 'dropPrimaryKey': case 'dropConstraint': parts.primaryKey = undefined; return;
    case 'dropWatermark': parts.watermark = undefined; return;
    case 'rename': return;
    default: throw featureNotSupported({ feature: 'this form of ALTER TABLE' }, { range: action.range });
  }
}
/** Throws when a catalog cannot hold new tables; used before a CTAS starts its job. */
export function requireWritable(catalog: SessionCatalog, name: string): void {
  const target = catalog.manager.get(name);
  if (target.type !== 'generic_in_memory') throw catalogReadOnly({ catalog: name, type: target.type, action: 'CREATE TABLE' });
}
