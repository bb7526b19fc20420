/**
 * The reader of binlogs under six writers while its connection is cut, the log is rotated and the server is killed: it gives the rows of
 * every committed transaction once, in order, as another reader finds them afterwards.
 */
import { expect } from 'chai';
import mysql from 'mysql2/promise';
import type { Column } from '../../../core/row/batch.ts';
import { openBinlogStream } from '../../../runtime/connectors/mysql/binlog/stream.ts';
import type { RowDecoder, RowsEvent, TableMap, WantedColumn } from '../../../runtime/connectors/mysql/contract.ts';
import { baseType } from '../../../runtime/connectors/mysql/types/mapping.ts';
import { decoderFor } from '../../../runtime/connectors/mysql/types/row-decoder.ts';
import { eachThread } from '../../../tools/chaos/mysql/faults.ts';
import { Gates, prepareWorkLoad } from '../../../tools/chaos/mysql/generator.ts';
import { readHistory, type History } from '../../../tools/chaos/mysql/history.ts';
import { Random } from '../../../tools/chaos/random.ts';
import { startLocalMySql, type LocalMySql } from '../../../tools/services/mysql-server.ts';
import { ServiceUnavailable } from '../../../tools/services/support.ts';
import { placeOf } from '../support.ts';

const OPERATIONS = 1000;
/** Nothing but heartbeats for so long: everything has come. */
const QUIET_MS = 1000;

/** `insert 12`, `update 12 13`, `delete 13`: versions before and after. */
class Versions {
  readonly byTable = new Map<string, string[]>();
  private readonly decoders = new Map<TableMap, RowDecoder>();
  private readonly columns: Column[] = [[]];
  private readonly kinds = new Uint8Array(1024);
  take(rows: RowsEvent): void {
    const list = this.byTable.get(rows.table.table) ?? [], table = rows.table.full;
    this.byTable.set(rows.table.table, list);
    if (table === undefined) throw new Error('no full metadata');
    let decoder = this.decoders.get(rows.table);
    if (decoder === undefined) {
      const source = table.columns.findIndex((c) => c.name === 'ver'), column = table.columns[source];
      if (column === undefined) throw new Error(`no version in ${table.table}`);
      const wanted: WantedColumn[] = [{ source, column, type: baseType(column) as WantedColumn['type'], slot: 0 }];
      this.decoders.set(rows.table, decoder = decoderFor(rows.table, table, wanted, { timeZone: 'UTC', compactJson: false }));
    }
    const versions = this.columns[0] as unknown[];
    for (let count; (count = decoder.decode(rows, this.columns, this.kinds, 0, 1000, null)) > 0;) {
      for (let i = 0; i < count; i++) list.push(rows.change === 'update' ? `update ${String(versions[i])} ${String(versions[++i])}` : `${rows.change} ${String(versions[i])}`);
    }
  }
}
function wanted(history: History): Map<string, string[]> {
  return new Map([...history].map(([table, { changes }]) => [table, changes.map(({ before, after }) => (before === null ? `insert ${after?.['ver']}` : after === null ? `delete ${before['ver']}` : `update ${before['ver']} ${after['ver']}`))]));
}

describe('chaos: the binlog under six writers', function () {
  this.timeout(120_000);
  let server: LocalMySql | undefined;
  before(async function () {
    try { server = await startLocalMySql('mysql', ['--sync-binlog=1', '--innodb-flush-log-at-trx-commit=1', '--max-binlog-size=300000']); } catch (error) {
      if (!(error instanceof ServiceUnavailable) || process.env['RIVULET_REQUIRE_MYSQL'] === '1') throw error;
      this.skip();
    }
  });
  after(async () => { await server?.stop(); });

  it('E1: connections cut, logs rotated, MySQL killed: every row of every transaction once, in order', async () => {
    if (server === undefined) return;
    const { url, port } = server, database = 'chaos_stream', random = new Random(7);
    const load = await prepareWorkLoad({ url, database, rows: 100, operations: OPERATIONS, truncates: true, alters: true }, random), found = new Versions();
    let wake: () => void = () => {}, open = 0, commits = 0, positions = '', lastWhole = 0;
    const stream = openBinlogStream(placeOf(url), undefined, { serverId: 424_242, heartbeatMs: 300, wants: (t) => t.database === database, wake: () => { wake(); }, maxRetries: 100, queueBytes: 100_000 });
    await stream.open('earliest');
    const cut = async (statement: 'KILL CONNECTION' | 'KILL QUERY'): Promise<void> => { await eachThread(url, statement, (t) => t.command.startsWith('Binlog Dump')); };
    const faults = [cut.bind(null, 'KILL CONNECTION'), async () => { await server?.kill(); await server?.start(); }, cut.bind(null, 'KILL CONNECTION'), cut.bind(null, 'KILL QUERY'), async () => { server?.signal('SIGSTOP'); await new Promise((r) => setTimeout(r, 1500)); server?.signal('SIGCONT'); }];
    const gates = new Gates(OPERATIONS), marks = faults.map((fault, i) => ({ fault, mark: gates.mark((i + 0.5) / faults.length) }));
    const faulting = (async () => { for (const { fault, mark } of marks) { await mark.reached; await fault(); mark.pass(); } })();
    let isOver = false;
    const reading = (async () => {
      for (let lastMs = Date.now(); !isOver || Date.now() - lastMs < QUIET_MS;) {
        const event = stream.next();
        if (event === undefined) { await new Promise<void>((resolve) => { wake = resolve; setTimeout(resolve, 100); }); continue; }
        if (event.kind !== 'heartbeat') lastMs = Date.now();
        if (event.kind === 'begin') { expect(open, 'a transaction inside another').to.equal(0); open = 1; }
        if (event.kind === 'rows') { expect(open, 'rows outside a transaction').to.equal(1); found.take(event); lastWhole = -1; }
        if (event.kind === 'commit') { open = 0; commits++; lastWhole = 0; positions = event.position.gtids ?? ''; }
      }
    })();
    await Promise.all([load.run(gates), faulting]);
    isOver = true;
    await reading;
    const { reconnects } = stream.stats;
    await stream.close();
    const connection = await mysql.createConnection(url);
    const [logs] = await connection.query('SHOW BINARY LOGS') as unknown as [{ Log_name: string }[]];
    const [[executed]] = await connection.query('SELECT REPLACE(@@GLOBAL.gtid_executed, "\n", "") AS g') as unknown as [[{ g: string }]];
    await connection.end();
    const history = wanted(await readHistory(url, database, logs[0]?.Log_name ?? '', load.tables, load.alters));
    for (const [table, changes] of history) {
      const have = found.byTable.get(table) ?? [], at = changes.findIndex((c, i) => c !== have[i]);
      expect(have.slice(Math.max(0, at - 2), at + 3), `${table} from change ${at} of ${changes.length}, ${have.length} read`).to.deep.equal(changes.slice(Math.max(0, at - 2), at + 3));
      expect(have.length, table).to.equal(changes.length);
    }
    expect(lastWhole).to.equal(0);
    expect(commits).to.be.greaterThan(200);
    expect(reconnects, 'faults met the stream').to.be.greaterThan(3);
    expect(logs.length, 'files').to.be.greaterThan(2);
    expect(positions.split(':')[0]).to.equal(executed.g.split(':')[0]);
    expect(port).to.be.greaterThan(0);
  });
});
