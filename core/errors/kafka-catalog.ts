/** Errors of sampling topics for the Kafka JSON catalog. */
import { defineError, quoted } from './define.ts';

export const kafkaSampleTimeout = defineError<{ topic: string; ms: number }>({
  sqlstate: '08006', name: 'kafka-sample-timeout', domain: 'external', retry: 'backoff',
  message: (p) => `topic ${quoted(p.topic)} gave no messages within ${p.ms} ms while its schema was inferred`,
  hint: () => 'Check that the brokers are healthy, or declare the columns yourself with CREATE TEMPORARY TABLE.',
});
export const kafkaCatalogErrors = { kafkaSampleTimeout };
