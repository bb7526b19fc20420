/** Syntax tree → text: all other statements, and what the rest of Rivulet calls. parseStatement(printStatement(s)) equals s but for ranges. */
import { assertNever } from '../../core/errors/common.ts';
import type { Expression, Identifier, Query, TypeNode } from './ast.ts';
import type { Copy, Describe, Explain, FetchCursor, SetOption, Show, Statement, StatementSet, TransactionModes } from './ast-statement.ts';
import { DdlPrinter } from './print-ddl.ts';

class StatementPrinter extends DdlPrinter {
  statement(node: Statement): string {
    switch (node.kind) {
      case 'queryStatement': return this.query(node.query);
      case 'insert': {
        const columns = node.columns.length === 0 ? '' : ` (${node.columns.map((column) => this.qualified(column)).join(', ')})`;
        return `INSERT ${node.overwrite ? 'OVERWRITE' : 'INTO'} ${this.qualified(node.table)}${this.hints(node.hints)}${this.partition(node.partition)}${columns} ${this.query(node.query)}`;
      }
      case 'update': return `UPDATE ${this.qualified(node.table)}${this.hints(node.hints)} SET ${node.assignments.map((a) => `${this.qualified(a.target)} = ${this.expression(a.value)}`).join(', ')}${this.#where(node.where)}`;
      case 'delete': return `DELETE FROM ${this.qualified(node.table)}${this.hints(node.hints)}${this.#where(node.where)}`;
      case 'truncate': return `TRUNCATE TABLE ${this.qualified(node.table)}`;
      case 'analyzeTable': {
        const columns = node.columns === 'ALL' ? ' FOR ALL COLUMNS' : node.columns.length === 0 ? '' : ` FOR COLUMNS ${node.columns.map((c) => this.name(c)).join(', ')}`;
        return `ANALYZE TABLE ${this.qualified(node.table)}${this.partition(node.partition)} COMPUTE STATISTICS${columns}`;
      }
      case 'statementSet': return node.form === 'BEGIN' ? `BEGIN STATEMENT SET;\n${this.#members(node)}END` : `EXECUTE ${this.#block(node)}`;
      case 'beginStatementSet': return 'BEGIN STATEMENT SET';
      case 'endStatementSet': return 'END';
      case 'executeStatement': return `EXECUTE ${this.statement(node.statement)}`;
      case 'executePlan': return `EXECUTE PLAN ${this.string(node.path)}`;
      case 'compilePlan': return `COMPILE ${node.execute ? 'AND EXECUTE ' : ''}PLAN ${this.string(node.path)}${node.ifNotExists ? ' IF NOT EXISTS' : ''} FOR ${this.#planned(node.statement)}`;
      case 'stopJob': return `STOP JOB ${this.string(node.jobId)}${node.withSavepoint ? ' WITH SAVEPOINT' : ''}${node.withDrain ? ' WITH DRAIN' : ''}`;
      case 'dropJob': return `DROP JOB ${node.ifExists ? 'IF EXISTS ' : ''}${this.string(node.jobId)}`;
      case 'savepointJob': return `CREATE SAVEPOINT FOR JOB ${this.string(node.jobId)}`;
      case 'dropSavepoint': return `DROP SAVEPOINT ${node.ifExists ? 'IF EXISTS ' : ''}${this.string(node.path)}`;
      case 'restartJob': return `RESTART JOB ${this.string(node.jobId)}${node.from === undefined ? '' : node.from.kind === 'initial' ? ' FROM INITIAL' : ` FROM SAVEPOINT ${this.string(node.from.path)}`}`;
      case 'setOption': case 'setTransaction': case 'showOptions': case 'resetOption': case 'show': case 'describe': case 'explain': case 'useCatalog': case 'useDatabase': case 'useModules': case 'loadModule': case 'unloadModule': case 'jar': case 'callProcedure':
        return this.#session(node);
      case 'transaction': case 'savepoint': case 'declareCursor': case 'fetchCursor': case 'closeCursor': case 'copy': case 'discard': case 'prepare': case 'executePrepared': case 'deallocate': case 'notification': return this.#postgres(node);
      default: return this.ddl(node);
    }
  }
  #where(where: Expression | undefined): string { return where === undefined ? '' : ` WHERE ${this.expression(where)}`; }
  #members(set: StatementSet): string { return set.statements.map((member) => `${this.statement(member)};\n`).join(''); }
  #block(set: StatementSet): string { return `STATEMENT SET BEGIN\n${this.#members(set)}END`; }
  /** Behind EXPLAIN, PREPARE … AS and COMPILE PLAN … FOR a statement set stands without EXECUTE. */
  #planned(node: Statement): string { return node.kind === 'statementSet' ? this.#block(node) : this.statement(node); }

