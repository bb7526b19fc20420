/** What the planner half of the Kafka connectors tells the run-time half: plain JSON inside the plan. */
import type { Json } from '../../../catalog/registry/connectors.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';

/** One role's format with its fields: `name` as in the message, `field` the position among the table's physical columns. */
export interface FormatSpec { readonly format: string; readonly settings: Json; readonly fields: readonly { readonly name: string; readonly type: SqlType; readonly field: number }[] }
export interface PlaceSpec { readonly mode: string; readonly timestampMs?: number; readonly offsets?: readonly (readonly [partition: number, offset: number])[] }
export interface KafkaSourceSpec {
  readonly table: string;
  readonly topics: readonly string[] | null;
  readonly pattern: string | null;
  /** Client properties without the `properties.` prefix. */
  readonly properties: Readonly<Record<string, string>>;
  readonly groupId: string | null;
  readonly startup: PlaceSpec;
  readonly bounded: PlaceSpec;
  readonly discoveryMs: number;
  readonly checkGroup: boolean;
  readonly onError: 'fail' | 'skip' | 'dead-letter';
  /** Topic that records which cannot be read go to; with `dead-letter` only. */
  readonly deadLetterTopic?: string | undefined;
  /** How many such records are kept to be looked at. */
  readonly samples?: number | undefined;
  /** `scan.header-filter`, checked. */
  readonly headerFilter: string | null;
  readonly key: FormatSpec | null;
  readonly value: FormatSpec;
  /** upsert-kafka: a null value deletes its key. */
  readonly upsert: boolean;
  /** The value format may give other kinds than +I. */
  readonly changelog: boolean;
}
export interface KafkaSinkSpec {
  readonly table: string;
  readonly topic: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly key: FormatSpec | null;
  readonly value: FormatSpec;
  readonly upsert: boolean;
  readonly guarantee: 'none' | 'at-least-once' | 'exactly-once';
  readonly transactionalIdPrefix: string | null;
  readonly partitioner: 'default' | 'fixed' | 'round-robin';
  /** upsert-kafka: rows gathered per key; 0 writes at once. */
  readonly bufferRows: number;
  readonly bufferMs: number;
}
