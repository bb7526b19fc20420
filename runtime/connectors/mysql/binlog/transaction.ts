/**
 * What has been executed up to the reader's place: the set of transactions and, without GTIDs, file and offset. A prepared XA
 * transaction is executed for the server but not for the job: its rows wait here for XA COMMIT, and positions that are stored leave it out
 * of the set, so that after a restart the server sends it again.
 */
import type { BinlogPosition, ServerFacts } from '../contract.ts';
import { MariaGtidSet, MySqlGtidSet, parseGtidSet, type GtidSet } from './gtid-set.ts';
import type { GtidReader } from './gtid-events.ts';
import type { HeldRows } from './held.ts';

export interface Prepared { readonly gtid: string | null; readonly rows: readonly HeldRows[] }

export class Progress {
  file: string;
  /** Behind the last event read. */
  pos: number;
  /** Behind the last whole transaction. */
  wholeFile: string;
  wholePos: number;
  /** Everything read; null without GTIDs. */
  executed: GtidSet | null;
  readonly prepared = new Map<string, Prepared>();
  constructor(flavor: ServerFacts['flavor'], start: BinlogPosition) {
    this.file = this.wholeFile = start.file;
    this.pos = this.wholePos = start.pos;
    this.executed = start.gtids === null ? null : parseGtidSet(flavor, start.gtids);
    for (const id of start.xa ?? []) this.prepared.set(id, { gtid: null, rows: [] });
  }
  /** To be stored: what was given to the job. */
  get position(): BinlogPosition {
    const here = { file: this.wholeFile, pos: this.wholePos };
    if (this.prepared.size === 0) return { ...here, gtids: this.executed?.toString() ?? null };
    // Only sets of MySQL can leave one out; of others the names are kept, and none of them has rows.
    if (!(this.executed instanceof MySqlGtidSet)) return { ...here, gtids: this.executed?.toString() ?? null, xa: [...this.prepared.keys()] };
    const waiting = new MySqlGtidSet();
    for (const { gtid } of this.prepared.values()) if (gtid !== null) waiting.add(gtid);
    return { ...here, gtids: this.executed.subtract(waiting).toString() };
  }
  /** To go on with after a loss of connection: prepared transactions are here. */
  get resume(): BinlogPosition { return { file: this.wholeFile, pos: this.wholePos, gtids: this.executed?.toString() ?? null }; }
  /** The transaction that `gtid` read (undefined: an anonymous one) is over. */
  done(gtid: GtidReader | undefined): void {
    const { executed } = this;
    if (gtid !== undefined && executed !== null) {
      if (executed instanceof MySqlGtidSet) executed.addNumber(gtid.source, gtid.number); else (executed as MariaGtidSet).addTransaction(gtid.domain, gtid.server, gtid.number);
    }
    this.wholeFile = this.file;
    this.wholePos = this.pos;
  }
  /** An event in the file ends there; offsets above 4 GiB come as their low half. */
  moveTo(endLow: number, length: number): void {
    const next = this.pos + length;
    if (next % 4294967296 === endLow) { this.pos = next; return; }
    const high = this.pos - this.pos % 4294967296;
    this.pos = high + endLow < this.pos ? high + 4294967296 + endLow : high + endLow;
  }
}

/**
 * A transaction of which rows were given before the connection was lost: when it comes again, as many rows events are passed over, and
 * they must be the same ones.
 */
export class Half {
  readonly key: string;
  readonly events: number;
  readonly mark: number;
  constructor(key: string, events: number, mark: number) { this.key = key; this.events = events; this.mark = mark; }
  /** Takes in the checksum or length of one more rows event. */
  static next(mark: number, sign: number): number { return Math.imul(mark, 31) + sign | 0; }
}
