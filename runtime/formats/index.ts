/** The registry of formats, planner half: options and checks. The run-time halves stand in `runtimes.ts`, which only workers import. */
import type { FormatDescriptor, FormatRegistry } from '../../catalog/registry/connectors.ts';
import { canalDescriptor } from './canal-descriptor.ts';
import { csvDescriptor } from './csv-descriptor.ts';
import { debeziumDescriptor } from './debezium-descriptor.ts';
import { jsonDescriptor } from './json/descriptor.ts';
import { maxwellDescriptor } from './maxwell-descriptor.ts';
import { oggDescriptor } from './ogg-descriptor.ts';
import { rawDescriptor } from './raw-descriptor.ts';

export const formatDescriptors: readonly FormatDescriptor[] = [jsonDescriptor, rawDescriptor, debeziumDescriptor, canalDescriptor, maxwellDescriptor, oggDescriptor, csvDescriptor];

const byIdentifier = new Map(formatDescriptors.map((format) => [format.identifier, format]));
export const formatRegistry: FormatRegistry = { get: (identifier) => byIdentifier.get(identifier), identifiers: () => [...byIdentifier.keys()].sort() };
