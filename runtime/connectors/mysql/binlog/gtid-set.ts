/**
 * Sets of transactions by GTID. MySQL: intervals of numbers by source, `uuid:1-5:8,…`, since 8.3 also by tag, `uuid:1-5:tag:1-3`; the
 * set may have holes. MariaDB: the last transaction of each domain, `0-1-5,1-7-9`, which stands for all before it.
 * Semantics: "GTID Format and Storage" (MySQL manual), `Gtid_set` of sql/rpl_gtid_set.cc; "Global Transaction ID" (MariaDB documentation).
 * Numbers above 2^53 are refused: no server gets there.
 */
import { gtidSetInvalid } from '../../../../core/errors/mysql-binlog.ts';
import type { ServerFacts } from '../contract.ts';

export interface GtidSet {
  /** One GTID, as in `uuid:7`, `uuid:tag:7` or `0-1-7`. */
  add(gtid: string): void;
  /** Every transaction of the other set, or of the text of one, is in this. */
  contains(other: GtidSet | string): boolean;
  /** What the other set does not contain; this one stays. */
  subtract(other: GtidSet): GtidSet;
  clone(): GtidSet;
  readonly isEmpty: boolean;
  /** As the server writes it, without blanks: sources in order, intervals joined. */
  toString(): string;
}
export function parseGtidSet(flavor: ServerFacts['flavor'], text: string): GtidSet { return flavor === 'mysql' ? MySqlGtidSet.parse(text) : MariaGtidSet.parse(text); }

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/, TAG = /^[a-z_][a-z0-9_]{0,31}$/, INTERVAL = /^(\d{1,19})(?:-(\d{1,19}))?$/;
const dashed = (hex: string): string => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

/** First and last numbers by turns, ascending, with gaps between. */
type Intervals = number[];

export class MySqlGtidSet implements GtidSet {
  /** By `uuid` or `uuid:tag`. */
  private readonly sources = new Map<string, Intervals>();
  private text: string | undefined = '';
  static parse(text: string): MySqlGtidSet {
    const set = new MySqlGtidSet();
    for (const part of text.toLowerCase().replace(/\s+/g, '').split(',')) if (part !== '') set.addPart(part, text);
    return set;
  }
  private addPart(part: string, whole: string): void {
    const [uuid = '', ...rest] = part.split(':');
    if (!UUID.test(uuid)) throw gtidSetInvalid({ text: whole, why: `"${uuid.slice(0, 60)}" is not a UUID` });
    let key = dashed(uuid.replaceAll('-', ''));
    const plain = key;
    for (const piece of rest) {
      const interval = INTERVAL.exec(piece);
      if (interval === null) {
        if (!TAG.test(piece)) throw gtidSetInvalid({ text: whole, why: `"${piece.slice(0, 60)}" is neither an interval nor a tag` });
        key = `${plain}:${piece}`;
        continue;
      }
      const first = Number(interval[1]), last = Number(interval[2] ?? interval[1]);
      if (first < 1 || !Number.isSafeInteger(last)) throw gtidSetInvalid({ text: whole, why: `"${piece}" is out of range` });
      if (last >= first) this.addInterval(key, first, last);
    }
  }
  add(gtid: string): void {
    const colon = gtid.lastIndexOf(':');
    this.addNumber(gtid.slice(0, colon), Number(gtid.slice(colon + 1)));
  }
  /** @param source `uuid` or `uuid:tag` in lower case */
  addNumber(source: string, number: number): void {
    const list = this.sources.get(source);
    // Nearly always the next of its source.
    if (list !== undefined && list[list.length - 1] === number - 1) { list[list.length - 1] = number; this.text = undefined; } else this.addInterval(source, number, number);
  }
  addInterval(source: string, first: number, last: number): void {
    const list = this.sources.get(source) ?? [];
    this.text = undefined;
    let at = 0;
    while (at < list.length && list[at + 1]! < first - 1) at += 2;
    let end = at;
    while (end < list.length && list[end]! <= last + 1) {
      first = Math.min(first, list[end]!);
      last = Math.max(last, list[end + 1]!);
      end += 2;
    }
    list.splice(at, end - at, first, last);
    this.sources.set(source, list);
  }
  private has(source: string, first: number, last: number): boolean {
    const list = this.sources.get(source);
    if (list === undefined) return false;
    for (let i = 0; i < list.length; i += 2) if (list[i]! <= first && last <= list[i + 1]!) return true;
    return false;
  }
  contains(other: GtidSet | string): boolean {
    const set = typeof other === 'string' ? MySqlGtidSet.parse(other) : other as MySqlGtidSet;
    for (const [source, list] of set.sources) for (let i = 0; i < list.length; i += 2) if (!this.has(source, list[i]!, list[i + 1]!)) return false;
    return true;
  }
  subtract(other: GtidSet): MySqlGtidSet {
    const out = new MySqlGtidSet();
    for (const [source, list] of this.sources) {
      const away = (other as MySqlGtidSet).sources.get(source) ?? [];
      for (let i = 0; i < list.length; i += 2) {
        let first = list[i]!;
        const last = list[i + 1]!;
        for (let k = 0; k < away.length && first <= last; k += 2) {
          if (away[k + 1]! < first || away[k]! > last) continue;
          if (away[k]! > first) out.addInterval(source, first, away[k]! - 1);
          first = away[k + 1]! + 1;
        }
        if (first <= last) out.addInterval(source, first, last);
      }
    }
    return out;
  }
  clone(): MySqlGtidSet {
    const copy = new MySqlGtidSet();
    for (const [source, list] of this.sources) copy.sources.set(source, [...list]);
    copy.text = this.text;
    return copy;
  }
  get isEmpty(): boolean { return this.sources.size === 0; }
  toString(): string { return this.text ??= this.print(); }
  private print(): string {
    let out = '', before = '';
    for (const source of [...this.sources.keys()].sort()) {
      const uuid = source.slice(0, 36), list = this.sources.get(source)!;
      out += uuid === before ? source.slice(36) : `${out === '' ? '' : ','}${source}`;
      for (let i = 0; i < list.length; i += 2) out += list[i] === list[i + 1] ? `:${list[i]}` : `:${list[i]}-${list[i + 1]}`;
      before = uuid;
    }
    return out;
  }
  /** As COM_BINLOG_DUMP_GTID wants it; with tags in the form that servers before 8.3 do not know. */
  encode(): Buffer {
    const isTagged = [...this.sources.keys()].some((s) => s.length > 36), parts: Buffer[] = [Buffer.alloc(8)];
    parts[0]!.writeBigUInt64LE(isTagged ? 1n << 56n | BigInt(this.sources.size) << 8n | 1n : BigInt(this.sources.size));
    for (const source of [...this.sources.keys()].sort()) {
      const list = this.sources.get(source)!, tag = source.slice(37), numbers = Buffer.alloc(8 + list.length * 8);
      parts.push(Buffer.from(source.slice(0, 36).replaceAll('-', ''), 'hex'));
      if (isTagged) parts.push(Buffer.from([tag.length << 1]), Buffer.from(tag, 'latin1'));
      numbers.writeBigUInt64LE(BigInt(list.length / 2));
      // The end of an interval stands behind its last number.
      list.forEach((value, i) => numbers.writeBigUInt64LE(BigInt(value + (i & 1)), 8 + i * 8));
      parts.push(numbers);
    }
    return Buffer.concat(parts);
  }
  /** The same form inside a PREVIOUS_GTIDS event. Throws RangeError where it is cut short. */
  static decode(b: Buffer, at: number, end: number): MySqlGtidSet {
    const set = new MySqlGtidSet(), isTagged = b[at + 7] === 1, count = isTagged ? b.readUIntLE(at + 1, 6) : b.readUIntLE(at, 6);
    at += 8;
    for (let i = 0; i < count; i++) {
      let source = dashed(b.subarray(at, at + 16).toString('hex'));
      at += 16;
      if (isTagged) {
        const length = b.readUInt8(at) >> 1;
        if (length > 0) source += `:${b.toString('latin1', at + 1, at + 1 + length)}`;
        at += 1 + length;
      }
      const intervals = Number(b.readBigUInt64LE(at));
      at += 8;
      for (let k = 0; k < intervals; k++, at += 16) set.addInterval(source, Number(b.readBigUInt64LE(at)), Number(b.readBigUInt64LE(at + 8)) - 1);
      if (at > end) throw gtidSetInvalid({ text: source, why: 'the event is cut short' });
    }
    return set;
  }
}

