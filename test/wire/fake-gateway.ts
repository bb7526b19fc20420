/**
 * An engine with fixed answers, so that the protocols are tested alone. It knows these statements (case as written):
 *
 *   SELECT ONE                      one row, INT 1               SELECT TYPES / NULLS    a row of every type / of NULLs
 *   SELECT SERIES n                 n rows (i BIGINT, s STRING)  SELECT ENDLESS          rows for ever, as fast as they are read
 *   SELECT SLOW                     nothing until aborted        SELECT DEAF             nothing ever, aborted or not
 *   SELECT HANGS                    as SLOW, but not called endless
 *   SELECT TRICKLE                  an endless row per `gateway.push(row)`
 *   SELECT ECHO(type [$1], …)       prepared: the parameters as given, one column each; type HINT = the one the client gave
 *   COPY TEXT | COPY CSV            rows as COPY data            NOTICE                  done, with a notice
 *   … boom …                        42703 at the word boom       DEFECT / HALF           throws a plain Error / after two rows
 *   BEGIN COMMIT ROLLBACK, SET name value, CREATE …, INSERT …
 */
import { queryCancelled } from '../../core/errors/common.ts';
import { defineError } from '../../core/errors/define.ts';
import { noSuchJob } from '../../core/errors/wire.ts';
import * as sql from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { RetainedCheckpoint, SavepointInfo } from '../../runtime/jobs/contract.ts';
import type {
  ExecuteOptions, Gateway, JobSummary, PreparedStatement, PrintLine, ResultColumn, RowChunk, RowsResult, Session, SessionOptions, StatementResult, TransactionStatus,
} from '../../server/gateway/contract.ts';

const boom = defineError<Record<never, never>>({
  sqlstate: '42703', name: 'boom', domain: 'user', retry: 'never', message: () => 'column "boom" does not exist', detail: () => 'A detail.', hint: () => 'Perhaps you meant "bloom".',
});
const aborted = defineError<Record<never, never>>({
  sqlstate: '25P02', name: 'aborted', domain: 'user', retry: 'never', message: () => 'current transaction is aborted, commands ignored until end of transaction block',
});

/** A column of every type with a value. */
export const everyType: readonly (readonly [string, SqlType, unknown])[] = [
  ['b', sql.BOOLEAN, true], ['t', sql.TINYINT, -128], ['s', sql.SMALLINT, -32768], ['i', sql.INT, 2147483647], ['l', sql.BIGINT, 9007199254740993n], ['f', sql.FLOAT, Math.fround(0.1)],
  ['d', sql.DOUBLE, -1.5e300], ['n', sql.decimal(38, 18), -12345678901234567890_123456789012345678n], ['c', sql.char(3), 'ab '], ['v', sql.varchar(10), 'vär'], ['x', sql.STRING, 'naïve 🎈'],
  ['y', sql.BYTES, Uint8Array.of(0, 255, 92)], ['da', sql.DATE, 18_321], ['ti', sql.time(3), 45_296_789], ['ts', sql.timestamp(3), 1_582_979_696_789], ['ts6', sql.timestamp(6), -1],
  ['ts9', sql.timestamp(9), 1_582_979_696_789_123_456n], ['tz', sql.timestampLtz(3), 1_582_979_696_789], ['iy', sql.INTERVAL_YEAR_MONTH, 14], ['id', sql.INTERVAL_DAY_TIME, 93_784_005],
  ['ai', sql.array(sql.INT), [1, null, 3]], ['as', sql.array(sql.STRING), ['a b', 'null', '', 'x"y\\z', null]], ['m', sql.map(sql.STRING, sql.BIGINT), new Map([['__proto__', 9007199254740993n]])],
  ['r', sql.row([{ name: 'a', type: sql.INT }, { name: 'b', type: sql.array(sql.array(sql.DATE)) }]), [1, [[0], null]]],
];

