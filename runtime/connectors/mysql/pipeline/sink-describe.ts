/** The pipeline sink `mysql`: its options as the writer's spec. Errors name the option. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import type { PipelineConnector, PipelineDescribeContext, PipelineOptions, PipelineSinkDescription } from '../../../../catalog/registry/pipelines.ts';
import { parseBoolean, parseDuration, parseInteger } from '../../../../catalog/options/options.ts';
import { pipelineInvalidOption } from '../../../../core/errors/pipeline.ts';
import { zoneOf } from '../../../../core/types/zone.ts';
import type { MySqlServer } from '../connection/server.ts';
import { transportOf } from '../table/jdbc-url.ts';
import { mysqlSinkOptions } from './sink-options.ts';

export interface MySqlPipelineSinkSpec {
  /** Name of the block, for errors. */
  readonly table: string;
  readonly server: MySqlServer;
  /** Of targets without one; null = refused. */
  readonly database: string | null;
  readonly zone: string;
  readonly maxRetries: number;
  readonly maxRows: number;
  readonly statementRows: number;
  readonly ignoreDelete: boolean;
  readonly createProperties: Readonly<Record<string, string>>;
}
const prefixed = (options: PipelineOptions, prefix: string): [string, string][] => [...options].filter(([k]) => k.startsWith(prefix)).map(([k, v]) => [k.slice(prefix.length), v]);

export function describeMySqlSink(given: PipelineOptions, context: PipelineDescribeContext): PipelineSinkDescription {
  const text = (key: string): string => given.get(key) ?? mysqlSinkOptions.find((o) => o.key === key)?.default ?? '', zone = given.get('server-time-zone') ?? context.timeZone;
  const refuse = (what: string, hint?: string): Error => pipelineInvalidOption({ where: `sink ${context.name}`, what, hint });
  if (zoneOf(zone) === undefined) throw refuse(`'server-time-zone' is '${zone}', which is no time zone`, "Write 'Asia/Shanghai' or '+08:00'.");
  const server: MySqlServer = {
    host: text('hostname'), port: parseInteger('port', text('port'), 1, 65_535), user: text('username'), password: text('password'), connectTimeoutMs: parseDuration('connect.timeout', text('connect.timeout')),
    ...transportOf(new Map(prefixed(given, 'jdbc.properties.').map(([k, v]) => [k.toLowerCase(), v]))),
  };
  const spec: MySqlPipelineSinkSpec = {
    table: context.name, server, database: given.get('database-name') ?? null, zone, maxRetries: parseInteger('sink.max-retries', text('sink.max-retries'), 0), maxRows: parseInteger('sink.buffer-flush.max-rows', text('sink.buffer-flush.max-rows'), 1),
    statementRows: parseInteger('sink.buffer-flush.batch-size', text('sink.buffer-flush.batch-size'), 1), ignoreDelete: parseBoolean('sink.ignore-delete', text('sink.ignore-delete')), createProperties: Object.fromEntries(prefixed(given, 'table.create.properties.')),
  };
  return { connector: 'mysql-pipeline', spec: spec as unknown as Json, identity: { host: server.host, port: server.port, database: spec.database }, facts: [], needsKey: false, repeats: true };
}
export const mysqlTargetOf: NonNullable<PipelineConnector['targetOf']> = (sink, id) => {
  const { database } = sink.spec as unknown as MySqlPipelineSinkSpec;
  return id.schema === '' ? `${database ?? ''}.${id.table}` : `${id.schema}.${id.table}`;
};
