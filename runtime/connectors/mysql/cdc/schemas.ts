/** Statements of the stream and what they do to captured tables. */
import type { Connection } from 'mysql2/promise';
import type { SourceContext } from '../../contract.ts';
import type { MySqlServer } from '../connection/server.ts';
import type { BinlogEvent, ServerFacts } from '../contract.ts';

export class Schemas {
  private readonly last = new Map<string, string>();
  constructor(_context: SourceContext) {}
  async begin(_server: MySqlServer, _connection: Connection, _facts: ServerFacts): Promise<void> {}
  statement(_event: Extract<BinlogEvent, { kind: 'statement' }>): void {}
  /** That concerned a table. */
  lastStatement(name: string): string | null { return this.last.get(name) ?? null; }
}