const typeNames: Readonly<Record<string, SqlType>> = {
  INT: sql.INT, BIGINT: sql.BIGINT, SMALLINT: sql.SMALLINT, TINYINT: sql.TINYINT, STRING: sql.STRING, BOOLEAN: sql.BOOLEAN, DOUBLE: sql.DOUBLE, FLOAT: sql.FLOAT, DECIMAL: sql.decimal(20, 4), BYTES: sql.BYTES,
  DATE: sql.DATE, TIME: sql.time(3), TIMESTAMP: sql.timestamp(3), TIMESTAMP9: sql.timestamp(9), LTZ: sql.timestampLtz(3), INTS: sql.array(sql.INT), STRINGS: sql.array(sql.STRING), INTERVAL: sql.INTERVAL_DAY_TIME,
  MONTHS: sql.INTERVAL_YEAR_MONTH, MAP: sql.map(sql.STRING, sql.INT),
};

const untilAborted = (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
  const fail = (): void => reject(queryCancelled({ why: 'user request' }));
  if (signal.aborted) fail(); else signal.addEventListener('abort', fail, { once: true });
});

export class FakeGateway implements Gateway {
  readonly version = '0.0.0-fake';
  ready = true;
  readonly sessions: FakeSession[] = [];
  /** What was asked of jobs: `stop j1 true`. */
  readonly actions: string[] = [];
  /** Results whose iteration has ended, early or not, by statement. */
  readonly ended: string[] = [];
  /** Rows handed out by endless and long results. */
  pulled = 0;
  #pushed: unknown[][] = [];
  #onPush: (() => void) | undefined;

