/**
 * The WebAssembly module that unpacks LZ4 blocks and raw Snappy, written down as instructions and assembled at first use. Formats:
 * "LZ4 Block Format Description" (lz4/doc/lz4_Block_format.md), "Snappy compressed format description" (google/snappy format_description.txt).
 *
 * Both functions take (at, end, base, to, limit): input from `at` to `end`, output from `to` up to `limit`, matches not before `base`; they
 * give the end of the output, -1 for damaged input, or -2 when the output does not fit. Every read of a length or offset and
 * every end of a copy is checked first, so that input can say anything. Copies go 16 bytes at a time and may write or read up to
 * SLACK bytes beyond their end, never beyond the memory: the caller leaves that much behind input and output.
 */
export const SLACK = 32;

type Code = readonly number[];
const leb = (n: number): number[] => {
  const bytes: number[] = [];
  for (let v = n; ; v >>= 7) {
    const last = v >> 7 === 0 && (v & 64) === 0 || v >> 7 === -1 && (v & 64) !== 0;
    bytes.push(last ? v & 127 : v & 127 | 128);
    if (last) return bytes;
  }
};
const uleb = (n: number): number[] => (n < 128 ? [n] : [n & 127 | 128, ...uleb(n >>> 7)]);

// Names of the locals of both functions; the first five are the parameters.
const AT = 0, END = 1, BASE = 2, TO = 3, LIMIT = 4, TAG = 5, COUNT = 6, OFFSET = 7, FROM = 8, STOP = 9, BYTE = 10;
const LOCALS = 6;

const get = (local: number): Code => [0x20, local];
const int = (n: number): Code => [0x41, ...leb(n)];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const binary = (op: number) => (a: Code, b: Code): Code => [...a, ...b, op];
const equal = binary(0x46), differs = binary(0x47), lessU = binary(0x49), greaterU = binary(0x4b), atLeastU = binary(0x4f);
const plus = binary(0x6a), minus = binary(0x6b), and = binary(0x71), or = binary(0x72), left = binary(0x74), right = binary(0x76);
const load8 = (at: Code): Code => [...at, 0x2d, 0, 0], load16 = (at: Code): Code => [...at, 0x2f, 0, 0], load32 = (at: Code): Code => [...at, 0x28, 0, 0];
const when = (condition: Code, then: Code, otherwise: Code = []): Code => [...condition, 0x04, 0x40, ...then, ...(otherwise.length > 0 ? [0x05, ...otherwise] : []), 0x0b];
/** Repeats the body while it ends with `again`; depth counts the blocks between. */
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
const again = (depth: number): Code => [0x0c, depth];
const againIf = (condition: Code, depth = 0): Code => [...condition, 0x0d, depth];
const give = (value: Code): Code => [...value, 0x0f];
const DAMAGED = give(int(-1)), TOO_SMALL = give(int(-2));
const step = (local: number, n: number): Code => set(local, plus(get(local), int(n)));
/** The next input byte into a local. */
const nextByte = (local: number): Code => [...when(atLeastU(get(AT), get(END)), DAMAGED), ...set(local, load8(get(AT))), ...step(AT, 1)];

/** Copies so many bytes at once from FROM to TO and moves both on, until TO reaches STOP; there is at least one byte to copy. */
const move8 = (more: number): Code => [...get(TO), ...get(FROM), 0x29, 0, more, 0x37, 0, more];
const copying = (bytes: number, move: Code): Code => loop([...move, ...step(TO, bytes), ...step(FROM, bytes), ...againIf(lessU(get(TO), get(STOP)))]);
const copy16 = copying(16, [...move8(0), ...move8(8)]), copy8 = copying(8, move8(0)), copy1 = copying(1, [...get(TO), ...load8(get(FROM)), 0x3a, 0, 0]);

/** COUNT bytes of input to the output. */
const literals: Code = [
  ...when(greaterU(get(COUNT), minus(get(END), get(AT))), DAMAGED),
  ...when(greaterU(get(COUNT), minus(get(LIMIT), get(TO))), TOO_SMALL),
  ...set(STOP, plus(get(TO), get(COUNT))), ...set(FROM, get(AT)),
  ...copy16,
  ...set(TO, get(STOP)), ...set(AT, plus(get(AT), get(COUNT))),
];
/** COUNT bytes from OFFSET back in the output, which may overlap what they make. */
const match: Code = [
  ...when(or(equal(get(OFFSET), int(0)), greaterU(get(OFFSET), minus(get(TO), get(BASE)))), DAMAGED),
  ...when(greaterU(get(COUNT), minus(get(LIMIT), get(TO))), TOO_SMALL),
  ...set(STOP, plus(get(TO), get(COUNT))), ...set(FROM, minus(get(TO), get(OFFSET))),
  ...when(atLeastU(get(OFFSET), int(16)), copy16, when(atLeastU(get(OFFSET), int(8)), copy8, copy1)),
  ...set(TO, get(STOP)),
];
/** LZ4: a length of 15 goes on in bytes, the last of which is not 255. Counts beyond the output cannot wrap round: they are cut off before. */
const longLength = (most: number): Code => when(equal(get(COUNT), int(most)), loop([
  ...nextByte(BYTE), ...set(COUNT, plus(get(COUNT), get(BYTE))),
  ...when(greaterU(get(COUNT), int(0x3fffffff)), TOO_SMALL),
  ...againIf(equal(get(BYTE), int(255))),
]));

