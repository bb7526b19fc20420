/**
 * The MySQL catalog's view of a server (catalog/mysql/mysql-catalog.ts). One connection, opened with the first call, closed when it has not
 * been used for a while; calls queue on it. A lost connection is opened anew once per call.
 */
import type { Connection } from 'mysql2/promise';
import type { CatalogTable, MySqlCatalogPlace, MySqlCatalogPort } from '../../../catalog/mysql/mysql-catalog.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { openConnection, query } from './connection/open.ts';
import type { MySqlServer } from './connection/server.ts';
import { listTables } from './cdc/structure.ts';
import { transportOf } from './table/jdbc-url.ts';
import { sqlTypeOf } from './types/mapping.ts';
import { describeTables, SYSTEM_DATABASES } from './types/tables.ts';

const IDLE_MS = 15_000;

interface Opened { readonly connection: Connection; readonly server: MySqlServer; readonly place: MySqlCatalogPlace }
async function openAt(place: MySqlCatalogPlace): Promise<Opened> {
  const server: MySqlServer = { host: place.host, port: place.port, user: place.user, password: place.password, connectTimeoutMs: place.connectTimeoutMs, ...transportOf(place.properties) };
  return { connection: await openConnection(server), server, place };
}

export function openMySqlCatalogPort(place: () => MySqlCatalogPlace): MySqlCatalogPort {
  let open: Promise<Opened> | undefined, idle: NodeJS.Timeout | undefined;
  const drop = (): void => {
    clearTimeout(idle);
    void open?.then((o) => o.connection.destroy(), () => {});
    open = undefined;
  };
  async function ask<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    clearTimeout(idle);
    try {
      for (let attempt = 0; ; attempt++) {
        const isNew = open === undefined;
        try { return await work(await (open ??= openAt(place()))); } catch (error) {
          const isLost = error instanceof RivuletError && (error.code === 'mysql-connection-lost' || error.code === 'mysql-unreachable' || error.code === 'mysql-access-denied' || error.code === 'connector-host-refused');
          if (isLost) drop();
          if (!isLost || isNew || attempt > 0) throw error;
        }
      }
    } finally { clearTimeout(idle); idle = setTimeout(drop, IDLE_MS).unref(); }
  }
  return {
    listDatabases: () => ask(async ({ connection, server }) => (await query(server, connection, 'SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1', [], 'list databases')).map((r) => String(r[0])).filter((d) => !SYSTEM_DATABASES.includes(d))),
    listTables: (database) => ask(async ({ connection, server }) => (await listTables(server, connection, database, true)).map((t) => t.table).sort()),
    table: (database, name) => ask((o) => tableOf(o.server, o.connection, database, name, o.place.tinyint1AsBoolean)),
    close: () => { drop(); return Promise.resolve(); },
  };
}
async function tableOf(server: MySqlServer, connection: Connection, database: string, name: string, tinyint1AsBoolean: boolean): Promise<CatalogTable | undefined> {
  if (SYSTEM_DATABASES.includes(database)) return undefined;
  const [table] = await describeTables(server, connection, [{ database, table: name }]);
  if (table === undefined) return undefined;
  return { primaryKey: table.primaryKey, comment: table.comment === 'VIEW' ? '' : table.comment, columns: table.columns.map((column) => ({ name: column.name, type: sqlTypeOf(table, column, { face: 'table', tinyint1AsBoolean }), comment: column.comment })) };
}
