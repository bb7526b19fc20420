/** `datagen`: rows out of nothing, random or in sequence, by their numbers (`../numbered-rows.ts`). Source: Flink "DataGen SQL Connector". */
import { APPEND, type Connector, type Json } from '../../../catalog/registry/connectors.ts';
import { pathSummary, type TableObject } from '../../../catalog/objects/objects.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger } from '../../../catalog/options/options.ts';
import { featureNotSupported } from '../../../core/errors/common.ts';
import { invalidTableOptions } from '../../../core/errors/connector.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { SourceFactory } from '../contract.ts';
import { NumberedRowsReader, type MakeValue } from '../numbered-rows.ts';
import { checkOptions, physicalColumns } from '../table-options.ts';
import { makerOf, type FieldSpec } from './values.ts';

interface DatagenSpec { readonly rowsPerSecond: number; /** Of the whole table; null: endless. */ readonly rows: number | null; readonly fields: readonly FieldSpec[]; readonly types: readonly SqlType[] }

const FIELD_OPTIONS: readonly string[] = ['kind', 'min', 'max', 'start', 'end', 'length', 'var-len', 'max-past', 'null-rate'];
export const datagenConnector: Connector = {
  identifier: 'datagen', description: 'Generates rows.',
  options: [
    { key: 'rows-per-second', type: 'long', default: '10000', description: 'Rows per second over all subtasks.' },
    { key: 'number-of-rows', type: 'long', description: 'Ends after so many rows; unbounded without it.' },
    { key: 'scan.parallelism', type: 'int', description: 'Accepted; sources run at the job\'s parallelism.' },
    { key: 'fields.*', type: 'map', description: 'fields.<column>.kind = random | sequence; .min, .max, .start, .end, .length, .var-len, .max-past, .null-rate.' },
  ],
  describeSource(table) {
    checkOptions(datagenConnector, table, []);
    const columns = physicalColumns(table);
    checkFieldOptions(table, columns.map((c) => c.name));
    const fields = columns.map((c) => fieldSpec(table, c.name, c.type));
    const given = table.options.get('number-of-rows');
    // The shortest sequence ends the table.
    const ends = [...(given === undefined ? [] : [parseInteger('number-of-rows', given, 0)]), ...fields.filter((f) => f.kind === 'sequence').map((f) => f.end - f.start + 1)];
    const spec: DatagenSpec = { rowsPerSecond: parseInteger('rows-per-second', table.options.get('rows-per-second') ?? '10000', 1), rows: ends.length === 0 ? null : Math.min(...ends), fields, types: columns.map((c) => c.type) };
    return { changelogMode: APPEND, bounded: spec.rows !== null, metadata: new Map(), spec: spec as unknown as Json };
  },
};
const fail = (table: TableObject, what: string, hint?: string): Error => invalidTableOptions({ table: pathSummary(table.path), what, hint });

function checkFieldOptions(table: TableObject, names: readonly string[]): void {
  const known = new Set(names.flatMap((n) => FIELD_OPTIONS.map((o) => `fields.${n}.${o}`)));
  for (const key of table.options.keys()) {
    if (key.startsWith('fields.') && !known.has(key)) throw fail(table, `option "${key}" is unknown`, `Write fields.<column>.<option>; columns: ${names.join(', ')}; options: ${FIELD_OPTIONS.join(', ')}.`);
  }
}
const RANGES: Readonly<Partial<Record<SqlType['kind'], readonly [number, number]>>> = {
  TINYINT: [-128, 127], SMALLINT: [-32768, 32767], INT: [-2147483648, 2147483647], BIGINT: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], FLOAT: [-3.4e38, 3.4e38], DOUBLE: [-1e300, 1e300],
};
const UNSUPPORTED: ReadonlySet<string> = new Set(['ARRAY', 'MAP', 'ROW', 'MULTISET', 'RAW', 'NULL']);
const IN_SEQUENCE: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'CHAR', 'VARCHAR']);

function fieldSpec(table: TableObject, name: string, type: SqlType): FieldSpec {
  const key = (option: string): string => `fields.${name}.${option}`, text = (option: string): string | undefined => table.options.get(key(option));
  const number = (option: string, otherwise: number): number => {
    const t = text(option), n = t === undefined ? otherwise : t.trim() === '' ? NaN : Number(t);
    if (Number.isNaN(n)) throw fail(table, `option "${key(option)}" must be a number, but is '${t}'`);
    return n;
  };
  if (UNSUPPORTED.has(type.kind)) throw featureNotSupported({ feature: `datagen column "${name}" of type ${type.kind}` });
  const kind = parseEnum(key('kind'), text('kind') ?? 'random', ['random', 'sequence']) as FieldSpec['kind'];
  if (kind === 'sequence') {
    for (const option of ['start', 'end']) if (text(option) === undefined) throw fail(table, `could not find required property '${key(option)}' for sequence generator`);
    if (!IN_SEQUENCE.has(type.kind)) throw fail(table, `unsupported type for sequence generator: column "${name}" is ${type.kind}`);
  }
  const whole = type.kind === 'DECIMAL' ? 10 ** Math.min(15, type.precision - type.scale) : 0;
  const [low, high] = type.kind === 'DECIMAL' ? [1 - whole, whole - 1] : RANGES[type.kind] ?? [0, 0];
  const declared = 'length' in type && type.length < 1000 ? type.length : 100;
  const spec: FieldSpec = {
    kind, min: number('min', low), max: number('max', high), start: kind === 'sequence' ? parseInteger(key('start'), text('start') ?? '0') : 0, end: kind === 'sequence' ? parseInteger(key('end'), text('end') ?? '0') : 0,
    length: parseInteger(key('length'), text('length') ?? String(declared), 1, 1_000_000), variableLength: parseBoolean(key('var-len'), text('var-len') ?? 'false'),
    maxPastMs: parseDuration(key('max-past'), text('max-past') ?? '0'), nullRate: number('null-rate', 0),
  };
  if (spec.min > spec.max) throw fail(table, `option "${key('min')}" is greater than "${key('max')}"`);
  if (kind === 'sequence' && spec.start > spec.end) throw fail(table, `option "${key('start')}" is greater than "${key('end')}"`);
  if (!(spec.nullRate >= 0 && spec.nullRate <= 1)) throw fail(table, `option "${key('null-rate')}" must be between 0 and 1`);
  return spec;
}

export const datagenSource: SourceFactory = {
  identifier: 'datagen',
  create(node, context, wake) {
    const spec = node.spec as unknown as DatagenSpec;
    const makers = node.fields.map((f): MakeValue => (f.kind === 'physical' ? makerOf(spec.fields[f.field] as FieldSpec, spec.types[f.field] as SqlType, () => context.nowMs()) : () => null));
    return new NumberedRowsReader({ rowsPerSecond: spec.rowsPerSecond, rows: spec.rows, makers }, context, wake);
  },
};
