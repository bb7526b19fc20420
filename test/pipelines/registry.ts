/** The registry of workers with one more source: batches of a pipeline by a script, one step at a poll, positions by step. */
import type { Json } from '../../catalog/registry/connectors.ts';
import type { SourceFactory } from '../../runtime/connectors/contract.ts';
import type { SchemaChange, TableVersion } from '../../runtime/pipelines/contract.ts';
import { runtimeRegistry as real } from '../../runtime/registry.ts';
import type { RuntimeRegistry } from '../../runtime/graph/contract.ts';
import { batch, event } from './support.ts';

/** `table` names an entry of `tables`. `wait`: nothing until so many ms after the last step. */
export type Step = { readonly table: string; readonly rows: readonly (readonly (string | number | boolean | null)[])[] } | { readonly table: string; readonly changes: readonly SchemaChange[] } | { readonly wait: number };
export interface ScriptSpec { readonly tables: Readonly<Record<string, TableVersion>>; readonly steps: readonly Step[] }

const script: SourceFactory = {
  identifier: 'script',
  create(node, _context, wake) {
    const spec = node.spec as unknown as ScriptSpec, { steps } = spec;
    // The same object as long as nothing changes, as real sources do.
    const versions = new Map(Object.entries(spec.tables));
    let at = 0, timer: NodeJS.Timeout | undefined;
    return {
      open: (restored) => { at = (restored?.[0] as number | undefined) ?? 0; return Promise.resolve(); },
      poll(output) {
        const step = steps[at];
        if (step === undefined) return 'idle';
        if ('wait' in step) {
          if (timer === undefined) timer = setTimeout(() => { timer = undefined; at++; wake(); }, step.wait);
          return 'idle';
        }
        const version = versions.get(step.table)!;
        at++;
        output.push('rows' in step ? batch(version, ...step.rows) : event(version, ...step.changes));
        return 'more';
      },
      positions: (): Json => at,
      progress: () => ({ stage: at >= steps.length ? 'incremental' : 'full', step: at }),
      close: () => { clearTimeout(timer); return Promise.resolve(); },
    };
  },
};
export const runtimeRegistry: RuntimeRegistry = { ...real, source: (id) => (id === 'script' ? script : real.source(id)) };
