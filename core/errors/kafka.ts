/** Errors of the Kafka client and connectors. Kafka's own error names stand in the detail. */
import { defineError, didYouMean, quoted } from './define.ts';

/** The answer of a broker that ends a call; `code` is Kafka's name of it, e.g. `TOPIC_AUTHORIZATION_FAILED`. */
export const kafkaRequestFailed = defineError<{ call: string; code: string; what?: string | undefined; text?: string | undefined; fix?: string | undefined }>({
  sqlstate: '58030', name: 'kafka-request-failed', domain: 'external', retry: 'restart',
  message: (p) => `Kafka refused ${p.call}${p.what === undefined ? '' : ` for ${p.what}`}: ${p.code}`, detail: (p) => p.text, hint: (p) => p.fix,
});
export const kafkaUnreachable = defineError<{ servers: string; why: string }>({
  sqlstate: '08001', name: 'kafka-unreachable', domain: 'external', retry: 'backoff',
  message: (p) => `no Kafka broker answers at ${quoted(p.servers)}`, detail: (p) => `${p.why}.`,
  hint: () => "Check 'properties.bootstrap.servers', and that the addresses the brokers advertise can be reached from here.",
});
export const kafkaConnectionLost = defineError<{ server: string; why: string }>({
  sqlstate: '08006', name: 'kafka-connection-lost', domain: 'external', retry: 'backoff',
  message: (p) => `connection to Kafka broker ${quoted(p.server)} was lost`, detail: (p) => `${p.why}.`,
});
export const kafkaTimeout = defineError<{ call: string; server: string; timeoutMs: number }>({
  sqlstate: '08006', name: 'kafka-timeout', domain: 'external', retry: 'backoff',
  message: (p) => `Kafka broker ${quoted(p.server)} did not answer ${p.call} within ${p.timeoutMs} ms`,
});
export const kafkaAuthenticationFailed = defineError<{ server: string; mechanism: string; why: string }>({
  sqlstate: '28000', name: 'kafka-authentication-failed', domain: 'external', retry: 'never',
  message: (p) => `Kafka broker ${quoted(p.server)} refused the login by ${p.mechanism}`, detail: (p) => `${p.why}.`,
  hint: () => "Check 'properties.sasl.mechanism' and 'properties.sasl.jaas.config'.",
});
export const kafkaTlsFailed = defineError<{ server: string; why: string }>({
  sqlstate: '08001', name: 'kafka-tls-failed', domain: 'external', retry: 'never',
  message: (p) => `TLS with Kafka broker ${quoted(p.server)} failed`, detail: (p) => `${p.why}.`,
  hint: () => "Check 'properties.security.protocol' and the 'properties.ssl.*' options.",
});
/** An answer that breaks the protocol: truncated, too large, impossible lengths. */
export const kafkaProtocolViolation = defineError<{ server: string; call: string; why: string }>({
  sqlstate: '08P01', name: 'kafka-protocol-violation', domain: 'external', retry: 'restart',
  message: (p) => `Kafka broker ${quoted(p.server)} sent an answer to ${p.call} that cannot be read`, detail: (p) => `${p.why}.`,
  hint: () => 'Is the address that of a Kafka listener, with the right security protocol?',
});
export const kafkaUnsupportedBroker = defineError<{ server: string; call: string; has: string; needs: string }>({
  sqlstate: '0A000', name: 'kafka-unsupported-broker', domain: 'external', retry: 'never',
  message: (p) => `Kafka broker ${quoted(p.server)} does not support ${p.call} in a version known here`, detail: (p) => `It offers ${p.has}, needed is ${p.needs}.`,
  hint: (p) => (p.has === 'no version' ? 'Is the address that of a listener for clients, and not of a controller?' : undefined),
});
function existingTopics(known: Iterable<string>): string | undefined {
  const names = [...known], shown = names.slice(0, SHOWN_TOPICS).map(quoted).join(', ');
  return names.length === 0 ? undefined : `Existing topics: ${shown}${names.length > SHOWN_TOPICS ? ` and ${names.length - SHOWN_TOPICS} more` : ''}.`;
}
const SHOWN_TOPICS = 50;
export const kafkaUnknownTopic = defineError<{ topic: string; known: Iterable<string> }>({
  sqlstate: '42P01', name: 'kafka-unknown-topic', domain: 'user', retry: 'never',
  message: (p) => `Kafka topic ${quoted(p.topic)} does not exist`, detail: (p) => existingTopics(p.known), hint: (p) => didYouMean(p.topic, p.known),
});
/** The topic was deleted, or deleted and made again, under a running reader or writer. */
export const kafkaTopicReplaced = defineError<{ topic: string; partition: number; position: number; now: 'gone' | 'another' }>({
  sqlstate: '55000', name: 'kafka-topic-replaced', domain: 'external', retry: 'never',
  message: (p) => `Kafka topic ${quoted(p.topic)} was ${p.now === 'gone' ? 'deleted' : 'deleted and made again'} while it was in use`,
  detail: (p) => p.position < 0 ? `Partition ${p.partition}.` : `Partition ${p.partition}, offset ${p.position}.`,
  hint: () => 'Offsets kept for the old topic mean nothing in the new one; start the job without its state, or at another offset.',
});
export const kafkaDamagedBatch = defineError<{ topic: string; partition: number; offset: number; why: string }>({
  sqlstate: '58030', name: 'kafka-damaged-batch', domain: 'external', retry: 'never',
  message: (p) => `record batch at offset ${p.offset} of partition ${p.partition} of Kafka topic ${quoted(p.topic)} cannot be read`, detail: (p) => `${p.why}.`,
});
/** A packed batch whose records take more memory than is allowed: a mistake, an attack, or very large and very regular records. */
export const kafkaBatchTooLarge = defineError<{ topic: string; partition: number; offset: number; codec: string; packedBytes: number; limitBytes: number }>({
  sqlstate: '54000', name: 'kafka-batch-too-large', domain: 'external', retry: 'never',
  message: (p) => `record batch at offset ${p.offset} of partition ${p.partition} of Kafka topic ${quoted(p.topic)} unpacks to more than ${p.limitBytes} bytes`,
  detail: (p) => `It has ${p.packedBytes} bytes of ${p.codec}.`, hint: () => "If it is meant to be so large, raise 'properties.unpacked.batch.max.bytes'; else start after it.",
});
export const kafkaOldMessageFormat = defineError<{ topic: string; partition: number; offset: number; magic: number }>({
  sqlstate: '0A000', name: 'kafka-old-message-format', domain: 'external', retry: 'never',
  message: (p) => `Kafka topic ${quoted(p.topic)} holds messages of format v${p.magic}, which is not supported`,
  detail: (p) => `Partition ${p.partition}, offset ${p.offset}.`, hint: () => 'Formats v0 and v1 were written before Kafka 0.11; copy the topic with a current producer, or start after these records.',
});
export const kafkaRecordTooLarge = defineError<{ topic: string; key: string; sizeBytes: number; limitBytes: number; option: string }>({
  sqlstate: '54000', name: 'kafka-record-too-large', domain: 'data', retry: 'never',
  message: (p) => `record for Kafka topic ${quoted(p.topic)} is too large: ${p.sizeBytes} bytes, the limit is ${p.limitBytes}`,
  detail: (p) => `Its key is ${p.key}.`, hint: (p) => `Raise ${p.option}, or write smaller records.`,
});
/** Kafka has dropped a transaction whose records a checkpoint counts as written. */
export const kafkaTransactionLost = defineError<{ transactionalId: string; code: string }>({
  sqlstate: '40000', name: 'kafka-transaction-lost', domain: 'external', retry: 'never',
  message: (p) => `Kafka no longer knows the prepared transaction ${quoted(p.transactionalId)} (${p.code})`,
  detail: () => 'It expired, or another writer with the same transactional id has taken over; its records may be missing from the output.',
  hint: () => "Raise 'properties.transaction.timeout.ms' above the longest time the job may be down, and give each job its own 'sink.transactional-id-prefix'.",
});
export const kafkaProducerFenced = defineError<{ transactionalId: string; code: string }>({
  sqlstate: '55000', name: 'kafka-producer-fenced', domain: 'external', retry: 'restart',
  message: (p) => `another writer took over the Kafka transactional id ${quoted(p.transactionalId)} (${p.code})`,
  hint: () => "Two jobs must not share a 'sink.transactional-id-prefix'.",
});
/** Found by the restart of a writer that was fenced. */
export const kafkaTakenOver = defineError<{ prefix: string }>({
  sqlstate: '55000', name: 'kafka-taken-over', domain: 'external', retry: 'never',
  message: (p) => `another job writes with the Kafka transactional ids ${quoted(`${p.prefix}-…`)}`,
  detail: () => 'It was started later and has fenced this one, which would fence it in turn if it went on.',
  hint: () => "Give each job its own 'sink.transactional-id-prefix'. A copied data directory must not be used beside the original; RESTART JOB takes the ids back.",
});
/** Records were sent but whether Kafka has them cannot be known, or it says they came out of order. */
export const kafkaDeliveryFailed = defineError<{ topic: string; partition: number; code: string; why: string }>({
  sqlstate: '58030', name: 'kafka-delivery-failed', domain: 'external', retry: 'restart',
  message: (p) => `records for partition ${p.partition} of Kafka topic ${quoted(p.topic)} could not be delivered: ${p.code}`, detail: (p) => `${p.why}.`,
});
/** No failure: what a read_committed reader waits for. */
export const kafkaTransactionOpen = defineError<{ topic: string; partition: number; offset: number }>({
  sqlstate: '55006', name: 'kafka-transaction-open', domain: 'external', retry: 'backoff',
  message: (p) => `partition ${p.partition} of Kafka topic ${quoted(p.topic)} is held back at offset ${p.offset} by the open transaction of some writer`,
  hint: () => "Readers with 'properties.isolation.level'='read_committed' go on when the writer ends it or its transaction.timeout.ms is over.",
});
export const kafkaBadProperty = defineError<{ property: string; why: string; fix?: string | undefined }>({
  sqlstate: '22023', name: 'kafka-bad-property', domain: 'user', retry: 'never',
  message: (p) => `option ${quoted(`properties.${p.property}`)} ${p.why}`, hint: (p) => p.fix,
});
export const kafkaClientClosed = defineError<Record<string, never>>({
  sqlstate: '57014', name: 'kafka-client-closed', domain: 'internal', retry: 'never', message: () => 'the Kafka client was closed',
});

export const kafkaErrors = {
  kafkaRequestFailed, kafkaUnreachable, kafkaConnectionLost, kafkaTimeout, kafkaAuthenticationFailed, kafkaTlsFailed, kafkaProtocolViolation,
  kafkaUnsupportedBroker, kafkaUnknownTopic, kafkaTopicReplaced, kafkaDamagedBatch, kafkaBatchTooLarge, kafkaOldMessageFormat, kafkaRecordTooLarge,
  kafkaTransactionLost, kafkaProducerFenced, kafkaTakenOver, kafkaDeliveryFailed, kafkaTransactionOpen, kafkaBadProperty, kafkaClientClosed,
};
