/** Options of a MySQL catalog. Source: Alibaba Cloud "Manage MySQL catalogs". */
import type { DeclaredOption } from '../options/options.ts';

export const mysqlCatalogOptions: readonly DeclaredOption[] = [
  { key: 'type', type: 'string', required: true, description: '`mysql`' },
  { key: 'hostname', type: 'string', required: true, description: 'MySQL server.' },
  { key: 'port', type: 'int', default: '3306', description: 'Its port.' },
  { key: 'username', type: 'string', required: true, description: 'Sees the databases and tables this user may select from.' },
  { key: 'password', type: 'string', required: true, secret: true, description: 'Shown as ******.' },
  { key: 'default-database', type: 'string', required: true, description: 'Database of names without one.' },
  { key: 'property-version', type: 'enum', values: ['0', '1'], default: '0', description: 'With `1`, `catalog.table.treat-tinyint1-as-boolean` is false unless given.' },
  { key: 'catalog.table.metadata-columns', type: 'list', description: 'Metadata columns every table gets, separated by `;`, e.g. `op_ts;table_name`; such tables can only be read.' },
  { key: 'catalog.table.treat-tinyint1-as-boolean', type: 'boolean', default: 'true', description: 'TINYINT(1) becomes BOOLEAN.' },
  { key: 'server-time-zone', type: 'string', description: "Copied into every table: the server's time zone." },
  { key: 'server-id', type: 'string', description: 'Copied into every table: ids of its readers.' },
  { key: 'connect.timeout', type: 'duration', default: '30 s', description: 'Longest wait for a connection; copied into every table.' },
  { key: 'jdbc.properties.*', type: 'map', description: 'Copied into every table: TLS and compression.' },
];
