/** JSON schemas of the API: they make the OpenAPI document. The handlers check requests themselves, with better error texts. */
const string = { type: 'string' }, integer = { type: 'integer' };
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({ type: 'object', properties, ...(required.length === 0 ? {} : { required }) });
const json = (description: string, schema: unknown) => ({ description, content: { 'application/json': { schema } } });
const text = (description: string, type = 'text/plain') => ({ description, content: { [type]: { schema: string } } });

const error = object({
  error: object({
    sqlstate: { type: 'string', description: 'SQLSTATE as PostgreSQL uses it' }, code: { type: 'string', description: 'stable name of the error' }, message: string, detail: string, hint: string,
    line: { type: 'integer', description: 'line in the text of the request, from 1' }, column: { type: 'integer', description: 'character in that line, from 1' },
  }, ['sqlstate', 'code', 'message']),
}, ['error']);
const failed = { '4XX': json('The request is wrong', error), '5XX': json('The server or a system behind it failed', error) };
const result = object({
  columns: { type: 'array', items: object({ name: string, type: { type: 'string', description: 'SQL type as Flink writes it' } }, ['name', 'type']) },
  rows: { type: 'array', items: { type: 'array', items: {} }, description: 'BIGINT as a JSON number with all digits, DECIMAL as a string, TIMESTAMP as "2020-02-29 12:34:56.789", TIMESTAMP_LTZ in UTC with Z, BYTES in base64, ROW and MAP as objects' },
}, ['columns', 'rows']);
const done = object({ id: string, result: string }, ['id', 'result']), withSavepoint = object({ id: string, result: string, savepointPath: string }, ['id', 'result']);
const params = object({ id: { type: 'string', description: 'job id' } }, ['id']);

const list = (items: unknown) => ({ type: 'array', items }), counts = { type: 'object', additionalProperties: integer };
const summary = { id: string, name: string, status: { type: 'string', description: 'status as Flink names it' }, startTimeMs: integer, endTimeMs: integer, parallelism: integer, restarts: integer, lastError: string, problem: { type: 'string', description: 'what a person should look at now' } };
const node = object({
  id: string, type: string, label: { type: 'string', description: 'as EXPLAIN shows it' }, inputs: list(object({ node: string, exchange: string })), recordsIn: integer, recordsOut: integer, watermarkMs: integer,
  stateBytes: integer, stateEntries: integer, counters: counts, activity: { type: 'array', items: string, description: 'of sources and sinks, one text per subtask: running, idle, back-pressured, full, finished, or what it waits for: retrying since …: why, waiting since …: why' },
});
const checkpoint = object({ epoch: integer, kind: string, status: string, startedMs: integer, durationMs: { type: 'number' }, sizeBytes: { type: 'integer', description: 'written by this checkpoint' }, totalBytes: { type: 'integer', description: 'all state it stands for' }, failure: string, path: string });
const detail = object({
  ...summary, sql: string, settings: { type: 'object', additionalProperties: string }, nodes: { type: 'array', items: node, description: 'the plan, inputs first' }, checkpoints: { type: 'array', items: checkpoint, description: 'newest first' },
  exceptions: { type: 'array', items: object({ atMs: integer, message: string, sqlstate: string, code: string, detail: string, hint: string, nodeId: string, subtask: integer }), description: 'newest first' }, restoredFrom: { type: 'string', description: 'initial, checkpoint n, or a savepoint path' },
  statuses: { type: 'array', items: object({ status: string, atMs: integer }), description: 'newest first' }, nextRestartMs: { type: 'integer', description: 'when a job that is RESTARTING starts again' },
}, ['id', 'name', 'status', 'nodes', 'checkpoints']);

const badRecord = object({
  nodeId: string, subtask: integer, table: string, topic: string, partition: integer, offset: integer, timestampMs: { type: 'integer', description: 'of the record; -1: it has none' }, part: { type: 'string', enum: ['key', 'value'] },
  field: { type: 'string', description: 'path inside the message, or null' }, code: string, message: string, outcome: { type: 'string', enum: ['failed', 'skipped', 'dead-letter', 'ignored', 'nulled'] },
  key: { type: 'string', description: 'the first bytes, or null' }, value: { type: 'string', description: 'the first bytes, or null' }, atMs: { type: 'integer', description: 'when it was read' },
});

