/**
 * Events that name the transaction that follows. MySQL: GTID (fixed layout), GTID_TAGGED (fields by number, lengths in the leading
 * ones of each integer); MariaDB: GTID, which also stands for BEGIN. Formats: `Gtid_event` of MySQL's control_events.h with the
 * serialization library; "GTID_EVENT" of MariaDB's replication protocol.
 */
import { uuidText } from '../types/small-values.ts';
import type { TextBuffer } from '../../../../core/row/text.ts';

/** Of MariaDB's flags. */
export const STANDALONE = 1, PREPARED_XA = 64, COMPLETED_XA = 128;

/** What the last such event said; one object that is filled again and again. */
export class GtidReader {
  /** `uuid`, `uuid:tag`; MariaDB: `domain-server`. */
  source = '';
  number = 0;
  /** Commit on this server, ms since the epoch; 0 where the server does not tell. */
  commitMs = 0;
  /** MariaDB only. */
  flags = 0;
  domain = 0;
  server = 0;
  private readonly sid = Buffer.alloc(16);
  private plainSource = '';

  /** GTID_LOG_EVENT and ANONYMOUS_GTID. */
  readPlain(b: Buffer, at: number, end: number): void {
    if (end - at < 25) throw new RangeError('a GTID event is cut short');
    this.source = this.uuidAt(b, at + 1);
    this.number = b.readUInt32LE(at + 17) + b.readUInt32LE(at + 21) * 4294967296;
    this.commitMs = 0;
    // Behind the logical clock (type 2): µs in 7 bytes, the highest bit says that another time follows.
    if (end - at >= 49 && b[at + 25] === 2) this.commitMs = Math.floor((b.readUIntLE(at + 42, 6) + (b[at + 48]! & 0x7f) * 281474976710656) / 1000);
  }
  private uuidAt(b: Buffer, at: number): string {
    if (this.plainSource === '' || this.sid.compare(b, at, at + 16) !== 0) {
      b.copy(this.sid, 0, at, at + 16);
      this.plainSource = uuidText(this.sid);
    }
    return this.plainSource;
  }
  readTagged(b: Buffer, at: number, end: number): void {
    const version = varint(b, at);
    if (version !== 1) throw new RangeError(`a tagged GTID event has version ${version}`);
    varint(b, varintAt);
    varint(b, varintAt);
    let p = varintAt, uuid = '', tag = '';
    this.commitMs = this.number = 0;
    while (p < end) {
      const field = varint(b, p);
      switch (field) {
        case 1: { const bytes = Buffer.alloc(16); for (let i = 0; i < 16; i++) bytes[i] = varint(b, varintAt); uuid = uuidText(bytes); break; }
        // Signed: the lowest bit is the sign.
        case 2: this.number = Math.floor(varint(b, varintAt) / 2); break;
        case 3: { const length = varint(b, varintAt); tag = (b as TextBuffer).latin1Slice(varintAt, varintAt + length); skipVarint(length); break; }
        case 6: this.commitMs = Math.floor(varint(b, varintAt) / 1000); break;
        default: varint(b, varintAt);
      }
      p = varintAt;
      if (field >= 6) break;
    }
    if (uuid === '' || this.number === 0) throw new RangeError('a tagged GTID event names no transaction');
    this.source = tag === '' ? uuid : `${uuid}:${tag}`;
  }
  readMaria(b: Buffer, at: number, end: number, server: number): void {
    if (end - at < 13) throw new RangeError('a GTID event is cut short');
    this.number = b.readUInt32LE(at) + b.readUInt32LE(at + 4) * 4294967296;
    const domain = b.readUInt32LE(at + 8);
    if (domain !== this.domain || server !== this.server || this.source === '') this.source = `${domain}-${server}`;
    this.domain = domain;
    this.server = server;
    this.flags = b[at + 12]!;
    this.commitMs = 0;
  }
}
/** Behind the integer read last. */
let varintAt = 0;
const skipVarint = (length: number): void => { varintAt += length; };
/** So many ones at the low end of the first byte as bytes follow; the rest of the bits, low first, is the value. */
function varint(b: Buffer, at: number): number {
  const first = b.readUInt8(at);
  let more = 0;
  while (more < 8 && (first >> more & 1) === 1) more++;
  varintAt = at + 1 + more;
  let value = more >= 7 ? 0 : first >> more + 1, scale = 2 ** (more >= 7 ? 0 : 7 - more);
  for (let i = 1; i <= more; i++) { value += b.readUInt8(at + i) * scale; scale *= 256; }
  return value;
}
/** The name of a prepared transaction in MariaDB's GTID event, as XA COMMIT writes it: both parts in hexadecimal, and the format. */
export function mariaXaId(b: Buffer, body: number, flags: number): string {
  const format = body + 13 + ((flags & 2) === 0 ? 0 : 8), first = format + 6, second = first + b[format + 4]!, behind = second + b[format + 5]!;
  return `x'${b.toString('hex', first, second)}',x'${b.toString('hex', second, behind)}',${b.readUInt32LE(format)}`;
}
