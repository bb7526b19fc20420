/** Entry of physical planning: optimized logical plans in, the executable plan out. All roots share one draft table, so equal parts are one. */
import { pushLimit } from '../rules/push-limit.ts';
import type { PlannerContext } from '../bind/context.ts';
import type { Rel } from '../logical/rel.ts';
import { PlanBuilder } from './translate.ts';
import { finishPlan } from './finish.ts';
import type { PhysicalPlan, PlanSettings } from './plan.ts';
import { buildCollect, buildSink, type SinkRoot } from './sink.ts';

export interface CollectRoot { readonly kind: 'collect'; readonly rel: Rel; readonly mode: 'bounded' | 'streaming' }
export type PlanRoot = SinkRoot | CollectRoot;
export type { SinkRoot };

/** Throws what a plan cannot be made for: sink-cannot-consume-changes, upsert-sink-needs-key, feature-not-supported. */
export function buildPlan(roots: readonly PlanRoot[], context: PlannerContext, settings: PlanSettings): PhysicalPlan {
  const isOn = (key: string, otherwise: boolean): boolean => (context.option(key) ?? String(otherwise)).toLowerCase() === 'true';
  const choice = (key: string): 'AUTO' | 'NONE' | 'FORCE' => { const v = context.option(key)?.toUpperCase(); return v === 'NONE' || v === 'FORCE' ? v : 'AUTO'; };
  const builder = new PlanBuilder({ settings, functions: context.functions, cdcDuplicates: isOn('table.exec.source.cdc-events-duplicate', false), share: isOn('table.optimizer.reuse-sub-plan-enabled', true) });
  const sinkOptions = { upsertMaterialize: choice('table.exec.sink.upsert-materialize'), keyedShuffle: choice('table.exec.sink.keyed-shuffle') };
  for (const root of roots) {
    if (root.kind === 'sink') buildSink(builder, root, sinkOptions);
    else buildCollect(builder, root.mode === 'bounded' ? pushLimit(root.rel) : root.rel, root.mode === 'bounded');
  }
  return finishPlan(builder.table.drafts, builder.tables, settings);
}
