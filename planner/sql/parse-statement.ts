/** Dispatch on the first word, DML, statement sets and plans: the last link of the parser. */
import type { Assignment, CompilePlan, ExecuteStatement, Insert, Statement, StatementSet, StatementSetMember } from './ast-statement.ts';
import { PostgresParser } from './parse-pg.ts';

const NOTHING: never[] = [];
/** For the hint on a misspelt first word. */
const FIRST_WORDS = ('SELECT INSERT CREATE ALTER DROP SHOW DESCRIBE EXPLAIN SET RESET USE WITH VALUES BEGIN END EXECUTE UPDATE DELETE STOP RESTART COMMIT ROLLBACK TRUNCATE ANALYZE COMPILE COPY CALL LOAD UNLOAD').split(' ');

export class StatementParser extends PostgresParser {
  /** Moves to the next statement; false at the end of the text. */
  nextStatement(): boolean {
    this.lexer.skipEmptyStatements();
    this.questionMarks = 0;
    this.hidesTexts = false;
    this.loadStatement();
    this.lastEnd = this.tok.start;
    return this.tok.type !== 'end';
  }
  /** Where the text not yet read begins. */
  get position(): number { return this.lexer.pos; }
  get atEndOfSet(): boolean { return this.at('END') && (this.peek().type === 'end' || this.peek().word === ';'); }
  /** Throws unless the statement at hand is read to its end. */
  endStatement(): void { if (!this.atStatementEnd) this.fail('";" or the end of the statement'); }
  get atEndOfText(): boolean { return this.tok.type === 'end'; }
  expected(what: string): never { return this.fail(what); }

