/**
 * The settings of the server as data: each card has its flag, environment variable, key in the configuration file, type, default and
 * check. `config.ts` reads values by it, `--help` is printed from it, and so are the docs.
 */
import { availableParallelism } from 'node:os';
import { isAbsolute, normalize } from 'node:path';
import { parseMemory } from '../../catalog/options/options.ts';
import { isHostPattern } from '../../core/access/hosts.ts';
import { LOG_LEVELS } from '../../core/ports/log.ts';
import type { ConfiguredUser } from '../auth/contract.ts';
import { defaultMemoryLimit } from './memory.ts';
import type { LogLevel } from '../../core/ports/log.ts';

/** What the composition root works with. Every value is checked. */
export interface Config {
  readonly host: string;
  readonly pgPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly parallelism: number;
  /** Bytes the process is to stay within. */
  readonly memoryLimit: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'json' | 'pretty';
  /** Further names under which HTTP clients may address the server (Host header), beside loopback names and `host`. */
  readonly httpNames: readonly string[];
  readonly insecureNoAuth: boolean;
  /** Folders whose files options may name: `${file:…}`, `ssl.*.location`. Absolute. */
  readonly secretsDirs: readonly string[];
  /** Environment variables that `${env:…}` may read; a trailing `*` stands for any rest of a name. */
  readonly secretsEnv: readonly string[];
  /** File with the key that stored secrets are encrypted with; undefined = not by a file. */
  readonly secretsKeyFile: string | undefined;
  /** As AccessPolicy.hosts. */
  readonly connectorHosts: readonly string[];
  /** Files of TLS; undefined without. The key comes with the certificate. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
  readonly tlsRequired: boolean;
  /** A file for the lines of the audit, beside the log. */
  readonly auditLog: string | undefined;
  /** Path of the configuration file that was read. */
  readonly configFile: string | undefined;
  /** Options every new session starts with, as written: `{'execution.checkpointing.interval' => '10 s'}`. Checked by the gateway. */
  readonly sessionDefaults: ReadonlyMap<string, string>;
  /** Users of the configuration file. */
  readonly users: readonly ConfiguredUser[];
}

/** Fields of Config that a card fills (all but those that come from the file itself). */
export type SettingField = Exclude<keyof Config, 'configFile' | 'sessionDefaults' | 'users'>;

export interface SettingCard {
  readonly field: SettingField;
  /** Long flag without the dashes. */
  readonly flag: string;
  readonly env: string;
  /** Key in the YAML file; none for what must not hide in a file. */
  readonly yaml: string | undefined;
  /** Shown in --help: `<port>`; a flag without a value has none. */
  readonly valueName: string | undefined;
  readonly byDefault: () => Config[SettingField];
  readonly description: string;
  /** What a good value looks like, for error texts. */
  readonly expected: string;
  /** The value of a text (flags and environment have texts; file values are turned into texts first); undefined = not a good value. */
  readonly parse: (text: string) => Config[SettingField] | undefined;
}

const wholeNumber = (low: number, high: number) => (text: string): number | undefined => {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= low && value <= high ? value : undefined;
};
const oneOf = <const T extends string>(values: readonly T[]) => (text: string): T | undefined => values.find((v) => v === text);
const nonEmpty = (text: string): string | undefined => (text.trim() === '' || text.includes('\0') ? undefined : text);
const hostName = (text: string): string | undefined => (/^(\[[0-9a-fA-F:.]+\]|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|[A-Za-z0-9]([A-Za-z0-9._-]{0,253}))$/.test(text) ? text.replace(/^\[|\]$/g, '') : undefined);
const LEAST_MEMORY = 256 * 1024 ** 2;
const memorySize = (text: string): number | undefined => {
  let bytes: number;
  try { bytes = parseMemory('memory-limit', text); } catch { return undefined; }
  return bytes >= LEAST_MEMORY && Number.isSafeInteger(bytes) ? bytes : undefined;
};
const yes = /^(true|yes|on|1)$/i, no = /^(false|no|off|0)$/i;
const yesOrNo = (text: string): boolean | undefined => (yes.test(text) ? true : no.test(text) ? false : undefined);

/** Of a list; `none` is the empty one. */
const orNone = (parse: (part: string) => string | undefined) => (text: string): readonly string[] | undefined => (text.trim() === 'none' || text.trim() === '' ? [] : listOf(text, parse));

const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;

