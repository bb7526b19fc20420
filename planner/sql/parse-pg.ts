/** Statements only PostgreSQL clients send: transactions, cursors, COPY, PREPARE, LISTEN. Source: PostgreSQL "SQL Commands". */
import type { Copy, CopyOption, FetchCursor, Statement } from './ast-statement.ts';
import { SessionParser } from './parse-session.ts';

const NO_MODES = { isolation: undefined, readOnly: undefined, deferrable: undefined } as const;
const NOTHING: never[] = [];

export abstract class PostgresParser extends SessionParser {
  /** BEGIN [WORK|TRANSACTION] modes, START TRANSACTION modes. */
  protected beginTransaction(start: number): Statement {
    if (this.next().word === 'START') this.need('TRANSACTION');
    else this.takeOne(['WORK', 'TRANSACTION']);
    return { kind: 'transaction', action: 'BEGIN', modes: this.transactionModes(), range: this.rangeFrom(start) };
  }
  /** COMMIT, ROLLBACK, ABORT, END with WORK or TRANSACTION; ROLLBACK TO savepoint. END alone is kept apart: it may close a statement set. */
  protected endTransaction(start: number): Statement {
    const { word } = this.next(), noise = this.takeOne(['WORK', 'TRANSACTION']);
    if (word === 'END' && noise === undefined && !this.at('AND')) return { kind: 'endStatementSet', range: this.rangeFrom(start) };
    if (word === 'ROLLBACK' && this.take('TO')) {
      this.take('SAVEPOINT');
      return { kind: 'savepoint', action: 'ROLLBACK TO', name: this.identifier(), range: this.rangeFrom(start) };
    }
    if (this.take('AND')) {
      this.take('NO');
      this.need('CHAIN');
    }
    return { kind: 'transaction', action: word === 'COMMIT' || word === 'END' ? 'COMMIT' : 'ROLLBACK', modes: NO_MODES, range: this.rangeFrom(start) };
  }
  protected savepoint(start: number): Statement {
    const release = this.next().word === 'RELEASE';
    if (release) this.take('SAVEPOINT');
    return { kind: 'savepoint', action: release ? 'RELEASE' : 'SAVEPOINT', name: this.identifier(), range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- cursors

  protected declareCursor(start: number): Statement {
    this.next();
    const name = this.identifier('a cursor name');
    let binary = false, scroll: boolean | undefined;
    while (!this.take('CURSOR')) {
      if (this.take('BINARY')) binary = true;
      else if (this.takeWords('NO', 'SCROLL')) scroll = false;
      else if (this.take('SCROLL')) scroll = true;
      else if (!this.takeOne(['INSENSITIVE', 'ASENSITIVE'])) this.fail('CURSOR');
    }
    const hold = this.takeWords('WITH', 'HOLD');
    if (!hold) this.takeWords('WITHOUT', 'HOLD');
    this.need('FOR');
    return { kind: 'declareCursor', name, binary, scroll, hold, query: this.query(), range: this.rangeFrom(start) };
  }
  /** FETCH and MOVE: `[direction] [FROM|IN] cursor`. */
  protected fetchCursor(start: number): FetchCursor {
    const move = this.next().word === 'MOVE';
    let direction: FetchCursor['direction'] = 'NEXT', count: FetchCursor['count'] = 1;
    const behind = this.peek(), isCursor = behind.type === 'end' || behind.word === ';';
    if (!isCursor) {
      const word = this.takeOne(['NEXT', 'PRIOR', 'FIRST', 'LAST', 'ABSOLUTE', 'RELATIVE', 'FORWARD', 'BACKWARD'] as const);
      if (word !== undefined) direction = word;
      else if (this.tok.type === 'number' || this.tok.word === '-' || this.tok.word === 'ALL') direction = 'FORWARD';
      if (word === undefined || word === 'ABSOLUTE' || word === 'RELATIVE' || word === 'FORWARD' || word === 'BACKWARD') count = this.#count() ?? 1;
      this.takeOne(['FROM', 'IN']);
    }
    return { kind: 'fetchCursor', move, direction, count, cursor: this.identifier('a cursor name'), range: this.rangeFrom(start) };
  }
  #count(): number | 'ALL' | undefined {
    if (this.take('ALL')) return 'ALL';
    const negative = this.take('-');
    if (negative || this.tok.type === 'number') return this.wholeNumber() * (negative ? -1 : 1);
    return undefined;
  }
  protected closeCursor(start: number): Statement {
    this.next();
    return { kind: 'closeCursor', name: this.take('ALL') ? undefined : this.identifier('a cursor name'), range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- COPY

  protected copy(start: number): Copy {
    this.next();
    let source: Copy['source'], columns = NOTHING as Copy['columns'];
    if (this.take('(')) {
      source = this.query();
      this.need(')');
    } else {
      source = this.qualifiedName('a table name');
      if (this.tok.word === '(') columns = this.nameList();
    }
    const to = this.needOne(['TO', 'FROM'] as const) === 'TO';
    let path: string | undefined;
    if (this.tok.type === 'string') path = this.string();
    else this.need(to ? 'STDOUT' : 'STDIN');
    this.take('WITH');
    const options = this.take('(') ? this.#copyOptions() : this.#oldCopyOptions();
    return { kind: 'copy', source, columns, direction: path === undefined ? (to ? 'TO STDOUT' : 'FROM STDIN') : to ? 'TO FILE' : 'FROM FILE', path, options, range: this.rangeFrom(start) };
  }
  #copyOptions(): CopyOption[] {
    const options = this.list((): CopyOption => {
      const { start } = this.tok, name = this.anyIdentifier('an option').value.toUpperCase();
      if (this.tok.word === ',' || this.tok.word === ')') return { kind: 'copyOption', name, value: undefined, range: this.rangeFrom(start) };
      const value = this.tok.type === 'string' ? this.string() : this.tok.type === 'number' ? this.next().text : this.anyIdentifier('a value').value;
      return { kind: 'copyOption', name, value, range: this.rangeFrom(start) };
    });
    this.need(')');
    return options;
  }
  /** The spelling from before version 9: `BINARY`, `CSV HEADER`, `DELIMITER AS ';'`. */
  #oldCopyOptions(): CopyOption[] {
    const options: CopyOption[] = [];
    for (;;) {
      const { start } = this.tok, flag = this.takeOne(['BINARY', 'CSV', 'HEADER'] as const);
      if (flag !== undefined) {
        options.push({ kind: 'copyOption', name: flag === 'HEADER' ? flag : 'FORMAT', value: flag === 'HEADER' ? undefined : flag.toLowerCase(), range: this.rangeFrom(start) });
        continue;
      }
      const name = this.takeOne(['DELIMITER', 'NULL', 'QUOTE', 'ESCAPE', 'ENCODING'] as const);
      if (name === undefined) return options;
      this.take('AS');
      options.push({ kind: 'copyOption', name, value: this.string(), range: this.rangeFrom(start) });
    }
  }

  // -------------------------------------------------------------------------------------------------------------- prepared statements and the rest

  protected prepare(start: number): Statement {
    this.next();
    const name = this.identifier('a name for the statement'), types = this.tok.word === '(' ? this.parenthesized(this.type) : NOTHING;
    this.need('AS');
    return { kind: 'prepare', name, types, statement: this.plannable(), range: this.rangeFrom(start) };
  }
  /** Behind EXECUTE. */
  protected executePrepared(start: number): Statement {
    const name = this.identifier('STATEMENT SET, PLAN, INSERT, a query or a prepared statement');
    const args = this.tok.word === '(' ? this.parenthesized(() => this.expression()) : NOTHING;
    return { kind: 'executePrepared', name, args, range: this.rangeFrom(start) };
  }
  protected deallocate(start: number): Statement {
    this.next();
    this.take('PREPARE');
    return { kind: 'deallocate', name: this.take('ALL') ? undefined : this.identifier('the name of a prepared statement'), range: this.rangeFrom(start) };
  }
  protected discard(start: number): Statement {
    this.next();
    const what = this.needOne(['ALL', 'PLANS', 'SEQUENCES', 'TEMP', 'TEMPORARY'] as const);
    return { kind: 'discard', what: what === 'TEMPORARY' ? 'TEMP' : what, range: this.rangeFrom(start) };
  }
  protected notification(action: 'LISTEN' | 'UNLISTEN' | 'NOTIFY', start: number): Statement {
    this.next();
    const channel = action === 'UNLISTEN' && this.take('*') ? undefined : this.identifier('a channel'), payload = action === 'NOTIFY' && this.take(',') ? this.string() : undefined;
    return { kind: 'notification', action, channel, payload, range: this.rangeFrom(start) };
  }
}
