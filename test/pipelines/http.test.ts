/** `/api/v1/pipelines`: bodies, answers, errors with their place; and that the OpenAPI document has them. */
import { openAccess } from '../wire/access-support.ts';
import { expect } from 'chai';
import { pipelineUnknownKey } from '../../core/errors/pipeline.ts';
import { silentLog } from '../../core/ports/log.ts';
import type { Gateway } from '../../server/gateway/contract.ts';
import { pipelineRoutes } from '../../server/http/pipelines.ts';
import { startHttpServer, type RunningHttpServer } from '../../server/http/server.ts';
import type { PipelineRequest, Pipelines } from '../../server/pipelines/contract.ts';

const asked: PipelineRequest[] = [], result = { name: 'p', passed: true, items: [], targets: [] };
const pipelines: Pipelines = {
  check: (request) => { asked.push(request); return Promise.resolve(result); },
  submit: (request) => {
    asked.push(request);
    if (request.yaml.startsWith('bad')) return Promise.reject(pipelineUnknownKey({ what: 'block', key: 'bad', known: ['source'], line: 2, column: 3 }, { range: { start: 6, end: 7 } }));
    return Promise.resolve({ ...result, id: '7' });
  },
  list: () => Promise.resolve([]),
  detail: (id) => Promise.resolve(id === '7' ? { id: '7', status: 'RUNNING' } : undefined),
};
const gateway = { version: '0', ready: true } as unknown as Gateway;

describe('pipelines over HTTP', () => {
  let server: RunningHttpServer;
  before(async () => { server = await startHttpServer({ ...openAccess, host: '127.0.0.1', port: 0, gateway, log: silentLog, routes: [pipelineRoutes(pipelines, silentLog)] }); });
  after(() => server.close());
  const ask = async (path: string, body?: string, type = 'application/json'): Promise<{ status: number; body: Record<string, unknown> & { error: Record<string, unknown> } }> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body });
    return { status: answer.status, body: await answer.json() as Record<string, unknown> & { error: Record<string, unknown> } };
  };
  it('takes the document itself, or JSON with variables, a savepoint and settings', async () => {
    expect(await ask('/pipelines', 'source: x', 'application/yaml')).to.deep.equal({ status: 201, body: { ...result, id: '7' } });
    expect(asked.at(-1)).to.deep.equal({ yaml: 'source: x', variables: new Map() });
    await ask('/pipelines', JSON.stringify({ yaml: 'y', variables: { a: 'b', n: 1 }, savepointPath: '/s', settings: { x: 'y' }, again: false }));
    expect(asked.at(-1)).to.deep.equal({ yaml: 'y', variables: new Map([['a', 'b'], ['n', '1']]), savepointPath: '/s', settings: { x: 'y' }, again: false });
    expect((await ask('/pipelines/check', 'source: x', 'text/yaml')).status).to.equal(200);
  });
  it('errors have their place in the document', async () => {
    const { status, body } = await ask('/pipelines', 'bad:\n  x: 1', 'application/yaml');
    expect(status).to.equal(400);
    expect(body.error).to.include({ code: 'pipeline-unknown-key', line: 2, column: 2 });
  });
  for (const [name, body, what] of [
    ['no document', '{}', /"yaml" must be a string/], ['unknown fields', '{"yaml":"a","variable":{}}', /unknown field "variable"/], ['variables that are no object', '{"yaml":"a","variables":[1]}', /"variables" must be an object/],
    ['variables that are no texts', '{"yaml":"a","variables":{"a":{}}}', /must be a text/], ['a savepoint that is no text', '{"yaml":"a","savepointPath":1}', /savepointPath/], ['again that is no boolean', '{"yaml":"a","again":1}', /again/], ['a list', '[]', /JSON object or a YAML/],
  ] as const) it(`refuses ${name}`, async () => { const { status, body: answer } = await ask('/pipelines', body); expect(status).to.equal(400); expect(answer.error['message']).to.match(what); });
  it('list and detail', async () => {
    expect(await ask('/pipelines')).to.deep.equal({ status: 200, body: { pipelines: [] } });
    expect((await ask('/pipelines/7')).body).to.include({ id: '7' });
    expect((await ask('/pipelines/8')).status).to.equal(404);
  });
  it('a page of another site cannot send one', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/pipelines`, { method: 'POST', headers: { 'content-type': 'application/yaml', origin: 'http://evil.example' }, body: 'source: x' });
    expect(answer.status).to.equal(403);
    expect((await ask('/pipelines', 'source: x', 'text/plain')).status).to.equal(415);
  });
  it('stands in the OpenAPI document', async () => {
    const { body } = await ask('/openapi.json'), { paths } = body as unknown as { paths: Record<string, Record<string, { operationId: string }>> };
    expect(paths['/api/v1/pipelines']?.['post']?.operationId).to.equal('submitPipeline');
    expect(paths['/api/v1/pipelines/{id}']?.['get']?.operationId).to.equal('getPipeline');
    expect(paths['/api/v1/pipelines/check']?.['post']?.operationId).to.equal('checkPipeline');
  });
});
