/**
 * `jdbc` and `mysql` tables as the planner sees them: written, looked up, and read once. What a `mysql` table gives when it is read
 * without end are its changes: that half stands in `../cdc`.
 */
import { APPEND, UPSERT, type Connector, type DescribeContext, type Json, type LookupCache, type LookupDescription, type SinkDescription, type SourceDescription } from '../../../../catalog/registry/connectors.ts';
import { pathSummary, type TableObject } from '../../../../catalog/objects/objects.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger } from '../../../../catalog/options/options.ts';
import { invalidOptionValue } from '../../../../core/errors/common.ts';
import { invalidTableOptions } from '../../../../core/errors/connector.ts';
import { nearest, quoted } from '../../../../core/errors/define.ts';
import { zoneOf } from '../../../../core/types/zone.ts';
import { quotedName } from '../../../../catalog/mysql/exact-name.ts';
import { checkOptions, optionText, physicalColumns } from '../../table-options.ts';
import type { MySqlServer } from '../connection/server.ts';
import { describeCdcSource } from '../cdc/describe.ts';
import { cdcOptions } from '../cdc/options.ts';
import { isStorable, refuseUnstorable } from './fit.ts';
import { parseJdbcUrl, transportOf } from './jdbc-url.ts';
import { jdbcOptions, mysqlTableOptions } from './options.ts';
import type { ScanSpec, SinkSpec, TableSpec } from './spec.ts';

const fail = (table: TableObject, what: string, hint?: string): Error => invalidTableOptions({ table: pathSummary(table.path), what, hint });
/** The number of an option that may not be negative, with Flink's words. */
function retries(table: TableObject, connector: Connector, key: string): number {
  const text = optionText(connector, table, key) ?? '3', n = parseInteger(key, text);
  if (n < 0) throw fail(table, `The value of '${key}' option shouldn't be negative, but is ${n}.`);
  return n;
}
const whole = (connector: Connector, table: TableObject, key: string, least: number): number => parseInteger(key, optionText(connector, table, key) ?? '0', least);
const flag = (table: TableObject, key: string, otherwise = false): boolean => { const text = table.options.get(key); return text === undefined ? otherwise : parseBoolean(key, text); };

interface Place { readonly server: MySqlServer; readonly database: string; readonly name: string }
function jdbcPlace(table: TableObject): Place {
  const o = table.options, where = pathSummary(table.path), url = parseJdbcUrl(o.get('url') ?? '', where);
  if (o.has('username') !== o.has('password')) throw fail(table, 'Either all or none of the following options should be provided:\nusername\npassword');
  const timeout = o.get('connection.max-retry-timeout') ?? '60 s', timeoutMs = parseDuration('connection.max-retry-timeout', timeout);
  if (timeoutMs < 1000) throw fail(table, `The value of 'connection.max-retry-timeout' option must be in second granularity and shouldn't be smaller than 1 second, but is ${timeout}.`);
  const parts = (o.get('table-name') ?? '').split('.'), [first = '', second] = parts;
  const [database, name] = second === undefined || parts.length > 2 ? [url.database, o.get('table-name') ?? ''] : [first, second];
  if (database === '') throw fail(table, "option 'url' names no database", "Write 'jdbc:mysql://host:3306/database', or 'database.table' as 'table-name'.");
  return {
    database, name,
    server: { host: url.host, port: url.port, user: o.get('username') ?? url.properties.get('user') ?? 'root', password: o.get('password') ?? url.properties.get('password') ?? '', ...transportOf(url.properties), connectTimeoutMs: Math.min(timeoutMs, 30_000) },
  };
}
function mysqlPlace(table: TableObject): Place {
  const o = table.options, url = o.get('url'), where = pathSummary(table.path), text = (key: string): string => o.get(key) ?? '';
  const properties = url === undefined ? new Map<string, string>() : parseJdbcUrl(url, where).properties, name = (key: string): string => quotedName(text(key)) ?? text(key);
  return {
    database: name('database-name'), name: name('table-name'),
    server: {
      host: text('hostname'), port: parseInteger('port', o.get('port') ?? '3306', 1, 65_535), user: text('username'), password: text('password'), ...transportOf(properties),
      connectTimeoutMs: parseDuration('connect.timeout', o.get('connect.timeout') ?? '30 s'),
    },
  };
}
function tableSpec(connector: Connector, table: TableObject, context: DescribeContext, use: 'sink' | 'lookup'): TableSpec {
  checkOptions(connector, table, []);
  const { server, database, name } = connector.identifier === 'jdbc' ? jdbcPlace(table) : mysqlPlace(table), columns = physicalColumns(table);
  const zone = table.options.get('server-time-zone') ?? context.timeZone;
  if (zoneOf(zone) === undefined) throw invalidOptionValue({ option: 'server-time-zone', value: zone, expected: "a time zone such as 'Asia/Shanghai' or '+08:00'" });
  for (const c of columns) if (!isStorable(c.type)) throw refuseUnstorable(pathSummary(table.path), c.name, c.type);
  return { table: pathSummary(table.path), server, database, name, columns, zone, maxRetries: retries(table, connector, `${use}.max-retries`) };
}

