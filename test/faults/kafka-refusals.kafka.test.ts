/**
 * Every call of the Kafka protocol that a job makes, met with every error a broker may give and every way a connection may break: one
 * job per call and fault, all through one proxy before the real broker. What can pass leaves no trace in the result; what cannot fails
 * its own job, which names the call and Kafka's name of the error.
 */
import { expect } from 'chai';
import { errorName } from '../../runtime/connectors/kafka/client/wire/error-codes.ts';
import { FaultProxy, type Call, type Fault, type Rule } from '../kafka/fault-proxy.ts';
import { Bench, eventually } from './support.ts';

const ROWS = 20;
interface Case { readonly call: Call; readonly fault: Fault; readonly name: string }
const title = (call: Call, fault: Fault): string => `${call} ${JSON.stringify(fault).replaceAll(/[{}"]/g, '').replaceAll(':', ' ').replace(/(refuse|lose) (-?\d+)/, (_, how: string, code: string) => `${how} ${errorName(Number(code))}`)}`;
const cases = (table: Readonly<Partial<Record<Call, readonly Fault[]>>>): Case[] => Object.entries(table).flatMap(([call, faults]) => faults.map((fault) => ({ call: call as Call, fault, name: title(call as Call, fault) })));
const refuse = (...codes: readonly number[]): Fault[] => codes.map((code) => ({ refuse: code }));
const lose = (...codes: readonly number[]): Fault[] => codes.map((code) => ({ lose: code }));

const CALLS: readonly Call[] = ['apiVersions', 'metadata', 'findCoordinator', 'offsetFetch', 'listOffsets', 'fetch', 'initProducerId', 'addPartitionsToTxn', 'produce', 'endTxn', 'offsetCommit'];
const BREAKS: readonly Fault[] = ['cut', 'cut-after', 'cut-inside', 'swallow', { delayMs: 150 }];
const PASSING: readonly Case[] = [
  ...cases({
    metadata: refuse(5, 9), findCoordinator: refuse(14, 15), offsetFetch: refuse(14, 15, 16, 88), offsetCommit: refuse(14, 15, 16, 25, 27),
    listOffsets: refuse(3, 5, 6, 9, 56, 74, 75, 78, 100), fetch: refuse(3, 5, 6, 9, 56, 72, 74, 75, 78, 100, 103), initProducerId: [...refuse(14, 15, 16, 51), ...lose(14, 16)],
    addPartitionsToTxn: [...refuse(14, 15, 16, 51), ...lose(15, 16, 51)], endTxn: [...refuse(14, 15, 16, 51), ...lose(14, 16, 51)],
    produce: [...refuse(2, 3, 5, 6, 7, 9, 13, 19, 56, 74), ...lose(6, 7, 13, 20, 56)],
  }),
  ...CALLS.flatMap((call) => [...BREAKS, ...(call === 'apiVersions' || call === 'metadata' ? [] : [{ throttleMs: 100 }])].map((fault): Case => ({ call, fault, name: title(call, fault) }))),
];
const FINAL: readonly Case[] = cases({
  metadata: refuse(29), findCoordinator: refuse(53), offsetFetch: refuse(30), listOffsets: refuse(29, 43), fetch: refuse(2, 29, -1), initProducerId: refuse(31, 42, 50, 53, 90),
  addPartitionsToTxn: refuse(29, 47, 48, 49, 53, 90), produce: refuse(29, 31, 32, 45, 47, 48, 59, 87, 90, -1), endTxn: refuse(47, 48, 49, 53, 90, -1),
});
/** All of them by hand; a third of them, other calls and faults by turns, in every test run. */
const chosen = (all: readonly Case[]): readonly Case[] => (process.env['RIVULET_LONG'] === '1' ? all : all.filter((_, i) => i % 3 === 0));

