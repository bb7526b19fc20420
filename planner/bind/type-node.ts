/** From the syntax of a type to the type. Flink's names, and the PostgreSQL ones that clients send (`int4`, `text`, `regclass` …). */
import { invalidTypeParameter, unknownType } from '../../core/errors/planner.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import {
  BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, INTERVAL_DAY_TIME, INTERVAL_YEAR_MONTH, MAX_LENGTH, NULL, SMALLINT, STRING, TINYINT, asNullable, array, char, decimal, map, row, time, timestamp, timestampLtz, varchar, type SqlType,
} from '../../core/types/sql-type.ts';
import type { SimpleType, TypeNode } from '../sql/ast.ts';

const plain: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['BOOLEAN', BOOLEAN], ['BOOL', BOOLEAN], ['TINYINT', TINYINT], ['SMALLINT', SMALLINT], ['INT2', SMALLINT], ['INT', INT], ['INTEGER', INT], ['INT4', INT], ['BIGINT', BIGINT], ['INT8', BIGINT],
  ['FLOAT', FLOAT], ['REAL', FLOAT], ['FLOAT4', FLOAT], ['DOUBLE', DOUBLE], ['DOUBLE PRECISION', DOUBLE], ['FLOAT8', DOUBLE], ['STRING', STRING], ['TEXT', STRING], ['NAME', STRING], ['BYTES', BYTES], ['BYTEA', BYTES], ['DATE', DATE],
  ['OID', BIGINT], ['REGCLASS', BIGINT], ['REGTYPE', STRING], ['REGPROC', STRING], ['REGNAMESPACE', STRING], ['REGROLE', STRING], ['XID', BIGINT], ['JSON', STRING], ['JSONB', STRING], ['UUID', STRING], ['TIMESTAMPTZ', timestampLtz(6)], ['NULL', NULL],
]);
const parametric = ['CHAR', 'CHARACTER', 'BPCHAR', 'VARCHAR', 'CHARACTER VARYING', 'CHAR VARYING', 'BINARY', 'VARBINARY', 'BINARY VARYING', 'DECIMAL', 'DEC', 'NUMERIC', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ', 'TIME WITHOUT TIME ZONE', 'TIMESTAMP WITHOUT TIME ZONE', 'TIMESTAMP WITH LOCAL TIME ZONE', 'TIMESTAMP WITH TIME ZONE'];
const knownTypes = (): string[] => [...plain.keys(), ...parametric, 'ARRAY', 'MAP', 'ROW', 'MULTISET'];

/** Nullable unless NOT NULL was written. Throws unknown-type, invalid-type-parameter, feature-not-supported. */
export function resolveTypeNode(node: TypeNode): SqlType { return asNullable(bare(node), node.nullable !== false); }
function bare(node: TypeNode): SqlType {
  switch (node.kind) {
    case 'simpleType': return simple(node);
    case 'collectionType': return node.collection === 'ARRAY' ? array(resolveTypeNode(node.element)) : { kind: 'MULTISET', element: resolveTypeNode(node.element), nullable: true };
    case 'mapType': return map(resolveTypeNode(node.key), resolveTypeNode(node.value));
    case 'rowType': return row(node.fields.map((f) => ({ name: f.name.value, type: resolveTypeNode(f.type), comment: f.comment })));
    case 'intervalType': return node.qualifier !== undefined && ['YEAR', 'MONTH', 'QUARTER'].includes(node.qualifier.from) ? INTERVAL_YEAR_MONTH : INTERVAL_DAY_TIME;
    case 'rawType': throw featureNotSupported({ feature: 'type RAW' }, { range: node.range });
    case 'structuredType': throw featureNotSupported({ feature: 'type STRUCTURED' }, { range: node.range });
  }
}
function simple(node: SimpleType): SqlType {
  const name = node.name.toUpperCase(), [p, s] = node.parameters;
  const known = plain.get(name) ?? (name === '"CHAR"' || (node.quoted && name === 'CHAR') ? STRING : undefined);
  if (known !== undefined) return known;
  const bounded = (what: string, value: number | undefined, low: number, high: number, otherwise: number): number => {
    const n = value ?? otherwise;
    if (n < low || n > high) throw invalidTypeParameter({ what: `${what} of type ${name} must be between ${low} and ${high}, but is ${n}` }, { range: node.range });
    return n;
  };
  switch (name) {
    case 'CHAR': case 'CHARACTER': case 'BPCHAR': return char(bounded('length', p, 1, MAX_LENGTH, 1));
    case 'VARCHAR': case 'CHARACTER VARYING': case 'CHAR VARYING': return varchar(bounded('length', p, 1, MAX_LENGTH, MAX_LENGTH));
    case 'BINARY': return { kind: 'BINARY', length: bounded('length', p, 1, MAX_LENGTH, 1), nullable: true };
    case 'VARBINARY': case 'BINARY VARYING': return { kind: 'VARBINARY', length: bounded('length', p, 1, MAX_LENGTH, MAX_LENGTH), nullable: true };
    case 'DECIMAL': case 'DEC': case 'NUMERIC': {
      const precision = bounded('precision', p, 1, 38, 10);
      return decimal(precision, bounded('scale', s, 0, precision, 0));
    }
    case 'TIME': case 'TIME WITHOUT TIME ZONE': return time(bounded('precision', p, 0, 9, 0));
    case 'TIMESTAMP': case 'TIMESTAMP WITHOUT TIME ZONE': return timestamp(bounded('precision', p, 0, 9, 6));
    case 'TIMESTAMP_LTZ': case 'TIMESTAMP WITH LOCAL TIME ZONE': return timestampLtz(bounded('precision', p, 0, 9, 6));
    case 'TIMESTAMP WITH TIME ZONE': return timestampLtz(bounded('precision', p, 0, 9, 6));
    default: throw unknownType({ type: node.name, known: knownTypes() }, { range: node.range });
  }
}
