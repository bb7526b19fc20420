/** Errors of tables' options and of sources and sinks that no single system owns. Wordings follow Flink where it has one. */
import { defineError, didYouMean, quoted } from './define.ts';

export const unknownFormat = defineError<{ option: string; identifier: string; known: readonly string[] }>({
  sqlstate: '42704', name: 'unknown-format', domain: 'user', retry: 'never',
  message: (p) => `could not find any factory for identifier '${p.identifier}' that implements a format`,
  detail: (p) => `Option '${p.option}'. Available formats: ${p.known.join(', ')}.`, hint: (p) => didYouMean(p.identifier, p.known),
});
export const unsupportedTableOptions = defineError<{ connector: string; table: string; unsupported: readonly string[]; supported: readonly string[] }>({
  sqlstate: '42601', name: 'unsupported-table-options', domain: 'user', retry: 'never',
  message: (p) => `unsupported options found for '${p.connector}': ${p.unsupported.map(quoted).join(', ')}`,
  detail: (p) => `Table ${quoted(p.table)}. Supported options: ${p.supported.join(', ')}.`,
  hint: (p) => p.unsupported.map((o) => didYouMean(o, p.supported)).find((h) => h !== undefined),
});
export const missingTableOption = defineError<{ connector: string; table: string; option: string }>({
  sqlstate: '42601', name: 'missing-table-option', domain: 'user', retry: 'never',
  message: (p) => `one or more required options are missing for '${p.connector}': ${quoted(p.option)}`,
  detail: (p) => `Table ${quoted(p.table)}.`, hint: (p) => `Add '${p.option}' = '…' to the WITH clause.`,
});
/** Options that contradict each other or the table's columns. */
export const invalidTableOptions = defineError<{ table: string; what: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'invalid-table-options', domain: 'user', retry: 'never', message: (p) => p.what, detail: (p) => `Table ${quoted(p.table)}.`, hint: (p) => p.hint,
});
/** A record of a topic that the table cannot take; the message is that of the format. */
export const recordRejected = defineError<{ topic: string; partition: number; offset: number; table: string; part: 'key' | 'value'; field?: string | undefined; key?: string | null | undefined; why: string; detail?: string | undefined; hint?: string | undefined }>({
  sqlstate: '22P02', name: 'record-rejected', domain: 'data', retry: 'never',
  message: (p) => p.why,
  detail: (p) => `Topic ${quoted(p.topic)}, partition ${p.partition}, offset ${p.offset} (${p.part}), read by table ${quoted(p.table)}.${p.key == null ? '' : ` Its key: ${p.key}`}${p.detail === undefined ? '' : ` ${p.detail}`}`,
  hint: (p) => p.hint, field: (p) => p.field,
});
/** The job may not go on: a record would be lost without a trace. */
export const deadLetterFailed = defineError<{ topic: string; table: string; place?: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined; why: string; detail?: string | undefined }>({
  sqlstate: '58030', name: 'dead-letter-failed', domain: 'external', retry: 'restart',
  message: (p) => `${p.place === undefined ? 'a record' : `the record of topic ${quoted(p.place.topic)}, partition ${p.place.partition}, offset ${p.place.offset},`} cannot be written to the dead-letter topic ${quoted(p.topic)}`,
  detail: (p) => `Table ${quoted(p.table)}. Kafka: ${p.why}.${p.detail === undefined ? '' : ` ${p.detail}`}`,
  hint: () => "The topic must take records as large as those of the table's topics with some headers ('max.message.bytes'), and their timestamps; the user needs the right to write to it.",
});
export const noCommittedOffset = defineError<{ group: string; topic: string; partition: number; table: string }>({
  sqlstate: '55000', name: 'no-committed-offset', domain: 'user', retry: 'never',
  message: (p) => `consumer group ${quoted(p.group)} has no committed offset for partition ${p.partition} of topic ${quoted(p.topic)}`,
  detail: (p) => `Table ${quoted(p.table)} starts at 'group-offsets' (the default of 'scan.startup.mode') and 'properties.auto.offset.reset' is not set (NoOffsetForPartition).`,
  hint: () => "Say where to start: /*+ OPTIONS('scan.startup.mode'='earliest-offset') */ after the table name, or set 'properties.auto.offset.reset'.",
});
export const offsetOutOfRange = defineError<{ topic: string; partition: number; offset: number; earliest: number; latest: number; table: string }>({
  sqlstate: '55000', name: 'offset-out-of-range', domain: 'external', retry: 'never',
  message: (p) => `offset ${p.offset} of partition ${p.partition} of topic ${quoted(p.topic)} is out of range`,
  detail: (p) => `The log holds offsets ${p.earliest} to ${p.latest}; table ${quoted(p.table)}. Records were deleted, or the topic was made again.`,
  hint: () => "Records may be lost. To go on from an end of the log set 'properties.auto.offset.reset' to 'earliest' or 'latest'.",
});
export const groupInUse = defineError<{ group: string; members: number }>({
  sqlstate: '55006', name: 'group-in-use', domain: 'user', retry: 'never',
  message: (p) => `consumer group ${quoted(p.group)} is in use by ${p.members} other consumer${p.members === 1 ? '' : 's'}`,
  hint: () => "Choose another 'properties.group.id', or set 'scan.check.duplicated.group.id' to 'false'.",
});
export const noPartitions = defineError<{ table: string; topics: string }>({
  sqlstate: '42P01', name: 'no-partitions', domain: 'user', retry: 'never',
  message: (p) => `no topic matches ${quoted(p.topics)}`, detail: (p) => `Table ${quoted(p.table)}.`,
});
/** Restored positions that the table does not understand (another connector, damaged). */
export const positionsUnreadable = defineError<{ table: string; why: string }>({
  sqlstate: '55000', name: 'positions-unreadable', domain: 'internal', retry: 'never', message: (p) => `stored positions of table ${quoted(p.table)} cannot be used`, detail: (p) => `${p.why}.`,
});
/** A value of a row that the format of a sink cannot write; the message is that of the format. */
export const rowUnwritable = defineError<{ table: string; why: string; field?: string | undefined; row: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'row-unwritable', domain: 'data', retry: 'never', message: (p) => p.why, detail: (p) => `Table ${quoted(p.table)}. The row: ${p.row}`, hint: (p) => p.hint, field: (p) => p.field,
});
/** A row that a sink cannot write. */
export const rowRefused = defineError<{ table: string; what: string; row?: string | undefined; hint?: string | undefined }>({
  sqlstate: '23502', name: 'row-refused', domain: 'data', retry: 'never', message: (p) => `${p.what} in a row for table ${quoted(p.table)}`, detail: (p) => (p.row === undefined ? undefined : `The row: ${p.row}`), hint: (p) => p.hint,
});

export const connectorErrors = {
  unknownFormat, unsupportedTableOptions, missingTableOption, invalidTableOptions, recordRejected, deadLetterFailed,
  noCommittedOffset, offsetOutOfRange, groupInUse, noPartitions, positionsUnreadable, rowUnwritable, rowRefused,
};