export class MariaGtidSet implements GtidSet {
  private readonly domains = new Map<number, { server: number; sequence: number }>();
  static parse(text: string): MariaGtidSet {
    const set = new MariaGtidSet();
    for (const part of text.replace(/\s+/g, '').split(',')) {
      if (part === '') continue;
      const match = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/.exec(part), sequence = Number(match?.[3]);
      if (match === null || !Number.isSafeInteger(sequence)) throw gtidSetInvalid({ text, why: `"${part.slice(0, 60)}" is not domain-server-sequence` });
      set.addTransaction(Number(match[1]), Number(match[2]), sequence);
    }
    return set;
  }
  add(gtid: string): void {
    const [domain, server, sequence] = gtid.split('-').map(Number);
    this.addTransaction(domain!, server!, sequence!);
  }
  /** Out of order (`gtid_strict_mode` off) the one that stands later in the log counts, as on a replica. */
  addTransaction(domain: number, server: number, sequence: number): void {
    const known = this.domains.get(domain);
    if (known === undefined) this.domains.set(domain, { server, sequence });
    else { known.server = server; known.sequence = sequence; }
  }
  contains(other: GtidSet | string): boolean {
    const set = typeof other === 'string' ? MariaGtidSet.parse(other) : other as MariaGtidSet;
    for (const [domain, { sequence }] of set.domains) if (!((this.domains.get(domain)?.sequence ?? -1) >= sequence)) return false;
    return true;
  }
  subtract(other: GtidSet): MariaGtidSet {
    const out = new MariaGtidSet();
    for (const [domain, last] of this.domains) if (!(((other as MariaGtidSet).domains.get(domain)?.sequence ?? -1) >= last.sequence)) out.domains.set(domain, { ...last });
    return out;
  }
  clone(): MariaGtidSet {
    const copy = new MariaGtidSet();
    for (const [domain, last] of this.domains) copy.domains.set(domain, { ...last });
    return copy;
  }
  get isEmpty(): boolean { return this.domains.size === 0; }
  toString(): string { return [...this.domains].sort((a, b) => a[0] - b[0]).map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`).join(','); }
}
