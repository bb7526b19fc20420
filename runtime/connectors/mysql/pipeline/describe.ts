/** The pipeline source `mysql`: its options as the spec of the reader of changes. Errors name the option; wordings follow Flink CDC. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { FACT_TYPES } from '../../../../catalog/objects/pipeline-table.ts';
import type { PipelineConnector, PipelineDescribeContext, PipelineOptions, PipelineSourceDescription } from '../../../../catalog/registry/pipelines.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger } from '../../../../catalog/options/options.ts';
import { pipelineInvalidOption } from '../../../../core/errors/pipeline.ts';
import { tablePatterns } from '../../../../core/text/table-pattern.ts';
import type { CdcStartup, MySqlCdcSpec } from '../cdc/spec.ts';
import type { MySqlServer } from '../connection/server.ts';
import { transportOf } from '../table/jdbc-url.ts';
import { discoverTables } from './discover.ts';
import { mysqlSourceOptions, STARTUP_MODES } from './options.ts';
import { describeMySqlSink, mysqlTargetOf } from './sink-describe.ts';
import { mysqlSinkOptions } from './sink-options.ts';

/** Connections that read a snapshot side by side when `parallelism` says nothing. */
const CONNECTIONS = 4;

class Options {
  private readonly given: PipelineOptions;
  private readonly where: string;
  constructor(given: PipelineOptions, where: string) { this.given = given; this.where = where; }
  has(key: string): boolean { return this.given.has(key); }
  maybe(key: string): string | undefined { return this.given.get(key); }
  text(key: string): string { return this.given.get(key) ?? mysqlSourceOptions.find((o) => o.key === key)?.default ?? ''; }
  flag(key: string): boolean { return parseBoolean(key, this.text(key)); }
  integer(key: string, min: number, max?: number): number { return parseInteger(key, this.text(key), min, max); }
  /** Flink's wording for sizes. */
  size(key: string): number {
    const n = this.integer(key, Number.MIN_SAFE_INTEGER);
    if (n <= 1) throw this.refuse(`The value of option '${key}' must larger than 1, but is ${n}`);
    return n;
  }
  refuse(what: string, hint?: string): Error { return pipelineInvalidOption({ where: this.where, what, hint }); }
}

function serverOf(o: Options, given: PipelineOptions): MySqlServer {
  const connectTimeoutMs = parseDuration('connect.timeout', o.text('connect.timeout'));
  if (connectTimeoutMs < 250) throw o.refuse(`The value of option 'connect.timeout' cannot be less than PT0.25S, but actual is ${o.text('connect.timeout')}`);
  const properties = new Map([...given].filter(([k]) => k.startsWith('jdbc.properties.')).map(([k, v]) => [k.slice('jdbc.properties.'.length).toLowerCase(), v]));
  return { host: o.text('hostname'), port: o.integer('port', 1, 65_535), user: o.text('username'), password: o.text('password'), connectTimeoutMs, ...transportOf(properties) };
}
function serverIdsOf(o: Options, parallelism: number): MySqlCdcSpec['serverIds'] {
  const text = o.maybe('server-id')?.trim();
  if (text === undefined || text === '') return null;
  const m = /^(\d{1,10})(?:\s*-\s*(\d{1,10}))?$/.exec(text), first = Number(m?.[1]), last = Number(m?.[2] ?? m?.[1]);
  if (m === null || first < 1 || last < first || last > 4_294_967_295) throw o.refuse(`The value of option 'server-id' is invalid: '${text}'`, 'Write an id or a range, as in 5400 or 5400-5408.');
  if (last - first + 1 < parallelism) throw o.refuse(`The server id range '${text}' of option 'server-id' must hold at least as many ids as the parallelism, ${parallelism}`);
  return [first, last];
}
function startupOf(o: Options, ends: boolean): CdcStartup {
  const given = ends && !o.has('scan.startup.mode') ? 'snapshot' : o.text('scan.startup.mode');
  if (!(STARTUP_MODES as readonly string[]).includes(given.toLowerCase())) throw o.refuse(`Invalid value for option 'scan.startup.mode'. Supported values are [${STARTUP_MODES.join(', ')}], but was: ${given}`);
  const mode = parseEnum('scan.startup.mode', given, STARTUP_MODES) as CdcStartup['mode'];
  const none = { mode, file: null, pos: null, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null };
  if (mode === 'timestamp') {
    if (!o.has('scan.startup.timestamp-millis')) throw o.refuse("'scan.startup.timestamp-millis' is required in 'timestamp' startup mode but missing");
    return { ...none, timestampMs: o.integer('scan.startup.timestamp-millis', 0) };
  }
  if (mode !== 'specific-offset') return none;
  const key = (name: string): string => `scan.startup.specific-offset.${name}`, file = o.maybe(key('file')) ?? null, gtids = o.maybe(key('gtid-set')) ?? null;
  if (gtids === null && (file === null || !o.has(key('pos')))) throw o.refuse('Unable to find a valid binlog offset. Either gtid-set, or file and pos are required', `Give '${key('gtid-set')}', or '${key('file')}' and '${key('pos')}'.`);
  return { ...none, file, gtids, pos: o.has(key('pos')) ? o.integer(key('pos'), 4) : null, skipEvents: o.integer(key('skip-events'), 0), skipRows: o.integer(key('skip-rows'), 0) };
}
function factor(o: Options, bound: 'upper' | 'lower'): number {
  const key = `chunk-key.even-distribution.factor.${bound}-bound`, value = Number(o.text(key));
  if (!(bound === 'upper' ? value >= 1 : value > 0 && value <= 1)) throw o.refuse(`The value of option '${key}' must be ${bound === 'upper' ? 'at least 1' : 'above 0 and at most 1'}, but is ${o.text(key)}`);
  return value;
}
function chunkKeys(o: Options): [string, string][] {
  const key = 'scan.incremental.snapshot.chunk.key-column';
  return o.text(key).split(';').map((e) => e.trim()).filter((e) => e !== '').flatMap((entry) => {
    const at = entry.lastIndexOf(':');
    if (at <= 0) throw o.refuse(`'${key}' has "${entry}", which is not db.table:column`);
    return tablePatterns(key, entry.slice(0, at)).map((pattern): [string, string] => [pattern, entry.slice(at + 1).trim()]);
  });
}
function factsOf(o: Options): string[] {
  const names = o.text('metadata.list').split(',').map((n) => n.trim()).filter((n) => n !== '');
  for (const name of names) if (!FACT_TYPES.has(name)) throw o.refuse(`'metadata.list' names "${name}"`, `There are ${[...FACT_TYPES.keys()].join(', ')}.`);
  return names;
}

