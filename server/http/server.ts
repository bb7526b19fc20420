/**
 * The HTTP server: `/api/v1` (SQL, jobs), health, metrics. Fastify is imported when the server starts, not when this module is loaded
 * (75 ms), and gets no schema compilers (45 ms): the handlers check what they read. The OpenAPI document is made when it is asked for.
 */
import type { FastifyHttpOptions, FastifyHttpsOptions, FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { addressUnavailable, noSuchPage } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Gateway } from '../gateway/contract.ts';
import type { Access } from '../auth/access.ts';
import type { Audit } from '../auth/audit.ts';
import type { Principal } from '../auth/contract.ts';
import type { TlsPort } from '../tls/port.ts';
import { challenge, noteRefusal, requireAccess } from './access.ts';
import { asHttpError, errorBody } from './errors.ts';
import { checkContent, checkHost, checkOrigin } from './guards.ts';
import { answerPrinted, badRecordsOf, cancelJob, dropJob, idOf, jobDetail, restartJob, savepointJob, stopJob } from './jobs.ts';
import { defaultHttpLimits } from './limits.ts';
import type { HttpLimits } from './limits.ts';
import { addSavepoints } from './savepoints.ts';
import { schemas } from './schemas.ts';
import { answerSql } from './sql.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly gateway: Gateway;
  readonly log: Log;
  readonly access: Access;
  readonly audit: Audit;
  /** HTTPS instead of HTTP. */
  readonly tls?: TlsPort | undefined;
  /** Further names the server answers to (Host header), beside loopback names, `host` and the address a request came in on. */
  readonly names?: readonly string[] | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** Further groups of routes (console, other APIs), behind the same guards. */
  readonly routes?: readonly ((app: FastifyInstance) => void)[] | undefined;
}

export interface RunningHttpServer {
  readonly port: number;
  /** Ends the requests of everybody who is not welcome any more; answers that go on for long are meant. */
  endSessions(isWelcome: (principal: Principal) => boolean): void;
  /** Stops listening, ends streams and open connections. */
  close(): Promise<void>;
}

