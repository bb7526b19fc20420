/** The reg* types: `'pg_class'::regclass` is an id, and an id is shown by its name. Answers from one statement's snapshot. */
import { tableNotFound } from '../../core/errors/catalog.ts';
import { functionNotFound, unknownType } from '../../core/errors/planner.ts';
import { systemDefinitions } from '../../catalog/system/definitions.ts';
import { userNotFound } from '../../core/errors/access.ts';
import { roleNameOf, roleOidOf } from '../../catalog/system/roles.ts';
import { INFORMATION_SCHEMA_OID, PG_CATALOG_OID, functionOid, namespaceOid } from '../../catalog/system/oids.ts';
import { formatType, oidOfType, pgTypeByOid, pgTypeNamed } from '../../catalog/system/pg-types.ts';
import { quoteName } from '../../catalog/system/relations/define.ts';
import { typeFunctionNames } from '../../catalog/system/relations/types.ts';
import type { Snapshot } from '../../catalog/system/snapshot.ts';
import { systemTable, type FunctionCard } from '../../catalog/system/system-tables.ts';

export interface Names {
  /** Throws when nothing has that name. Digits are an id. */
  idOf(type: string, text: string): number;
  /** The id itself where it has no name; `-` for 0. */
  textOf(type: string, id: number): string;
}

/** `a."b.c"` → ['a', 'b.c']; words without quotes are kept as they are (Flink's names have letters of both cases). */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([^."`]+))\s*(?:\.|$)/gy;
  for (let m = pattern.exec(text); m !== null && m[0] !== ''; m = pattern.exec(text)) parts.push(m[1]?.replaceAll('""', '"') ?? m[2]?.replaceAll('``', '`') ?? (m[3] ?? '').trim());
  return parts;
}

/** The object id of a relation, or undefined. `parts` as splitName gives them. */
export function relationId(snapshot: Snapshot, parts: readonly string[]): number | undefined {
  const own = snapshot.find(parts.at(-2), parts.at(-1) ?? '');
  return own?.oid ?? (parts.length === 1 && !(parts[0] ?? '').startsWith('pg_') ? undefined : systemTable(parts)?.oid);
}

const byFunctions = new WeakMap<readonly FunctionCard[], ReadonlyMap<number, FunctionCard>>();
/** Functions by object id, names in lower case; the input and output functions of types among them. */
export function functionsById(functions: readonly FunctionCard[]): ReadonlyMap<number, FunctionCard> {
  let map = byFunctions.get(functions);
  if (map === undefined) {
    map = new Map([...typeFunctionNames.map((name): FunctionCard => ({ name, kind: 'scalar' })), ...functions.map((f) => ({ ...f, name: f.name.toLowerCase() }))].map((f) => [functionOid(f.name), f]));
    byFunctions.set(functions, map);
  }
  return map;
}
export class SnapshotNames implements Names {
  private readonly snapshot: Snapshot;
  constructor(snapshot: Snapshot) { this.snapshot = snapshot; }

  idOf(type: string, text: string): number {
    if (/^\d+$/.test(text)) return Number(text);
    if (text === '-') return 0;
    const parts = splitName(text), name = parts.at(-1) ?? '', { context } = this.snapshot;
    switch (type) {
      case 'regclass': {
        const id = relationId(this.snapshot, parts);
        if (id === undefined) throw tableNotFound({ table: text, where: `catalog "${context.currentCatalog}"`, existing: this.snapshot.relationNames() });
        return id;
      }
      case 'regtype': {
        const id = oidOfType(pgTypeNamed(text) ?? '');
        if (id === 0) throw unknownType({ type: text, known: [] });
        return id;
      }
      case 'regnamespace': return name === 'pg_catalog' ? PG_CATALOG_OID : name === 'information_schema' ? INFORMATION_SCHEMA_OID : namespaceOid(context.currentCatalog, name);
      case 'regrole': {
        const id = roleOidOf(context, name);
        if (id === undefined) throw userNotFound({ user: name });
        return id;
      }
      case 'regproc': case 'regprocedure': {
        const bare = name.replace(/\(.*$/, '').toLowerCase();
        if (!functionsById(context.functions).has(functionOid(bare))) throw functionNotFound({ name: bare, known: context.functions.map((f) => f.name) });
        return functionOid(bare);
      }
      default: return 0;
    }
  }
  textOf(type: string, id: number): string {
    if (id === 0) return '-';
    const { context } = this.snapshot;
    switch (type) {
      case 'regclass': {
        const r = this.snapshot.relation(id), system = systemDefinitions().find((d) => d.oid === id);
        if (r !== undefined) return r.schema === context.currentDatabase ? quoteName(r.name) : `${quoteName(r.schema)}.${quoteName(r.name)}`;
        return system === undefined ? String(id) : system.schema === 'pg_catalog' ? system.name : `${system.schema}.${system.name}`;
      }
      case 'regtype': return pgTypeByOid(id) === undefined ? String(id) : formatType(id, null);
      case 'regnamespace': return id === PG_CATALOG_OID ? 'pg_catalog' : id === INFORMATION_SCHEMA_OID ? 'information_schema' : this.snapshot.namespaceName(id) ?? String(id);
      case 'regrole': { const name = roleNameOf(context, id); return name === undefined ? String(id) : quoteName(name); }
      case 'regproc': case 'regprocedure': return functionsById(context.functions).get(id)?.name ?? String(id);
      default: return String(id);
    }
  }
}
