/**
 * A job with its inputs, whatever it was written down in: a `.stream` story or a conformance case. Topics are called by the names they have
 * there; `${topic.name}` and `${KAFKA}` in the SQL stand for the real ones.
 */

/** Column → its value as JSON text, digits as they are written; NULL is the text `null`. */
export type Row = Readonly<Record<string, string>>;
/** Inserted: no `before`. Deleted: no `after`; of an upsert topic `before` then holds the key only. */
export interface Change { readonly before: Row | null; readonly after: Row | null }
/** A record that is no change of a row, kept as it is. */
export interface RawRecord { readonly rawKey: string | null; readonly rawValue: string | null }
export type Input = Change | RawRecord;
export const isRaw = (input: Input): input is RawRecord => 'rawValue' in input;

export type TopicKind = 'append' | 'retract' | 'upsert';
export interface InputTopic {
  readonly name: string;
  readonly kind: TopicKind;
  /** Columns of the key: of the records of an upsert topic, or declared by the table. */
  readonly key: readonly string[] | undefined;
  readonly inputs: readonly Input[];
}
export interface SinkTopic {
  readonly name: string;
  /** `append`: rows of JSON; `retract`: debezium-json; `upsert`: last value per key. */
  readonly kind: TopicKind;
  /** Numbers are compared to ten digits: sums of DOUBLE depend on their order. */
  readonly approximate: boolean;
}
export interface Scenario {
  readonly name: string;
  /** SET statements, CREATE TABLE and CREATE VIEW, each without its semicolon. */
  readonly setup: readonly string[];
  /** An INSERT or a statement set. */
  readonly job: string;
  readonly inputs: readonly InputTopic[];
  readonly sinks: readonly SinkTopic[];
  /** The result depends on the order of rows between keys: one partition, one subtask, and no other table. */
  readonly ordered: boolean;
  /** The job may come to its end by itself: nothing that comes can change its result any more. */
  readonly ends: boolean;
  /** More rows may be made up from those there are. */
  readonly extensible: boolean;
  /** The rows each sink must come to when the inputs are fed as they are, one text per row; undefined when the source does not say. */
  readonly expected: ReadonlyMap<string, readonly string[]> | undefined;
}

/** The value of an option in SQL. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** A CREATE TABLE whose WITH clause has these options, too. */
export function addOptions(create: string, options: Readonly<Record<string, string>>): string {
  const end = create.lastIndexOf(')'), more = Object.entries(options).map(([name, value]) => `, ${literal(name)} = ${literal(value)}`).join('');
  return create.slice(0, end) + more + create.slice(end);
}
/** The topic that a CREATE TABLE stands on; undefined for other statements. */
export const topicOf = (statement: string): string | undefined => /\$\{topic\.([A-Za-z0-9_]+)\}/.exec(statement)?.[1];

export const rowText = (row: Row): string => `{${Object.entries(row).map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
export function keyOf(row: Row, key: readonly string[]): Row { return Object.fromEntries(key.map((name) => [name, row[name] ?? 'null'])); }
/** The record of a change, as its format writes it. */
export function encode(topic: Pick<InputTopic, 'kind' | 'key'>, input: Input): { readonly key: string | null; readonly value: string | null } {
  if (isRaw(input)) return { key: input.rawKey, value: input.rawValue };
  const { before, after } = input, text = (row: Row | null): string => (row === null ? 'null' : rowText(row));
  switch (topic.kind) {
    case 'append': return { key: null, value: text(after) };
    case 'upsert': return { key: rowText(keyOf(after ?? before ?? {}, topic.key ?? [])), value: after === null ? null : text(after) };
    case 'retract': return { key: null, value: `{"before":${text(before)},"after":${text(after)},"op":"${before === null ? 'c' : after === null ? 'd' : 'u'}"}` };
  }
}
export const ENDS = /\bLIMIT\b/i;
/** SQL that counts or picks rows in the order they come. */
export const ORDERED = /\b(LIMIT|ROW_NUMBER|FIRST_VALUE|LAST_VALUE|LISTAGG|ARRAY_AGG|COLLECT)\b/i;
