/**
 * From logical to physical: one draft per operator, exchanges where an operator needs its rows by key or in one place, and the facts
 * about keys and changes that later decisions lean on. `sink.ts` adds what stands behind a query; `finish.ts` writes the plan;
 * `build.ts` is the entry.
 */
import { featureNotSupported, invariant } from '../../core/errors/common.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';
import { isDeterministic } from '../logical/deterministic.ts';
import { conjunction, conjuncts } from '../logical/expr-tools.ts';
import type { Aggregate, JoinRel, Rel, Scan, SetOp, Sort, Union, ValuesRel, Unnest } from '../logical/rel.ts';
import { joinKeys, joinSide, projectColumns, projectKeys, type JoinInput } from '../properties/keys.ts';
import { positions, splitCondition } from './join-condition.ts';
import { lookupJoin } from './lookup.ts';
import { isIdentity, mergeCalc } from './calc.ts';
import { APPEND_KINDS, DraftTable, isAppend, type ChangeKinds, type ColumnSet, type Distribution, type Draft, type DraftEdge } from './draft.ts';
import type { Expr } from './expr.ts';
import type { Exchange, JoinType, PlanSettings } from './plan.ts';

export interface BuildOptions {
  readonly settings: PlanSettings;
  readonly functions: FunctionRegistry;
  /** `table.exec.source.cdc-events-duplicate`. */
  readonly cdcDuplicates: boolean;
  /** `table.optimizer.reuse-sub-plan-enabled`. */
  readonly share: boolean;
}
const FORWARD: Exchange = { kind: 'forward' };
const SINGLE: Exchange = { kind: 'single' };

export class PlanBuilder {
  readonly table: DraftTable;
  readonly options: BuildOptions;
  /** Which catalog table a source or sink draft stands for; for labels. */
  readonly tables = new Map<Draft, TableObject>();
  private readonly built = new Map<Rel, Draft>();
  constructor(options: BuildOptions) {
    this.options = options;
    this.table = new DraftTable(options.share);
  }

  build(rel: Rel): Draft {
    let draft = this.built.get(rel);
    if (draft === undefined) {
      draft = this.translate(rel);
      this.built.set(rel, draft);
    }
    return draft;
  }
  private translate(rel: Rel): Draft {
    switch (rel.kind) {
      case 'scan': return this.scan(rel);
      case 'values': return this.values(rel);
      case 'project': case 'filter': {
        const { input, condition, projections } = mergeCalc(rel, (e) => isDeterministic(e, this.options.functions));
        return this.calc(this.build(input), condition, projections, rel.columns);
      }
      case 'join': return rel.lookup === undefined ? this.join(rel) : lookupJoin(this, rel, rel.lookup);
      case 'aggregate': return this.aggregate(rel);
      case 'union': return this.union(rel);
      case 'setOp': return this.setOp(rel);
      case 'unnest': return this.unnest(rel);
      case 'sort': return this.sort(rel);
    }
  }
  private scan(rel: Scan): Draft {
    const { source, table } = rel, mode = source.changelogMode;
    const kinds: ChangeKinds = { update: mode.updateAfter || mode.updateBefore, delete: mode.delete };
    const declared = positions(rel, table.primaryKey?.columns);
    const upsertStream = isUpsertSource(rel);
    const keys: readonly ColumnSet[] = declared === undefined ? [] : [declared];
    const draft = this.table.make(
      { type: 'source', connector: rel.connector, spec: source.spec, fields: rel.fields, limit: rel.limit, table: `${table.path.catalog}.${table.path.database}.${table.path.name}`, parallelism: source.parallelism }, [], rel.columns,
      { kinds, unique: keys, upsert: keys, distribution: undefined, sourceBefore: mode.updateBefore });
    this.tables.set(draft, table);
    const duplicates = this.options.cdcDuplicates && !isAppend(kinds) && declared !== undefined;
    if (!upsertStream && !duplicates) return draft;
    const key = positions(rel, source.upsertKey) ?? declared;
    invariant(key !== undefined, `the scan of upsert table ${table.path.name} keeps its key columns`);
    return this.table.make({ type: 'changelog-normalize', key, emitUpdateBefore: false, ttlMs: this.options.settings.stateTtlMs }, [this.byKey(draft, key)], rel.columns,
      { kinds: { update: true, delete: true }, unique: [key], upsert: [key], distribution: { kind: 'hash', keys: key } });
  }
  private values(rel: ValuesRel): Draft {
    const one: readonly ColumnSet[] = rel.rows.length <= 1 ? [[]] : [];
    return this.table.make({ type: 'values', rows: rel.rows }, [], rel.columns, { kinds: APPEND_KINDS, unique: one, upsert: one, distribution: { kind: 'single' } });
  }
  calc(input: Draft, condition: Expr | null, projections: readonly Expr[], columns: Rel['columns']): Draft {
    if (condition === null && isIdentity(projections, input.columns.length)) return input;
    const { distribution } = input, hashKeys = distribution?.kind === 'hash' ? projectColumns(distribution.keys, projections) : undefined;
    // A row that an update takes out of the filter leaves as a delete.
    const kinds: ChangeKinds = condition !== null && input.kinds.update ? { update: true, delete: true } : input.kinds;
    return this.table.make({ type: 'calc', condition, projections }, [{ node: input, exchange: FORWARD }], columns, {
      kinds, unique: projectKeys(input.unique, projections), upsert: projectKeys(input.upsert, projections),
      distribution: hashKeys === undefined ? (distribution?.kind === 'single' ? distribution : undefined) : { kind: 'hash', keys: hashKeys },
    });
  }

