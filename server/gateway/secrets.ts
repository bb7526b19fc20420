/**
 * CREATE, ALTER, DROP and SHOW SECRETS. Words and meaning as in RisingWave and Materialize ("CREATE SECRET", "ALTER SECRET", "DROP SECRET",
 * "SHOW SECRETS"): values are never shown, a job keeps the value it was started with until it starts again, and a secret that is used is
 * not dropped.
 */
import { secretInUse, secretNotFound } from '../../core/errors/secrets.ts';
import { quoted } from '../../core/errors/define.ts';
import { STRING, timestamp } from '../../core/types/sql-type.ts';
import { pathSummary } from '../../catalog/objects/objects.ts';
import { secretsIn } from '../../catalog/secrets/references.ts';
import type { AlterSecret, CreateSecret, Drop } from '../../planner/sql/ast-statement.ts';
import { secretsOfPlan } from '../secrets/deferred.ts';
import type { RowsResult } from './contract.ts';
import type { Engine } from './engine.ts';
import { rowsResult } from './results.ts';

export async function createSecret({ secrets, clock }: Engine, s: CreateSecret): Promise<string> {
  await secrets.create(s.name.value, s.value, clock.now(), s.orReplace ? 'replace' : s.ifNotExists ? 'keep' : 'fail');
  return 'CREATE SECRET';
}
export async function alterSecret({ secrets, clock }: Engine, s: AlterSecret): Promise<string> {
  if (!s.ifExists || secrets.get(s.name.value) !== undefined) await secrets.alter(s.name.value, s.value, clock.now());
  return 'ALTER SECRET';
}
export async function dropSecret(engine: Engine, s: Drop): Promise<string> {
  const name = s.name.parts.map((p) => p.value).join('.');
  if (engine.secrets.get(name) === undefined) {
    if (s.ifExists) return 'DROP SECRET';
    throw secretNotFound({ name, known: engine.secrets.names() }, { range: s.name.range });
  }
  const users = await usersOf(engine, name);
  if (users.length > 0) throw secretInUse({ name, users }, { range: s.name.range });
  await engine.secrets.drop(name);
  return 'DROP SECRET';
}
/** Catalogs, permanent tables and jobs that are not ended. Temporary tables go with their session and are not looked at. */
async function usersOf({ catalogs, jobs }: Engine, name: string): Promise<string[]> {
  const users: string[] = [];
  for (const catalogName of catalogs.names()) {
    const catalog = catalogs.get(catalogName);
    if (secretsIn(catalog.options).includes(name)) users.push(`catalog ${quoted(catalogName)}`);
    // Tables of other catalogs have their options from their catalog.
    if (catalog.type !== 'generic_in_memory') continue;
    for (const database of await catalog.listDatabases()) for (const table of await catalog.listTables(database)) {
      const object = await catalog.getObject(database, table);
      if (object?.kind === 'table' && secretsIn(object.options).includes(name)) users.push(`table ${quoted(pathSummary(object.path))}`);
    }
  }
  for (const { id, plan } of jobs.unfinished()) if (secretsOfPlan(plan).includes(name)) users.push(`job ${quoted(id)}`);
  return users;
}
export function showSecrets({ secrets }: Engine, wanted: (name: string) => boolean): RowsResult {
  return rowsResult('SHOW', [{ name: 'secret name', type: STRING }, { name: 'created', type: timestamp(3) }, { name: 'changed', type: timestamp(3) }], secrets.list().filter((s) => wanted(s.name)).map((s) => [s.name, s.createdMs, s.changedMs]));
}
