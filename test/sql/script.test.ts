/** Scripts: several statements in one text, statement sets in one text and step by step, splitting at `;`. */
import { expect } from 'chai';
import type { RivuletError } from '../../core/errors/define.ts';
import { parseStatement, parseStatements, splitStatements } from '../../planner/sql/parser.ts';

const SET = 'BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND;';
const kinds = (text: string, statementSets?: 'assemble' | 'stepwise') => parseStatements(text, { statementSets }).map((statement) => statement.kind);
const message = (text: string) => {
  try {
    return kinds(text).join();
  } catch (error) {
    return (error as RivuletError).message;
  }
};

describe('SQL scripts', () => {
  it('have any number of statements, empty ones not counted', () => {
    expect(kinds('')).to.deep.equal([]);
    expect(kinds(' ; -- nothing\n ;; /* here */ ')).to.deep.equal([]);
    expect(kinds('SELECT 1;; SET; SHOW TABLES')).to.deep.equal(['queryStatement', 'showOptions', 'show']);
    expect(parseStatements('SELECT 1 ;\n-- two\nSELECT 2').map((s) => s.range)).to.deep.equal([{ start: 0, end: 8 }, { start: 18, end: 26 }]);
  });
  it('make one node of a statement set', () => {
    const [first, set, last] = parseStatements(`SET;${SET}SELECT 1`);
    expect([first?.kind, set?.kind, last?.kind]).to.deep.equal(['showOptions', 'statementSet', 'queryStatement']);
    expect(set?.kind === 'statementSet' && set.statements.map((s) => s.kind)).to.deep.equal(['insert', 'insert']);
    expect(`SET;${SET}`.slice(set?.range.start, set?.range.end)).to.equal(SET.slice(0, -1));
  });
  it('may leave a statement set open when nothing follows BEGIN, as psql sends it', () => {
    expect(kinds('BEGIN STATEMENT SET;')).to.deep.equal(['beginStatementSet']);
    expect(kinds('END;')).to.deep.equal(['endStatementSet']);
    expect(parseStatement('begin statement set').kind).to.equal('beginStatementSet');
  });
  it('step by step give BEGIN, INSERT and END as they come', () => {
    expect(kinds(SET, 'stepwise')).to.deep.equal(['beginStatementSet', 'insert', 'insert', 'endStatementSet']);
    expect(kinds('BEGIN STATEMENT SET; INSERT INTO a SELECT 1', 'stepwise')).to.deep.equal(['beginStatementSet', 'insert']);
  });
  it('keep transaction words apart from statement sets', () => {
    expect(parseStatements('BEGIN; BEGIN WORK; START TRANSACTION; END TRANSACTION; COMMIT; ROLLBACK TO s').map((s) => (s.kind === 'transaction' || s.kind === 'savepoint' ? s.action : s.kind)))
      .to.deep.equal(['BEGIN', 'BEGIN', 'BEGIN', 'COMMIT', 'COMMIT', 'ROLLBACK TO']);
  });
  it('take CREATE … AS, and nothing but it and INSERT, inside a statement set', () => {
    expect(kinds('BEGIN STATEMENT SET; CREATE TABLE a AS TABLE b; CREATE DATABASE c AS DATABASE d INCLUDING ALL TABLES; END')).to.deep.equal(['statementSet']);
    expect(message('BEGIN STATEMENT SET; SELECT 1; END')).to.equal('syntax error: found "SELECT", expected INSERT, CREATE … AS or END');
    expect(message('BEGIN STATEMENT SET; CREATE TABLE t (a INT); END')).to.match(/found ";", expected AS/);
    expect(message('BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END x')).to.equal('syntax error: found "END", expected INSERT, CREATE … AS or END');
    expect(message('BEGIN STATEMENT SET; INSERT INTO a SELECT 1')).to.equal('syntax error: found the end of the text, expected ";" and END');
    expect(message('BEGIN STATEMENT SET; INSERT INTO a SELECT 1;')).to.equal('syntax error: found the end of the text, expected INSERT, CREATE … AS or END');
    expect(message('BEGIN STATEMENT SET; END')).to.equal('syntax error: found "END", expected INSERT');
    expect(message('EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2 END')).to.match(/expected ";"/);
  });
  it('report the place of an error in the whole text', () => {
    const text = `${SET}\nSELECT 1;\nSELECT FROM t`;
    try {
      parseStatements(text);
      expect.fail('no error');
    } catch (error) {
      const { start, end } = (error as RivuletError).range ?? { start: 0, end: 0 };
      expect(start).to.equal(text.length - 6);
      expect(text.slice(start, end)).to.equal('FROM');
    }
  });
  it('number question marks per statement', () => {
    const indexes = (text: string) => [...JSON.stringify(parseStatements(text)).matchAll(/"parameter","index":(\d+)/g)].map((m) => Number(m[1]));
    expect(indexes('SELECT ?, f(?); SELECT ? + ?')).to.deep.equal([1, 2, 1, 2]);
    expect(indexes('SELECT $3, $1')).to.deep.equal([3, 1]);
  });
});

describe('SQL splitting', () => {
  const split = (text: string) => splitStatements(text).map(({ start, end }) => text.slice(start, end));
  it('heeds quotes, comments, dollar quotes and escapes', () => {
    expect(split("SELECT ';' ; SELECT \"a;b\", `c;d` -- ;\n; /* ; */ SELECT $$;$$, $x$;$$;$x$, E'\\';', 'it''s;' ;")).to.deep.equal(["SELECT ';'", 'SELECT "a;b", `c;d`', "SELECT $$;$$, $x$;$$;$x$, E'\\';', 'it''s;'"]);
    expect(split('SELECT 1 // ;\n, 2; SELECT /*+ X(\'*/;\') */ 3')).to.deep.equal(['SELECT 1 // ;\n, 2', "SELECT /*+ X('*/;') */ 3"]);
  });
  it('never throws: what is not closed reaches to the end', () => {
    expect(split("SELECT 1; SELECT 'abc; SELECT 2")).to.deep.equal(['SELECT 1', "SELECT 'abc; SELECT 2"]);
    expect(split('SELECT @; $ ; \u0000;')).to.deep.equal(['SELECT @', '$', '\u0000']);
    expect(split('SELECT 1; /* open')).to.deep.equal(['SELECT 1', '/* open']);
    expect(split('')).to.deep.equal([]);
    expect(split(' ;;; ')).to.deep.equal([]);
  });
});
