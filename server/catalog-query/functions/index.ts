/** Registry of what catalog queries can call. */
import { arrayFunctions, numberFunctions, setFunctions } from './arrays.ts';
import { catalogFunctions } from './catalog.ts';
import { sessionFunctions } from './session.ts';
import { textFunctions, textSetFunctions } from './text.ts';
import type { CatalogFunction, SetFunction } from './define.ts';

const scalars: ReadonlyMap<string, CatalogFunction> = new Map([...sessionFunctions, ...catalogFunctions, ...textFunctions, ...arrayFunctions, ...numberFunctions].map((f) => [f.name, f]));
const sets: ReadonlyMap<string, SetFunction> = new Map([...setFunctions, ...textSetFunctions].map((f) => [f.name, f]));
/** `name` in lower case. */
export const scalarFunction = (name: string): CatalogFunction | undefined => scalars.get(name);
export const setFunction = (name: string): SetFunction | undefined => sets.get(name);
export const functionNames = (): string[] => [...scalars.keys(), ...sets.keys()];
/** Functions that only a PostgreSQL client asks for: a query without tables that calls one is a catalog query. */
const own = new Set([...sessionFunctions, ...catalogFunctions].map((f) => f.name).filter((n) => !['now', 'current_timestamp', 'current_date', 'localtimestamp'].includes(n)));
export const isClientFunction = (name: string): boolean => own.has(name) || sets.has(name) || ['array_to_string', 'string_to_array', 'quote_ident', 'quote_literal', 'format', 'parse_ident', 'array_length', 'array_upper', 'array_lower'].includes(name);
/** Every name with its kind, for pg_proc. */
export const functionCards = (): readonly { name: string; kind: 'scalar' | 'table' }[] => [...[...scalars.keys()].map((name) => ({ name, kind: 'scalar' as const })), ...[...sets.keys()].map((name) => ({ name, kind: 'table' as const }))];
