/** What a function of catalog queries is. Families stand beside this file, `index.ts` is their registry. */
import type { Snapshot } from '../../../catalog/system/snapshot.ts';
import type { SystemContext } from '../../../catalog/system/system-tables.ts';
import type { Names } from '../names.ts';

export interface Call { readonly context: SystemContext; readonly snapshot: Snapshot; readonly names: Names; readonly types: readonly string[] }
export type Result = string | ((types: readonly string[]) => string);
export interface CatalogFunction {
  readonly name: string;
  /** Types that arguments of unknown type take (texts for all behind the last); `any` leaves the argument as it is. */
  readonly args: readonly string[];
  readonly result: Result;
  /** NULL in, NULL out without a call. */
  readonly strict: boolean;
  /** Looks relations up: they must be loaded before the query runs. */
  readonly relations: boolean;
  readonly run: (args: readonly unknown[], call: Call) => unknown;
}
/** A function that gives rows. */
export interface SetFunction {
  readonly name: string;
  readonly args: readonly string[];
  readonly columns: (types: readonly string[]) => readonly { readonly name: string; readonly type: string }[];
  readonly rows: (args: readonly unknown[], call: Call) => readonly (readonly unknown[])[];
}
type Run<T extends readonly unknown[]> = (args: T, call: Call) => unknown;
// Arguments arrive with the types of the card, so a family may name the JavaScript types it gets.
export const define = <T extends readonly unknown[]>(name: string, args: readonly string[], result: Result, run: Run<T>, more: { strict?: boolean; relations?: boolean } = {}): CatalogFunction => ({ name, args, result, run: run as never, strict: more.strict ?? true, relations: more.relations ?? false });
/** Several names for one meaning. */
export const named = (names: readonly string[], make: (name: string) => CatalogFunction): CatalogFunction[] => names.map(make);
