/**
 * Writes docs/generated/options.md: every option there is, from the cards that the program itself reads. Run it after changing a card:
 * `node tools/docs/options.ts`; a test compares.
 */
import { writeFileSync } from 'node:fs';
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { kafkaCatalogOptions } from '../../catalog/kafka/kafka-catalog.ts';
import { mysqlCatalogOptions } from '../../catalog/mysql/options.ts';
import { typeText } from '../../core/types/sql-type.ts';
import { connectors } from '../../runtime/connectors/index.ts';
import { READABLE_METADATA } from '../../runtime/connectors/kafka/describe.ts';
import { CDC_METADATA } from '../../runtime/connectors/mysql/cdc/describe.ts';
import { pipelineConnectors } from '../../runtime/connectors/pipelines.ts';
import { pipelineOptions, sinkChangeOptions } from '../../planner/pipeline/options.ts';
import { formatDescriptors } from '../../runtime/formats/index.ts';
import { jobOptions } from '../../runtime/jobs/settings.ts';
import { byTheMachine } from '../../server/config/config.ts';
import { settings } from '../../server/config/settings.ts';
import { sessionOptions } from '../../server/gateway/settings.ts';

export const OPTIONS_PAGE = new URL('../../docs/generated/options.md', import.meta.url).pathname;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${cell(text)}\``;
/** Defaults that the machine decides differ from one reader to the next. */
const serverDefault = (field: string, value: unknown): string => byTheMachine(field) ?? (value === undefined ? '' : Array.isArray(value) ? value.map((v) => code(String(v))).join(', ') : code(String(value)));

function table(options: readonly DeclaredOption[], prefix = ''): string {
  const rows = options.map((o) => {
    const values = o.values === undefined ? o.type : o.values.map(code).join(', ');
    const otherwise = o.required === true ? '**required**' : o.default === undefined || o.default === '' ? '' : code(o.default);
    return `| ${code(prefix + o.key)} | ${values} | ${otherwise} | ${cell(o.description)}${o.secret === true ? ' Secret.' : ''} |`;
  });
  return ['| option | type or values | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
/** Job options of the session's list are shown once, by their fuller card. */
function sessionTable(): string {
  const jobs = new Map(jobOptions.map((o) => [o.key, o])), shown = new Set(sessionOptions.map((o) => o.key));
  return table([...sessionOptions.map((o) => jobs.get(o.key) ?? o), ...jobOptions.filter((o) => !shown.has(o.key))].sort((a, b) => (a.key < b.key ? -1 : 1)));
}
export function optionsPage(): string {
  const parts = [
    '# Options', 'Written by `node tools/docs/options.ts` from the cards the program reads; not by hand.',
    '## Server', 'Flag, environment variable, key of the `--config` file; the first that is given counts.',
    ['| flag | environment | file | default | meaning |', '|---|---|---|---|---|', ...settings.map((s) => `| ${code(`--${s.flag}`)} | ${code(s.env)} | ${s.yaml === undefined ? '' : code(s.yaml)} | ${serverDefault(s.field, s.byDefault())} | ${cell(s.description)} |`)].join('\n'),
    '## Session and jobs', "`SET 'key' = 'value'`; an INSERT takes the values of its moment along.", sessionTable(),
    '## Connectors',
    ...connectors.flatMap((c) => [`### ${c.identifier}`, `${c.description} ${c.describeSource === undefined ? 'Sink.' : c.describeSink === undefined ? 'Source.' : 'Source and sink.'}`, c.options.length === 0 ? 'No options.' : table(c.options)]),
    '### Metadata columns of kafka and upsert-kafka', [...READABLE_METADATA].map(([key, type]) => `${code(key)} ${typeText(type)}`).join(', '),
    '### Metadata columns of mysql-cdc', [...CDC_METADATA].map(([key, type]) => `${code(key)} ${typeText(type)}`).join(', '),
    '## Formats', 'Keys are written behind the role and the format: `json.…` after `format`, `key.json.…` after `key.format`, `value.json.…` after `value.format`.',
    ...formatDescriptors.flatMap((f) => [`### ${f.identifier}`, f.description, f.options.length === 0 ? 'No options.' : table(f.options, `${f.identifier}.`)]),
    '## Catalog kafka', table(kafkaCatalogOptions),
    '## Catalog mysql', table(mysqlCatalogOptions),
    '## Pipelines', 'Keys of the blocks of a document ([pipelines.md](../pipelines.md)); beside them `type` and `name`.',
    ...pipelineConnectors.flatMap((c) => [
      ...(c.describeSource === undefined ? [] : [`### Source ${c.identifier}`, table(c.sourceOptions ?? c.options)]),
      ...(c.describeSink === undefined ? [] : [`### Sink ${c.identifier}`, table(c.options)]),
    ]),
    '### Every sink', table(sinkChangeOptions), '### The block pipeline', table(pipelineOptions),
  ];
  return `${parts.join('\n\n')}\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(OPTIONS_PAGE, optionsPage());
