/** Limits of the HTTP API. */
export interface HttpLimits {
  readonly bodyBytes: number;
  /** Rows and bytes of one result in a JSON document; streams have no such limit. */
  readonly resultRows: number;
  readonly resultBytes: number;
  /** Time for all results of a JSON document. */
  readonly resultTimeoutMs: number;
  /** Time for a client to send its headers, and its whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
}
export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 16 * 1024 * 1024, resultRows: 10_000, resultBytes: 64 * 1024 * 1024, resultTimeoutMs: 60_000, headersTimeoutMs: 10_000, requestTimeoutMs: 60_000, connections: 1_000,
};