  statement(): Statement {
    const { start, word } = this.tok;
    switch (word) {
      case 'SELECT': case 'WITH': case 'VALUES': case 'TABLE': case '(': return { kind: 'queryStatement', query: this.query(), range: this.rangeFrom(start) };
      case 'INSERT': case 'UPSERT': return this.#insert(start);
      case 'CREATE': return this.create(start);
      case 'REPLACE': this.next(); this.need('TABLE'); return this.createTable('REPLACE', false, start);
      case 'ALTER': return this.alter(start);
      case 'DROP': return this.drop(start);
      case 'SET': return this.set(start);
      case 'RESET': return this.reset(start);
      case 'SHOW': return this.show(start);
      case 'DESCRIBE': case 'DESC': return this.describe(start);
      case 'EXPLAIN': return this.explain(start);
      case 'USE': return this.use(start);
      case 'BEGIN': return this.#begin(start);
      case 'END': case 'COMMIT': case 'ROLLBACK': case 'ABORT': return this.endTransaction(start);
      case 'EXECUTE': return this.#execute(start);
      case 'COMPILE': return this.#compile(start);
      default: return this.#rare(word, start);
    }
  }
  #rare(word: string, start: number): Statement {
    switch (word) {
      case 'UPDATE': return this.#update(start);
      case 'DELETE': return this.#delete(start);
      case 'TRUNCATE': this.next(); this.need('TABLE'); return { kind: 'truncate', table: this.qualifiedName('a table name'), range: this.rangeFrom(start) };
      case 'ANALYZE': return this.#analyze(start);
      case 'LOAD': case 'UNLOAD': return this.module(word === 'LOAD', start);
      case 'ADD': case 'REMOVE': return this.jar(word, start);
      case 'CALL': return this.callProcedure(start);
      case 'STOP': return this.stopJob(start);
      case 'RESTART': return this.restartJob(start);
      case 'START': return this.beginTransaction(start);
      case 'SAVEPOINT': case 'RELEASE': return this.savepoint(start);
      case 'DECLARE': return this.declareCursor(start);
      case 'FETCH': case 'MOVE': return this.fetchCursor(start);
      case 'CLOSE': return this.closeCursor(start);
      case 'COPY': return this.copy(start);
      case 'PREPARE': return this.prepare(start);
      case 'DEALLOCATE': return this.deallocate(start);
      case 'DISCARD': return this.discard(start);
      case 'LISTEN': case 'UNLISTEN': case 'NOTIFY': return this.notification(word, start);
    }
    for (const first of FIRST_WORDS) this.note(first);
    return this.fail('a statement');
  }

  protected plannable(): Statement {
    const { start, word } = this.tok;
    if (word === 'STATEMENT') {
      this.next();
      this.need('SET');
      return this.#block(start);
    }
    if (word === 'EXPLAIN' || word === 'PREPARE') this.fail('a query or INSERT');
    return this.statement();
  }

  // -------------------------------------------------------------------------------------------------------------- DML

  #insert(start: number): Insert {
    this.next();
    const overwrite = !this.take('INTO');
    if (overwrite) this.need('OVERWRITE');
    const table = this.qualifiedName('a table name');
    let hints = this.hints();
    const partition = this.take('PARTITION') ? this.partitionItems() : NOTHING;
    const columns = this.tok.word === '(' && !this.parenthesisOpensQuery ? this.parenthesized(() => this.qualifiedName('a column name')) : NOTHING;
    if (hints.length === 0) hints = this.hints();
    return { kind: 'insert', overwrite, table, hints, partition, columns, query: this.query(), range: this.rangeFrom(start) };
  }
  #update(start: number): Statement {
    this.next();
    const table = this.qualifiedName('a table name'), hints = this.hints();
    this.need('SET');
    const assignments = this.list((): Assignment => {
      const from = this.tok.start, target = this.qualifiedName('a column name');
      this.need('=');
      return { kind: 'assignment', target, value: this.expression(), range: this.rangeFrom(from) };
    });
    const where = this.take('WHERE') ? this.expression() : undefined;
    return { kind: 'update', table, hints, assignments, where, range: this.rangeFrom(start) };
  }
  #delete(start: number): Statement {
    this.next();
    this.need('FROM');
    const table = this.qualifiedName('a table name'), hints = this.hints(), where = this.take('WHERE') ? this.expression() : undefined;
    return { kind: 'delete', table, hints, where, range: this.rangeFrom(start) };
  }
  #analyze(start: number): Statement {
    this.next();
    this.need('TABLE');
    const table = this.qualifiedName('a table name'), partition = this.take('PARTITION') ? this.partitionItems() : NOTHING;
    this.needWords('COMPUTE', 'STATISTICS');
    const all = this.takeWords('FOR', 'ALL', 'COLUMNS'), columns = all ? 'ALL' : this.takeWords('FOR', 'COLUMNS') ? this.list(() => this.identifier('a column name')) : NOTHING;
    return { kind: 'analyzeTable', table, partition, columns, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- statement sets and plans

  #begin(start: number): Statement {
    if (!this.atWords('BEGIN', 'STATEMENT')) return this.beginTransaction(start);
    this.needWords('BEGIN', 'STATEMENT', 'SET');
    return { kind: 'beginStatementSet', range: this.rangeFrom(start) };
  }
  /** `BEGIN insert; insert; END`: the `;` inside do not end the statement. */
  #block(start: number): StatementSet {
    this.need('BEGIN');
    const statements: StatementSetMember[] = [];
    while (!this.take('END')) {
      statements.push(this.member());
      if (this.tok.word !== ';') this.fail(';');
      this.loadStatement();
      while (this.tok.word === ';') this.loadStatement();
    }
    if (statements.length === 0) this.fail('INSERT');
    return { kind: 'statementSet', form: 'EXECUTE', statements, range: this.rangeFrom(start) };
  }
  /** A statement that may stand in a statement set. */
  member(): StatementSetMember {
    const { start } = this.tok;
    if (this.at('INSERT') || this.at('UPSERT')) return this.#insert(start);
    if (this.at('CREATE')) {
      const statement = this.create(start);
      if ((statement.kind === 'createTable' || statement.kind === 'createDatabase') && statement.source !== undefined && statement.source.kind !== 'like') return statement;
      this.fail('AS, for a statement set takes only INSERT, CREATE TABLE … AS and CREATE DATABASE … AS');
    }
    return this.fail('INSERT, CREATE … AS or END');
  }
  #execute(start: number): Statement {
    this.next();
    if (this.takeWords('STATEMENT', 'SET')) return this.#block(start);
    if (this.tok.word === 'PLAN' && this.peek().type === 'string') {
      this.next();
      return { kind: 'executePlan', path: this.string(), range: this.rangeFrom(start) };
    }
    const from = this.tok.start;
    let statement: ExecuteStatement['statement'];
    if (this.at('INSERT') || this.at('UPSERT')) statement = this.#insert(from);
    else if (this.atQuery || this.tok.word === '(') statement = { kind: 'queryStatement', query: this.query(), range: this.rangeFrom(from) };
    else return this.executePrepared(start);
    return { kind: 'executeStatement', statement, range: this.rangeFrom(start) };
  }
  /** `COMPILE [AND EXECUTE] PLAN 'path' [IF NOT EXISTS] FOR {INSERT … | STATEMENT SET BEGIN … END}`. */
  #compile(start: number): CompilePlan {
    this.next();
    const execute = this.takeWords('AND', 'EXECUTE');
    this.need('PLAN');
    const path = this.string(), ifNotExists = this.ifNotExists();
    this.need('FOR');
    const from = this.tok.start, statement = this.takeWords('STATEMENT', 'SET') ? this.#block(from) : this.at('INSERT') ? this.#insert(from) : this.fail('INSERT');
    return { kind: 'compilePlan', execute, path, ifNotExists, statement, range: this.rangeFrom(start) };
  }
}
