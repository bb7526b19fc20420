/**
 * Lookup join, INNER and LEFT: each row is joined with the rows a table has for its key now. State: none (a cache is not state; it begins
 * empty after a restore). Rows keep their order; what waits for an answer waits in chunks, one per batch.
 *
 *   input   rows found (key equal, residual TRUE)   output, unique        output, several rows possible
 *   +I      n                                       +I [l, r] for each    +I [l, r] for each
 *   -D      n                                       -D [l, r] for each    -D [l, r] for each
 *   -U, +U  n                                       same kinds, mended    -D [l, r] for each, then +I [l, r] for each
 *   any     none, INNER                             nothing               nothing
 *   any     none, LEFT                              same kind [l, NULL]   +I or -D [l, NULL]
 *
 * «Mended»: a -U whose +U finds nothing leaves as -D, a +U whose -U found nothing as +I, as in a calc with a condition. A NULL in the key
 * matches nothing and asks nothing. A row that takes another back is joined with the table as it is then: Flink does the same
 * (`table.optimizer.non-deterministic-update.strategy` = IGNORE). Source: Flink LookupJoinRunner, AsyncLookupJoinRunner (ORDERED).
 */
import type { LookupJoinNode, LookupKey } from '../../planner/physical/plan.ts';
import { internalError } from '../../core/errors/common.ts';
import { tooManyLookupRows } from '../../core/errors/mysql-tables.ts';
import { unknownRuntimePart } from '../../core/errors/runtime.ts';
import { BatchWriter, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, isAccumulate, type ChangeBatch, type Column } from '../../core/row/batch.ts';
import { compileCopy, range, type RowCopy } from '../../core/row/copy.ts';
import { compileRowPredicate } from '../codegen/compile.ts';
import type { LookupReader, LookupRow } from '../connectors/contract.ts';
import type { LateOperator, OperatorContext, OperatorFactory } from './contract.ts';
import { markOf, PartialCache, type KeyMark } from './lookup-cache.ts';

/** Rows in flight, give or take a batch. */
const MOST_ROWS = 8192;
/** Keys of one question, and questions at a time. */
const MOST_KEYS = 1000, MOST_QUESTIONS = 2;

/** `rows` undefined: not answered yet. */
interface Answer { rows: readonly LookupRow[] | undefined }
const NOTHING: Answer = { rows: [] };
interface Chunk { readonly columns: readonly Column[]; readonly kinds: Uint8Array | null; readonly size: number; readonly answers: readonly Answer[]; /** Rows before it are answered. */ answered: number; watermarkMs: number | undefined }

class LookupJoin implements LateOperator {
  private readonly node: LookupJoinNode;
  private readonly context: OperatorContext;
  private readonly reader: LookupReader;
  private readonly out: BatchWriter;
  private readonly copy: RowCopy;
  private readonly width: number;
  private readonly keyColumns: readonly number[];
  private readonly residual: ((row: readonly unknown[]) => boolean) | null;
  private readonly cache: PartialCache | undefined;
  /** With a cache of the whole table: rows by key, once it is read. */
  private whole: ReadonlyMap<KeyMark, readonly LookupRow[]> | undefined;
  private reloadAtMs = 0;
  private isLoading = false;
  private readonly chunks: Chunk[] = [];
  private waitingRows = 0;
  /** Keys to ask for. A key that is being asked for is asked again for rows that came since: their answer must not be older than they are. */
  private wanted = new Map<KeyMark, { readonly key: readonly unknown[]; readonly answer: Answer }>();
  private questions = 0;
  private failure: unknown;
  private readonly asked: { value: number };
  private readonly fromCache: { value: number };
  /** Input and table values, for the residual condition. */
  private readonly values: unknown[] = [];

