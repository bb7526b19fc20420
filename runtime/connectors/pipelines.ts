/** The registry of sources and sinks of pipelines, planner half; one line each. The run-time halves stand in `runtimes.ts`. */
import type { PipelineConnector, PipelineConnectorRegistry } from '../../catalog/registry/pipelines.ts';
import { mysqlPipeline } from './mysql/pipeline/describe.ts';
import { kafkaPipeline, upsertKafkaPipeline } from './kafka/pipeline/describe.ts';

export const pipelineConnectors: readonly PipelineConnector[] = [mysqlPipeline, upsertKafkaPipeline, kafkaPipeline];

const byIdentifier = new Map(pipelineConnectors.map((c) => [c.identifier, c]));
export const pipelineRegistry: PipelineConnectorRegistry = { get: (identifier) => byIdentifier.get(identifier), list: () => pipelineConnectors };
