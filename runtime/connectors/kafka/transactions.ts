/**
 * The transactions of an exactly-once sink: names, what a checkpoint keeps of them, and how a restart ends them.
 *
 * Per subtask four transactional ids, `<prefix>-<node>-<subtask>-<0…3>`, used in turn; the node is in it because a statement set may write
 * one table, and so one prefix, by several sinks. Ending a transaction keeps the producer's epoch, so an
 * identity in a checkpoint would also end a later transaction of the same lane: a lane must not be written to again while a retained
 * checkpoint names it. At most the transactions of the two retained checkpoints, of the one being prepared and of the rows behind it
 * are of interest at one time: four lanes. With two, a crash during checkpoint N+1 would commit what was begun of N+2, because the
 * restart from N ends the lane of N. Case table of a restart from checkpoint N:
 *
 *   killed …                                        transaction of N            found at restart              done
 *   before checkpoint N was durable                 aborted                     not in the checkpoint         InitProducerId at open aborts it
 *   after it, before EndTxn                         committed now               open, stored epoch valid      EndTxn with the stored identity
 *   after EndTxn                                    committed before            ended, stored epoch valid     EndTxn again: succeeds
 *   after a restart's writers had opened            committed by that restart   fenced by InitProducerId      the marker says so
 *   longer down than the transaction's timeout      lost                        fenced, no marker             kafka-transaction-lost, job fails
 *
 * The marker is a committed offset of the consumer group `<prefix>-<node>-recovered` whose metadata names the transactions ended: written after
 * all of them are committed and before any writer opens (which fences their identities). Without it a second crash before the next
 * checkpoint could not be told from an expired transaction.
 */
import { createHash } from 'node:crypto';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import type { SinkNode } from '../../../planner/physical/plan.ts';
import { hasDefect } from '../../checkpoint/defects.ts';
import { killPoint } from '../../checkpoint/kill-points.ts';
import type { SinkContext } from '../contract.ts';
import type { KafkaAccess, StoredTransaction } from './client/index.ts';
import type { KafkaSinkSpec } from './spec.ts';

/** The two newest checkpoints (older ones that are kept are long committed: `CheckpointLog.newest` gives them without) + the one being prepared + the open one. */
export const LANES = 4;
/** What a checkpoint keeps of a subtask: its prepared transaction and how many subtasks there were. */
export interface Committable extends StoredTransaction { readonly parallelism: number }

/** What the names of all transactions of a sink begin with. */
export const transactionPrefix = (spec: KafkaSinkSpec, node: SinkNode): string => `${spec.transactionalIdPrefix ?? ''}-${node.id.slice(0, 8)}`;
export const transactionalId = (prefix: string, subtask: number, lane: number): string => `${prefix}-${subtask}-${lane}`;
const groupOf = (prefix: string): string => `${prefix}-recovered`;

const isLost = (error: unknown): error is RivuletError => error instanceof RivuletError && error.code === 'kafka-transaction-lost';

/** Names a set of transactions. */
function markOf(transactions: readonly StoredTransaction[]): string {
  const lines = transactions.map((t) => `${t.transactionalId} ${t.producerId} ${t.producerEpoch}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** What a restart asks of Kafka. */
export type RecoverClient = Pick<KafkaAccess, 'endTransactionWith' | 'commitOffsets' | 'committedOffsets' | 'producer'>;

/** False: all is committed and the marker could not be written, so the identities must stay usable. */
async function commitAll(client: RecoverClient, topic: string, prefix: string, stored: readonly Committable[], context: SinkContext): Promise<boolean> {
  const group = groupOf(prefix), mark = markOf(stored), place = { topic, partition: 0 };
  let lost: RivuletError | undefined;
  for (const transaction of stored) {
    try {
      await client.endTransactionWith(transaction, 'commit');
    } catch (error) {
      // The others are not lost with it.
      if (!isLost(error)) throw error;
      lost ??= error;
    }
  }
  if (lost !== undefined) {
    const [known] = await client.committedOffsets(group, [place]);
    if (known?.metadata !== mark) throw lost;
    return true;
  }
  killPoint('before-marker');
  try {
    await client.commitOffsets(group, [{ ...place, offset: 0, metadata: mark }]);
    killPoint('after-marker');
    return true;
  } catch (error) {
    if (!(error instanceof RivuletError) || error.domain !== 'external') throw error;
    context.log('warn', 'the marker of recovered transactions could not be written; a further crash before the next checkpoint would look like a lost transaction', { err: error, group });
    return false;
  }
}

/**
 * Commits what the checkpoint has prepared and aborts what subtasks that no longer exist may have left open; those are all when the job ends
 * (`context.parallelism` 0). Repeatable.
 * @param topic any that the sink writes to: the marker stands under its name
 * @param former subtasks there were when the checkpoint was taken
 */
export async function recoverTransactions(client: RecoverClient, prefix: string, topic: string, committables: readonly Json[], context: SinkContext, former: number): Promise<void> {
  const stored = hasDefect('unfinished-commit') ? [] : committables.filter((c) => c !== null) as unknown as readonly Committable[];
  const isEnd = context.parallelism === 0;
  let lost: unknown;
  try {
    const isMarked = stored.length === 0 || await commitAll(client, topic, prefix, stored, context);
    // A job that ends may be started again; without the marker its next start could not tell a fenced identity from a lost transaction.
    if (!isMarked && isEnd) return;
  } catch (error) {
    if (!isEnd || !isLost(error)) throw error;
    lost = error;
  }
  const before = Math.max(former, ...stored.map((t) => t.parallelism ?? 0));
  for (let subtask = context.parallelism; subtask < before; subtask++) for (let lane = 0; lane < LANES; lane++) {
    const producer = client.producer({ transactionalId: transactionalId(prefix, subtask, lane), lingerMs: 0 });
    try { await producer.init(); } finally { await producer.close(); }
  }
  if (lost !== undefined) throw lost;
}
