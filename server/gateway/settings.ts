/**
 * Options of a session (`SET 'k' = 'v'`) and PostgreSQL's run-time parameters. Flink's option names and defaults; a key Rivulet
 * does not know but Flink has (or might) is kept and told about in a notice, so that scripts written for Flink run.
 */
import { nearest } from '../../core/errors/define.ts';
import { unknownSetting } from '../../core/errors/session.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger, type DeclaredOption } from '../../catalog/options/options.ts';
import { maskOption } from '../../catalog/options/secrets.ts';
import { invalidOptionValue } from '../../core/errors/common.ts';

export const sessionOptions: readonly DeclaredOption[] = [
  { key: 'pipeline.name', type: 'string', description: 'Name of the next job; default `insert-into_<sink>`.' },
  { key: 'parallelism.default', type: 'int', description: 'Subtasks of a job; default: the server\'s --parallelism.' },
  { key: 'table.exec.resource.default-parallelism', type: 'int', default: '-1', description: 'Overrides parallelism.default when positive.' },
  { key: 'execution.runtime-mode', type: 'enum', values: ['STREAMING', 'BATCH', 'AUTOMATIC'], description: 'What SELECT does: BATCH (default in Rivulet) ends at the offsets of its start; STREAMING never ends and shows changes. INSERT always streams.' },
  { key: 'execution.checkpointing.interval', type: 'duration', default: '10 s', description: 'Time between checkpoints.' },
  { key: 'execution.checkpointing.timeout', type: 'duration', default: '10 min', description: 'A checkpoint that takes longer has failed.' },
  { key: 'execution.checkpointing.min-pause', type: 'duration', default: '0 ms', description: 'Least time between the end of one checkpoint and the start of the next.' },
  { key: 'execution.checkpointing.mode', type: 'enum', values: ['EXACTLY_ONCE', 'AT_LEAST_ONCE'], default: 'EXACTLY_ONCE', description: 'State is always exactly once; accepted for compatibility.' },
  { key: 'execution.checkpointing.max-concurrent-checkpoints', type: 'int', default: '1', description: 'Always 1.' },
  { key: 'execution.checkpointing.tolerable-failed-checkpoints', type: 'int', default: '0', description: 'Failed checkpoints in a row before the job fails.' },
  { key: 'execution.checkpointing.externalized-checkpoint-retention', type: 'string', description: 'Accepted; checkpoints stay until the job is dropped.' },
  { key: 'execution.savepoint.path', type: 'string', description: 'Start the next job from this savepoint.' },
  { key: 'execution.savepoint.ignore-unclaimed-state', type: 'boolean', default: 'false', description: 'Allow state in the savepoint that no operator of the new job claims.' },
  { key: 'execution.state-recovery.path', type: 'string', description: 'Newer name of execution.savepoint.path in Flink.' },
  { key: 'execution.state-recovery.ignore-unclaimed-state', type: 'boolean', description: 'Newer name of execution.savepoint.ignore-unclaimed-state in Flink.' },
  { key: 'state.backend.type', type: 'string', description: 'Accepted; Rivulet has one backend.' },
  { key: 'execution.checkpointing.dir', type: 'string', description: 'Accepted; checkpoints live in the data directory.' },
  { key: 'restart-strategy.type', type: 'enum', values: ['none', 'off', 'disable', 'fixed-delay', 'fixeddelay', 'exponential-delay', 'exponentialdelay', 'failure-rate', 'failurerate'], default: 'exponential-delay', description: 'How a failed job is started again.' },
  { key: 'restart-strategy.*', type: 'string', description: 'Settings of the restart strategy, as in Flink.' },
  { key: 'table.exec.state.ttl', type: 'duration', default: '0 ms', description: 'State not touched for so long is dropped; 0 keeps it for ever.' },
  { key: 'table.exec.mini-batch.enabled', type: 'boolean', default: 'false', description: 'Accepted; batches are formed anyway.' },
  { key: 'table.exec.mini-batch.allow-latency', type: 'duration', default: '0 ms', description: 'Accepted.' },
  { key: 'table.exec.mini-batch.size', type: 'int', default: '-1', description: 'Accepted.' },
  { key: 'table.exec.source.idle-timeout', type: 'duration', default: '0 ms', description: 'A source idle for so long does not hold back the watermark.' },
  { key: 'table.exec.source.cdc-events-duplicate', type: 'boolean', default: 'false', description: 'Remove duplicate change events by primary key.' },
  { key: 'table.exec.sink.not-null-enforcer', type: 'enum', values: ['ERROR', 'DROP'], default: 'ERROR', description: 'What a NULL for a NOT NULL sink column does.' },
  { key: 'table.exec.sink.type-length-enforcer', type: 'enum', values: ['IGNORE', 'TRIM_PAD', 'ERROR'], default: 'IGNORE', description: 'Length of CHAR, VARCHAR and BINARY sink columns.' },
  { key: 'table.exec.sink.upsert-materialize', type: 'enum', values: ['AUTO', 'NONE', 'FORCE'], default: 'AUTO', description: 'SinkUpsertMaterialize before upsert sinks.' },
  { key: 'table.exec.sink.keyed-shuffle', type: 'enum', values: ['AUTO', 'NONE', 'FORCE'], default: 'AUTO', description: 'Shuffle by the sink\'s primary key.' },
  { key: 'table.optimizer.reuse-source-enabled', type: 'boolean', default: 'true', description: 'Equal scans of a job are read once.' },
  { key: 'table.optimizer.reuse-sub-plan-enabled', type: 'boolean', default: 'true', description: 'Equal sub-plans of a job are computed once.' },
  { key: 'table.dynamic-table-options.enabled', type: 'boolean', default: 'true', description: 'Allow OPTIONS hints.' },
  { key: 'table.local-time-zone', type: 'string', default: 'default', description: 'Session time zone: a region, GMT+08:00, or `default` (the server\'s).' },
  { key: 'table.dml-sync', type: 'boolean', default: 'false', description: 'INSERT waits for its job to end.' },
  { key: 'table.sql-dialect', type: 'enum', values: ['default', 'hive'], default: 'default', description: 'Only `default`.' },
  { key: 'sql-client.*', type: 'string', description: 'Settings of Flink\'s SQL client; accepted.' },
  { key: 'pipeline.*', type: 'string', description: 'Other pipeline settings of Flink; accepted.' },
  { key: 'table.*', type: 'string', description: 'Other table settings of Flink; accepted.' },
  { key: 'execution.*', type: 'string', description: 'Other execution settings of Flink; accepted.' },
  { key: 'state.*', type: 'string', description: 'Other state settings of Flink; accepted.' },
];

