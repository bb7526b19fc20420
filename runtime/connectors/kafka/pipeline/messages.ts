/**
 * What a message of a topic says: rows of a table with their kinds, the names of its key, and native types where the format tells them.
 * debezium-json (with or without `schema`), canal-json (DTS's INIT is an insert, DDL messages say nothing), plain JSON. Source: Flink CDC
 * and Alibaba Cloud, Kafka as a source of pipelines; formats as in docs/formats.md.
 */
import { idOf, type PipelineTableId } from '../../../../catalog/objects/pipeline-table.ts';
import { badRecord } from '../../../../core/errors/format.ts';
import { readJson, type JsonNode } from '../../../../core/json/exact.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type RowKind } from '../../../../core/row/batch.ts';

export type Members = ReadonlyMap<string, JsonNode>;
export interface MessageRow { readonly kind: RowKind; readonly members: Members }
export interface Message {
  readonly id: PipelineTableId;
  readonly rows: readonly MessageRow[];
  /** Names of the key columns; empty = none told. */
  readonly key: readonly string[];
  /** canal-json: MySQL's types by column. */
  readonly nativeTypes: ReadonlyMap<string, string> | undefined;
}
export interface MessageSettings {
  readonly format: 'debezium-json' | 'canal-json' | 'json';
  /** json: fields whose values name the table, in order. */
  readonly tableFields: readonly string[];
  readonly keyPrefix: string;
  readonly valuePrefix: string;
}
/** Member of the pipelines' own keys that is no column. */
const TABLE_ID = 'TableId';

/** undefined: the message says nothing of rows. Throws bad-record. */
export function readMessage(topic: string, key: string | null, value: string | null, settings: MessageSettings): Message | undefined {
  const keyMembers = prefixed(keyOf(key), settings.keyPrefix);
  if (value === null) return settings.format === 'json' ? tombstone(topic, keyMembers, settings) : undefined;
  const node = readJson(value);
  if (node?.kind !== 'object') throw badRecord({ format: settings.format, rule: `the message is not a JSON object: '${value.slice(0, 100)}'` });
  switch (settings.format) {
    case 'json': return plain(topic, keyMembers, node.members, settings);
    case 'debezium-json': return debezium(topic, [...keyMembers.keys()], node.members);
    case 'canal-json': return canal(topic, node.members);
  }
}
function keyOf(key: string | null): Members {
  const node = key === null ? undefined : readJson(key);
  return node?.kind === 'object' ? new Map([...node.members].filter(([name]) => name !== TABLE_ID)) : new Map();
}
const prefixed = (members: Members, prefix: string): Members => (prefix === '' ? members : new Map([...members].map(([name, v]) => [`${prefix}${name}`, v])));
const textOf = (node: JsonNode | undefined): string | undefined => (node?.kind === 'string' ? node.value : undefined);
const objectOf = (node: JsonNode | undefined): Members | undefined => (node?.kind === 'object' ? node.members : undefined);

function plain(topic: string, key: Members, members: Members, settings: MessageSettings): Message {
  const named = settings.tableFields.map((f) => textOf(members.get(f))), own = prefixed(members, settings.valuePrefix);
  // A key column that the value does not carry is a column too, in front.
  const row = new Map([...[...key].filter(([name]) => !own.has(name)), ...own]);
  return { id: named.length > 0 && named.every((n) => n !== undefined) ? idOf(named.join('.')) : idOf(topic), rows: [{ kind: INSERT, members: row }], key: [...key.keys()], nativeTypes: undefined };
}
/** A null value under a key: the row of the key is deleted. */
function tombstone(topic: string, key: Members, settings: MessageSettings): Message | undefined {
  return key.size === 0 || settings.tableFields.length > 0 ? undefined : { id: idOf(topic), rows: [{ kind: DELETE, members: key }], key: [...key.keys()], nativeTypes: undefined };
}

