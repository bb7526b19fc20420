/** Options of a table for its connector: unknown ones refused with the nearest names, formats found and their options split off. */
import type { Connector, DescribeContext, FormatDescriptor, Json } from '../../catalog/registry/connectors.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';
import { pathSummary } from '../../catalog/objects/objects.ts';
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { missingTableOption, unknownFormat, unsupportedTableOptions } from '../../core/errors/connector.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

/** A format of a table in its role, with the option prefix it has there (`json.`, `value.json.`). */
export interface TableFormat { readonly descriptor: FormatDescriptor; readonly prefix: string; readonly role: 'key' | 'value' }

/** The format named by an option; undefined when the option is absent. Throws unknown-format. */
export function formatOf(table: TableObject, context: DescribeContext, key: 'format' | 'key.format' | 'value.format'): TableFormat | undefined {
  const identifier = table.options.get(key);
  if (identifier === undefined) return undefined;
  const descriptor = context.formats.get(identifier);
  if (descriptor === undefined) throw unknownFormat({ option: key, identifier, known: context.formats.identifiers() });
  return { descriptor, prefix: `${key.slice(0, -'format'.length)}${identifier}.`, role: key === 'key.format' ? 'key' : 'value' };
}
/** Options of a table that belong to one of its formats, without the prefix. */
export function formatOptions(table: TableObject, format: TableFormat): Map<string, string> {
  return new Map([...table.options].filter(([k]) => k.startsWith(format.prefix)).map(([k, v]) => [k.slice(format.prefix.length), v]));
}
export function describeFormat(table: TableObject, format: TableFormat, columns: readonly { name: string; type: SqlType }[], direction: 'decode' | 'encode'): Json {
  return format.descriptor.describe(formatOptions(table, format), columns, format.role, direction);
}
const matches = (card: DeclaredOption, key: string): boolean => (card.key.endsWith('*') ? key.startsWith(card.key.slice(0, -1)) : card.key === key);

/** Throws unsupported-table-options for keys nobody declares, missing-table-option for required ones. */
export function checkOptions(connector: Connector, table: TableObject, formats: readonly TableFormat[]): void {
  const cards: DeclaredOption[] = [{ key: 'connector', type: 'string', description: '' }, ...connector.options, ...formats.flatMap((f) => f.descriptor.options.map((o) => ({ ...o, key: f.prefix + o.key })))];
  const unsupported = [...table.options.keys()].filter((k) => !cards.some((c) => matches(c, k)));
  if (unsupported.length > 0) throw unsupportedTableOptions({ connector: connector.identifier, table: pathSummary(table.path), unsupported, supported: cards.map((c) => c.key).sort() });
  for (const card of connector.options) if (card.required === true && !table.options.has(card.key)) throw missingTableOption({ connector: connector.identifier, table: pathSummary(table.path), option: card.key });
}
/** Physical columns in order. */
export function physicalColumns(table: TableObject): { name: string; type: SqlType }[] { return table.columns.flatMap((c) => (c.kind === 'physical' ? [{ name: c.name, type: c.type }] : [])); }
/** Every option's text, or its default. */
export const optionText = (connector: { readonly options: readonly DeclaredOption[] }, table: TableObject, key: string): string | undefined => table.options.get(key) ?? connector.options.find((o) => o.key === key)?.default;