  private join(rel: JoinRel): Draft {
    const left = this.build(rel.left), right = this.build(rel.right), width = rel.left.columns.length;
    const { leftKeys, rightKeys, nullSafe, residual } = splitCondition(rel.condition, width);
    const keyed = leftKeys.length > 0, edges: DraftEdge[] = keyed ? [this.byKey(left, leftKeys), this.byKey(right, rightKeys)] : [this.single(left), this.single(right)];
    const leftInput: JoinInput = { unique: left.unique, upsert: left.upsert, keys: leftKeys, width }, rightInput: JoinInput = { unique: right.unique, upsert: right.upsert, keys: rightKeys, width: right.columns.length };
    const ttl = (hint: number | undefined): number => hint ?? this.options.settings.stateTtlMs;
    const ttlMs = [ttl(rel.ttlMs?.[0]), ttl(rel.ttlMs?.[1])] as const;
    return this.table.make({
      type: 'join', joinType: rel.type, leftKeys, rightKeys, nullSafe, residual, ttlMs,
      left: joinSide(left.upsert, leftKeys, isAppend(left.kinds) && ttlMs[0] === 0), right: joinSide(right.upsert, rightKeys, isAppend(right.kinds) && ttlMs[1] === 0),
    }, edges, rel.columns, { kinds: joinKinds(rel.type, left.kinds, right.kinds), ...joinKeys(rel.type, leftInput, rightInput), distribution: joinDistribution(rel.type, leftKeys, rightKeys, width) });
  }
  private aggregate(rel: Aggregate): Draft {
    const input = this.build(rel.input), keys = rel.keys, width = keys.length;
    const key: ColumnSet = keys.map((_, i) => i), retract = !isAppend(input.kinds);
    const edge = width === 0 ? this.single(input) : this.byKey(input, keys);
    return this.table.make({
      type: 'group-aggregate', keys, calls: rel.calls, retract: false, emitUpdateBefore: false, emitOnEmptyEnd: this.options.settings.bounded && width === 0, ttlMs: rel.ttlMs ?? this.options.settings.stateTtlMs,
    }, [edge], rel.columns, {
      kinds: { update: true, delete: retract }, unique: [key], upsert: [key],
      distribution: width === 0 ? { kind: 'single' } : { kind: 'hash', keys: key },
    });
  }
  private union(rel: Union): Draft {
    const inputs = flatten(rel).map((r) => this.build(r));
    const [only] = inputs;
    if (inputs.length === 1 && only !== undefined) return only;
    const kinds: ChangeKinds = { update: inputs.some((i) => i.kinds.update), delete: inputs.some((i) => i.kinds.delete) };
    const distribution: Distribution = inputs.every((i) => i.distribution?.kind === 'single') ? { kind: 'single' } : undefined;
    return this.table.make({ type: 'union' }, inputs.map((node) => ({ node, exchange: FORWARD })), rel.columns, { kinds, unique: [], upsert: [], distribution });
  }
  private setOp(rel: SetOp): Draft {
    const left = this.build(rel.left), right = this.build(rel.right), all: ColumnSet = rel.columns.map((_, i) => i);
    const append = isAppend(left.kinds) && isAppend(right.kinds) && rel.op === 'intersect';
    const keys: readonly ColumnSet[] = rel.all ? [] : [all];
    const edges = all.length === 0 ? [this.single(left), this.single(right)] : [this.byKey(left, all), this.byKey(right, all)];
    return this.table.make({ type: 'set-op', op: rel.op, all: rel.all, ttlMs: this.options.settings.stateTtlMs }, edges, rel.columns,
      { kinds: { update: false, delete: !append }, unique: keys, upsert: keys, distribution: all.length === 0 ? { kind: 'single' } : { kind: 'hash', keys: all } });
  }
  /** Elements come and go with their row: updates leave as deletes and inserts. */
  private unnest(rel: Unnest): Draft {
    const input = this.build(rel.input), { kinds } = input;
    return this.table.make({ type: 'unnest', column: rel.column, outer: rel.outer, ordinality: rel.ordinality }, [{ node: input, exchange: FORWARD }], rel.columns,
      { kinds: { update: false, delete: kinds.update || kinds.delete }, unique: [], upsert: [], distribution: input.distribution });
  }
  private sort(rel: Sort): Draft {
    const input = this.build(rel.input);
    if (rel.keys.length === 0 && rel.limit === null && rel.offset === 0) return input;
    if (this.options.settings.bounded) {
      return this.table.make({ type: 'final-sort', sort: rel.keys, offset: rel.offset, limit: rel.limit }, [this.single(input)], rel.columns, { kinds: APPEND_KINDS, unique: input.unique, upsert: input.unique, distribution: { kind: 'single' } });
    }
    if (rel.keys.length > 0) throw rel.limit === null ? featureNotSupported({ feature: 'Sort on a non-time-attribute field in a streaming query', instead: 'Leave ORDER BY out, or run the query in batch mode.' }) : featureNotSupported({ feature: 'Top-N (ORDER BY … LIMIT) in a streaming query', instead: "A SELECT with SET 'execution.runtime-mode' = 'batch' can sort and limit." });
    if (rel.limit === null) throw featureNotSupported({ feature: 'OFFSET without FETCH or LIMIT in a streaming query' });
    if (!isAppend(input.kinds)) throw featureNotSupported({ feature: 'LIMIT over updating rows in a streaming query (Top-N)' });
    return this.table.make({ type: 'limit', offset: rel.offset, limit: rel.limit }, [this.single(input)], rel.columns, { kinds: APPEND_KINDS, unique: input.unique, upsert: input.unique, distribution: { kind: 'single' } });
  }

