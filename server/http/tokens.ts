/**
 * `/api/v1/tokens`: what machines log in with by `Authorization: Bearer`. Made with a password (a token cannot make others, so a stolen one ends), shown
 * once, kept as a hash, over at a time. A user sees and revokes their own; an admin everybody's. A changed password revokes them all.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { permissionDenied } from '../../core/errors/access.ts';
import { invalidRequest } from '../../core/errors/wire.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { parseDuration } from '../../catalog/options/options.ts';
import type { Access } from '../auth/access.ts';
import { ROLES, type Principal, type Token } from '../auth/contract.ts';
import { principalOf, type RouteAccess } from './access.ts';
import { bodyFields, idOf } from './jobs.ts';
import { tokenSchemas } from './token-schemas.ts';

const DEFAULT_LIFE = '90 d', LONGEST_MS = 366 * 86_400_000, MAX_LABEL = 200;
const RULES: RouteAccess = { need: 'read', audited: true };

export function tokenRoutes(access: Access, clock: Clock): (app: FastifyInstance) => void {
  /** undefined: may see everybody's. */
  const ownerOf = (principal: Principal): string | undefined => (access.roleOf(principal) === 'admin' ? undefined : principal.name);
  return (app) => {
    app.post('/api/v1/tokens', { schema: tokenSchemas.create, config: RULES }, async (request, reply) => {
      const { text, token } = await access.users.createToken(newToken(access, request, clock.now()), clock.now());
      return reply.code(201).send({ token: text, ...shown(token) });
    });
    app.get('/api/v1/tokens', { schema: tokenSchemas.list }, async (request) => ({ tokens: access.users.tokens(ownerOf(principalOf(request)), clock.now()).map(shown) }));
    app.delete('/api/v1/tokens/:id', { schema: tokenSchemas.drop, config: RULES }, async (request) => {
      await access.users.dropToken(idOf(request), ownerOf(principalOf(request)));
      return { id: idOf(request), result: 'OK' };
    });
  };
}
function newToken(access: Access, request: FastifyRequest, nowMs: number): { user: string; role: Token['role']; label: string | undefined; expiresMs: number } {
  const principal = principalOf(request), fields = bodyFields(request.body, ['expiresIn', 'role', 'label']), { expiresIn = DEFAULT_LIFE, role, label } = fields;
  if (principal.via === 'trust') throw invalidRequest({ what: 'this server has no users, so there is nothing a token would be good for', hint: 'Make the first user: CREATE USER … WITH ADMIN PASSWORD …' });
  if (principal.via === 'token') throw permissionDenied({ user: principal.name, what: 'make tokens with a token', why: 'Tokens are made with a name and a password.' });
  if (typeof expiresIn !== 'string') throw invalidRequest({ what: 'the field "expiresIn" must be a duration such as "30 d"' });
  if (label !== undefined && (typeof label !== 'string' || label.length > MAX_LABEL)) throw invalidRequest({ what: `the field "label" must be a text of at most ${MAX_LABEL} characters` });
  const wanted = ROLES.find((r) => r === role), lifeMs = parseDuration('expiresIn', expiresIn);
  if (role !== undefined && wanted === undefined) throw invalidRequest({ what: `the field "role" must be ${ROLES.map((r) => `"${r}"`).join(' or ')}` });
  if (lifeMs <= 0 || lifeMs > LONGEST_MS) throw invalidRequest({ what: 'a token lives for more than nothing and at most 366 days' });
  if (wanted === 'admin' && access.roleOf(principal) !== 'admin') throw permissionDenied({ user: principal.name, what: 'make tokens of an admin' });
  return { user: principal.name, role: wanted === 'admin' ? undefined : wanted, label, expiresMs: nowMs + lifeMs };
}
const shown = ({ id, user, role, label, createdMs, expiresMs }: Token): Record<string, unknown> => ({ id, user, role, label, createdMs, expiresMs });
