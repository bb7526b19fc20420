/** Small parts of the runtime by themselves: restart strategies, settings, life cycle, layout, watermarks, the print ring. */
import { expect } from 'chai';
import { ChangeBatch } from '../../core/row/batch.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import { BIGINT } from '../../core/types/sql-type.ts';
import { ExchangeSender, WINDOW_BYTES } from '../../runtime/graph/exchange.ts';
import { layOut, reachOf } from '../../runtime/graph/layout.ts';
import type { LayoutEdge } from '../../runtime/graph/layout.ts';
import type { PeerMessage } from '../../runtime/graph/messages.ts';
import { FINAL, transitions } from '../../runtime/jobs/lifecycle.ts';
import { PRINT_RING_LINES, PrintLog } from '../../runtime/jobs/print-log.ts';
import { restartStrategy } from '../../runtime/jobs/restart-strategy.ts';
import { jobSettings } from '../../runtime/jobs/settings.ts';
import { WatermarkMerge } from '../../runtime/time/watermark.ts';
import { collect, counts, numbers, planOf, sink } from './support/plans.ts';

describe('restart strategies', () => {
  const delays = (settings: Record<string, string>, atMs: readonly number[]): (number | undefined)[] => {
    const strategy = restartStrategy(jobSettings(settings, 1).restart, () => 0.5);
    return atMs.map((ms) => strategy.onFailure(ms));
  };
  it('are Flink’s: exponential by default with checkpoints, none without', () => {
    expect(delays({}, [0, 1, 2, 3, 4])).to.deep.equal([1000, 1500, 2250, 3375, 5062.5]);
    expect(delays({ 'execution.checkpointing.interval': '0' }, [0])).to.deep.equal([undefined]);
  });
  it('exponential-delay stops growing at max-backoff and starts over after the threshold', () => {
    const settings = { 'restart-strategy.exponential-delay.max-backoff': '2 s', 'restart-strategy.exponential-delay.reset-backoff-threshold': '10 s', 'restart-strategy.exponential-delay.backoff-multiplier': '2' };
    expect(delays(settings, [0, 1, 2, 20_000])).to.deep.equal([1000, 2000, 2000, 1000]);
  });
  it('exponential-delay with a number of attempts gives up after them', () => {
    expect(delays({ 'restart-strategy.exponential-delay.attempts-before-reset-backoff': '2' }, [0, 1, 2])).to.deep.equal([1000, 1500, undefined]);
  });
  it('fixed-delay gives up after its attempts, failure-rate only when failures come too fast', () => {
    expect(delays({ 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '2' }, [0, 1, 2])).to.deep.equal([1000, 1000, undefined]);
    expect(delays({ 'restart-strategy.type': 'failure-rate' }, [0, 60_000, 130_000, 130_001])).to.deep.equal([1000, 1000, 1000, undefined]);
  });
  it('refuse bad values by the name of the option', () => {
    expect(() => jobSettings({ 'restart-strategy.type': 'sometimes' }, 1)).to.throw('"restart-strategy.type"');
    expect(() => jobSettings({ 'execution.checkpointing.interval': 'soon' }, 1)).to.throw('"execution.checkpointing.interval"');
    expect(jobSettings({ 'table.exec.resource.default-parallelism': '3', 'parallelism.default': '2' }, 1).parallelism).to.equal(3);
  });
});

describe('life cycle', () => {
  it('has no way out of a final status but a new start, and one into CANCELLING from every other', () => {
    for (const [status, to] of Object.entries(transitions)) {
      if (FINAL.has(status as 'FAILED')) expect(to, status).to.deep.equal(['CREATED']);
      else if (status !== 'SUSPENDED' && status !== 'CANCELLING') expect(to, status).to.include('CANCELLING');
    }
  });
});

describe('layout', () => {
  const plan = planOf(numbers({}), counts(), sink('s', {}, 'agg'), collect('agg', counts().columns));
  it('keeps forward edges inside a subtask and makes exchanges of the others', () => {
    const kinds = (parallelism: number): string[] => layOut(plan, parallelism).edges.map((edge) => edge.kind);
    expect(kinds(1)).to.deep.equal(['local', 'local', 'local']);
    expect(kinds(2)).to.deep.equal(['hash', 'local', 'modulo']);
    expect(layOut(plan, 2).nodes.map((node) => node.instances)).to.deep.equal([2, 2, 2, 1]);
  });
  it('knows what lies downstream of a source', () => {
    const reach = reachOf(layOut(plan, 2), 0);
    expect([[...reach.nodes], [...reach.exchanges]]).to.deep.equal([[0, 1, 2, 3], [0, 2]]);
  });
});

