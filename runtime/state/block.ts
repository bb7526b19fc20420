/**
 * A block: changed or all entries of one hash segment of one state table, as bytes. The layout is `docs/state-format.md`; this file is
 * the one place that knows it. Blocks are immutable, stand alone (name, schema, seed, checksum inside) and are read in the order written.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { stateBlockDamaged, stateIncompatible, stateVersionUnknown } from '../../core/errors/state.ts';
import { ROW_CODEC_VERSION } from '../../core/row/codec.ts';
import { asNullable, typeText } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { StateTableSpec } from './contract.ts';

export const STATE_FORMAT_VERSION = 1;
const MAGIC = 0x54535652;
const FIXED_HEADER = 48, CHECKED_FROM = 8;

export interface BlockHeader {
  readonly table: string;
  readonly kind: 'base' | 'delta';
  readonly segment: number;
  readonly segments: number;
  readonly deletes: number;
  readonly puts: number;
  readonly seed: readonly [number, number];
  /** Records of entries end with the time of their last write. */
  readonly timed: boolean;
  /** The records begin at this byte; deletes first. */
  readonly bodyAt: number;
}

/** What a table stores, as text: the same text means the bytes can be read. Nullability and names of columns do not matter. */
export function schemaText(spec: StateTableSpec): string {
  const list = (types: readonly SqlType[]): string => types.map((type) => typeText(asNullable(type))).join(', ');
  return `key (${list(spec.key)}), sub-key (${list(spec.subKey)}), value (${list(spec.value)}), ${spec.meta} counts`;
}
/** Two 32-bit words. */
export function schemaHash(text: string): readonly [number, number] {
  const digest = createHash('sha256').update(`${ROW_CODEC_VERSION}|${text}`).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

export interface BlockIdentity { readonly table: string; readonly schema: string; readonly schemaWords: readonly [number, number]; readonly timed: boolean }

/** Collects the records of one block, deletes first. */
export class BlockBuilder {
  words: Int32Array<ArrayBuffer>;
  /** In words; where the next record goes. */
  end: number;
  readonly kind: 'base' | 'delta';
  private readonly bodyAt: number;
  deletes = 0;
  puts = 0;
  /** @param words room for records; exactly as many as will come, and the block is not copied at the end */
  constructor(identity: BlockIdentity, kind: 'base' | 'delta', words: number) {
    const name = Buffer.from(identity.table), schema = Buffer.from(kind === 'base' ? identity.schema.slice(0, 20000) : '');
    this.kind = kind;
    this.bodyAt = (FIXED_HEADER + name.length + schema.length + 3) & ~3;
    this.end = this.bodyAt >> 2;
    this.words = new Int32Array(this.end + Math.ceil(words));
    const b = Buffer.from(this.words.buffer);
    b.writeUInt32LE(MAGIC, 0);
    b[8] = STATE_FORMAT_VERSION; b[9] = (kind === 'base' ? 0 : 1) | (identity.timed ? 2 : 0); b.writeUInt16LE(this.bodyAt, 10);
    b.writeUInt32LE(identity.schemaWords[0], 32); b.writeUInt32LE(identity.schemaWords[1], 36);
    b.writeUInt16LE(name.length, 40); b.writeUInt16LE(schema.length, 42);
    name.copy(b, FIXED_HEADER); schema.copy(b, FIXED_HEADER + name.length);
  }
  get bodyWords(): number { return this.end - (this.bodyAt >> 2); }
  /** Makes room for `more` words behind `end`. */
  reserve(more: number): void {
    if (this.end + more <= this.words.length) return;
    const wide = new Int32Array(Math.max(this.words.length * 2, this.end + more));
    wide.set(this.words);
    this.words = wide;
  }
  /** Copies a delete record: the length in words at `at`, then the body. */
  addDelete(from: Uint32Array, at: number): void {
    const length = from[at]!;
    this.reserve(1 + length);
    for (let w = 0; w <= length; w++) this.words[this.end++] = from[at + w]!;
    this.deletes++;
  }
  /** The finished block in an ArrayBuffer of its own; the builder is done with. */
  finish(segment: number, segments: number, seed: readonly [number, number]): Uint8Array<ArrayBuffer> {
    const length = this.end * 4, buffer = this.end === this.words.length ? this.words.buffer : this.words.buffer.slice(0, length), b = Buffer.from(buffer);
    b.writeUInt16LE(segment, 12); b.writeUInt16LE(segments, 14);
    b.writeUInt32LE(this.deletes, 16); b.writeUInt32LE(this.puts, 20);
    b.writeUInt32LE(seed[0], 24); b.writeUInt32LE(seed[1], 28);
    b.writeUInt32LE(length, 44);
    b.writeUInt32LE(crc32(b.subarray(CHECKED_FROM)), 4);
    return new Uint8Array(buffer);
  }
}

/** Checks marks, length, checksum and version; `name` says which block an error is about. */
export function readHeader(block: Buffer, name: string): BlockHeader {
  const damaged = (why: string): Error => stateBlockDamaged({ block: name, why });
  if (block.length < FIXED_HEADER || block.readUInt32LE(0) !== MAGIC) throw damaged('It does not begin with the mark of a state block');
  if (block.readUInt32LE(44) !== block.length) throw damaged(`Its length is ${block.length} bytes, it says ${block.readUInt32LE(44)}`);
  if (crc32(block.subarray(CHECKED_FROM)) !== block.readUInt32LE(4)) throw damaged('Its checksum is wrong');
  const version = block[8]!;
  if (version !== STATE_FORMAT_VERSION) throw stateVersionUnknown({ table: name, found: version, known: STATE_FORMAT_VERSION });
  const nameLength = block.readUInt16LE(40);
  return {
    table: block.toString('utf8', FIXED_HEADER, FIXED_HEADER + nameLength), kind: (block[9]! & 1) === 0 ? 'base' : 'delta', timed: (block[9]! & 2) !== 0,
    segment: block.readUInt16LE(12), segments: block.readUInt16LE(14), deletes: block.readUInt32LE(16), puts: block.readUInt32LE(20),
    seed: [block.readUInt32LE(24), block.readUInt32LE(28)], bodyAt: block.readUInt16LE(10),
  };
}
/** Throws unless the block was written for this schema. */
export function checkSchema(block: Buffer, identity: BlockIdentity): void {
  if (block.readUInt32LE(32) === identity.schemaWords[0] && block.readUInt32LE(36) === identity.schemaWords[1]) return;
  const nameLength = block.readUInt16LE(40), schemaLength = block.readUInt16LE(42), from = FIXED_HEADER + nameLength;
  throw stateIncompatible({ table: identity.table, stored: schemaLength === 0 ? 'another schema' : block.toString('utf8', from, from + schemaLength), wanted: identity.schema });
}
