/** The registry of functions: one line per family. */
import type { AggregateFunction, FunctionRegistry, ScalarFunction } from '../../catalog/registry/functions.ts';
import { aggregateFunctions } from './aggregates.ts';
import { arithmetic } from './arithmetic.ts';
import { comparison } from './comparison.ts';
import { conditionalFunctions } from './conditional.ts';
import { collectionFunctions } from './collection.ts';
import { datetimeFunctions } from './datetime.ts';
import { patternFunctions } from './like.ts';
import { encodingFunctions } from './encoding.ts';
import { jsonFunctions } from './json.ts';
import { mathFunctions } from './math.ts';
import { sessionFunctions } from './pg-session.ts';
import { stringFunctions } from './string.ts';

export const scalarFamilies: readonly (readonly ScalarFunction[])[] = [arithmetic, comparison, stringFunctions, patternFunctions, mathFunctions, conditionalFunctions, datetimeFunctions, collectionFunctions, encodingFunctions, jsonFunctions, sessionFunctions];

function byName<F extends { readonly name: string; readonly aliases?: readonly string[] | undefined }>(functions: readonly F[]): ReadonlyMap<string, F> {
  return new Map(functions.flatMap((f) => [f.name, ...(f.aliases ?? [])].map((n): [string, F] => [n, f])));
}
const scalars = byName(scalarFamilies.flat()), aggregates: ReadonlyMap<string, AggregateFunction> = byName(aggregateFunctions);
const names = [...new Set([...scalars.keys(), ...aggregates.keys()])].sort();

export const functionRegistry: FunctionRegistry = {
  scalar: (name) => scalars.get(name) ?? scalars.get(name.toUpperCase()),
  aggregate: (name) => aggregates.get(name) ?? aggregates.get(name.toUpperCase()),
  names: () => names,
};
