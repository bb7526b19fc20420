/** Golden messages of the SQL front end: line:column, message, hint, as a user sees them. */
import { expect } from 'chai';
import { lineAndColumn, RivuletError } from '../../core/errors/define.ts';
import { parseStatements } from '../../planner/sql/parser.ts';
import { corpus } from './tree.ts';

/** `line:column message | hint`, or what was parsed. */
function report(sql: string): string {
  try {
    return `parsed: ${parseStatements(sql).map((s) => s.kind).join()}`;
  } catch (error) {
    if (!(error instanceof RivuletError) || error.range === undefined) throw error;
    const { line, column } = lineAndColumn(sql, error.range.start);
    return `${line}:${column} ${error.message}${error.hint === undefined ? '' : ` | ${error.hint}`}`;
  }
}
const reserved = (word: string, written: string) => `${word} is a reserved word: write \`${written}\` in back-ticks if it is meant as a name.`;

const OF_CORPUS: Readonly<Record<string, string>> = {
  'invalid-01': '1:18 syntax error: found "WHERE", expected a table name',
  'invalid-02': '4:1 syntax error: found ")", expected a column name | Remove the comma in front of it.',
  'invalid-03': '1:18 syntax error: found "TABEL", expected TABLE, MATERIALIZED, SYSTEM, VIEW, FUNCTION or MODEL | Did you mean TABLE?',
  'invalid-04': "1:8 string is never closed | It starts here and needs a single quote (') at its end.",
  'invalid-05': '3:1 syntax error: found "GROUP", expected ")"',
  'invalid-06': `1:8 syntax error: found "order", expected an expression | ${reserved('ORDER', 'order')}`,
  'invalid-07': '3:20 syntax error: found "ts", expected AS',
  'invalid-08': "1:30 syntax error: found \"connector\", expected an option key in '…' | Keys and values stand in single quotes: 'key' = 'value'.",
  'invalid-09': '3:1 syntax error: found "WHERE", expected an expression',
  'invalid-10': '4:25 syntax error: found the end of the text, expected INSERT, CREATE … AS or END',
  'invalid-11': "1:26 syntax error: found \"FROM\", expected a time unit such as SECOND | An interval needs its unit, as in INTERVAL '5' SECOND.",
  'invalid-12': '1:30 syntax error: found "FROM", expected a length or precision | Remove the comma in front of it.',
  'invalid-13': '1:53 syntax error: found "x", expected ")"',
  'invalid-14': '2:1 syntax error: found "SELECT", expected ";" or the end of the statement | Separate statements with ";".',
};

