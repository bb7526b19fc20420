/** Errors of pipelines: the document, its variables, routes and transforms, and what a running pipeline cannot do. Wordings follow Flink CDC where it has one. */
import { defineError, didYouMean, quoted } from './define.ts';

type Place = { readonly line: number; readonly column: number };
const at = (p: Place): string => `Line ${p.line}, column ${p.column}.`;

export const pipelineUnreadable = defineError<{ what: string; hint?: string | undefined } & Place>({
  sqlstate: '42601', name: 'pipeline-unreadable', domain: 'user', retry: 'never', message: (p) => `the pipeline document cannot be read: ${p.what}`, detail: at, hint: (p) => p.hint,
});
export const pipelineVariablesMissing = defineError<{ missing: readonly ({ readonly name: string } & Place)[]; known: readonly string[] }>({
  sqlstate: '42704', name: 'pipeline-variables-missing', domain: 'user', retry: 'never',
  message: (p) => `the pipeline document uses ${p.missing.length === 1 ? 'a variable' : 'variables'} without a value: ${p.missing.map((m) => quoted(m.name)).join(', ')}`,
  detail: (p) => p.missing.map((m) => `#{${m.name}} in line ${m.line}, column ${m.column}.`).join(' '),
  hint: (p) => p.missing.map((m) => didYouMean(m.name, p.known)).find((h) => h !== undefined) ?? `Give it as --var ${p.missing[0]?.name ?? 'name'}=value, in the secrets file, or in the environment.`,
});
export const pipelineVariableInvalid = defineError<{ what: string; hint?: string | undefined }>({ sqlstate: '22023', name: 'pipeline-variable-invalid', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint });
export const pipelineUnknownKey = defineError<{ what: string; key: string; known: readonly string[] } & Place>({
  sqlstate: '42601', name: 'pipeline-unknown-key', domain: 'user', retry: 'never', message: (p) => `unknown ${p.what} ${quoted(p.key)} in the pipeline document`,
  detail: (p) => `${at(p)} Known: ${p.known.join(', ')}.`, hint: (p) => didYouMean(p.key, p.known),
});
export const pipelineMissingKey = defineError<{ where: string; key: string } & Place>({
  sqlstate: '42601', name: 'pipeline-missing-key', domain: 'user', retry: 'never', message: (p) => `${p.where} needs ${quoted(p.key)}`, detail: at,
});
export const pipelineUnknownType = defineError<{ type: string; role: 'source' | 'sink'; known: readonly string[] } & Place>({
  sqlstate: '42704', name: 'pipeline-unknown-type', domain: 'user', retry: 'never',
  message: (p) => `cannot find factory with identifier ${quoted(p.type)} in the classpath: there is no such ${p.role} of pipelines`,
  detail: (p) => `${at(p)} Available: ${p.known.join(', ')}.`, hint: (p) => didYouMean(p.type, p.known),
});
export const pipelineUnsupportedOptions = defineError<{ type: string; unsupported: readonly string[]; supported: readonly string[] } & Place>({
  sqlstate: '42601', name: 'pipeline-unsupported-options', domain: 'user', retry: 'never',
  message: (p) => `unsupported options found for '${p.type}'. Unsupported options: ${p.unsupported.map(quoted).join(', ')}`,
  detail: (p) => `${at(p)} Supported options: ${p.supported.join(', ')}.`, hint: (p) => p.unsupported.map((o) => didYouMean(o, p.supported)).find((h) => h !== undefined),
});
/** An option's value, or options that contradict each other. */
export const pipelineInvalidOption = defineError<{ where: string; what: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'pipeline-invalid-option', domain: 'user', retry: 'never', message: (p) => p.what, detail: (p) => `In ${p.where}.`, hint: (p) => p.hint,
});
export const pipelineBadPattern = defineError<{ option: string; pattern: string; why: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'pipeline-bad-pattern', domain: 'user', retry: 'never', message: (p) => `${quoted(p.pattern)} in '${p.option}' names no tables: ${p.why}`,
  hint: (p) => p.hint ?? 'Write database.table; a bare dot separates the two, `\\.` stands for any character, as in shop.orders or shop.\\.*',
});
export const pipelineNoTables = defineError<{ option: string; value: string; excluded: boolean; near: readonly string[] }>({
  sqlstate: '42P01', name: 'pipeline-no-tables', domain: 'user', retry: 'never',
  message: (p) => (p.excluded ? `all tables that match the option 'tables' are excluded by 'tables.exclude'` : `cannot find any table by the option '${p.option}' = ${quoted(p.value)}`),
  hint: (p) => (p.near.length === 0 ? 'Write database.table; `\\.` stands for any character, as in shop.\\.*' : `There are ${p.near.map(quoted).join(', ')}.`),
});
export const pipelineRuleUnmapped = defineError<{ rule: string; table: string; what: string }>({
  sqlstate: '55000', name: 'pipeline-rule-unmapped', domain: 'user', retry: 'never',
  message: (p) => `the transform of ${quoted(p.rule)} cannot be applied to table ${quoted(p.table)} as it is now: ${p.what}`,
  hint: () => 'Its expressions were bound when the pipeline was started. Stop it with a savepoint, mend the document, and start it from the savepoint.',
});
export const pipelineSchemaChangeRefused = defineError<{ table: string; change: string; behavior: string }>({
  sqlstate: '55000', name: 'pipeline-schema-change-refused', domain: 'user', retry: 'never',
  message: (p) => `unexpected schema change of table ${quoted(p.table)}: ${p.change}`, detail: (p) => `'schema.change.behavior' is '${p.behavior}'.`,
  hint: () => "Set 'schema.change.behavior' of the pipeline block to 'lenient' or 'evolve' to let it through.",
});
/** Records under the old key would stand for ever, or rows of one key overwrite one another. */
export const pipelineKeyDiffers = defineError<{ table: string; change: string; target: string }>({
  sqlstate: '55000', name: 'pipeline-key-differs', domain: 'user', retry: 'never',
  message: (p) => `unexpected schema change of table ${quoted(p.table)}: ${p.change}`,
  hint: (p) => `A target keeps its key. Route the table to another target, or remove ${quoted(p.target)}, and start the pipeline anew, without its old state; or name the key that is wanted by 'primary-keys' in a transform.`,
});
export const pipelineTableWithoutKey = defineError<{ table: string; sink: string }>({
  sqlstate: '42P16', name: 'pipeline-table-without-key', domain: 'user', retry: 'never', message: (p) => `table ${quoted(p.table)} has no primary key, which sink '${p.sink}' needs`,
  hint: () => "Add a primary key to the table, name one by 'primary-keys' in a transform, leave the table out by 'tables.exclude', or use sink type 'kafka'.",
});
export const pipelineTypesDiffer = defineError<{ target: string; column: string; types: readonly [string, string] }>({
  sqlstate: '42804', name: 'pipeline-types-differ', domain: 'user', retry: 'never', message: (p) => `column ${quoted(p.column)} of the merged table ${quoted(p.target)} cannot hold ${p.types[0]} and ${p.types[1]}`,
  hint: () => 'Route the tables to different targets, or CAST the column in a transform.',
});
/** `ignore` and its like keep a column's type while its values grow out of it. */
export const pipelineValueUnfit = defineError<{ target: string; column: string; type: string; value: string }>({
  sqlstate: '22003', name: 'pipeline-value-unfit', domain: 'data', retry: 'never', message: (p) => `a value does not fit column ${quoted(p.column)} of ${quoted(p.target)}, which is still ${p.type}: it would become ${p.value}`,
  detail: () => 'The type of the source column has changed, and the change is not applied to the target.', hint: () => "Let it through: 'schema.change.behavior' lenient or evolve, without excluding alter.column.type.",
});
/** The precheck found what would make the pipeline fail. */
export const pipelinePrecheckFailed = defineError<{ failed: readonly string[] }>({
  sqlstate: '55000', name: 'pipeline-precheck-failed', domain: 'user', retry: 'never', message: (p) => `the precheck of the pipeline failed: ${p.failed.length} ${p.failed.length === 1 ? 'item' : 'items'}`,
  detail: (p) => p.failed.join('\n'), hint: () => 'Mend these and start again; `rivulet pipeline check FILE.yaml` shows the whole list.',
});

export const pipelineErrors = {
  pipelineUnreadable, pipelineVariablesMissing, pipelineVariableInvalid, pipelineUnknownKey, pipelineMissingKey, pipelineUnknownType, pipelineUnsupportedOptions, pipelineInvalidOption, pipelineBadPattern,
  pipelineNoTables, pipelineRuleUnmapped, pipelineSchemaChangeRefused, pipelineKeyDiffers, pipelineTableWithoutKey, pipelineTypesDiffer, pipelineValueUnfit, pipelinePrecheckFailed,
};