/** In the order of --help. */
export const settings: readonly SettingCard[] = [
  { field: 'host', flag: 'host', env: 'RIVULET_HOST', yaml: 'host', valueName: 'address', byDefault: () => '127.0.0.1', description: 'address to listen on', expected: 'an IP address or a host name', parse: hostName },
  { field: 'pgPort', flag: 'pg-port', env: 'RIVULET_PG_PORT', yaml: 'pg-port', valueName: 'port', byDefault: () => 7432, description: 'port of the PostgreSQL protocol (psql, drivers); 0 takes a free one', expected: 'a port from 0 to 65535', parse: wholeNumber(0, 65_535) },
  { field: 'httpPort', flag: 'http-port', env: 'RIVULET_HTTP_PORT', yaml: 'http-port', valueName: 'port', byDefault: () => 7480, description: 'port of the HTTP API; 0 takes a free one', expected: 'a port from 0 to 65535', parse: wholeNumber(0, 65_535) },
  { field: 'httpNames', flag: 'http-names', env: 'RIVULET_HTTP_NAMES', yaml: 'http-names', valueName: 'names', byDefault: () => [], description: 'further host names the HTTP API answers to, separated by commas', expected: 'host names separated by commas', parse: (text) => (text === '' ? [] : listOf(text, hostName)) },
  { field: 'dataDir', flag: 'data-dir', env: 'RIVULET_DATA_DIR', yaml: 'data-dir', valueName: 'folder', byDefault: () => './rivulet-data', description: 'folder of catalog, state and checkpoints', expected: 'a path', parse: nonEmpty },
  { field: 'parallelism', flag: 'parallelism', env: 'RIVULET_PARALLELISM', yaml: 'parallelism', valueName: 'n', byDefault: () => availableParallelism(), description: 'default number of parallel tasks per job', expected: 'a whole number from 1 to 1024', parse: wholeNumber(1, 1024) },
  { field: 'memoryLimit', flag: 'memory-limit', env: 'RIVULET_MEMORY_LIMIT', yaml: 'memory-limit', valueName: 'size', byDefault: defaultMemoryLimit, description: 'memory the process is to stay within; about half of it is for state, and a job whose state needs more fails', expected: "a size of at least 256 mb, such as '512 mb' or '8 gb'", parse: memorySize },
  { field: 'logLevel', flag: 'log-level', env: 'RIVULET_LOG_LEVEL', yaml: 'log-level', valueName: 'level', byDefault: () => 'info', description: `least level of the log: ${LOG_LEVELS.join(', ')}`, expected: LOG_LEVELS.join(', '), parse: oneOf(LOG_LEVELS) },
  { field: 'logFormat', flag: 'log-format', env: 'RIVULET_LOG_FORMAT', yaml: 'log-format', valueName: 'format', byDefault: () => 'auto', description: 'auto (readable on a terminal, JSON elsewhere), json or pretty; the log goes to stderr', expected: LOG_FORMATS.join(', '), parse: oneOf(LOG_FORMATS) },
  { field: 'secretsDirs', flag: 'secrets-dir', env: 'RIVULET_SECRETS_DIR', yaml: 'secrets-dir', valueName: 'folders', byDefault: () => ['/run/secrets'], description: 'folders whose files options may read, by ${file:/path} and by ssl.*.location; separated by commas, or none', expected: 'absolute paths separated by commas, or none', parse: orNone((path) => (isAbsolute(path) && !path.includes('\0') ? normalize(path) : undefined)) },
  { field: 'secretsEnv', flag: 'secrets-env', env: 'RIVULET_SECRETS_ENV', yaml: 'secrets-env', valueName: 'names', byDefault: () => ['RIVULET_SECRET_*'], description: 'environment variables that options may read by ${env:NAME}; separated by commas, PREFIX_* for all that begin so, or none', expected: 'names of variables separated by commas, or none', parse: orNone((name) => (/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name) ? name : undefined)) },
  { field: 'secretsKeyFile', flag: 'secrets-key-file', env: 'RIVULET_SECRETS_KEY_FILE', yaml: 'secrets-key-file', valueName: 'path', byDefault: () => undefined, description: 'file with the key that the secrets of CREATE SECRET are encrypted with on disk (or RIVULET_SECRETS_KEY holds the key itself)', expected: 'a path', parse: nonEmpty },
  { field: 'connectorHosts', flag: 'connector-hosts', env: 'RIVULET_CONNECTOR_HOSTS', yaml: 'connector-hosts', valueName: 'hosts', byDefault: () => [], description: 'the only hosts connectors may reach: names, *.suffix, addresses, networks such as 10.0.0.0/8, or *; without it all but link-local and metadata addresses', expected: 'host names, addresses and networks separated by commas', parse: orNone((host) => (isHostPattern(host) ? host : undefined)) },
  { field: 'tlsCert', flag: 'tls-cert', env: 'RIVULET_TLS_CERT', yaml: 'tls-cert', valueName: 'file', byDefault: () => undefined, description: 'certificate (chain) in PEM: TLS on the PostgreSQL port, HTTPS on the HTTP port; read again when it changes and on SIGHUP', expected: 'a path', parse: nonEmpty },
  { field: 'tlsKey', flag: 'tls-key', env: 'RIVULET_TLS_KEY', yaml: 'tls-key', valueName: 'file', byDefault: () => undefined, description: 'private key of the certificate, in PEM', expected: 'a path', parse: nonEmpty },
  { field: 'tlsClientCa', flag: 'tls-client-ca', env: 'RIVULET_TLS_CLIENT_CA', yaml: 'tls-client-ca', valueName: 'file', byDefault: () => undefined, description: 'clients must show a certificate of this authority, beside their password', expected: 'a path', parse: nonEmpty },
  { field: 'tlsRequired', flag: 'tls-required', env: 'RIVULET_TLS_REQUIRED', yaml: 'tls-required', valueName: undefined, byDefault: () => false, description: 'refuse clients of the PostgreSQL protocol that do not use TLS', expected: 'true or false', parse: yesOrNo },
  { field: 'auditLog', flag: 'audit-log', env: 'RIVULET_AUDIT_LOG', yaml: 'audit-log', valueName: 'file', byDefault: () => undefined, description: 'append a JSON line for each change, refusal and failed login; opened anew on SIGHUP', expected: 'a path', parse: nonEmpty },
  { field: 'insecureNoAuth', flag: 'insecure-no-auth', env: 'RIVULET_INSECURE_NO_AUTH', yaml: undefined, valueName: undefined, byDefault: () => false, description: 'listen on addresses that are not loopback although no users are configured: anyone who reaches the port can run any statement', expected: 'true or false', parse: yesOrNo },
];

function listOf(text: string, parse: (part: string) => string | undefined): readonly string[] | undefined {
  const parts = text.split(',').map((part) => parse(part.trim()));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}
