/**
 * The extended query protocol: Parse, Bind, Describe, Execute, Close with named statements and portals. After an error everything up to
 * Sync is skipped. Portals live until the transaction ends: outside a transaction block, until Sync. PostgreSQL, "Extended Query".
 */
import { isUtf8 } from 'node:buffer';
import {
  invalidEncoding, invalidRequest, portalExists, portalNotFound, portalNotRunnable, preparedStatementExists, preparedStatementNotFound, protocolViolation, resultTypeChanged, sessionLimit,
} from '../../core/errors/wire.ts';
import * as sql from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { PreparedStatement, ResultColumn, RowsResult, StatementResult } from '../gateway/contract.ts';
import { unlessAborted } from '../streams/abortable.ts';
import type { Channel } from './channel.ts';
import type { FieldReader } from './message-reader.ts';
import { bare, commandComplete, parameterDescription, rowDescription } from './messages.ts';
import { decodeParameter } from './parameters.ts';
import { completionTag, RowStream } from './rows.ts';
import { OID, pgTypeOf, pgTypeOfColumn, sqlTypeOfOid } from './types.ts';
import type { FormatCode } from './values.ts';

interface Statement {
  readonly text: string;
  /** undefined: the text held no statement. */
  readonly prepared: PreparedStatement | undefined;
  /** OIDs of Parse; 0 where the client left the type open. */
  readonly declaredOids: readonly number[];
  readonly bytes: number;
}
interface Portal {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
  readonly formats: readonly FormatCode[];
  readonly controller: AbortController;
  state: 'bound' | 'open' | 'finished';
  rows: RowStream | undefined;
  tag: string;
  readonly bytes: number;
}

export class ExtendedQuery {
  readonly #channel: Channel;
  readonly #statements = new Map<string, Statement>();
  readonly #portals = new Map<string, Portal>();
  #keptBytes = 0;

