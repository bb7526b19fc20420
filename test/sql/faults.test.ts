/**
 * Hostile texts. F7: huge and deep statements end in a tree or in an error of class 54, never in a stack overflow. F9: names with quotes, control
 * characters and SQL in them stay names. F10: nothing in a name or literal is ever more than data.
 */
import { expect } from 'chai';
import type { RivuletError } from '../../core/errors/define.ts';
import type { Expression } from '../../planner/sql/ast.ts';
import { MAX_NAME_LENGTH, MAX_NESTING_DEPTH, MAX_STRING_LENGTH, MAX_TEXT_LENGTH } from '../../planner/sql/limits.ts';
import { parseExpression, parseStatement, parseStatements, splitStatements } from '../../planner/sql/parser.ts';
import { printExpression, printStatement } from '../../planner/sql/print.ts';
import { bare } from './tree.ts';

/** Parses and prints, so that recursion over the tree is tried too; the SQLSTATE of the refusal, or what was parsed. */
function outcome(text: string): string {
  try {
    const statements = parseStatements(text);
    statements.map(printStatement);
    return `${statements.length} parsed`;
  } catch (error) {
    return (error as RivuletError).sqlstate ?? String(error);
  }
}
const nested = (open: string, core: string, close: string) => (depth: number): string => open.repeat(depth) + core + close.repeat(depth);
const SHAPES: Readonly<Record<string, (depth: number) => string>> = {
  'parentheses': (n) => `SELECT ${nested('(', '1', ')')(n)}`,
  'scalar subqueries': (n) => `SELECT ${nested('(SELECT ', '1', ')')(n)}`,
  'subqueries with arithmetic': (n) => `SELECT ${'('.repeat(n)}(SELECT 1)${' + 1)'.repeat(n)}`,
  'derived tables': (n) => `SELECT * FROM ${nested('(SELECT * FROM ', 't', ')')(n)}`,
  'joins in parentheses': (n) => `SELECT * FROM ${nested('(t JOIN ', 't', ')')(n)}`,
  'joins in a row': (n) => `SELECT * FROM t${' JOIN t ON TRUE'.repeat(n)}`,
  'table functions': (n) => `SELECT * FROM ${nested('TABLE(f((SELECT * FROM ', 't', ')))')(n)}`,
  'calls': (n) => `SELECT ${nested('f(', '1', ')')(n)}`,
  'windows': (n) => `SELECT ${nested('f() OVER (ORDER BY ', '1', ')')(n)}`,
  'CASE': (n) => `SELECT ${nested('CASE WHEN ', '1', ' THEN 1 END')(n)}`,
  'IN subqueries': (n) => `SELECT ${nested('a IN (SELECT ', '1', ')')(n)}`,
  'NOT': (n) => `SELECT ${'NOT '.repeat(n)}a`,
  'minus signs': (n) => `SELECT ${'- '.repeat(n)}1`,
  'sums': (n) => `SELECT 1${' + 1'.repeat(n)}`,
  'concatenations': (n) => `SELECT 'a'${" || 'a'".repeat(n)}`,
  'IS NULL': (n) => `SELECT a${' IS NULL'.repeat(n)}`,
  'array accesses': (n) => `SELECT a${'[1]'.repeat(n)}`,
  'casts': (n) => `SELECT a${'::int'.repeat(n)}`,
  'alternating set operators': (n) => `SELECT 1${' UNION SELECT 1 EXCEPT SELECT 1'.repeat(n)}`,
  'WITH': (n) => nested('WITH a AS (', 'SELECT 1', ') SELECT 1')(n),
  'array types': (n) => `SELECT CAST(a AS ${nested('ARRAY<', 'INT', '>')(n)})`,
  'row types': (n) => `SELECT CAST(a AS ${nested('ROW<a ', 'INT', '>')(n)})`,
  'types to the right': (n) => `SELECT CAST(a AS INT${' ARRAY'.repeat(n)})`,
  'grouping sets': (n) => `SELECT 1 FROM t GROUP BY ${nested('GROUPING SETS (', 'a', ')')(n)}`,
  'patterns': (n) => `SELECT * FROM t MATCH_RECOGNIZE (PATTERN (${nested('(', 'A', ')')(n)}) DEFINE A AS TRUE)`,
  'JSON objects': (n) => `SELECT ${nested('JSON_OBJECT(KEY a VALUE ', '1', ')')(n)}`,
};

