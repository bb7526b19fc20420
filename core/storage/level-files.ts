/**
 * Looks through the files of a LevelDB before it is opened. LevelDB passes over damaged stretches of its log without a word, takes a
 * truncated MANIFEST or a missing log for an older state, makes an empty database where CURRENT is gone, does not check blocks it reads,
 * and throws away what it no longer knows: afterwards nobody can tell what was there. So every checksum is checked here first.
 *
 * Source of the formats: LevelDB's doc/log_format.md, doc/table_format.md and db/version_edit.cc (1.20), which have not changed since.
 * A record that ends with its file before its length (the process or the machine died in the middle of a write) is no damage.
 */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../row/crc32c.ts';
import { unpackSnappy } from './snappy.ts';

export interface FileDamage {
  readonly file: string;
  readonly why: string;
  /** Part of a log is unreadable: the rest of the database can be used, without the writes that stood there. Else it must not be opened. */
  readonly isInLog: boolean;
  /** The power failed while the database was being made: it holds nothing yet, and without this file it is made again. */
  readonly isUnborn?: boolean | undefined;
}
const BLOCK = 32_768, HEADER = 7, TABLE_MAGIC = 0xdb4775248b80fb57n;
const WHOLE = 1, FIRST = 2, LAST = 4;
const MASK_DELTA = 0xa282ead8;
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
const numbered = (number: number, ending: string): string => `${String(number).padStart(6, '0')}.${ending}`;

/** What is wrong in the folder; empty for a whole database and for a folder without one. Rejects only when a file cannot be read. */
export async function levelDamage(folder: string): Promise<readonly FileDamage[]> {
  const names = new Set(await readdir(folder)), logs = [...names].filter((name) => /^\d+\.log$/.test(name));
  if (!names.has('CURRENT')) {
    const left = [...names].find((name) => /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name));
    // A kill in the very first moment leaves a manifest that nothing points to yet, and no rows.
    return left === undefined || (logs.length === 0 && ![...names].some((name) => /\.(ldb|sst)$/.test(name))) ? [] : [{ file: 'CURRENT', why: `it is missing, although there is ${left}`, isInLog: false }];
  }
  const manifest = /^(MANIFEST-\d+)\n$/.exec(await readFile(join(folder, 'CURRENT'), 'latin1'))?.[1];
  if (manifest === undefined || !names.has(manifest)) return [{ file: 'CURRENT', why: manifest === undefined ? 'it names no manifest' : `it names ${manifest}, which is missing`, isInLog: false }];
  const { records, why } = readLog(await readFile(join(folder, manifest)));
  // LevelDB syncs its first manifest only with the first thing that goes behind it.
  if (records.length === 0 && manifest === 'MANIFEST-000001' && ![...names].some((name) => /\.(ldb|sst)$/.test(name)) && await areEmpty(folder, logs)) return [{ file: 'CURRENT', why: 'it was being made', isInLog: false, isUnborn: true }];
  const version = why === undefined ? versionOf(records) : why;
  if (typeof version === 'string') return [{ file: manifest, why: version, isInLog: false }];
  const out: FileDamage[] = [];
  if (version.log > 0 && !names.has(numbered(version.log, 'log'))) out.push({ file: numbered(version.log, 'log'), why: `it is missing, although ${manifest} names it`, isInLog: false });
  for (const [number, size] of version.tables) {
    const file = names.has(numbered(number, 'sst')) ? numbered(number, 'sst') : numbered(number, 'ldb');
    const damage = names.has(file) ? tableDamage(await readFile(join(folder, file)), size) : `it is missing, although ${manifest} names it`;
    if (damage !== undefined) out.push({ file, why: damage, isInLog: false });
  }
  for (const file of logs) {
    if (Number(file.slice(0, -4)) < version.log) continue;
    const { why: damage } = readLog(await readFile(join(folder, file)));
    if (damage !== undefined) out.push({ file, why: damage, isInLog: true });
  }
  return out;
}

async function areEmpty(folder: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) if ((await stat(join(folder, file))).size > 0) return false;
  return true;
}

