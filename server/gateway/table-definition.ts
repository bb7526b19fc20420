/**
 * From the syntax of CREATE TABLE to a catalog object: columns, key, watermark, options, LIKE. Semantics: Flink "CREATE TABLE".
 */
import { duplicateColumn, invalidTableDefinition } from '../../core/errors/catalog.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import { quoted, type SourceRange } from '../../core/errors/define.ts';
import { columnNotFound } from '../../core/errors/planner.ts';
import { nearest } from '../../core/errors/define.ts';
import { notNull, type SqlType } from '../../core/types/sql-type.ts';
import type { ObjectPath, TableColumn, TableObject } from '../../catalog/objects/objects.ts';
import { resolveTypeNode } from '../../planner/bind/type-node.ts';
import type { OptionNode } from '../../planner/sql/ast.ts';
import type { ColumnElement, CreateTable, KeyConstraint, LikeOption, TableElement, TableLike } from '../../planner/sql/ast-statement.ts';
import { printExpression } from '../../planner/sql/print.ts';

/** What a statement's table consists of before names and keys are checked. */
interface Parts { columns: TableColumn[]; primaryKey: TableObject['primaryKey']; watermark: TableObject['watermark']; options: Map<string, string>; partitionKeys: readonly string[] | undefined }

/**
 * The table that a CREATE TABLE declares. `like` is the table of a LIKE clause. `extraColumns`: columns of AS SELECT, when the statement
 * declares none. Throws duplicate-column, column-not-found, invalid-table-definition.
 */
export function tableOfStatement(statement: CreateTable, path: ObjectPath, like: TableObject | undefined, extraColumns: readonly TableColumn[]): TableObject {
  const parts: Parts = like === undefined || statement.source?.kind !== 'like' ? { columns: [], primaryKey: undefined, watermark: undefined, options: new Map(), partitionKeys: undefined } : inherit(like, statement.source);
  if (parts.columns.length === 0) parts.columns.push(...extraColumns);
  addElements(parts, statement.elements ?? [], statement.source?.kind === 'like' ? statement.source : undefined);
  for (const o of statement.options ?? []) parts.options.set(o.key, o.value);
  if (statement.partitionedBy.length > 0) parts.partitionKeys = statement.partitionedBy.map((i) => i.value);
  return finish(parts, path, statement.temporary, statement.comment ?? like?.comment, statement.range);
}

/** Rebuilds an altered table and checks it like a new one. */
export function tableWith(table: TableObject, change: (parts: Parts) => void, range: SourceRange): TableObject {
  const parts: Parts = { columns: [...table.columns], primaryKey: table.primaryKey, watermark: table.watermark, options: new Map(table.options), partitionKeys: table.partitionKeys };
  change(parts);
  return finish(parts, table.path, table.temporary, table.comment, range);
}

