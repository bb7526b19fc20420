/**
 * Texts as slices all the way: decoded by a format, through a calc and an exchange, encoded again, give what strings give. Texts of every
 * sort that may not stay a slice are among them.
 */
import { expect } from 'chai';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import { ChangeBatch, type Column } from '../../core/row/batch.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import { isText, materializeTexts, TextArena, TextSlices } from '../../core/row/slices.ts';
import { copyAscii, viewOf } from '../../core/row/text.ts';
import { BIGINT, BOOLEAN, INT, STRING, varchar, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntime } from '../../runtime/formats/runtimes.ts';
import { calc } from '../../runtime/operators/calc.ts';
import type { OperatorContext } from '../../runtime/operators/contract.ts';
import { environment } from '../functions/evaluate.ts';
import { nodeOf } from '../operators/harness.ts';

const COLUMNS: readonly { readonly name: string; readonly type: SqlType }[] = [{ name: 'id', type: BIGINT }, { name: 'a', type: STRING }, { name: 'b', type: varchar(20) }, { name: 'c', type: STRING }];
const TYPES = COLUMNS.map((c) => c.type);
/** As they stand in JSON. */
const TEXTS = [
  'null', '""', '"x"', '"plain"', '"plain"', '"seven 7"', '"eight 88"', '"nine nine"', `"${'long '.repeat(60)}"`, '"\u007f"', '"/slash/"', '"é"', '"ÿ Latin-1"', '"ж"', '"😀"', '"a\\"b"', '"back\\\\slash"', '"\\u0041"', '"\\u00e9"',
  '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0000"', '"\\n"', '"tab\tinside"', '"a long text with a tab\tinside it"', '"a long text with é inside it"', '"a long text with \\\\ inside it"', '17', 'true', '{"x" : "y"}', '["z"]',
];
const message = (i: number): string => `{"id":${i},"a":${TEXTS[i % TEXTS.length]},"b":${TEXTS[(i * 7 + 3) % TEXTS.length]}${i % 5 === 4 ? '' : `,"c":${TEXTS[(i * 11 + 5) % TEXTS.length]}`}}`;
const debezium = (i: number): string => `{"before":null,"after":${message(i)},"op":"c"}`;
const ROWS = TEXTS.length * 5;

/** All messages in one batch, texts as slices or strings. */
function decoded(format: string, messages: readonly string[], sliced: boolean): ChangeBatch {
  const settings = JSON.parse(JSON.stringify(formatRegistry.get(format)?.describe(new Map(), COLUMNS, 'value', 'decode')));
  const slices = TYPES.map((type) => (sliced && isText(type) ? new TextSlices() : null));
  const decoder = formatRuntime(format).decoder(settings, COLUMNS.map((c, slot) => ({ ...c, slot, slices: slices[slot] ?? undefined })), COLUMNS);
  const bytes = Buffer.from(messages.join('')), batch = ChangeBatch.withWidth(COLUMNS.length), kinds = new Uint8Array(messages.length);
  let at = 0;
  for (const text of messages) { const end = at + Buffer.byteLength(text); batch.size += decoder.decode(bytes, at, end, batch, kinds, batch.size); at = end; }
  for (const s of slices) s?.begin(bytes);
  if (sliced) batch.slices = slices;
  return batch;
}
const rowsOf = (batch: ChangeBatch): unknown[][] => { materializeTexts(batch); return Array.from({ length: batch.size }, (_, r) => batch.columns.map((c) => c[r])); };
const sliceCount = (batch: ChangeBatch): number => (batch.slices ?? []).reduce((n, s) => n + (s === null ? 0 : s.starts.subarray(0, batch.size).filter((x) => x >= 0).length), 0);
function encoded(format: string, batch: ChangeBatch, options: Readonly<Record<string, string>> = {}): string[] {
  const settings = JSON.parse(JSON.stringify(formatRegistry.get(format)?.describe(new Map(Object.entries(options)), COLUMNS, 'value', 'encode')));
  const encoder = formatRuntime(format).encoder(settings, COLUMNS.map((c, column) => ({ ...c, column }))), out = new GrowingBuffer(1);
  return Array.from({ length: batch.size }, (_, row) => { out.length = 0; encoder.encode(batch, row, out); return out.bytes.toString('utf8', 0, out.length); });
}
const column = (index: number): Expr => ({ op: 'column', index, type: TYPES[index] as SqlType });
/** What a calc makes of a batch. `receive` is called during the push. */
function throughCalc(condition: Expr | null, projections: readonly Expr[], input: ChangeBatch, takesSlices: boolean, receive: (batch: ChangeBatch) => void): void {
  const output = { takesSlices, watermark() {}, push: receive };
  calc.create(nodeOf('calc', projections.length, { condition, projections: [...projections] }), { output, inputTypes: [TYPES], functions: functionRegistry, env: environment() } as unknown as OperatorContext).push(0, input);
}
const even: Expr = { op: 'call', name: '=', type: BOOLEAN, args: [{ op: 'call', name: 'MOD', type: INT, args: [column(0), { op: 'literal', value: 2, type: INT }] }, { op: 'literal', value: 0, type: INT }] };
const isPlain: Expr = { op: 'call', name: '=', type: BOOLEAN, args: [column(1), { op: 'literal', value: 'plain', type: STRING }] };
const joined: Expr = { op: 'call', name: '||', type: STRING, args: [column(1), column(3)] };