/** The records of a log file up to the first damage, or to where it was being written. */
function readLog(bytes: Buffer): { readonly records: readonly Buffer[]; readonly why: string | undefined } {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let at = 0; at + HEADER <= bytes.length;) {
    const left = BLOCK - at % BLOCK;
    if (left < HEADER) { at += left; continue; }
    const length = bytes.readUInt16LE(at + 4), type = bytes[at + 6] as number, end = at + HEADER + length;
    if (type === 0 && length === 0 && bytes.readUInt32LE(at) === 0) {
      // Preallocated or never written: zeros to the end of the block, and nothing behind it.
      if (bytes.subarray(at).every((byte) => byte === 0)) break;
      return { records, why: `zeros stand at byte ${at} where a record should` };
    }
    if (HEADER + length > left) return end > bytes.length && type <= LAST && isLastBlock(bytes, at) ? torn(records) : { records, why: `the record at byte ${at} has an impossible length` };
    if (end > bytes.length) return torn(records);
    if (masked(crc32c(bytes.subarray(at + 6, end))) !== bytes.readUInt32LE(at)) return { records, why: `the checksum of the record at byte ${at} does not match` };
    if (type < WHOLE || type > LAST) return { records, why: `the record at byte ${at} is of no known kind` };
    if (type === WHOLE || type === FIRST) parts = [];
    parts.push(bytes.subarray(at + HEADER, end));
    if (type === WHOLE || type === LAST) records.push(Buffer.concat(parts));
    at = end;
  }
  return torn(records);
}
const torn = (records: readonly Buffer[]): { records: readonly Buffer[]; why: undefined } => ({ records, why: undefined });
const isLastBlock = (bytes: Buffer, at: number): boolean => at - at % BLOCK + BLOCK >= bytes.length;

class Cursor {
  at = 0;
  readonly bytes: Buffer;
  constructor(bytes: Buffer) { this.bytes = bytes; }
  get isAtEnd(): boolean { return this.at >= this.bytes.length; }
  /** Numbers of files and sizes: below 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
  skip(): void { const length = this.varint(); this.at += length; }
}
/** What the records of a MANIFEST come to: the oldest log that counts, and the live tables with their sizes. */
function versionOf(records: readonly Buffer[]): { log: number; tables: ReadonlyMap<number, number> } | string {
  const tables = new Map<number, number>();
  let log = 0;
  if (records.length === 0) return 'it holds no whole record';
  for (const record of records) {
    for (const c = new Cursor(record); !c.isAtEnd;) {
      switch (c.varint()) {
        case 1: c.skip(); break;
        case 2: log = c.varint(); break;
        case 3: case 4: case 9: c.varint(); break;
        case 5: c.varint(); c.skip(); break;
        case 6: c.varint(); tables.delete(c.varint()); break;
        case 7: { c.varint(); const number = c.varint(); tables.set(number, c.varint()); c.skip(); c.skip(); break; }
        default: return 'it holds an entry of an unknown kind';
      }
    }
  }
  return { log, tables };
}

function tableDamage(bytes: Buffer, size: number): string | undefined {
  if (bytes.length !== size) return `it has ${bytes.length} bytes instead of ${size}`;
  if (bytes.length < 48 || bytes.readBigUInt64LE(bytes.length - 8) !== TABLE_MAGIC) return 'its last bytes are not those of a table';
  const footer = new Cursor(bytes.subarray(bytes.length - 48)), blocks = [[footer.varint(), footer.varint()], [footer.varint(), footer.varint()]] as [number, number][];
  if (footer.bytes.subarray(footer.at, 40).some((byte) => byte !== 0)) return 'its last bytes are not those of a table';
  // The first names the filter, the second the blocks of entries.
  for (const block of blocks.slice()) {
    const names = blockAt(bytes, block);
    if (typeof names === 'string') return names;
    blocks.push(...handlesIn(names));
  }
  let covered = 48;
  for (const block of blocks) {
    const content = blockAt(bytes, block, false);
    if (typeof content === 'string') return content;
    covered += block[1] + 5;
  }
  return covered === bytes.length ? undefined : 'its blocks do not fill it';
}
/** A block's content, or what is wrong with it. */
function blockAt(bytes: Buffer, [at, length]: readonly [number, number], wantsContent = true): Buffer | string {
  const end = at + length;
  if (!(end + 5 <= bytes.length)) return `the block at byte ${at} reaches beyond its end`;
  if (masked(crc32c(bytes.subarray(at, end + 1))) !== bytes.readUInt32LE(end + 1)) return `the checksum of the block at byte ${at} does not match`;
  const content = bytes.subarray(at, end);
  return wantsContent && bytes[end] === 1 ? unpackSnappy(content) : content;
}
/** Where the blocks are that an index block names. */
function handlesIn(index: Buffer): [number, number][] {
  const out: [number, number][] = [], c = new Cursor(index), end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4);
  while (c.at < end) {
    c.varint();
    const own = c.varint(), value = c.varint();
    c.at += own;
    const next = c.at + value;
    out.push([c.varint(), c.varint()]);
    c.at = next;
  }
  return out;
}
