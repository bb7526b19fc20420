/** Shared by the chaos tests. */
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';

export const serverOf = (url: string): MySqlServer => { const u = new URL(url); return { host: u.hostname, port: Number(u.port), user: decodeURIComponent(u.username), password: decodeURIComponent(u.password), tls: null, compress: false, connectTimeoutMs: 5000 }; };