function describeSink(connector: Connector, table: TableObject, context: DescribeContext): SinkDescription {
  const o = table.options, base = tableSpec(connector, table, context, 'sink'), names = base.columns.map((c) => c.name), interval = o.get('sink.buffer-flush.interval'), given = o.get('sink.parallelism');
  const spec: SinkSpec = {
    ...base, key: table.primaryKey === undefined ? null : table.primaryKey.columns.map((k) => names.indexOf(k)),
    maxRows: whole(connector, table, 'sink.buffer-flush.max-rows', 0), intervalMs: interval === undefined ? null : parseDuration('sink.buffer-flush.interval', interval),
    statementRows: connector.identifier === 'jdbc' ? 4096 : whole(connector, table, 'sink.buffer-flush.batch-size', 1),
    ignoreDelete: flag(table, 'sink.ignore-delete'), ignoreNull: flag(table, 'sink.ignore-null-when-update'),
    guarantee: parseEnum('sink.delivery-guarantee', o.get('sink.delivery-guarantee') ?? 'at-least-once', ['at-least-once', 'exactly-once']) as SinkSpec['guarantee'],
  };
  return {
    changelogMode: spec.key === null ? APPEND : UPSERT, metadata: new Map(), spec: spec as unknown as Json, parallelism: given === undefined ? undefined : parseInteger('sink.parallelism', given, 1, 1024),
  };
}

function describeLookup(connector: Connector, table: TableObject, context: DescribeContext): LookupDescription {
  const spec = tableSpec(connector, table, context, 'lookup');
  return {
    spec: { ...spec, identity: { host: spec.server.host, port: spec.server.port, database: spec.database, name: spec.name } } as unknown as Json,
    cache: connector.identifier === 'jdbc' ? jdbcCache(connector, table) : mysqlCache(connector, table), maxRowsPerKey: whole(connector, table, 'lookup.max-join-rows', 1),
  };
}
function jdbcCache(connector: Connector, table: TableObject): LookupCache {
  const o = table.options, old = [o.get('lookup.cache.max-rows'), o.get('lookup.cache.ttl')] as const;
  if ((old[0] === undefined) !== (old[1] === undefined)) throw fail(table, 'Either all or none of the following options should be provided:\nlookup.cache.max-rows\nlookup.cache.ttl');
  const kind = parseEnum('lookup.cache', optionText(connector, table, 'lookup.cache') ?? 'NONE', ['NONE', 'PARTIAL']);
  if (kind === 'NONE' && old[0] === undefined) return { kind: 'none' };
  const rows = o.get('lookup.partial-cache.max-rows') ?? old[0], write = o.get('lookup.partial-cache.expire-after-write') ?? old[1], access = o.get('lookup.partial-cache.expire-after-access');
  return {
    kind: 'partial', maxRows: rows === undefined ? 1_000_000 : parseInteger('lookup.partial-cache.max-rows', rows, 1),
    expireAfterWriteMs: write === undefined ? 0 : parseDuration('lookup.partial-cache.expire-after-write', write), expireAfterAccessMs: access === undefined ? 0 : parseDuration('lookup.partial-cache.expire-after-access', access),
    keepsMissing: flag(table, 'lookup.partial-cache.cache-missing-key', flag(table, 'lookup.cache.caching-missing-key', true)),
  };
}
function mysqlCache(connector: Connector, table: TableObject): LookupCache {
  const ttlMs = parseDuration('lookup.cache.ttl', optionText(connector, table, 'lookup.cache.ttl') ?? '10 s');
  switch (parseEnum('lookup.cache.strategy', optionText(connector, table, 'lookup.cache.strategy') ?? 'None', ['None', 'LRU', 'ALL'])) {
    case 'LRU': return { kind: 'partial', maxRows: whole(connector, table, 'lookup.cache.max-rows', 1), expireAfterWriteMs: ttlMs, expireAfterAccessMs: 0, keepsMissing: true };
    case 'ALL': return { kind: 'all', reloadMs: ttlMs };
    default: return { kind: 'none' };
  }
}

