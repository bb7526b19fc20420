/** JSON schemas of `/api/v1/tokens`, for the OpenAPI document. */
const string = { type: 'string' }, integer = { type: 'integer' }, role = { type: 'string', enum: ['admin', 'read-only'] };
const json = (description: string, properties: Record<string, unknown>) => ({ description, content: { 'application/json': { schema: { type: 'object', properties } } } });
const token = { id: string, user: string, role: { ...role, description: 'less than the user may do; absent: all of it' }, label: string, createdMs: integer, expiresMs: integer };

export const tokenSchemas = {
  create: {
    operationId: 'createToken', summary: 'Make a token of the user who asks (with a password)', tags: ['access'],
    body: { type: 'object', properties: { expiresIn: { ...string, description: 'such as "30 d"; 90 days unless given' }, role, label: { ...string, description: 'what it is for' } } }, response: { 201: json('Made; the token is shown this once', { token: string, ...token }) },
  },
  list: { operationId: 'listTokens', summary: 'Tokens of the user who asks, of an admin everybody\'s', tags: ['access'], response: { 200: json('Tokens, without what they are', { tokens: { type: 'array', items: { type: 'object', properties: token } } }) } },
  drop: { operationId: 'dropToken', summary: 'Revoke a token', tags: ['access'], params: { type: 'object', properties: { id: string } }, response: { 200: json('Revoked', { id: string, result: string }) } },
} as const;
