/**
 * JSON as MySQL stores it, into the text the server prints for it: keys and elements in stored order, `, ` and `: ` between, or without
 * blanks when asked. Format: sql/json_binary.h (offsets in 2 or 4 bytes, small values inside their entries); text: `Json_wrapper::to_string`.
 * Hostile bytes give a RangeError: every offset lies behind its container's header, and depth is bounded as on the server.
 */
import type { TextBuffer } from '../../../../core/row/text.ts';
import { decimalText } from '../../../../core/types/decimal.ts';
import { decimalReader, decimalSize } from './decimal-binary.ts';
import { doubleJsonText } from './double-text.ts';

const SMALL_OBJECT = 0, LARGE_OBJECT = 1, SMALL_ARRAY = 2, LARGE_ARRAY = 3, LITERAL = 4, INT16 = 5, UINT16 = 6, INT32 = 7, UINT32 = 8, INT64 = 9, UINT64 = 10, DOUBLE = 11, STRING = 12, OPAQUE = 15;
const LITERALS = ['null', 'true', 'false'] as const;
const DEEPEST = 100;

export function jsonText(b: Buffer, start: number, end: number, isCompact: boolean): string {
  // An empty value stands for NULL of a NOT NULL column that was never set.
  if (start === end) return 'null';
  return new JsonReader(b, end, isCompact).value(b.readUInt8(start), start + 1, 0);
}
class JsonReader {
  private readonly b: Buffer;
  private readonly end: number;
  private readonly comma: string;
  private readonly colon: string;
  /** Bytes that may still be read: each stands in at most one place of a sound document. */
  private budget: number;
  constructor(b: Buffer, end: number, isCompact: boolean) {
    this.b = b;
    this.end = end;
    this.comma = isCompact ? ',' : ', ';
    this.colon = isCompact ? ':' : ': ';
    this.budget = (end + 64) * 4;
  }
  private need(at: number, bytes: number): void {
    this.budget -= bytes + 1;
    if (at + bytes > this.end || bytes < 0 || this.budget < 0) throw new RangeError('a JSON value is cut short');
  }
  value(type: number, at: number, depth: number): string {
    const { b } = this;
    switch (type) {
      case SMALL_OBJECT: case LARGE_OBJECT: case SMALL_ARRAY: case LARGE_ARRAY: return this.container(type <= LARGE_OBJECT, type === LARGE_OBJECT || type === LARGE_ARRAY, at, depth + 1);
      case LITERAL: this.need(at, 1); return this.literal(b[at]!);
      case INT16: this.need(at, 2); return String(b.readInt16LE(at));
      case UINT16: this.need(at, 2); return String(b.readUInt16LE(at));
      case INT32: this.need(at, 4); return String(b.readInt32LE(at));
      case UINT32: this.need(at, 4); return String(b.readUInt32LE(at));
      case INT64: this.need(at, 8); return String(b.readBigInt64LE(at));
      case UINT64: this.need(at, 8); return String(b.readBigUInt64LE(at));
      case DOUBLE: this.need(at, 8); return doubleJsonText(b.readDoubleLE(at));
      case STRING: { const length = this.length(at); return this.string(this.behind, length); }
      case OPAQUE: this.need(at, 1); return this.opaque(b[at]!, at + 1);
      default: throw new RangeError(`a JSON value has type ${type}`);
    }
  }
  private literal(code: number): string {
    const text = LITERALS[code];
    if (text === undefined) throw new RangeError(`a JSON literal has code ${code}`);
    return text;
  }
  private container(isObject: boolean, isLarge: boolean, at: number, depth: number): string {
    if (depth > DEEPEST) throw new RangeError('a JSON value is nested too deeply');
    const { b } = this, size = isLarge ? 4 : 2, word = (p: number): number => { this.need(p, size); return isLarge ? b.readUInt32LE(p) : b.readUInt16LE(p); };
    const count = word(at), keyEntries = at + size * 2, entries = keyEntries + (isObject ? count * (size + 2) : 0);
    this.need(entries, count * (size + 1));
    let text = isObject ? '{' : '[';
    for (let i = 0; i < count; i++) {
      if (i > 0) text += this.comma;
      if (isObject) {
        const key = keyEntries + i * (size + 2), length = (this.need(key + size, 2), b.readUInt16LE(key + size));
        text += this.string(at + word(key), length) + this.colon;
      }
      const entry = entries + i * (size + 1);
      text += this.entry(b[entry]!, entry + 1, at, isLarge, word, depth);
    }
    return text + (isObject ? '}' : ']');
  }
  /** Literals and 16-bit integers, in large containers 32-bit ones too, stand in the entry itself. */
  private entry(type: number, at: number, base: number, isLarge: boolean, word: (p: number) => number, depth: number): string {
    const isInside = type === LITERAL || type === INT16 || type === UINT16 || isLarge && (type === INT32 || type === UINT32);
    if (isInside) return this.value(type, at, depth);
    const offset = word(at);
    if (offset === 0) throw new RangeError('a JSON value holds itself');
    return this.value(type, base + offset, depth);
  }
  private behind = 0;
  /** Seven bits a byte, low first. */
  private length(at: number): number {
    let value = 0, scale = 1;
    for (let i = 0; i < 5; i++) {
      this.need(at, 1);
      const byte = this.b[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) { this.behind = at; return value; }
      scale *= 128;
    }
    throw new RangeError('a JSON value has no length');
  }
  private string(at: number, length: number): string {
    this.need(at, length);
    return quoted((this.b as TextBuffer).utf8Slice(at, at + length));
  }
  /** Values of MySQL's own types: numbers and times as texts, others as base64. */
  private opaque(type: number, at: number): string {
    const length = this.length(at), start = this.behind, { b } = this;
    this.need(start, length);
    switch (type) {
      case 246: {
        const precision = b.readUInt8(start), scale = b.readUInt8(start + 1);
        if (length < 2 + decimalSize(precision, scale)) throw new RangeError('a JSON decimal is cut short');
        return decimalText(decimalReader(precision, scale)(b, start + 2), scale);
      }
      case 7: case 10: case 11: case 12: {
        if (length < 8) throw new RangeError('a JSON time is cut short');
        return `"${packedTimeText(type, b.readBigInt64LE(start))}"`;
      }
      default: return quoted(`base64:type${type}:${b.toString('base64', start, start + length)}`);
    }
  }
}
const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
function quoted(text: string): string {
  return /["\\\u0000-\u001f]/.test(text) ? `"${text.replace(/["\\\u0000-\u001f]/g, (c) => ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"` : `"${text}"`;
}
const two = (n: bigint): string => String(n).padStart(2, '0');
/** The packed form of my_time.cc: 24 bits of fraction at the end. */
function packedTimeText(type: number, packed: bigint): string {
  const isNegative = packed < 0n, size = isNegative ? -packed : packed, micros = String(size & 0xffffffn).padStart(6, '0'), whole = size >> 24n;
  const second = whole & 63n, minute = whole >> 6n & 63n;
  if (type === 11) return `${isNegative ? '-' : ''}${two(whole >> 12n & 0x3ffn)}:${two(minute)}:${two(second)}.${micros}`;
  const yearMonth = whole >> 22n, date = `${String(yearMonth / 13n).padStart(4, '0')}-${two(yearMonth % 13n)}-${two(whole >> 17n & 31n)}`;
  return type === 10 ? date : `${date} ${two(whole >> 12n & 31n)}:${two(minute)}:${two(second)}.${micros}`;
}
/** The server's text without the blanks behind `,` and `:` that stand outside of texts. */
export function withoutBlanks(json: string): string { return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? ''); }
