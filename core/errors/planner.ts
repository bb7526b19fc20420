/** Errors of binding and planning: names, types, aggregates, changelogs that a sink cannot take. */
import { defineError, didYouMean, quoted } from './define.ts';

const perhaps = (near: readonly string[]): string | undefined => (near.length === 0 ? undefined : `Did you mean ${near.map(quoted).join(' or ')}?`);

export const columnNotFound = defineError<{ column: string; near: readonly string[]; available?: readonly string[] | undefined }>({
  sqlstate: '42703', name: 'column-not-found', domain: 'user', retry: 'never', message: (p) => `column ${quoted(p.column)} does not exist`,
  detail: (p) => (p.available === undefined || p.available.length === 0 ? undefined : `Available columns: ${p.available.slice(0, 40).map(quoted).join(', ')}${p.available.length > 40 ? ', …' : ''}.`), hint: (p) => perhaps(p.near),
});
export const relationNotFound = defineError<{ relation: string; near: readonly string[] }>({
  sqlstate: '42P01', name: 'relation-not-in-scope', domain: 'user', retry: 'never', message: (p) => `table or alias ${quoted(p.relation)} is not in the FROM clause`, hint: (p) => perhaps(p.near),
});
export const ambiguousColumn = defineError<{ column: string; tables: readonly string[] }>({
  sqlstate: '42702', name: 'ambiguous-column', domain: 'user', retry: 'never', message: (p) => `column ${quoted(p.column)} is ambiguous`, hint: (p) => `Qualify it: ${p.tables.map((t) => `${t}.${p.column}`).join(' or ')}.`,
});
export const functionNotFound = defineError<{ name: string; known: readonly string[] }>({
  sqlstate: '42883', name: 'function-not-found', domain: 'user', retry: 'never', message: (p) => `function ${quoted(p.name)} does not exist`, hint: (p) => didYouMean(p.name, p.known) ?? 'SHOW FUNCTIONS lists what exists.',
});
export const noMatchingSignature = defineError<{ name: string; types: readonly string[]; signature: string }>({
  sqlstate: '42883', name: 'no-matching-signature', domain: 'user', retry: 'never',
  message: (p) => (/^[A-Z_0-9 ]+$/.test(p.name) ? `function ${quoted(p.name)} cannot be applied to arguments of type (${p.types.join(', ')})` : `operator ${quoted(p.name)} cannot be applied to ${p.types.join(' and ')}`),
  hint: (p) => `Expected: ${p.signature}. Add a CAST where a type differs.`,
});
export const typeMismatch = defineError<{ what: string; hint?: string | undefined }>({ sqlstate: '42804', name: 'type-mismatch', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint });
export const cannotCast = defineError<{ from: string; to: string }>({
  sqlstate: '42846', name: 'cannot-cast', domain: 'user', retry: 'never', message: (p) => `cannot cast type ${p.from} to ${p.to}`,
  hint: (p) => (/TIMESTAMP/.test(p.from + p.to) ? 'Use TO_TIMESTAMP_LTZ(number, precision) or UNIX_TIMESTAMP(…) between numbers and timestamps.' : undefined),
});
export const groupingError = defineError<{ what: string; hint?: string | undefined }>({ sqlstate: '42803', name: 'grouping-error', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint });
export const invalidQuery = defineError<{ what: string; hint?: string | undefined }>({ sqlstate: '42601', name: 'invalid-query', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint });
export const parameterNotGiven = defineError<{ index: number }>({ sqlstate: '42P02', name: 'parameter-not-given', domain: 'user', retry: 'never', message: (p) => `there is no parameter $${p.index}`, hint: () => 'Parameters have values in prepared statements only.' });
export const unknownType = defineError<{ type: string; known: readonly string[] }>({ sqlstate: '42704', name: 'unknown-type', domain: 'user', retry: 'never', message: (p) => `type ${quoted(p.type)} does not exist`, hint: (p) => didYouMean(p.type, p.known) });
export const invalidTypeParameter = defineError<{ what: string }>({ sqlstate: '22023', name: 'invalid-type-parameter', domain: 'user', retry: 'never', message: (p) => p.what });
export const unknownConnector = defineError<{ connector: string; known: readonly string[]; table: string }>({
  sqlstate: '22023', name: 'unknown-connector', domain: 'user', retry: 'never', message: (p) => `cannot discover a connector using option: 'connector'='${p.connector}' of table ${quoted(p.table)}`,
  detail: (p) => `Available connectors: ${p.known.join(', ')}.`, hint: (p) => didYouMean(p.connector, p.known),
});
export const missingConnector = defineError<{ table: string; known: readonly string[] }>({
  sqlstate: '22023', name: 'missing-connector', domain: 'user', retry: 'never', message: (p) => `table ${quoted(p.table)} has no 'connector' option`, hint: (p) => `Add 'connector' = '…' to its WITH clause; available: ${p.known.join(', ')}.`,
});
export const notASource = defineError<{ connector: string; table: string }>({ sqlstate: '0A000', name: 'not-a-source', domain: 'user', retry: 'never', message: (p) => `connector ${quoted(p.connector)} of table ${quoted(p.table)} can only be used as a sink; it cannot be read` });
export const notALookup = defineError<{ connector: string; table: string; known: readonly string[] }>({
  sqlstate: '0A000', name: 'not-a-lookup', domain: 'user', retry: 'never', message: (p) => `connector ${quoted(p.connector)} of table ${quoted(p.table)} cannot be looked up by key`,
  detail: (p) => `FOR SYSTEM_TIME AS OF a processing time asks a table for the rows of a key. Connectors that can: ${p.known.join(', ')}.`, hint: () => 'For a table that changes as a stream, write a regular JOIN.',
});
export const lookupNeedsKey = defineError<{ table: string }>({
  sqlstate: '0A000', name: 'lookup-needs-key', domain: 'user', retry: 'never', message: (p) => `the lookup join with table ${quoted(p.table)} has no equality on one of its columns`,
  hint: () => 'A lookup needs a key: ON left.column = table.column, of types that compare without casting the column of the table.',
});
export const notASink = defineError<{ connector: string; table: string }>({ sqlstate: '0A000', name: 'not-a-sink', domain: 'user', retry: 'never', message: (p) => `connector ${quoted(p.connector)} of table ${quoted(p.table)} can only be used as a source; it cannot be written` });
export const sinkSchemaMismatch = defineError<{ sink: string; cause: string; query: string; schema: string }>({
  sqlstate: '42804', name: 'sink-schema-mismatch', domain: 'user', retry: 'never',
  message: (p) => `Column types of query result and sink for '${p.sink}' do not match.\nCause: ${p.cause}\n\nQuery schema: [${p.query}]\nSink schema:  [${p.schema}]`, hint: () => 'Columns are matched by position, not by name; add a CAST or a column list.',
});
export const sinkCannotConsume = defineError<{ sink: string; changes: string; producer: string }>({
  sqlstate: '0A000', name: 'sink-cannot-consume-changes', domain: 'user', retry: 'never',
  message: (p) => `Table sink '${p.sink}' doesn't support consuming ${p.changes} changes which is produced by node ${p.producer}`,
  hint: () => "Rows that change need a table that is written by key: declare PRIMARY KEY (…) NOT ENFORCED ('mysql', 'jdbc', 'upsert-kafka'); or a changelog format such as 'debezium-json'.",
});
export const upsertSinkNeedsKey = defineError<{ sink: string }>({ sqlstate: '42P16', name: 'upsert-sink-needs-key', domain: 'user', retry: 'never', message: (p) => `Table sink '${p.sink}' consumes updates by key but declares no PRIMARY KEY`, hint: () => 'Add PRIMARY KEY (…) NOT ENFORCED to the table.' });
export const metadataKeyUnknown = defineError<{ key: string; column: string; table: string; known: readonly string[]; mode: 'reading' | 'writing' }>({
  sqlstate: '42703', name: 'metadata-key-unknown', domain: 'user', retry: 'never', message: (p) => `invalid metadata key ${quoted(p.key)} in column ${quoted(p.column)} of table ${quoted(p.table)}`,
  detail: (p) => `The connector supports the following metadata keys for ${p.mode}: ${p.known.join(', ') || 'none'}.`, hint: (p) => didYouMean(p.key, p.known) ?? (p.mode === 'writing' ? 'Declare the column VIRTUAL to leave it out when writing.' : undefined),
});
export const expressionTooDeep = defineError<Record<string, never>>({ sqlstate: '54001', name: 'expression-too-deep', domain: 'user', retry: 'never', message: () => 'statement is nested too deeply' });
export const tooManyColumns = defineError<{ what: string; columns: number; max: number }>({
  sqlstate: '54011', name: 'too-many-columns', domain: 'user', retry: 'never', message: (p) => `${p.what} has ${p.columns} columns`, detail: (p) => `At most ${p.max} are allowed.`, hint: () => 'Name the columns that are needed, or keep the rest in a MAP, ROW or STRING.',
});
export const tooManyQueryBlocks = defineError<{ max: number }>({
  sqlstate: '54001', name: 'too-many-query-blocks', domain: 'user', retry: 'never', message: (p) => `the statement comes to more than ${p.max} SELECTs`, detail: () => 'Views and common tables count as often as they are named.',
  hint: () => 'Write VALUES instead of many small SELECTs, or let a job write the shared part into a table.',
});
export const plannerErrors = { tooManyColumns, tooManyQueryBlocks, columnNotFound, relationNotFound, ambiguousColumn, functionNotFound, noMatchingSignature, typeMismatch, cannotCast, groupingError, parameterNotGiven, invalidQuery, unknownType, invalidTypeParameter, unknownConnector, missingConnector, notASource, notALookup, lookupNeedsKey, notASink, sinkSchemaMismatch, sinkCannotConsume, upsertSinkNeedsKey, metadataKeyUnknown, expressionTooDeep };
