/**
 * Rows of a binlog per second of client CPU: `node bench/micro/binlog.ts [10k-row transactions = 40] [one-row transactions = 20000]`, MySQL in
 * MYSQL_URL. Ours (read, checksums, decoded into columns) beside @vlasky/zongji; six columns. The server's own CPU does not count.
 */
import ZongJi from '@vlasky/zongji';
import { createConnection } from 'mysql2/promise';
import { ChangeBatch } from '../../core/row/batch.ts';
import { TextSlices } from '../../core/row/slices.ts';
import type { Encoder } from '../../runtime/connectors/contract.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { parseJsonSettings } from '../../runtime/formats/json/descriptor.ts';
import { jsonEncoder } from '../../runtime/formats/json/encode.ts';
import { sqlTypeOf } from '../../runtime/connectors/mysql/types/mapping.ts';
import { decoderFor } from '../../runtime/connectors/mysql/types/row-decoder.ts';
import { openBinlogStream } from '../../runtime/connectors/mysql/binlog/stream.ts';
import type { MySqlServer } from '../../runtime/connectors/mysql/connection/server.ts';
import type { BinlogPosition, RowDecoder, TableMap } from '../../runtime/connectors/mysql/contract.ts';

const url = new URL(process.env['MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306'), [large = 40, small = 20_000] = process.argv.slice(2).map(Number), DATABASE = 'rivulet_bench_binlog';
const server: MySqlServer = { host: url.hostname, port: Number(url.port), user: url.username, password: url.password, tls: null, compress: false, connectTimeoutMs: 10_000 };
const root = await createConnection({ host: server.host, port: server.port, user: server.user, password: server.password, multipleStatements: true });

async function place(): Promise<BinlogPosition> {
  const stream = openBinlogStream(server, undefined, { serverId: 99_001, heartbeatMs: 1000, wants: () => false, wake: () => {} });
  await stream.open('latest');
  await stream.close();
  return stream.position;
}
/** `json`: rows go on to the JSON encoder, with texts as strings or as slices of the event. */
async function ours(from: BinlogPosition, expected: number, verifyChecksums: boolean, json: 'none' | 'strings' | 'slices' = 'none'): Promise<number> {
  let wake: () => void = () => {}, rows = 0;
  const stream = openBinlogStream(server, undefined, { serverId: 99_002, heartbeatMs: 1000, nonBlocking: true, verifyChecksums, wants: (t) => t.database === DATABASE, wake: () => { wake(); } });
  await stream.open(from);
  const batch = ChangeBatch.withWidth(6), { columns } = batch, kinds = new Uint8Array(8192), out = new GrowingBuffer(1 << 20);
  let encoder: Encoder | undefined;
  const slices = json === 'slices' ? [null, new TextSlices(), null, null, null, new TextSlices()] : null;
  batch.slices = slices;
  let map: TableMap | undefined, decoder: RowDecoder | undefined;
  while (rows < expected) {
    const event = stream.next();
    if (event === undefined) { await new Promise<void>((resolve) => { wake = resolve; }); continue; }
    if (event.kind === 'end') break;
    if (event.kind !== 'rows') continue;
    if (event.table !== map) {
      map = event.table;
      const table = map.full!;
      const wanted = table.columns.map((column, slot) => ({ source: slot, column, slot, type: sqlTypeOf(table, column, { face: 'table', tinyint1AsBoolean: false }) }));
      decoder = decoderFor(map, table, wanted, { timeZone: 'UTC', compactJson: false });
      encoder = jsonEncoder({ ...parseJsonSettings(new Map()) }, wanted.map((w) => ({ name: w.column.name, type: w.type, column: w.slot })));
    }
    if (slices !== null) for (const slice of slices) slice?.begin(event.bytes);
    for (let n; (n = decoder!.decode(event, columns, kinds, 0, 1024, slices)) > 0; rows += n) {
      if (json === 'none') continue;
      out.length = 0;
      for (let row = 0; row < n; row++) encoder!.encode(batch, row, out);
    }
  }
  await stream.close();
  return rows;
}
async function zongji(from: BinlogPosition, expected: number): Promise<number> {
  const reader = new ZongJi({ host: server.host, port: server.port, user: server.user, password: server.password, dateStrings: true });
  let rows = 0;
  await new Promise<void>((resolve, reject) => {
    reader.on('error', reject);
    reader.on('binlog', (event: unknown) => { rows += (event as { rows?: unknown[] }).rows?.length ?? 0; if (rows >= expected) resolve(); });
    void reader.start({ serverId: 99_003, filename: from.file, position: from.pos, includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows', 'rotate'], includeSchema: { [DATABASE]: true } });
  });
  reader.stop();
  return rows;
}
async function report(name: string, read: () => Promise<number>, times = 3): Promise<void> {
  const speeds: number[] = [], walls: number[] = [];
  let rows = 0;
  for (let i = 0; i < times; i++) {
    const before = process.cpuUsage(), wall = performance.now();
    rows = await read();
    const used = process.cpuUsage(before);
    speeds.push(rows / ((used.user + used.system) / 1e6));
    walls.push(rows / ((performance.now() - wall) / 1000));
  }
  const median = (of: number[]): number => Math.round(of.sort((a, b) => a - b)[of.length >> 1]!);
  process.stdout.write(`${JSON.stringify({ bench: name, rows, rowsPerCpuSecond: median(speeds), rowsPerSecond: median(walls) })}\n`);
}

await root.query(`DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; USE ${DATABASE}; CREATE TABLE t (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64) NOT NULL, qty INT NOT NULL, price DECIMAL(12,2) NOT NULL, at DATETIME(3) NOT NULL, note VARCHAR(128)); SET SESSION cte_max_recursion_depth = 100000`);
const before = await place();
for (let i = 0; i < large; i++) await root.query("INSERT INTO t (name, qty, price, at, note) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT CONCAT('name-', i), i, i * 1.25, '2026-01-02 03:04:05.678' + INTERVAL i SECOND, IF(i % 3 = 0, NULL, CONCAT('a note of row ', i)) FROM n");
const between = await place();
for (let i = 0; i < small; i += 500) await root.query(Array.from({ length: Math.min(500, small - i) }, (_, k) => `INSERT INTO t (name, qty, price, at, note) VALUES ('name-${i + k}', ${k}, ${k}.5, '2026-01-02 03:04:05.678', 'a note of row ${k}')`).join(';'));
await report('binlog 10k-row transactions', () => ours(before, large * 10_000, true));
await report('binlog 10k-row transactions, checksums not verified', () => ours(before, large * 10_000, false));
await report('binlog one-row transactions', () => ours(between, small, true));
await report('binlog one-row transactions, checksums not verified', () => ours(between, small, false));
await report('binlog 10k-row transactions into JSON, texts as strings', () => ours(before, large * 10_000, true, 'strings'));
await report('binlog 10k-row transactions into JSON, texts as slices', () => ours(before, large * 10_000, true, 'slices'));
await report('zongji 10k-row transactions', () => zongji(before, large * 10_000), 1);
await report('zongji one-row transactions', () => zongji(between, small), 1);
await root.query(`DROP DATABASE ${DATABASE}`);
await root.end();
process.exit(0);
