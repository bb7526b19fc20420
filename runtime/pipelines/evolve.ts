/**
 * How a target table follows its sources (`schema.change.behavior`). A change of a source, seen through the transform, becomes changes
 * of the target:
 *
 *   source          evolve, try_evolve   lenient, or several sources            ignore, or a kind the sink is not told of
 *   add.column      add.column           add.column, nullable, last             nothing: the column is left out
 *   drop.column     drop.column          alter.column.type to nullable          nothing: NULL from now on
 *   rename.column   rename.column        old one nullable, new one added last   nothing: NULL in the old one
 *   alter type      alter.column.type    alter.column.type (several sources:    nothing: values are cast
 *                                        to the type that holds both)
 *   drop, truncate  as they are          as they are, unless excluded           nothing
 *
 * `exception` refuses all but create.table. Source: Flink CDC "Schema Evolution"; Alibaba Cloud "Flink CDC schema evolution
 * configurations" for lenient. A key never changes: rows of a source that lacks a key column are refused.
 */
import { idText, type PipelineColumn, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { pipelineSchemaChangeRefused, pipelineTypesDiffer } from '../../core/errors/pipeline.ts';
import { asNullable, typeText, type SqlType } from '../../core/types/sql-type.ts';
import { sameType } from '../../core/types/coercion.ts';
import type { PipelineTransformSpec } from '../../planner/physical/pipeline.ts';
import type { SchemaChange } from './contract.ts';
import { widerType } from './widen.ts';

export type EvolutionRules = Pick<PipelineTransformSpec, 'behavior' | 'changes'>;
/** The target afterwards and what led there; no changes: it is the same object. */
export interface Evolved { readonly version: TableVersion; readonly changes: readonly SchemaChange[] }

/** Changes from one set of columns to another: by name, `renames` first. */
export function columnChanges(before: readonly PipelineColumn[], after: readonly PipelineColumn[], renames: readonly { readonly from: string; readonly to: string }[] = []): SchemaChange[] {
  const out: SchemaChange[] = [];
  let names = before.map((c) => c.name);
  const types = new Map(before.map((c) => [c.name, c.type]));
  for (const { from, to } of renames) {
    if (!names.includes(from) || names.includes(to) || !after.some((c) => c.name === to) || after.some((c) => c.name === from)) continue;
    out.push({ kind: 'rename.column', from, to });
    names = names.map((n) => (n === from ? to : n));
    types.set(to, types.get(from)!);
  }
  for (const name of names) if (!after.some((c) => c.name === name)) out.push({ kind: 'drop.column', name });
  after.forEach((column, i) => {
    const from = names.includes(column.name) ? types.get(column.name) : undefined;
    if (from === undefined) out.push({ kind: 'add.column', column, after: i === 0 ? undefined : after[i - 1]!.name });
    else if (!sameType(from, column.type) || from.nullable !== column.type.nullable) out.push({ kind: 'alter.column.type', name: column.name, from, column });
  });
  return out;
}

/**
 * @param wanted changes as `columnChanges` gives them, or of the whole table
 * @param isMerged other sources write into the target too
 */
export function evolve(target: TableVersion, wanted: readonly SchemaChange[], rules: EvolutionRules, isMerged: boolean): Evolved {
  const changes: SchemaChange[] = [];
  let columns = [...target.columns];
  const keys = target.primaryKey.map((k) => target.columns[k]!.name);
  const apply = (change: SchemaChange): void => {
    if (!rules.changes.includes(change.kind)) return;
    changes.push(change);
    columns = applied(columns, change);
  };
  const soften = isMerged || rules.behavior === 'lenient';
  for (const change of wanted) {
    const own = soften ? softened(columns, change, isMerged, keys, target) : [change];
    if (own.length === 0 || (rules.behavior === 'ignore' && change.kind !== 'create.table')) continue;
    if (rules.behavior === 'exception' && change.kind !== 'create.table') throw pipelineSchemaChangeRefused({ table: idText(target.id), change: changeText(change), behavior: rules.behavior });
    for (const one of own) apply(one);
  }
  if (changes.length === 0) return { version: target, changes };
  // A renamed key column keeps its place in the key.
  const renamed = (name: string): string => changes.reduce((n, c) => (c.kind === 'rename.column' && c.from === n ? c.to : n), name);
  return { version: { ...target, columns, primaryKey: keys.map((k) => columns.findIndex((c) => c.name === renamed(k))).filter((i) => i >= 0) }, changes };
}
/** A change that loses nothing of the target. */
function softened(columns: readonly PipelineColumn[], change: SchemaChange, isMerged: boolean, keys: readonly string[], target: TableVersion): SchemaChange[] {
  const found = (name: string): PipelineColumn | undefined => columns.find((c) => c.name === name);
  const nullable = (name: string): SchemaChange[] => {
    const own = found(name);
    // A key column that goes away leaves rows without a key; the sink refuses them.
    if (own === undefined || own.type.nullable || keys.includes(name)) return [];
    return [{ kind: 'alter.column.type', name, from: own.type, column: { ...own, type: asNullable(own.type, true) } }];
  };
  const held = (column: PipelineColumn): SchemaChange[] => {
    const own = found(column.name), last = columns.at(-1)?.name ?? null;
    if (own === undefined) return [{ kind: 'add.column', column: { ...column, type: asNullable(column.type, true) }, after: last }];
    return widened(own, column, keys.includes(column.name), target);
  };
  switch (change.kind) {
    case 'add.column': return held(change.column);
    case 'drop.column': return nullable(change.name);
    case 'rename.column': {
      const own = found(change.from);
      return own === undefined ? [] : [...nullable(change.from), ...held({ ...own, name: change.to })];
    }
    case 'alter.column.type': {
      const own = found(change.name);
      if (own === undefined) return [];
      if (isMerged) return widened(own, change.column, keys.includes(change.name), target);
      const type = own.type.nullable ? asNullable(change.column.type, true) : change.column.type;
      return sameType(own.type, type) && own.type.nullable === type.nullable ? [] : [{ ...change, from: own.type, column: { ...change.column, type } }];
    }
    default: return isMerged && change.kind !== 'create.table' ? [] : [change];
  }
}
function widened(own: PipelineColumn, other: PipelineColumn, isKey: boolean, target: TableVersion): SchemaChange[] {
  const wider = widerType(own.type, other.type);
  if (wider === undefined) throw pipelineTypesDiffer({ target: idText(target.id), column: own.name, types: [typeText(own.type), typeText(other.type)] });
  const type: SqlType = isKey ? own.type.nullable ? wider : asNullable(wider, false) : wider;
  if (sameType(type, own.type) && type.nullable === own.type.nullable) return [];
  return [{ kind: 'alter.column.type', name: own.name, from: own.type, column: { ...own, type, ...(sameType(type, own.type) ? {} : { nativeType: undefined }) } }];
}
function applied(columns: readonly PipelineColumn[], change: SchemaChange): PipelineColumn[] {
  switch (change.kind) {
    case 'add.column': {
      const at = change.after === undefined ? 0 : change.after === null ? columns.length : columns.findIndex((c) => c.name === change.after) + 1;
      return columns.toSpliced(at > 0 || change.after === undefined ? at : columns.length, 0, change.column);
    }
    case 'alter.column.type': return columns.map((c) => (c.name === change.name ? change.column : c));
    case 'rename.column': return columns.map((c) => (c.name === change.from ? { ...c, name: change.to } : c));
    case 'drop.column': return columns.filter((c) => c.name !== change.name);
    default: return [...columns];
  }
}
/** A table as it was before changes that led to `version`. `dropped`: what is known of a column that went. */
export function beforeChanges(version: TableVersion, changes: readonly SchemaChange[], dropped: (name: string) => PipelineColumn): TableVersion {
  let columns = [...version.columns], keys = version.primaryKey.map((k) => version.columns[k]!.name);
  for (const change of changes.toReversed()) {
    switch (change.kind) {
      case 'add.column': columns = columns.filter((c) => c.name !== change.column.name); break;
      case 'drop.column': columns = [...columns, dropped(change.name)]; break;
      case 'alter.column.type': columns = columns.map((c) => (c.name === change.name ? { ...c, type: change.from } : c)); break;
      case 'rename.column': columns = columns.map((c) => (c.name === change.to ? { ...c, name: change.from } : c)); keys = keys.map((k) => (k === change.to ? change.from : k)); break;
      default: break;
    }
  }
  return { ...version, columns, primaryKey: keys.map((k) => columns.findIndex((c) => c.name === k)).filter((i) => i >= 0) };
}
/** For errors and logs. */
export function changeText(change: SchemaChange): string {
  switch (change.kind) {
    case 'add.column': return `add column "${change.column.name}" ${typeText(change.column.type)}`;
    case 'alter.column.type': return `column "${change.name}" from ${typeText(change.from, true)} to ${typeText(change.column.type, true)}`;
    case 'rename.column': return `rename column "${change.from}" to "${change.to}"`;
    case 'drop.column': return `drop column "${change.name}"`;
    case 'create.table': return 'create table';
    case 'drop.table': return 'drop table';
    case 'truncate.table': return 'truncate table';
  }
}
/** The target that rows of a first source make. */
export const firstVersion = (source: TableVersion, id: TableVersion['id']): TableVersion => ({ ...source, id });