  constructor(node: LookupJoinNode, context: OperatorContext, reader: LookupReader) {
    const inputTypes = context.inputTypes[0] ?? [];
    this.node = node;
    this.context = context;
    this.reader = reader;
    this.width = inputTypes.length;
    this.out = new BatchWriter(node.columns.length, context.output);
    this.copy = compileCopy(range(0, this.width), range(0, this.width));
    this.keyColumns = node.keys.flatMap((k) => ('from' in k ? [k.from] : []));
    this.residual = node.residual === null ? null : compileRowPredicate(node.residual, node.columns.map((c) => c.type), { functions: context.functions, env: context.env });
    this.cache = node.cache.kind === 'partial' ? new PartialCache(node.cache, context.env.nowMs) : undefined;
    this.asked = context.counter('lookupKeysAsked');
    this.fromCache = context.counter('lookupCacheHits');
  }
  async open(): Promise<void> { await this.reader.open(); }
  async closed(): Promise<void> { await this.reader.close(); }
  get hasRoom(): boolean { return this.waitingRows < MOST_ROWS; }
  get isEmpty(): boolean { return this.chunks.length === 0; }

  push(_input: number, batch: ChangeBatch): void {
    const answers: Answer[] = [];
    let missing = 0;
    for (let row = 0; row < batch.size; row++) {
      const answer = this.answerFor(batch, row);
      answers.push(answer);
      if (answer.rows === undefined) missing++;
    }
    if (missing === 0 && this.chunks.length === 0) { this.emit({ columns: batch.columns, kinds: batch.kinds, size: batch.size, answers, answered: batch.size, watermarkMs: undefined }); return; }
    this.chunks.push({ columns: batch.columns.map((c) => c.slice(0, batch.size)), kinds: batch.kinds === null ? null : batch.kinds.slice(0, batch.size), size: batch.size, answers, answered: 0, watermarkMs: undefined });
    this.waitingRows += batch.size;
    this.ask();
    if (this.hasAnswers) this.wake();
  }
  private answerFor(batch: ChangeBatch, row: number): Answer {
    const key: unknown[] = [];
    for (const c of this.keyColumns) {
      const value = (batch.columns[c] as Column)[row];
      if (value === null) return NOTHING;
      key.push(value);
    }
    const mark = markOf(key), known = this.cache?.get(mark) ?? this.ofWhole(mark);
    if (known !== undefined) { this.fromCache.value++; return { rows: known }; }
    const already = this.wanted.get(mark);
    if (already !== undefined) return already.answer;
    const answer: Answer = { rows: undefined };
    this.wanted.set(mark, { key, answer });
    return answer;
  }
  private ofWhole(mark: KeyMark): readonly LookupRow[] | undefined {
    if (this.node.cache.kind !== 'all') return undefined;
    if (this.context.env.nowMs() >= this.reloadAtMs) this.load(this.node.cache.reloadMs);
    return this.whole === undefined ? undefined : this.whole.get(mark) ?? [];
  }
  /** The old table serves until the new one is there; the first time rows wait. */
  private load(reloadMs: number): void {
    if (this.isLoading) return;
    this.isLoading = true;
    this.reader.all().then((rows) => {
      const columns = this.node.keys.flatMap((k: LookupKey) => ('from' in k ? [k.column] : []));
      const whole = new Map<KeyMark, LookupRow[]>();
      for (const row of rows) {
        const key = columns.map((c) => row[c]);
        if (key.includes(null)) continue;
        const mark = markOf(key), list = whole.get(mark);
        if (list === undefined) whole.set(mark, [row]); else list.push(row);
      }
      this.whole = whole;
      this.isLoading = false;
      this.reloadAtMs = this.context.env.nowMs() + reloadMs;
      for (const [mark, { key, answer }] of this.wanted) answer.rows = this.limited(key, whole.get(mark) ?? []);
      this.wanted.clear();
      this.wake();
    }).catch((error: unknown) => { this.fail(error); });
  }
  private ask(): void {
    if (this.node.cache.kind === 'all') return;
    while (this.questions < MOST_QUESTIONS && this.wanted.size > 0) {
      const part = [...this.wanted].slice(0, MOST_KEYS);
      if (part.length === this.wanted.size) this.wanted = new Map(); else for (const [mark] of part) this.wanted.delete(mark);
      this.questions++;
      this.asked.value += part.length;
      this.reader.lookup(part.map(([, { key }]) => key)).then((answers) => {
        this.questions--;
        part.forEach(([mark, { key, answer }], i) => {
          answer.rows = this.limited(key, answers[i] ?? []);
          this.cache?.put(mark, answer.rows);
        });
        this.ask();
        this.wake();
      }).catch((error: unknown) => { this.fail(error); });
    }
  }
  private limited(key: readonly unknown[], rows: readonly LookupRow[]): readonly LookupRow[] {
    if (rows.length > this.node.maxRowsPerKey) throw tooManyLookupRows({ table: this.node.table, key: `(${key.map(String).join(', ').slice(0, 200)})`, limit: this.node.maxRowsPerKey });
    return rows;
  }
  private fail(error: unknown): void {
    this.failure ??= error;
    this.wake();
  }
  private wake(): void { this.context.late?.wake(); }

