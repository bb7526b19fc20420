/**
 * The generated scanners read exactly what the exact reader reads: random documents of changing shapes, then the same with bytes
 * changed, cut, doubled. Equal are rows, values, errors and where reading stops, whether texts become strings at once or stand as slices
 * first. The seed is printed; set SEED to repeat a run.
 */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import type { Column } from '../../core/row/batch.ts';
import { isText, TextSlices } from '../../core/row/slices.ts';
import { BIGINT, BOOLEAN, DATE, DOUBLE, INT, STRING, array, decimal, map, row, time, timestamp, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { parseJsonSettings } from '../../runtime/formats/json/descriptor.ts';
import { JsonReader } from '../../runtime/formats/json/reader.ts';
import { ObjectScanner, type ScanField } from '../../runtime/formats/json/scan.ts';
import { plain } from './support.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
let state = seed;
const random = (n: number): number => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;

const TYPES: readonly SqlType[] = [INT, BIGINT, DOUBLE, BOOLEAN, STRING, STRING, decimal(12, 3), timestamp(3), timestamp(6), timestampLtz(9), DATE, time(0), array(INT), map(STRING, STRING), row([{ name: 'x', type: INT }, { name: 'a', type: STRING }])];
const NAMES = ['a', 'ab', 'abc', 'id', 'n', 'ключ', 'a.b', 'a.b.c', '__proto__', 'constructor', 'x'.repeat(60), 'q"q', 'back\\slash', 'line\nbreak', ''];
const SCALARS = [
  '0', '-0', '1', '-17', '123456789', '2147483648', '9007199254740993', '99999999999999999999', '1.5', '-0.25', '1e3', '1E-2', '0.1234567890123456789', 'true', 'false', 'null', '""', '"x"', '"1"', '" 12 "', '"true"',
  '"2024-02-29 01:02:03"', '"2024-02-29 01:02:03.5"', '"2024-02-29 01:02:03.123456Z"', '"2024-02-29T01:02:03"', '"2024-02-29"', '"12:13:14"', '"é"', '"\\u00e9\\n"', '"\\ud83d\\ude00"', '"\\ud83d"', '"a rather long text without anything special in it, 64 bytes or so"', '"a rather long text with a \\\\ in it, 64 bytes or so ................"', '"долгий текст, в котором нет ничего особенного"', '"tab\t"',
];
function json(depth: number): string {
  const r = random(10);
  if (r < 8 || depth > 3) return pick(SCALARS);
  const n = random(4);
  if (r === 8) return `[${Array.from({ length: n }, () => json(depth + 1)).join(blank(','))}]`;
  return object(Array.from({ length: n }, () => pick(NAMES)), depth + 1);
}
let spacing = 0;
const blank = (mark: string): string => (spacing === 0 ? mark : spacing === 1 ? `${mark} ` : `${pick(['', ' ', '\n'])}${mark}${pick(['', '\t', '  '])}`);
const object = (names: readonly string[], depth: number): string => `{${names.map((name) => `${random(40) === 0 ? escapedName(name) : JSON.stringify(name)}${blank(':')}${json(depth)}`).join(blank(','))}}`;
const escapedName = (name: string): string => `"${[...name].map((c) => [...Buffer.from(c, 'utf16le')].length === 2 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c).join('')}"`;

function mutate(text: Buffer): Buffer {
  const bytes = Buffer.from(text);
  switch (random(5)) {
    case 0: return bytes.subarray(0, random(bytes.length + 1));
    case 1: bytes[random(bytes.length)] = random(256); return bytes;
    case 2: { const at = random(bytes.length); return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(['"', ',', '}', '{', ']', ':', '\\', '0', ' ', '\u0000', 'é', 'null'])), bytes.subarray(at)]); }
    case 3: { const at = random(bytes.length); return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]); }
    default: { const at = random(bytes.length), to = at + random(10); return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]); }
  }
}

/** Texts of the table as slices. */
const withSlices = (fields: readonly ScanField[]): ScanField[] => fields.map((f) => (isText(f.type) ? { ...f, slices: new TextSlices() } : f));
let sliced = 0;
/** The strings of slices put into the columns, after a look at their bytes. */
function complete(fields: readonly ScanField[], bytes: Buffer, columns: readonly Column[]): void {
  for (const { slices, slot } of fields) {
    if (slices === undefined) continue;
    const from = slices.starts[1] as number, to = slices.ends[1] as number;
    slices.begin(bytes);
    slices.starts[0] = slices.starts[2] = -1;
    slices.materialize(columns[slot] as Column, 3);
    if (from < 0) continue;
    sliced++;
    expect(bytes.subarray(from, to).every((c) => c >= 32 && c < 128 && c !== 34 && c !== 92), bytes.toString('latin1', from, to)).equal(true);
  }
}

