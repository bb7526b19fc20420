/**
 * The tables that a topic's messages make: columns are found in messages and widened as more is seen. A field met first is a nullable
 * column at the end; one that is missing is NULL; a type grows by the merge tree of the Kafka JSON catalog. Columns of fixed types (given,
 * or of a native type the message names) never change. With `static` a table stays as it was known at the start.
 */
import { idText, type PipelineColumn, type PipelineTableId, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { inferRecord, mergeTypes } from '../../../../catalog/inference/infer.ts';
import { badRecord } from '../../../../core/errors/format.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import type { JsonNode } from '../../../../core/json/exact.ts';
import { castFunction } from '../../../../core/types/cast.ts';
import { sameType } from '../../../../core/types/coercion.ts';
import { BOOLEAN, STRING, asNullable, notNull, timestamp, typeText, type SqlType } from '../../../../core/types/sql-type.ts';
import type { MySqlColumn } from '../../mysql/contract.ts';
import { parseColumnType, type TypeParts } from '../../mysql/types/column-type.ts';
import { baseType } from '../../mysql/types/mapping.ts';
import { quoteJson } from '../../../formats/json/reader.ts';
import { columnChanges } from '../../../pipelines/evolve.ts';
import type { SchemaChange } from '../../../pipelines/contract.ts';
import type { Members, Message } from './messages.ts';

export interface InferenceRules {
  readonly timestampStandard: 'SQL' | 'ISO-8601';
  readonly primitiveAsString: boolean;
  readonly isStatic: boolean;
  /** Types of columns by name, whatever the table. */
  readonly fixed: ReadonlyMap<string, SqlType>;
  readonly timeZone: string;
  /** Told of numbers with more digits than a DOUBLE keeps. */
  readonly cut?: (table: string, column: string, text: string) => void;
}
type Convert = (node: JsonNode) => unknown;
export interface InferredTable { version: TableVersion; converters: readonly Convert[]; readonly fixed: ReadonlySet<string> }

export class InferredTables {
  private readonly tables = new Map<string, InferredTable>();
  private readonly rules: InferenceRules;
  constructor(rules: InferenceRules, known: readonly TableVersion[]) {
    this.rules = rules;
    for (const version of known) this.tables.set(idText(version.id), this.tableOf(version, new Set(version.columns.filter((c) => c.nativeType !== undefined || rules.fixed.has(c.name)).map((c) => c.name))));
  }
  get versions(): TableVersion[] { return [...this.tables.values()].map((t) => t.version); }
  /** The table after the message, and what has changed; `create.table` when it is met first. */
  after(message: Message): { readonly table: InferredTable; readonly changes: readonly SchemaChange[] } {
    const text = idText(message.id), known = this.tables.get(text);
    if (known === undefined) {
      const columns = this.merged([], message, new Set()), table = this.tableOf(versionOf(message.id, columns, message.key), this.fixedIn(message));
      this.tables.set(text, table);
      return { table, changes: [{ kind: 'create.table' }] };
    }
    if (this.rules.isStatic) return { table: known, changes: [] };
    const columns = this.merged(known.version.columns, message, known.fixed);
    if (columns === known.version.columns) return { table: known, changes: [] };
    const version: TableVersion = { ...known.version, columns }, table = this.tableOf(version, new Set([...known.fixed, ...this.fixedIn(message)]));
    this.tables.set(text, table);
    return { table, changes: columnChanges(known.version.columns, columns) };
  }
  private fixedIn(message: Message): Set<string> { return new Set([...this.rules.fixed.keys(), ...(message.nativeTypes ?? new Map<string, string>()).keys()]); }
  private tableOf(version: TableVersion, fixed: ReadonlySet<string>): InferredTable {
    return { version, fixed, converters: version.columns.map((c) => converterOf(c.type, c.name, this.rules.timeZone, (text) => this.rules.cut?.(idText(version.id), c.name, text))) };
  }
  /** The same list when nothing is new. */
  private merged(known: readonly PipelineColumn[], message: Message, fixed: ReadonlySet<string>): readonly PipelineColumn[] {
    let columns = known;
    for (const row of message.rows) {
      const types = inferRecord({ kind: 'object', members: row.members }, { flatten: false, primitiveAsString: this.rules.primitiveAsString, timestampStandard: this.rules.timestampStandard });
      for (const [name] of row.members) {
        const at = columns.findIndex((c) => c.name === name), own = columns[at];
        if (own !== undefined && fixed.has(name)) continue;
        const native = message.nativeTypes?.get(name), given = this.rules.fixed.get(name) ?? (native === undefined ? undefined : mysqlType(native)), type = given ?? types?.get(name);
        // Nothing but nulls so far: no column.
        if (type === undefined) continue;
        if (own === undefined) { columns = [...columns, { name, type: asNullable(type, true), ...(native === undefined || given === undefined ? {} : { nativeType: native.toLowerCase() }) }]; continue; }
        const wider = asNullable(mergeTypes(own.type, type), own.type.nullable);
        if (!sameType(wider, own.type)) columns = columns.map((c, i) => (i === at ? { ...c, type: wider } : c));
      }
    }
    return columns;
  }
}
function versionOf(id: PipelineTableId, columns: readonly PipelineColumn[], key: readonly string[]): TableVersion {
  const isKeyed = key.length > 0 && key.every((name) => columns.some((c) => c.name === name));
  const own = isKeyed ? columns.map((c) => (key.includes(c.name) ? { ...c, type: notNull(c.type) } : c)) : columns;
  return { id, columns: own, primaryKey: isKeyed ? key.map((name) => own.findIndex((c) => c.name === name)) : [] };
}

/** The values of a row by column; what the message does not have is NULL. Throws bad-record. */
export function rowValues({ version, converters }: InferredTable, members: Members): unknown[] {
  return converters.map((convert, c) => {
    const node = members.get(version.columns[c]!.name);
    return node === undefined || node.kind === 'null' ? null : convert(node);
  });
}
/** No double has more digits of its own than 17. */
const isCut = (text: string): boolean => text.length > 17 && text.replace(/[eE].*$/, '').replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length > 17;
function converterOf(type: SqlType, name: string, timeZone: string, cut: (text: string) => void): Convert {
  const bare = asNullable(type, true);
  if (bare.kind === 'VARCHAR' || bare.kind === 'CHAR') return textOf;
  if (bare.kind === 'BINARY' || bare.kind === 'VARBINARY') return (node) => new Uint8Array(Buffer.from(textOf(node), 'base64'));
  const cast = castFunction(STRING, bare, { timeZone }, false) as (text: string) => unknown, isTime = bare.kind === 'TIMESTAMP' || bare.kind === 'TIMESTAMP_LTZ';
  const isDouble = bare.kind === 'DOUBLE';
  return (node) => {
    if (isDouble && node.kind === 'number' && isCut(node.text)) cut(node.text);
    const text = isTime ? textOf(node).replace('T', ' ') : textOf(node);
    try { return cast(bare.kind === 'TIMESTAMP_LTZ' ? text.replace(/Z$/, '') : text); } catch (error) {
      if (!(error instanceof RivuletError)) throw error;
      throw badRecord({ format: 'json', field: name, rule: `'${text.slice(0, 60)}' cannot be read as ${typeText(type)}` });
    }
  };
}
/** A text as it is, a scalar's text, a nested value as compact JSON. */
function textOf(node: JsonNode): string {
  switch (node.kind) {
    case 'string': return node.value;
    case 'number': return node.text;
    case 'boolean': return String(node.value);
    default: return jsonText(node);
  }
}
function jsonText(node: JsonNode): string {
  switch (node.kind) {
    case 'null': return 'null';
    case 'string': return quoteJson(node.value);
    case 'array': return `[${node.items.map(jsonText).join(',')}]`;
    case 'object': return `{${[...node.members].map(([k, v]) => `${quoteJson(k)}:${jsonText(v)}`).join(',')}}`;
    default: return textOf(node);
  }
}

/** canal's `mysqlType`, as in `bigint(20) unsigned` or DTS's bare `varchar`, whose lengths are not told; undefined: the values decide. */
export function mysqlType(text: string): SqlType | undefined {
  const parts = parseColumnType(text), isBare = !text.includes('(');
  switch (parts.dataType) {
    case 'decimal': return isBare ? undefined : baseType(columnOf(parts));
    case 'tinyint': return parts.length === 1 && !parts.unsigned ? BOOLEAN : baseType(columnOf(parts));
    case 'time': return STRING;
    case 'datetime': case 'timestamp': return timestamp(isBare ? 6 : parts.scale ?? 6);
    case 'char': case 'varchar': case 'set': return STRING;
    case 'bit': case 'binary': case 'varbinary': case 'vector': return undefined;
    default: return /blob/.test(parts.dataType) ? undefined : baseType(columnOf(parts));
  }
}
const columnOf = (parts: TypeParts): MySqlColumn => ({ ...parts, name: '', nullable: true, charset: null, collation: null, generated: false, comment: '' });