const lz4: Code = loop([
  ...nextByte(TAG),
  ...set(COUNT, right(get(TAG), int(4))),
  ...longLength(15),
  ...when(get(COUNT), literals),
  // The last sequence of a block has no match.
  ...when(equal(get(AT), get(END)), give(get(TO))),
  ...when(lessU(minus(get(END), get(AT)), int(2)), DAMAGED),
  ...set(OFFSET, load16(get(AT))), ...step(AT, 2),
  ...set(COUNT, and(get(TAG), int(15))),
  ...longLength(15),
  ...step(COUNT, 4),
  ...match,
  ...again(0),
]);

/** Snappy: a literal of more than 60 bytes has its length in the 1 to 4 bytes that follow, less one. */
const snappyLiteral: Code = [
  ...set(COUNT, right(get(TAG), int(2))),
  ...when(atLeastU(get(COUNT), int(60)), [
    ...set(BYTE, minus(get(COUNT), int(59))),
    ...when(greaterU(get(BYTE), minus(get(END), get(AT))), DAMAGED),
    ...set(COUNT, and(load32(get(AT)), right(int(-1), minus(int(32), left(get(BYTE), int(3)))))),
    ...set(AT, plus(get(AT), get(BYTE))),
  ]),
  ...when(atLeastU(get(COUNT), int(0x3fffffff)), DAMAGED),
  ...step(COUNT, 1),
  ...literals,
];
const snappyCopy: Code = [
  ...when(equal(get(BYTE), int(1)), [
    ...set(COUNT, plus(and(right(get(TAG), int(2)), int(7)), int(4))),
    ...set(OFFSET, left(and(get(TAG), int(0xe0)), int(3))),
    ...nextByte(BYTE),
    ...set(OFFSET, or(get(OFFSET), get(BYTE))),
  ], [
    ...set(COUNT, plus(right(get(TAG), int(2)), int(1))),
    // Two or four bytes of offset.
    ...set(STOP, left(minus(get(BYTE), int(1)), int(1))),
    ...when(greaterU(get(STOP), minus(get(END), get(AT))), DAMAGED),
    ...set(OFFSET, load32(get(AT))),
    ...when(equal(get(STOP), int(2)), set(OFFSET, and(get(OFFSET), int(0xffff)))),
    ...set(AT, plus(get(AT), get(STOP))),
  ]),
  ...match,
];
const snappy: Code = [
  ...when(atLeastU(get(AT), get(END)), give(get(TO))),
  ...loop([
    ...nextByte(TAG),
    ...set(BYTE, and(get(TAG), int(3))),
    ...when(get(BYTE), snappyCopy, snappyLiteral),
    ...againIf(differs(get(AT), get(END))),
  ]),
  ...give(get(TO)),
];

const section = (id: number, content: Code): Code => [id, ...uleb(content.length), ...content];
const name = (text: string): Code => [text.length, ...Buffer.from(text, 'latin1')];
// Ends with `unreachable`: the code above always returns.
const body = (code: Code): Code => { const whole = [1, LOCALS, 0x7f, ...code, 0x00, 0x0b]; return [...uleb(whole.length), ...whole]; };

function assemble(): Uint8Array<ArrayBuffer> {
  const INT = 0x7f;
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 5, INT, INT, INT, INT, INT, 1, INT]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [3, ...name('memory'), 2, 0, ...name('lz4'), 0, 0, ...name('snappy'), 0, 1]),
    ...section(10, [2, ...body(lz4), ...body(snappy)]),
  ]);
}

/** The part of the WebAssembly API that is used; its types come with those of browsers only. */
interface Memory { readonly buffer: ArrayBuffer; grow(pages: number): number }
declare const WebAssembly: { Module: new (bytes: Uint8Array<ArrayBuffer>) => object; Instance: new (module: object) => { readonly exports: unknown } };

export type UnpackBlock = (at: number, end: number, base: number, to: number, limit: number) => number;
export interface UnpackInstance { readonly memory: Memory; readonly lz4: UnpackBlock; readonly snappy: UnpackBlock }

let compiled: object | undefined;
/** A fresh instance with one page of memory. */
export function instantiate(): UnpackInstance {
  return new WebAssembly.Instance(compiled ??= new WebAssembly.Module(assemble())).exports as UnpackInstance;
}
