/**
 * `/api/v1/pipelines`: submit, check, list, detail. A body is the YAML document itself (`application/yaml`), or JSON with the document and
 * values for its variables. What is done to a running one (stop, savepoint, restart, drop) is done to its job, under `/api/v1/jobs`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { didYouMean, RivuletError } from '../../core/errors/define.ts';
import { invalidRequest, noSuchJob } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import type { PipelineRequest, Pipelines } from '../pipelines/contract.ts';
import { noteRefusal } from './access.ts';
import { asHttpError, errorBody } from './errors.ts';
import { idOf } from './jobs.ts';
import { defaultHttpLimits } from './limits.ts';
import { pipelineSchemas } from './pipeline-schemas.ts';

const FIELDS = ['yaml', 'variables', 'savepointPath', 'settings', 'again'];

export function pipelineRoutes(pipelines: Pipelines, log: Log): (app: FastifyInstance) => void {
  return (app) => {
    app.addContentTypeParser(['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'], { parseAs: 'string' }, (_request, body, done) => { done(null, body); });
    app.post('/api/v1/pipelines', { schema: pipelineSchemas.submit }, (request, reply) => answer(request, reply, log, 201, (r) => pipelines.submit(r)));
    app.post('/api/v1/pipelines/check', { schema: pipelineSchemas.check }, (request, reply) => answer(request, reply, log, 200, (r) => pipelines.check(r)));
    app.get('/api/v1/pipelines', { schema: pipelineSchemas.list }, async () => ({ pipelines: await pipelines.list() }));
    app.get('/api/v1/pipelines/:id', { schema: pipelineSchemas.detail }, async (request) => {
      const id = idOf(request), detail = await pipelines.detail(id);
      if (detail === undefined) throw noSuchJob({ id });
      return detail;
    });
  };
}
/** Errors come with their place in the document. */
async function answer(request: FastifyRequest, reply: FastifyReply, log: Log, status: number, work: (request: PipelineRequest) => Promise<unknown>): Promise<unknown> {
  const asked = readBody(request.body);
  try {
    return await reply.code(status).send(await work(asked));
  } catch (thrown) {
    if (!(thrown instanceof RivuletError)) throw thrown;
    noteRefusal(request, thrown);
    const { error, status: failed } = asHttpError(thrown, log, defaultHttpLimits.bodyBytes);
    return await reply.code(failed).send({ error: errorBody(error, asked.yaml) });
  }
}
const HINT = 'Send {"yaml": "source: …", "variables": {"name": "value"}}, or the document itself with "Content-Type: application/yaml".';
function readBody(body: unknown): PipelineRequest {
  if (typeof body === 'string') return { yaml: body, variables: new Map() };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidRequest({ what: 'the body must be a JSON object or a YAML document', hint: HINT });
  for (const key of Object.keys(body)) if (!FIELDS.includes(key)) throw invalidRequest({ what: `unknown field "${key}" in the body`, hint: didYouMean(key, FIELDS) });
  const { yaml, variables = {}, savepointPath, settings = {}, again } = body as { yaml?: unknown; variables?: unknown; savepointPath?: unknown; settings?: unknown; again?: unknown };
  if (typeof yaml !== 'string') throw invalidRequest({ what: 'the field "yaml" must be a string', hint: HINT });
  if (savepointPath !== undefined && typeof savepointPath !== 'string') throw invalidRequest({ what: 'the field "savepointPath" must be a string' });
  if (again !== undefined && typeof again !== 'boolean') throw invalidRequest({ what: 'the field "again" must be true or false' });
  return { yaml, again, variables: new Map(textsOf(variables, 'variables')), savepointPath, settings: Object.fromEntries(textsOf(settings, 'settings')) };
}
function textsOf(value: unknown, field: string): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidRequest({ what: `the field "${field}" must be an object` });
  return Object.entries(value).map(([name, text]) => {
    if (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'boolean') throw invalidRequest({ what: `"${name}" in the field "${field}" must be a text` });
    return [name, String(text)];
  });
}
