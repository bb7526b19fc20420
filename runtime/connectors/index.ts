/** The registry of connectors, planner half. The run-time halves stand in `runtimes.ts`, which only workers import. */
import type { Connector, ConnectorRegistry } from '../../catalog/registry/connectors.ts';
import { blackholeConnector } from './blackhole/blackhole.ts';
import { datagenConnector } from './datagen/datagen.ts';
import { kafkaConnector, upsertKafkaConnector } from './kafka/describe.ts';
import { printConnector } from './print/print.ts';

export const connectors: readonly Connector[] = [kafkaConnector, upsertKafkaConnector, printConnector, blackholeConnector, datagenConnector];

const byIdentifier = new Map(connectors.map((c) => [c.identifier, c]));
export const connectorRegistry: ConnectorRegistry = { get: (identifier) => byIdentifier.get(identifier), identifiers: () => [...byIdentifier.keys()].sort() };
