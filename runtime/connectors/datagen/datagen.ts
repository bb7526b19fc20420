/** `datagen`: rows out of nothing, random or in sequence. Positions are row numbers, so a restored job goes on where it was. Source: Flink "DataGen SQL Connector". */
import { APPEND, type Connector, type Json } from '../../../catalog/registry/connectors.ts';
import type { TableObject } from '../../../catalog/objects/objects.ts';
import { pathSummary } from '../../../catalog/objects/objects.ts';
import { parseEnum, parseInteger, parseDuration } from '../../../catalog/options/options.ts';
import { featureNotSupported } from '../../../core/errors/common.ts';
import { invalidTableOptions } from '../../../core/errors/connector.ts';
import { BATCH_ROWS, ChangeBatch } from '../../../core/row/batch.ts';
import { timestampOf } from '../../../core/types/temporal.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { SourceNode } from '../../../planner/physical/plan.ts';
import type { ConnectorContext, PollResult, SourceFactory, SourceReader } from '../contract.ts';
import { checkOptions, physicalColumns } from '../table-options.ts';

interface FieldSpec { readonly kind: 'random' | 'sequence'; readonly min: number; readonly max: number; readonly start: number; readonly end: number; readonly length: number; readonly maxPastMs: number; readonly nullRate: number }
interface DatagenSpec { readonly rowsPerSecond: number; readonly rows: number | null; readonly fields: readonly FieldSpec[]; readonly types: readonly SqlType[] }

export const datagenConnector: Connector = {
  identifier: 'datagen', description: 'Generates rows.',
  options: [
    { key: 'rows-per-second', type: 'long', default: '10000', description: 'Rows per second over all subtasks.' },
    { key: 'number-of-rows', type: 'long', description: 'Ends after so many rows; unbounded without it.' },
    { key: 'scan.parallelism', type: 'int', description: 'Accepted.' },
    { key: 'fields.*', type: 'map', description: 'fields.<column>.kind = random | sequence; .min, .max, .start, .end, .length, .max-past, .null-rate.' },
  ],
  describeSource(table) {
    checkOptions(datagenConnector, table, []);
    const columns = physicalColumns(table);
    for (const key of table.options.keys()) if (key.startsWith('fields.') && !columns.some((c) => key.startsWith(`fields.${c.name}.`))) throw invalidTableOptions({ table: pathSummary(table.path), what: `option "${key}" names no physical column`, hint: `Columns: ${columns.map((c) => c.name).join(', ')}.` });
    const fields = columns.map((c) => fieldSpec(table, c.name, c.type));
    const given = table.options.get('number-of-rows');
    const sequences = fields.filter((f) => f.kind === 'sequence').map((f) => f.end - f.start + 1);
    const rows = [...(given === undefined ? [] : [parseInteger('number-of-rows', given, 0)]), ...sequences];
    const spec: DatagenSpec = { rowsPerSecond: parseInteger('rows-per-second', table.options.get('rows-per-second') ?? '10000', 1), rows: rows.length === 0 ? null : Math.min(...rows), fields, types: columns.map((c) => c.type) };
    return { changelogMode: APPEND, bounded: spec.rows !== null, metadata: new Map(), spec: spec as unknown as Json };
  },
};
const RANGES: Readonly<Record<string, readonly [number, number]>> = { TINYINT: [-128, 127], SMALLINT: [-32768, 32767], INT: [-2147483648, 2147483647], BIGINT: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], FLOAT: [-3.4e38, 3.4e38], DOUBLE: [-1e300, 1e300], DECIMAL: [0, 999_999_999] };
function fieldSpec(table: TableObject, name: string, type: SqlType): FieldSpec {
  const option = (key: string): string | undefined => table.options.get(`fields.${name}.${key}`);
  const number = (key: string, otherwise: number): number => { const t = option(key), n = t === undefined ? otherwise : Number(t); if (Number.isNaN(n)) throw invalidTableOptions({ table: pathSummary(table.path), what: `option "fields.${name}.${key}" must be a number, but is '${t}'` }); return n; };
  if (['ARRAY', 'MAP', 'ROW', 'MULTISET', 'RAW'].includes(type.kind)) throw featureNotSupported({ feature: `datagen column "${name}" of type ${type.kind}` });
  const kind = parseEnum(`fields.${name}.kind`, option('kind') ?? 'random', ['random', 'sequence']) as 'random';
  const [low, high] = RANGES[type.kind] ?? [0, 1_000_000_000];
  if ((kind as string) === 'sequence' && (option('start') === undefined || option('end') === undefined)) throw invalidTableOptions({ table: pathSummary(table.path), what: `a sequence needs both "fields.${name}.start" and "fields.${name}.end"` });
  return { kind, min: number('min', low), max: number('max', high), start: number('start', 0), end: number('end', 0), length: number('length', 'length' in type && type.length < 1000 ? type.length : 100), maxPastMs: parseDuration(`fields.${name}.max-past`, option('max-past') ?? '0'), nullRate: number('null-rate', 0) };
}

