/**
 * Who sends a request: `Authorization: Basic` or `Bearer`, for the same users as the PostgreSQL protocol. Every route asks, also those that
 * do not exist; only routes that say `need: 'open'` answer anybody. What a route does not say is decided by its method: GET looks, everything else changes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { credentialsRefused, loginRequired } from '../../core/errors/access.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import type { Access, Need } from '../auth/access.ts';
import { LOGIN, outcomeOf, type Audit } from '../auth/audit.ts';
import type { Principal } from '../auth/contract.ts';

/** Of a route. `audited`: told to the audit although readers may do it. */
export interface RouteAccess { readonly need?: Need | 'open' | undefined; readonly audited?: boolean | undefined }
const SAFE_METHODS = new Set(['GET', 'HEAD']), BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i, BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

interface Asked { principal: Principal | undefined; error: RivuletError | undefined; readonly startMs: number }
const asked = new WeakMap<FastifyRequest, Asked>();

/** Whom the request acts for. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = asked.get(request)?.principal;
  if (principal === undefined) throw loginRequired({ user: undefined });
  return principal;
}
/** Remembers why a request was refused, for the audit. */
export function noteRefusal(request: FastifyRequest, error: RivuletError): void {
  const known = asked.get(request);
  if (known !== undefined) known.error = error;
}

/** Gives what ends the requests of those who are not welcome any more. */
export function requireAccess(app: FastifyInstance, access: Access, audit: Audit): (isWelcome: (principal: Principal) => boolean) => void {
  const open = new Map<FastifyReply, Principal>();
  app.addHook('onRequest', async (request, reply) => {
    const entry: Asked = { principal: undefined, error: undefined, startMs: performance.now() }, { need } = rulesOf(request), remote = request.socket.remoteAddress ?? '';
    asked.set(request, entry);
    if (need === 'open') return;
    const tell = (user: string, error: unknown, action: string): void => audit.record({ user, remote, protocol: 'http', action, ...outcomeOf(error), durationMs: performance.now() - entry.startMs });
    try { entry.principal = await authenticate(access, request.headers.authorization, remote); } catch (error) {
      // Whoever sends no name has not tried to log in.
      if (request.headers.authorization !== undefined) tell(basicOf(request.headers.authorization)?.user ?? '', error, LOGIN);
      throw error;
    }
    try { access.require(entry.principal, need, `${request.method} ${pathOf(request)}`); } catch (error) {
      tell(entry.principal.name, error, actionOf(request));
      entry.principal = undefined;
      throw error;
    }
    open.set(reply, entry.principal);
    reply.raw.once('close', () => open.delete(reply));
  });
  // The body may have come long after the head: who was dropped, demoted or has another password since then changes nothing any more.
  app.addHook('preHandler', async (request) => {
    const entry = asked.get(request), { need, audited } = rulesOf(request);
    if (entry?.principal === undefined || need === 'open' || (need !== 'change' && audited !== true)) return;
    entry.principal = await authenticate(access, request.headers.authorization, request.socket.remoteAddress ?? '');
    access.require(entry.principal, need, actionOf(request));
  });
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    const entry = asked.get(request), { need, audited } = rulesOf(request);
    if (entry?.principal === undefined || (need !== 'change' && audited !== true)) return;
    const outcome = reply.statusCode < 400 ? 'done' : reply.statusCode === 403 ? 'refused' : 'failed';
    audit.record({ user: entry.principal.name, remote: request.socket.remoteAddress, protocol: 'http', action: actionOf(request), outcome, error: entry.error?.code, durationMs: performance.now() - entry.startMs });
  });
  return (isWelcome) => { for (const [reply, principal] of open) if (!isWelcome(principal)) reply.raw.destroy(); };
}
function rulesOf(request: FastifyRequest): RouteAccess & { readonly need: Need | 'open' } {
  const { need, audited } = request.routeOptions.config as RouteAccess;
  return { need: need ?? (request.is404 || SAFE_METHODS.has(request.method) ? 'read' : 'change'), audited };
}
const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
const actionOf = (request: FastifyRequest): string => `${request.method} ${pathOf(request)}`;

async function authenticate(access: Access, header: string | undefined, remote: string): Promise<Principal> {
  if (!access.mustLogIn) return access.trust('anonymous', remote);
  if (header === undefined) throw loginRequired({ user: undefined });
  const bearer = BEARER.exec(header)?.[1];
  if (bearer !== undefined) return access.logInByToken(bearer, remote);
  const basic = basicOf(header);
  if (basic === undefined) throw credentialsRefused({ what: 'the Authorization header is neither Basic nor Bearer' });
  return await access.logIn(basic.user, basic.password, remote);
}
function basicOf(header: string): { user: string; password: string } | undefined {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8'), colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
/** Headers that go with an error of logging in. */
export function challenge(error: RivuletError, reply: FastifyReply): void {
  if (error.code === 'login-throttled') reply.header('retry-after', /\d+/.exec(error.hint ?? '')?.[0] ?? '60');
  else if (error.sqlstate === '28P01' || error.code === 'login-required' || error.code === 'credentials-refused' || error.code === 'user-gone') reply.header('www-authenticate', ['Basic realm="rivulet", charset="UTF-8"', 'Bearer realm="rivulet"']);
}
