/** Options of the pipeline sink `mysql`; names follow the `mysql` table connector (Alibaba Cloud "MySQL connector"). */
import type { DeclaredOption } from '../../../../catalog/options/options.ts';

export const mysqlSinkOptions: readonly DeclaredOption[] = [
  { key: 'hostname', type: 'string', required: true, description: 'Server that is written to.' },
  { key: 'port', type: 'int', default: '3306', description: 'Its port.' },
  { key: 'username', type: 'string', required: true, description: 'Account; it needs SELECT, INSERT, UPDATE, DELETE, and for tables that are made and changed CREATE, ALTER, DROP.' },
  { key: 'password', type: 'string', required: true, secret: true, description: 'Its password.' },
  { key: 'database-name', type: 'string', description: 'Database of targets that name none, as in a route to `t` instead of `db.t`.' },
  { key: 'connect.timeout', type: 'duration', default: '30 s', description: 'Time to connect.' },
  { key: 'server-time-zone', type: 'string', description: 'Zone in which MySQL TIMESTAMP columns stand for TIMESTAMP values, and DATETIME columns for TIMESTAMP_LTZ values; that of the pipeline without it.' },
  { key: 'sink.max-retries', type: 'int', default: '3', description: 'Times a failed write is sent again.' },
  { key: 'sink.buffer-flush.max-rows', type: 'int', default: '10000', description: 'Rows of all tables gathered before they are written.' },
  { key: 'sink.buffer-flush.batch-size', type: 'int', default: '4096', description: 'Rows of one statement at most.' },
  { key: 'sink.ignore-delete', type: 'boolean', default: 'false', description: 'Deletes are not written.' },
  { key: 'table.create.properties.*', type: 'map', description: 'Table options of tables that are made: engine, row_format, collate, comment.' },
  { key: 'jdbc.properties.*', type: 'map', description: 'Of a JDBC URL: sslMode, useSSL, useCompression count.' },
];