describe('texts as slices', () => {
  const messages = Array.from({ length: ROWS }, (_, i) => message(i));
  for (const [format, texts] of [['json', messages], ['debezium-json', messages.map((_, i) => debezium(i))]] as const) {
    it(`${format}: the same values, and the same bytes when written`, () => {
      const strings = decoded(format, texts, false), slices = decoded(format, texts, true);
      expect(strings.size).equal(ROWS);
      expect(sliceCount(slices)).greaterThan(ROWS / 2);
      for (const options of [{}, { 'encode.ignore-null-fields': 'true' }]) expect(encoded(format, slices, options)).deep.equal(encoded(format, strings, options));
      expect(rowsOf(slices)).deep.equal(rowsOf(strings));
    });
  }
  it('a JSON array of more rows than slices have room for', () => {
    const array = [`[${Array.from({ length: 3000 }, (_, i) => message(i)).join(',')}]`], slices = decoded('json', array, true);
    slices.size = 3000;
    const strings = decoded('json', array, false);
    expect(rowsOf(slices)).deep.equal(rowsOf(strings));
  });
  for (const [name, condition, projections] of [
    ['columns alone', null, [column(3), column(1), column(1), column(0)]], ['an expression', null, [column(0), joined, column(2), column(3)]],
    ['a filter', even, [column(3), column(1), column(2), column(0)]], ['a filter on text', isPlain, [column(1), joined, column(2), column(0)]],
  ] as const) {
    for (const takesSlices of [true, false]) {
      it(`calc: ${name}, ${takesSlices ? 'slices' : 'strings'} wanted`, () => {
        let expected: unknown[][] = [], seen = 0;
        throughCalc(condition, projections, decoded('json', messages, false), false, (batch) => { expected = rowsOf(batch); });
        throughCalc(condition, projections, decoded('json', messages, true), takesSlices, (batch) => {
          seen++;
          if (takesSlices) expect(sliceCount(batch)).greaterThan(0);
          else if (condition !== null) expect(batch.slices).equal(null);
          expect(rowsOf(batch)).deep.equal(expected);
        });
        expect([seen, expected.length > 0]).deep.equal([1, true]);
      });
    }
  }
  it('exchange: rows and hashes are those of strings, for receivers of both sorts', () => {
    const strings = decoded('json', messages, false), slices = decoded('json', messages, true), sender = compileBatchCodec(TYPES), rows = [0, 1, 2, 5, 8, 13, 21, 34, 55, ROWS - 1];
    const taking = compileBatchCodec(TYPES, true), making = compileBatchCodec(TYPES);
    const hash = compilePartitioner(TYPES, [1, 0, 3]);
    for (let row = 0; row < ROWS; row++) expect(hash(slices.columns, row, slices.slices), messages[row]).equal(hash(strings.columns, row));
    const expected = rowsOf(strings);
    for (const chosen of [null, rows]) {
      const wanted = chosen === null ? expected : chosen.map((r) => expected[r]);
      const given = taking.decode(sender.encode(slices, chosen));
      expect(sliceCount(given)).greaterThan(wanted.length / 2);
      expect(encoded('json', given)).deep.equal(encoded('json', taking.decode(sender.encode(strings, chosen))));
      expect(rowsOf(taking.decode(sender.encode(slices, chosen)))).deep.equal(wanted);
      expect(rowsOf(making.decode(sender.encode(slices, chosen)))).deep.equal(wanted);
      // The same receiver, from a sender without slices.
      expect(rowsOf(taking.decode(sender.encode(strings, chosen)))).deep.equal(wanted);
    }
  });
  it('an arena gathers texts of several buffers', () => {
    const parts = [messages.slice(0, 50), messages.slice(50, 51), messages.slice(51)], slices = TYPES.map((type) => (isText(type) ? new TextSlices() : null));
    const settings = JSON.parse(JSON.stringify(formatRegistry.get('json')?.describe(new Map(), COLUMNS, 'value', 'decode')));
    const decoder = formatRuntime('json').decoder(settings, COLUMNS.map((c, slot) => ({ ...c, slot, slices: slices[slot] ?? undefined })), COLUMNS);
    const batch = ChangeBatch.withWidth(COLUMNS.length), kinds = new Uint8Array(ROWS), arena = new TextArena();
    for (const part of parts) {
      const buffers = part.map((text) => Buffer.from(text)), bytes = Buffer.concat(buffers);
      let at = 0;
      for (const one of buffers) { batch.size += decoder.decode(bytes, at, at + one.length, batch, kinds, batch.size); at += one.length; }
      arena.gather(slices, bytes, batch.size);
      // Used again for something else.
      bytes.fill(88);
    }
    for (const s of slices) s?.begin(arena.buffer);
    batch.slices = slices;
    expect(rowsOf(batch)).deep.equal(rowsOf(decoded('json', messages, false)));
  });
  it('strings are made once for each push', () => {
    const slices = new TextSlices(), made: Column = [];
    slices.starts[0] = 0;
    slices.ends[0] = 1;
    slices.begin(Buffer.from('a'));
    slices.materialize(made, 1);
    slices.begin(Buffer.from('b'));
    slices.materialize(made, 1);
    expect(made).deep.equal(['b']);
    slices.starts[0] = -1;
    slices.materialize(made, 1);
    expect(made).deep.equal(['b']);
  });
  it('copies any ASCII exactly, at every length', () => {
    for (let length = 0; length < 70; length++) {
      const source = Buffer.from(Array.from({ length: length + 3 }, (_, i) => (i % 3 === 0 ? 127 : (i * 37 + length) % 128))), target = Buffer.alloc(length + 8, 255);
      expect(copyAscii(viewOf(source), 2, 2 + length, viewOf(target), 4)).equal(4 + length);
      expect(target).deep.equal(Buffer.concat([Buffer.alloc(4, 255), source.subarray(2, 2 + length), Buffer.alloc(4, 255)]));
    }
  });
});
