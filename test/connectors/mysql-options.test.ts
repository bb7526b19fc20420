/** What `mysql` and `jdbc` tables refuse in a WITH clause, and what their descriptions say. No server is asked. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, DATE, INT, STRING, array, notNull } from '../../core/types/sql-type.ts';
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { parseJdbcUrl, transportOf } from '../../runtime/connectors/mysql/table/jdbc-url.ts';
import { describeSink, describeSource, tableOf, type ColumnsOf } from './support.ts';

const COLUMNS: ColumnsOf = { id: notNull(BIGINT), name: STRING, day: DATE, n: INT };
const jdbc = (options: Record<string, string> = {}, key?: readonly string[], columns: ColumnsOf = COLUMNS) => tableOf(columns, { connector: 'jdbc', url: 'jdbc:mysql://db:3307/shop', 'table-name': 'orders', ...options }, key);
const mysql = (options: Record<string, string> = {}, key?: readonly string[], columns: ColumnsOf = COLUMNS) => tableOf(columns, { connector: 'mysql', hostname: 'db', username: 'u', password: 'sekret-9d', 'database-name': 'shop', 'table-name': 'orders', ...options }, key);
const lookup = (table: ReturnType<typeof jdbc>) => connectorRegistry.get(table.options.get('connector') ?? '')?.describeLookup?.(table, { formats: formatRegistry, timeZone: 'UTC', bounded: false });
function failure(run: () => unknown): RivuletError {
  try { run(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  throw new RangeError('nothing was refused');
}
const partition = (over: Record<string, string>): Record<string, string> => ({ 'scan.partition.column': 'id', 'scan.partition.num': '4', 'scan.partition.lower-bound': '1', 'scan.partition.upper-bound': '100', ...over });

const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
  ...['jdbc:postgresql://h/d', 'jdbc:oracle:thin:@h', 'mysql://h/d', 'jdbc:mysql://h1,h2/d', 'jdbc:mysql://h:0/d', 'jdbc:mysql://h:99999/d', 'jdbc:mysql:/h/d'].map((url) => [url, () => describeSink(jdbc({ url })), /^option 'url' = .* is not supported by connector 'jdbc'/] as const),
  ['no database', () => describeSink(jdbc({ url: 'jdbc:mysql://h/' })), /^option 'url' names no database/],
  ['username alone', () => describeSink(jdbc({ username: 'u' })), /^Either all or none of the following options should be provided:\nusername\npassword/],
  ['timeout', () => describeSink(jdbc({ 'connection.max-retry-timeout': '10 ms' })), /second granularity/],
  ['sink retries', () => describeSink(jdbc({ 'sink.max-retries': '-1' })), /^The value of 'sink\.max-retries' option shouldn't be negative, but is -1\./],
  ['lookup retries', () => lookup(jdbc({ 'lookup.max-retries': '-1' })), /^The value of 'lookup\.max-retries' option shouldn't be negative, but is -1\./],
  ['old cache options', () => lookup(jdbc({ 'lookup.cache.ttl': '1 s' })), /^Either all or none/], ['cache', () => lookup(jdbc({ 'lookup.cache': 'ALL' })), /lookup\.cache/], ['strategy', () => lookup(mysql({ 'lookup.cache.strategy': 'MRU' })), /lookup\.cache\.strategy/],
  ['half a partition', () => describeSource(jdbc({ 'scan.partition.column': 'id' }), true), /^Either all or none/], ['partition column', () => describeSource(jdbc(partition({ 'scan.partition.column': 'idd' })), true), /names "idd", which is no column/],
  ['partition type', () => describeSource(jdbc(partition({ 'scan.partition.column': 'name' })), true), /must be a number, DATE or timestamp column, but "name" is VARCHAR/],
  ['partition bounds', () => describeSource(jdbc(partition({ 'scan.partition.lower-bound': '101' })), true), /^'scan\.partition\.lower-bound'='101' must not be larger than 'scan\.partition\.upper-bound'='100'\./],
  ['unknown option', () => describeSink(jdbc({ 'sink.buffer-flush.max-row': '1' })), /unsupported options found for 'jdbc': "sink\.buffer-flush\.max-row"/], ['zone', () => describeSink(mysql({ 'server-time-zone': 'Mars/Olympus' })), /server-time-zone/],
  ['guarantee', () => describeSink(mysql({ 'sink.delivery-guarantee': 'maybe' })), /sink\.delivery-guarantee/], ['parallelism', () => describeSink(mysql({ 'sink.parallelism': '0' })), /sink\.parallelism/], ['missing', () => describeSink(tableOf(COLUMNS, { connector: 'mysql', hostname: 'h' })), /required options are missing/],
  ['interval type', () => describeSink(mysql({}, undefined, { id: array(INT), gap: { kind: 'INTERVAL_DAY_TIME', nullable: true } })), /column "gap" is declared as INTERVAL/],
];

describe('mysql and jdbc tables', () => {
  for (const [name, run, message] of REFUSED) it(`refuses: ${name}`, () => {
    const error = failure(run);
    expect(error.message).match(message);
    expect(error.domain).equal('user');
    expect(`${error.message} ${error.detail ?? ''} ${error.hint ?? ''}`).not.contain('sekret-9d');
  });
  it('a key makes an upsert sink, none an append sink; defaults are those of the pages', () => {
    const spec = (t: ReturnType<typeof jdbc>): Record<string, unknown> => describeSink(t).spec as Record<string, unknown>;
    expect(describeSink(jdbc({}, ['id'])).changelogMode).include({ updateAfter: true, delete: true, updateBefore: false });
    expect(describeSink(jdbc()).changelogMode).include({ insert: true, updateAfter: false, delete: false });
    expect(spec(jdbc({}, ['id']))).include({ maxRows: 100, intervalMs: null, maxRetries: 3, database: 'shop', name: 'orders', guarantee: 'at-least-once' });
    expect(spec(jdbc({ 'table-name': 'other.t', 'sink.buffer-flush.interval': '0' }))).include({ intervalMs: 0, database: 'other', name: 't' });
    expect(spec(mysql({}, ['id']))).include({ maxRows: 10000, statementRows: 4096, ignoreDelete: false, ignoreNull: false });
  });
  it('caches', () => {
    expect(lookup(jdbc())?.cache).deep.equal({ kind: 'none' });
    expect(lookup(jdbc({ 'lookup.cache': 'partial', 'lookup.partial-cache.max-rows': '7', 'lookup.partial-cache.expire-after-write': '1 min', 'lookup.partial-cache.cache-missing-key': 'false' }))?.cache).deep.equal({ kind: 'partial', maxRows: 7, expireAfterWriteMs: 60_000, expireAfterAccessMs: 0, keepsMissing: false });
    expect(lookup(jdbc({ 'lookup.cache.max-rows': '9', 'lookup.cache.ttl': '2 s' }))?.cache).include({ kind: 'partial', maxRows: 9, expireAfterWriteMs: 2000 });
    expect(lookup(mysql({ 'lookup.cache.strategy': 'lru' }))?.cache).include({ kind: 'partial', maxRows: 100_000, expireAfterWriteMs: 10_000 });
    expect(lookup(mysql({ 'lookup.cache.strategy': 'ALL', 'lookup.cache.ttl': '5 min' }))?.cache).deep.equal({ kind: 'all', reloadMs: 300_000 });
  });
  it('a mysql table is read as changes, and once where the query ends', () => {
    expect(describeSource(mysql({}, ['id'])).bounded).equal(false);
    expect([describeSource(mysql({}, ['id']), true).bounded, describeSource(mysql({}, ['id']), true).parallelism]).deep.equal([true, undefined]);
    expect(describeSource(mysql({ 'table-name': 'orders_.*' }, ['id']), true).parallelism, 'several tables by the reader of changes').equal(1);
  });
  it('JDBC URLs', () => {
    expect(parseJdbcUrl('jdbc:mysql://db', 't')).include({ host: 'db', port: 3306, database: '' });
    expect(parseJdbcUrl('jdbc:mariadb://[::1]:3308/a%20b?user=x&password=p%26q&sslMode=VERIFY_CA', 't')).include({ host: '::1', port: 3308, database: 'a b' });
    expect(parseJdbcUrl('jdbc:mysql://h/d?password=p%26q', 't').properties.get('password')).equal('p&q');
    expect([...['REQUIRED', 'VERIFY_IDENTITY', 'DISABLED', 'PREFERRED'].map((m) => transportOf(new Map([['sslmode', m]])).tls), transportOf(new Map([['usessl', 'true']])).tls]).deep.equal([{ verify: false, ca: null }, { verify: true, ca: null }, null, null, { verify: false, ca: null }]);
    expect(failure(() => parseJdbcUrl('jdbc:postgresql://h/d?password=sekret-9d', 't')).message).not.contain('sekret-9d');
  });
});
