/** What binds to what: each expression printed with all its parentheses. Source: Apache Calcite, SqlStdOperatorTable; PostgreSQL for its own operators. */
import { expect } from 'chai';
import type { Expression, QueryBody } from '../../planner/sql/ast.ts';
import { parseExpression, parseQuery } from '../../planner/sql/parser.ts';
import { printExpression } from '../../planner/sql/print.ts';

/** Operators in parentheses, operands as they print. */
function grouped(node: Expression): string {
  switch (node.kind) {
    case 'binary': return `(${grouped(node.left)} ${node.op} ${grouped(node.right)})`;
    case 'logical': return `(${node.operands.map(grouped).join(` ${node.op} `)})`;
    case 'unary': return `(${node.op} ${grouped(node.operand)})`;
    case 'between': return `(${grouped(node.operand)}${node.negated ? ' NOT' : ''} BETWEEN ${grouped(node.low)} AND ${grouped(node.high)})`;
    case 'like': return `(${grouped(node.operand)}${node.negated ? ' NOT' : ''} ${node.op} ${grouped(node.pattern)}${node.escape === undefined ? '' : ` ESCAPE ${grouped(node.escape)}`})`;
    case 'inList': return `(${grouped(node.operand)}${node.negated ? ' NOT' : ''} IN [${node.list.map(grouped).join(', ')}])`;
    case 'is': return `(${grouped(node.operand)} IS${node.negated ? ' NOT' : ''} ${node.test})`;
    case 'isDistinct': return `(${grouped(node.left)} IS${node.negated ? ' NOT' : ''} DISTINCT FROM ${grouped(node.right)})`;
    case 'cast': return `(${grouped(node.operand)}::${node.type.kind === 'simpleType' ? node.type.name : node.type.kind})`;
    case 'index': return `${grouped(node.operand)}[${grouped(node.index)}]`;
    case 'field': return `${grouped(node.operand)}.${node.field.value}`;
    case 'atTimeZone': return `(${grouped(node.operand)} AT TIME ZONE ${grouped(node.zone)})`;
    case 'collate': return `(${grouped(node.operand)} COLLATE ${node.collation.parts.map((p) => p.value).join('.')})`;
    case 'quantifiedArray': return `(${grouped(node.left)} ${node.op} ${node.quantifier} [${node.items.map(grouped).join(', ')}])`;
    default: return printExpression(node);
  }
}

const CASES: readonly (readonly [string, string])[] = [
  ['a OR b AND c', '(a OR (b AND c))'],
  ['a AND b OR c AND d OR e', '((a AND b) OR (c AND d) OR e)'],
  ['(a OR b) OR c', '((a OR b) OR c)'],
  ['NOT a AND b', '((NOT a) AND b)'],
  ['NOT a = b AND c OR d', '(((NOT (a = b)) AND c) OR d)'],
  ['NOT a IS NULL', '(NOT (a IS NULL))'],
  ['NOT NOT a', '(NOT (NOT a))'],
  ['a = b IS NULL', '((a = b) IS NULL)'],
  ['a = b IS TRUE = c', '(((a = b) IS TRUE) = c)'],
  ['a = b = c', '((a = b) = c)'],
  ['a < b + c * d', '(a < (b + (c * d)))'],
  ['1 + 2 * 3 - 4 / 2', '((1 + (2 * 3)) - (4 / 2))'],
  ['a - b - c', '((a - b) - c)'],
  ['a - (b - c)', '(a - (b - c))'],
  ['a / b * c % d', '(((a / b) * c) % d)'],
  ['a || b + c', '((a || b) + c)'],
  ['-a * b', '((- a) * b)'],
  ['- -a', '(- (- a))'],
  ['a - -b', '(a - (- b))'],
  ['-a::int', '(- (a::INT))'],
  ['-a[1]', '(- a[1])'],
  ['a BETWEEN 1 AND 2 AND NOT b OR c IN (1, 2) AND d LIKE \'x\' = TRUE', "(((a BETWEEN 1 AND 2) AND (NOT b)) OR ((c IN [1, 2]) AND ((d LIKE 'x') = TRUE)))"],
  ['a BETWEEN b + 1 AND c || d AND e', '((a BETWEEN (b + 1) AND (c || d)) AND e)'],
  ['a NOT BETWEEN 1 AND 2', '(a NOT BETWEEN 1 AND 2)'],
  ['a = b LIKE c', '(a = (b LIKE c))'],
  ["a || b LIKE 'x' ESCAPE '!' AND c", "(((a || b) LIKE 'x' ESCAPE '!') AND c)"],
  ['a + b IN (1) = c', '(((a + b) IN [1]) = c)'],
  ['a NOT IN (1, 2) IS FALSE', '((a NOT IN [1, 2]) IS FALSE)'],
  ['a IS DISTINCT FROM b + 1 AND c', '((a IS DISTINCT FROM (b + 1)) AND c)'],
  ['a = b IS NOT DISTINCT FROM c', '(a = (b IS NOT DISTINCT FROM c))'],
  ['a + 1 IS DISTINCT FROM b', '((a + 1) IS DISTINCT FROM b)'],
  ['x ->> \'a\' = \'b\'', "((x ->> 'a') = 'b')"],
  ["x -> 'a' ->> 'b'", "((x -> 'a') ->> 'b')"],
  ["a !~ '^pg_' AND b", "((a !~ '^pg_') AND b)"],
  ["a OPERATOR(pg_catalog.~) '^(x)$' COLLATE pg_catalog.default", "(a ~ ('^(x)$' COLLATE pg_catalog.default))"],
  ['a + b ~ c', '((a + b) ~ c)'],
  ['a = ANY (ARRAY[1]) AND b', '((a = ANY [ARRAY[1]]) AND b)'],
  ["ts AT TIME ZONE 'UTC' + x", "((ts AT TIME ZONE 'UTC') + x)"],
  ['t.a.b[1].c', 't.a.b[1].c'],
  ['(a).b', 'a.b'],
  ['a::text::int', '((a::TEXT)::INT)'],
  ['a = NOT b', '(a = (NOT b))'],
  ['a != b', '(a <> b)'],
  ['CASE WHEN a THEN b END + 1', '(CASE WHEN a THEN b END + 1)'],
];

