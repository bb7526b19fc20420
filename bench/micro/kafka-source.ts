/**
 * CPU µs per record of a kafka table's reader, from socket to columns: bid-like records, some columns wanted, rows counted. And of the
 * sink, from columns to acknowledged record batches. Needs a broker: KAFKA_BOOTSTRAP=host:port node bench/micro/kafka-source.ts
 */
import type { ChangeBatch } from '../../core/row/batch.ts';
import { BIGINT, STRING, timestamp } from '../../core/types/sql-type.ts';
import { Topics } from '../../test/connectors/kafka-support.ts';
import { ReaderDriver, WriterDriver, kafkaTable } from '../../test/connectors/support.ts';

const N = 400_000, ROWS = 1000;
const COLUMNS = { auction: BIGINT, bidder: BIGINT, price: BIGINT, channel: STRING, url: STRING, date_time: timestamp(3), extra: STRING };
const topics = new Topics(), topic = await topics.make('bench');
const table = kafkaTable(COLUMNS, topic, { format: 'json', 'scan.startup.mode': 'earliest-offset' });
const rows = Array.from({ length: ROWS }, (_, i) => ['+I', 1000 + i, 2000 + i * 7 % 5000, i * 977 % 100000, ['Google', 'Baidu', 'Apple', `channel-${i}`][i % 4], `https://www.nexmark.com/item.htm?query=1&channel_id=${i * 31}`, 1.7e12 + i * 13, 'x'.repeat(20 + i % 60)]);

const writer = await new WriterDriver(table).open();
const used = async (work: () => Promise<void>): Promise<number> => { const from = process.cpuUsage(); await work(); const cpu = process.cpuUsage(from); return (cpu.user + cpu.system) / N; };
const written = await used(async () => {
  for (let i = 0; i < N / ROWS; i++) await writer.push(rows);
  await writer.checkpoint();
});
await writer.close();
console.log(JSON.stringify({ bench: 'kafka sink, 7 columns of json', cpuMicros: Number(written.toFixed(3)), units: N }));

for (const wanted of [['auction', 'price'], Object.keys(COLUMNS)]) {
  for (let round = 0; round < 2; round++) {
    const driver = await new ReaderDriver(table, { wanted, bounded: true }).open();
    let seen = 0;
    const push = (batch: ChangeBatch): void => { seen += batch.size; };
    Object.assign(driver, { push });
    const cpu = await used(async () => { await driver.run(); });
    if (round === 1) console.log(JSON.stringify({ bench: `kafka source, ${wanted.length} of 7 columns`, cpuMicros: Number(cpu.toFixed(3)), units: seen }));
    await driver.close();
  }
}
await topics.close();
