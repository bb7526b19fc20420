/** DDL text of catalog objects, as Flink's SHOW CREATE prints it. Secrets are masked. */
import { typeText } from '../../core/types/sql-type.ts';
import { maskOption } from '../../catalog/options/secrets.ts';
import { maskStatement } from '../../planner/sql/mask.ts';
import { pathText, type Catalog, type CatalogObject, type TableColumn, type TableObject, type ViewObject } from '../../catalog/objects/objects.ts';

const id = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

export function showCreateTable(table: TableObject): string {
  const lines = table.columns.map(columnLine);
  if (table.watermark !== undefined) lines.push(`WATERMARK FOR ${table.watermark.column.split('.').map(id).join('.')} AS ${table.watermark.expression}`);
  if (table.primaryKey !== undefined) lines.push(`CONSTRAINT ${id(table.primaryKey.name)} PRIMARY KEY (${table.primaryKey.columns.map(id).join(', ')}) NOT ENFORCED`);
  const comment = table.comment === undefined || table.comment === '' ? '' : `\nCOMMENT ${text(table.comment)}`;
  const partitions = table.partitionKeys === undefined || table.partitionKeys.length === 0 ? '' : `\nPARTITIONED BY (${table.partitionKeys.map(id).join(', ')})`;
  return `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${pathText(table.path)} (\n${lines.map((l) => `  ${l}`).join(',\n')}\n)${comment}${partitions}${withClause(table.options)}`;
}
function columnLine(c: TableColumn): string {
  const comment = c.comment === undefined ? '' : ` COMMENT ${text(c.comment)}`;
  switch (c.kind) {
    case 'physical': return `${id(c.name)} ${ddlType(c)}${comment}`;
    case 'metadata': return `${id(c.name)} ${ddlType(c)} METADATA${c.metadataKey === c.name ? '' : ` FROM ${text(c.metadataKey)}`}${c.virtual ? ' VIRTUAL' : ''}${comment}`;
    case 'computed': return `${id(c.name)} AS ${c.expression}${comment}`;
  }
}
const ddlType = (c: Extract<TableColumn, { kind: 'physical' | 'metadata' }>): string => typeText(c.type, true).replace('VARCHAR(2147483647)', 'STRING');
const withClause = (options: ReadonlyMap<string, string>): string => (options.size === 0 ? '' : `\nWITH (\n${[...options].map(([k, v]) => `  ${text(k)} = ${text(maskOption(k, v))}`).join(',\n')}\n)`);

export function showCreateView(view: ViewObject): string {
  return `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${pathText(view.path)} (\n${view.columns.map((c) => `  ${id(c.name)}`).join(',\n')}\n)\nAS ${maskStatement(view.query)}`;
}
export const showCreateCatalog = (catalog: Catalog): string => `CREATE CATALOG ${id(catalog.name)}${withClause(catalog.options)}`;
export const kindOf = (object: CatalogObject): string => (object.kind === 'view' ? 'view' : 'table');
