/** `jdbc:mysql://host:3306/database?sslMode=REQUIRED` and the MariaDB twin: where a server is, as the JDBC drivers write it. */
import { jdbcUrlUnsupported } from '../../../../core/errors/mysql-tables.ts';

export interface JdbcUrl {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Keys in lower case. Those that mean nothing here are ignored, as other drivers' keys are in Flink. */
  readonly properties: ReadonlyMap<string, string>;
}
const FORM = /^jdbc:(?:mysql|mariadb):\/\/(\[[^\]]+\]|[^/:,?#]+)(?::(\d{1,5}))?(?:\/([^?;/]*))?(?:\?(.*))?$/is;

/** Throws jdbc-url-unsupported for other databases, several hosts and texts that are no URL; never shows what stands behind `?`. */
export function parseJdbcUrl(url: string, table: string): JdbcUrl {
  const m = FORM.exec(url.trim()), refused = (): Error => jdbcUrlUnsupported({ url: url.split('?')[0] ?? '', table });
  if (m === null) throw refused();
  const port = Number(m[2] ?? '3306');
  if (port < 1 || port > 65_535) throw refused();
  const decoded = (text: string): string => { try { return decodeURIComponent(text); } catch { throw refused(); } };
  const properties = (m[4] ?? '').split('&').filter((pair) => pair !== '').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair.toLowerCase(), ''] : [pair.slice(0, at).toLowerCase(), decoded(pair.slice(at + 1))];
  });
  return { host: (m[1] ?? '').replace(/^\[|\]$/g, ''), port, database: decoded(m[3] ?? ''), properties: new Map(properties) };
}

/** What a driver's properties say of TLS and compression: MySQL's sslMode, the older useSSL, MariaDB's sslMode words. */
export function transportOf(properties: ReadonlyMap<string, string>): { tls: { verify: boolean; ca: null } | null; compress: boolean } {
  const on = (key: string): boolean => properties.get(key)?.toLowerCase() === 'true';
  const mode = properties.get('sslmode')?.toLowerCase().replaceAll('-', '_');
  const required = mode === 'required' || mode === 'trust', verified = mode === 'verify_ca' || mode === 'verify_identity' || mode === 'verify_full';
  const asked = mode === undefined && (on('usessl') || on('requiressl'));
  const tls = verified ? { verify: true, ca: null } : required || asked ? { verify: asked && on('verifyservercertificate'), ca: null } : null;
  return { tls, compress: on('usecompression') };
}
