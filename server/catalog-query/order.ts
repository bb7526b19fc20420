/** Order of rows by keys at fixed positions. */
import type { Row } from './scope.ts';
import { compareValues } from './values.ts';

export interface OrderKey { readonly at: number; readonly descending: boolean; readonly nullsFirst: boolean }
export const rowComparer = (keys: readonly OrderKey[]) => (a: Row, b: Row): number => {
  for (const k of keys) {
    const x = a[k.at] ?? null, y = b[k.at] ?? null;
    if (x === null || y === null) { if (x === y) continue; return (x === null) === k.nullsFirst ? -1 : 1; }
    const c = compareValues(x, y);
    if (c !== 0) return k.descending ? -c : c;
  }
  return 0;
};
