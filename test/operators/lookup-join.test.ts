/**
 * The lookup join over a table that answers when the test says so: order, kinds by the case table in its header, what is asked and how
 * often, caches, room, failures.
 */
import { expect } from 'chai';
import type { LookupCache } from '../../catalog/registry/connectors.ts';
import { ChangeBatch, KIND_TEXT } from '../../core/row/batch.ts';
import { BIGINT, BOOLEAN, STRING, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { LookupJoinNode } from '../../planner/physical/plan.ts';
import type { LookupReader, LookupRow } from '../../runtime/connectors/contract.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { LateOperator, OperatorContext } from '../../runtime/operators/contract.ts';
import { lookupJoin } from '../../runtime/operators/lookup-join.ts';
import { contextOf } from '../connectors/support.ts';
import { nodeOf, parseChanges } from './harness.ts';

const IN: readonly SqlType[] = [BIGINT, BIGINT, STRING];
const TABLE: readonly (readonly [number | null, string | null])[] = [[1, 'one'], [2, 'two'], [2, 'TWO'], [3, null], [null, 'nobody']];

class Story implements LookupReader {
  readonly questions: { keys: readonly (readonly unknown[])[]; answer: () => void; fail: (error: unknown) => void }[] = [];
  readonly counters = new Map<string, { value: number }>();
  table: readonly LookupRow[] = TABLE;
  nowMs = 0;
  wakes = 0;
  out: string[] = [];
  readonly operator: LateOperator;
  constructor(fields: { joinType?: 'inner' | 'left'; unique?: boolean; residual?: Expr; cache?: LookupCache; maxRowsPerKey?: number } = {}) {
    const node = { ...nodeOf('lookup-join', 5, { joinType: 'inner', connector: 'fake', spec: null, fields: [{ kind: 'physical', field: 0 }, { kind: 'physical', field: 1 }], table: 't', keys: [{ column: 0, from: 1 }], residual: null, unique: false, cache: { kind: 'none' }, maxRowsPerKey: 100, ...fields }), columns: [...IN, BIGINT, STRING].map((type, i) => ({ name: `c${i}`, type })) } as LookupJoinNode;
    const context = {
      output: { push: (batch: ChangeBatch) => { for (let i = 0; i < batch.size; i++) this.out.push(`${KIND_TEXT[batch.kindAt(i)]}[${batch.columns.map((c) => String(c[i])).join(', ')}]`); }, watermark: (ms: number) => { this.out.push(`watermark ${ms}`); } },
      env: { timeZone: 'UTC', nowMs: () => this.nowMs, random: () => 0 }, functions: functionRegistry, settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 }, subtask: 0, parallelism: 1, inputTypes: [IN],
      counter: (name: string) => { let c = this.counters.get(name); if (c === undefined) this.counters.set(name, c = { value: 0 }); return c; },
      late: { lookup: () => ({ identifier: 'fake', create: () => this }), connector: contextOf(), wake: () => { this.wakes++; } },
    } as unknown as OperatorContext;
    this.operator = lookupJoin.create(node, context) as LateOperator;
  }
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  lookup(keys: readonly (readonly unknown[])[]): Promise<readonly (readonly LookupRow[])[]> {
    return new Promise((resolve, reject) => { this.questions.push({ keys, answer: () => { const now = this.table; resolve(keys.map(([k]) => now.filter(([t]) => t === k))); }, fail: reject }); });
  }
  all(): Promise<readonly LookupRow[]> { return new Promise((resolve, reject) => { this.questions.push({ keys: [], answer: () => { resolve(this.table); }, fail: reject }); }); }
  push(text: string): void {
    const changes = parseChanges(text, IN), batch = new ChangeBatch(IN.map((_, c) => changes.map((change) => change.row[c])));
    batch.size = changes.length;
    if (changes.some((c) => c.kind !== 0)) batch.kinds = Uint8Array.from(changes, (c) => c.kind);
    this.operator.push(0, batch);
    // What belongs to the one who pushes is written over.
    for (const column of batch.columns) column.fill('overwritten');
    batch.kinds?.fill(0);
  }
  /** Answers the n-th open question; what came out by it. */
  async answer(n = 0): Promise<string> {
    this.questions.splice(n, 1)[0]?.answer();
    await settled();
    return this.take();
  }
  take(): string {
    while (this.operator.hasAnswers) this.operator.release();
    const text = this.out.join('  ');
    this.out = [];
    return text;
  }
}
const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
/** `input.c2 = table.name`. */
const residual: Expr = { op: 'call', name: '=', args: [{ op: 'column', index: 2, type: STRING }, { op: 'column', index: 4, type: STRING }], type: BOOLEAN };

