/**
 * One client's session: parses what it sends, keeps its settings, temporary objects, open statement set, cursors and transaction
 * words, and runs each statement through catalog, planner and jobs. Errors carry ranges into the text given to `execute`.
 */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { permissionDenied } from '../../core/errors/access.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import { quoted, RivuletError } from '../../core/errors/define.ts';
import { statementSetEmpty, statementSetFailed, statementSetMember, transactionFailed } from '../../core/errors/session.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { SessionCatalog } from '../../catalog/objects/manager.ts';
import type { Query } from '../../planner/sql/ast.ts';
import type { Insert, SetOption, Statement } from '../../planner/sql/ast-statement.ts';
import { parseStatements } from '../../planner/sql/parser.ts';
import { parseClientText } from '../catalog-query/route.ts';
import { alterCatalog, alterTable, alterView, createCatalog, createDatabase, createTable, createView, drop, partsOf, requireWritable } from './ddl.ts';
import type { ExecuteOptions, Notice, PreparedStatement, RowsResult, Session, SessionOptions, StatementResult, TransactionStatus } from './contract.ts';
import { audited, outcomeOf } from '../auth/audit.ts';
import { needOf, wordsOf, type Needed } from '../auth/permissions.ts';
import { maskStatement } from '../../planner/sql/mask.ts';
import { copyFormat } from './copy-format.ts';
import { Cursors } from './cursors.ts';
import type { Engine } from './engine.ts';
import { QueryRunner } from './query.ts';
import { jobStatement } from './job-statements.ts';
import { done, oneColumn, rowsResult, stringColumns } from './results.ts';
import { alterSecret, createSecret, dropSecret } from './secrets.ts';
import { isPgParameter, pgParameters, SessionSettings } from './settings.ts';
import { describe, show, type ShowContext } from './show.ts';
import { userStatement } from './users.ts';