/** Which LIKE strategy holds for a feature. Defaults: INCLUDING ALL, OVERWRITING OPTIONS. */
function strategy(options: readonly LikeOption[], feature: LikeOption['feature']): LikeOption['action'] {
  const own = options.find((o) => o.feature === feature)?.action, all = options.find((o) => o.feature === 'ALL')?.action;
  return own ?? all ?? (feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING');
}
function inherit(like: TableObject, clause: TableLike): Parts {
  const takes = (feature: LikeOption['feature']): boolean => strategy(clause.options, feature) !== 'EXCLUDING';
  return {
    columns: like.columns.filter((c) => (c.kind === 'physical' ? true : c.kind === 'computed' ? takes('GENERATED') : takes('METADATA'))),
    primaryKey: takes('CONSTRAINTS') ? like.primaryKey : undefined,
    watermark: takes('WATERMARKS') ? like.watermark : undefined,
    options: takes('OPTIONS') ? new Map(like.options) : new Map(),
    partitionKeys: takes('PARTITIONS') ? like.partitionKeys : undefined,
  };
}

/** Adds declared columns, keys and watermarks; with LIKE a column may overwrite an inherited generated or metadata column only. */
export function addElements(parts: Parts, elements: readonly TableElement[], like?: TableLike | undefined): void {
  const inherited = new Set(parts.columns.map((c) => c.name)), taken = new Set(inherited);
  for (const element of elements) {
    switch (element.kind) {
      case 'watermark':
        parts.watermark = { column: element.column.parts.map((p) => p.value).join('.'), expression: printExpression(element.expression) };
        break;
      case 'keyConstraint': setPrimaryKey(parts, element, element.columns.map((c) => c.value)); break;
      case 'columnName': throw featureNotSupported({ feature: 'a bare column name in CREATE TABLE' }, { range: element.range });
      default: {
        const column = columnOf(element);
        // A table may have ten thousand columns: most names are new.
        const at = taken.has(column.name) ? parts.columns.findIndex((c) => c.name === column.name) : -1;
        taken.add(column.name);
        if (at >= 0) {
          const old = parts.columns[at];
          const overwrites = like !== undefined && inherited.has(column.name) && old !== undefined && old.kind === column.kind && strategy(like.options, old.kind === 'computed' ? 'GENERATED' : 'METADATA') === 'OVERWRITING';
          if (!overwrites) throw duplicateColumn({ column: column.name }, { range: element.name.range });
          parts.columns[at] = column;
        } else insertColumn(parts.columns, column, element);
        if (element.kind === 'physicalColumn' && element.constraint !== undefined) setPrimaryKey(parts, element.constraint, [column.name]);
      }
    }
  }
}
/** Puts a column where FIRST or AFTER says, else at the end. */
export function insertColumn(columns: TableColumn[], column: TableColumn, element: ColumnElement): void {
  const position = element.position;
  if (position === undefined) { columns.push(column); return; }
  if (position.kind === 'first') { columns.unshift(column); return; }
  const at = columns.findIndex((c) => c.name === position.column.value);
  if (at < 0) throw columnNotFound({ column: position.column.value, near: nearest(position.column.value, columns.map((c) => c.name)) }, { range: position.column.range });
  columns.splice(at + 1, 0, column);
}
export function columnOf(element: ColumnElement): TableColumn {
  const name = element.name.value, comment = element.comment;
  switch (element.kind) {
    case 'physicalColumn': return { kind: 'physical', name, type: resolveTypeNode(element.type), comment };
    case 'metadataColumn': return { kind: 'metadata', name, type: resolveTypeNode(element.type), metadataKey: element.key ?? name, virtual: element.virtual, comment };
    case 'computedColumn': return { kind: 'computed', name, expression: printExpression(element.expression), comment };
  }
}
function setPrimaryKey(parts: Parts, constraint: KeyConstraint, columns: readonly string[]): void {
  if (constraint.type === 'UNIQUE') throw invalidTableDefinition({ what: 'UNIQUE constraint is not supported yet', hint: 'Use PRIMARY KEY … NOT ENFORCED.' }, { range: constraint.range });
  if (constraint.enforced !== false) throw invalidTableDefinition({ what: "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint", hint: 'Write PRIMARY KEY (…) NOT ENFORCED: the data belongs to Kafka or MySQL, so Rivulet cannot enforce it either.' }, { range: constraint.range });
  if (parts.primaryKey !== undefined) throw invalidTableDefinition({ what: 'a table can have only one PRIMARY KEY' }, { range: constraint.range });
  parts.primaryKey = { name: constraint.name?.value ?? `PK_${columns.join('_')}`, columns };
}
function finish(parts: Parts, path: ObjectPath, temporary: boolean, comment: string | undefined, range: SourceRange): TableObject {
  const names = parts.columns.map((c) => c.name);
  const known = (column: string): void => { if (!names.includes(column)) throw columnNotFound({ column, near: nearest(column, names) }, { range }); };
  for (const key of parts.primaryKey?.columns ?? []) {
    known(key);
    if (parts.columns.find((c) => c.name === key)?.kind === 'computed') throw invalidTableDefinition({ what: `PRIMARY KEY column ${quoted(key)} must not be a computed column` }, { range });
  }
  for (const key of parts.partitionKeys ?? []) known(key);
  if (parts.watermark !== undefined) known(parts.watermark.column.split('.')[0] ?? '');
  const keys = new Set(parts.primaryKey?.columns);
  const columns = parts.columns.map((c) => (c.kind === 'physical' && keys.has(c.name) ? { ...c, type: notNull(c.type) } : c));
  return { kind: 'table', path, temporary, columns, primaryKey: parts.primaryKey, watermark: parts.watermark, partitionKeys: parts.partitionKeys, options: parts.options, comment };
}
export const optionsMap = (options: readonly OptionNode[] | undefined): Map<string, string> => new Map((options ?? []).map((o) => [o.key, o.value]));
/** Physical columns for AS SELECT. */
export const columnsOfSchema = (schema: readonly { name: string; type: SqlType }[]): TableColumn[] => schema.map((c) => ({ kind: 'physical', name: c.name, type: c.type }));
