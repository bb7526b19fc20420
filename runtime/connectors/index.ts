/** The registry of connectors, planner half. The run-time halves stand in `runtimes.ts`, which only workers import. */
import type { Connector, ConnectorRegistry, FormatRegistry } from '../../catalog/registry/connectors.ts';
import { pathSummary, type TableObject } from '../../catalog/objects/objects.ts';
import { missingConnector, unknownConnector } from '../../core/errors/planner.ts';
import { blackholeConnector } from './blackhole/blackhole.ts';
import { datagenConnector } from './datagen/datagen.ts';
import { kafkaConnector, upsertKafkaConnector } from './kafka/describe.ts';
import { mysqlCdcConnector } from './mysql/cdc/describe.ts';
import { jdbcConnector, mysqlConnector } from './mysql/table/describe.ts';
import { nexmarkConnector } from './nexmark/nexmark.ts';
import { printConnector } from './print/print.ts';

export const connectors: readonly Connector[] = [kafkaConnector, upsertKafkaConnector, printConnector, blackholeConnector, datagenConnector, nexmarkConnector, mysqlConnector, jdbcConnector, mysqlCdcConnector];

const byIdentifier = new Map(connectors.map((c) => [c.identifier, c]));
export const connectorRegistry: ConnectorRegistry = { get: (identifier) => byIdentifier.get(identifier), identifiers: () => [...byIdentifier.keys()].sort() };

/**
 * Checks all options of a table by describing it as what its connector is: a source, a sink or both. Throws the first thing wrong, as the
 * planner would at use. For CREATE TABLE with early checks, editors and tests; Flink checks at use only.
 */
export function validateTableOptions(table: TableObject, registry: ConnectorRegistry, formats: FormatRegistry): void {
  const identifier = table.options.get('connector'), where = pathSummary(table.path);
  if (identifier === undefined) throw missingConnector({ table: where, known: registry.identifiers() });
  const connector = registry.get(identifier);
  if (connector === undefined) throw unknownConnector({ connector: identifier, table: where, known: registry.identifiers() });
  const context = { formats, timeZone: 'UTC', bounded: false };
  if (connector.describeSource !== undefined) connector.describeSource(table, context);
  else connector.describeSink?.(table, context);
}
