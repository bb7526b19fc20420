/** The pure parts of the MySQL bench: the load, the comparison of topics with tables, settings, and the table of results. */
import { expect } from 'chai';
import { propertiesText } from '../../tools/services/debezium.ts';
import { BenchFailure } from '../../bench/harness/server.ts';
import { debeziumSettings } from '../../bench/mysql/debezium.ts';
import { placeOf } from '../../bench/mysql/database.ts';
import { pipelineYaml } from '../../bench/mysql/engines.ts';
import { canonical, LastValues } from '../../bench/mysql/last-values.ts';
import type { Row } from '../../bench/mysql/last-values.ts';
import { loads, RowWriter } from '../../bench/mysql/load.ts';
import { copyMarkdown, newestCopies, peakCell, ratioCell, speedCell } from '../../bench/mysql/markdown.ts';
import type { CopyLine } from '../../bench/mysql/markdown.ts';

const row = (id: number, more: Partial<Row> = {}): Row => ({ id, name: 'n', qty: 1, price: 1.5, at: '2026-01-01 00:00:00', note: null, ...more });
const copy = { place: { host: 'db', port: 3307, user: 'u', password: 'p"w' }, bootstrap: 'k:9092', table: 'd.items', topic: 'out', from: undefined };

describe('MySQL bench: load', () => {
  it('writes the same row for the same key and generation', () => {
    const text = (): string => new RowWriter().rows(7, 9, 0).toString('latin1');
    expect(text()).to.equal(text());
    expect(text()).to.match(/^\(7,'[a-z]{8,23}',\d+,\d+\.\d\d,'2026-01-01 00:00:07',(NULL|'[a-z]{20,59}')\),\(8,/);
    expect(new RowWriter().rows(7, 9, 1).toString('latin1')).not.to.equal(text());
  });
  it('changes as many rows as it says, each key once', async () => {
    for (const load of loads(20_000)) {
      let changes = 0;
      const seen = new Set<number>(), change = (id: number): void => { expect(seen.has(id), `${load.name} ${id}`).to.equal(false); seen.add(id); changes++; };
      const connection = { query: async (sql: string): Promise<void> => {
        await Promise.resolve();
        for (const statement of sql.split(';')) {
          for (const [, id] of statement.startsWith('INSERT') ? statement.matchAll(/[(,]\((\d+),|VALUES \((\d+),/g) : []) if (id !== undefined) change(Number(id));
          const first = /VALUES \((\d+),/.exec(statement)?.[1], range = /WHERE id >= (\d+) AND id < (\d+)/.exec(statement), one = /WHERE id = (\d+)/.exec(statement)?.[1];
          if (first !== undefined) change(Number(first));
          if (one !== undefined) change(Number(one));
          for (let id = Number(range?.[1] ?? 0); id < Number(range?.[2] ?? 0); id++) change(id);
        }
      } };
      await load.write(connection as unknown as Parameters<typeof load.write>[0], 'd.items');
      expect(changes, load.name).to.equal(load.changes);
    }
  });
});

describe('MySQL bench: what a topic says last', () => {
  it('takes both ways to write a DATETIME and a DECIMAL for the same', () => {
    expect(canonical(row(1))).to.equal(canonical(row(1, { at: Date.UTC(2026, 0, 1), price: '1.50' })));
    expect(canonical(row(1))).not.to.equal(canonical(row(1, { note: 'NULL' })));
  });
  it('finds a row that differs, one that is missing and one that should be gone', () => {
    const table = new LastValues(10), topic = (change: (values: LastValues) => void): LastValues => { const values = new LastValues(10); values.set(row(1)); values.remove(3); change(values); return values; };
    table.set(row(1));
    table.set(row(2));
    expect(topic(() => {}).difference(table)).to.equal(undefined);
    expect(topic((values) => { values.set(row(2, { qty: 2 })); }).difference(table)).to.equal('1 ids differ, as 2');
    expect(topic((values) => { values.set(row(4)); }).difference(table)).to.equal('1 ids differ, as 4');
    expect(topic((values) => { values.remove(2); }).difference(table)).to.equal('1 ids differ, as 2');
    expect(topic(() => {}).keys).to.equal(2);
  });
  it('goes by the last word', () => {
    const table = new LastValues(3), values = new LastValues(3);
    table.set(row(1, { qty: 2 }));
    values.set(row(1));
    values.set(row(1, { qty: 2 }));
    expect(values.difference(table)).to.equal(undefined);
    expect(values.records).to.equal(2);
  });
});

describe('MySQL bench: settings', () => {
  it('reads the address of a server', () => {
    expect(placeOf('mysql://a:b%40c@h:3307')).to.deep.equal({ host: 'h', port: 3307, user: 'a', password: 'b@c' });
    expect(() => placeOf('h:3307:x')).to.throw(BenchFailure);
  });
  it('starts a pipeline from the rows or from a place', () => {
    expect(pipelineYaml(copy)).to.contain('scan.startup.mode: initial').and.to.contain('password: "p\\"w"').and.to.contain('sink-table: out');
    expect(pipelineYaml({ ...copy, from: { name: 'x', file: 'binlog.000002', pos: 99, gtids: '' } })).to.contain('specific-offset.file: binlog.000002\n').and.to.contain('specific-offset.pos: 99\n');
    expect(pipelineYaml({ ...copy, from: { name: 'x', file: 'binlog.000002', pos: 99, gtids: 'a:1-3' } })).to.contain('specific-offset.gtid-set: a:1-3\n').and.not.to.contain('pos: 99');
  });
  it('gives Debezium the same table and topic', () => {
    expect(debeziumSettings(copy, '/f', 'initial')).to.include({ 'table.include.list': 'd.items,d.places', 'sink.topic': 'out', 'database.port': '3307', 'offset.storage.file.filename': '/f/offsets' });
    expect(propertiesText({ a: 'b\\c\nd' })).to.equal('a=b\\\\c\\nd\n');
  });
});

describe('MySQL bench: table', () => {
  const engine = { recordsPerSecond: 200_000, recordsPerCpuSecond: 160_000, peakMib: 200, runs: [], warmUp: [] };
  const line = (mysql: string, rows: number, more: Partial<CopyLine> = {}): CopyLine => ({ at: '2026-01-02T00:00:00Z', mysql, title: 'title', rows, records: rows, mysqlVersion: '9.7', settings: {}, cpu: 'c', cores: 2, node: 'v26.0.0', commit: 'abc', ...engine, debezium: { version: '3.6', ...engine }, ratio: 4, memory: 0.5, ...more });
  it('marks bars', () => {
    expect(speedCell({ mysql: 'snapshot', recordsPerCpuSecond: 149_000 })).to.equal('149,000 ✗ 150,000');
    expect(ratioCell({ mysql: 'stream-large', ratio: 2.94 })).to.equal('2.9x ✗ 3');
    expect(ratioCell({ mysql: 'snapshot', ratio: 2 })).to.equal('2.0x');
    expect(ratioCell({ mysql: 'stream-large' })).to.equal('');
    expect(peakCell({ peakMib: 401 })).to.equal('401 ✗ 400');
  });
  it('keeps the newest line of each case, the snapshot of each size, in order', () => {
    const lines = [line('stream-large', 1e6), line('snapshot', 1e7), line('snapshot', 1e6, { commit: 'old' }), line('snapshot', 1e6)];
    expect(newestCopies(lines).map((one) => [one.mysql, one.rows, one.commit])).to.deep.equal([['snapshot', 1e6, 'abc'], ['snapshot', 1e7, 'abc'], ['stream-large', 1e6, 'abc']]);
    expect(copyMarkdown(newestCopies(lines))).to.contain('| snapshot: title | 1.00M | 200k | 200k | **160k ✓ 150k** | 160k | **4.0x** | **200 MiB ✓ 400** | 200 MiB |').and.to.contain('| stream-large: title | 1.00M | 200k | 200k | 160k | 160k | **4.0x ✓ 3** |');
    expect(() => copyMarkdown([])).to.throw(BenchFailure);
  });
});
