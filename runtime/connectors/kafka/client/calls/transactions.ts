/** InitProducerId v0–v1, AddPartitionsToTxn v0–v2, EndTxn v0–v2. Below the versions of KIP-890: ending a transaction keeps the epoch. */
import { kafkaProducerFenced, kafkaRequestFailed, kafkaTransactionLost } from '../../../../../core/errors/kafka.ts';
import type { RivuletError } from '../../../../../core/errors/define.ts';
import type { Cluster } from '../cluster.ts';
import { Again } from '../cluster.ts';
import type { StoredTransaction, TopicPartition } from '../types.ts';
import { APIS } from '../wire/apis.ts';
import { CODE, errorName, isRetriable } from '../wire/error-codes.ts';
import { keyOf, writeByTopic } from './offsets.ts';

export interface ProducerIdentity { readonly producerId: number; readonly producerEpoch: number }

/** Without a transactional id any broker gives a fresh identity; with one, its coordinator fences the older producer and aborts its transaction. */
export async function initProducerId(cluster: Cluster, transactionalId: string | undefined, transactionTimeoutMs: number): Promise<ProducerIdentity> {
  const ask = async (connection: import('../connection.ts').Connection): Promise<ProducerIdentity & { code: number }> =>
    await connection.call(APIS.initProducerId, (w) => w.string(transactionalId ?? null).i32(transactionalId === undefined ? 2_147_483_647 : transactionTimeoutMs),
      (r) => { r.i32(); return { code: r.i16(), producerId: r.i64(), producerEpoch: r.i16() }; });
  const fail = (code: number): RivuletError => kafkaRequestFailed({
    call: 'InitProducerId', code: errorName(code), what: transactionalId === undefined ? undefined : `transactional id '${transactionalId}'`,
    fix: code === CODE.INVALID_TRANSACTION_TIMEOUT ? `The transaction timeout of ${transactionTimeoutMs} ms is above the broker's transaction.max.timeout.ms; lower 'properties.transaction.timeout.ms' or raise the broker's limit.`
      : code === 31 ? "The user may not write idempotently; set 'properties.enable.idempotence'='false'." : undefined,
  });
  const answer = transactionalId === undefined
    ? await cluster.retry(async () => {
      const given = await ask(await cluster.anyConnection());
      return isRetriable(given.code) ? new Again(fail(given.code)) : given;
    })
    : await cluster.callCoordinator('transaction', transactionalId, 'InitProducerId', ask);
  if (answer.code !== 0) throw isFenced(answer.code) && transactionalId !== undefined ? kafkaProducerFenced({ transactionalId, code: errorName(answer.code) }) : fail(answer.code);
  return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
}

/** Makes partitions part of the open transaction; must be answered before their first batch is sent. `limitMs`: how long it is tried. */
export async function addPartitionsToTxn(cluster: Cluster, txn: StoredTransaction, partitions: readonly TopicPartition[], limitMs: number): Promise<void> {
  const answer = await cluster.callCoordinator('transaction', txn.transactionalId, 'AddPartitionsToTxn', async (connection) => await connection.call(APIS.addPartitionsToTxn, (w) => {
    w.string(txn.transactionalId).i64(txn.producerId).i16(txn.producerEpoch);
    writeByTopic(w, partitions, (e, item) => e.i32(item.partition));
  }, (r) => {
    r.i32();
    const codes = new Map<string, number>();
    r.array((t) => { const topic = t.string(); t.array((p) => { codes.set(keyOf(topic, p.i32()), p.i16()); }); });
    // The first real reason; the other partitions then carry OPERATION_NOT_ATTEMPTED.
    const code = [...codes.values()].find((c) => c !== 0 && c !== CODE.OPERATION_NOT_ATTEMPTED) ?? [...codes.values()].find((c) => c !== 0) ?? 0;
    return { code, codes };
  }), limitMs);
  if (answer.code === 0) return;
  if (isFenced(answer.code) || answer.code === CODE.INVALID_PRODUCER_ID_MAPPING) throw kafkaProducerFenced({ transactionalId: txn.transactionalId, code: errorName(answer.code) });
  const culprit = partitions.find((p) => answer.codes.get(keyOf(p.topic, p.partition)) === answer.code);
  throw kafkaRequestFailed({ call: 'AddPartitionsToTxn', code: errorName(answer.code), what: culprit ? `partition ${culprit.partition} of topic '${culprit.topic}'` : `transactional id '${txn.transactionalId}'` });
}

/** See KafkaAccess.endTransactionWith. A repeated EndTxn with the same outcome succeeds, so that retries are safe. `limitMs`: how long it is tried, by default as other calls. */
export async function endTransaction(cluster: Cluster, txn: StoredTransaction, outcome: 'commit' | 'abort', limitMs?: number): Promise<void> {
  const answer = await cluster.callCoordinator('transaction', txn.transactionalId, 'EndTxn', async (connection) => await connection.call(APIS.endTxn,
    (w) => w.string(txn.transactionalId).i64(txn.producerId).i16(txn.producerEpoch).bool(outcome === 'commit'),
    (r) => { r.i32(); return { code: r.i16() }; }), limitMs);
  if (answer.code === 0) return;
  if (isFenced(answer.code) || answer.code === CODE.INVALID_TXN_STATE || answer.code === CODE.INVALID_PRODUCER_ID_MAPPING) {
    throw kafkaTransactionLost({ transactionalId: txn.transactionalId, code: errorName(answer.code) });
  }
  throw kafkaRequestFailed({ call: 'EndTxn', code: errorName(answer.code), what: `transactional id '${txn.transactionalId}'` });
}

/** Another producer with the same transactional id is newer, or the coordinator has timed the transaction out. */
export function isFenced(code: number): boolean { return code === CODE.INVALID_PRODUCER_EPOCH || code === CODE.PRODUCER_FENCED; }