describe('exchange', () => {
  const edge: LayoutEdge = { index: 0, from: 0, to: 1, input: 0, kind: 'hash', keys: [0] };
  it('sends every row to exactly one target, equal keys to the same, in order and with their kinds', () => {
    const codec = compileBatchCodec([BIGINT, BIGINT]), got: string[][] = [[], [], []];
    const take = (to: number, batch: ChangeBatch): void => { for (let row = 0; row < batch.size; row++) (got[to] as string[]).push(`${batch.kindAt(row)}:${batch.columns[0]?.[row]}:${batch.columns[1]?.[row]}`); };
    const sender = new ExchangeSender({
      edge, attempt: 1, subtask: 1, targets: 3, types: [BIGINT, BIGINT], ownPush: (batch) => take(1, batch),
      send: (to, message: PeerMessage) => { if (message.k === 'data') codec.decodeEach(message.x, (batch) => take(to, batch)); },
    });
    const rows = Array.from({ length: 3000 }, (_, i) => i), batch = new ChangeBatch([rows.map((i) => i % 50), rows]);
    batch.size = rows.length;
    batch.kinds = Uint8Array.from(rows, (i) => i % 4);
    sender.push(batch);
    sender.flush();
    expect(got.flat().sort()).to.deep.equal(rows.map((i) => `${i % 4}:${i % 50}:${i}`).sort());
    for (const share of got) expect(share.length).to.be.greaterThan(0);
    for (const share of got) expect(share.map((text) => Number(text.split(':')[2]))).to.satisfy((ids: number[]) => ids.every((id, i) => i === 0 || id > (ids[i - 1] as number)));
    const homes = new Map<string, number>();
    got.forEach((share, to) => { for (const text of share) { const key = text.split(':')[1] as string; expect(homes.get(key) ?? to).to.equal(to); homes.set(key, to); } });
  });
  it('gathers small batches into one message, which goes when told, when large, and before what must follow it', () => {
    const codec = compileBatchCodec([BIGINT, BIGINT]), sent: string[] = [], values: unknown[] = [];
    const sender = new ExchangeSender({
      edge: { ...edge, kind: 'modulo' }, attempt: 1, subtask: 1, targets: 1, types: [BIGINT, BIGINT], ownPush: undefined,
      send: (_to, message: PeerMessage) => { sent.push(message.k); if (message.k === 'data') codec.decodeEach(message.x, (one) => { for (let row = 0; row < one.size; row++) values.push(`${one.kindAt(row)}:${one.columns[0]?.[row]}`); }); },
    });
    const push = (kinds: Uint8Array | null, ...column: unknown[]): void => { const batch = new ChangeBatch([column, column.map(() => null)]); batch.size = column.length; batch.kinds = kinds; sender.push(batch); };
    push(null, 1, 2);
    push(Uint8Array.of(3, 0), 3, 2n ** 70n);
    push(null);
    expect([sent, sender.channels[0]?.inFlightBytes === 0]).to.deep.equal([[], false]);
    sender.flush();
    sender.flush();
    expect([sent, values]).to.deep.equal([['data'], ['0:1', '0:2', '3:3', `0:${2n ** 70n}`]]);
    push(null, 5);
    sender.sendControl('barrier', 7);
    expect([sent, values.at(-1)]).to.deep.equal([['data', 'data', 'barrier'], '0:5']);
    for (let i = 0; i < 20_000 && sent.length < 4; i++) push(null, 6);
    expect([sent.length, sent.at(-1)]).to.deep.equal([4, 'data']);
  });
  it('has no room when a window is in flight, and again when credit comes back', () => {
    let inFlight = 0;
    const sender = new ExchangeSender({ edge: { ...edge, kind: 'modulo' }, attempt: 1, subtask: 1, targets: 1, types: [BIGINT], ownPush: undefined, send: (_to, message) => { if (message.k === 'data') inFlight += message.x.byteLength; } });
    const batch = new ChangeBatch([Array.from({ length: 8000 }, () => 2 ** 50)]);
    batch.size = 8000;
    const [channel] = sender.channels;
    while (channel?.hasRoom === true) sender.push(batch);
    expect(inFlight).to.be.within(WINDOW_BYTES, WINDOW_BYTES + 100_000);
    sender.credit(0, inFlight);
    expect(channel?.hasRoom).to.equal(true);
  });
});

describe('watermarks of several channels', () => {
  it('follow the slowest channel that is not idle and never go back', () => {
    const merge = new WatermarkMerge(3);
    const seen = [merge.advance(0, 10), merge.advance(1, 5), merge.advance(2, 7), merge.advance(1, 3), merge.advance(1, 20), merge.markIdle(2), merge.advance(2, 4), merge.advance(0, 30), merge.markIdle(2), merge.markIdle(0), merge.markIdle(1)];
    expect(seen).to.deep.equal([undefined, undefined, 5, undefined, 7, 10, undefined, undefined, 20, undefined, undefined]);
  });
});

describe('print ring', () => {
  it('drops the oldest lines, keeps sequence numbers, and a slow follower goes on at the oldest kept', async () => {
    const log = new PrintLog(), abort = new AbortController(), follower = log.follow({ signal: abort.signal });
    log.add(Array.from({ length: PRINT_RING_LINES + 500 }, (_, i) => ({ sink: i % 2 === 0 ? 'even' : 'odd', text: `${i}` })));
    expect(log.newest({}).length).to.equal(PRINT_RING_LINES);
    expect(log.newest({ sink: 'odd', tail: 1 })).to.deep.equal([{ sink: 'odd', sequence: PRINT_RING_LINES + 500, text: `${PRINT_RING_LINES + 499}` }]);
    expect((await follower.next()).value).to.include({ sequence: 501 });
    log.close();
    abort.abort();
    expect((await follower.next()).done).to.equal(true);
  });
});