function debezium(topic: string, key: readonly string[], message: Members): Message | undefined {
  const envelope = objectOf(message.get('payload')) ?? message, op = textOf(envelope.get('op')), source = objectOf(envelope.get('source'));
  const table = textOf(source?.get('table')), schema = textOf(source?.get('db')) ?? textOf(source?.get('schema')) ?? '';
  const before = objectOf(envelope.get('before')), after = objectOf(envelope.get('after'));
  const need = (image: Members | undefined, what: string): Members => { if (image === undefined) throw badRecord({ format: 'debezium-json', rule: `the "${what}" of a message of op "${op ?? ''}" is null; the source must send whole rows (REPLICA IDENTITY FULL)` }); return image; };
  const rows = ((): MessageRow[] => {
    switch (op) {
      case 'c': case 'r': return [{ kind: INSERT, members: need(after, 'after') }];
      case 'u': return before === undefined ? [{ kind: UPDATE_AFTER, members: need(after, 'after') }] : [{ kind: UPDATE_BEFORE, members: before }, { kind: UPDATE_AFTER, members: need(after, 'after') }];
      case 'd': return [{ kind: DELETE, members: need(before, 'before') }];
      case undefined:
        if (isAside(envelope)) return [];
        throw badRecord({ format: 'debezium-json', rule: `a message has no "op", so it is no change of a row (rows alone are value.format: json): members ${few(envelope)}` });
      default: throw badRecord({ format: 'debezium-json', rule: `Unknown "op" value "${op}"` });
    }
  })();
  if (rows.length === 0) return undefined;
  return { id: table === undefined ? idOf(topic) : table.includes('.') && schema !== '' && table.startsWith(`${schema}.`) ? idOf(table) : { schema, table }, rows, key, nativeTypes: undefined };
}

/** Debezium's messages about transactions, schemas and heartbeats have no `op`. */
const ASIDE = ['ts_ms', 'status', 'ddl', 'tableChanges', 'historyRecord'];
const isAside = (envelope: Members): boolean => ASIDE.some((name) => envelope.has(name));
const few = (members: Members): string => [...members.keys()].slice(0, 5).map((name) => `"${name.slice(0, 50)}"`).join(', ') || 'none';

function canal(topic: string, message: Members): Message | undefined {
  const type = textOf(message.get('type')) ?? '', isDdl = message.get('isDdl');
  if ((isDdl?.kind === 'boolean' && isDdl.value) || type === 'DDL' || type === 'CREATE' || type === 'QUERY' || type === 'ALTER' || type === 'ERASE' || type === 'TRUNCATE' || type === 'RENAME' || type === 'CINDEX' || type === 'DINDEX') return undefined;
  if (type === '') throw badRecord({ format: 'canal-json', rule: `a message has no "type", so it is no change of a row (rows alone are value.format: json): members ${few(message)}` });
  const list = (name: string): Members[] => { const node = message.get(name); return node?.kind === 'array' ? node.items.flatMap((i) => objectOf(i) ?? []) : []; };
  const data = list('data'), old = list('old'), table = textOf(message.get('table')), names = message.get('pkNames');
  const rows = data.flatMap((row, i): MessageRow[] => {
    switch (type) {
      case 'INSERT': case 'INIT': return [{ kind: INSERT, members: row }];
      // What `old` does not name is unchanged.
      case 'UPDATE': return [{ kind: UPDATE_BEFORE, members: new Map([...row, ...(old[i] ?? [])]) }, { kind: UPDATE_AFTER, members: row }];
      case 'DELETE': return [{ kind: DELETE, members: row }];
      default: throw badRecord({ format: 'canal-json', rule: `Unknown "type" value "${type}"` });
    }
  });
  if (rows.length === 0) return undefined;
  const native = objectOf(message.get('mysqlType'));
  return {
    id: table === undefined ? idOf(topic) : { schema: textOf(message.get('database')) ?? '', table }, rows, key: names?.kind === 'array' ? names.items.flatMap((n) => textOf(n) ?? []) : [],
    nativeTypes: native === undefined ? undefined : new Map([...native].flatMap(([name, t]) => { const text = textOf(t); return text === undefined ? [] : [[name, text]]; })),
  };
}
