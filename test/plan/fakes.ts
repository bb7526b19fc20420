/** Stand-ins for functions and connectors, so that plans can be tested without the runtime: types are right, nothing is computed. */
import type { AggregateFunction, ArgumentInfo, FunctionRegistry, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { APPEND, RETRACT, UPSERT, type ChangelogMode, type Connector, type ConnectorRegistry } from '../../catalog/registry/connectors.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import { commonType, isInteger, isNumeric } from '../../core/types/coercion.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, STRING, asNullable, notNull, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';

/** Dates, times and equality of constants; everything else is left to the run. */
export function fakeConstant(e: Expr): unknown {
  if (e.op === 'cast' && e.arg.op === 'literal' && typeof e.arg.value === 'string') {
    const at = Date.parse(`${e.arg.value.replace(' ', 'T')}${e.arg.value.includes(':') ? '' : 'T00:00:00'}Z`);
    if (e.type.kind === 'DATE' && Number.isFinite(at)) return at / 864e5;
    if (e.type.kind === 'TIMESTAMP' && e.type.precision <= 3 && Number.isFinite(at)) return at;
  }
  if (e.op === 'call' && e.name === '=' && e.args.every((a) => a.op === 'literal')) return JSON.stringify(e.args[0]) === JSON.stringify(e.args[1]);
  throw new TypeError('not folded here');
}

type Infer = (args: readonly ArgumentInfo[]) => Signature | undefined;
const anyNull = (args: readonly ArgumentInfo[]): boolean => args.some((a) => a.type.nullable);
const gives = (type: SqlType): Infer => (args) => ({ result: asNullable(type, anyNull(args)) });
const common: Infer = (args) => { const c = commonType(args.map((a) => a.type)); return c === undefined ? undefined : { result: asNullable(c, anyNull(args)) }; };
const arithmetic: Infer = (args) => (args.every((a) => isNumeric(a.type) || a.type.kind.startsWith('INTERVAL') || a.type.kind.startsWith('TIMESTAMP') || a.type.kind === 'DATE') ? common(args) ?? { result: asNullable(args[0]?.type ?? INT, anyNull(args)) } : undefined);
const never = (): never => { throw new TypeError('fakes compute nothing'); };

function scalar(name: string, infer: Infer, more: Partial<ScalarFunction> = {}): ScalarFunction {
  return { kind: 'scalar', name, family: 'fake', doc: { signature: `${name}(…)`, description: '', examples: [] }, infer, strict: true, deterministic: true, compile: never, ...more };
}
const lazy = { strict: false } as const;
const scalars = new Map([
  ...['=', '<>', '<', '>', '<=', '>='].map((n) => scalar(n, (args) => (commonType(args.map((a) => a.type)) === undefined ? undefined : { result: asNullable(BOOLEAN, anyNull(args)) }))),
  ...['AND', 'OR', 'IN'].map((n) => scalar(n, gives(BOOLEAN), lazy)), scalar('NOT', gives(BOOLEAN)), scalar('LIKE', gives(BOOLEAN)), scalar('~', gives(BOOLEAN)), scalar('REGEXP', gives(BOOLEAN)),
  ...['IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'].map((n) => scalar(n, () => ({ result: notNull(BOOLEAN) }), lazy)),
  ...['+', '-', '*', '/', '%', 'MOD', 'ROUND', 'ABS'].map((n) => scalar(n, arithmetic)),
  ...['LOWER', 'UPPER', 'CONCAT', 'REPLACE', 'REGEXP_EXTRACT', 'SPLIT_INDEX', 'DATE_FORMAT', '||', 'SUBSTRING'].map((n) => scalar(n, gives(STRING))),
  ...['HOUR', 'EXTRACT'].map((n) => scalar(n, gives(BIGINT))), scalar('CHAR_LENGTH', gives(INT)),
  ...['PG_GET_USERBYID', 'FORMAT_TYPE', 'PG_GET_EXPR'].map((n) => scalar(n, gives(STRING))), scalar('PG_TABLE_IS_VISIBLE', gives(BOOLEAN)), scalar('ARRAY_CONTAINS', gives(BOOLEAN)), scalar('ARRAY', (args) => ({ result: { kind: 'ARRAY', element: args[0]?.type ?? STRING, nullable: false } })),
  scalar('RAND', () => ({ result: notNull(DOUBLE) }), { deterministic: false }), scalar('PROCTIME', () => ({ result: notNull(timestampLtz(3)) }), { deterministic: false }),
].map((f) => [f.name, f]));

function aggregate(name: string, infer: Infer): AggregateFunction {
  return { kind: 'aggregate', name, family: 'fake', doc: { signature: `${name}(…)`, description: '', examples: [] }, infer, compile: never };
}
const first: Infer = (args) => { const [a] = args; return a === undefined ? undefined : { result: asNullable(a.type) }; };
const numeric: Infer = (args) => { const [a] = args; return a === undefined || !isNumeric(a.type) ? undefined : { result: asNullable(isInteger(a.type) ? a.type : DOUBLE) }; };
const aggregates = new Map([
  aggregate('COUNT', () => ({ result: notNull(BIGINT) })), aggregate('SUM', numeric), aggregate('AVG', numeric), ...['MIN', 'MAX', 'SINGLE_VALUE', 'LAST_VALUE'].map((n) => aggregate(n, first)),
].map((f) => [f.name, f]));

export const fakeFunctions: FunctionRegistry = { scalar: (n) => scalars.get(n.toUpperCase()), aggregate: (n) => aggregates.get(n.toUpperCase()), names: () => [...scalars.keys(), ...aggregates.keys()].sort() };

const metadata = new Map<string, SqlType>([['offset', notNull(BIGINT)], ['timestamp', notNull(timestampLtz(3))], ['topic', notNull(STRING)]]);
const writable = new Map<string, SqlType>([['timestamp', notNull(timestampLtz(3))]]);
const isCdc = (format: string | undefined): boolean => format === 'debezium-json';
const modeOf = (format: string | undefined): ChangelogMode => (isCdc(format) ? RETRACT : APPEND);
const connectors = new Map(([
  {
    identifier: 'kafka', description: '', options: [],
    describeSource: (t) => ({ changelogMode: modeOf(t.options.get('format')), bounded: false, metadata, spec: Object.fromEntries(t.options) }),
    describeSink: (t) => ({ changelogMode: modeOf(t.options.get('format')), metadata: writable, spec: Object.fromEntries(t.options) }),
  },
  {
    identifier: 'upsert-kafka', description: '', options: [],
    describeSource: (t) => ({ changelogMode: UPSERT, bounded: false, metadata, spec: Object.fromEntries(t.options), upsertKey: t.primaryKey?.columns }),
    describeSink: (t) => ({ changelogMode: UPSERT, metadata: writable, spec: Object.fromEntries(t.options) }),
  },
  { identifier: 'print', description: '', options: [], describeSink: (t) => ({ changelogMode: RETRACT, metadata: new Map(), spec: Object.fromEntries(t.options), parallelism: 1 }) },
  {
    identifier: 'mysql', description: '', options: [],
    describeLookup: (t) => ({ spec: Object.fromEntries(t.options), cache: t.options.get('lookup.cache.strategy') === 'ALL' ? { kind: 'all', reloadMs: 1000 } : { kind: 'none' }, maxRowsPerKey: 1024 }),
    describeSink: (t) => ({ changelogMode: t.primaryKey === undefined ? APPEND : UPSERT, metadata: new Map(), spec: Object.fromEntries(t.options) }),
  },
  { identifier: 'datagen', description: '', options: [], describeSource: (t) => ({ changelogMode: APPEND, bounded: false, metadata: new Map(), spec: Object.fromEntries(t.options) }) },
] satisfies Connector[]).map((c): [string, Connector] => [c.identifier, c]));
export const fakeConnectors: ConnectorRegistry = { get: (id) => connectors.get(id), identifiers: () => [...connectors.keys()] };