/** A read that ends: the rows as they are, split by `scan.partition.*`. */
export function describeScan(connector: Connector, table: TableObject, context: DescribeContext): SourceDescription {
  const base = tableSpec(connector, table, context, 'lookup'), fetch = connector.identifier === 'jdbc' ? whole(connector, table, 'scan.fetch-size', 0) : 0;
  const spec: ScanSpec = { ...base, fetchRows: fetch === 0 ? 8192 : fetch, partition: partitionOf(table, base) };
  const identity = { host: base.server.host, port: base.server.port, database: base.database, name: base.name, partition: spec.partition };
  return { changelogMode: APPEND, bounded: true, metadata: new Map(), spec: { ...spec, identity } as unknown as Json };
}
const SPLITTABLE: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'DATE', 'TIMESTAMP', 'TIMESTAMP_LTZ']);
function partitionOf(table: TableObject, spec: TableSpec): ScanSpec['partition'] {
  const keys = ['column', 'num', 'lower-bound', 'upper-bound'].map((k) => `scan.partition.${k}`), [name, count, lower, upper] = keys.map((k) => table.options.get(k));
  if (name === undefined && count === undefined && lower === undefined && upper === undefined) return null;
  if (name === undefined || count === undefined || lower === undefined || upper === undefined) throw fail(table, `Either all or none of the following options should be provided:\n${keys.join('\n')}`);
  const names = spec.columns.map((c) => c.name), column = names.indexOf(name), kind = spec.columns[column]?.type.kind;
  if (kind === undefined) throw fail(table, `option 'scan.partition.column' names ${quoted(name)}, which is no column of the table`, nearest(name, names).map((n) => `Perhaps you meant ${quoted(n)}.`)[0]);
  if (!SPLITTABLE.has(kind)) throw fail(table, `option 'scan.partition.column' must be a number, DATE or timestamp column, but ${quoted(name)} is ${kind}`);
  const from = parseInteger('scan.partition.lower-bound', lower), to = parseInteger('scan.partition.upper-bound', upper);
  if (from > to) throw fail(table, `'scan.partition.lower-bound'='${from}' must not be larger than 'scan.partition.upper-bound'='${to}'.`);
  return { column, count: parseInteger('scan.partition.num', count, 1, 10_000), lower: from, upper: to };
}

/** A query that ends reads one plain table by SELECT; patterns of names, metadata columns and start-up modes need the reader of changes. */
function isReadOnce(table: TableObject, context: DescribeContext): boolean {
  const isPlain = (key: string): boolean => { const text = table.options.get(key) ?? ''; return /^[\w$ -]*$/.test(text) || quotedName(text) !== undefined; };
  return context.bounded && isPlain('database-name') && isPlain('table-name') && !table.options.has('scan.startup.mode') && !table.columns.some((c) => c.kind === 'metadata');
}

export const jdbcConnector: Connector = {
  identifier: 'jdbc', description: 'Tables of MySQL and MariaDB: written, looked up, read once.', options: jdbcOptions,
  describeSource: (table, context) => describeScan(jdbcConnector, table, context),
  describeSink: (table, context) => describeSink(jdbcConnector, table, context),
  describeLookup: (table, context) => describeLookup(jdbcConnector, table, context),
};
export const mysqlConnector: Connector = {
  identifier: 'mysql', description: 'Tables of MySQL and MariaDB: their changes as a stream, read once in a query that ends, looked up, written.',
  options: [...mysqlTableOptions, ...cdcOptions.filter((o) => !mysqlTableOptions.some((known) => known.key === o.key))],
  describeSource: (table, context) => (isReadOnce(table, context) ? describeScan(mysqlConnector, table, context) : describeCdcSource(mysqlConnector, table, context)),
  describeSink: (table, context) => describeSink(mysqlConnector, table, context),
  describeLookup: (table, context) => describeLookup(mysqlConnector, table, context),
};