  get hasAnswers(): boolean {
    if (this.failure !== undefined) return true;
    const [first] = this.chunks;
    if (first === undefined) return false;
    while (first.answered < first.size && (first.answers[first.answered] as Answer).rows !== undefined) first.answered++;
    return first.answered === first.size;
  }
  release(): void {
    if (this.failure !== undefined) throw this.failure;
    if (!this.hasAnswers) return;
    const chunk = this.chunks.shift() as Chunk;
    this.waitingRows -= chunk.size;
    this.emit(chunk);
    if (chunk.watermarkMs !== undefined) this.context.output.watermark(chunk.watermarkMs);
  }
  private emit(chunk: Chunk): void {
    const { unique } = this.node;
    for (let row = 0; row < chunk.size; row++) {
      const kind = chunk.kinds === null ? INSERT : (chunk.kinds[row] as number);
      if (!unique) { this.emitRow(chunk, row, isAccumulate(kind) ? INSERT : DELETE); continue; }
      if (kind === UPDATE_BEFORE && row + 1 < chunk.size && chunk.kinds?.[row + 1] === UPDATE_AFTER) {
        const before = this.found(chunk, row), after = this.found(chunk, row + 1);
        if (before) this.emitRow(chunk, row, after ? UPDATE_BEFORE : DELETE);
        row++;
        if (after) this.emitRow(chunk, row, before ? UPDATE_AFTER : INSERT);
      } else this.emitRow(chunk, row, this.node.joinType === 'left' ? kind : isAccumulate(kind) ? INSERT : DELETE);
    }
    this.out.flush();
  }
  /** The row comes out at all. */
  private found(chunk: Chunk, row: number): boolean {
    if (this.node.joinType === 'left') return true;
    const rows = (chunk.answers[row] as Answer).rows as readonly LookupRow[];
    return this.residual === null ? rows.length > 0 : rows.some((found) => this.passes(chunk, row, found));
  }
  private passes(chunk: Chunk, row: number, found: LookupRow): boolean {
    const { values, width } = this;
    for (let c = 0; c < width; c++) values[c] = (chunk.columns[c] as Column)[row];
    for (let c = 0; c < found.length; c++) values[width + c] = found[c];
    return (this.residual as (row: readonly unknown[]) => boolean)(values);
  }
  private emitRow(chunk: Chunk, row: number, kind: number): void {
    let isAlone = true;
    for (const found of (chunk.answers[row] as Answer).rows as readonly LookupRow[]) {
      if (this.residual !== null && !this.passes(chunk, row, found)) continue;
      isAlone = false;
      this.write(chunk, row, found, kind);
    }
    if (isAlone && this.node.joinType === 'left') this.write(chunk, row, null, kind);
  }
  private write(chunk: Chunk, row: number, found: LookupRow | null, kind: number): void {
    const { out, width } = this, at = out.size;
    this.copy(chunk.columns, row, out.columns, at);
    for (let c = width; c < out.columns.length; c++) (out.columns[c] as Column)[at] = found === null ? null : found[c - width];
    out.commit(kind);
  }
  /** Must not overtake the rows before it. */
  watermark(_input: number, ms: number): void {
    const last = this.chunks.at(-1);
    if (last === undefined) this.context.output.watermark(ms);
    else last.watermarkMs = ms;
  }
}
export const lookupJoin: OperatorFactory<'lookup-join'> = {
  type: 'lookup-join',
  create(node, context) {
    if (context.late === undefined) throw internalError({ what: 'a lookup join runs where answers can come later' });
    const factory = context.late.lookup(node.connector);
    if (factory === undefined) throw unknownRuntimePart({ kind: 'lookup connector', name: node.connector });
    return new LookupJoin(node, context, factory.create(node, context.late.connector));
  },
};
