/** Registry of the relations that have rows. */
import type { Provider } from './define.ts';
import { classProviders } from './class.ts';
import { informationSchemaProviders } from './information-schema.ts';
import { serverProviders } from './server.ts';
import { typeProviders } from './types.ts';

/** By full name. */
export const providers: ReadonlyMap<string, Provider> = new Map([
  ...[...classProviders, ...serverProviders, ...typeProviders].map((p) => [`pg_catalog.${p.name}`, p] as const),
  ...informationSchemaProviders.map((p) => [`information_schema.${p.name}`, p] as const),
]);