  // -------------------------------------------------------------------------------------------------------------- session

  #session(node: Extract<Statement, { kind: 'setOption' | 'setTransaction' | 'showOptions' | 'resetOption' | 'show' | 'describe' | 'explain' | 'useCatalog' | 'useDatabase' | 'useModules' | 'loadModule' | 'unloadModule' | 'jar' | 'callProcedure' }>): string {
    switch (node.kind) {
      case 'setOption': return this.#set(node);
      case 'setTransaction': return `SET ${node.scope === 'SESSION' ? 'SESSION CHARACTERISTICS AS ' : ''}TRANSACTION${this.#modes(node.modes)}`;
      case 'showOptions': return 'SET';
      case 'resetOption': return node.key === undefined ? 'RESET' : `RESET ${this.string(node.key)}`;
      case 'show': return this.#show(node);
      case 'describe': return this.#describe(node);
      case 'explain': return this.#explain(node);
      case 'useCatalog': return `USE CATALOG ${this.name(node.name)}`;
      case 'useDatabase': return `USE ${this.qualified(node.name)}`;
      case 'useModules': return `USE MODULES ${node.names.map((name) => this.name(name)).join(', ')}`;
      case 'loadModule': return `LOAD MODULE ${this.name(node.name)}${this.withOptions(node.options)}`;
      case 'unloadModule': return `UNLOAD MODULE ${this.name(node.name)}`;
      case 'jar': return `${node.action} JAR ${this.string(node.path)}`;
      case 'callProcedure': return `CALL ${this.qualified(node.name)}(${node.args.map((arg) => this.argument(arg)).join(', ')})`;
      default: return assertNever(node);
    }
  }
  #set(node: SetOption): string {
    if (node.form === 'quoted') return `SET ${this.string(node.key)} = ${this.string(node.value ?? '')}`;
    const key = /^[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*$/.test(node.key) ? node.key : `"${node.key.replaceAll('"', '""')}"`;
    return `SET ${node.scope === undefined ? '' : `${node.scope} `}${key} = ${node.value === undefined ? 'DEFAULT' : node.values.map((value) => this.string(value)).join(', ')}`;
  }
  #show(node: Show): string {
    if (node.target === 'SETTING') return `SHOW ${node.setting === 'all' ? 'ALL' : (node.setting ?? '').split('.').map((part) => this.name(idOf(part))).join('.')}`;
    if (node.jobId !== undefined) return `SHOW ${node.target} FOR JOB ${this.string(node.jobId)}`;
    const name = node.name === undefined ? '' : ` ${node.preposition === undefined ? '' : `${node.preposition} `}${this.qualified(node.name)}`;
    const like = node.like === undefined ? '' : ` ${node.like.negated ? 'NOT ' : ''}${node.like.op} ${this.string(node.like.pattern)}`;
    return `SHOW ${node.target}${name}${this.partition(node.partition)}${like}`;
  }
  #describe(node: Describe): string {
    if (node.jobId !== undefined) return `DESCRIBE JOB ${this.string(node.jobId)}`;
    return `DESCRIBE ${node.target === 'TABLE' ? '' : `${node.target} `}${node.extended ? 'EXTENDED ' : ''}${node.name === undefined ? '' : this.qualified(node.name)}`;
  }
  #explain(node: Explain): string {
    const options = node.options.map((o) => `${o.name}${o.value === undefined ? '' : ` ${/^[A-Z_]+$/.test(o.value) ? o.value : this.string(o.value)}`}`).join(', ');
    return `EXPLAIN ${options === '' ? '' : `(${options}) `}${node.details.length === 0 ? '' : `${node.details.join(', ')} `}${this.#planned(node.statement)}`;
  }

  // -------------------------------------------------------------------------------------------------------------- PostgreSQL

  #modes(modes: TransactionModes): string {
    return (modes.isolation === undefined ? '' : ` ISOLATION LEVEL ${modes.isolation}`) + (modes.readOnly === undefined ? '' : modes.readOnly ? ' READ ONLY' : ' READ WRITE') + (modes.deferrable === undefined ? '' : modes.deferrable ? ' DEFERRABLE' : ' NOT DEFERRABLE');
  }
  #postgres(node: Extract<Statement, { kind: 'transaction' | 'savepoint' | 'declareCursor' | 'fetchCursor' | 'closeCursor' | 'copy' | 'discard' | 'prepare' | 'executePrepared' | 'deallocate' | 'notification' }>): string {
    switch (node.kind) {
      case 'transaction': return `${node.action}${this.#modes(node.modes)}`;
      case 'savepoint': return `${node.action} ${this.name(node.name)}`;
      case 'declareCursor': return `DECLARE ${this.name(node.name)}${node.binary ? ' BINARY' : ''}${node.scroll === undefined ? '' : node.scroll ? ' SCROLL' : ' NO SCROLL'} CURSOR${node.hold ? ' WITH HOLD' : ''} FOR ${this.query(node.query)}`;
      case 'fetchCursor': return this.#fetch(node);
      case 'closeCursor': return `CLOSE ${node.name === undefined ? 'ALL' : this.name(node.name)}`;
      case 'copy': return this.#copy(node);
      case 'discard': return `DISCARD ${node.what}`;
      case 'prepare': return `PREPARE ${this.name(node.name)}${node.types.length === 0 ? '' : ` (${node.types.map((type) => this.type(type)).join(', ')})`} AS ${this.#planned(node.statement)}`;
      case 'executePrepared': return `EXECUTE ${this.name(node.name)}${node.args.length === 0 ? '' : `(${this.list(node.args)})`}`;
      case 'deallocate': return `DEALLOCATE ${node.name === undefined ? 'ALL' : this.name(node.name)}`;
      case 'notification': return `${node.action} ${node.channel === undefined ? '*' : this.name(node.channel)}${node.payload === undefined ? '' : `, ${this.string(node.payload)}`}`;
      default: return assertNever(node);
    }
  }
  #fetch(node: FetchCursor): string {
    const counted = node.direction === 'ABSOLUTE' || node.direction === 'RELATIVE' || node.direction === 'FORWARD' || node.direction === 'BACKWARD';
    return `${node.move ? 'MOVE' : 'FETCH'} ${node.direction}${counted ? ` ${node.count}` : ''} FROM ${this.name(node.cursor)}`;
  }
  #copy(node: Copy): string {
    const source = node.source.kind === 'query' ? `(${this.query(node.source)})` : `${this.qualified(node.source)}${node.columns.length === 0 ? '' : ` ${this.names(node.columns)}`}`;
    const place = node.path === undefined ? node.direction : `${node.direction === 'TO FILE' ? 'TO' : 'FROM'} ${this.string(node.path)}`;
    const options = node.options.map((o) => `${o.name}${o.value === undefined ? '' : ` ${this.string(o.value)}`}`).join(', ');
    return `COPY ${source} ${place}${options === '' ? '' : ` WITH (${options})`}`;
  }
}
const idOf = (value: string): Identifier => ({ kind: 'identifier', value, quoted: false, range: { start: 0, end: 0 } });

const printer = new StatementPrinter();
/** Without a `;`. A statement set `BEGIN … END` takes several lines and `;` inside. */
export function printStatement(statement: Statement): string { return printer.statement(statement); }
export function printQuery(query: Query): string { return printer.query(query); }
export function printExpression(expression: Expression): string { return printer.expression(expression); }
export function printType(type: TypeNode): string { return printer.type(type); }
