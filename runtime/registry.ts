/**
 * The registry worker threads import: every operator, connector and function there is. The main thread knows it by path only, so that
 * run-time halves are loaded where they run. Tests give workers a registry of their own.
 */
import { lookupFactories, sinkFactories, sourceFactories } from './connectors/runtimes.ts';
import { functionRegistry } from './functions/index.ts';
import type { RuntimeRegistry } from './graph/contract.ts';
import { operators } from './operators/index.ts';
import { stateBackend } from './state/backend.ts';

const operatorsByType = new Map(operators.map((factory) => [factory.type, factory]));
const sources = new Map(sourceFactories.map((factory) => [factory.identifier, factory]));
const lookups = new Map(lookupFactories.map((factory) => [factory.identifier, factory]));
const sinks = new Map(sinkFactories.map((factory) => [factory.identifier, factory]));

export const runtimeRegistry: RuntimeRegistry = {
  operator: (type) => operatorsByType.get(type),
  source: (identifier) => sources.get(identifier),
  sink: (identifier) => sinks.get(identifier),
  lookup: (identifier) => lookups.get(identifier),
  functions: functionRegistry,
  stateBackend,
};
