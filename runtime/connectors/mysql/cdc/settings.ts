/**
 * Options of a reader of changes as texts, checked with the messages of Flink CDC's MySqlValidator and MySqlTableSourceFactory, for tables
 * and pipelines alike.
 */
import { parseBoolean, parseDuration, parseInteger } from '../../../../catalog/options/options.ts';
import type { MySqlServer } from '../connection/server.ts';
import { transportOf } from '../table/jdbc-url.ts';
import { STARTUP_MODES } from './options.ts';
import type { CdcStartup, MySqlCdcSpec } from './spec.ts';

/** Looks an option up, defaults included; gives the error of a bad option its place. */
export interface OptionReader { get(key: string): string | undefined; all(): Iterable<readonly [string, string]>; fail(what: string, hint?: string): Error }

export function readServer(o: OptionReader): MySqlServer {
  const timeoutMs = parseDuration('connect.timeout', o.get('connect.timeout') ?? '30 s');
  if (timeoutMs < 250) throw o.fail(`The value of option 'connect.timeout' cannot be less than PT0.25S, but actual is PT${timeoutMs / 1000}S`);
  const jdbc = new Map([...o.all()].filter(([k]) => k.startsWith('jdbc.properties.')).map(([k, v]) => [k.slice('jdbc.properties.'.length).toLowerCase(), v]));
  return {
    host: o.get('hostname') ?? '', port: parseInteger('port', o.get('port') ?? '3306', 1, 65535), user: o.get('username') ?? '', password: o.get('password') ?? '',
    ...transportOf(jdbc), connectTimeoutMs: timeoutMs,
  };
}
export function readServerIds(o: OptionReader): readonly [number, number] | null {
  const text = o.get('server-id');
  if (text === undefined) return null;
  const m = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(text), first = Number(m?.[1]), last = Number(m?.[2] ?? m?.[1]);
  if (m === null || first < 1 || last < first || last > 4294967295) throw o.fail(`The value of option 'server-id' is invalid: '${text}'`, "Write a number such as '5400', or a range such as '5400-5408'; ids go up to 4294967295.");
  return [first, last];
}
const isUsed = (mode: string): mode is CdcStartup['mode'] => (STARTUP_MODES as readonly string[]).includes(mode);
export function readStartup(o: OptionReader): CdcStartup {
  const given = o.get('scan.startup.mode') ?? 'initial', mode = given.trim().toLowerCase(), key = (name: string): string => `scan.startup.specific-offset.${name}`;
  if (!isUsed(mode)) throw o.fail(`Invalid value for option 'scan.startup.mode'. Supported values are [${STARTUP_MODES.join(', ')}], but was: ${given}`);
  const none: CdcStartup = { mode, file: null, pos: null, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null };
  if (mode === 'timestamp') {
    const text = o.get('scan.startup.timestamp-millis');
    if (text === undefined) throw o.fail("'scan.startup.timestamp-millis' is required in 'timestamp' startup mode but missing");
    return { ...none, timestampMs: parseInteger('scan.startup.timestamp-millis', text, 0) };
  }
  if (mode !== 'specific-offset') return none;
  const file = o.get(key('file')) ?? null, pos = o.get(key('pos')), gtids = o.get(key('gtid-set')) ?? null;
  if (gtids === null && (file === null || pos === undefined)) throw o.fail('Unable to find a valid binlog offset. Either gtid-set, or file and pos are required.');
  const count = (name: string): number => parseInteger(key(name), o.get(key(name)) ?? '0', 0);
  return { ...none, file: gtids === null || pos !== undefined ? file : null, pos: pos === undefined ? null : parseInteger(key('pos'), pos, 4), gtids, skipEvents: count('skip-events'), skipRows: count('skip-rows') };
}
function above(o: OptionReader, key: string, otherwise: string, least = 2): number {
  const value = parseInteger(key, o.get(key) ?? otherwise);
  if (value < least) throw o.fail(`The value of option '${key}' must larger than ${least - 1}, but is ${value}`);
  return value;
}
function factor(o: OptionReader, key: string, otherwise: string, check: (n: number) => boolean, range: string): number {
  const text = o.get(key) ?? otherwise, value = Number(text);
  if (text.trim() === '' || !check(value)) throw o.fail(`The value of option '${key}' must be ${range}, but is ${text}`);
  return value;
}
export type CommonSettings = Omit<MySqlCdcSpec, 'table' | 'include' | 'exclude' | 'chunkKeys' | 'newTables' | 'schemaChanges' | 'tinyint1AsBoolean' | 'comments'>;
/** What tables and pipelines have in common. Throws for values out of range. */
export function readSettings(o: OptionReader): CommonSettings {
  const flag = (key: string, otherwise: boolean): boolean => parseBoolean(key, o.get(key) ?? String(otherwise));
  above(o, 'scan.snapshot.fetch.size', '1024');
  above(o, 'chunk-meta.group.size', '1000');
  above(o, 'connection.pool.size', '20');
  const upper = factor(o, 'chunk-key.even-distribution.factor.upper-bound', '1000.0', (n) => n >= 1, 'larger than or equals 1.0');
  const lower = factor(o, 'chunk-key.even-distribution.factor.lower-bound', '0.05', (n) => n > 0 && n <= 1, 'in range (0.0, 1.0]');
  return {
    server: readServer(o), serverIds: readServerIds(o), startup: readStartup(o), chunkSize: above(o, 'scan.incremental.snapshot.chunk.size', '8096'), fetchSize: above(o, 'scan.snapshot.fetch.size', '1024'),
    evenFactor: [lower, upper], connections: parseInteger('scan.snapshot.parallelism', o.get('scan.snapshot.parallelism') ?? '4', 1, 64), skipBackfill: flag('scan.incremental.snapshot.backfill.skip', false),
    unboundedChunkFirst: flag('scan.incremental.snapshot.unbounded-chunk-first.enabled', true), heartbeatMs: parseDuration('heartbeat.interval', o.get('heartbeat.interval') ?? '30 s'),
    maxRetries: above(o, 'connect.max-retries', '3', 1), timeZone: o.get('server-time-zone') ?? null, legacyJson: flag('use.legacy.json.format', true), appendOnly: flag('scan.read-changelog-as-append-only.enabled', false),
  };
}