/** Prefixes under which Flink has options that mean nothing here: kept, with a notice. */
const GENERIC = new Set(['pipeline.*', 'table.*', 'execution.*', 'state.*']);

/** PostgreSQL's parameters with the values Rivulet reports; SET on them is accepted. */
export const pgParameters: ReadonlyMap<string, string> = new Map([
  ['server_version', '15.0'], ['server_version_num', '150000'], ['server_encoding', 'UTF8'], ['client_encoding', 'UTF8'], ['DateStyle', 'ISO, MDY'], ['IntervalStyle', 'postgres'], ['TimeZone', 'UTC'],
  ['integer_datetimes', 'on'], ['standard_conforming_strings', 'on'], ['is_superuser', 'on'], ['session_authorization', 'rivulet'], ['application_name', ''], ['transaction_isolation', 'read committed'],
  ['default_transaction_isolation', 'read committed'], ['default_transaction_read_only', 'off'], ['transaction_read_only', 'off'], ['search_path', '"$user", public'], ['extra_float_digits', '1'], ['statement_timeout', '0'], ['lock_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'], ['client_min_messages', 'notice'], ['bytea_output', 'hex'], ['password_encryption', 'scram-sha-256'], ['max_identifier_length', '63'], ['row_security', 'on'], ['max_index_keys', '32'], ['lc_collate', 'C'], ['lc_ctype', 'C'], ['synchronous_commit', 'on'], ['datestyle', 'ISO, MDY'], ['in_hot_standby', 'off'], ['jit', 'off'], ['xmloption', 'content'], ['default_table_access_method', 'heap'], ['default_tablespace', ''], ['temp_tablespaces', ''], ['transaction_deferrable', 'off'], ['default_transaction_deferrable', 'off'], ['backslash_quote', 'safe_encoding'], ['escape_string_warning', 'on'], ['quote_all_identifiers', 'off'],
]);
/** Spellings with blanks: SHOW TIME ZONE, SHOW TRANSACTION ISOLATION LEVEL. */
const PG_ALIASES: ReadonlyMap<string, string> = new Map([['time zone', 'timezone'], ['transaction isolation level', 'transaction_isolation'], ['names', 'client_encoding']]);

export class SessionSettings {
  private readonly own = new Map<string, string>();
  private readonly pg = new Map<string, string>();
  private readonly defaults: ReadonlyMap<string, string>;
  /** PostgreSQL's parameters that say who this is. */
  private readonly fixed: ReadonlyMap<string, string>;
  constructor(defaults: ReadonlyMap<string, string>, fixed: ReadonlyMap<string, string> = new Map()) { this.defaults = defaults; this.fixed = fixed; }

