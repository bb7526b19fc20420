/** Limits of the PostgreSQL protocol. Each bounds what one client can cost before, during and after start-up. */
export interface PgLimits {
  /** Longest start-up packet. PostgreSQL: MAX_STARTUP_PACKET_LENGTH, 10,000. */
  readonly startupBytes: number;
  /** Longest message before login. PostgreSQL: PG_MAX_SASL_MESSAGE_LENGTH, 1024. */
  readonly loginBytes: number;
  /** Longest later message. */
  readonly messageBytes: number;
  /** Prepared statements per session; portals are limited alike. */
  readonly preparedStatements: number;
  /** Bytes of the Parse and Bind messages whose statements and portals a session keeps. */
  readonly preparedBytes: number;
  /** Sessions at a time; the next is refused with 53300. */
  readonly connections: number;
  /** From accepted socket to the end of start-up and authentication. */
  readonly startupTimeoutMs: number;
  /** A message once begun must arrive within this time, plus a second per 64 kB of its length. */
  readonly messageTimeoutMs: number;
  /** A client that takes none of the bytes waiting for it for so long is cut off. */
  readonly writeStallTimeoutMs: number;
  /** How long the engine may take to heed an abort before we answer without it. */
  readonly abortGraceMs: number;
  /** Encoded bytes kept per connection before the encoder waits for the client to read (plus at most one row). */
  readonly writeBufferBytes: number;
  /** Bytes of unprocessed messages kept per connection before we stop reading from the socket (plus at most one message). */
  readonly readBufferBytes: number;
}

export const defaultPgLimits: PgLimits = {
  startupBytes: 10_000, loginBytes: 1_024, messageBytes: 64 * 1024 * 1024, preparedStatements: 10_000, preparedBytes: 128 * 1024 * 1024, connections: 1_000, startupTimeoutMs: 10_000, messageTimeoutMs: 60_000, writeStallTimeoutMs: 15 * 60_000, abortGraceMs: 2_000,
  writeBufferBytes: 64 * 1024, readBufferBytes: 1024 * 1024,
};