  openSession(options: SessionOptions): FakeSession {
    const session = new FakeSession(this, options, `s${this.sessions.length + 1}`);
    this.sessions.push(session);
    return session;
  }
  push(...row: unknown[]): void { this.#pushed.push(row); this.#onPush?.(); }
  async *trickle(signal: AbortSignal): AsyncGenerator<RowChunk> {
    for (;;) {
      const rows = this.#pushed;
      this.#pushed = [];
      if (rows.length > 0) yield { rows };
      else await Promise.race([untilAborted(signal), new Promise<void>((resolve) => { this.#onPush = resolve; })]);
    }
  }

  jobs(): readonly JobSummary[] { return [{ id: 'j1', name: 'job one', status: 'RUNNING', startTimeMs: 1_582_979_696_789 }]; }
  async jobDetail(id: string): Promise<Record<string, unknown> | undefined> { return id === 'j1' ? { id, status: 'RUNNING', plan: { nodes: [] } } : undefined; }
  async badRecords(id: string): Promise<readonly object[] | undefined> { return id === 'j1' ? [{ topic: 't', partition: 0, offset: 7, message: 'bad' }] : undefined; }
  printed(id: string, options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] | undefined {
    if (id !== 'j1') return undefined;
    const lines = [{ sink: 'a', sequence: 1, text: '+I[1, one]' }, { sink: 'b', sequence: 2, text: '+I[2, two]' }, { sink: 'a', sequence: 3, text: '-D[1, one]' }].filter((line) => options.sink === undefined || line.sink === options.sink);
    return options.tail === undefined ? lines : lines.slice(Math.max(0, lines.length - options.tail));
  }
  async *followPrinted(_id: string, options: { sink?: string | undefined; signal: AbortSignal }): AsyncGenerator<PrintLine> {
    let sequence = 3;
    try {
      for await (const chunk of this.trickle(options.signal)) for (const row of chunk.rows) yield { sink: options.sink ?? 'a', sequence: ++sequence, text: String(row[0]) };
    } finally { this.ended.push('follow'); }
  }
  #act(action: string, id: string): void { if (id !== 'j1') throw noSuchJob({ id }); this.actions.push(action); }
  async stopJob(id: string, options: { savepoint: boolean }): Promise<{ savepointPath?: string }> { this.#act(`stop ${id} ${options.savepoint}`, id); return options.savepoint ? { savepointPath: '/sp/1' } : {}; }
  async cancelJob(id: string): Promise<void> { this.#act(`cancel ${id}`, id); }
  async savepointJob(id: string): Promise<{ savepointPath: string }> { this.#act(`savepoint ${id}`, id); return { savepointPath: '/sp/2' }; }
  async restartJob(id: string, options: { from: unknown }): Promise<void> { this.#act(`restart ${id} ${JSON.stringify(options.from)}`, id); }
  async savepoints(): Promise<readonly SavepointInfo[]> { return [{ path: '/sp/one', jobId: 'a', jobName: 'n', createdMs: 1, sizeBytes: 2, version: '0' }]; }
  checkpoints(): readonly RetainedCheckpoint[] { return [{ path: 'checkpoint:a/7', jobId: 'a', jobName: 'n', epoch: 7, createdMs: 1, sizeBytes: 2 }]; }
  async dropSavepoint(path: string): Promise<void> { this.actions.push(`dispose ${path}`); }
  async dropJob(id: string): Promise<void> { this.#act(`drop ${id}`, id); }
  async metrics(): Promise<string> { return '# HELP up Up\n# TYPE up gauge\nup 1\n'; }
}

export class FakeSession implements Session {
  readonly id: string;
  transactionStatus: TransactionStatus = 'I';
  isClosed = false;
  readonly options: SessionOptions;
  readonly executed: string[] = [];
  readonly #gateway: FakeGateway;
  readonly #parameters = new Map<string, string>();

  constructor(gateway: FakeGateway, options: SessionOptions, id: string) { this.#gateway = gateway; this.options = options; this.id = id; }

  async *execute(text: string, options: ExecuteOptions): AsyncGenerator<StatementResult> {
    for (let start = 0; start < text.length;) {
      const semicolon = text.indexOf(';', start), end = semicolon < 0 ? text.length : semicolon;
      const statement = text.slice(start, end).trim();
      if (statement !== '') yield await this.#run(statement, text, start, [], options);
      start = end + 1;
    }
  }

  async prepare(text: string, hints: readonly (SqlType | undefined)[], options: ExecuteOptions): Promise<PreparedStatement | undefined> {
    const statement = text.trim().replace(/;$/, '');
    if (statement === '') return undefined;
    if (statement.includes('boom')) this.#boom(text, 0);
    const echo = /^SELECT ECHO\((.*)\)$/.exec(statement)?.[1];
    const parameterTypes = echo === undefined || echo === '' ? [] : echo.split(',').map((name, i) => typeNames[name.trim().split(' ')[0] ?? ''] ?? hints[i] ?? sql.STRING);
    const probe = echo !== undefined || /^(SELECT (ONE|TYPES|NULLS|SERIES|ENDLESS|SLOW|TRICKLE)|COPY)/.test(statement) ? await this.#run(statement, text, 0, parameterTypes.map(() => null), options, parameterTypes) : undefined;
    return {
      parameterTypes, columns: probe?.kind === 'rows' ? probe.columns : undefined,
      execute: (parameters, run) => this.#run(statement, text, 0, parameters, run, parameterTypes),
    };
  }

  noteError(): void { if (this.transactionStatus === 'T') this.transactionStatus = 'E'; }
  parameter(name: string): string | undefined { return this.#parameters.get(name); }
  async close(): Promise<void> { this.isClosed = true; }

  #boom(text: string, start: number): never {
    const at = text.indexOf('boom', start);
    throw boom({}, { range: { start: at, end: at + 4 } });
  }

  async #run(statement: string, text: string, start: number, parameters: readonly unknown[], options: ExecuteOptions, types: readonly SqlType[] = []): Promise<StatementResult> {
    if (!statement.startsWith('ROLLBACK') && this.transactionStatus === 'E') throw aborted({});
    this.executed.push(statement);
    if (statement.includes('boom')) this.#boom(text, start);
    const [word = '', second = '', third = ''] = statement.split(/\s+/);
    switch (word) {
      case 'BEGIN': this.transactionStatus = 'T'; return { kind: 'done', tag: 'BEGIN' };
      case 'COMMIT': case 'ROLLBACK': this.transactionStatus = 'I'; return { kind: 'done', tag: word };
      case 'SET': this.#parameters.set(second, third); return { kind: 'done', tag: 'SET' };
      case 'CREATE': return { kind: 'done', tag: 'CREATE TABLE' };
      case 'NOTICE': options.onNotice?.({ severity: 'WARNING', sqlstate: '01000', message: 'mind the gap', hint: 'Look down.' }); return { kind: 'done', tag: 'NOTICE' };
      case 'DEFECT': throw new TypeError('secret internals');
      case 'INSERT': return this.#rows(statement, [{ name: 'job id', type: sql.STRING }], [[['j1']]], 'INSERT');
      case 'COPY': return { ...this.#rows(statement, [{ name: 'a', type: sql.INT }, { name: 'b "q"', type: sql.STRING }], [[[1, 'x\ty,"z"\\\n'], [2, null], [3, '']]], 'COPY'), copy: second === 'CSV' ? { format: 'csv', header: true } : { format: 'text' } };
      default: return this.#select(second, third, statement, parameters, options.signal, types);
    }
  }

  #select(what: string, argument: string, statement: string, parameters: readonly unknown[], signal: AbortSignal, types: readonly SqlType[]): RowsResult {
    const gateway = this.#gateway, series: ResultColumn[] = [{ name: 'i', type: sql.BIGINT }, { name: 's', type: sql.STRING }];
    const count = (limit: number) => async function* (): AsyncGenerator<RowChunk> {
      for (let i = 0; i < limit; i += 1000) {
        if (signal.aborted) await untilAborted(signal);
        const rows = Array.from({ length: Math.min(1000, limit - i) }, (_, k) => [i + k, `row ${i + k}`]);
        gateway.pulled += rows.length;
        yield { rows };
      }
    };
    if (what.startsWith('ECHO')) return this.#rows(statement, types.map((type, i) => ({ name: `p${i + 1}`, type })), [[parameters]]);
    switch (what) {
      case 'ONE': return this.#rows(statement, [{ name: 'one', type: sql.INT }], [[[1]]]);
      case 'TYPES': return this.#rows(statement, everyType.map(([name, type]) => ({ name, type })), [[everyType.map(([, , value]) => value)]]);
      case 'NULLS': return this.#rows(statement, everyType.map(([name, type]) => ({ name, type })), [[everyType.map(() => null)]]);
      case 'SERIES': return this.#rows(statement, series, count(Number(argument))());
      case 'ENDLESS': return this.#rows(statement, series, count(Infinity)(), 'SELECT', true);
      case 'TRICKLE': return this.#rows(statement, series, gateway.trickle(signal), 'SELECT', true);
      case 'CHANGES': return { ...this.#rows(statement, series, []), chunks: (async function* () { yield { rows: [[1, 'a'], [1, 'b']], kinds: [0, 3] }; })() };
      case 'SLOW': return this.#rows(statement, series, (async function* () { await untilAborted(signal); yield { rows: [] }; })(), 'SELECT', true);
      case 'HANGS': return this.#rows(statement, series, (async function* () { await untilAborted(signal); yield { rows: [] }; })());
      case 'DEAF': return this.#rows(statement, series, (async function* () { await new Promise(() => {}); yield { rows: [] }; })());
      case 'HALF': return this.#rows(statement, series, (async function* () { yield { rows: [[1, 'a'], [2, 'b']] }; throw new TypeError('secret internals'); })());
      default: throw boom({});
    }
  }

  #rows(statement: string, columns: ResultColumn[], chunks: readonly (readonly (readonly unknown[])[])[] | AsyncIterable<RowChunk>, tag = 'SELECT', endless = false): RowsResult {
    const { ended } = this.#gateway;
    const iterate = async function* (): AsyncGenerator<RowChunk> {
      try {
        if (Symbol.asyncIterator in chunks) yield* chunks;
        else for (const rows of chunks) yield { rows };
      } finally { ended.push(statement); }
    };
    return { kind: 'rows', columns, tag, chunks: iterate(), endless };
  }
}
