/** What the checks of a MySQL source share. */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { query, type TextRow } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import type { MySqlTable, ServerFacts } from '../contract.ts';
import type { MySqlCdcSpec } from '../cdc/spec.ts';
import type { CheckItem } from '../../../pipelines/check-item.ts';

/** What the checks of a source look at; asked for once. */
export interface SourceLook {
  readonly spec: MySqlCdcSpec;
  readonly server: MySqlServer;
  readonly connection: Connection;
  readonly facts: ServerFacts;
  /** Captured, as of now. */
  readonly tables: readonly MySqlTable[];
  /** Goes on from a checkpoint or savepoint: the old reader may still be known to the server. */
  readonly resumes: boolean;
  /** A global variable as the server shows it; undefined where it has none of that name. */
  variable(name: string): string | undefined;
  /** Rows of a statement, or why the server refused it. */
  ask(sql: string, what: string): Promise<readonly TextRow[] | RivuletError>;
}
/** One group of items. */
export interface SourceCheck { (look: SourceLook): Promise<readonly CheckItem[]> | readonly CheckItem[] }

export async function askOr(server: MySqlServer, connection: Connection, sql: string, what: string): Promise<readonly TextRow[] | RivuletError> {
  try { return await query(server, connection, sql, [], what); } catch (error) {
    if (error instanceof RivuletError) return error;
    throw error;
  }
}
export const textOf = (value: string | Buffer | null | undefined): string => (value === null || value === undefined ? '' : value.toString());
export const isOn = (value: string | undefined): boolean => value !== undefined && /^(on|1|true|yes)$/i.test(value);
/** `binlog_format = ROW`, as it goes into a statement and into the server's file. */
export const setting = (name: string, value: string, dynamic = true): string => (dynamic ? `SET GLOBAL ${name} = ${value}, and ${name}=${value} in the server's configuration so that it stays.` : `Put ${name}=${value} into the server's configuration and restart the server.`);
