/** `/api/v1/savepoints`: the savepoints of the data directory, and the checkpoints a job could start from. */
import type { FastifyInstance } from 'fastify';
import { invalidRequest } from '../../core/errors/wire.ts';
import type { Gateway } from '../gateway/contract.ts';
import { schemas } from './schemas.ts';

export function addSavepoints(app: FastifyInstance, gateway: Gateway): void {
  app.get('/api/v1/savepoints', { schema: schemas.savepoints }, async () => ({ savepoints: await gateway.savepoints(), checkpoints: gateway.checkpoints() }));
  app.delete('/api/v1/savepoints', { schema: schemas.dropSavepoint }, async (request) => {
    const { path } = request.query as { path?: unknown };
    if (typeof path !== 'string' || path === '') throw invalidRequest({ what: 'the parameter "path" must name the savepoint' });
    await gateway.dropSavepoint(path);
    return { path, result: 'OK' };
  });
}