/** What reading gives, as text. */
function outcome(scanner: ObjectScanner, reader: JsonReader, fields: readonly ScanField[], message: Buffer, tail: Buffer): string {
  const bytes = Buffer.concat([Buffer.from('}"9'), message, tail]), columns: Column[] = fields.map(() => ['untouched', 'untouched', 'untouched']);
  reader.open(bytes, 3, 3 + message.length);
  try {
    if (reader.next() !== 123) return 'no object';
    scanner.read(reader, columns, 1);
    complete(fields, bytes, columns);
    return JSON.stringify([reader.at, reader.depth, columns.map((c) => c[1])], plain);
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    return `${error.code}: ${error.message} ${error.detail}`;
  }
}

describe(`json scanners equal the exact reader (SEED=${seed})`, () => {
  for (const options of [{}, { 'ignore-parse-errors': 'true' }, { 'fail-on-missing-field': 'true' }, { 'infer-schema.flatten-nested-columns.enable': 'true' }]) {
    it(JSON.stringify(options), () => {
      const settings = parseJsonSettings(new Map(Object.entries(options)));
      let good = 0;
      for (let table = 0; table < 12; table++) {
        const names = [...new Set(Array.from({ length: random(table === 0 ? 60 : 8) }, () => pick(NAMES)))];
        // Every third table is all texts, so that slices come up whatever the seed.
        const fields = names.map((name, slot): ScanField => ({ name, type: table % 3 === 1 ? STRING : pick(TYPES), slot }));
        const all = [...fields, { name: 'id' }];
        const fast = new ObjectScanner(fields, all, settings), slow = new ObjectScanner(fields, all, settings, '', true), readers = [new JsonReader('json'), new JsonReader('json')] as const;
        const slicedFields = withSlices(fields), slicing = new ObjectScanner(slicedFields, all, settings), exactSlicing = new ObjectScanner(slicedFields, all, settings, '', true);
        for (let shape = 0; shape < 10; shape++) {
          spacing = random(3);
          const order = Array.from({ length: random(8) }, () => pick(NAMES));
          if (settings.failOnMissingField && random(4) > 0) order.push(...all.map((f) => f.name));
          for (let i = 0; i < 12; i++) {
            const document = Buffer.from(object(order, 0));
            for (const message of [document, mutate(document), mutate(mutate(document))]) {
              if (message.length === 0) continue;
              const tail = Buffer.from(pick(['', '1', '"', '}', ',"a":1}', ' ', 'x'.repeat(100)]));
              const expected = outcome(slow, readers[1], fields, message, tail);
              if (expected.startsWith('[')) good++;
              expect(outcome(fast, readers[0], fields, message, tail), `${JSON.stringify(fields)} ${message.toString('latin1')}`).equal(expected);
              expect(outcome(slicing, readers[0], slicedFields, message, tail), `slices, ${JSON.stringify(fields)} ${message.toString('latin1')}`).equal(expected);
              if (i % 4 === 0) expect(outcome(exactSlicing, readers[1], slicedFields, message, tail), `slices, exactly, ${JSON.stringify(fields)} ${message.toString('latin1')}`).equal(expected);
            }
          }
        }
      }
      expect(good, 'documents that could be read').greaterThan(4);
    });
  }
  it('had texts that stood as slices', () => { expect(sliced).greaterThan(20); });
  it('agrees with JSON.parse on what is JSON', () => {
    const reader = new JsonReader('json'), scanner = new ObjectScanner([{ name: 'v', type: STRING, slot: 0 }], [], parseJsonSettings(new Map()));
    for (let i = 0; i < 3000; i++) {
      spacing = random(3);
      let message: Buffer = Buffer.from(object(Array.from({ length: random(5) }, () => pick(NAMES)), 0));
      if (i % 2 === 1) message = mutate(message);
      const text = message.toString('utf8').trimEnd();
      // Control characters in strings are let through on purpose, and what follows the object is not looked at.
      if (/[\u0000-\u001f\ufffd]/.test(text)) continue;
      let expected: boolean;
      try { expected = typeof JSON.parse(text) === 'object'; } catch { expected = false; }
      let seen = false;
      reader.open(message, 0, message.length);
      try { if (reader.next() === 123) { scanner.read(reader, [[]], 0); seen = reader.next() === -1; } } catch { /* refused */ }
      if (text[0] === '{' || expected) expect(seen, text).equal(expected && text.trimStart()[0] === '{');
    }
  });
});
