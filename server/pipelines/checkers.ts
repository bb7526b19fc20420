/** What is looked at before a pipeline starts, by the type of its source and of its sink. */
import { checkKafkaTarget } from '../../runtime/connectors/kafka/pipeline/precheck.ts';
import type { KafkaPipelineSpec } from '../../runtime/connectors/kafka/pipeline/spec.ts';
import type { MySqlCdcSpec } from '../../runtime/connectors/mysql/cdc/spec.ts';
import { checkMySqlSource } from '../../runtime/connectors/mysql/precheck/source.ts';
import type { PipelineChecker } from './contract.ts';

/** Said of every pipeline already. */
const SAID: ReadonlySet<string> = new Set(['tables', 'primary keys']);
const source: PipelineChecker = async ({ source: { type, spec }, resumes }) => (type === 'mysql' ? (await checkMySqlSource(spec as unknown as MySqlCdcSpec, { resumes })).filter((item) => item.status !== 'pass' || !SAID.has(item.name)) : []);
const kafka: PipelineChecker = async ({ sink: { type, spec }, targets }) => (type === 'upsert-kafka' || type === 'kafka' ? await checkKafkaTarget(spec as unknown as KafkaPipelineSpec, [...new Set(targets.map((t) => t.target))]) : []);

export const pipelineCheckers: readonly PipelineChecker[] = [source, kafka];
