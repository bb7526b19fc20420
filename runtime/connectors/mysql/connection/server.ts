/** Where a MySQL server is and how to log in: part of the specs of all MySQL connectors, JSON-safe. */

/** `tls`: null = plain unless the server asks for more; otherwise what is checked of its certificate. */
export interface MySqlServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: { readonly verify: boolean; readonly ca: string | null } | null;
  /** The zlib-compressed protocol, where the server speaks it. */
  readonly compress: boolean;
  readonly connectTimeoutMs: number;
}
/** `host:port`, for errors and logs. */
export const serverText = (server: Pick<MySqlServer, 'host' | 'port'>): string => (server.host.includes(':') ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`);
/** One server is one identity, whoever logs in. */
export const sameServer = (a: MySqlServer, b: MySqlServer): boolean => a.host === b.host && a.port === b.port;
