/**
 * Reads one JSON object into columns: the hot path of every json table. Three ways, tried in this order, with equal results:
 *
 *   1. learned shapes: for key orders seen before, straight-line code that compares the bytes between the values with those of the
 *      sample (keys, colons, white space) and reads or steps over the values. It verifies every key up to the closing brace, so a
 *      duplicate key, a new key or a malformed rest is always noticed (0.14 µs for 2 of 7 fields of 240 bytes);
 *   2. a scanner for keys in any order: a switch over key length and bytes; a later duplicate overwrites an earlier one;
 *   3. the exact reader, which knows everything (escaped keys, flattened names, missing-field checks) and throws the errors.
 *
 * A way gives up (-1) before anything is emitted; what it wrote into the row is overwritten by the next one.
 */
import { generatedFactory } from '../../../core/codegen/generated.ts';
import type { Column } from '../../../core/row/batch.ts';
import { isText, type TextSlices } from '../../../core/row/slices.ts';
import type { RowField, SqlType } from '../../../core/types/sql-type.ts';
import { compileConverter, missingField, timestampForm, type Converter, type DecodeSettings } from './convert.ts';
import type { TextBuffer } from '../../../core/row/text.ts';
import type { JsonReader } from './reader.ts';
import { bytesEqual, isTimestampType, readBlock, scanHelpers, skipBlock } from './scan-blocks.ts';
import { learnShape, type Shape } from './shape.ts';
import { stringMaker, type MakeString } from '../../../core/row/text.ts';
import type { TimestampForm } from './temporal.ts';

/** `slices`: a text goes there where it can, else into the column. */
export interface ScanField { readonly name: string; readonly type: SqlType; readonly slot: number; readonly slices?: TextSlices | undefined }
export interface ScanSettings extends DecodeSettings { readonly flatten: boolean }
/** Position behind the object, or -1 when this way cannot read it. */
type Scan = (b: TextBuffer, o: number, end: number, cols: readonly Column[], at: number, r: JsonReader) => number;

const MAX_SHAPES = 4, MAX_LEARNED = 32, PATIENCE = 16;
/** A function with more code than this is not optimised by V8; wide tables read through one function per column. */
const INLINE_FIELDS = 40;
/** Beyond, way 2 costs more than the exact reader: it compares a key with all names of its length, in code too large for V8 to optimise. */
const MOST_ANY_ORDER = 400;
/** Beyond, no shapes are learned: the compilation alone would hold up the thread for a good part of a second. */
const MOST_LEARNED_FIELDS = 2000;
/** Long names would become long code. */
const MOST_NAME_BYTES = 30_000;

export class ObjectScanner {
  private readonly fields: readonly ScanField[];
  private readonly settings: ScanSettings;
  private readonly converters: readonly Converter[];
  private readonly places: ReadonlyMap<string, number>;
  /** Names of all declared fields when their absence is an error. */
  private readonly required: readonly string[] | undefined;
  private readonly path: string;
  /** With flattening: `a` and `a.b` when `a.b.c` is wanted. */
  private readonly prefixes: ReadonlySet<string>;
  private readonly anyOrder: Scan | undefined;
  private readonly bound: readonly unknown[];
  private shapes: Scan[] = [];
  private last = 0;
  private learned = 0;
  private misses = 0;
  private isLearning: boolean;
  /** `path` stands before field names in errors (`after.`); `all` are the declared fields of the object; `exactOnly` leaves out ways 1 and 2 (tests compare). */
  constructor(fields: readonly ScanField[], all: readonly { readonly name: string }[], settings: ScanSettings, path = '', exactOnly = false) {
    this.fields = fields;
    this.settings = settings;
    this.path = path;
    this.converters = fields.map((f) => compileConverter(f.type, path + f.name, exactOnly ? settings : { ...settings, rows: scannedRows }));
    this.places = new Map(fields.map((f, i) => [f.name, i]));
    this.required = settings.failOnMissingField ? all.map((f) => f.name) : undefined;
    this.prefixes = new Set(settings.flatten ? fields.flatMap((f) => prefixesOf(f.name)) : []);
    const forms = fields.map((f): TimestampForm | undefined => (isTimestampType(f.type) ? timestampForm(f.type, settings) : undefined));
    const makers = fields.map((f): MakeString | TextSlices | undefined => (isText(f.type) ? f.slices ?? stringMaker() : undefined));
    this.bound = [scanHelpers, this.converters, forms, makers];
    this.isLearning = !exactOnly && fields.length <= MOST_LEARNED_FIELDS;
    this.anyOrder = this.required === undefined && this.prefixes.size === 0 && !exactOnly && fields.length <= MOST_ANY_ORDER && fields.reduce((sum, f) => sum + f.name.length, 0) <= MOST_NAME_BYTES ? this.compile(anyOrderCode(fields)) : undefined;
  }