/** Listens until closed. Rejects with `address-unavailable` when the port is taken. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { app, endSessions } = await build(options, false);
  try { await app.listen({ host: options.host, port: options.port }); } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw addressUnavailable({ host: options.host, port: options.port, code, why: message, flag: 'http-port' }, { cause: error });
  }
  const address = app.server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : options.port, endSessions, close: () => app.close() };
}

async function build(options: HttpServerOptions, isForDocument: boolean): Promise<{ app: FastifyInstance; endSessions: RunningHttpServer['endSessions'] }> {
  const { fastify } = await import('fastify');
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const { tls } = options, http = { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, 5_000), maxHeaderSize: 16 * 1024 };
  const settings: Omit<FastifyHttpOptions<Server>, 'http'> = {
    logger: false, bodyLimit: limits.bodyBytes, requestTimeout: limits.requestTimeoutMs, forceCloseConnections: true, onProtoPoisoning: 'error', onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 500 },
    schemaController: { compilersFactory: { buildValidator: (() => () => () => true) as never, buildSerializer: () => () => (data: unknown) => JSON.stringify(data) } },
  };
  const app = tls === undefined || isForDocument ? fastify({ ...settings, http }) : fastify({ ...settings, https: { ...http, ...tls.httpsOptions } } as unknown as FastifyHttpsOptions<SecureServer>) as unknown as FastifyInstance;
  if (!isForDocument) tls?.attach(app.server as unknown as SecureServer);
  app.server.maxConnections = limits.connections;
  if (isForDocument) await app.register((await import('@fastify/swagger')).default, { openapi: { openapi: '3.1.0', info: { title: 'Rivulet', description: 'Streaming SQL server', version: options.gateway.version }, security: [{ basic: [] }, { token: [] }], components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' }, token: { type: 'http', scheme: 'bearer', description: 'of POST /api/v1/tokens' } } } } });
  const endSessions = guard(app, options);
  answerErrors(app, options, limits);
  await app.register(async (scope) => {
    addApi(scope, options, limits);
    addServerRoutes(scope, options);
    for (const add of options.routes ?? []) add(scope);
  });
  return { app, endSessions };
}

function guard(app: FastifyInstance, options: HttpServerOptions): RunningHttpServer['endSessions'] {
  const names = new Set([options.host, ...(options.names ?? [])].map((name) => name.toLowerCase()));
  app.removeContentTypeParser('text/plain');
  // Clients that always say application/json may leave out a body that is optional.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => { if (body === '') done(null, undefined); else void parse(request, body, done); });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    checkHost(request.raw, names);
    checkOrigin(request.raw);
    checkContent(request.raw);
  });
  return requireAccess(app, options.access, options.audit);
}

function answerErrors(app: FastifyInstance, options: HttpServerOptions, limits: HttpLimits): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const { error, status } = asHttpError(thrown, options.log, limits.bodyBytes);
    noteRefusal(request, error);
    challenge(error, reply);
    return reply.code(status).send({ error: errorBody(error) });
  });
  app.setNotFoundHandler(async (request, reply) => reply.code(404).send({ error: errorBody(noSuchPage({ method: request.method, path: request.url.split('?')[0] ?? '' })) }));
}

function addApi(app: FastifyInstance, options: HttpServerOptions, limits: HttpLimits): void {
  const { gateway, log } = options, context = { gateway, limits, log };
  let document: Promise<unknown> | undefined;
  app.post('/api/v1/sql', { schema: schemas.sql, config: { need: 'read' } }, (request, reply) => answerSql(context, request, reply));
  app.get('/api/v1/jobs', { schema: schemas.jobs }, async () => ({ jobs: gateway.jobs() }));
  app.get('/api/v1/jobs/:id', { schema: schemas.job }, (request) => jobDetail(gateway, idOf(request)));
  app.get('/api/v1/jobs/:id/bad-records', { schema: schemas.badRecords }, (request) => badRecordsOf(gateway, idOf(request)));
  app.get('/api/v1/jobs/:id/print', { schema: schemas.printed }, (request, reply) => answerPrinted(context, request, reply));
  app.post('/api/v1/jobs/:id/stop', { schema: schemas.stop }, (request) => stopJob(gateway, idOf(request), request.body));
  app.post('/api/v1/jobs/:id/cancel', { schema: schemas.cancel }, (request) => cancelJob(gateway, idOf(request)));
  app.post('/api/v1/jobs/:id/savepoint', { schema: schemas.savepoint }, (request) => savepointJob(gateway, idOf(request)));
  app.post('/api/v1/jobs/:id/restart', { schema: schemas.restart }, (request) => restartJob(gateway, idOf(request), request.body));
  app.delete('/api/v1/jobs/:id', { schema: schemas.drop }, (request) => dropJob(gateway, idOf(request)));
  addSavepoints(app, gateway);
  app.get('/api/v1/openapi.json', { schema: schemas.openapi }, () => (document ??= openApiDocument(options)));
}

function addServerRoutes(app: FastifyInstance, options: HttpServerOptions): void {
  const { gateway } = options;
  app.get('/healthz', { schema: schemas.healthz, config: { need: 'open' } }, async (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  app.get('/readyz', { schema: schemas.readyz, config: { need: 'open' } }, async (_request, reply) => reply.code(gateway.ready ? 200 : 503).type('text/plain; charset=utf-8').send(gateway.ready ? 'ready\n' : 'starting\n'));
  app.get('/health', { schema: schemas.health }, async (_request, reply) => {
    const problems = gateway.jobs().flatMap(({ id, name, status, problem }) => (problem === undefined ? [] : [{ jobId: id, job: name, status, problem }]));
    return reply.code(gateway.ready ? 200 : 503).send({ status: !gateway.ready ? 'starting' : problems.length > 0 ? 'degraded' : 'ok', problems });
  });
  app.get('/metrics', { schema: schemas.metrics }, async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await gateway.metrics()));
}

/** A second instance with the same routes, never listening: the running one needs no swagger. */
async function openApiDocument(options: HttpServerOptions): Promise<unknown> {
  const { app } = await build(options, true);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}