/** The shape of a set operation: operands by their number. */
function shape(body: QueryBody): string {
  switch (body.kind) {
    case 'setOperation': return `(${body.operands.map(shape).join(` ${body.op}${body.all ? ' ALL' : ''} `)})`;
    case 'select': return body.items.map((item) => printExpression(item.expression)).join();
    case 'query': return `{${shape(body.body)}}`;
    default: return body.kind;
  }
}
const SET_CASES: readonly (readonly [string, string])[] = [
  ['SELECT 1 UNION SELECT 2 INTERSECT SELECT 3', '(1 UNION (2 INTERSECT 3))'],
  ['SELECT 1 INTERSECT SELECT 2 UNION SELECT 3', '((1 INTERSECT 2) UNION 3)'],
  ['SELECT 1 EXCEPT SELECT 2 EXCEPT SELECT 3', '(1 EXCEPT 2 EXCEPT 3)'],
  ['SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 3)', '(1 EXCEPT (2 EXCEPT 3))'],
  ['SELECT 1 UNION ALL SELECT 2 UNION SELECT 3', '((1 UNION ALL 2) UNION 3)'],
  ['SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 UNION SELECT 4', '(((1 UNION 2) EXCEPT 3) UNION 4)'],
  ['(SELECT 1 UNION SELECT 2) UNION SELECT 3', '((1 UNION 2) UNION 3)'],
  ['SELECT 1 MINUS SELECT 2', '(1 EXCEPT 2)'],
  ['SELECT 1 UNION ALL (SELECT 2 ORDER BY 1 LIMIT 1)', '(1 UNION ALL {2})'],
  ['((SELECT 1) UNION SELECT 2)', '(1 UNION 2)'],
];

describe('SQL precedence', () => {
  for (const [text, expected] of CASES) it(text, () => expect(grouped(parseExpression(text))).to.equal(expected));
  for (const [text, expected] of SET_CASES) it(text, () => expect(shape(parseQuery(text).body)).to.equal(expected));
  it('ORDER BY and LIMIT belong to the whole set operation', () => {
    const query = parseQuery('SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 2');
    expect([query.body.kind, query.orderBy.length, query.limit?.kind]).to.deep.equal(['setOperation', 1, 'number']);
  });
  it('a comma joins looser than JOIN', () => {
    const { body } = parseQuery('SELECT * FROM a, b JOIN c ON x, d');
    expect(body.kind === 'select' && body.from.map((table) => table.kind)).to.deep.equal(['namedTable', 'join', 'namedTable']);
  });
});
