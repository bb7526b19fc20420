/**
 * node-sql-parser as an independent judge, on the plain statements it reads rightly (PostgreSQL dialect, few operators: see
 * docs/decisions/0001-own-sql-parser.md for what it does not). Both trees are brought into one notation and compared.
 */
import { expect } from 'chai';
import nodeSqlParser from 'node-sql-parser';
import type { Expression, QueryBody, TableReference } from '../../planner/sql/ast.ts';
import { parseQuery } from '../../planner/sql/parser.ts';
import { Chance } from './tree.ts';

const judge = new nodeSqlParser.Parser();
type Tree = Record<string, unknown>;

/** Their expression in prefix notation. */
function theirs(node: Tree | null | undefined): string {
  if (node === null || node === undefined) return 'none';
  switch (node['type']) {
    case 'binary_expr': return `(${String(node['operator'])} ${theirs(node['left'] as Tree)} ${theirs(node['right'] as Tree)})`;
    case 'number': return `#${String(node['value'])}`;
    case 'single_quote_string': return `'${String(node['value'])}'`;
    case 'column_ref': {
      const column = node['column'] as string | { expr: { value: string } };
      return `${node['table'] === null ? '' : `${String(node['table'])}.`}${typeof column === 'string' ? column : column.expr.value}`;
    }
    case 'expr_list': return (node['value'] as Tree[]).map(theirs).join(' ');
    default: return `?${String(node['type'])}`;
  }
}
/** Our expression in the same notation; AND and OR as ladders from the left. */
function ours(node: Expression | undefined): string {
  switch (node?.kind) {
    case undefined: return 'none';
    case 'binary': return `(${node.op} ${ours(node.left)} ${ours(node.right)})`;
    case 'logical': return node.operands.slice(1).reduce((left, right) => `(${node.op} ${left} ${ours(right)})`, ours(node.operands[0]));
    case 'number': return `#${node.text}`;
    case 'string': return `'${node.value}'`;
    case 'column': return node.parts.map((p) => p.value).join('.');
    case 'inList': return `(${node.negated ? 'NOT ' : ''}IN ${ours(node.operand)} ${node.list.map(ours).join(' ')})`;
    case 'like': return `(${node.negated ? 'NOT ' : ''}LIKE ${ours(node.operand)} ${ours(node.pattern)})`;
    case 'between': return `(BETWEEN ${ours(node.operand)} ${ours(node.low)} ${ours(node.high)})`;
    default: return `?${node?.kind ?? ''}`;
  }
}
function theirQuery(sql: string): string {
  const parsed = judge.astify(sql, { database: 'postgresql' }) as unknown as Tree | Tree[], tree = (Array.isArray(parsed) ? parsed[0] : parsed) as Tree;
  const from = ((tree['from'] as Tree[] | null) ?? []).map((t) => `${String(t['join'] ?? ',')} ${String(t['table'])} ${String(t['as'] ?? '-')} ${theirs(t['on'] as Tree | undefined)}`);
  const items = (tree['columns'] as Tree[]).map((c) => `${theirs(c['expr'] as Tree)} ${String(c['as'] ?? '-')}`);
  const order = ((tree['orderby'] as Tree[] | null) ?? []).map((o) => `${theirs(o['expr'] as Tree)} ${o['type'] === 'DESC' ? 'DESC' : 'ASC'}`);
  return [items.join(', '), from.join(' '), theirs(tree['where'] as Tree | null), order.join(', ')].join(' | ');
}
const JOINS = { INNER: 'INNER JOIN', LEFT: 'LEFT JOIN', RIGHT: 'RIGHT JOIN', FULL: 'FULL JOIN', CROSS: 'CROSS JOIN', 'LEFT SEMI': '', 'LEFT ANTI': '' } as const;
function tables(reference: TableReference, join: string, on: Expression | undefined): string[] {
  if (reference.kind === 'join') return [...tables(reference.left, join, undefined), ...tables(reference.right, JOINS[reference.type], reference.on)];
  return reference.kind === 'namedTable' ? [`${join} ${reference.name.parts.map((p) => p.value).join('.')} ${reference.alias?.name.value ?? '-'} ${ours(on)}`] : ['?'];
}
function ourQuery(sql: string): string {
  const query = parseQuery(sql), body: QueryBody = query.body;
  if (body.kind !== 'select') return body.kind;
  const items = body.items.map((item) => `${ours(item.expression)} ${item.alias?.value ?? '-'}`), order = query.orderBy.map((o) => `${ours(o.expression)} ${o.descending ? 'DESC' : 'ASC'}`);
  return [items.join(', '), body.from.flatMap((t) => tables(t, ',', undefined)).join(' '), ours(body.where), order.join(', ')].join(' | ');
}

/** Comparisons joined by one kind of connective, sums of products of names: what the judge groups rightly. */
function plainQuery(chance: Chance): string {
  const name = () => chance.pick(['a', 't.b', 'c', 'u.d']), product = () => chance.list(1, 3, name).join(chance.pick([' * ', ' / '])), sum = () => chance.list(1, 3, product).join(chance.pick([' + ', ' - ']));
  const condition = () => `${sum()} ${chance.pick(['=', '<>', '<', '>='])} ${chance.pick([sum(), '12', "'x'"])}`;
  const where = chance.list(1, 4, condition).join(chance.pick([' AND ', ' OR '])), joined = chance.bool() ? ` ${chance.pick(['INNER', 'LEFT', 'RIGHT', 'FULL'])} JOIN u ON t.b = u.d` : '';
  return `SELECT ${chance.list(1, 3, () => `${sum()} AS ${chance.pick(['x', 'y'])}`).join(', ')} FROM t${joined} WHERE ${where}${chance.bool() ? ` ORDER BY ${name()} DESC, c` : ''}`;
}

describe('SQL parser against node-sql-parser', () => {
  it('agrees on 150 plain queries', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const sql = plainQuery(new Chance(seed));
      expect(ourQuery(sql), `seed ${seed}: ${sql}`).to.equal(theirQuery(sql));
    }
  });
  it('agrees on IN, LIKE, NOT IN, comma joins and aliases', () => {
    for (const sql of ["SELECT a FROM t WHERE a IN (1, 2)", "SELECT a FROM t WHERE a NOT IN (1)", "SELECT t.a, b AS c FROM t AS x, u AS y WHERE a LIKE 'x%'", 'SELECT a FROM t WHERE a BETWEEN 1 AND 2 ORDER BY a, b DESC']) expect(ourQuery(sql), sql).to.equal(theirQuery(sql));
  });
  it('differs where the judge is known to be wrong: it groups a OR b AND c from the left', () => {
    const sql = 'SELECT a FROM t WHERE a = 1 OR b = 2 AND c = 3';
    expect(ourQuery(sql)).to.equal("a - | , t - none | (OR (= a #1) (AND (= b #2) (= c #3))) | ");
    expect(theirQuery(sql)).to.equal("a - | , t - none | (AND (OR (= a #1) (= b #2)) (= c #3)) | ");
  });
});
