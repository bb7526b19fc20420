/** What holds up a Kafka reader or writer, as the job page tells it, and where its client counts and logs. */
import type { ConnectorContext, Stuck } from '../contract.ts';
import type { KafkaClient, Trouble } from './client/index.ts';

/** Attempts and new connections become counters of the node (`retries`, `reconnects`), there from the start. `table`: for log lines. */
export function observe(client: KafkaClient, context: ConnectorContext, table: string): KafkaClient {
  client.observe({
    retries: context.counter('retries'), reconnects: context.counter('reconnects'),
    log: (level, message, fields) => { context.log(level, message, { ...fields, table }); },
  });
  return client;
}
/** `held`: what a reader waits for without anything being wrong. */
export function stuckOn(client: KafkaClient, held?: Trouble): Stuck | undefined {
  const { trouble } = client, told = trouble ?? held;
  if (told === undefined) return undefined;
  const { message, detail } = told.error;
  return { what: trouble === undefined ? 'waiting' : 'retrying', sinceMs: told.sinceMs, why: detail === undefined ? message : `${message} (${detail.replace(/\.$/, '')})` };
}
