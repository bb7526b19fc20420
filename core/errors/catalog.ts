/** Errors about catalogs, databases, tables and views: names that do not exist or exist already, and what a catalog cannot do. */
import { defineError, didYouMean, quoted } from './define.ts';

const listed = (what: string, names: readonly string[]): string | undefined =>
  names.length === 0 ? `There are no ${what}.` : `Existing ${what}: ${names.slice(0, 30).map(quoted).join(', ')}${names.length > 30 ? `, and ${names.length - 30} more` : ''}.`;

export const catalogNotFound = defineError<{ catalog: string; existing: readonly string[] }>({
  sqlstate: '3D000', name: 'catalog-not-found', domain: 'user', retry: 'never',
  message: (p) => `catalog ${quoted(p.catalog)} does not exist`, detail: (p) => listed('catalogs', p.existing), hint: (p) => didYouMean(p.catalog, p.existing),
});
export const databaseNotFound = defineError<{ catalog: string; database: string; existing: readonly string[] }>({
  sqlstate: '3F000', name: 'database-not-found', domain: 'user', retry: 'never',
  message: (p) => `database ${quoted(p.database)} does not exist in catalog ${quoted(p.catalog)}`, detail: (p) => listed('databases', p.existing), hint: (p) => didYouMean(p.database, p.existing),
});
export const tableNotFound = defineError<{ table: string; where: string; existing: readonly string[]; noun?: 'table' | 'view' | 'topic' | undefined }>({
  sqlstate: '42P01', name: 'table-not-found', domain: 'user', retry: 'never',
  message: (p) => `${p.noun ?? 'table'} ${quoted(p.table)} does not exist in ${p.where}`,
  detail: (p) => listed(p.noun === 'topic' ? 'topics' : p.noun === 'view' ? 'views' : 'tables', p.existing), hint: (p) => didYouMean(p.table, p.existing),
});
export const duplicateObject = defineError<{ noun: string; name: string; sqlstateHint?: undefined }>({
  sqlstate: '42P07', name: 'duplicate-object', domain: 'user', retry: 'never',
  message: (p) => `${p.noun} ${quoted(p.name)} already exists`, hint: (p) => `Use CREATE ${p.noun.toUpperCase()} IF NOT EXISTS to leave the existing one in place.`,
});
export const wrongObjectKind = defineError<{ name: string; is: string; wanted: string; instead?: string | undefined }>({
  sqlstate: '42809', name: 'wrong-object-kind', domain: 'user', retry: 'never',
  message: (p) => `${quoted(p.name)} is a ${p.is}, not a ${p.wanted}`, hint: (p) => p.instead,
});
export const catalogReadOnly = defineError<{ catalog: string; type: string; action: string }>({
  sqlstate: '0A000', name: 'catalog-read-only', domain: 'user', retry: 'never',
  message: (p) => `${p.action} is not supported by catalog ${quoted(p.catalog)} of type ${quoted(p.type)}`,
  hint: () => 'Create a table in default_catalog.default_database, or a temporary table, instead.',
});
export const databaseNotEmpty = defineError<{ database: string; count: number }>({
  sqlstate: '2BP01', name: 'database-not-empty', domain: 'user', retry: 'never',
  message: (p) => `database ${quoted(p.database)} is not empty`, detail: (p) => `It holds ${p.count} tables or views.`, hint: () => 'Use DROP DATABASE … CASCADE to drop them too.',
});
export const objectInUse = defineError<{ noun: string; name: string; user: string }>({
  sqlstate: '2BP01', name: 'object-in-use', domain: 'user', retry: 'never', message: (p) => `cannot drop ${p.noun} ${quoted(p.name)} because ${p.user}`,
});
export const invalidTableDefinition = defineError<{ what: string; hint?: string | undefined }>({
  sqlstate: '42P16', name: 'invalid-table-definition', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});
export const duplicateColumn = defineError<{ column: string }>({
  sqlstate: '42701', name: 'duplicate-column', domain: 'user', retry: 'never', message: (p) => `column ${quoted(p.column)} is declared more than once`,
});
export const schemaNotInferable = defineError<{ topic: string; sampled: number; why: string }>({
  sqlstate: '42P16', name: 'schema-not-inferable', domain: 'user', retry: 'never',
  message: (p) => `no schema could be inferred from topic ${quoted(p.topic)}`, detail: (p) => (p.sampled === 0 ? 'The topic holds no messages.' : `Of ${p.sampled} sampled messages ${p.why}.`),
  hint: (p) => `Declare the columns yourself: CREATE TEMPORARY TABLE … WITH ('connector'='kafka', 'topic'='${p.topic.replaceAll("'", "''")}', …).`,
});
export const missingOption = defineError<{ option: string; of: string }>({
  sqlstate: '42601', name: 'missing-option', domain: 'user', retry: 'never', message: (p) => `one or more required options are missing for ${p.of}: ${quoted(p.option)}`, hint: (p) => `Add '${p.option}' = '…' to the WITH clause.`,
});
export const unsupportedOption = defineError<{ option: string; of: string; supported: readonly string[] }>({
  sqlstate: '42601', name: 'unsupported-option', domain: 'user', retry: 'never',
  message: (p) => `unsupported option ${quoted(p.option)} for ${p.of}`, detail: (p) => `Supported options: ${p.supported.join(', ')}.`, hint: (p) => didYouMean(p.option, p.supported),
});
export const unknownCatalogType = defineError<{ type: string; known: readonly string[] }>({
  sqlstate: '22023', name: 'unknown-catalog-type', domain: 'user', retry: 'never',
  message: (p) => `cannot discover a catalog using option: 'type'='${p.type}'`, detail: (p) => listed('catalog types', p.known), hint: (p) => didYouMean(p.type, p.known),
});
export const catalogErrors = { catalogNotFound, databaseNotFound, tableNotFound, duplicateObject, wrongObjectKind, catalogReadOnly, databaseNotEmpty, objectInUse, invalidTableDefinition, duplicateColumn, schemaNotInferable, missingOption, unsupportedOption, unknownCatalogType };
