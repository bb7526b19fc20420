/**
 * A SELECT as a transient job: no checkpoints, no record, no restarts. The rows of its CollectNode come to the main thread as packed
 * batches, at most a window ahead of the reader; leaving the iteration, an abort or the server's end frees everything.
 */
import { queryCancelled } from '../../core/errors/common.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { beginGeneratedRound } from '../../core/codegen/generated.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import type { BatchCodec } from '../../core/row/batch-codec.ts';
import type { Column } from '../../core/row/batch.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { PhysicalNode, PhysicalPlan } from '../../planner/physical/plan.ts';
import type { RowChunk } from './contract.ts';
import { Execution } from './execution.ts';
import type { WorkerPool } from './workers.ts';

interface Arrived { readonly bytes: ArrayBuffer; readonly credit: () => void }

export class Query {
  private readonly execution: Execution;
  private readonly codec: BatchCodec;
  private readonly signal: AbortSignal;
  private arrived: Arrived[] = [];
  private isDone = false;
  private error: RivuletError | undefined;
  private wake: () => void = () => {};
  constructor(options: { pool: WorkerPool; clock: Clock; id: string; plan: PhysicalPlan; parallelism: number; signal: AbortSignal; memoryLimitBytes?: number | undefined }) {
    this.signal = options.signal;
    beginGeneratedRound();
    this.codec = compileBatchCodec(collectTypes(options.plan));
    const execution = new Execution({
      pool: options.pool, clock: options.clock, jobId: options.id, plan: options.plan, parallelism: options.parallelism, memoryLimitBytes: options.memoryLimitBytes,
      events: {
        onReady: () => execution.run(),
        onDone: () => { this.isDone = true; this.wake(); },
        onFailed: (error) => this.fail(error),
        onRows: (bytes, credit) => { this.arrived.push({ bytes, credit }); this.wake(); },
      },
    });
    this.execution = execution;
  }
  /** Ends the iteration by an error; rows not yet taken are dropped. */
  fail(error: RivuletError): void {
    this.error ??= error;
    this.arrived = [];
    this.wake();
  }
  async *rows(): AsyncGenerator<RowChunk, void, undefined> {
    const onAbort = (): void => this.fail(queryCancelled({ why: 'user request' }));
    this.signal.addEventListener('abort', onAbort);
    try {
      if (this.signal.aborted) onAbort();
      if (this.error === undefined) this.execution.deploy(undefined);
      for (;;) {
        if (this.error !== undefined) throw this.error;
        const next = this.arrived.shift();
        if (next !== undefined) {
          yield this.chunk(next.bytes);
          next.credit();
        } else if (this.isDone) return;
        else await new Promise<void>((resolve) => { this.wake = resolve; });
      }
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      void this.execution.end();
    }
  }
  private chunk(bytes: ArrayBuffer): RowChunk {
    const batch = this.codec.decode(bytes), width = batch.columns.length;
    const rows: unknown[][] = [];
    for (let row = 0; row < batch.size; row++) {
      const values: unknown[] = [];
      for (let c = 0; c < width; c++) values.push((batch.columns[c] as Column)[row]);
      rows.push(values);
    }
    return batch.kinds === null ? { rows } : { rows, kinds: [...batch.kinds.subarray(0, batch.size)] };
  }
}

/** Column types of what the collect node sends. */
function collectTypes(plan: PhysicalPlan): PhysicalNode['columns'][number]['type'][] {
  const collect = plan.nodes.find((node) => node.type === 'collect');
  const above = plan.nodes.find((node) => node.id === collect?.inputs[0]?.node);
  return (collect !== undefined && collect.columns.length > 0 ? collect : above)?.columns.map((column) => column.type) ?? [];
}
