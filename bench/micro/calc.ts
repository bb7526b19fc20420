/**
 * Cost of Calc per row: the projections and filters of Nexmark queries over batches in memory. Run: `node bench/micro/calc.ts`.
 * Prints one JSON line per case: nanoseconds per input row, best of five rounds.
 */
import { BATCH_ROWS, ChangeBatch } from '../../core/row/batch.ts';
import { BIGINT, STRING, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { compileCalc } from '../../runtime/codegen/compile.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { bindExpression, environment } from '../../test/functions/evaluate.ts';

const TYPES: readonly SqlType[] = [BIGINT, BIGINT, BIGINT, timestamp(3), STRING];
const CASES: readonly { readonly name: string; readonly where?: string; readonly select: readonly string[] }[] = [
  { name: 'q0 pass through', select: ['c0', 'c1', 'c2', 'c3'] },
  { name: 'q1 0.908 * price', select: ['c0', 'c1', '0.908 * c2', 'c3'] },
  { name: 'q2 MOD(auction, 123) = 0', where: 'MOD(c0, 123) = 0', select: ['c0', 'c2'] },
  { name: 'q14 CASE HOUR', where: '0.908 * c2 > 1000000 AND 0.908 * c2 < 50000000', select: ['c0', "CASE WHEN HOUR(c3) >= 8 AND HOUR(c3) <= 18 THEN 'day' WHEN HOUR(c3) <= 6 OR HOUR(c3) >= 20 THEN 'night' ELSE 'other' END"] },
  { name: 'q21 REGEXP_EXTRACT', select: ["REGEXP_EXTRACT(c4, '(&|^)channel_id=([^&]*)', 2)"] },
  { name: 'q22 SPLIT_INDEX', select: ["SPLIT_INDEX(c4, '/', 3)", "SPLIT_INDEX(c4, '/', 4)"] },
  { name: 'LIKE', where: "c4 LIKE '%item%'", select: ['c0'] },
  { name: 'DATE_FORMAT', select: ["DATE_FORMAT(c3, 'yyyy-MM-dd HH:mm')"] },
  { name: 'arithmetic BIGINT', select: ['c0 + c1 * 3 - c2'] },
];
const rows = BATCH_ROWS, batch = ChangeBatch.withWidth(TYPES.length);
for (let i = 0; i < rows; i++) {
  const values = [1000 + i * 7, i * 13, 100 + (i * 7919) % 60_000_000, 1_700_000_000_000 + i * 61_000, `https://www.nexmark.com/a${i}/b/item.htm?query=1&channel_id=${i * 31}`];
  values.forEach((v, c) => { (batch.columns[c] as unknown[])[i] = v; });
}
batch.size = rows;
for (const { name, where, select } of CASES) {
  const bind = (sql: string) => bindExpression(sql, { columns: TYPES });
  const calc = compileCalc(where === undefined ? null : bind(where), select.map(bind), TYPES, { functions: functionRegistry, env: environment() });
  const out = select.map((): unknown[] => []), kinds = new Uint8Array(rows);
  let best = Infinity, passed = 0;
  for (let round = 0; round < 5; round++) {
    const started = process.hrtime.bigint();
    for (let n = 0; n < 300; n++) passed = calc(batch, 0, rows, out, kinds, 0, null);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / (300 * rows));
  }
  console.log(JSON.stringify({ bench: 'calc', case: name, nsPerRow: Math.round(best * 10) / 10, passed }));
}