const health = object({ status: { type: 'string', enum: ['ok', 'degraded', 'starting'] }, problems: list(object({ jobId: string, job: string, status: string, problem: string }, ['jobId', 'job', 'status', 'problem'])) }, ['status', 'problems']);
export const schemas = {
  sql: {
    operationId: 'runSql', summary: 'Run statements', tags: ['sql'],
    description: 'Runs the statements of a text one after another in a session of its own. With `Accept: application/x-ndjson` the answer is a stream of lines: {"columns"}, {"row"} or {"op","row"}, {"end"}, {"result"}, {"notice"}, {"error"}; without it a query that never ends is refused.',
    body: object({ sql: string }, ['sql']),
    response: { 200: { description: 'One result for each statement', content: { 'application/json': { schema: object({ results: { type: 'array', items: result } }, ['results']) }, 'application/x-ndjson': { schema: string } } }, ...failed },
  },
  jobs: {
    operationId: 'listJobs', summary: 'List jobs', tags: ['jobs'],
    response: { 200: json('All jobs', object({ jobs: { type: 'array', items: object(summary, ['id', 'name', 'status', 'startTimeMs']) } }, ['jobs'])), ...failed },
  },
  job: { operationId: 'getJob', summary: 'One job: plan, state, counts, checkpoints, restarts, last failure', tags: ['jobs'], params, response: { 200: json('The job', detail), ...failed } },
  badRecords: {
    operationId: 'getBadRecords', summary: 'The last records that the job could not read', tags: ['jobs'], params,
    description: 'A few per source (`scan.bad-records.samples`), oldest first. Keys and values are shortened and may hold personal data. Exact numbers are in the counters `skippedRecords`, `deadLetters` and `nulledFields` of the job.',
    response: { 200: json('The records', object({ id: string, records: list(badRecord) }, ['id', 'records'])), ...failed },
  },
  printed: {
    operationId: 'getPrinted', summary: 'Rows a job has printed', tags: ['jobs'], params, description: 'One row per line. With `follow=true` the answer goes on with each row printed; with `Accept: text/event-stream` as server-sent events.',
    querystring: object({ sink: { type: 'string', description: 'only this sink' }, tail: { type: 'integer', description: 'only the newest n rows' }, follow: { type: 'boolean', description: 'go on with each row printed from now on' } }),
    response: { 200: { description: 'The rows', content: { 'text/plain': { schema: string }, 'text/event-stream': { schema: string } } }, ...failed },
  },
  stop: { operationId: 'stopJob', summary: 'Stop a job, with a savepoint if asked', tags: ['jobs'], params, body: object({ savepoint: { type: 'boolean' }, drain: { type: 'boolean' } }), response: { 200: json('Stopped', withSavepoint), ...failed } },
  cancel: { operationId: 'cancelJob', summary: 'Cancel a job at once', tags: ['jobs'], params, response: { 200: json('Cancelled', done), ...failed } },
  savepoint: { operationId: 'savepointJob', summary: 'Take a savepoint of a running job', tags: ['jobs'], params, response: { 200: json('Taken', withSavepoint), ...failed } },
  restart: {
    operationId: 'restartJob', summary: 'Start a job again', tags: ['jobs'], params,
    body: object({ from: { oneOf: [{ type: 'string', enum: ['latest', 'initial'] }, object({ savepointPath: string }, ['savepointPath'])] } }), response: { 200: json('Started', done), ...failed },
  },
  drop: { operationId: 'dropJob', summary: 'Remove a job and its state', tags: ['jobs'], params, response: { 200: json('Removed', done), ...failed } },
  savepoints: {
    operationId: 'listSavepoints', summary: 'Savepoints of the data directory and retained checkpoints', tags: ['jobs'],
    response: { 200: json('Newest first', object({ savepoints: list(object({ path: string, jobId: string, jobName: string, createdMs: integer, sizeBytes: integer, version: string })), checkpoints: list(object({ path: string, jobId: string, jobName: string, epoch: integer, createdMs: integer, sizeBytes: integer })) })), ...failed },
  },
  dropSavepoint: { operationId: 'dropSavepoint', summary: 'Remove a savepoint', tags: ['jobs'], querystring: object({ path: { type: 'string', description: 'as listed' } }, ['path']), response: { 200: json('Removed', object({ path: string, result: string })), ...failed } },
  healthz: { operationId: 'isAlive', summary: 'The process lives', tags: ['server'], response: { 200: text('ok') } },
  health: {
    operationId: 'getHealth', summary: 'What a person should look at', tags: ['server'],
    description: '`degraded`: statements are answered, but a job has failed, is being restarted, or cannot write its checkpoints. Not for a probe that restarts the server: that would not help.',
    response: { 200: json('ok or degraded', health), 503: json('starting or stopping', health) },
  },
  readyz: { operationId: 'isReady', summary: 'Statements are answered', tags: ['server'], response: { 200: text('ready'), 503: text('starting') } },
  metrics: { operationId: 'getMetrics', summary: 'Metrics for Prometheus', tags: ['server'], response: { 200: text('Metrics') } },
  openapi: { operationId: 'getOpenApi', summary: 'This document', tags: ['server'], response: { 200: json('OpenAPI 3', object({})) } },
} as const;
