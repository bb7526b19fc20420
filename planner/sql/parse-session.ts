/** SET, SHOW, DESCRIBE, EXPLAIN, USE and the other statements of a session. Source: Flink "SET", "SHOW", "DESCRIBE", "EXPLAIN", "USE" statements; PostgreSQL SET and SHOW. */
import type { Statement, Describe, Explain, ExplainDetail, ExplainOption, LikeFilter, PartitionItem, SetOption, Show, ShowTarget, TransactionModes } from './ast-statement.ts';
import { AlterParser } from './parse-alter.ts';

const DETAILS: readonly ExplainDetail[] = ['ESTIMATED_COST', 'CHANGELOG_MODE', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE', 'ANALYZE', 'VERBOSE'];
const LISTS = ['CATALOGS', 'DATABASES', 'TABLES', 'VIEWS', 'FUNCTIONS', 'MODULES', 'MODELS', 'PROCEDURES', 'JARS', 'JOBS', 'CONNECTIONS', 'SAVEPOINTS', 'CHECKPOINTS', 'SECRETS', 'USERS', 'COLUMNS', 'PARTITIONS'] as const;
const SHOW_CREATE = ['TABLE', 'VIEW', 'CATALOG', 'DATABASE', 'MODEL'] as const;
const NOTHING: never[] = [];

export abstract class SessionParser extends AlterParser {
  abstract statement(): Statement;
  /** What EXPLAIN and PREPARE can stand in front of. */
  protected abstract plannable(): Statement;

  // -------------------------------------------------------------------------------------------------------------- SET

  protected set(start: number): Statement {
    this.next();
    if (this.atStatementEnd) return { kind: 'showOptions', range: this.rangeFrom(start) };
    if (this.tok.type === 'string') {
      const option = this.option();
      return { kind: 'setOption', form: 'quoted', scope: undefined, key: option.key, value: option.value, values: [option.value], keyRange: option.keyRange, valueRange: option.valueRange, range: this.rangeFrom(start) };
    }
    const scope = this.peek().word === '=' || this.peek().word === '.' || this.peek().word === 'TO' ? undefined : this.takeOne(['LOCAL', 'SESSION'] as const);
    if (this.takeWords('CHARACTERISTICS', 'AS', 'TRANSACTION')) return { kind: 'setTransaction', scope: 'SESSION', modes: this.transactionModes(), range: this.rangeFrom(start) };
    if (this.tok.word === 'TRANSACTION' && this.peek().word !== '=' && this.peek().word !== 'TO') {
      this.next();
      return { kind: 'setTransaction', scope: 'TRANSACTION', modes: this.transactionModes(), range: this.rangeFrom(start) };
    }
    const keyStart = this.tok.start, key = this.#settingName(), keyRange = this.rangeFrom(keyStart);
    return this.#setValue(scope, key, keyRange, start);
  }
  /** The name of a setting up to and with `=` or TO; PostgreSQL's TIME ZONE, NAMES, ROLE and SESSION AUTHORIZATION go without. */
  #settingName(): string {
    if (this.takeWords('TIME', 'ZONE')) return 'TimeZone';
    const behind = this.peek();
    if (behind.word !== '=' && behind.word !== 'TO' && behind.word !== '.') {
      if (this.take('NAMES')) return 'client_encoding';
      if (this.take('ROLE')) return 'role';
      if (this.takeWords('AUTHORIZATION')) return 'session_authorization';
    }
    const from = this.tok;
    if (from.type !== 'word' && from.type !== 'quoted') this.fail('the name of an option');
    const key = this.#settingKey();
    if (!this.take('=') && !this.take('TO')) this.fail('=');
    return key;
  }
  /** `"name"`, or words and numbers joined by dots and hyphens without blanks. */
  #settingKey(): string {
    const first = this.next();
    if (first.type === 'quoted') return first.text;
    while (this.tok.start === this.lastEnd && (this.tok.word === '.' || this.tok.word === '-' || this.tok.type === 'word' || this.tok.type === 'number')) this.next();
    return this.text.slice(first.start, this.lastEnd);
  }
  /** Values in quotes, words and numbers with commas between; anything else as it is written, as in Flink's `SET k = 10 s`. */
  #setValue(scope: SetOption['scope'], key: string, keyRange: SetOption['keyRange'], start: number): SetOption {
    const valueStart = this.tok.start, values: string[] = [];
    if (this.atStatementEnd) this.fail('a value');
    if (this.tok.word === 'DEFAULT' || (key === 'TimeZone' && this.tok.word === 'LOCAL')) {
      this.next();
      return { kind: 'setOption', form: 'plain', scope, key, value: undefined, values, keyRange, valueRange: this.rangeFrom(valueStart), range: this.rangeFrom(start) };
    }
    do {
      const from = this.tok;
      if (from.type === 'bad' || this.atStatementEnd) this.fail('a value');
      if (from.type === 'string') values.push(this.string());
      else if (from.type === 'quoted') values.push(this.next().text);
      else {
        while (!this.atStatementEnd && this.tok.word !== ',' && this.tok.type !== 'bad') this.next();
        values.push(this.text.slice(from.start, this.lastEnd));
      }
    } while (this.take(','));
    return { kind: 'setOption', form: 'plain', scope, key, value: values.join(', '), values, keyRange, valueRange: this.rangeFrom(valueStart), range: this.rangeFrom(start) };
  }
  protected reset(start: number): Statement {
    this.next();
    const from = this.tok.start;
    let key: string | undefined;
    if (this.tok.type === 'string') key = this.string();
    else if (!this.atStatementEnd && !this.take('ALL')) {
      if (this.tok.type !== 'word' && this.tok.type !== 'quoted') this.fail('the name of an option');
      key = this.#settingKey();
    }
    return { kind: 'resetOption', key, keyRange: { start: from, end: Math.max(from, this.lastEnd) }, range: this.rangeFrom(start) };
  }

  /** `ISOLATION LEVEL …`, READ ONLY, READ WRITE, [NOT] DEFERRABLE, with or without commas. */
  protected transactionModes(): TransactionModes {
    let isolation: TransactionModes['isolation'], readOnly: boolean | undefined, deferrable: boolean | undefined;
    for (;;) {
      if (this.takeWords('ISOLATION', 'LEVEL')) {
        if (this.take('SERIALIZABLE')) isolation = 'SERIALIZABLE';
        else if (this.takeWords('REPEATABLE', 'READ')) isolation = 'REPEATABLE READ';
        else if (this.takeWords('READ', 'COMMITTED')) isolation = 'READ COMMITTED';
        else if (this.takeWords('READ', 'UNCOMMITTED')) isolation = 'READ UNCOMMITTED';
        else this.fail('READ COMMITTED');
      } else if (this.takeWords('READ', 'ONLY')) readOnly = true;
      else if (this.takeWords('READ', 'WRITE')) readOnly = false;
      else if (this.takeWords('NOT', 'DEFERRABLE')) deferrable = false;
      else if (this.take('DEFERRABLE')) deferrable = true;
      else return { isolation, readOnly, deferrable };
      this.take(',');
    }
  }

  // -------------------------------------------------------------------------------------------------------------- SHOW, DESCRIBE

  protected show(start: number): Show {
    this.next();
    const make = (target: ShowTarget, parts: Partial<Show> = {}): Show => ({ kind: 'show', target, preposition: undefined, name: undefined, setting: undefined, jobId: undefined, partition: NOTHING, like: undefined, ...parts, range: this.rangeFrom(start) });
    if (this.take('CREATE')) {
      const what = this.takeWords('MATERIALIZED', 'TABLE') ? 'MATERIALIZED TABLE' : this.needOne(SHOW_CREATE);
      const name = this.qualifiedName(`a ${what.toLowerCase()} name`);
      return make(`CREATE ${what}`, { name });
    }
    if (this.takeWords('CURRENT', 'CATALOG')) return make('CURRENT CATALOG');
    if (this.takeWords('CURRENT', 'DATABASE')) return make('CURRENT DATABASE');
    if (this.takeWords('FULL', 'MODULES')) return make('FULL MODULES');
    if (this.takeWords('BAD', 'RECORDS')) return make('BAD RECORDS', { jobId: this.takeWords('FOR', 'JOB') ? this.string('a job id in quotes') : undefined });
    const target: ShowTarget | undefined = this.takeWords('USER', 'FUNCTIONS') ? 'USER FUNCTIONS' : this.takeWords('MATERIALIZED', 'TABLES') ? 'MATERIALIZED TABLES' : this.takeOne(LISTS);
    if (target === undefined) return make('SETTING', { setting: this.#settingToShow() });
    if (target === 'PARTITIONS') {
      const name = this.qualifiedName('a table name'), partition: PartitionItem[] = this.take('PARTITION') ? this.partitionItems() : NOTHING;
      return make(target, { name, partition });
    }
    const preposition = target === 'COLUMNS' ? this.needOne(['FROM', 'IN'] as const) : this.takeOne(['FROM', 'IN'] as const);
    const name = preposition === undefined ? undefined : this.qualifiedName(), like = this.#likeFilter();
    return make(target, { preposition, name, like });
  }
  #settingToShow(): string {
    if (this.takeWords('TRANSACTION', 'ISOLATION', 'LEVEL')) return 'transaction_isolation';
    if (this.takeWords('TIME', 'ZONE')) return 'TimeZone';
    if (this.takeWords('SESSION', 'AUTHORIZATION')) return 'session_authorization';
    if (this.take('ALL')) return 'all';
    return this.qualifiedName('what to show').parts.map((part) => part.value).join('.');
  }
  #likeFilter(): LikeFilter | undefined {
    const { start } = this.tok, negated = this.take('NOT'), op = negated ? this.needOne(['LIKE', 'ILIKE'] as const) : this.takeOne(['LIKE', 'ILIKE'] as const);
    return op === undefined ? undefined : { kind: 'likeFilter', negated, op, pattern: this.string(), range: this.rangeFrom(start) };
  }

  protected describe(start: number): Describe {
    this.next();
    const behind = this.peek(), isName = behind.type === 'end' || behind.word === ';' || behind.word === '.';
    const target = isName ? undefined : this.takeOne(['CATALOG', 'DATABASE', 'FUNCTION', 'MODEL', 'CONNECTION', 'JOB', 'TABLE'] as const);
    if (target === 'JOB') return { kind: 'describe', target, extended: false, name: undefined, jobId: this.string('a job id in quotes'), range: this.rangeFrom(start) };
    const extended = this.peek().type === 'end' || this.peek().word === ';' ? false : this.take('EXTENDED');
    return { kind: 'describe', target: target ?? 'TABLE', extended, name: this.qualifiedName('a table name'), jobId: undefined, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- EXPLAIN

  protected explain(start: number): Explain {
    this.next();
    const details: ExplainDetail[] = [];
    let options: ExplainOption[] = NOTHING;
    if (this.tok.word === '(' && !this.parenthesisOpensQuery) options = this.parenthesized(this.#explainOption);
    else if (!this.takeWords('PLAN', 'FOR')) {
      for (let detail = this.takeOne(DETAILS); detail !== undefined; detail = this.takeOne(DETAILS)) {
        details.push(detail);
        this.take(',');
      }
    }
    return { kind: 'explain', details, options, statement: this.plannable(), range: this.rangeFrom(start) };
  }
  #explainOption(): ExplainOption {
    const { start } = this.tok, name = this.anyIdentifier('an option').value.toUpperCase();
    const value = this.tok.word === ',' || this.tok.word === ')' ? undefined : this.tok.type === 'string' ? this.string() : this.anyIdentifier('a value').value.toUpperCase();
    return { kind: 'explainOption', name, value, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- the rest

  protected use(start: number): Statement {
    this.next();
    const isName = this.peek().type === 'end' || this.peek().word === ';' || this.peek().word === '.';
    if (!isName && this.take('CATALOG')) return { kind: 'useCatalog', name: this.identifier('a catalog name'), range: this.rangeFrom(start) };
    if (!isName && this.take('MODULES')) return { kind: 'useModules', names: this.list(() => this.identifier('a module name')), range: this.rangeFrom(start) };
    return { kind: 'useDatabase', name: this.qualifiedName('a database name'), range: this.rangeFrom(start) };
  }
  protected module(load: boolean, start: number): Statement {
    this.next();
    this.need('MODULE');
    const name = this.identifier('a module name');
    if (!load) return { kind: 'unloadModule', name, range: this.rangeFrom(start) };
    return { kind: 'loadModule', name, options: this.withOptions(), range: this.rangeFrom(start) };
  }
  protected jar(action: 'ADD' | 'REMOVE', start: number): Statement {
    this.next();
    this.need('JAR');
    return { kind: 'jar', action, path: this.string(), range: this.rangeFrom(start) };
  }
  protected callProcedure(start: number): Statement {
    this.next();
    const name = this.qualifiedName('a procedure name');
    this.need('(');
    const args = this.tok.word === ')' ? NOTHING : this.list(this.argument);
    this.need(')');
    return { kind: 'callProcedure', name, args, range: this.rangeFrom(start) };
  }
  protected stopJob(start: number): Statement {
    this.next();
    this.need('JOB');
    const jobId = this.string('a job id in quotes'), withSavepoint = this.takeWords('WITH', 'SAVEPOINT'), withDrain = this.takeWords('WITH', 'DRAIN');
    return { kind: 'stopJob', jobId, withSavepoint, withDrain, range: this.rangeFrom(start) };
  }
  /** `RESTART JOB 'id' [FROM SAVEPOINT 'path' | FROM INITIAL]`. */
  protected restartJob(start: number): Statement {
    this.next();
    this.need('JOB');
    const jobId = this.string('a job id in quotes');
    if (!this.take('FROM')) return { kind: 'restartJob', jobId, from: undefined, range: this.rangeFrom(start) };
    const from = this.take('INITIAL') ? { kind: 'initial' } as const : (this.need('SAVEPOINT'), { kind: 'savepoint', path: this.string('a savepoint path in quotes') } as const);
    return { kind: 'restartJob', jobId, from, range: this.rangeFrom(start) };
  }
}
