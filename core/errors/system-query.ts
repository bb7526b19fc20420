/** Errors of queries over system tables. */
import { defineError } from './define.ts';

/** Such queries run on the thread that serves all clients, so their work is bounded. */
export const systemQueryTooLarge = defineError<{ rows: number }>({
  sqlstate: '54000', name: 'system-query-too-large', domain: 'user', retry: 'never', message: (p) => `a query over system tables looked at more than ${p.rows} rows`,
  hint: () => 'Add conditions that join its tables by their object ids or names.',
});
export const systemQueryErrors = { systemQueryTooLarge };
