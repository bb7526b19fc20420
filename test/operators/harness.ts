/**
 * Runs one operator through a story in changelog notation:
 *
 *   in0  +I[1, a]  -D[2, null]     rows into input 0, one batch
 *   out  +I[1, a]                  exactly what came out since the last `out` line; rows in written order
 *   mark                           a runner may checkpoint and restore here
 *   end0                           input 0 ends
 *
 * `checkStory` runs it straight, in one-row batches, and with a checkpoint and a restore into a new operator at every mark, then at every
 * line (`end` lines excepted: a finished bounded run is not restored).
 */
import { expect } from 'chai';
import { ChangeBatch, KIND_TEXT } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { NodeOf, NodeType } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { Operator, OperatorContext } from '../../runtime/operators/contract.ts';
import { operators } from '../../runtime/operators/index.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { Manifest } from '../state/manifest.ts';

export interface Change { readonly kind: number; readonly row: readonly unknown[] }
export const printChange = ({ kind, row }: Change): string => `${KIND_TEXT[kind]}[${row.map(printValue).join(', ')}]`;
const printValue = (value: unknown): string => (value === null ? 'null' : Object.is(value, -0) ? '-0' : String(value));

/** Values by type: numbers for anything that is not text or boolean; `null` is NULL. */
export function parseChanges(text: string, types: readonly SqlType[]): Change[] {
  return [...text.matchAll(/([+-][IUD])\[(.*?)\](?=\s|$)/g)].map(([, kind, values]) => ({
    kind: KIND_TEXT.indexOf(kind as '+I'), row: (types.length === 0 ? [] : values!.split(/, ?/)).map((v, i) => parseValue(v, types[i]!)),
  }));
}
function parseValue(text: string, type: SqlType): unknown {
  if (text === 'null') return null;
  if (type.kind === 'VARCHAR') return text;
  if (type.kind === 'BOOLEAN') return text === 'true';
  const value = Number(text);
  return Number.isSafeInteger(value) || type.kind === 'DOUBLE' ? value : BigInt(text);
}

const RETRACT = { insert: true, updateBefore: true, updateAfter: true, delete: true };
/** A physical node with everything that operators do not look at filled in. */
export function nodeOf<T extends NodeType>(type: T, width: number, fields: Partial<Omit<NodeOf<T>, 'type' | 'id' | 'inputs' | 'columns' | 'changelog' | 'upsertKeys' | 'label'>> & { readonly inputs?: number | undefined }): NodeOf<T> {
  const inputs = Array.from({ length: fields.inputs ?? 1 }, (_, i) => ({ node: `n${i}`, exchange: { kind: 'forward' } }));
  return { id: 'n', columns: Array.from({ length: width }, (_, i) => ({ name: `c${i}`, type: { kind: 'NULL', nullable: true } })), changelog: RETRACT, upsertKeys: [], label: '', ...fields, type, inputs } as unknown as NodeOf<T>;
}

export interface OperatorSetup {
  readonly node: NodeOf<NodeType>;
  readonly inputs: readonly (readonly SqlType[])[];
  readonly appendOnly?: boolean | undefined;
}
/** One operator with its state and what came out of it. */
export class Running {
  readonly backend: OperatorStateBackend;
  readonly operator: Operator;
  readonly counters = new Map<string, { value: number }>();
  output: Change[] = [];
  readonly watermarks: number[] = [];
  nowMs = 0;
  private readonly setup: OperatorSetup;
  constructor(setup: OperatorSetup, restored?: ConstructorParameters<typeof OperatorStateBackend>[0]['restored']) {
    this.setup = setup;
    this.backend = new OperatorStateBackend({ nowMs: () => this.nowMs, restored });
    const factory = operators.find((o) => o.type === setup.node.type)!;
    const context: OperatorContext = {
      output: {
        push: (batch) => { for (let i = 0; i < batch.size; i++) this.output.push({ kind: batch.kindAt(i), row: Array.from({ length: this.width }, (_, c) => batch.columns[c]![i]) }); },
        watermark: (ms) => { this.watermarks.push(ms); },
      },
      state: this.backend, env: { timeZone: 'UTC', nowMs: () => this.nowMs, random: () => 0 }, functions: functionRegistry,
      settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 }, subtask: 0, parallelism: 1, inputTypes: setup.inputs,
      inputChangelogs: setup.appendOnly === true ? setup.inputs.map(() => ({ ...RETRACT, updateBefore: false, updateAfter: false, delete: false })) : undefined,
      counter: (name) => { let c = this.counters.get(name); if (c === undefined) this.counters.set(name, c = { value: 0 }); return c; },
    };
    this.operator = factory.create(setup.node, context);
  }
  private get width(): number { return this.setup.node.columns.length; }
  push(input: number, changes: readonly Change[]): void {
    const batch = new ChangeBatch(this.setup.inputs[input]!.map((_, c) => changes.map((change) => change.row[c])));
    batch.size = changes.length;
    if (changes.some((c) => c.kind !== 0)) batch.kinds = Uint8Array.from(changes, (c) => c.kind);
    this.operator.push(input, batch);
  }
  /** Output since the last call. */
  take(): Change[] { const taken = this.output; this.output = []; return taken; }
  /** Checkpoints into the manifest and goes on as a new operator restored from it. */
  restart(manifest: Manifest): Running {
    this.operator.flush?.();
    manifest.add(this.backend.takeCheckpoint());
    const next = new Running(this.setup, { tables: manifest.tables(), share: undefined });
    next.output = this.output;
    next.nowMs = this.nowMs;
    for (const [name, { value }] of this.counters) next.counters.set(name, { value });
    return next;
  }
}

export function checkStory(setup: OperatorSetup, story: string): void {
  for (const runner of ['straight', 'one-row batches', 'restored at marks', 'restored at every line'] as const) runStory(setup, story, runner);
}
function runStory(setup: OperatorSetup, story: string, runner: string): void {
  let running = new Running(setup), ended = false;
  const manifest = new Manifest();
  for (const line of story.split('\n').map((l) => l.trim()).filter((l) => l !== '' && !l.startsWith('#'))) {
    const [verb] = line.split(/\s/, 1), rest = line.slice(verb!.length);
    if (verb === 'out') expect(running.take().map(printChange).join('  '), `${runner}: ${line}`).to.equal(rest.trim().replaceAll(/\s{2,}/g, '  '));
    else if (verb === 'mark') { if (runner === 'restored at marks') running = running.restart(manifest); }
    else if (verb === 'now') running.nowMs = Number(rest);
    else if (verb!.startsWith('end')) { ended = true; running.operator.endInput?.(Number(verb!.slice(3))); }
    else {
      const input = Number(verb!.slice(2)), changes = parseChanges(rest, setup.inputs[input]!);
      expect(changes.length, line).to.be.above(0);
      if (runner === 'one-row batches') for (const change of changes) running.push(input, [change]);
      else running.push(input, changes);
    }
    if (runner === 'restored at every line' && !ended) running = running.restart(manifest);
  }
  expect(running.take().map(printChange), `${runner}: after the story`).to.deep.equal([]);
}