  /** Rows with equal keys in one subtask; nothing to do when they lie so already. The order of the keys counts: it decides the hash, and with it where a restored entry goes. */
  byKey(node: Draft, keys: ColumnSet): DraftEdge {
    const { distribution } = node;
    if (distribution?.kind === 'hash' && sameOrder(distribution.keys, keys)) return { node, exchange: FORWARD };
    return { node, exchange: { kind: 'hash', keys } };
  }
  single(node: Draft): DraftEdge { return { node, exchange: node.distribution?.kind === 'single' ? FORWARD : SINGLE }; }
}

const sameOrder = (a: ColumnSet, b: ColumnSet): boolean => a.length === b.length && a.every((k, i) => k === b[i]);

/** +U without -U: needs ChangelogNormalize and therefore its key columns. */
export function isUpsertSource(rel: Scan): boolean {
  const mode = rel.source.changelogMode;
  return (mode.updateAfter || mode.delete) && !mode.updateBefore;
}
/** UNION ALL of UNION ALL is one; walked with a stack of its own, as chains may be thousands long. */
function flatten(rel: Union): Rel[] {
  const result: Rel[] = [], stack: Rel[] = [rel];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === 'union') stack.push(...next.inputs.toReversed());
    else result.push(next);
  }
  return result;
}

/**
 * Kinds of a join's output. Inner and semi pass the kinds of their inputs on. Rows of an outer side come and go as its partners do, so
 * every outer join and every anti join may insert and delete.
 */
function joinKinds(type: JoinType, left: ChangeKinds, right: ChangeKinds): ChangeKinds {
  const update = left.update || right.update;
  return type === 'inner' || type === 'semi' ? { update, delete: left.delete || right.delete } : { update, delete: true };
}
/** Rows padded with NULLs lie where their key hashes, not where NULL would, so only keys of a side that is never padded count. */
function joinDistribution(type: JoinType, leftKeys: ColumnSet, rightKeys: ColumnSet, width: number): Distribution {
  if (leftKeys.length === 0) return { kind: 'single' };
  if (type === 'full') return undefined;
  return { kind: 'hash', keys: type === 'right' ? rightKeys.map((k) => k + width) : leftKeys };
}
