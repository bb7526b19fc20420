/**
 * The SQL front end: text → statements. Pure; the only errors are RivuletErrors of `core/errors/syntax.ts`, each with its place in the text.
 * Grammar: Apache Flink SQL, Alibaba's CREATE TABLE/DATABASE AS, what PostgreSQL clients send, and Rivulet's job statements.
 * Why not a library: docs/decisions/0001-own-sql-parser.md.
 */
import { RivuletError, type SourceRange } from '../../core/errors/define.ts';
import { textTooLong } from '../../core/errors/syntax.ts';
import type { Expression, Query, TypeNode } from './ast.ts';
import type { Statement, StatementSetMember } from './ast-statement.ts';
import { REFUSED_BY_POSTGRES } from './keywords.ts';
import { Lexer } from './lexer.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';
import { Notes } from './parser-failure.ts';
import { StatementParser } from './parse-statement.ts';

export interface ParseOptions {
  /**
   * 'assemble' (default): `BEGIN STATEMENT SET; …; END` in one text is one StatementSet, and a missing END is an error unless nothing follows BEGIN.
   * 'stepwise': BEGIN STATEMENT SET, the INSERTs and END are statements of their own, for a session that collects them as they arrive.
   */
  readonly statementSets?: 'assemble' | 'stepwise' | undefined;
  /** 'postgres': words that only Flink reserves may be names, as PostgreSQL's clients use them in catalog queries. Default 'flink'. */
  readonly names?: 'flink' | 'postgres' | undefined;
}

/** All statements of a script, without the empty ones. Ranges are relative to `text`; a statement's range excludes its `;`. */
export function parseStatements(text: string, options: ParseOptions = {}): Statement[] {
  checkLength(text);
  const parser = new StatementParser(text, 0, undefined, options.names === 'postgres' ? REFUSED_BY_POSTGRES : undefined), statements: Statement[] = [];
  for (;;) {
    const from = parser.position;
    const statement = explained(text, from, parser, (p) => (p.nextStatement() ? oneStatement(p, options) : undefined));
    if (statement === undefined) return statements;
    statements.push(statement);
    if (parser.atEndOfText) return statements;
  }
}

/** Exactly one statement, with or without its `;`. */
export function parseStatement(text: string, options: ParseOptions = {}): Statement { return whole(text, (p) => oneStatement(p, options)); }
/** A query alone, as a view stores it. */
export function parseQuery(text: string): Query { return whole(text, (p) => p.query()); }
/** An expression alone: computed columns, watermarks. */
export function parseExpression(text: string): Expression { return whole(text, (p) => p.expression()); }
/** A type alone, such as `ROW<a INT, b DECIMAL(10, 2)>`. */
export function parseType(text: string): TypeNode { return whole(text, (p) => p.type()); }

/**
 * Where the statements of a text stand, split at `;` outside of quotes and comments; ranges are trimmed and exclude the `;`, empty statements are
 * left out. Never throws: what is not closed reaches to the end. The statements of a set are split too.
 */
export function splitStatements(text: string): SourceRange[] {
  const lexer = new Lexer(text), ranges: SourceRange[] = [];
  let start = -1, end = -1;
  for (;;) {
    const token = lexer.next();
    if (token.type === 'end' || token.word === ';') {
      if (start >= 0) ranges.push({ start, end });
      start = -1;
      if (token.type === 'end') return ranges;
      lexer.skipEmptyStatements();
    } else {
      if (start < 0) start = token.start;
      end = token.end;
    }
  }
}

function checkLength(text: string): void { if (text.length > MAX_TEXT_LENGTH) throw textTooLong({ length: text.length, max: MAX_TEXT_LENGTH }, { range: { start: 0, end: 0 } }); }

function whole<T>(text: string, parse: (parser: StatementParser) => T): T {
  checkLength(text);
  return explained(text, 0, new StatementParser(text, 0), (parser) => {
    parser.nextStatement();
    const node = parse(parser);
    parser.endStatement();
    if (!parser.atEndOfText && parser.nextStatement()) parser.expected('the end of the statement');
    return node;
  });
}

/** Runs the parser; when it fails, runs it again from the same place taking notes, so that the message can say what was expected. */
function explained<T>(text: string, from: number, parser: StatementParser, run: (parser: StatementParser) => T): T {
  try {
    return run(parser);
  } catch (error) {
    if (!(error instanceof RivuletError) || error.code !== 'syntax-error') throw error;
    run(new StatementParser(text, from, new Notes()));
    throw error;
  }
}

function oneStatement(parser: StatementParser, options: ParseOptions): Statement {
  const statement = parser.statement();
  parser.endStatement();
  if (statement.kind !== 'beginStatementSet' || options.statementSets === 'stepwise') return statement;
  return parser.atEndOfText || !parser.nextStatement() ? statement : statementSet(parser, statement.range.start);
}
/** Behind `BEGIN STATEMENT SET;`, at the first token of a statement: up to and with END. */
function statementSet(parser: StatementParser, start: number): Statement {
  const statements: StatementSetMember[] = [];
  while (!parser.atEndOfSet) {
    statements.push(parser.member());
    if (parser.atEndOfText) parser.expected('";" and END');
    parser.endStatement();
    parser.nextStatement();
  }
  if (statements.length === 0) parser.expected('INSERT');
  const end = parser.statement();
  parser.endStatement();
  return { kind: 'statementSet', form: 'BEGIN', statements, range: { start, end: end.range.end } };
}
