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
 *
 * Behind it stands who wrote it: the last start of a job with these transactional ids. A writer that is fenced restarts, because a broker that
 * has timed its transaction out answers the same; when it then finds another owner it stays down. So of two that share ids (a copied data
 * directory, a statement submitted twice) the one started last goes on, and they do not fence each other by turns.
 */
import { createHash } from 'node:crypto';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { kafkaTakenOver } from '../../../core/errors/kafka.ts';
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

/** What the group's metadata says: which transactions were ended last, and by whom. */
interface Marker { readonly mark: string; readonly owner: string | undefined }
async function markerOf(client: RecoverClient, group: string, topic: string): Promise<Marker> {
  const [known] = await client.committedOffsets(group, [{ topic, partition: 0 }]).catch((error: unknown) => {
    // Whoever may not read it gets its warning when it is written.
    if (!(error instanceof RivuletError) || error.code !== 'kafka-request-failed') throw error;
    return [];
  });
  const [mark = '', owner] = (known?.metadata ?? '').split(' ');
  return { mark, owner };
}
async function commitAll(client: RecoverClient, stored: readonly Committable[], before: Marker): Promise<void> {
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
  if (lost !== undefined && before.mark !== markOf(stored)) throw lost;
}
/** False: it could not be written, so the identities must stay usable. */
async function writeMarker(client: RecoverClient, group: string, topic: string, marker: Marker, isFirst: boolean, context: SinkContext): Promise<boolean> {
  killPoint('before-marker');
  try {
    await client.commitOffsets(group, [{ topic, partition: 0, offset: 0, metadata: `${marker.mark} ${marker.owner ?? ''}`.trimEnd() }]);
    killPoint('after-marker');
    return true;
  } catch (error) {
    if (!(error instanceof RivuletError) || error.domain !== 'external') throw error;
    // A first start finds no topic yet, and has nothing prepared to remember; who holds the ids says the marker of the next one.
    if (isFirst && error.message.endsWith('UNKNOWN_TOPIC_OR_PARTITION')) return false;
    context.log('warn', 'the marker of recovered transactions could not be written; a further crash before the next checkpoint would look like a lost transaction', { err: error, group });
    return false;
  }
}

/**
 * Commits what the checkpoint has prepared and aborts what subtasks that no longer exist may have left open; those are all when the job ends
 * (`context.parallelism` 0). Repeatable.
 * @param topic any that the sink writes to: the marker stands under its name; '' when none is known, then nothing is prepared
 * @param former subtasks there were when the checkpoint was taken
 */
export async function recoverTransactions(client: RecoverClient, prefix: string, topic: string, committables: readonly Json[], context: SinkContext, former: number): Promise<void> {
  const stored = hasDefect('unfinished-commit') ? [] : committables.filter((c) => c !== null) as unknown as readonly Committable[];
  const isEnd = context.parallelism === 0, group = groupOf(prefix), { claim } = context;
  let lost: unknown;
  if (topic !== '') {
    const known = await markerOf(client, group, topic);
    if (claim?.isHeld === true && known.owner !== undefined && known.owner !== claim.own) throw kafkaTakenOver({ prefix });
    try {
      await commitAll(client, stored, known);
      const marker = { mark: stored.length === 0 ? known.mark : markOf(stored), owner: claim?.own ?? known.owner };
      const isMarked = (marker.mark === known.mark && marker.owner === known.owner) || await writeMarker(client, group, topic, marker, stored.length === 0, context);
      // A job that ends may be started again; without the marker its next start could not tell a fenced identity from a lost transaction.
      if (!isMarked && isEnd && stored.length > 0) return;
    } catch (error) {
      if (!isEnd || !isLost(error)) throw error;
      lost = error;
    }
  }
  const before = Math.max(former, ...stored.map((t) => t.parallelism ?? 0));
  for (let subtask = context.parallelism; subtask < before; subtask++) for (let lane = 0; lane < LANES; lane++) {
    const producer = client.producer({ transactionalId: transactionalId(prefix, subtask, lane), lingerMs: 0 });
    try { await producer.init(); } finally { await producer.close(); }
  }
  if (lost !== undefined) throw lost;
}