function describeSource(given: PipelineOptions, context: PipelineDescribeContext): PipelineSourceDescription {
  const o = new Options(given, `source ${context.name}`), server = serverOf(o, given), startup = startupOf(o, context.ends), parallelism = context.parallelism ?? 1;
  const whole = o.flag('scan.newly-added-table.enabled'), stream = o.flag('scan.binlog.newly-added-table.enabled');
  if (whole && stream) throw o.refuse('If both scan.binlog.newly-added-table.enabled and scan.newly-added-table.enabled are true, data maybe duplicate after restore');
  const schemaChanges = o.flag('schema-change.enabled'), pool = o.size('connection.pool.size');
  const spec: MySqlCdcSpec = {
    table: context.name, server, serverIds: serverIdsOf(o, parallelism), include: tablePatterns('tables', o.text('tables')), exclude: o.has('tables.exclude') ? tablePatterns('tables.exclude', o.text('tables.exclude')) : [],
    startup, chunkSize: o.size('scan.incremental.snapshot.chunk.size'), fetchSize: o.size('scan.snapshot.fetch.size'), chunkKeys: chunkKeys(o), evenFactor: [factor(o, 'lower'), factor(o, 'upper')],
    connections: Math.min(pool, context.parallelism ?? CONNECTIONS), skipBackfill: o.flag('scan.incremental.snapshot.backfill.skip'), unboundedChunkFirst: o.flag('scan.incremental.snapshot.unbounded-chunk-first.enabled'),
    heartbeatMs: parseDuration('heartbeat.interval', o.text('heartbeat.interval')), maxRetries: o.integer('connect.max-retries', 1), timeZone: o.maybe('server-time-zone') ?? null,
    newTables: whole ? 'snapshot' : stream ? 'stream' : 'ignore', schemaChanges, tinyint1AsBoolean: o.flag('treat-tinyint1-as-boolean.enabled'), legacyJson: o.flag('use.legacy.json.format'), appendOnly: false, comments: o.flag('include-comments.enabled'),
  };
  return {
    connector: 'mysql-pipeline', spec: spec as unknown as { readonly [key: string]: Json }, identity: { host: server.host, port: server.port }, bounded: startup.mode === 'snapshot', schemaChanges, facts: factsOf(o),
  };
}
export const mysqlPipeline: PipelineConnector = {
  identifier: 'mysql', description: 'Tables of a MySQL or MariaDB server: as a source their rows, then every change from the binlog; as a sink made, changed and written.',
  options: mysqlSinkOptions, sourceOptions: mysqlSourceOptions, describeSource, describeSink: describeMySqlSink, targetOf: mysqlTargetOf,
  discover: async (source, options) => await discoverTables(source.spec as unknown as MySqlCdcSpec, options.get('tables') ?? ''),
};