const GOLDEN: readonly (readonly [string, string])[] = [
  ['SELECT a FORM t', '1:15 syntax error: found "t", expected ";" or the end of the statement | Did you mean FROM instead of "FORM"?'],
  ['GRANT SELECT ON t TO bob', '1:1 syntax error: found "GRANT", expected a statement | There are no rights per object: users are admins or read-only. ALTER USER … WITH ADMIN | READ ONLY changes it.'],
  ['SELCT a FROM t', '1:1 syntax error: found "SELCT", expected a statement | Did you mean SELECT?'],
  ['SELECT * FROM t WEHRE a = 1', '1:23 syntax error: found "a", expected ";" or the end of the statement | Did you mean WHERE instead of "WEHRE"?'],
  ['SELECT * FROM t GRUOP BY a', '1:23 syntax error: found "BY", expected ";" or the end of the statement | Did you mean GROUP instead of "GRUOP"?'],
  ['SELECT * FROM t ORDER a', '1:17 syntax error: found "ORDER", expected ";" or the end of the statement | ORDER needs BY behind it.'],
  ["CREATE TABLE t (a INT) WTIH ('a'='b')", '1:24 syntax error: found "WTIH", expected ";" or the end of the statement | Did you mean WITH?'],
  ['INSERT INTO t VALUE (1)', '1:15 syntax error: found "VALUE", expected a query | Did you mean VALUES?'],
  ['INSERT t SELECT 1', '1:8 syntax error: found "t", expected OVERWRITE or INTO'],
  ['SHOW CREATE TABL x', '1:13 syntax error: found "TABL", expected TABLE, MATERIALIZED, VIEW, CATALOG, DATABASE or MODEL | Did you mean TABLE?'],
  ['SELECT user.id FROM user', `1:8 syntax error: found "user", expected an expression | ${reserved('USER', 'user')}`],
  ['SELECT a AS value FROM t', `1:13 syntax error: found "value", expected a column name | ${reserved('VALUE', 'value')}`],
  ['SELECT a value FROM t', `1:10 syntax error: found "value", expected ";" or the end of the statement | ${reserved('VALUE', 'value')}`],
  ['SELECT * FROM order', `1:15 syntax error: found "order", expected a table name | ${reserved('ORDER', 'order')}`],
  ['CREATE TABLE t (timestamp TIMESTAMP(3))', `1:17 syntax error: found "timestamp", expected a column name | ${reserved('TIMESTAMP', 'timestamp')}`],
  ['SELECT a, FROM t', '1:11 syntax error: found "FROM", expected an expression | Remove the comma in front of it.'],
  ['SELECT * FROM t WHERE a == 1', '1:26 syntax error: found "=", expected an expression | Compare with a single "=".'],
  ["SELECT a FROM 't'", "1:15 syntax error: found 't', expected a table name | Names stand without quotes or in back-ticks; single quotes make strings."],
  ['SET \'a\' = "b"', "1:11 syntax error: found \"b\", expected an option value in '…' | Keys and values stand in single quotes: 'key' = 'value'."],
  ['ADD JAR "x"', "1:9 syntax error: found \"x\", expected a string in '…' | Strings stand in single quotes; back-ticks and double quotes make names."],
  ['SELECT f(a b)', '1:12 syntax error: found "b", expected "," or ")"'],
  ['SELECT 订单, （a）', '1:12 unexpected character "（" | Write ( instead.'],
  ["SELECT '😀', @", '1:13 unexpected character "@"'],
  ['SELECT 1a', '1:9 syntax error: found "a", expected a blank or an operator behind the number'],
  ["SELECT X'1'", "1:8 invalid binary string: it has an odd number of digits | Write an even number of hexadecimal digits, such as X'4A4B'."],
  ["SELECT U&'\\00'", '1:8 invalid escape "\\00" in a string'],
  ['SELECT $$abc', '1:8 dollar-quoted string is never closed | It starts here and needs $$ at its end.'],
  ['SELECT 1 /* abc', '1:10 comment is never closed | It starts here and needs */ at its end.'],
  ['SELECT `abc FROM t', '1:8 quoted name is never closed | It starts here and needs a back-tick (`) at its end.'],
  ['SELECT ``', '1:8 a quoted name must not be empty'],
  ['CREATE TABLE t (a VARCHAR(99999999999))', '1:27 number "99999999999" is out of range'],
  ['SELECT * FROM TABLE(TUMBLE)', "1:21 syntax error: found \"TUMBLE\", expected a call of a table function such as TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)"],
  ['SELECT a FROM t LEFT b ON a = b', '1:22 syntax error: found "b", expected JOIN, SEMI, ANTI or OUTER'],
  ['EXPLAIN EXPLAIN SELECT 1', '1:9 syntax error: found "EXPLAIN", expected a query or INSERT'],
  ['SELECT\n  a,\n  b c d\nFROM t', '3:7 syntax error: found "d", expected ";" or the end of the statement'],
  ['SELECT a FROM t WHERE  \n-- the end\n', '1:22 syntax error: found the end of the text, expected an expression'],
];

describe('SQL error messages', () => {
  for (const { id, category, sql } of corpus) if (category === 'invalid') it(id, () => expect(report(sql)).to.equal(OF_CORPUS[id]));
  for (const [sql, expected] of GOLDEN) it(sql, () => expect(report(sql)).to.equal(expected));
  it('say the same on the first and on every further try', () => {
    for (const [sql, expected] of GOLDEN) expect(report(`SELECT 1;\n${sql}`).replace(/^\d+:/, '')).to.equal(expected.replace(/^\d+:/, ''));
  });
  it('words Flink reserves only by its generated grammar are taken as names, all others are refused', () => {
    for (const word of ['comment', 'hash', 'tables', 'views', 'functions', 'extended', 'modify', 'key', 'data', 'topic', 'status', 'type', 'name', 'id', 'source', 'state', 'level', 'version', 'priority']) expect(report(`SELECT ${word} FROM t`), word).to.equal('parsed: queryStatement');
    for (const word of ['order', 'value', 'timestamp', 'offset', 'partition', 'date', 'year', 'start', 'count', 'result', 'table', 'string', 'group']) expect(report(`SELECT ${word} FROM t`), word).to.match(/^1:8 syntax error: .* in back-ticks/);
  });
});
