/** What a filter makes of updates: half a pair is a row that leaves or enters. */
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';

/** `sources[row]`: the input row of each passing row. A -U whose +U did not pass becomes -D, a +U without its -U +I. */
export function mendPairs(kinds: Uint8Array, sources: Int32Array, size: number): void {
  for (let row = 0; row < size; row++) {
    const kind = kinds[row];
    if (kind === UPDATE_BEFORE) {
      if (row + 1 < size && kinds[row + 1] === UPDATE_AFTER && sources[row + 1] === (sources[row] ?? 0) + 1) row++;
      else kinds[row] = DELETE;
    } else if (kind === UPDATE_AFTER) kinds[row] = INSERT;
  }
}
