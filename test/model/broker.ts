/**
 * Kafka as far as exactly-once needs it: a coordinator of transactions (identities, fencing, timeouts), logs of partitions with sequences,
 * and the metadata of committed offsets. Ending a transaction keeps the epoch, as in the versions of the protocol that the client speaks.
 */
export type Outcome = 'open' | 'committed' | 'aborted' | 'expired';
export interface Transaction { readonly id: string; readonly producerId: number; readonly producerEpoch: number; readonly rows: { readonly partition: string; readonly row: string }[]; readonly partitions: Set<string>; readonly startedMs: number; outcome: Outcome }
interface Known { producerId: number; producerEpoch: number; timeoutMs: number; current: Transaction | undefined; readonly sequences: Map<string, number> }
export interface Identity { readonly transactionalId: string; readonly producerId: number; readonly producerEpoch: number }
/** A refusal as Kafka names it. */
export type Code = 'NONE' | 'PRODUCER_FENCED' | 'INVALID_TXN_STATE' | 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_ID_MAPPING';

export class Broker {
  private readonly known = new Map<string, Known>();
  private nextProducerId = 1;
  readonly transactions: Transaction[] = [];
  readonly logs = new Map<string, { readonly row: string; readonly transaction: Transaction }[]>();
  readonly metadata = new Map<string, string>();
  /** A transaction was decided for. */
  onCommit: (transaction: Transaction) => void = () => {};
  nowMs: () => number;
  constructor(nowMs: () => number) { this.nowMs = nowMs; }

  initProducerId(id: string, timeoutMs: number): Omit<Identity, 'transactionalId'> {
    let known = this.known.get(id);
    if (known === undefined) this.known.set(id, known = { producerId: this.nextProducerId++, producerEpoch: -1, timeoutMs, current: undefined, sequences: new Map() });
    this.bump(known, 'aborted');
    known.timeoutMs = timeoutMs;
    return { producerId: known.producerId, producerEpoch: known.producerEpoch };
  }
  /** A new epoch: what is open ends, and whoever holds the old one is fenced. */
  private bump(known: Known, outcome: Outcome): void {
    if (known.current?.outcome === 'open') known.current.outcome = outcome;
    known.current = undefined;
    known.producerEpoch++;
    known.sequences.clear();
  }
  private find({ transactionalId, producerId, producerEpoch }: Identity): Known | Code {
    const known = this.known.get(transactionalId);
    if (known === undefined || known.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING';
    return known.producerEpoch === producerEpoch ? known : 'PRODUCER_FENCED';
  }
  addPartitions(identity: Identity, partitions: readonly string[]): Code {
    const known = this.find(identity);
    if (typeof known === 'string') return known;
    if (known.current?.outcome !== 'open') {
      known.current = { id: identity.transactionalId, producerId: known.producerId, producerEpoch: known.producerEpoch, rows: [], partitions: new Set(), startedMs: this.nowMs(), outcome: 'open' };
      this.transactions.push(known.current);
    }
    for (const partition of partitions) known.current.partitions.add(partition);
    return 'NONE';
  }
  produce(identity: Identity, partition: string, sequence: number, rows: readonly string[]): Code {
    const known = this.find(identity);
    if (typeof known === 'string') return known;
    const next = known.sequences.get(partition) ?? 0;
    if (sequence < next) return 'NONE';
    if (sequence > next) return 'OUT_OF_ORDER_SEQUENCE_NUMBER';
    const { current } = known;
    if (current?.outcome !== 'open' || !current.partitions.has(partition)) return 'INVALID_TXN_STATE';
    known.sequences.set(partition, sequence + rows.length);
    const log = this.logs.get(partition) ?? [];
    this.logs.set(partition, log);
    for (const row of rows) { log.push({ row, transaction: current }); current.rows.push({ partition, row }); }
    return 'NONE';
  }
  endTransaction(identity: Identity, outcome: 'commit' | 'abort'): Code {
    const known = this.find(identity), wanted = outcome === 'commit' ? 'committed' : 'aborted';
    if (typeof known === 'string') return known;
    const { current } = known;
    if (current === undefined || (current.outcome !== 'open' && current.outcome !== wanted)) return 'INVALID_TXN_STATE';
    if (current.outcome === 'open') {
      current.outcome = wanted;
      if (wanted === 'committed') this.onCommit(current);
    }
    return 'NONE';
  }
  /** Ends transactions that are open for too long. */
  tick(): void { for (const known of this.known.values()) if (known.current?.outcome === 'open' && this.nowMs() - known.current.startedMs > known.timeoutMs) this.bump(known, 'expired'); }

  /** The transaction that an identity in a checkpoint stood for when it was stored: the newest of that producer epoch. */
  ofIdentity({ transactionalId, producerId, producerEpoch }: Identity): Transaction | undefined {
    return this.transactions.findLast((t) => t.id === transactionalId && t.producerId === producerId && t.producerEpoch === producerEpoch);
  }
  /** What a read_committed reader would see once everything open has ended, by partition and in order. */
  *committed(): Generator<{ readonly partition: string; readonly row: string }> {
    for (const [partition, log] of this.logs) for (const { row, transaction } of log) if (transaction.outcome === 'committed') yield { partition, row };
  }
  get open(): readonly Transaction[] { return this.transactions.filter((t) => t.outcome === 'open'); }
}
