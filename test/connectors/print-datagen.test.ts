/** print: the line format; datagen: bounds, types, exact positions over restores and other parallelisms. */
import { expect } from 'chai';
import type { Json } from '../../catalog/registry/connectors.ts';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, STRING, array, decimal, map, row, time, timestamp, timestampLtz, varchar, type SqlType } from '../../core/types/sql-type.ts';
import { ReaderDriver, WriterDriver, tableOf } from './support.ts';

describe('print', () => {
  it('prints every kind of change as Flink does', async () => {
    const columns = { id: INT, name: STRING, d: decimal(10, 2), ts: timestamp(3), tl: timestampLtz(3), r: row([{ name: 'x', type: INT }]), a: array(INT), m: map(STRING, INT), b: BYTES };
    const driver = await new WriterDriver(tableOf(columns, { connector: 'print' })).open();
    const values = [1, 'Tom', 150, 1704067201000, 1704067201000, [7], [1, null], new Map([['k', 1]]), Uint8Array.of(1, 255)];
    await driver.push([['+I', ...values], ['-D', ...values.map(() => null)], ['-U', ...values], ['+U', ...values]]);
    const text = '[1, Tom, 1.50, 2024-01-01T00:00:01, 2024-01-01T00:00:01Z, +I[7], [1, null], {k=1}, [1, -1]]';
    expect(driver.printed).deep.equal([`stdout: +I${text}`, 'stdout: -D[null, null, null, null, null, null, null, null, null]', `stdout: -U${text}`, `stdout: +U${text}`]);
  });
  it('names itself and the subtask', async () => {
    const line = async (options: Record<string, string>, subtask: number, parallelism: number): Promise<string | undefined> => {
      const driver = await new WriterDriver(tableOf({ id: INT, name: STRING }, { connector: 'print', ...options }), { subtask, parallelism }).open();
      await driver.push([['+I', 1, 'Tom']]);
      return driver.printed[0];
    };
    expect(await line({}, 0, 1)).equal('stdout: +I[1, Tom]');
    expect(await line({ 'sink.parallelism': '3' }, 1, 3)).equal('stdout: 2> +I[1, Tom]');
    expect(await line({ 'print-identifier': 'id', 'standard-error': 'true', logger: 'true' }, 0, 1)).equal('stderr+log: id> +I[1, Tom]');
    expect(await line({ 'print-identifier': 'id', 'sink.parallelism': '2' }, 1, 2)).equal('stdout: id:2> +I[1, Tom]');
  });
});

const all = async (columns: Record<string, SqlType>, options: Record<string, string>): Promise<unknown[][]> => (await (await new ReaderDriver(tableOf(columns, { connector: 'datagen', 'rows-per-second': '1000000', ...options })).open()).run()).rows;

describe('datagen', () => {
  it('ends with the shortest sequence or the number of rows', async () => {
    expect(await all({ s: INT, t: STRING }, { 'fields.s.kind': 'sequence', 'fields.s.start': '5', 'fields.s.end': '7', 'fields.t.kind': 'sequence', 'fields.t.start': '1', 'fields.t.end': '100' })).deep.equal([['+I', 5, '1'], ['+I', 6, '2'], ['+I', 7, '3']]);
    expect(await all({ s: INT }, { 'number-of-rows': '2500' })).length(2500);
    expect(await all({ s: INT }, { 'number-of-rows': '0' })).length(0);
  });
  it('makes values of every type within their bounds', async () => {
    const columns = { i: INT, big: BIGINT, d: DOUBLE, f: FLOAT, dec: decimal(6, 2), wide: decimal(38, 10), s: varchar(5), b: BOOLEAN, by: BYTES, date: DATE, t: time(0), ts: timestamp(6), tl: timestampLtz(3), n: INT };
    const rows = await all(columns, { 'number-of-rows': '300', 'fields.i.min': '-2', 'fields.i.max': '3', 'fields.d.min': '0', 'fields.d.max': '1', 'fields.n.null-rate': '1', 'fields.by.length': '4', 'fields.ts.max-past': '1 h' });
    for (const [, i, big, d, f, dec, , s, b, by, , , ts, , n] of rows as [string, number, number, number, number, number, bigint, string, boolean, Uint8Array, number, number, number, number, null][]) {
      expect(i).within(-2, 3);
      expect(Number.isSafeInteger(big)).equal(true);
      expect(d).within(0, 1);
      expect(Math.fround(f)).equal(f);
      expect(Math.abs(dec)).lessThan(1_000_000);
      expect(s).match(/^[0-9a-f]{5}$/);
      expect(typeof b).equal('boolean');
      expect(by.length).equal(4);
      expect(ts / 1000).within(Date.now() - 3_700_000, Date.now());
      expect(n).equal(null);
    }
    expect(new Set(rows.map((r) => r[1])).size).equal(6);
  });
  it('goes on exactly where it was, at any parallelism', async () => {
    const table = tableOf({ s: INT }, { connector: 'datagen', 'rows-per-second': '100000000', 'fields.s.kind': 'sequence', 'fields.s.start': '0', 'fields.s.end': '19999' });
    const seen: number[] = [];
    let positions: Json[] | undefined;
    for (const parallelism of [1, 3, 2, 4, 1]) {
      const drivers = await Promise.all(Array.from({ length: parallelism }, (_, subtask) => new ReaderDriver(table, { subtask, parallelism }).open(positions)));
      for (const driver of drivers) for (let i = 0; i < (parallelism === 1 && positions !== undefined ? 100 : 3) && !driver.isFinished; i++) driver.step();
      for (const driver of drivers) seen.push(...driver.rows.map((r) => r[1] as number));
      positions = drivers.map((d) => JSON.parse(JSON.stringify(d.reader.positions())) as Json);
    }
    expect(seen).length(20_000);
    expect(new Set(seen).size).equal(20_000);
  });
});
