/** JSON schemas of `/api/v1/pipelines`, for the OpenAPI document. */
const string = { type: 'string' }, integer = { type: 'integer' }, boolean = { type: 'boolean' };
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({ type: 'object', properties, ...(required.length === 0 ? {} : { required }) });
const list = (items: unknown) => ({ type: 'array', items });
const json = (description: string, schema: unknown) => ({ description, content: { 'application/json': { schema } } });
const error = object({ error: object({ sqlstate: string, code: string, message: string, detail: string, hint: string, line: { type: 'integer', description: 'line in the document, from 1' }, column: integer }, ['sqlstate', 'code', 'message']) }, ['error']);
const failed = { '4XX': json('The document is wrong, or the precheck failed', error), '5XX': json('The server or a system behind it failed', error) };
const texts = { type: 'object', additionalProperties: string };
const request = object({
  yaml: { type: 'string', description: 'the document' }, variables: { ...texts, description: 'values of #{name}' }, savepointPath: { type: 'string', description: 'goes on from this savepoint' }, settings: { ...texts, description: 'settings of the job, as SET has them' },
  again: { ...boolean, description: 'false: when the same pipeline runs already, its id is given and nothing is started' },
}, ['yaml']);
const checked = {
  name: string, passed: { ...boolean, description: 'no item failed' },
  items: list(object({ name: string, status: { type: 'string', enum: ['pass', 'warn', 'fail', 'skipped'] }, detail: string, fix: { type: 'string', description: 'what to do' } }, ['name', 'status', 'detail'])),
  targets: { ...list(object({ table: string, targets: list(string) })), description: 'where the rows of each table will go' },
};
const summary = { id: string, name: string, status: string, startTimeMs: integer, endTimeMs: integer, parallelism: integer, restarts: integer, isPipeline: boolean, lastError: string, progress: { ...list({}), description: 'of the source: stage, chunks done, rows a second, lag' } };
const params = object({ id: { type: 'string', description: 'job id' } }, ['id']);

export const pipelineSchemas = {
  submit: {
    operationId: 'submitPipeline', summary: 'Check a pipeline and start it as a job', tags: ['pipelines'], description: 'The body is JSON as shown, or the YAML document alone with Content-Type application/yaml.', body: request,
    response: { 201: json('Started', object({ id: { type: 'string', description: 'job id' }, alreadyRunning: boolean, ...checked }, ['id', 'name', 'passed', 'items'])), ...failed },
  },
  check: { operationId: 'checkPipeline', summary: 'Precheck of a pipeline, without starting it', tags: ['pipelines'], body: request, response: { 200: json('The list', object(checked, ['name', 'passed', 'items'])), ...failed } },
  list: { operationId: 'listPipelines', summary: 'Jobs that are pipelines', tags: ['pipelines'], response: { 200: json('All pipelines', object({ pipelines: list(object(summary, ['id', 'name', 'status'])) }, ['pipelines'])), ...failed } },
  detail: { operationId: 'getPipeline', summary: 'One pipeline: its job, its document, how far it is', tags: ['pipelines'], params, response: { 200: json('The pipeline', object({ ...summary, document: { type: 'string', description: 'secrets masked, variables unfilled' } }, ['id', 'name', 'status'])), ...failed } },
} as const;