/** `prefix`: what opened it when that was not BEGIN STATEMENT SET: `EXECUTE STATEMENT SET BEGIN`, `EXPLAIN … STATEMENT SET BEGIN`. */
interface OpenStatementSet { readonly inserts: Insert[]; readonly texts: string[]; failed: number; readonly prefix: string | undefined }
/** psql cuts texts at each `;`, so the first piece of such a statement is its head and first INSERT. */
const SET_HEAD = /^\s*(?:EXECUTE|EXPLAIN\b[^;'"`]*?)\s+STATEMENT\s+SET\s+BEGIN\b/i;

export class EngineSession implements Session {
  readonly id = randomUUID();
  private status: TransactionStatus = 'I';
  private readonly engine: Engine;
  private readonly options: SessionOptions;
  private readonly settings: SessionSettings;
  private readonly catalog: SessionCatalog;
  private readonly queries: QueryRunner;
  private readonly cursors = new Cursors();
  private statementSet: OpenStatementSet | undefined;
  /** PREPARE name AS …: the statement's text. */
  private readonly prepared = new Map<string, { statement: Statement; text: string }>();

  constructor(engine: Engine, options: SessionOptions) {
    this.engine = engine;
    this.options = options;
    const { name: user } = options.principal;
    this.settings = new SessionSettings(engine.defaults, new Map([['session_authorization', user], ['is_superuser', engine.access.roleOf(options.principal) === 'admin' ? 'on' : 'off']]));
    this.catalog = new SessionCatalog(engine.catalogs);
    this.queries = new QueryRunner(engine, this.catalog, this.settings, user, this.id);
    for (const [name, value] of options.parameters ?? []) if (pgParameters.has(name) || [...pgParameters.keys()].some((k) => k.toLowerCase() === name.toLowerCase())) this.settings.setPg(name, value);
    if (options.applicationName !== undefined) this.settings.setPg('application_name', options.applicationName);
    if (options.database !== undefined && engine.catalogs.has(options.database)) this.catalog.useCatalog(options.database);
  }
  get transactionStatus(): TransactionStatus { return this.status; }
  parameter(name: string): string | undefined { return this.settings.pgParameter(name); }
  noteError(): void {
    if (this.status === 'T') this.status = 'E';
    if (this.statementSet !== undefined) this.statementSet.failed++;
  }
  async close(): Promise<void> { await this.cursors.closeAll(); }

  async *execute(text: string, options: ExecuteOptions): AsyncGenerator<StatementResult> {
    let any = false, current: Statement | undefined;
    try {
      const statements = (this.statementSet === undefined ? this.openedByPiece(text) : undefined) ?? parseClientText(text);
      for (const statement of statements) {
        any = true;
        current = statement;
        yield await this.run(statement, text, options);
      }
    } catch (error) {
      // A text over HTTP may hold many statements and has no client that shows which one failed.
      if (this.options.protocol === 'http' && error instanceof RivuletError) error.range ??= current?.range;
      this.noteError();
      throw error;
    }
    if (!any) yield { kind: 'empty' };
  }

  async prepare(text: string, hints: readonly (SqlType | undefined)[], options: ExecuteOptions): Promise<PreparedStatement | undefined> {
    const statements = parseClientText(text);
    if (statements.length > 1) throw featureNotSupported({ feature: 'several statements in one prepared statement', instead: 'Send them one by one, or as a simple query.' });
    const statement = statements[0];
    if (statement === undefined) return undefined;
    this.allow(statement, text);
    if (statement.kind === 'queryStatement') {
      const shape = await this.queries.describe(statement.query, hints);
      return {
        parameterTypes: shape.parameterTypes, parameterCatalogTypes: shape.parameterCatalogTypes, columns: shape.columns,
        execute: async (parameters, o) => { this.refuseInFailedTransaction(statement); this.allow(statement, text); return this.queries.select(statement.query, o, { values: parameters, types: shape.parameterTypes }); },
      };
    }
    if (statement.kind === 'insert' && /\$\d/.test(text) && (await this.queries.describe(statement.query, hints)).parameterTypes.length > 0) throw featureNotSupported({ feature: 'an INSERT with parameters', instead: 'Write the values into the statement.' }, { range: statement.range });
    const columns = await this.columnsOf(statement, text, options);
    return { parameterTypes: [], columns, execute: async (_parameters, o) => this.run(statement, text, o) };
  }
  /** What a statement other than SELECT will return, for Describe. */
  private async columnsOf(statement: Statement, text: string, options: ExecuteOptions): Promise<RowsResult['columns'] | undefined> {
    switch (statement.kind) {
      case 'show': case 'describe': case 'showOptions': {
        const result = await this.run(statement, text, options);
        return result.kind === 'rows' ? result.columns : undefined;
      }
      case 'insert': return this.statementSet === undefined ? stringColumns('job id') : undefined;
      case 'statementSet': return stringColumns('job id');
      case 'explain': return stringColumns('result');
      case 'executeStatement': return this.columnsOf(statement.statement, text, options);
      default: return undefined;
    }
  }

  /** Opens a statement set when the text is the first piece of one that psql has cut; gives the INSERT in it. */
  private openedByPiece(text: string): readonly Statement[] | undefined {
    const head = SET_HEAD.exec(text)?.[0];
    if (head === undefined) return undefined;
    // Blanks in place of the head keep the positions of what follows.
    const pieces = pieceStatements(' '.repeat(head.length) + text.slice(head.length));
    if (pieces === undefined) return undefined;
    this.statementSet = { inserts: [], texts: [], failed: 0, prefix: head.trim() };
    return pieces;
  }
  private refuseInFailedTransaction(statement: Statement): void {
    if (this.status !== 'E') return;
    if (statement.kind === 'transaction' || statement.kind === 'savepoint' || statement.kind === 'endStatementSet') return;
    throw transactionFailed({}, { range: statement.range });
  }

  private async run(statement: Statement, text: string, options: ExecuteOptions): Promise<StatementResult> {
    this.refuseInFailedTransaction(statement);
    const { statementSet } = this;
    // A statement set that came piece by piece does what it does at its end.
    const told = statementSet === undefined ? this.allow(statement, text) : statement.kind === 'endStatementSet' && statementSet.prefix === undefined ? `BEGIN STATEMENT SET; ${statementSet.texts.map((t) => `${t}; `).join('')}END` : (this.allow(statement, text), undefined);
    const work = (): Promise<StatementResult> => this.perform(statement, text, options);
    return told === undefined ? work() : audited(this.engine.audit, this.audited(told), work);
  }
  /**
   * Throws permission-denied. Every statement of every protocol comes through here before anything is done for it, also before it is
   * described. Gives the text to tell the audit when it changes something.
   */
  private allow(statement: Statement, text: string): string | undefined {
    const needed = needOf(statement, this.options.principal);
    this.require(statement, needed, sliceOf(text, statement));
    return needed.need === 'change' || statement.kind === 'alterUser' ? sliceOf(text, statement) : undefined;
  }
  /** @param told the refused statement, for the audit */
  private require(statement: Statement, { need, what, why }: Needed, told: string): void {
    try { this.engine.access.require(this.options.principal, need, what, why); } catch (error) {
      if (error instanceof RivuletError) error.range ??= statement.range;
      this.engine.audit.record({ ...this.audited(told), ...outcomeOf(error), durationMs: 0 });
      throw error;
    }
  }
  private audited(text: string): { user: string; remote: string | undefined; protocol: 'pg' | 'http'; action: string } {
    return { user: this.options.principal.name, remote: this.options.remote, protocol: this.options.protocol, action: maskStatement(text) };
  }
  private async perform(statement: Statement, text: string, options: ExecuteOptions): Promise<StatementResult> {
    if (this.statementSet !== undefined) return this.inStatementSet(this.statementSet, statement, text, options);
    switch (statement.kind) {
      case 'queryStatement': return this.queries.select(statement.query, options);
      case 'executeStatement': return this.run(statement.statement, text, options);
      case 'insert': return this.submit([statement], [sliceOf(text, statement)], options);
      case 'statementSet': {
        const inserts = statement.statements.map((s) => { if (s.kind !== 'insert') throw featureNotSupported({ feature: `${s.kind === 'createTable' ? 'CREATE TABLE AS' : 'CREATE DATABASE AS'} in a statement set` }, { range: s.range }); return s; });
        return this.submit(inserts, [sliceOf(text, statement)], options);
      }
      case 'beginStatementSet': this.statementSet = { inserts: [], texts: [], failed: 0, prefix: undefined }; return done('BEGIN STATEMENT SET');
      case 'endStatementSet': return this.endTransaction('COMMIT');
      case 'explain': return this.explain(statement, text);
      case 'createTable': return this.createTable(statement, text, options);
      case 'createView': {
        const schema = await this.queries.schemaOfQuery(statement.query);
        return done(await createView(this.catalog, statement, schema, text.slice(statement.query.range.start, statement.query.range.end)));
      }
      case 'createCatalog': return done(await createCatalog(this.catalog, statement));
      case 'alterCatalog': return done(await alterCatalog(this.catalog, statement));
      case 'createDatabase': return done(await createDatabase(this.catalog, statement));
      case 'alterTable': return done(await alterTable(this.catalog, statement));
      case 'alterView': return done(await alterView(this.catalog, statement, async (q) => this.queries.schemaOfQuery(queryOf(q)), (r) => text.slice(r.start, r.end)));
      case 'drop': return done(statement.target === 'SECRET' ? await dropSecret(this.engine, statement) : await drop(this.catalog, statement));
      case 'createSecret': return done(await createSecret(this.engine, statement));
      case 'alterSecret': return done(await alterSecret(this.engine, statement));
      case 'useCatalog': this.catalog.useCatalog(statement.name.value); return done('USE CATALOG');
      case 'useDatabase': await this.catalog.useDatabase(partsOf(statement.name)); return done('USE');
      case 'show': return show(this.showContext(), statement);
      case 'describe': return describe(this.showContext(), statement);
      case 'setOption': return this.set(statement, options);
      case 'showOptions': return rowsResult('SET', stringColumns('key', 'value'), this.settings.list());
      case 'resetOption': this.settings.reset(statement.key); return done('RESET');
      case 'setTransaction': return done('SET');
      case 'stopJob': case 'dropJob': case 'restartJob': case 'savepointJob': case 'dropSavepoint': return jobStatement(this.engine.jobs, statement);
      case 'createUser': case 'alterUser': case 'dropUser': return userStatement(this.engine, this.options.principal, statement, options);
      default: return this.runPgStatement(statement, text, options);
    }
  }

  private async inStatementSet(set: OpenStatementSet, statement: Statement, text: string, options: ExecuteOptions): Promise<StatementResult> {
    switch (statement.kind) {
      case 'insert':
        await this.queries.check([statement], options);
        set.inserts.push(statement);
        set.texts.push(sliceOf(text, statement));
        return done('INSERT 0 0');
      case 'endStatementSet': {
        this.statementSet = undefined;
        if (set.failed > 0) throw statementSetFailed({ failed: set.failed }, { range: statement.range });
        if (set.inserts.length === 0) throw statementSetEmpty({}, { range: statement.range });
        if (set.prefix !== undefined) {
          const whole = `${set.prefix}\n${set.texts.map((t) => `${t};`).join('\n')}\nEND`, [assembled] = parseStatements(whole);
          if (assembled !== undefined) return this.run(assembled, whole, options);
        }
        return this.submit(set.inserts, ['BEGIN STATEMENT SET;', ...set.texts.map((t) => `${t};`), 'END;'], options);
      }
      case 'transaction':
        if (statement.action === 'ROLLBACK') { this.statementSet = undefined; return this.endTransaction('ROLLBACK'); }
        throw statementSetMember({ what: statement.action }, { range: statement.range });
      case 'setOption': return this.set(statement, options);
      default: throw statementSetMember({ what: wordsOf(statement) }, { range: statement.range });
    }
  }
  private submit(inserts: readonly Insert[], texts: readonly string[], options: ExecuteOptions): Promise<StatementResult> { return this.queries.insert(inserts, texts.join('\n'), options); }

  private async explain(statement: Extract<Statement, { kind: 'explain' }>, text: string): Promise<StatementResult> {
    await this.requireKnownState(statement, text);
    return oneColumn('EXPLAIN', 'result', [await this.queries.explain(statement)]);
  }
  /** EXPLAIN reads the state that the session names: readers see what the server lists, and learn nothing of other paths of the disk. */
  private async requireKnownState(statement: Statement, text: string): Promise<void> {
    const { access, jobs } = this.engine, { principal } = this.options, path = this.queries.statePath();
    if (path === undefined || path.startsWith('checkpoint:') || access.roleOf(principal) === 'admin') return;
    if (!(await jobs.savepoints()).some((one) => one.path === path || basename(one.path) === path)) this.require(statement, { need: 'change', what: `look into ${quoted(path)}`, why: 'Read-only users name savepoints as SHOW SAVEPOINTS lists them.' }, sliceOf(text, statement));
  }
  private async createTable(statement: Extract<Statement, { kind: 'createTable' }>, text: string, options: ExecuteOptions): Promise<StatementResult> {
    const source = statement.source;
    if (source?.kind === 'asTable') throw featureNotSupported({ feature: 'CREATE TABLE … AS TABLE', instead: 'Use CREATE TABLE … AS SELECT * FROM ….' }, { range: source.range });
    if (source?.kind !== 'asQuery') { await createTable(this.catalog, statement, []); return done('CREATE TABLE'); }
    if (!statement.temporary) requireWritable(this.catalog, this.catalog.path(partsOf(statement.name)).catalog);
    const made = await createTable(this.catalog, statement, await this.queries.schemaOfQuery(source.query));
    if (made === undefined) return done('CREATE TABLE AS');
    const insert: Insert = { kind: 'insert', overwrite: false, table: statement.name, hints: [], partition: [], columns: [], query: source.query, range: statement.range };
    return this.submit([insert], [sliceOf(text, statement)], options);
  }
  private showContext(): ShowContext { return { engine: this.engine, catalog: this.catalog, settings: this.settings, schemaOf: (object) => this.queries.schemaOfObject(object) }; }

  /** SET ROLE and SET SESSION AUTHORIZATION: nobody becomes somebody else. */
  private refuseOtherRole({ key, value = '', range }: SetOption): void {
    const { name: user } = this.options.principal;
    if (!/^(role|session_authorization)$/i.test(key) || value === user || /^(none|default)$/i.test(value)) return;
    const error = permissionDenied({ user, what: `become "${value}"`, why: 'A session acts for the user it logged in as.' }, { range });
    this.engine.audit.record({ ...this.audited(`SET ${key.toUpperCase()} ${value}`), ...outcomeOf(error), durationMs: 0 });
    throw error;
  }
  private set(statement: SetOption, options: ExecuteOptions): StatementResult {
    const value = statement.value;
    if (value === undefined) { this.settings.reset(statement.key); return done('SET'); }
    if (statement.form === 'plain' && isPgParameter(statement.key)) {
      this.refuseOtherRole(statement);
      this.settings.setPg(statement.key, value);
      if (statement.key.toLowerCase() === 'timezone' || statement.key.toLowerCase() === 'time zone') this.settings.set('table.local-time-zone', value === 'DEFAULT' || value === 'LOCAL' ? 'default' : value);
      return done('SET');
    }
    let near: readonly string[] | undefined;
    try { near = this.settings.set(statement.key, value); } catch (error) {
      if (error instanceof RivuletError) error.range ??= statement.valueRange;
      throw error;
    }
    if (near !== undefined) options.onNotice?.(unknownOptionNotice(statement.key, near));
    return done('SET');
  }

  /** Statements of PostgreSQL clients, and what is left as not supported. */
  private async runPgStatement(statement: Statement, text: string, options: ExecuteOptions): Promise<StatementResult> {
    switch (statement.kind) {
      case 'transaction':
        if (statement.action === 'BEGIN') { this.status = this.status === 'I' ? 'T' : this.status; return done('BEGIN'); }
        return this.endTransaction(statement.action);
      case 'savepoint':
        if (statement.action === 'ROLLBACK TO' && this.status === 'E') this.status = 'T';
        return done(statement.action === 'SAVEPOINT' ? 'SAVEPOINT' : statement.action === 'RELEASE' ? 'RELEASE' : 'ROLLBACK');
      case 'discard':
        this.settings.reset(undefined);
        await this.cursors.closeAll();
        for (const o of this.catalog.temporaryObjects()) this.catalog.dropTemporary(o.path);
        return done(`DISCARD ${statement.what}`);
      case 'notification': return done(statement.action);
      case 'declareCursor': await this.cursors.declare(statement.name, () => this.queries.select(statement.query, options)); return done('DECLARE CURSOR');
      case 'fetchCursor': return this.cursors.fetch(statement);
      case 'closeCursor': await this.cursors.close(statement.name); return done('CLOSE CURSOR');
      case 'copy': {
        if (statement.direction !== 'TO STDOUT' || statement.source.kind !== 'query') throw featureNotSupported({ feature: `COPY ${statement.direction}`, instead: 'COPY (query) TO STDOUT works.' }, { range: statement.range });
        const result = await this.queries.select(statement.source, options);
        return { ...result, tag: 'COPY', copy: copyFormat(statement.options) };
      }
      case 'prepare': this.prepared.set(statement.name.value, { statement: statement.statement, text }); return done('PREPARE');
      case 'executePrepared': {
        const known = this.prepared.get(statement.name.value);
        if (known === undefined || statement.args.length > 0) throw featureNotSupported({ feature: known === undefined ? `EXECUTE of an unknown statement` : 'EXECUTE with parameters', instead: 'Use the extended protocol of your driver.' }, { range: statement.range });
        return this.run(known.statement, known.text, options);
      }
      case 'deallocate': if (statement.name === undefined) this.prepared.clear(); else this.prepared.delete(statement.name.value); return done('DEALLOCATE');
      default: throw featureNotSupported({ feature: wordsOf(statement) }, { range: statement.range });
    }
  }
  private endTransaction(action: 'COMMIT' | 'ROLLBACK'): StatementResult {
    const failed = this.status === 'E';
    this.status = 'I';
    return done(failed ? 'ROLLBACK' : action);
  }
}
/** The INSERT of a first piece; undefined when the text is something else, such as a whole statement set. */
function pieceStatements(text: string): readonly Statement[] | undefined {
  try {
    const statements = parseStatements(text);
    return statements.length === 1 && statements[0]?.kind === 'insert' ? statements : undefined;
  } catch { return undefined; }
}
const sliceOf = (text: string, statement: Statement): string => text.slice(statement.range.start, statement.range.end);
function queryOf(text: string): Query {
  const statement = parseStatements(text)[0];
  if (statement?.kind !== 'queryStatement') throw featureNotSupported({ feature: 'a view over something else than a query' });
  return statement.query;
}
function unknownOptionNotice(key: string, near: readonly string[]): Notice {
  return { severity: 'NOTICE', sqlstate: '01000', message: `option "${key}" is not known to Rivulet and has no effect`, hint: near.length === 0 ? undefined : `Did you mean ${near.map((n) => `"${n}"`).join(' or ')}?` };
}
