/**
 * Binding powers, shared by the parser (infix table) and the printer (where to put parentheses). Source: Apache Calcite,
 * SqlStdOperatorTable (OR 22, AND 24, NOT 26, IS 28, comparison 30, LIKE/IN/BETWEEN 32, + - 40, IS DISTINCT FROM 40, * / % || 60, unary 80, :: 94);
 * PostgreSQL's other operators stand where PostgreSQL has them, between LIKE and +.
 *
 * IS DISTINCT FROM: its left side binds like `+` (as in Calcite), its right side takes a whole sum (in Calcite the sum would
 * have to be parenthesised, or be refused by the types).
 */
import type { BinaryOperator, Expression } from './ast.ts';

export const OR = 1, AND = 2, NOT = 3, IS = 4, COMPARISON = 5, RANGE = 6, OTHER = 7, IS_DISTINCT = 7.5, ADDITIVE = 8, MULTIPLICATIVE = 9, POWER = 10, AT = 11, COLLATE = 12, UNARY = 13, CAST = 14, POSTFIX = 15, PRIMARY = 16;

/** What follows a left operand. `level`: the binding power towards the left. */
export type Infix = { readonly level: number } & (
  | { readonly kind: 'binary'; readonly op: BinaryOperator }
  | { readonly kind: 'comparison'; readonly op: '=' | '<>' | '<' | '>' | '<=' | '>=' }
  | { readonly kind: 'logical'; readonly op: 'AND' | 'OR' }
  | { readonly kind: 'not' | 'in' | 'between' | 'like' | 'is' | 'multiset' | 'immediately' | 'member' | 'submultiset' | 'operator' | 'dot' | 'bracket' | 'cast' | 'at' | 'collate' }
);

const binary = (level: number, ...ops: readonly BinaryOperator[]): [string, Infix][] => ops.map((op) => [op, { kind: 'binary', op, level }]);
export const INFIX: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ['OR', { kind: 'logical', op: 'OR', level: OR }], ['AND', { kind: 'logical', op: 'AND', level: AND }],
  ['IS', { kind: 'is', level: IS }],
  ...(['=', '<>', '<', '>', '<=', '>='] as const).map((op): [string, Infix] => [op, { kind: 'comparison', op, level: COMPARISON }]),
  ['!=', { kind: 'comparison', op: '<>', level: COMPARISON }],
  ...binary(COMPARISON, 'OVERLAPS', 'CONTAINS', 'EQUALS', 'PRECEDES', 'SUCCEEDS'),
  ['IMMEDIATELY', { kind: 'immediately', level: COMPARISON }], ['MEMBER', { kind: 'member', level: COMPARISON }], ['SUBMULTISET', { kind: 'submultiset', level: COMPARISON }],
  ['NOT', { kind: 'not', level: RANGE }], ['IN', { kind: 'in', level: RANGE }], ['BETWEEN', { kind: 'between', level: RANGE }],
  ...['LIKE', 'ILIKE', 'RLIKE', 'SIMILAR'].map((word): [string, Infix] => [word, { kind: 'like', level: RANGE }]),
  ...binary(OTHER, '~', '~*', '!~', '!~*', '->', '->>', '#>', '#>>', '@>', '<@', '&', '|', '#'),
  ['OPERATOR', { kind: 'operator', level: OTHER }],
  ...binary(ADDITIVE, '+', '-'), ['MULTISET', { kind: 'multiset', level: ADDITIVE }],
  ...binary(MULTIPLICATIVE, '*', '/', '%', '||'),
  ...binary(POWER, '^'),
  ['AT', { kind: 'at', level: AT }], ['COLLATE', { kind: 'collate', level: COLLATE }],
  ['::', { kind: 'cast', level: CAST }], ['[', { kind: 'bracket', level: POSTFIX }], ['.', { kind: 'dot', level: POSTFIX }],
]);

const BINARY_LEVEL = new Map<BinaryOperator, number>([
  ...[...INFIX.values()].flatMap((infix): [BinaryOperator, number][] => (infix.kind === 'binary' || infix.kind === 'comparison' ? [[infix.op, infix.level]] : [])),
  ...(['IMMEDIATELY PRECEDES', 'IMMEDIATELY SUCCEEDS', 'MEMBER OF', 'SUBMULTISET OF'] as const).map((op): [BinaryOperator, number] => [op, COMPARISON]),
  ...(['MULTISET UNION', 'MULTISET UNION ALL', 'MULTISET INTERSECT', 'MULTISET INTERSECT ALL', 'MULTISET EXCEPT', 'MULTISET EXCEPT ALL'] as const).map((op): [BinaryOperator, number] => [op, ADDITIVE]),
]);

/** How tightly the printed form of a node holds together. */
export function levelOf(node: Expression): number {
  switch (node.kind) {
    case 'logical': return node.op === 'OR' ? OR : AND;
    case 'unary': return node.op === 'NOT' ? NOT : UNARY;
    case 'is': case 'isJson': return IS;
    case 'isDistinct': return IS_DISTINCT;
    case 'binary': return BINARY_LEVEL.get(node.op) as number;
    case 'quantifiedQuery': case 'quantifiedArray': return COMPARISON;
    case 'inList': case 'inQuery': case 'between': case 'like': return RANGE;
    case 'atTimeZone': return AT;
    case 'collate': return COLLATE;
    case 'index': case 'slice': case 'field': return POSTFIX;
    default: return PRIMARY;
  }
}
