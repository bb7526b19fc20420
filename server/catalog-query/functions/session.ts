/** Who and where: what a session knows of itself and of the server. */
import { unknownSetting } from '../../../core/errors/session.ts';
import { hashOid } from '../../../catalog/system/oids.ts';
import { define, named, type CatalogFunction } from './define.ts';

const SERVER_VERSION = 'PostgreSQL 15.0 (Rivulet';

export const sessionFunctions: readonly CatalogFunction[] = [
  define('version', [], 'text', (_, { context }) => `${SERVER_VERSION} ${context.version}) on ${process.platform}-${process.arch}, Node.js ${process.versions.node}`),
  ...named(['current_database', 'current_catalog'], (name) => define(name, [], 'name', (_, { context }) => context.currentCatalog)),
  define('current_schema', [], 'name', (_, { context }) => context.currentDatabase),
  define<[boolean]>('current_schemas', ['bool'], 'name[]', ([implicit], { context }) => (implicit ? ['pg_catalog', context.currentDatabase] : [context.currentDatabase])),
  ...named(['current_user', 'session_user', 'user', 'current_role', 'system_user'], (name) => define(name, [], 'name', (_, { context }) => context.user)),
  define<[string, boolean?]>('current_setting', ['text', 'bool'], 'text', ([name, missing], { context }) => {
    const value = context.setting(name);
    if (value === undefined && missing !== true) throw unknownSetting({ name, known: context.settings().map(([k]) => k) });
    return value ?? null;
  }),
  define<[string, string | null, boolean]>('set_config', ['text', 'text', 'bool'], 'text', ([name, value], { context }) => { context.setSetting(name, value ?? ''); return value ?? ''; }, { strict: false }),
  define('getdatabaseencoding', [], 'name', () => 'UTF8'),
  define('pg_client_encoding', [], 'name', () => 'UTF8'),
  define('pg_backend_pid', [], 'int4', (_, { context }) => context.processId),
  ...named(['pg_is_in_recovery', 'pg_is_wal_replay_paused', 'pg_is_in_backup'], (name) => define(name, [], 'bool', () => false)),
  ...named(['txid_current', 'txid_current_if_assigned', 'pg_current_xact_id', 'pg_current_xact_id_if_assigned'], (name) => define(name, [], 'int8', () => 1)),
  ...named(['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'current_timestamp'], (name) => define(name, [], 'timestamptz', (_, { context }) => context.nowMs)),
  define('localtimestamp', [], 'timestamp', (_, { context }) => context.nowMs),
  define('current_date', [], 'date', (_, { context }) => Math.floor(context.nowMs / 86_400_000)),
  ...named(['pg_postmaster_start_time', 'pg_conf_load_time'], (name) => define(name, [], 'timestamptz', (_, { context }) => context.startedMs)),
  ...named(['inet_server_addr', 'inet_client_addr'], (name) => define(name, [], 'text', () => null)),
  ...named(['inet_server_port', 'inet_client_port'], (name) => define(name, [], 'int4', () => null)),
  define('pg_my_temp_schema', [], 'oid', (_, { context }) => hashOid('temporary schema', context.processId)),
  define('pg_is_other_temp_schema', ['oid'], 'bool', () => false),
  ...named(['pg_try_advisory_lock', 'pg_advisory_unlock', 'pg_try_advisory_xact_lock', 'pg_try_advisory_lock_shared', 'pg_advisory_unlock_shared'], (name) => define(name, ['int8', 'int4'], 'bool', () => true)),
  ...named(['pg_advisory_lock', 'pg_advisory_xact_lock', 'pg_advisory_unlock_all', 'pg_advisory_lock_shared'], (name) => define(name, ['int8', 'int4'], 'void', () => '')),
  ...named(['pg_cancel_backend', 'pg_terminate_backend', 'pg_reload_conf', 'pg_rotate_logfile'], (name) => define(name, ['int4', 'int8'], 'bool', () => false)),
  define('pg_export_snapshot', [], 'text', () => '00000001-1'),
  define('pg_get_wal_replay_pause_state', [], 'text', () => 'not paused'),
  define('age', ['any', 'any'], 'int4', () => 0),
  define('mxid_age', ['any'], 'int4', () => 0),
];
