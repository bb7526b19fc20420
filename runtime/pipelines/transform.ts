/**
 * The operator `pipeline-transform`: rows of every source table go through the transform rule that matches it to the targets of its
 * routes, and changes of source tables become changes of targets (`evolve.ts`).
 *
 * State: one entry per target with its columns, key and sources, so that after a restart columns that were kept for a dropped one are
 * still there. Batches name their table by object identity; an unknown object is a table seen first, or again after a restart, or one
 * that has changed without an event. A target is told to the sink as created once per run, before its first row.
 */
import { createHash } from 'node:crypto';
import { idText, type PipelineTableId, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { pipelineKeyDiffers } from '../../core/errors/pipeline.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import { STRING, notNull } from '../../core/types/sql-type.ts';
import type { PipelineTransformSpec } from '../../planner/physical/pipeline.ts';
import { matchesAny, targetsOf } from '../../planner/physical/table-match.ts';
import { ForwardingOperator } from '../operators/base.ts';
import type { OperatorContext, OperatorFactory } from '../operators/contract.ts';
import type { StateTable } from '../state/contract.ts';
import { PipelineBatch, type SchemaChange } from './contract.ts';
import { beforeChanges, columnChanges, evolve, firstVersion } from './evolve.ts';
import { rowPlan, viewOf, type RowPlan, type RowPlanContext, type SourceView } from './rows.ts';

/** `madeBy`: the document's rules when its columns were settled. */
interface Target { version: TableVersion; readonly sources: Set<string>; isTold: boolean; madeBy: string }
interface Source { view: SourceView; readonly targets: readonly PipelineTableId[]; plans: readonly RowPlan[] }

/** After a change of the document a target takes what the document says now; what it does not say any more stays, NULL. */
const TAKES_ALL: Pick<PipelineTransformSpec, 'behavior' | 'changes'> = { behavior: 'lenient', changes: ['create.table', 'add.column', 'alter.column.type'] };

class PipelineTransform extends ForwardingOperator {
  private readonly spec: PipelineTransformSpec;
  private readonly context: RowPlanContext;
  private readonly table: StateTable;
  /** Of the rules: a document that has changed may give a target other columns. */
  private readonly rules: string;
  private readonly targets = new Map<string, Target>();
  private readonly sources = new Map<string, Source>();
  private readonly byVersion = new Map<TableVersion, Source>();
  private lastVersion: TableVersion | undefined;
  private last: Source | undefined;
  readonly takesSlices: boolean;
  constructor(spec: PipelineTransformSpec, context: OperatorContext) {
    super(context.output);
    this.spec = spec;
    this.rules = createHash('sha256').update(JSON.stringify([spec.routes, spec.transforms])).digest('hex').slice(0, 16);
    this.takesSlices = context.output.takesSlices === true;
    this.context = { codegen: { functions: context.functions, env: context.env }, spec, push: (batch) => this.output.push(batch) };
    this.table = context.state.table({ name: 'targets', key: [notNull(STRING)], subKey: [], value: [notNull(STRING)], meta: 0, ttlMs: 0 });
    const into: unknown[] = [];
    for (const entry of this.table.entries()) {
      this.table.readKey(entry, into);
      const key = into[0] as string;
      this.table.readValue(entry, into);
      const stored = JSON.parse(into[0] as string) as { version: TableVersion; sources: string[]; madeBy: string };
      this.targets.set(key, { version: stored.version, sources: new Set(stored.sources), isTold: false, madeBy: stored.madeBy });
    }
  }

  push(_input: number, batch: ChangeBatch): void {
    const given = batch as PipelineBatch;
    if (given.event !== null) { this.change(given, given.event); return; }
    if (given.table !== this.lastVersion) {
      this.last = this.byVersion.get(given.table) ?? this.seen(given.table, [], null);
      this.lastVersion = given.table;
    }
    const { plans } = this.last!;
    for (let i = 0; i < plans.length; i++) plans[i]!.push(given);
  }

  private change(batch: PipelineBatch, event: NonNullable<PipelineBatch['event']>): void {
    this.last = this.lastVersion = undefined;
    const removed = event.changes.find((c) => c.kind === 'drop.table' || c.kind === 'truncate.table');
    const targets = this.targetsFor(batch.table.id);
    if (removed !== undefined) this.ofWholeTable(batch.table, targets, removed, event);
    if (removed?.kind !== 'drop.table') this.seen(batch.table, event.changes, event);
    if (this.spec.statements && event.sql !== null) this.tellStatement(targets, event);
  }
  /** DROP and TRUNCATE reach a target that no other table writes into. */
  private ofWholeTable(table: TableVersion, targets: readonly PipelineTableId[], change: SchemaChange, event: NonNullable<PipelineBatch['event']>): void {
    const text = idText(table.id), source = this.sources.get(text);
    for (const id of targets) {
      const key = idText(id), target = this.targets.get(key);
      if (target === undefined) continue;
      const isMerged = target.sources.size > 1, { changes } = evolve(target.version, [change], this.spec, isMerged);
      if (changes.length > 0) {
        if (!target.isTold) this.tell(target.version, [{ kind: 'create.table' }], event);
        target.isTold = true;
        this.tell(target.version, changes, event);
      }
      if (change.kind !== 'drop.table') continue;
      target.sources.delete(text);
      if (target.sources.size > 0) { this.store(key, target); continue; }
      // With 'lenient' the target stays as it is, for a table of the same name that comes later.
      if (changes.length > 0) { this.targets.delete(key); const entry = this.table.find([key], []); if (entry !== 0) this.table.remove(entry); }
    }
    if (change.kind === 'drop.table' && source !== undefined) { this.byVersion.delete(source.view.version); this.sources.delete(text); }
  }

  /** A source table in a version not met yet: its targets follow and its rows are compiled anew. */
  private seen(version: TableVersion, changes: readonly SchemaChange[], event: PipelineBatch['event']): Source {
    const text = idText(version.id), { spec } = this;
    const before = this.sources.get(text);
    const view = this.viewFor(version);
    const targets = this.targetsFor(version.id);
    const renames = changes.flatMap((c) => (c.kind === 'rename.column' ? [c] : []));
    const former = before?.view ?? this.formerView(version, changes, targets, text);
    for (const id of targets) this.follow(id, text, former, view, renames, event);
    const source: Source = { view, targets, plans: targets.map((id) => rowPlan(view, this.targets.get(idText(id))!.version, this.context)) };
    if (before !== undefined) this.byVersion.delete(before.view.version);
    this.sources.set(text, source);
    this.byVersion.set(version, source);
    this.recompileOthers(text, targets);
    return source;
  }
  /** The first that is heard of a table after a restart is a change: what it was before follows from it. */
  private formerView(version: TableVersion, changes: readonly SchemaChange[], targets: readonly PipelineTableId[], text: string): SourceView | undefined {
    const known = targets.flatMap((id) => this.targets.get(idText(id)) ?? []);
    if (!changes.some((c) => c.kind !== 'create.table') || known.length < targets.length || known.some((t) => !t.sources.has(text) || t.madeBy !== this.rules)) return undefined;
    const former = beforeChanges(version, changes, (name) => known.flatMap((t) => t.version.columns).find((c) => c.name === name) ?? { name, type: STRING });
    try { return this.viewFor(former); } catch (error) {
      if (error instanceof RivuletError && error.code === 'pipeline-rule-unmapped') return undefined;
      throw error;
    }
  }
  private targetsFor(id: PipelineTableId): readonly PipelineTableId[] { return this.sources.get(idText(id))?.targets ?? targetsOf(id, this.spec.routes, this.spec.firstRouteOnly); }
  private viewFor(version: TableVersion): SourceView {
    const { spec } = this, text = idText(version.id);
    return viewOf(version, spec.transforms.find((rule) => matchesAny(rule.sources, text)), spec);
  }
  private follow(id: PipelineTableId, text: string, before: SourceView | undefined, view: SourceView, renames: readonly { from: string; to: string }[], event: PipelineBatch['event']): void {
    const key = idText(id), known = this.targets.get(key);
    if (known === undefined) {
      const target: Target = { version: firstVersion(view.output, id), sources: new Set([text]), isTold: true, madeBy: this.rules };
      this.targets.set(key, target);
      this.store(key, target);
      this.tell(target.version, [{ kind: 'create.table' }], event);
      return;
    }
    if (!known.isTold) this.tell(known.version, [{ kind: 'create.table' }], event);
    const isNew = !known.sources.has(text), wasTold = known.isTold, isOther = before === undefined && known.madeBy !== this.rules;
    known.isTold = true;
    known.sources.add(text);
    const isMerged = known.sources.size > 1;
    // Against what the source gave before, so that columns the target keeps for others, or for the past, are left alone.
    const from = before?.output.columns ?? known.version.columns;
    const wanted = columnChanges(from, view.output.columns, renames);
    this.checkKey(known.version, view, renames, before);
    const { version, changes } = evolve(known.version, isMerged && (isNew || before === undefined) ? wanted.filter((c) => c.kind !== 'drop.column') : wanted, isOther ? TAKES_ALL : this.rulesFor(before, wasTold), isMerged);
    const missing = isNew ? evolve(version, version.columns.filter((c) => !view.output.columns.some((o) => o.name === c.name)).map((c): SchemaChange => ({ kind: 'drop.column', name: c.name })), this.spec, true) : { version, changes: [] };
    const all = [...changes, ...missing.changes];
    if (all.length > 0) { known.version = missing.version; this.tell(known.version, all, event); }
    if (all.length > 0 || isNew || isOther) { if (isOther) known.madeBy = this.rules; this.store(key, known); }
  }
  /**
   * Of a source met before: the document's. Met first, it joins a target that takes its columns, whatever becomes of later changes. Met
   * again after a restart it has not changed, so what the target has besides is kept on purpose.
   */
  private rulesFor(before: SourceView | undefined, wasTold: boolean): Pick<PipelineTransformSpec, 'behavior' | 'changes'> {
    if (before !== undefined) return this.spec;
    if (wasTold) return { behavior: 'evolve', changes: ['create.table', 'add.column', 'alter.column.type'] };
    return { behavior: this.spec.behavior === 'ignore' ? 'ignore' : 'lenient', changes: this.spec.changes };
  }
  /** Rows of a table whose key is another than the target's would overwrite one another. */
  private checkKey(target: TableVersion, view: SourceView, renames: readonly { from: string; to: string }[], before: SourceView | undefined): void {
    const names = (t: TableVersion): string[] => t.primaryKey.map((k) => t.columns[k]!.name).sort();
    const renamed = this.spec.behavior === 'evolve' || this.spec.behavior === 'try_evolve';
    const own = names(target).map((n) => (renamed ? renames.find((r) => r.from === n)?.to ?? n : n)).sort(), theirs = names(view.output);
    if (own.join('\n') === theirs.join('\n')) return;
    const list = (n: readonly string[]): string => (n.length === 0 ? 'none' : `(${n.join(', ')})`);
    throw pipelineKeyDiffers({
      table: idText(view.version.id), target: idText(target.id),
      change: before === undefined ? `its key ${list(theirs)} differs from that of the target "${idText(target.id)}", ${list(own)}` : `its primary key is now ${list(theirs)}, that of the target "${idText(target.id)}" is ${list(own)}`,
    });
  }
  /** Other sources of the same targets write rows of the targets' new versions too. */
  private recompileOthers(text: string, targets: readonly PipelineTableId[]): void {
    const changed = new Set(targets.map(idText));
    for (const [other, source] of this.sources) {
      if (other === text || !source.targets.some((id) => changed.has(idText(id)))) continue;
      source.plans = source.targets.map((id) => rowPlan(source.view, this.targets.get(idText(id))!.version, this.context));
    }
  }
  private tell(version: TableVersion, changes: readonly SchemaChange[], event: PipelineBatch['event']): void {
    const batch = new PipelineBatch(version, 0);
    batch.size = 1;
    batch.event = { changes, sql: this.spec.statements && changes.length > 0 ? null : event?.sql ?? null, timestampMs: event?.timestampMs ?? 0 };
    this.output.push(batch);
  }
  private tellStatement(targets: readonly PipelineTableId[], event: NonNullable<PipelineBatch['event']>): void {
    for (const id of targets) this.tell(this.targets.get(idText(id))?.version ?? { id, columns: [], primaryKey: [] }, [], event);
  }
  private store(key: string, target: Target): void {
    this.table.writeValue(this.table.findOrCreate([key], []), [JSON.stringify({ version: target.version, sources: [...target.sources], madeBy: target.madeBy })]);
  }
}
export const pipelineTransform: OperatorFactory<'pipeline-transform'> = { type: 'pipeline-transform', create: (node, context) => new PipelineTransform(node.spec, context) };
