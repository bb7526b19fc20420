/**
 * Options of `jdbc` (Apache Flink "JDBC SQL Connector") and of `mysql` as dimension and sink table (Alibaba Cloud "MySQL connector").
 * `rds` names of older versions are not taken.
 */
import type { DeclaredOption } from '../../../../catalog/options/options.ts';

const zone: DeclaredOption = { key: 'server-time-zone', type: 'string', description: 'Zone in which MySQL TIMESTAMP columns stand for TIMESTAMP values, and DATETIME columns for TIMESTAMP_LTZ values; the session\'s zone without it.' };
const guarantee: DeclaredOption = { key: 'sink.delivery-guarantee', type: 'enum', values: ['at-least-once', 'exactly-once'], default: 'at-least-once', description: 'exactly-once writes the rows between two checkpoints as one prepared (XA) transaction together with their epoch in table rivulet_epochs.' };
const ignoreDelete: DeclaredOption = { key: 'sink.ignore-delete', type: 'boolean', default: 'false', description: 'Deletes are not written.' };
const ignoreNull: DeclaredOption = { key: 'sink.ignore-null-when-update', type: 'boolean', default: 'false', description: 'NULL leaves the column of a row that exists as it is.' };
const parallelism: DeclaredOption = { key: 'sink.parallelism', type: 'int', description: 'Subtasks of the sink.' };
const joinRows: DeclaredOption = { key: 'lookup.max-join-rows', type: 'int', default: '1024', description: 'Rows a key may have in a lookup; more fail the job.' };

export const jdbcOptions: readonly DeclaredOption[] = [
  { key: 'url', type: 'string', required: true, description: 'jdbc:mysql://host:port/database or jdbc:mariadb://…; sslMode, useSSL, useCompression, user and password behind ? are read.' },
  { key: 'table-name', type: 'string', required: true, description: 'Table in MySQL: table or database.table.' },
  { key: 'driver', type: 'string', description: 'Accepted; not used.' },
  { key: 'username', type: 'string', description: 'User.' },
  { key: 'password', type: 'string', secret: true, description: 'Password.' },
  { key: 'connection.max-retry-timeout', type: 'duration', default: '60 s', description: 'Longest time to wait for a connection.' },
  zone,
  { key: 'scan.partition.column', type: 'string', description: 'Number, DATE or timestamp column by whose ranges a bounded read is split.' },
  { key: 'scan.partition.num', type: 'int', description: 'Number of ranges.' },
  { key: 'scan.partition.lower-bound', type: 'long', description: 'Where the first range ends is counted from here; rows below are read too.' },
  { key: 'scan.partition.upper-bound', type: 'long', description: 'Where the last range begins is counted from here; rows above are read too.' },
  { key: 'scan.fetch-size', type: 'int', default: '0', description: 'Rows fetched before the reader waits for room; 0 = 8192.' },
  { key: 'scan.auto-commit', type: 'boolean', default: 'true', description: 'Accepted; a read is one statement either way.' },
  { key: 'filter.handling.policy', type: 'enum', values: ['always', 'never'], default: 'always', description: 'Accepted.' },
  { key: 'lookup.cache', type: 'enum', values: ['NONE', 'PARTIAL'], default: 'NONE', description: 'PARTIAL keeps answers of lookups.' },
  { key: 'lookup.partial-cache.max-rows', type: 'int', description: 'Keys kept at most.' },
  { key: 'lookup.partial-cache.expire-after-write', type: 'duration', description: 'An answer is asked for again so long after it was read.' },
  { key: 'lookup.partial-cache.expire-after-access', type: 'duration', description: 'An answer is asked for again when it was not used for so long.' },
  { key: 'lookup.partial-cache.cache-missing-key', type: 'boolean', default: 'true', description: 'Empty answers are kept too.' },
  { key: 'lookup.cache.max-rows', type: 'int', description: 'Old name of lookup.partial-cache.max-rows.' },
  { key: 'lookup.cache.ttl', type: 'duration', description: 'Old name of lookup.partial-cache.expire-after-write.' },
  { key: 'lookup.cache.caching-missing-key', type: 'boolean', description: 'Old name of lookup.partial-cache.cache-missing-key.' },
  { key: 'lookup.max-retries', type: 'int', default: '3', description: 'Times a failed lookup is asked again.' },
  joinRows,
  { key: 'sink.buffer-flush.max-rows', type: 'int', default: '100', description: 'Rows gathered before they are written; 0 = not counted. While a write is under way more gather.' },
  { key: 'sink.buffer-flush.interval', type: 'duration', default: '1 s', description: 'Longest time rows are gathered; 0 = not timed. Where it is not set, rows are also written as soon as the input rests.' },
  { key: 'sink.max-retries', type: 'int', default: '3', description: 'Times a failed write is sent again.' },
  parallelism, guarantee, ignoreDelete, ignoreNull,
];

export const mysqlTableOptions: readonly DeclaredOption[] = [
  { key: 'hostname', type: 'string', required: true, description: 'Server.' },
  { key: 'port', type: 'int', default: '3306', description: 'Port.' },
  { key: 'username', type: 'string', required: true, description: 'User.' },
  { key: 'password', type: 'string', required: true, secret: true, description: 'Password.' },
  { key: 'database-name', type: 'string', required: true, description: 'Database; as lookup and sink table a plain name.' },
  { key: 'table-name', type: 'string', required: true, description: 'Table; as lookup and sink table a plain name.' },
  { key: 'url', type: 'string', description: 'JDBC URL whose properties (sslMode, useSSL, useCompression) count; others are accepted.' },
  { key: 'connect.timeout', type: 'duration', default: '30 s', description: 'Longest time to wait for a connection.' },
  zone,
  { key: 'lookup.max-retries', type: 'int', default: '3', description: 'Times a failed lookup is asked again.' },
  { key: 'lookup.cache.strategy', type: 'enum', values: ['None', 'LRU', 'ALL'], default: 'None', description: 'LRU keeps answers; ALL keeps the whole table and reads it again after lookup.cache.ttl.' },
  { key: 'lookup.cache.max-rows', type: 'int', default: '100000', description: 'Keys kept by LRU.' },
  { key: 'lookup.cache.ttl', type: 'duration', default: '10 s', description: 'LRU: age of an answer; ALL: time between two reads of the table.' },
  joinRows,
  { key: 'lookup.filter-push-down.enabled', type: 'boolean', default: 'false', description: 'Accepted; constant conditions on columns are always part of the lookup.' },
  { key: 'sink.max-retries', type: 'int', default: '3', description: 'Times a failed write is sent again.' },
  { key: 'sink.buffer-flush.batch-size', type: 'int', default: '4096', description: 'Rows of one statement at most.' },
  { key: 'sink.buffer-flush.max-rows', type: 'int', default: '10000', description: 'Rows gathered before they are written; 0 = not counted.' },
  { key: 'sink.buffer-flush.interval', type: 'duration', default: '1 s', description: 'Longest time rows are gathered; 0 = not timed. Where it is not set, rows are also written as soon as the input rests.' },
  parallelism, guarantee, ignoreDelete, ignoreNull,
];
