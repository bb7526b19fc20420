/** The HTTP API against a fake engine: results, streams, jobs, errors, and requests that must not be answered. */
import { expect } from 'chai';
import { createConnection } from 'node:net';
import { silentLog } from '../../core/ports/log.ts';
import { startHttpServer } from '../../server/http/server.ts';
import type { HttpServerOptions, RunningHttpServer } from '../../server/http/server.ts';
import { openAccess } from './access-support.ts';
import { FakeGateway } from './fake-gateway.ts';

interface ErrorAnswer { readonly error: { sqlstate: string; code: string; message: string; detail?: string; hint?: string; line?: number; column?: number } }

describe('HTTP', () => {
  let gateway: FakeGateway, server: RunningHttpServer, base: string;
  const logged: string[] = [];
  const log = { ...silentLog, error: (text: string) => { logged.push(text); }, child: () => log };
  const serve = async (options: Partial<HttpServerOptions> = {}): Promise<void> => {
    gateway = new FakeGateway();
    server = await startHttpServer({ ...openAccess, host: '127.0.0.1', port: 0, gateway, log, ...options });
    base = `http://127.0.0.1:${server.port}`;
  };
  beforeEach(() => serve());
  afterEach(async () => { await server.close(); expect(logged.splice(0)).to.deep.equal([]); });

  const post = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> => fetch(base + path, { method: 'POST', ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } });
  const sql = (text: string, headers: Record<string, string> = {}): Promise<Response> => post('/api/v1/sql', { sql: text }, headers);
  const until = async (isMet: () => boolean): Promise<void> => { while (!isMet()) await new Promise((resolve) => setImmediate(resolve)); };
  /** Sends bytes as they are; the answer up to the end of the connection. */
  const raw = (request: string): Promise<string> => new Promise((resolve, reject) => {
    const socket = createConnection({ port: server.port, host: '127.0.0.1' }, () => socket.write(request));
    let answer = '';
    socket.on('data', (chunk) => { answer += chunk; }).on('close', () => resolve(answer)).on('error', reject);
  });
  const statusOf = async (request: string): Promise<number> => Number((await raw(request)).slice(9, 12));

  describe('POST /api/v1/sql', () => {
    it('gives each statement its result and closes the session', async () => {
      const response = await sql('CREATE x; SELECT SERIES 2;; INSERT y');
      expect(response.headers.get('content-type')).to.match(/^application\/json/);
      expect(await response.json()).to.deep.equal({ results: [
        { columns: [{ name: 'result', type: 'STRING' }], rows: [['OK']] },
        { columns: [{ name: 'i', type: 'BIGINT' }, { name: 's', type: 'STRING' }], rows: [[0, 'row 0'], [1, 'row 1']] },
        { columns: [{ name: 'job id', type: 'STRING' }], rows: [['j1']] },
      ] });
      await until(() => gateway.sessions[0]?.isClosed === true);
      expect(gateway.sessions[0]?.options).to.include({ protocol: 'http', remote: '127.0.0.1' });
    });

    it('writes values exactly', async () => {
      const text = await (await sql('SELECT TYPES; SELECT NULLS')).text();
      expect(text).to.contain('"rows":[[true,-128,-32768,2147483647,9007199254740993,0.1,-1.5e+300,"-12345678901234567890.123456789012345678","ab ","vär","naïve 🎈","AP9c","2020-02-29","12:34:56.789",' +
        '"2020-02-29 12:34:56.789","1969-12-31 23:59:59.999999","2020-02-29 12:34:56.789123456","2020-02-29 12:34:56.789Z","+1-02","+1 02:03:04.005",[1,null,3],["a b","null","","x\\"y\\\\z",null],' +
        '{"__proto__":9007199254740993},{"a":1,"b":[["1970-01-01"],null]}]]');
      expect(JSON.parse(text).results[1].rows[0]).to.satisfy((row: unknown[]) => row.every((v) => v === null));
    });

    it('tells errors with their place, after the results before them', async () => {
      const response = await sql('CREATE x;\n SELECT é🎈 boom');
      expect(response.status).to.equal(400);
      expect(await response.json()).to.deep.equal({
        error: { sqlstate: '42703', code: 'boom', message: 'column "boom" does not exist', detail: 'A detail.', hint: 'Perhaps you meant "bloom".', line: 2, column: 12 },
        results: [{ columns: [{ name: 'result', type: 'STRING' }], rows: [['OK']] }],
      });
    });

    it('hides defects', async () => {
      const response = await sql('DEFECT');
      expect(response.status).to.equal(500);
      expect(await response.text()).to.contain('XX000').and.to.not.contain('secret');
      expect(logged.splice(0)).to.deep.equal(['request failed with a defect']);
    });

    it('does not wait for queries without an end', async () => {
      const response = await sql('SELECT ENDLESS');
      expect(response.status).to.equal(400);
      expect((await response.json() as ErrorAnswer).error).to.include({ code: 'result-endless' }).and.to.have.property('hint').that.contains('application/x-ndjson');
      expect(gateway.pulled).to.equal(0);
    });

    it('bounds results by rows, bytes and time', async () => {
      await server.close();
      await serve({ limits: { resultRows: 1500, resultTimeoutMs: 100 } });
      expect(((await (await sql('SELECT SERIES 1500')).json()) as { results: { rows: unknown[] }[] }).results[0]?.rows).to.have.length(1500);
      const many = await sql('SELECT SERIES 1501');
      expect([many.status, (await many.json() as ErrorAnswer).error.code]).to.deep.equal([413, 'result-too-large']);
      const slow = await sql('SELECT HANGS');
      expect([slow.status, (await slow.json() as ErrorAnswer).error.code]).to.deep.equal([408, 'result-too-slow']);
      await server.close();
      await serve({ limits: { resultBytes: 5000 } });
      expect((await sql('SELECT SERIES 1000')).status).to.equal(413);
      expect(gateway.ended).to.deep.equal(['SELECT SERIES 1000']);
    });

    it('streams lines, changes with their kind, and errors at the end', async () => {
      const ndjson = { accept: 'application/x-ndjson' };
      const response = await sql('NOTICE; SELECT CHANGES; SELECT HALF', ndjson);
      expect(response.headers.get('content-type')).to.match(/^application\/x-ndjson/);
      const lines = (await response.text()).trim().split('\n').map((line) => JSON.parse(line));
      expect(lines.map((line) => Object.keys(line).join())).to.deep.equal(['notice', 'result', 'columns', 'op,row', 'op,row', 'end', 'columns', 'row', 'row', 'error']);
      expect(lines[4]).to.deep.equal({ op: '-D', row: [1, 'b'] });
      expect(lines[9].error.sqlstate).to.equal('XX000');
      expect(logged.splice(0)).to.have.length(1);
      const early = await sql('SELECT boom', ndjson);
      expect([early.status, (await early.json() as ErrorAnswer).error.sqlstate]).to.deep.equal([400, '42703']);
    });

    it('streams endless results as they come, and ends them with the client', async () => {
      const abort = new AbortController();
      const response = await fetch(`${base}/api/v1/sql`, { method: 'POST', body: '{"sql":"SELECT TRICKLE"}', headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' }, signal: abort.signal });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader(), read = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
      expect(await read()).to.equal('{"columns":[{"name":"i","type":"BIGINT"},{"name":"s","type":"STRING"}]}\n');
      gateway.push(7, 'x');
      expect(await read()).to.equal('{"row":[7,"x"]}\n');
      abort.abort();
      await until(() => gateway.sessions[0]?.isClosed === true);
      expect(gateway.ended).to.deep.equal(['SELECT TRICKLE']);
    });

    it('asks the engine for no more than an unread stream holds', async () => {
      const socket = createConnection({ port: server.port, host: '127.0.0.1' });
      const body = '{"sql":"SELECT ENDLESS"}';
      socket.pause();
      socket.write(`POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      let last = -1;
      while (gateway.pulled === 0 || gateway.pulled !== last) { last = gateway.pulled; await new Promise((resolve) => setTimeout(resolve, 50)); }
      expect(gateway.pulled).to.be.below(1_000_000);
      socket.destroy();
      await until(() => gateway.sessions[0]?.isClosed === true);
    });

    for (const [name, body, status] of [
      ['no JSON', '{"sql":', 400], ['a list', '["SELECT ONE"]', 400], ['no sql', '{}', 400], ['a number for sql', '{"sql":1}', 400], ['an unknown field', '{"sql":"SELECT ONE","sqll":1}', 400],
      ['__proto__', '{"sql":"SELECT ONE","__proto__":{"polluted":1}}', 400], ['constructor.prototype', '{"sql":"SELECT ONE","constructor":{"prototype":{"polluted":1}}}', 400],
    ] as const) {
      it(`refuses ${name} in the body`, async () => {
        const response = await post('/api/v1/sql', body);
        expect(response.status).to.equal(status);
        expect((await response.json() as ErrorAnswer).error.sqlstate).to.equal('22023');
        expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
        expect(gateway.sessions).to.have.length(0);
      });
    }
  });

  describe('jobs', () => {
    it('are listed, shown and missed', async () => {
      expect(await (await fetch(`${base}/api/v1/jobs`)).json()).to.deep.equal({ jobs: [{ id: 'j1', name: 'job one', status: 'RUNNING', startTimeMs: 1_582_979_696_789 }] });
      expect(await (await fetch(`${base}/api/v1/jobs/j1`)).json()).to.deep.equal({ id: 'j1', status: 'RUNNING', plan: { nodes: [] } });
      for (const path of ['/jobs/nope', '/jobs/nope/print', '/jobs/nope/print?follow=true', '/nothing', '/jobs/..%2f..%2fetc%2fpasswd']) {
        const response = await fetch(`${base}/api/v1${path}`);
        expect(response.status, path).to.equal(404);
        expect((await response.json() as ErrorAnswer).error.sqlstate).to.equal('42704');
      }
    });

    it('obey actions', async () => {
      expect(await (await post('/api/v1/jobs/j1/stop', { savepoint: true })).json()).to.deep.equal({ id: 'j1', result: 'OK', savepointPath: '/sp/1' });
      for (const [path, body] of [['stop', undefined], ['cancel', undefined], ['savepoint', undefined], ['restart', undefined], ['restart', { from: 'initial' }], ['restart', { from: { savepointPath: '/sp/2' } }]] as const) expect((await post(`/api/v1/jobs/j1/${path}`, body)).status).to.equal(200);
      expect((await fetch(`${base}/api/v1/jobs/j1`, { method: 'DELETE' })).status).to.equal(200);
      expect(gateway.actions).to.deep.equal(['stop j1 true', 'stop j1 false', 'cancel j1', 'savepoint j1', 'restart j1 "latest"', 'restart j1 "initial"', 'restart j1 {"savepointPath":"/sp/2"}', 'drop j1']);
      expect((await post('/api/v1/jobs/nope/cancel')).status).to.equal(404);
      const empty = { method: 'POST', headers: { 'content-type': 'application/json' } };
      expect([(await fetch(`${base}/api/v1/jobs/j1/cancel`, empty)).status, (await fetch(`${base}/api/v1/sql`, empty)).status]).to.deep.equal([200, 400]);
      for (const [path, body] of [['stop', { savepoint: 1 }], ['stop', { save: true }], ['restart', { from: 'yesterday' }], ['restart', { from: {} }]] as const) expect((await post(`/api/v1/jobs/j1/${path}`, body)).status).to.equal(400);
    });

    it('list savepoints and checkpoints, and remove a savepoint by its path', async () => {
      const listed = await (await fetch(`${base}/api/v1/savepoints`)).json() as { savepoints: { path: string }[]; checkpoints: { path: string }[] };
      expect([listed.savepoints[0]?.path, listed.checkpoints[0]?.path]).to.deep.equal(['/sp/one', 'checkpoint:a/7']);
      gateway.actions.length = 0;
      expect((await fetch(`${base}/api/v1/savepoints?path=%2Fsp%2Fone`, { method: 'DELETE' })).status).to.equal(200);
      expect((await fetch(`${base}/api/v1/savepoints`, { method: 'DELETE' })).status).to.equal(400);
      expect(gateway.actions).to.deep.equal(['dispose /sp/one']);
    });

    it('show what they printed', async () => {
      const print = async (query: string): Promise<string> => (await fetch(`${base}/api/v1/jobs/j1/print${query}`)).text();
      expect(await print('')).to.equal('+I[1, one]\n+I[2, two]\n-D[1, one]\n');
      expect(await print('?sink=a&tail=1')).to.equal('-D[1, one]\n');
      for (const query of ['?tail=-1', '?tail=x', '?follow=maybe', '?sinks=a', '?tail=1&tail=2']) expect((await fetch(`${base}/api/v1/jobs/j1/print${query}`)).status, query).to.equal(400);
    });

    it('go on showing it, as text and as events', async () => {
      for (const [headers, kept, fresh] of [
        [{}, '-D[1, one]\n', '+I[9]\n'],
        [{ accept: 'text/event-stream' }, 'id: 3\ndata: {"sink":"a","sequence":3,"text":"-D[1, one]"}\n\n', 'id: 4\ndata: {"sink":"a","sequence":4,"text":"+I[9]"}\n\n'],
      ] as const) {
        const abort = new AbortController(), response = await fetch(`${base}/api/v1/jobs/j1/print?follow=true&tail=1`, { headers, signal: abort.signal });
        const reader = (response.body as ReadableStream<Uint8Array>).getReader();
        let seen = '';
        const readUntil = async (text: string): Promise<void> => { while (!seen.endsWith(text)) seen += Buffer.from((await reader.read()).value ?? []).toString(); };
        await readUntil(kept);
        gateway.push('+I[9]');
        await readUntil(fresh);
        abort.abort();
        await until(() => gateway.ended.includes('follow'));
        gateway.ended.length = 0;
      }
    });
  });

  it('tells health, readiness, metrics and its own description', async () => {
    expect(await (await fetch(`${base}/healthz`)).text()).to.equal('ok\n');
    gateway.ready = false;
    expect((await fetch(`${base}/readyz`)).status).to.equal(503);
    expect((await fetch(`${base}/health`)).status).to.equal(503);
    gateway.ready = true;
    expect((await fetch(`${base}/readyz`)).status).to.equal(200);
    expect(await (await fetch(`${base}/health`)).json()).to.deep.equal({ status: 'ok', problems: [] });
    expect((await fetch(`${base}/metrics`)).headers.get('content-type')).to.contain('version=0.0.4');
    const document = await (await fetch(`${base}/api/v1/openapi.json`)).json() as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(document.openapi).to.equal('3.1.0');
    expect(Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)).sort()).to.deep.equal([
      'delete /api/v1/jobs/{id}', 'delete /api/v1/savepoints', 'get /api/v1/jobs', 'get /api/v1/jobs/{id}', 'get /api/v1/jobs/{id}/bad-records', 'get /api/v1/jobs/{id}/print', 'get /api/v1/openapi.json', 'get /api/v1/savepoints', 'get /health', 'get /healthz', 'get /metrics', 'get /readyz', 'post /api/v1/jobs/{id}/cancel',
      'post /api/v1/jobs/{id}/restart', 'post /api/v1/jobs/{id}/savepoint', 'post /api/v1/jobs/{id}/stop', 'post /api/v1/sql',
    ]);
  });

  describe('refuses', () => {
    const head = (lines: string, body = ''): string => `POST /api/v1/jobs/j1/cancel HTTP/1.1\r\nConnection: close\r\n${lines}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
    for (const [name, request, status] of [
      ['another host name (DNS rebinding)', head('Host: evil.example\r\n'), 403], ['a host name that looks local', head('Host: localhost.evil.example\r\n'), 403], ['a host header that is none', head('Host: a/b\r\n'), 400], ['no host', head(''), 400],
      ['two lengths', `POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400], ['length and chunks', `POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
      ['a foreign page', head('Host: localhost\r\nOrigin: http://evil.example\r\n'), 403], ['a sandboxed page', head('Host: localhost\r\nOrigin: null\r\n'), 403], ['a foreign page without Origin', head('Host: localhost\r\nSec-Fetch-Site: cross-site\r\n'), 403],
      ['another page of this machine', head('Host: localhost:7480\r\nOrigin: http://localhost:3000\r\n'), 403],
      ['a form', head('Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n', 'sql=1'), 415], ['plain text', head('Host: localhost\r\nContent-Type: text/plain\r\n', '{"savepoint":true}'), 415], ['a body without type', head('Host: localhost\r\n', '{}'), 415],
      ['a compressed body', head('Host: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n', '{}'), 415], ['long headers', head(`Host: localhost\r\nX: ${'x'.repeat(20_000)}\r\n`), 431], ['nonsense', 'what is this\r\n\r\n', 400],
    ] as const) {
      it(name, async () => {
        expect(await statusOf(request)).to.equal(status);
        expect(gateway.actions).to.deep.equal([]);
      });
    }

    it('bodies beyond the limit, announced or not', async () => {
      await server.close();
      await serve({ limits: { bodyBytes: 1000 } });
      const text = JSON.stringify({ sql: `SELECT ONE${' '.repeat(2000)}` });
      expect((await post('/api/v1/sql', text)).status).to.equal(413);
      expect(await statusOf(`POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`)).to.equal(413);
      expect(gateway.sessions).to.have.length(0);
    });

    it('clients that do not get on with headers or body', async () => {
      await server.close();
      await serve({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
      expect(await statusOf('GET /healthz HTTP/1.1\r\nHost: loc')).to.equal(408);
      expect(await statusOf('POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"sql')).to.equal(408);
    });
  });

  it('answers to loopback names, its address, and names it was given', async () => {
    await server.close();
    await serve({ names: ['Flow.Example'] });
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:7480', 'flow.example', 'flow.example.:80']) expect(await statusOf(`GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: ${host}\r\n\r\n`), host).to.equal(200);
    const own = `POST /api/v1/jobs/j1/cancel HTTP/1.1\r\nConnection: close\r\nHost: localhost:7480\r\nOrigin: http://localhost:7480\r\nSec-Fetch-Site: same-origin\r\n\r\n`;
    expect(await statusOf(own)).to.equal(200);
  });

  it('ends its streams when it is closed', async () => {
    const response = await sql('SELECT TRICKLE', { accept: 'application/x-ndjson' });
    const followed = await fetch(`${base}/api/v1/jobs/j1/print?follow=true`);
    await server.close();
    for (const each of [response, followed]) await each.text().then(() => { throw new TypeError('the stream ended as if it were complete'); }, (error: Error) => expect(error.message).to.equal('terminated'));
    await until(() => gateway.sessions[0]?.isClosed === true && gateway.ended.length === 2);
  });
});
