/**
 * What a session knows of itself, in ordinary queries: user, catalog, settings. The planner folds these calls to constants, because
 * workers do not have the session; a call that was not folded (a view described without a session) gives NULL.
 *
 * PostgreSQL clients' queries without tables or over system tables do not come here: `server/catalog-query` answers those.
 */
import type { EvalEnv, ScalarFunction } from '../../catalog/registry/functions.ts';
import { BOOLEAN, STRING, notNull } from '../../core/types/sql-type.ts';
import { call, characters, scalar } from './define.ts';

const FAMILY = 'session';
type Session = NonNullable<EvalEnv['session']>;
/** A constant of the session, without arguments. */
function fact(name: string, about: string, read: (session: Session) => string, aliases: readonly string[] = []): ScalarFunction {
  const card = scalar(FAMILY, {
    name, aliases, signature: `${name}()`, about, strict: false, infer: (args) => (args.length === 0 ? { result: notNull(STRING) } : undefined),
    compile: (_args, _result, env) => { const value = env.session === undefined ? null : read(env.session); return call(() => value); },
  });
  return { ...card, session: true };
}
export const sessionFunctions: readonly ScalarFunction[] = [
  fact('CURRENT_USER', 'The user of the session.', (s) => s.user, ['SESSION_USER', 'USER', 'CURRENT_ROLE']),
  fact('CURRENT_CATALOG', 'The current catalog.', (s) => s.catalog),
  fact('CURRENT_DATABASE', 'The current database, as in Flink. In a query without tables or over system tables it is what PostgreSQL calls a database: the current catalog.', (s) => s.database, ['CURRENT_SCHEMA']),
  fact('VERSION', 'The version of the server.', (s) => s.version),
  {
    ...scalar(FAMILY, {
      name: 'CURRENT_SETTING', signature: 'CURRENT_SETTING(name [, missing_ok])', about: 'The value of a session option or parameter; NULL when there is none.', strict: false,
      infer: ([name, missing, ...more]) => (name !== undefined && characters(name.type) && more.length === 0 ? { result: STRING, args: missing === undefined ? [STRING] : [STRING, BOOLEAN] } : undefined),
      compile: (_args, _result, { session }) => call((name: string | null) => (name === null ? null : session?.setting(name) ?? null)),
    }),
    session: true,
  },
];