describe('faults: answers of a broker', function () {
  this.timeout(240_000);
  let bench: Bench, proxy: FaultProxy;
  before(async () => {
    bench = await Bench.open('refuse');
    proxy = await FaultProxy.start(bench.broker);
    await bench.topic('in', 2);
    for (const partition of [0, 1]) await bench.send('in', Array.from({ length: ROWS / 2 }, (_, i) => [null, `{"n":${i * 2 + partition}}`] as const), partition);
  });
  after(async () => { await bench?.close(); proxy?.close(); });

  /** A job of its own for the case: reads the rows up to their end and writes them in a transaction; the fault meets its calls only. */
  async function start(one: Case, number: number, out: string): Promise<{ readonly job: string; readonly rule: Rule }> {
    const clientId = bench.name(`${out}-${number}`), rule = proxy.on(one.call, one.fault, { clientId });
    const own = {
      'properties.bootstrap.servers': proxy.address, 'properties.client.id': clientId, 'properties.retry.backoff.ms': '20', 'properties.reconnect.backoff.ms': '10',
      ...(one.fault === 'swallow' ? { 'properties.request.timeout.ms': '1500' } : {}),
    };
    const job = await bench.submit(`SET 'restart-strategy.type' = 'none'; SET 'execution.checkpointing.interval' = '1 h';
      CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in', { ...own, 'properties.group.id': clientId, 'properties.auto.offset.reset': 'earliest', 'scan.startup.mode': 'group-offsets', 'scan.bounded.mode': 'latest-offset' })};
      CREATE TEMPORARY TABLE o (c BIGINT, n BIGINT) ${bench.with(out, { ...own, 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': clientId })};
      INSERT INTO o SELECT ${number}, n FROM t`);
    return { job, rule };
  }
  /** Not all at once: a case's calls should not time out because of the others. */
  async function all<T>(list: readonly Case[], run: (one: Case, number: number) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    await Promise.all(Array.from({ length: 12 }, async () => { for (let i = next++; i < list.length; i = next++) results[i] = await run(list[i] as Case, i); }));
    return results;
  }

  it('C1, C2, C10: every call a job makes, refused for a reason that passes, lost or cut at any place: each row once, no restart', async () => {
    const list = chosen(PASSING);
    await bench.topic('passing', 1);
    const ended = await all(list, async (one, number) => {
      const { job, rule } = await start(one, number, 'passing');
      const { status, exceptions } = await eventually(`the end of ${one.name}`, async () => { const found = await bench.job(job); return found.status !== 'RUNNING' && found.status !== 'INITIALIZING' && found.status !== 'CREATED' && found; }, 40_000);
      proxy.off(rule);
      return [one.name, status, rule.hits, exceptions[0]?.message];
    });
    // Nobody waits for the answer about a group's offsets: the job has ended by then.
    expect(ended.filter(([name, status, hits, why]) => status !== 'FINISHED' || (hits !== 1 && !String(name).startsWith('offsetCommit')) || why !== undefined)).to.deep.equal([]);
    const seen = (await bench.records('passing')).map((r) => JSON.parse(r.value ?? '') as { c: number; n: number });
    for (const [i, one] of list.entries()) expect(seen.filter(({ c }) => c === i).map(({ n }) => n).sort((a, b) => a - b), one.name).to.deep.equal(Array.from({ length: ROWS }, (_, n) => n));
  });
  it('every call a job makes, refused for good: its own job fails and names the error; nothing of it is ever seen', async () => {
    const list = chosen(FINAL);
    await bench.topic('final', 1);
    const ended = await all(list, async (one, number) => {
      const { job } = await start(one, number, 'final');
      return [one.name, await bench.failure(job)] as const;
    });
    const unnamed = ended.filter(([, why], i) => !why.includes(errorName((list[i] as Case & { fault: { refuse: number } }).fault.refuse)));
    expect(unnamed).to.deep.equal([]);
    const undecided = new Set(list.flatMap((one, i) => (one.call === 'endTxn' ? [i] : [])));
    expect((await bench.records('final')).map((r) => (JSON.parse(r.value ?? '') as { c: number }).c).filter((c) => !undecided.has(c))).to.deep.equal([]);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
  });
});