  /** `r.at` stands on `{`; afterwards behind `}`. Throws bad-record. */
  read(r: JsonReader, cols: readonly Column[], at: number): void {
    const { at: start, nulled } = r, shapes = this.shapes;
    r.depth++;
    if (this.last < shapes.length) {
      const o = shapes[this.last]!(r.bytes, start, r.end, cols, at, r);
      if (o >= 0) { r.at = o; r.depth--; return; }
    }
    this.readOtherwise(r, start, nulled, cols, at);
    r.depth--;
  }
  /** `nulled`: fields made NULL before this object; each way counts anew. */
  private readOtherwise(r: JsonReader, start: number, nulled: number, cols: readonly Column[], at: number): void {
    const shapes = this.shapes;
    for (let i = 0; i < shapes.length; i++) {
      if (i === this.last) continue;
      r.nulled = nulled;
      const o = shapes[i]!(r.bytes, start, r.end, cols, at, r);
      if (o >= 0) { this.last = i; r.at = o; return; }
    }
    r.nulled = nulled;
    const o = this.anyOrder === undefined ? -1 : this.anyOrder(r.bytes, start, r.end, cols, at, r);
    if (o >= 0) r.at = o;
    else { r.at = start; r.nulled = nulled; this.exact(r, cols, at); }
    if (this.isLearning) this.considerLearning(r, start);
  }
  /** A new shape at once while there are few, later only when the known ones keep missing; at most MAX_LEARNED ever. */
  private considerLearning(r: JsonReader, start: number): void {
    this.misses++;
    if (this.shapes.length >= MAX_SHAPES && this.misses < PATIENCE << Math.min(16, this.learned)) return;
    this.misses = 0;
    if (this.learned++ >= MAX_LEARNED) { this.isLearning = false; return; }
    const shape = learnShape(r, start, this.places, this.prefixes);
    if (shape === undefined || (this.required?.some((name) => !shape.names.has(name)) ?? false)) return;
    const scan = this.compile(shapeCode(shape, this.fields));
    if (this.shapes.length < MAX_SHAPES) this.shapes.push(scan); else this.shapes[this.learned % MAX_SHAPES] = scan;
    this.last = this.shapes.indexOf(scan);
  }
  private compile(code: string): Scan {
    return generatedFactory(['T', 'C', 'F', 'S'], code)(...this.bound) as Scan;
  }

  /** The exact way. */
  private exact(r: JsonReader, cols: readonly Column[], at: number): void {
    for (const f of this.fields) setNull(f, cols, at);
    const seen = this.required === undefined ? undefined : new Set<string>();
    const levels = this.prefixes.size === 0 ? undefined : new Map<string, number>();
    this.members(r, '', cols, at, seen, levels);
    const missing = seen === undefined ? undefined : this.required?.find((name) => !seen.has(name));
    if (missing !== undefined) throw missingField(r, this.path + missing);
  }
  private members(r: JsonReader, prefix: string, cols: readonly Column[], at: number, seen: Set<string> | undefined, levels: Map<string, number> | undefined): void {
    const level = r.depth;
    r.at++;
    if (r.next() === 125) { r.at++; return; }
    do {
      const key = r.key(), name = prefix + key, place = this.places.get(name);
      r.next();
      seen?.add(name);
      if (place !== undefined) {
        if (levels !== undefined) this.checkLevel(r, levels, name, level);
        const field = this.fields[place]!;
        (cols[field.slot] as Column)[at] = (this.converters[place] as Converter)(r);
        if (field.slices !== undefined) field.slices.starts[at] = -1;
      } else if (levels !== undefined && this.prefixes.has(name) && r.bytes[r.at] === 123) {
        if (++r.depth > 1000) throw r.malformed('nested deeper than 1000 levels');
        this.members(r, `${name}.`, cols, at, seen, levels);
        r.depth--;
      } else r.skip();
    } while (r.more(125));
  }
  /** A flattened name must not meet a member that has the same name by itself. */
  private checkLevel(r: JsonReader, levels: Map<string, number>, name: string, level: number): void {
    const known = levels.get(name);
    if (known !== undefined && known !== level && !this.settings.ignoreParseErrors) throw r.wrong(this.path + name, 'the flattened name of a nested field is also the name of another field');
    levels.set(name, level);
  }
}

function setNull(f: ScanField, cols: readonly Column[], at: number): void {
  (cols[f.slot] as Column)[at] = null;
  if (f.slices !== undefined) f.slices.starts[at] = -1;
}
const nullCode = (f: ScanField, i: number): string => `cols[${f.slot}][at] = null;${f.slices === undefined ? '' : ` S[${i}].starts[at] = -1;`}`;

/** Nested rows by scanners of their own, which write into columns of one row. */
function scannedRows(fields: readonly RowField[], path: string, settings: DecodeSettings): (r: JsonReader) => unknown[] {
  const scanner = new ObjectScanner(fields.map((f, slot) => ({ name: f.name, type: f.type, slot })), fields, { ...settings, flatten: false }, `${path}.`);
  const columns: Column[] = fields.map(() => [null]);
  return (r) => {
    scanner.read(r, columns, 0);
    const values: unknown[] = [];
    for (let i = 0; i < columns.length; i++) values.push(columns[i]![0]);
    return values;
  };
}

