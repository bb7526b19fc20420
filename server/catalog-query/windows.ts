/** Window functions: ranks, and aggregates over whole partitions. All rows of the query are at hand when they run. */
import type { Value } from './compiler.ts';
import type { SortKey } from './expression.ts';
import { rowComparer } from './order.ts';
import type { Env, Row } from './scope.ts';
import { keyText } from './values.ts';

export interface WindowCall { readonly name: string; readonly args: readonly Value[]; readonly finish: ((rows: readonly Row[]) => unknown) | undefined; readonly partition: readonly Value[]; readonly order: readonly SortKey[] }

/** One value per environment, in their order. */
export function runWindow(call: WindowCall, environments: readonly Env[]): unknown[] {
  const result: unknown[] = [], partitions = new Map<string, { at: number; keys: Row; args: Row }[]>();
  environments.forEach((env, at) => {
    const key = keyText(call.partition.map((p) => p.run(env))), row = { at, keys: call.order.map((o) => o.value.run(env)), args: call.args.map((a) => a.run(env)) };
    const list = partitions.get(key);
    if (list === undefined) partitions.set(key, [row]); else list.push(row);
  });
  const compare = rowComparer(call.order.map((o, at) => ({ at, descending: o.descending, nullsFirst: o.nullsFirst })));
  for (const rows of partitions.values()) {
    rows.sort((a, b) => compare(a.keys, b.keys) || a.at - b.at);
    const { finish } = call;
    if (finish !== undefined) { const value = finish(rows.map((r) => r.args)); for (const r of rows) result[r.at] = value; continue; }
    let rank = 0, dense = 0;
    rows.forEach((r, i) => {
      const before = rows[i - 1];
      if (before === undefined || compare(before.keys, r.keys) !== 0) { rank = i + 1; dense++; }
      result[r.at] = call.name === 'row_number' ? i + 1 : call.name === 'rank' ? rank : dense;
    });
  }
  return result;
}