  constructor(channel: Channel) { this.#channel = channel; }

  async parse(body: FieldReader): Promise<void> {
    const bytes = body.left, name = textOf(body), text = textOf(body), declaredOids = Array.from({ length: body.uint16() }, () => body.uint32());
    body.finish();
    const { session, writer } = this.#channel;
    if (name === '') this.#forgetStatement('');
    else if (this.#statements.has(name)) throw preparedStatementExists({ name });
    this.#checkRoom('prepared statements', this.#statements.size, bytes);
    const hints = declaredOids.map(sqlTypeOfOid);
    const prepared = await this.#channel.cancellable((signal) => this.#within(text, signal, session.prepare(text, hints, this.#channel.options(signal))));
    this.#statements.set(name, { text, prepared, declaredOids, bytes });
    this.#keptBytes += bytes;
    bare(writer.out, 'parseComplete');
  }

  async bind(body: FieldReader): Promise<void> {
    const bytes = body.left, portalName = textOf(body), statementName = textOf(body);
    const inputFormats = readFormats(body), count = body.uint16();
    const values = Array.from({ length: count }, () => {
      const length = body.int32();
      if (length < -1) throw protocolViolation({ what: 'insufficient data left in message' });
      return length === -1 ? null : body.bytes(length);
    });
    const formats = readFormats(body);
    body.finish();
    const statement = this.#statement(statementName), types = statement.prepared?.parameterTypes ?? [];
    if (count !== types.length) throw protocolViolation({ what: `bind message supplies ${count} parameters, but prepared statement "${statementName}" requires ${types.length}` });
    if (inputFormats.length > 1 && inputFormats.length !== count) throw protocolViolation({ what: `bind message has ${inputFormats.length} parameter formats but ${count} parameters` });
    const columns = statement.prepared?.columns;
    if (formats.length > 1 && columns !== undefined && formats.length !== columns.length) throw protocolViolation({ what: `bind message has ${formats.length} result formats but query has ${columns.length} columns` });
    if (portalName === '') await this.#closePortal('');
    else if (this.#portals.has(portalName)) throw portalExists({ name: portalName });
    this.#checkRoom('portals', this.#portals.size, bytes);
    const zone = this.#channel.zone;
    const parameters = values.map((value, i) => decodeParameter(i, value, (inputFormats.length === 1 ? inputFormats[0] : inputFormats[i]) ?? 0, describedOid(statement, i), types[i] as SqlType, zone));
    this.#portals.set(portalName, { statement, parameters, formats, controller: new AbortController(), state: 'bound', rows: undefined, tag: '', bytes });
    this.#keptBytes += bytes;
    bare(this.#channel.writer.out, 'bindComplete');
  }

  describe(body: FieldReader): void {
    const { kind, name } = readTarget(body), { out } = this.#channel.writer;
    const portal = kind === 'P' ? this.#portal(name) : undefined, statement = portal?.statement ?? this.#statement(name);
    if (kind === 'S') parameterDescription(out, (statement.prepared?.parameterTypes ?? []).map((type, i) => describedOid(statement, i) || pgTypeOf(type).oid));
    const columns = statement.prepared?.columns;
    if (columns === undefined) bare(out, 'noData');
    else rowDescription(out, columns, portal?.formats ?? []);
  }

  async execute(body: FieldReader): Promise<void> {
    const name = textOf(body), maxRows = Math.max(0, body.int32());
    body.finish();
    const portal = this.#portal(name), { writer, limits } = this.#channel;
    if (portal.statement.prepared === undefined) return bare(writer.out, 'empty');
    if (portal.state === 'finished') {
      if (portal.rows === undefined) throw portalNotRunnable({ name });
      return commandComplete(writer.out, completionTag(portal.tag, 0));
    }
    try {
      await this.#channel.cancellable(async (signal) => {
        if (portal.state === 'bound' && !this.#start(portal, await this.#run(portal, portal.statement.prepared as PreparedStatement, signal))) return;
        const { isDone, count } = await (portal.rows as RowStream).send(writer, limits, maxRows, signal);
        if (isDone) { portal.state = 'finished'; commandComplete(writer.out, completionTag(portal.tag, count)); }
        else bare(writer.out, 'portalSuspended');
      }, portal.controller);
    } catch (error) {
      await this.#closePortal(name);
      throw new FailedStatement(error, portal.statement.text, portal.controller.signal);
    }
  }

  async close(body: FieldReader): Promise<void> {
    const { kind, name } = readTarget(body);
    if (kind === 'P') await this.#closePortal(name);
    else {
      const statement = this.#statements.get(name);
      this.#forgetStatement(name);
      for (const [portalName, portal] of this.#portals) if (portal.statement === statement) await this.#closePortal(portalName);
    }
    bare(this.#channel.writer.out, 'closeComplete');
  }

  /** A simple query or the end of a transaction destroys portals; the former the unnamed statement too. */
  async beforeSimpleQuery(): Promise<void> {
    this.#forgetStatement('');
    await this.#closePortal('');
  }
  async afterCycle(): Promise<void> {
    if (this.#portals.size > 0 && this.#channel.session.transactionStatus !== 'T') await this.closePortals();
  }
  async closePortals(): Promise<void> {
    for (const name of [...this.#portals.keys()]) await this.#closePortal(name);
  }

  #run(portal: Portal, prepared: PreparedStatement, signal: AbortSignal): Promise<StatementResult> {
    return unlessAborted(prepared.execute(portal.parameters, this.#channel.options(signal)), signal, this.#channel.limits.abortGraceMs);
  }

  /** Takes the first answer of a portal's statement; true when rows are to follow. */
  #start(portal: Portal, result: StatementResult): boolean {
    const { writer, zone } = this.#channel;
    if (result.kind !== 'rows') {
      portal.state = 'finished';
      if (result.kind === 'empty') bare(writer.out, 'empty');
      else commandComplete(writer.out, result.tag);
      return false;
    }
    const described = portal.statement.prepared?.columns;
    const rows = new RowStream(result, portal.formats, zone, described === undefined && result.copy === undefined);
    portal.rows = rows;
    portal.state = 'open';
    portal.tag = result.tag;
    if (described !== undefined && !hasSameTypes(described, result)) throw resultTypeChanged({});
    return true;
  }

  async #closePortal(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    if (portal === undefined) return;
    this.#portals.delete(name);
    this.#keptBytes -= portal.bytes;
    if (portal.rows !== undefined && portal.state === 'open') await portal.rows.close(this.#channel.limits.abortGraceMs);
  }

  #forgetStatement(name: string): void {
    this.#keptBytes -= this.#statements.get(name)?.bytes ?? 0;
    this.#statements.delete(name);
  }
  #checkRoom(what: 'prepared statements' | 'portals', count: number, bytes: number): void {
    const { preparedStatements, preparedBytes } = this.#channel.limits, hint = `Close ${what} that are not needed any more.`;
    if (count >= preparedStatements) throw sessionLimit({ what, limit: String(preparedStatements), hint });
    if (this.#keptBytes + bytes > preparedBytes) throw sessionLimit({ what, limit: `${preparedBytes} bytes`, hint });
  }
  #statement(name: string): Statement {
    const statement = this.#statements.get(name);
    if (statement === undefined) throw preparedStatementNotFound({ name });
    return statement;
  }
  #portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal === undefined) throw portalNotFound({ name });
    return portal;
  }
  async #within<T>(text: string, signal: AbortSignal, work: Promise<T>): Promise<T> {
    try { return await unlessAborted(work, signal, this.#channel.limits.abortGraceMs); } catch (error) { throw new FailedStatement(error, text, signal); }
  }
}

/** Carries an engine's error together with the text its range points into up to the connection. Never leaves this folder. */
export class FailedStatement {
  readonly thrown: unknown;
  readonly text: string;
  readonly signal: AbortSignal;
  constructor(thrown: unknown, text: string, signal: AbortSignal) { this.thrown = thrown; this.text = text; this.signal = signal; }
}

function textOf(body: FieldReader): string {
  const bytes = body.zeroEnded();
  if (!isUtf8(bytes)) throw invalidEncoding({});
  return bytes.toString('utf8');
}
function readFormats(body: FieldReader): FormatCode[] {
  return Array.from({ length: body.uint16() }, () => {
    const format = body.uint16();
    if (format !== 0 && format !== 1) throw invalidRequest({ what: `unsupported format code: ${format}` });
    return format;
  });
}
function readTarget(body: FieldReader): { kind: 'S' | 'P'; name: string } {
  const kind = String.fromCharCode(body.byte()), name = textOf(body);
  body.finish();
  if (kind !== 'S' && kind !== 'P') throw protocolViolation({ what: `invalid message subtype ${kind.codePointAt(0)}` });
  return { kind, name };
}
/** What the client declared or was told of a parameter's type beyond its SQL type; 0 otherwise. */
function describedOid({ declaredOids, prepared }: Statement, at: number): number {
  const declared = declaredOids[at] ?? 0, catalogType = prepared?.parameterCatalogTypes?.[at];
  if (declared !== 0 && declared !== OID.unknown) return declared;
  return catalogType === undefined ? 0 : pgTypeOfColumn({ name: '', type: sql.BIGINT, pgType: catalogType }).oid;
}

function hasSameTypes(described: readonly ResultColumn[], result: RowsResult): boolean {
  return described.length === result.columns.length && described.every((column, i) => pgTypeOfColumn(column).oid === pgTypeOfColumn(result.columns[i] as ResultColumn).oid);
}
