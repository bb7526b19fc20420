/**
 * What becomes of records of a table that cannot be read: the table's `scan.on-error`, the counters, the samples, the log.
 *
 * Counters: `skippedRecords` left out (also by ignore-parse-errors), `deadLetters` sent to the dead-letter topic, `nulledFields` made NULL
 * by ignore-parse-errors. They and the samples belong to the checkpoint, as positions do: after a crash they stand where the positions
 * stand, so each record counts once.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { recordRejected } from '../../../core/errors/connector.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { BadRecordSamples, DEFAULT_SAMPLES, excerpt, why, type BadRecordOutcome, type BadRecordSample } from '../bad-records.ts';
import type { SourceContext } from '../contract.ts';
import type { RecordCursor } from './client/index.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { KafkaSourceSpec } from './spec.ts';

/** Of records that are left out the first are logged, then every so many. */
const LOGGED = 10, LOG_EVERY = 1000;

/** The record in hand. */
export interface BadRecord { readonly topic: string; readonly partition: number; readonly part: 'key' | 'value'; readonly cursor: RecordCursor }

export class Rejections {
  private readonly spec: KafkaSourceSpec;
  private readonly context: SourceContext;
  private readonly deadLetters: DeadLetters | undefined;
  private readonly samples: BadRecordSamples;
  private readonly skipped: { value: number };
  private readonly sent: { value: number };
  private readonly nulled: { value: number };
  private logged = 0;
  /** Records refused so far: what a poll may spend on them is limited. */
  count = 0;
  constructor(spec: KafkaSourceSpec, context: SourceContext, deadLetters: DeadLetters | undefined) {
    this.spec = spec;
    this.context = context;
    this.deadLetters = deadLetters;
    this.samples = new BadRecordSamples(spec.samples ?? DEFAULT_SAMPLES);
    this.skipped = context.counter('skippedRecords');
    this.sent = context.counter('deadLetters');
    this.nulled = context.counter('nulledFields');
  }
  /** A record that its format refused. Throws when it must fail the job: `record-rejected`, `dead-letter-failed`, or what is no bad record. */
  refuse(error: unknown, record: BadRecord): void {
    if (!(error instanceof RivuletError) || error.domain !== 'data') throw error;
    this.count++;
    if (this.spec.onError === 'fail') { this.sample(error, record, 'failed'); throw this.rejected(error, record); }
    if (this.deadLetters === undefined) {
      this.skipped.value++;
      this.note(error, record, 'skipped');
      return;
    }
    this.deadLetters.add(record.cursor, { topic: record.topic, partition: record.partition, part: record.part, error });
    this.sent.value++;
    this.note(error, record, 'dead-letter');
  }
  /** What ignore-parse-errors has hidden. */
  ignored(error: RivuletError, record: BadRecord, nulledFields: number): void {
    this.count++;
    if (nulledFields > 0) { this.nulled.value += nulledFields; this.sample(error, record, 'nulled'); return; }
    this.skipped.value++;
    this.note(error, record, 'ignored');
  }
  private rejected(error: RivuletError, { topic, partition, part, cursor }: BadRecord): RivuletError {
    const hint = error.hint ?? "To go on without such records set 'scan.on-error' to 'dead-letter' or 'skip'.";
    const text = error.detail ?? (part === 'value' ? `Its value: ${excerpt(cursor.bytes, cursor.valueStart, cursor.valueEnd) ?? 'NULL'}` : undefined);
    return recordRejected({ topic, partition, offset: cursor.offset, table: this.spec.table, part, field: error.field, key: excerpt(cursor.bytes, cursor.keyStart, cursor.keyEnd), why: error.message, detail: text, hint }, { cause: error });
  }
  private note(error: RivuletError, record: BadRecord, outcome: BadRecordOutcome): void {
    this.sample(error, record, outcome);
    if (this.logged++ >= LOGGED && this.logged % LOG_EVERY !== 0) return;
    this.context.log('warn', `record left out: ${error.message}`, { topic: record.topic, partition: record.partition, offset: record.cursor.offset, table: this.spec.table, outcome, leftOut: this.logged });
  }
  private sample(error: RivuletError, { topic, partition, part, cursor }: BadRecord, outcome: BadRecordOutcome): void {
    if (!this.samples.wanted) return;
    this.samples.add({
      topic, partition, offset: cursor.offset, timestampMs: cursor.timestampMs, table: this.spec.table, part, field: error.field ?? null, code: error.code, message: why(error), outcome,
      key: excerpt(cursor.bytes, cursor.keyStart, cursor.keyEnd), value: excerpt(cursor.bytes, cursor.valueStart, cursor.valueEnd), atMs: this.context.nowMs(),
    });
  }

  get list(): readonly BadRecordSample[] { return this.samples.list; }
  /** Member of the positions; nothing while there are none. */
  stored(): Readonly<Record<string, Json>> { return this.samples.list.length === 0 ? {} : { badRecords: this.samples.list.map((one) => ({ ...one })) }; }
  /** One subtask of the new run takes those of all former ones. */
  restore(restored: readonly Json[] | undefined): void {
    if (restored === undefined || this.context.subtask !== 0) return;
    this.samples.restore(restored.flatMap((positions) => (positions as { badRecords?: readonly BadRecordSample[] } | null)?.badRecords ?? []));
  }
}