  /** Value in force: the session's, the server's default from its configuration, the declared default. */
  get(key: string): string | undefined { return this.own.get(key) ?? this.defaults.get(key) ?? sessionOptions.find((o) => o.key === key)?.default; }
  /** Set by the user or the server's configuration; not declared defaults. */
  explicit(key: string): string | undefined { return this.own.get(key) ?? this.defaults.get(key); }
  /** Sets a Flink option after checking its value. Gives the nearest known names when the key is unknown, else undefined. */
  set(key: string, value: string): readonly string[] | undefined {
    const card = findOption(key);
    if (card !== undefined) check(card, key, value);
    this.own.set(key, value);
    return card === undefined || GENERIC.has(card.key) ? nearest(key, sessionOptions.map((o) => o.key).filter((k) => !k.endsWith('*'))) : undefined;
  }
  reset(key: string | undefined): void {
    if (key === undefined) { this.own.clear(); this.pg.clear(); return; }
    this.own.delete(key);
    this.pg.delete(canonical(key));
  }
  /** Everything set, sorted, for `SET;`. Whoever sets a password here by mistake does not find it in the details of jobs. */
  list(): readonly (readonly [string, string])[] { return shownSettings([...new Map([...this.defaults, ...this.own])]).sort(([a], [b]) => (a < b ? -1 : 1)); }
  /** What a job is given. */
  forJob(): Record<string, string> { return Object.fromEntries(this.list()); }

  setPg(name: string, value: string): void { this.pg.set(canonical(name), value); }
  pgParameter(name: string): string | undefined {
    const key = canonical(name);
    if (key === 'timezone' && !this.pg.has(key)) return this.timeZone();
    return this.fixed.get(key) ?? this.pg.get(key) ?? [...pgParameters].find(([k]) => k.toLowerCase() === key)?.[1];
  }
  showPg(name: string): string {
    // A known option that has neither a value nor a default shows empty, as in PostgreSQL.
    const value = this.pgParameter(name) ?? this.get(name) ?? (sessionOptions.some((o) => o.key === name) ? '' : undefined);
    if (value === undefined) throw unknownSetting({ name, known: [...pgParameters.keys(), ...sessionOptions.map((o) => o.key)] });
    return value;
  }
  allPg(): readonly (readonly [string, string])[] { return [...pgParameters.keys()].map((k) => [k, this.pgParameter(k) ?? ''] as const); }

  timeZone(): string {
    const zone = this.get('table.local-time-zone') ?? 'default';
    return zone === 'default' ? hostZone() : normalZone(zone);
  }
  /** Milliseconds of idle-state retention. */
  stateTtlMs(): number { return parseDuration('table.exec.state.ttl', this.get('table.exec.state.ttl') ?? '0'); }
  /** True when the user asked for endless SELECTs. */
  streamingSelect(): boolean { return this.explicit('execution.runtime-mode')?.toUpperCase() === 'STREAMING'; }
}
/** No option of a session is a secret: what has such a key means nothing, and is masked before a job keeps and shows it. */
export const shownSettings = (settings: readonly (readonly [string, string])[]): (readonly [string, string])[] => settings.map(([key, value]) => [key, maskOption(key, value)] as const);
const canonical = (name: string): string => { const lower = name.toLowerCase(); return PG_ALIASES.get(lower) ?? lower; };
/** True for a name that PostgreSQL drivers SET: no dot in it, or one Rivulet reports. */
export const isPgParameter = (name: string): boolean => !name.includes('.') && !name.includes('-');
const findOption = (key: string): DeclaredOption | undefined => sessionOptions.find((o) => o.key === key) ?? sessionOptions.find((o) => o.key.endsWith('*') && key.startsWith(o.key.slice(0, -1)));

/** The zone of this machine. Asked of Temporal where there is one: a formatter of dates costs every server 8 MB and 20 ms. */
export const hostZone = (): string => (typeof Temporal === 'undefined' ? Intl.DateTimeFormat().resolvedOptions().timeZone : Temporal.Now.timeZoneId());

/** Flink accepts region names, `GMT+08:00` and `UTC`; `+08:00` too. Throws `invalid-option-value`. */
function normalZone(zone: string): string {
  const offset = /^(?:GMT|UTC)?([+-]\d{1,2})(?::?(\d{2}))?$/.exec(zone);
  const name = offset === null ? zone : `${(offset[1] ?? '')[0]}${(offset[1] ?? '').slice(1).padStart(2, '0')}:${offset[2] ?? '00'}`;
  try { return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone; } catch (error) {
    throw invalidOptionValue({ option: 'table.local-time-zone', value: zone, expected: "a time zone such as 'Asia/Shanghai', 'UTC' or 'GMT+08:00'" }, { cause: error });
  }
}
function check(card: DeclaredOption, key: string, value: string): void {
  if (card.key.endsWith('*')) return;
  if (key === 'table.local-time-zone') { if (value !== 'default') normalZone(value); return; }
  switch (card.type) {
    case 'int': case 'long': parseInteger(key, value); return;
    case 'boolean': parseBoolean(key, value); return;
    case 'duration': parseDuration(key, value); return;
    case 'enum': parseEnum(key, value, card.values ?? []); return;
    default:
  }
}
