/**
 * Broken messages of every format: a valid message changed where its structure is (tokens, brackets, lengths, encodings, nesting, names).
 * Held for each: nothing but a named record error is thrown; a decoder that has learned from others, a new one, and one that gives texts
 * as slices agree about rows and error; the next good message is read as ever; ignore-parse-errors never throws, changes nothing of what
 * can be read, and tells of everything it hides. The seed is printed when it fails; set SEED to repeat a run, RUNS for more messages.
 */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { ChangeBatch, MAX_BATCH_ROWS } from '../../core/row/batch.ts';
import { isText, materializeTexts, TextSlices } from '../../core/row/slices.ts';
import { BIGINT, BOOLEAN, BYTES, DOUBLE, INT, STRING, array, decimal, map, row, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntime } from '../../runtime/formats/runtimes.ts';
import type { Decoder } from '../../runtime/connectors/contract.ts';
import { plain } from './support.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9), RUNS = Number(process.env['RUNS'] ?? 600);
let state = seed;
const random = (n: number): number => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;

interface Field { readonly name: string; readonly type: SqlType }
const COLUMNS: readonly Field[] = [{ name: 'n', type: BIGINT }, { name: 's', type: STRING }, { name: 'd', type: decimal(38, 18) }, { name: 't', type: timestamp(3) }, { name: '__proto__', type: INT }, { name: 'f', type: DOUBLE }];
const NESTED: readonly Field[] = [...COLUMNS, { name: 'r', type: row([{ name: 'constructor', type: INT }, { name: 'b', type: BOOLEAN }]) }, { name: 'a', type: array(INT) }, { name: 'm', type: map(STRING, BIGINT) }, { name: 'y', type: BYTES }];
const GOOD = '{"n":1,"s":"good","d":1.5,"t":"2024-02-29 01:02:03","__proto__":7,"f":0.5,"r":{"constructor":1,"b":true},"a":[1,2],"m":{"k":9007199254740993},"y":"AAE="}';
const envelope = (head: string, tail: string): readonly [string, readonly Field[], readonly string[]] => ['', NESTED, [`${head}${GOOD}${tail}`]];
const JSON_TOKENS = ['{', '}', '[', ']', ':', ',', '"', '\\', '\\u', '\\ud800', '\\udc00', 'null', 'true', 'nul', 'NaN', 'Infinity', '-', '-0', '01', '1e400', '1e-400', '1E', '.5', '9223372036854775808', '99999999999999999999999999999999999999999', '""', '{}', '[]', '"x":', '"__proto__":', '"n":', '"before":', '"data":', '"op":', '"type":', '"op_type":', '"after":null', ' ', '\t', '\u0000', '\u2028', '/*', '//', "'"];
const CASES: readonly { readonly format: string; readonly columns: readonly Field[]; readonly messages: readonly string[]; readonly tokens: readonly string[] }[] = [
  { format: 'json', columns: NESTED, messages: [GOOD, `[${GOOD},${GOOD}]`, '{}', 'null'], tokens: JSON_TOKENS },
  ...([['debezium-json', [[`{"before":null,"after":`, ',"op":"c"}'], [`{"before":${GOOD},"after":`, ',"source":{"ts_ms":1},"ts_ms":2,"op":"u"}'], ['{"before":', ',"after":null,"op":"d"}']]],
    ['canal-json', [['{"data":[', '],"type":"INSERT"}'], [`{"data":[${GOOD},`, `],"old":[{"n":null},{"s":"o","d":"x"}],"type":"UPDATE","isDdl":false}`], ['{"data":[', '],"type":"DELETE"}']]],
    ['maxwell-json', [['{"data":', ',"type":"insert"}'], ['{"data":', ',"old":{"n":2,"f":"bad"},"type":"update"}']]],
    ['ogg-json', [['{"after":', ',"op_type":"I"}'], [`{"before":${GOOD},"after":`, ',"op_type":"U"}'], ['{"before":', ',"op_type":"D"}']]]] as const)
    .map(([format, parts]) => ({ format, columns: NESTED, messages: parts.map(([head, tail]) => envelope(head, tail)[2][0] as string), tokens: JSON_TOKENS })),
  { format: 'csv', columns: COLUMNS, messages: ['1,good,1.5,2024-02-29 01:02:03,7,0.5', '1,"g ""q"", x",1.5,2024-02-29 01:02:03,7,0.5'], tokens: [',', '"', '""', '\n', '\r\n', '#', '\\', ' ', '\u0000', 'null', 'x', '1e400', '99999999999999999999'] },
  { format: 'raw', columns: [{ name: 'n', type: BIGINT }], messages: ['12345678'], tokens: ['x', '\u0000'] },
];

function broken(text: string, tokens: readonly string[]): Buffer {
  let bytes: Buffer = Buffer.from(text);
  for (let times = 1 + random(3); times > 0; times--) bytes = brokenOnce(bytes, tokens);
  return bytes;
}
const between = (bytes: Buffer, from: number, to: number, middle: Buffer): Buffer => Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
function brokenOnce(bytes: Buffer, tokens: readonly string[]): Buffer {
  const at = random(bytes.length + 1), to = Math.min(bytes.length, at + random(12));
  switch (random(13)) {
    case 0: return bytes.subarray(0, at);
    case 1: return bytes.subarray(at);
    case 2: return between(bytes, at, at, Buffer.from(pick(tokens)));
    case 3: return between(bytes, at, to, Buffer.from(pick(tokens)));
    case 4: return between(bytes, at, to, Buffer.alloc(0));
    case 5: return between(bytes, at, at, bytes.subarray(at, to));
    case 6: return between(bytes, at, Math.min(bytes.length, at + 1), Buffer.of(random(256)));
    case 7: return between(bytes, at, at, Buffer.from(pick([[0xed, 0xa0, 0x80], [0xe2, 0x82], [0xff], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]])));
    case 8: return Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes]);
    case 9: return Buffer.from(bytes.toString('utf8'), 'utf16le');
    case 10: { const depth = pick([10, 999, 1001, 5000]), open = pick(['[', '{"a":']); return between(bytes, at, to, Buffer.from(open.repeat(depth) + pick(['', '1', (open === '[' ? ']' : '}').repeat(depth)]))); }
    case 11: { const colon = bytes.indexOf(58, at); return colon < 0 ? bytes : between(bytes, colon + 1, Math.min(bytes.length, colon + 1 + random(4)), Buffer.from(pick(tokens))); }
    default: return Buffer.concat([bytes, bytes.subarray(at)]);
  }
}