interface Position { readonly next: number; readonly subtask: number; readonly parallelism: number }
type Make = (row: number) => unknown;
const HEX = '0123456789abcdef';
function maker(field: FieldSpec, type: SqlType, nowMs: () => number): Make {
  const value = ((): Make => {
    if (field.kind === 'sequence') return type.kind === 'VARCHAR' || type.kind === 'CHAR' ? (row) => String(field.start + row) : type.kind === 'DECIMAL' ? (row) => (field.start + row) * 10 ** type.scale : (row) => field.start + row;
    const span = field.max - field.min;
    switch (type.kind) {
      case 'BOOLEAN': return () => Math.random() < 0.5;
      case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return () => Math.min(field.max, field.min + Math.floor(Math.random() * (span + 1)));
      case 'FLOAT': return () => Math.fround(field.min + Math.random() * span);
      case 'DOUBLE': return () => field.min + Math.random() * span;
      case 'DECIMAL': return () => Math.floor(Math.random() * Math.min(10 ** Math.min(type.precision, 15), 1e15));
      case 'CHAR': case 'VARCHAR': return () => { let s = ''; for (let i = 0; i < field.length; i++) s += HEX[Math.floor(Math.random() * 16)]; return s; };
      case 'BINARY': case 'VARBINARY': return () => Uint8Array.from({ length: field.length }, () => Math.floor(Math.random() * 256));
      case 'DATE': return () => Math.floor(nowMs() / 86_400_000);
      case 'TIME': return () => nowMs() % 86_400_000;
      case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return () => timestampOf(nowMs() - Math.floor(Math.random() * field.maxPastMs), 0, type.precision);
      default: return () => null;
    }
  })();
  return field.nullRate > 0 ? (row) => (Math.random() < field.nullRate ? null : value(row)) : value;
}

/** Subtask i makes the rows i, i + p, i + 2p … of the whole. */
class DatagenReader implements SourceReader {
  private next: number;
  private readonly started: number;
  private readonly makers: readonly Make[];
  private readonly batch: ChangeBatch;
  private timer: NodeJS.Timeout | undefined;
  private readonly spec: DatagenSpec;
  private readonly context: ConnectorContext;
  private readonly wake: () => void;
  constructor(spec: DatagenSpec, node: SourceNode, context: ConnectorContext, wake: () => void) {
    this.spec = spec;
    this.context = context;
    this.wake = wake;
    this.next = 0;
    this.started = performance.now();
    this.makers = node.fields.map((f) => (f.kind === 'physical' ? maker(spec.fields[f.field] as FieldSpec, spec.types[f.field] as SqlType, () => context.nowMs()) : () => null));
    this.batch = ChangeBatch.withWidth(node.fields.length);
  }
  open(restored: readonly Json[] | undefined): Promise<void> {
    const { subtask, parallelism } = this.context, all = (restored ?? []) as unknown as readonly Position[];
    const own = all.find((p) => p.subtask === subtask && p.parallelism === parallelism);
    // At another parallelism the rows are dealt out anew from the lowest number not yet made by everyone.
    const lowest = all.length === 0 ? 0 : Math.min(...all.map((p) => p.next));
    this.next = own?.next ?? Math.ceil(lowest / parallelism) * parallelism + subtask;
    return Promise.resolve();
  }
  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    const { rows, rowsPerSecond } = this.spec, step = this.context.parallelism;
    if (rows !== null && this.next >= rows) return 'finished';
    const due = Math.floor(((performance.now() - this.started) / 1000) * (rowsPerSecond / step)) + 1 - this.made;
    if (due <= 0) { this.sleep(1000 / (rowsPerSecond / step)); return 'idle'; }
    let size = 0;
    for (; size < Math.min(due, BATCH_ROWS) && (rows === null || this.next < rows); size++, this.next += step) {
      for (let c = 0; c < this.makers.length; c++) (this.batch.columns[c] as unknown[])[size] = this.makers[c]?.(this.next);
    }
    this.made += size;
    this.batch.size = size;
    this.batch.kinds = null;
    output.push(this.batch);
    return rows !== null && this.next >= rows ? 'finished' : 'more';
  }
  private made = 0;
  private sleep(ms: number): void {
    this.timer ??= setTimeout(() => { this.timer = undefined; this.wake(); }, Math.max(1, Math.min(ms, 1000)));
  }
  positions(): Json { return { next: this.next, subtask: this.context.subtask, parallelism: this.context.parallelism }; }
  close(): Promise<void> { clearTimeout(this.timer); return Promise.resolve(); }
}
export const datagenSource: SourceFactory = { identifier: 'datagen', create: (node, context, wake) => new DatagenReader(node.spec as unknown as DatagenSpec, node, context, wake) };