/** `a.b.c` → `a`, `a.b`. */
function prefixesOf(name: string): string[] {
  const prefixes: string[] = [];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) prefixes.push(name.slice(0, dot));
  return prefixes;
}

/** Readers as inline blocks, or as functions when the table is wide. */
function readers(fields: readonly ScanField[], lengths?: ReadonlyMap<number, number>): { declarations: string; read: (i: number) => string } {
  const blocks = fields.map((f, i) => readBlock(f.type, i, f.slot, f.slices !== undefined, lengths?.get(i)));
  if (fields.length <= INLINE_FIELDS) return { declarations: '', read: (i) => blocks[i] ?? '' };
  return {
    declarations: blocks.map((block, i) => `function R${i}(b, o, end, cols, at, r) { const w = r.view; ${block} return o; }`).join('\n'),
    read: (i) => `if ((o = R${i}(b, o, end, cols, at, r)) < 0) return -1;`,
  };
}

function shapeCode(shape: Shape, fields: readonly ScanField[]): string {
  const { declarations, read } = readers(fields, new Map(shape.steps.map((step) => [step.field, step.length])));
  const found = new Set(shape.steps.map((step) => step.field));
  const literal = (bytes: Uint8Array): string => (bytes.length === 0 ? '' : `if (!(${bytesEqual(bytes, 'o')})) return -1; o += ${bytes.length};\n`);
  const steps = shape.steps.map((step) => literal(step.before) + (step.field < 0 ? skipBlock(step.firstByte, step.length) : read(step.field)));
  // Wide objects: a function per part keeps each within what V8 optimises.
  const parts: string[] = [];
  for (let i = 0; i < steps.length; i += INLINE_FIELDS) parts.push(steps.slice(i, i + INLINE_FIELDS).join('\n'));
  const functions = parts.length === 1 ? '' : parts.map((part, i) => `function P${i}(b, o, end, cols, at, r) { const w = r.view; ${part} return o; }`).join('\n');
  const body = parts.length === 1 ? parts[0] ?? '' : parts.map((_, i) => `if ((o = P${i}(b, o, end, cols, at, r)) < 0) return -1;`).join('\n');
  const missing = fields.map((f, i) => (found.has(i) ? '' : nullCode(f, i))).join(' ');
  return `${declarations}\n${functions}\nreturn function (b, o, end, cols, at, r) { const w = r.view; ${body}\n${literal(shape.tail)} if (o > end) return -1; ${missing} return o; };`;
}

function anyOrderCode(fields: readonly ScanField[]): string {
  const { declarations, read } = readers(fields);
  const byLength = new Map<number, string[]>();
  const masks = Math.ceil(fields.length / 31);
  fields.forEach((f, i) => {
    const bytes = Buffer.from(f.name);
    const cases = byLength.get(bytes.length) ?? [];
    cases.push(`if (${bytesEqual(bytes, 'k')}) { ${read(i)} m${Math.floor(i / 31)} |= ${1 << i % 31}; break; }`);
    byLength.set(bytes.length, cases);
  });
  const cases = [...byLength].map(([length, list]) => `case ${length}: ${list.join('\n')} if ((o = T.skipValue(b, o, end, r.depth)) < 0) return -1; break;`).join('\n');
  const blanks = 'if (b[o] <= 32) o = T.skipBlanks(b, o, end);';
  const missing = Array.from({ length: masks }, (_, m) => {
    const own = fields.slice(m * 31, m * 31 + 31), all = own.reduce((mask, _f, i) => mask | 1 << i, 0);
    return `if (m${m} !== ${all}) { ${own.map((f, i) => `if ((m${m} & ${1 << i}) === 0) { ${nullCode(f, m * 31 + i)} }`).join(' ')} }`;
  }).join('\n');
  return `${declarations}\nreturn function (b, o, end, cols, at, r) { const w = r.view;
    ${Array.from({ length: masks }, (_, m) => `let m${m} = 0;`).join(' ')}
    o++; ${blanks}
    if (b[o] === 125) o++; else for (;;) {
      if (b[o] !== 34) return -1;
      const k = ++o; let h = 0, c = 0;
      while (o < end && (c = b[o]) !== 34 && c !== 92) { h |= c; o++; }
      if (c !== 34 || (h > 127 && !T.isUtf8(b, k, o))) return -1;
      const n = o - k; o++;
      ${blanks} if (b[o] !== 58) return -1; o++; ${blanks}
      switch (n) { ${cases} default: if ((o = T.skipValue(b, o, end, r.depth)) < 0) return -1; }
      ${blanks}
      if (b[o] === 125) { o++; break; }
      if (b[o] !== 44) return -1;
      o++; ${blanks}
    }
    if (o > end) return -1;
    ${missing}
    return o; };`;
}
