/** A real log, damaged: with checksums every change of a byte is found; without, reading ends with an error or with events, and never hangs. */
import { expect } from 'chai';
import { openDump } from '../../../runtime/connectors/mysql/binlog/connection.ts';
import { EventReader } from '../../../runtime/connectors/mysql/binlog/reader.ts';
import { Progress } from '../../../runtime/connectors/mysql/binlog/transaction.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { BinlogEvent, BinlogPosition } from '../../../runtime/connectors/mysql/contract.ts';
import { serverFacts } from '../../../runtime/connectors/mysql/binlog/facts.ts';
import { withConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import { decoderFor } from '../../../runtime/connectors/mysql/types/row-decoder.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog, freeServerId } from './support.ts';
import { OPTIONS, wantAll } from './types-support.ts';

const random = (n: number): number => Math.floor(Math.random() * n);

describeOnMySql('binlog: a damaged log', (test) => {
  let db: TestDatabase, server: MySqlServer, start: BinlogPosition, events: Buffer[];
  before(async () => {
    db = await openDatabase(test, 'rvt_bl_fuzz');
    server = await replUser(test);
    await db.run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(300), d DECIMAL(20,4), e ENUM('a','b'), j JSON, ts DATETIME(6), b BLOB)");
    start = await endOfLog(server);
    await db.run("INSERT INTO t VALUES (1, 'x', 1.5, 'a', '{\"a\": [1, 2]}', '2026-01-02 03:04:05.6', X'00'), (2, NULL, -7, 'b', '[]', NULL, NULL); UPDATE t SET v = 'y'; ALTER TABLE t COMMENT 'c'; DELETE FROM t WHERE id = 1");
    const facts = await withConnection(server, {}, (c) => serverFacts(server, c));
    events = await new Promise<Buffer[]>((resolve, reject) => {
      const found: Buffer[] = [];
      const dump = openDump(server, facts, start, { serverId: freeServerId(), heartbeatMs: 1000, nonBlocking: true }, { data: () => { void dump.then(({ packets, destroy }) => { while (packets.next()) { if (packets.bytes[packets.start] !== 0) { destroy(); resolve(found); return; } found.push(Buffer.from(packets.bytes.subarray(packets.start + 1, packets.end))); } }); }, lost: (why) => { reject(new Error(why)); } });
    });
  });
  after(async () => { await db.drop(); });

  function readAll(list: readonly Buffer[], verifyChecksums: boolean): number {
    const reader = new EventReader(new Progress(test.flavor, start), { server: 'test', flavor: test.flavor, charsets: new Map([[255, { charset: 'utf8mb4', collation: 'x' }], [45, { charset: 'utf8mb4', collation: 'x' }], [63, { charset: 'binary', collation: 'binary' }]]), wants: (t) => t.database === db.name, wake: () => {}, verifyChecksums });
    let rows = 0;
    const look = (event: BinlogEvent | undefined): void => {
      if (event?.kind !== 'rows' || event.table.full === undefined) return;
      const wanted = wantAll(event.table.full), columns = wanted.map((): unknown[] => []), decoder = decoderFor(event.table, event.table.full, wanted, OPTIONS);
      for (let n, left = 1000; left > 0 && (n = decoder.decode(event, columns, new Uint8Array(64), 0, 64, null)) > 0; left--) rows += n;
    };
    for (const event of list) {
      look(reader.feed(event, 0, event.length));
      for (let next; (next = reader.pending()) !== undefined;) look(next);
    }
    return rows;
  }
  const damaged = (): { list: Buffer[]; isCut: boolean } => {
    // The format event says whether there are checksums; the place of the very first, artificial event is not in the file.
    const list = [...events], at = 1 + random(list.length - 1), event = Buffer.from(list[at]!), isCut = random(4) === 0;
    if (isCut) list[at] = event.subarray(0, 1 + random(event.length - 1)); else { event[random(event.length)]! ^= 1 + random(255); list[at] = event; }
    return { list, isCut };
  };
  it('is whole before', () => { expect(readAll(events, true)).to.equal(2 + 4 + 1); });
  it('with checksums: every change is found', () => {
    for (let round = 0; round < 3000; round++) {
      const { list } = damaged();
      // A change of the format event's checksum byte itself turns checks off; it is read without them then, and must still end.
      const isFormat = list.findIndex((e, i) => !e.equals(events[i]!)) === events.findIndex((e) => e[4] === 15);
      try {
        readAll(list, true);
        expect(isFormat, 'damage went unseen').to.equal(true);
      } catch (error) { if (!(error instanceof RivuletError)) throw error; }
    }
  });
  it('without checksums: an error of ours or an end', () => {
    const plain = events.map((e) => { const copy = Buffer.from(e[4] === 15 ? e : e.subarray(0, e.length - 4)); if (e[4] === 15) copy[copy.length - 5] = 0; copy.writeUInt32LE(copy.length, 9); return copy; });
    events = plain;
    expect(readAll(plain, false)).to.equal(7);
    let errors = 0;
    for (let round = 0; round < 5000; round++) {
      try { readAll(damaged().list, false); } catch (error) { if (!(error instanceof RivuletError)) throw error; errors++; }
    }
    expect(errors).to.be.greaterThan(500);
  });
});