interface Reading { readonly rows: unknown[][] | undefined; readonly error: string | undefined; readonly hidden: number }
class Reader {
  private readonly decoder: Decoder;
  private readonly columns: readonly Field[];
  private readonly slices: (TextSlices | null)[] | undefined;
  private hidden = 0;
  constructor(format: string, columns: readonly Field[], lenient = false, sliced = false) {
    const settings = JSON.parse(JSON.stringify(formatRegistry.get(format)?.describe(new Map(lenient && format !== 'raw' ? [['ignore-parse-errors', 'true']] : []), columns, 'value', 'decode')));
    this.columns = columns;
    this.slices = sliced && formatRuntime(format).takesSlices === true ? columns.map((c) => (isText(c.type) ? new TextSlices() : null)) : undefined;
    this.decoder = formatRuntime(format).decoder(settings, columns.map((c, slot) => ({ ...c, slot, slices: this.slices?.[slot] ?? undefined })), columns, (error, fields) => { expect(error.code).to.equal('bad-record'); this.hidden += Math.max(1, fields); });
  }
  read(message: Buffer): Reading {
    const batch = ChangeBatch.withWidth(this.columns.length), kinds = new Uint8Array(MAX_BATCH_ROWS), bytes = Buffer.concat([Buffer.from('"}7,'), message, Buffer.from('9"}1,"a":5}]')]);
    this.hidden = 0;
    try {
      batch.size = this.decoder.decode(bytes, 4, 4 + message.length, batch, kinds, 0);
    } catch (error) {
      if (!(error instanceof RivuletError) || error.code !== 'bad-record' || error.domain !== 'data') throw error;
      expect(error.message.length + (error.detail?.length ?? 0) + (error.hint?.length ?? 0), 'size of the error').to.be.lessThan(2500);
      return { rows: undefined, error: `${error.field ?? ''}: ${error.message} ${error.detail ?? ''}`, hidden: this.hidden };
    }
    if (this.slices !== undefined) {
      for (const s of this.slices) s?.begin(bytes);
      batch.slices = this.slices;
      materializeTexts(batch);
    }
    return { rows: Array.from({ length: batch.size }, (_, r) => [kinds[r], ...batch.columns.map((c) => c[r])]), error: undefined, hidden: this.hidden };
  }
}
const text = (value: unknown): string => JSON.stringify(value, plain);

describe(`broken records, seed ${seed}`, function () {
  this.timeout(60_000);
  for (const { format, columns, messages, tokens } of CASES) it(`D1, D2: ${RUNS} broken messages of ${format} are refused by name or read, the same by every way of reading, and their neighbours as ever`, () => {
    const warm = new Reader(format, columns), sliced = new Reader(format, columns, false, true), lenient = new Reader(format, columns, true);
    const good = messages.map((m) => Buffer.from(m)), expected = good.map((m) => text(warm.read(m).rows)), forgiving = good.map((m) => { const r = lenient.read(m); return text(r.rows) + r.hidden; });
    const verdicts = { refused: 0, read: 0 };
    for (let run = 0; run < RUNS; run++) {
      const message = broken(pick(messages), tokens), where = `run ${run}: ${message.toString('latin1').slice(0, 300)}`;
      const strict = warm.read(message), fresh = new Reader(format, columns).read(message), bySlices = sliced.read(message), forgiven = lenient.read(message);
      expect(text(strict), `learned and new, ${where}`).to.equal(text(fresh));
      expect(text(bySlices), `slices, ${where}`).to.equal(text(strict));
      // raw has nothing to ignore.
      if (format !== 'raw') expect(forgiven.error, `lenient, ${where}`).to.equal(undefined);
      verdicts[strict.error === undefined ? 'read' : 'refused']++;
      if (strict.error === undefined) expect([text(forgiven.rows), forgiven.hidden], `lenient reads what can be read, ${where}`).to.deep.equal([text(strict.rows), 0]);
      if (strict.error !== undefined && format !== 'raw') expect(forgiven.hidden, `what is hidden is told, ${where}`).to.be.greaterThan(0);
      const neighbour = run % good.length;
      expect(text(warm.read(good[neighbour]!).rows), `neighbour, ${where}`).to.equal(expected[neighbour]);
      expect(text(sliced.read(good[neighbour]!).rows), `neighbour by slices, ${where}`).to.equal(expected[neighbour]);
      const kind = lenient.read(good[neighbour]!);
      expect(text(kind.rows) + kind.hidden, `neighbour of the lenient, ${where}`).to.equal(forgiving[neighbour]);
    }
    expect(verdicts.refused, 'some are refused').to.be.greaterThan(RUNS / 20);
    expect(verdicts.read, 'some are read').to.be.greaterThan(0);
  });
});
