/** `mysql-cdc` options: what is refused, in Flink CDC's words, and what the reader is told. */
import { expect } from 'chai';
import type { TableObject } from '../../../catalog/objects/objects.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { BIGINT, STRING } from '../../../core/types/sql-type.ts';
import { connectorRegistry } from '../../../runtime/connectors/index.ts';
import type { MySqlTableSpec } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import { TablePatterns } from '../../../runtime/connectors/mysql/cdc/patterns.ts';
import { formatRegistry } from '../../../runtime/formats/index.ts';

const BASE = { connector: 'mysql-cdc', hostname: 'db', username: 'u', password: 'top-secret', 'database-name': 'shop', 'table-name': 'orders' };
const table = (options: Readonly<Record<string, string>>, hasKey = true): TableObject => ({
  kind: 'table', path: { catalog: 'c', database: 'd', name: 't' }, temporary: false, columns: [{ kind: 'physical', name: 'id', type: BIGINT }, { kind: 'physical', name: 'v', type: STRING }],
  ...(hasKey ? { primaryKey: { name: 'PK', columns: ['id'] } } : {}), options: new Map(Object.entries({ ...BASE, ...options })),
});
const describeTable = (options: Readonly<Record<string, string>>, hasKey = true, bounded = false) => {
  const t = table(options, hasKey), source = connectorRegistry.get(t.options.get('connector') ?? '')?.describeSource?.(t, { formats: formatRegistry, timeZone: 'UTC', bounded });
  if (source === undefined) throw new TypeError('no source');
  return { source, spec: source.spec as unknown as MySqlTableSpec };
};
const messageOf = (options: Readonly<Record<string, string>>, hasKey = true): string => {
  try { describeTable(options, hasKey); } catch (error) { if (error instanceof RivuletError) return error.message; throw error; }
  return 'nothing wrong';
};

describe('mysql-cdc options', () => {
  const refused: readonly (readonly [what: string, options: Readonly<Record<string, string>>, message: string])[] = [
    ['a database that is no pattern', { 'database-name': 'a(' }, "The database-name 'a(' is not a valid regular expression"],
    ['a table that is no pattern', { 'table-name': '[x' }, "The table-name '[x' is not a valid regular expression"],
    ['a server id', { 'server-id': 'abc' }, "The value of option 'server-id' is invalid: 'abc'"],
    ['a range of server ids that ends before it begins', { 'server-id': '5408-5400' }, "The value of option 'server-id' is invalid: '5408-5400'"],
    ['a chunk size', { 'scan.incremental.snapshot.chunk.size': '1' }, "The value of option 'scan.incremental.snapshot.chunk.size' must larger than 1, but is 1"],
    ['a fetch size', { 'scan.snapshot.fetch.size': '0' }, "The value of option 'scan.snapshot.fetch.size' must larger than 1, but is 0"],
    ['a pool size', { 'connection.pool.size': '1' }, "The value of option 'connection.pool.size' must larger than 1, but is 1"],
    ['retries', { 'connect.max-retries': '0' }, "The value of option 'connect.max-retries' must larger than 0, but is 0"],
    ['a timeout', { 'connect.timeout': '100 ms' }, "The value of option 'connect.timeout' cannot be less than PT0.25S, but actual is PT0.1S"],
    ['an upper factor', { 'chunk-key.even-distribution.factor.upper-bound': '0.5' }, "The value of option 'chunk-key.even-distribution.factor.upper-bound' must be larger than or equals 1.0, but is 0.5"],
    ['a lower factor', { 'chunk-key.even-distribution.factor.lower-bound': '0' }, "The value of option 'chunk-key.even-distribution.factor.lower-bound' must be in range (0.0, 1.0], but is 0"],
    ['a startup mode', { 'scan.startup.mode': 'never' }, "Invalid value for option 'scan.startup.mode'. Supported values are [initial, earliest-offset, latest-offset, specific-offset, timestamp, snapshot], but was: never"],
    ['a specific offset without one', { 'scan.startup.mode': 'specific-offset', 'scan.startup.specific-offset.file': 'binlog.000001' }, 'Unable to find a valid binlog offset. Either gtid-set, or file and pos are required.'],
    ['a timestamp without one', { 'scan.startup.mode': 'timestamp' }, "'scan.startup.timestamp-millis' is required in 'timestamp' startup mode but missing"],
  ];
  for (const [what, options, message] of refused) it(`refuses ${what}`, () => expect(messageOf(options)).to.equal(message));
  it('needs a key, or a column to cut by', () => {
    expect(messageOf({}, false)).to.equal("'scan.incremental.snapshot.chunk.key-column' is required for table without primary key when 'scan.incremental.snapshot.enabled' enabled.");
    expect(messageOf({ 'scan.incremental.snapshot.chunk.key-column': 'v' }, false)).to.equal('nothing wrong');
    expect(messageOf({ 'scan.startup.mode': 'latest-offset' }, false)).to.equal('nothing wrong');
  });
  it('tells the reader what was asked for', () => {
    const { source, spec } = describeTable({ port: '3307', 'server-id': '5400-5403', 'scan.startup.mode': 'specific-offset', 'scan.startup.specific-offset.file': 'binlog.000003', 'scan.startup.specific-offset.pos': '1234', 'jdbc.properties.sslMode': 'REQUIRED', 'jdbc.properties.useCompression': 'true' });
    expect(spec.server).to.deep.include({ host: 'db', port: 3307, user: 'u', compress: true, tls: { verify: false, ca: null } });
    expect(spec.serverIds).to.deep.equal([5400, 5403]);
    expect(spec.startup).to.deep.include({ mode: 'specific-offset', file: 'binlog.000003', pos: 1234 });
    expect([source.parallelism, source.bounded, source.changelogMode.updateBefore]).to.deep.equal([1, false, true]);
    expect(JSON.stringify((source.spec as { identity?: unknown }).identity)).not.to.include('top-secret');
  });
  it('is bounded in a query that ends and in mode snapshot; append-only when asked', () => {
    expect(describeTable({}, true, true).source.bounded).to.equal(true);
    expect(describeTable({ 'scan.startup.mode': 'snapshot' }).source.bounded).to.equal(true);
    expect(describeTable({ 'scan.read-changelog-as-append-only.enabled': 'true' }).source.changelogMode).to.deep.equal({ insert: true, updateBefore: false, updateAfter: false, delete: false });
  });
  it('matches whole names, as patterns and as they are', () => {
    const matches = (options: Readonly<Record<string, string>>, database: string, name: string): boolean => { const { spec } = describeTable(options); return new TablePatterns(spec.include, spec.exclude).matches({ database, table: name }); };
    expect([matches({}, 'shop', 'orders'), matches({}, 'shop', 'orders2'), matches({}, 'xshop', 'orders')]).to.deep.equal([true, false, false]);
    expect([matches({ 'table-name': 'order_[0-9]+' }, 'shop', 'order_12'), matches({ 'table-name': 'a|b', 'database-name': 'x|y' }, 'y', 'a'), matches({ 'table-name': 'a|b' }, 'shop', 'ab')]).to.deep.equal([true, true, false]);
    expect(matches({ 'table-name': 'odd$name.1' }, 'shop', 'odd$name.1')).to.equal(true);
  });
  it('reads a mysql table as a stream where the query does not end, and once where it does', () => {
    const { source } = describeTable({ connector: 'mysql' });
    expect([source.bounded, source.parallelism]).to.deep.equal([false, 1]);
    expect(describeTable({ connector: 'mysql' }, true, true).source.bounded).to.equal(true);
  });
});