describe('SQL faults: F7 huge and deep statements', () => {
  for (const [name, make] of Object.entries(SHAPES)) {
    it(`${name}: shallow ones parse, 5,000 deep ones are refused with 54001, and no depth between overflows the stack`, () => {
      expect(outcome(make(50))).to.equal('1 parsed');
      expect(outcome(make(5_000))).to.equal('54001');
      let deepest = 50, refused = MAX_NESTING_DEPTH + 2;
      while (refused - deepest > 1) {
        const middle = (deepest + refused) >> 1;
        if (outcome(make(middle)) === '1 parsed') deepest = middle;
        else refused = middle;
      }
      expect([outcome(make(deepest)), outcome(make(refused))]).to.deep.equal(['1 parsed', '54001']);
      const tree = parseStatement(make(deepest));
      expect(bare(parseStatement(printStatement(tree)))).to.deep.equal(bare(tree));
    });
  }
  it('10,000-way OR, AND, UNION, IN, CASE, VALUES and comma lists are lists and parse', () => {
    const of = (text: string) => Array.from({ length: 10_000 }, () => text);
    expect(parseExpression(of('a = 1').join(' OR '))).to.include({ kind: 'logical', op: 'OR' }).and.property('operands').to.have.length(10_000);
    expect(parseExpression(of('a = 1 AND b').join(' OR '))).property('operands').to.have.length(10_000);
    expect(parseExpression(`a IN (${of('1').join()})`)).property('list').to.have.length(10_000);
    const union = parseStatement(of('SELECT 1').join(' UNION ALL '));
    expect(union.kind === 'queryStatement' && union.query.body.kind === 'setOperation' && union.query.body.operands.length).to.equal(10_000);
    for (const text of [`SELECT CASE ${of('WHEN a THEN 1').join(' ')} END`, `INSERT INTO t VALUES ${of('(1, 2)').join()}`, `SELECT ${of('a').join()}`, `SELECT * FROM ${of('t').join()}`, of('SELECT 1').join(' INTERSECT ')]) expect(outcome(text)).to.equal('1 parsed');
  });
  it('texts, strings, names and token counts beyond the limits are refused before they cost anything', () => {
    expect(outcome(';'.repeat(100 * 1024 * 1024))).to.equal('54000');
    expect(outcome(' '.repeat(MAX_TEXT_LENGTH + 1))).to.equal('54000');
    expect(outcome(`SELECT '${'x'.repeat(MAX_STRING_LENGTH + 1)}'`)).to.equal('54000');
    expect(outcome(`SELECT '${'x'.repeat(MAX_STRING_LENGTH)}'`)).to.equal('1 parsed');
    expect(outcome(`SELECT \`${'x'.repeat(MAX_NAME_LENGTH + 1)}\``)).to.equal('42622');
    expect(outcome(`SELECT ${'x'.repeat(MAX_NAME_LENGTH + 1)}`)).to.equal('42622');
    expect(outcome(`SELECT ${'1,'.repeat(1_000_000)}1`)).to.equal('54000');
    expect(outcome('('.repeat(2_000_000))).to.equal('54000');
  });
  it('100,000 empty statements are none, and unclosed quotes in great number are read once', () => {
    expect(outcome(';'.repeat(100_000))).to.equal('0 parsed');
    expect(outcome(';'.repeat(MAX_TEXT_LENGTH))).to.equal('0 parsed');
    expect(outcome('SELECT 1;'.repeat(20_000))).to.equal('20000 parsed');
    expect(splitStatements(';'.repeat(MAX_TEXT_LENGTH))).to.deep.equal([]);
    expect(outcome(`SELECT ${Array.from({ length: 300_000 }, (_, i) => `$a${i}$`).join(' ')}`)).to.equal('42601');
    expect(outcome(`SELECT ${'/* '.repeat(1_000_000)}`)).to.equal('42601');
  });
});

const HOSTILE = ['a"b', "a'; DROP TABLE t; --", 'a`b', '../../etc/passwd', 'x'.repeat(MAX_NAME_LENGTH), 'nul\0nul', 'x"];process.exit(1);//', '${process.exit(1)}', '\u2028', '\ud800', "constructor.constructor('return process')().exit()", '__proto__', '*/', '-- ', '`', '\\', '\n'];

describe('SQL faults: F9 and F10 names and literals that would be code', () => {
  it('names in back-ticks and double quotes come back letter by letter, from the parser and from the printer', () => {
    for (const name of HOSTILE) {
      for (const written of [`\`${name.replaceAll('`', '``')}\``, `"${name.replaceAll('"', '""')}"`]) {
        const tree = parseExpression(written);
        expect(tree.kind === 'column' && tree.parts.map((part) => part.value), JSON.stringify(name.slice(0, 60))).to.deep.equal([name]);
        expect(bare(parseExpression(printExpression(tree)))).to.deep.equal(bare(tree));
      }
    }
  });
  it('strings, option keys, option values and hints come back letter by letter', () => {
    for (const text of HOSTILE) {
      const q = `'${text.replaceAll("'", "''")}'`;
      const tree = parseStatement(`CREATE TABLE t (a INT COMMENT ${q}) WITH (${q} = ${q}) AS SELECT ${q} FROM t /*+ OPTIONS(${q}=${q}) */`);
      expect(tree.kind === 'createTable' && tree.options?.map((o) => [o.key, o.value])).to.deep.equal([[text, text]]);
      expect(bare(parseStatement(printStatement(tree)))).to.deep.equal(bare(tree));
    }
  });
  it('one hostile name is one statement however it is quoted', () => {
    for (const name of HOSTILE) expect(splitStatements(`SELECT \`${name.replaceAll('`', '``')}\``)).to.have.length(1);
  });
  it('trees of __proto__ and constructor change no prototype', () => {
    const tree = parseStatement("SET '__proto__' = 'x'");
    expect(tree.kind === 'setOption' && tree.key).to.equal('__proto__');
    parseStatements("SELECT __proto__.constructor.prototype AS __proto__ FROM `__proto__` /*+ OPTIONS('__proto__'='1', 'constructor'='2') */; CREATE TABLE t (__proto__ INT) WITH ('__proto__'='polluted')");
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    expect(Object.keys(Object.prototype)).to.deep.equal([]);
  });
  it('an error message shows a hostile name quoted and shortened', () => {
    try {
      parseStatement(`SELECT a \`${'x'.repeat(5000)}\` 'evil\nline'`);
      expect.fail('no error');
    } catch (error) {
      expect((error as RivuletError).message).to.equal("syntax error: found 'evil\\u000aline', expected \";\" or the end of the statement");
    }
  });
  it('deep trees survive JSON, as plans travel to workers', () => {
    let tree: Expression = parseExpression(`${'f('.repeat(300)}1${')'.repeat(300)}`);
    tree = JSON.parse(JSON.stringify(tree)) as Expression;
    expect(printExpression(tree)).to.equal(`${'f('.repeat(300)}1${')'.repeat(300)}`);
  });
});