describe('lookup join', () => {
  it('joins with every row found; a NULL key and an unknown key match nothing', async () => {
    const s = new Story();
    s.push('+I[10, 1, a]  +I[11, 2, b]  +I[12, null, c]  +I[13, 9, d]  +I[14, 3, e]');
    expect(s.questions[0]?.keys).deep.equal([[1], [2], [9], [3]]);
    expect(await s.answer()).equal('+I[10, 1, a, 1, one]  +I[11, 2, b, 2, two]  +I[11, 2, b, 2, TWO]  +I[14, 3, e, 3, null]');
    expect(s.operator.isEmpty).equal(true);
  });
  it('LEFT pads rows that find nothing, also where only the residual condition says no', async () => {
    const s = new Story({ joinType: 'left', residual });
    s.push('+I[10, 1, one]  +I[11, 2, TWO]  +I[12, null, c]  +I[13, 9, d]  +I[14, 1, no]');
    expect(await s.answer()).equal('+I[10, 1, one, 1, one]  +I[11, 2, TWO, 2, TWO]  +I[12, null, c, null, null]  +I[13, 9, d, null, null]  +I[14, 1, no, null, null]');
  });
  it('keeps the order of the input when answers come in another, and rows of the caller may be written over', async () => {
    const s = new Story({ unique: true });
    s.push('+I[1, 1, a]');
    s.push('+I[2, 3, b]');
    s.push('+I[3, 1, c]  +I[4, null, d]');
    expect(s.questions.map((q) => q.keys)).deep.equal([[[1]], [[3]]]);
    expect(await s.answer(1)).equal('');
    s.push('+I[5, null, e]');
    expect(await s.answer(0)).equal('+I[1, 1, a, 1, one]  +I[2, 3, b, 3, null]');
    expect(await s.answer(0)).equal('+I[3, 1, c, 1, one]');
    expect(s.operator.isEmpty).equal(true);
  });
  it('a row gets no answer that is older than itself', async () => {
    const s = new Story({ unique: true });
    s.push('+I[1, 1, a]');
    s.push('+I[2, 1, b]  +I[3, 1, c]');
    const [first] = s.questions;
    first?.answer();
    s.table = [[1, 'new']];
    s.questions.shift();
    await settled();
    expect(s.questions[0]?.keys).deep.equal([[1]]);
    expect(await s.answer()).equal('+I[1, 1, a, 1, one]  +I[2, 1, b, 1, new]  +I[3, 1, c, 1, new]');
  });
  const KINDS: readonly (readonly [string, 'inner' | 'left', boolean, string, string])[] = [
    ['unique, both found', 'inner', true, '-U[1, 1, a]  +U[1, 3, b]', '-U[1, 1, a, 1, one]  +U[1, 3, b, 3, null]'],
    ['unique, new key unknown', 'inner', true, '-U[1, 1, a]  +U[1, 9, b]', '-D[1, 1, a, 1, one]'],
    ['unique, old key unknown', 'inner', true, '-U[1, 9, a]  +U[1, 1, b]', '+I[1, 1, b, 1, one]'],
    ['unique, neither', 'inner', true, '-U[1, 8, a]  +U[1, 9, b]', ''],
    ['unique, left', 'left', true, '-U[1, 1, a]  +U[1, 9, b]', '-U[1, 1, a, 1, one]  +U[1, 9, b, null, null]'],
    ['unique, upsert', 'left', true, '+U[1, 1, a]  -D[2, 9, b]', '+U[1, 1, a, 1, one]  -D[2, 9, b, null, null]'],
    ['unique, delete', 'inner', true, '-D[1, 1, a]', '-D[1, 1, a, 1, one]'],
    ['several', 'inner', false, '-U[1, 2, a]  +U[1, 1, b]', '-D[1, 2, a, 2, two]  -D[1, 2, a, 2, TWO]  +I[1, 1, b, 1, one]'],
    ['several, left', 'left', false, '-U[1, 9, a]  +U[1, 2, b]', '-D[1, 9, a, null, null]  +I[1, 2, b, 2, two]  +I[1, 2, b, 2, TWO]'],
  ];
  for (const [name, joinType, unique, input, output] of KINDS) it(`kinds: ${name}`, async () => {
    const s = new Story({ joinType, unique });
    s.push(input);
    expect(await s.answer()).equal(output);
  });
  it('has room for a bounded number of rows, and asks two questions at a time of at most 1,000 keys', () => {
    const s = new Story();
    for (let i = 0; s.operator.hasRoom; i++) s.push(Array.from({ length: 500 }, (_, j) => `+I[1, ${1000 * i + j}, a]`).join('  '));
    expect(s.questions.map((q) => q.keys.length)).deep.equal([500, 500]);
    expect(s.operator.isEmpty || s.operator.hasAnswers).equal(false);
  });
  it('a watermark does not overtake the rows before it', async () => {
    const s = new Story();
    s.operator.watermark?.(0, 5);
    expect(s.take()).equal('watermark 5');
    s.push('+I[1, 1, a]');
    s.operator.watermark?.(0, 7);
    s.operator.watermark?.(0, 8);
    expect(s.take()).equal('');
    expect(await s.answer()).equal('+I[1, 1, a, 1, one]  watermark 8');
  });
  it('a failure is thrown when answers are taken out, and the task is woken for it', async () => {
    const s = new Story();
    s.push('+I[1, 1, a]');
    s.questions[0]?.fail(new RangeError('gone'));
    await settled();
    expect(s.wakes).equal(1);
    expect(s.operator.hasAnswers).equal(true);
    expect(() => { s.operator.release(); }).throw('gone');
  });
  it('more rows of a key than allowed fail by name', async () => {
    const s = new Story({ maxRowsPerKey: 1 });
    s.push('+I[1, 2, a]');
    s.questions[0]?.answer();
    await settled();
    expect(() => { s.operator.release(); }).throw('has more than 1 rows');
  });

  it('PARTIAL cache: asks once, until the answer is too old, unused for too long, or pushed out', async () => {
    const cache: LookupCache = { kind: 'partial', maxRows: 2, expireAfterWriteMs: 1000, expireAfterAccessMs: 400, keepsMissing: true };
    const s = new Story({ unique: true, cache });
    const asks = async (text: string): Promise<boolean> => { s.push(text); const asked = s.questions.length > 0; await s.answer(); return asked; };
    expect(await asks('+I[1, 1, a]')).equal(true);
    s.push('+I[2, 1, b]');
    expect(s.take()).equal('+I[2, 1, b, 1, one]');
    expect(await asks('+I[3, 9, c]')).equal(true);
    expect(await asks('+I[3, 9, c]'), 'a missing key is kept').equal(false);
    s.nowMs = 399;
    expect(await asks('+I[1, 1, a]')).equal(false);
    s.nowMs = 798;
    expect(await asks('+I[1, 1, a]')).equal(false);
    s.nowMs = 1000;
    expect(await asks('+I[1, 1, a]'), 'too old').equal(true);
    s.nowMs = 1400;
    expect(await asks('+I[1, 1, a]'), 'unused for too long').equal(true);
    expect(await asks('+I[1, 2, a]  +I[1, 3, a]')).equal(true);
    expect(await asks('+I[1, 1, a]'), 'pushed out').equal(true);
    expect(s.counters.get('lookupCacheHits')?.value).equal(4);
  });
  it('PARTIAL cache without missing keys', async () => {
    const s = new Story({ cache: { kind: 'partial', maxRows: 100, expireAfterWriteMs: 0, expireAfterAccessMs: 0, keepsMissing: false } });
    for (let i = 0; i < 2; i++) { s.push('+I[1, 9, a]'); expect(s.questions.length).equal(1); await s.answer(); }
  });
  it('ALL cache: rows wait for the first reading; the old table serves while it is read again', async () => {
    const s = new Story({ unique: true, cache: { kind: 'all', reloadMs: 1000 } });
    s.push('+I[1, 1, a]');
    s.push('+I[2, 9, a]');
    expect([s.questions.length, s.take()]).deep.equal([1, '']);
    expect(await s.answer()).equal('+I[1, 1, a, 1, one]');
    s.table = [[1, 'new']];
    s.push('+I[3, 1, a]');
    expect([s.take(), s.questions.length]).deep.equal(['+I[3, 1, a, 1, one]', 0]);
    s.nowMs = 1000;
    s.push('+I[4, 1, a]');
    expect([s.take(), s.questions.length]).deep.equal(['+I[4, 1, a, 1, one]', 1]);
    await s.answer();
    s.push('+I[5, 1, a]  +I[6, 2, b]');
    expect(s.take()).equal('+I[5, 1, a, 1, new]');
  });
});
