/** What is looked at before a pipeline starts, by the type of its source and of its sink. Clients are loaded when they are wanted. */
import type { KafkaPipelineSpec } from '../../runtime/connectors/kafka/pipeline/spec.ts';
import type { MySqlCdcSpec } from '../../runtime/connectors/mysql/cdc/spec.ts';
import type { MySqlServer } from '../../runtime/connectors/mysql/connection/server.ts';
import type { PipelineChecker } from './contract.ts';

/** Said of every pipeline already. */
const SAID: ReadonlySet<string> = new Set(['tables', 'primary keys']);
const source: PipelineChecker = async ({ source: { type, spec }, resumes }) => {
  if (type !== 'mysql') return [];
  const { checkMySqlSource } = await import('../../runtime/connectors/mysql/precheck/source.ts');
  return (await checkMySqlSource(spec as unknown as MySqlCdcSpec, { resumes })).filter((item) => item.status !== 'pass' || !SAID.has(item.name));
};
const kafka: PipelineChecker = async ({ sink: { type, spec }, targets }) => {
  if (type !== 'upsert-kafka' && type !== 'kafka') return [];
  const { checkKafkaTarget } = await import('../../runtime/connectors/kafka/pipeline/precheck.ts');
  return await checkKafkaTarget(spec as unknown as KafkaPipelineSpec, [...new Set(targets.map((t) => t.target))]);
};
const mysql: PipelineChecker = async ({ sink: { type, spec }, targets }) => {
  if (type !== 'mysql') return [];
  const { checkMySqlTarget } = await import('../../runtime/connectors/mysql/precheck/target.ts'), names = [...new Set(targets.map((t) => t.target))];
  return await checkMySqlTarget({ server: (spec as unknown as { readonly server: MySqlServer }).server, tables: names.map((name) => ({ database: name.slice(0, name.indexOf('.')), table: name.slice(name.indexOf('.') + 1) })), makesTables: true });
};

export const pipelineCheckers: readonly PipelineChecker[] = [source, kafka, mysql];
