/** Limits of memory: what state counts, who is refused, what is given back; the watch over heaps; how a machine's memory is divided. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, STRING } from '../../core/types/sql-type.ts';
import { HeapWatch } from '../../runtime/graph/heap-watch.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { forgetWorker, jobMemory, MemoryAccount, sharedMemory, usedByAll, usedByJob } from '../../runtime/state/memory.ts';
import type { JobMemory, SharedMemory } from '../../runtime/state/memory.ts';
import { availableMemory, memoryShares } from '../../server/config/memory.ts';

const MIB = 1024 * 1024;
const codeOf = (work: () => void): string | undefined => { try { work(); return undefined; } catch (error) { return error instanceof RivuletError ? error.code : String(error); } };
const fill = (server: SharedMemory, job: JobMemory, worker = 0): { backend: OperatorStateBackend; add: (from: number, count: number) => void } => {
  const backend = new OperatorStateBackend({ nowMs: () => 0, memory: new MemoryAccount({ server, job, worker, what: 'Join(a)' }) });
  const table = backend.table({ name: 't', key: [BIGINT], subKey: [], value: [STRING], meta: 1, ttlMs: 0 });
  return { backend, add: (from, count) => { for (let i = from; i < from + count; i++) table.writeValue(table.findOrCreate([BigInt(i)], []), ['x'.repeat(50)]); } };
};

describe('memory of state', () => {
  it('is counted as tables grow and shrink, and given back when they close', () => {
    const server = sharedMemory(2, Infinity), job = jobMemory(Infinity), { backend, add } = fill(server, job);
    add(0, 200_000);
    expect(usedByAll(server)).to.be.within(backend.bytes * 0.99, backend.bytes * 1.15 + MIB);
    expect(usedByJob(job)).to.equal(usedByAll(server));
    backend.takeCheckpoint();
    expect(usedByAll(server)).to.be.within(backend.bytes * 0.99, backend.bytes * 1.3 + MIB);
    backend.close();
    expect([usedByAll(server), usedByJob(job)]).to.deep.equal([0, 0]);
  });
  it('refuses what goes beyond the limit, with the numbers, before it is taken', () => {
    const server = sharedMemory(1, 20 * MIB), { backend, add } = fill(server, jobMemory(Infinity));
    let error: RivuletError | undefined;
    try { add(0, 1_000_000); } catch (thrown) { error = thrown as RivuletError; }
    expect([error?.code, error?.retry, error?.sqlstate]).to.deep.equal(['state-memory-exceeded', 'never', '53200']);
    expect(error?.message).to.equal('state of operator "Join(a)" does not fit into the memory of the server');
    expect(usedByAll(server)).to.be.within(10 * MIB, 20 * MIB);
    expect(backend.bytes).to.be.lessThan(20 * MIB);
  });
  it('has a limit per job; and a small job does not fail for what a large one holds', () => {
    const server = sharedMemory(1, 64 * MIB), large = fill(server, jobMemory(Infinity)), own = fill(server, jobMemory(2 * MIB));
    expect(codeOf(() => own.add(0, 100_000))).to.equal('state-memory-exceeded');
    expect(codeOf(() => large.add(0, 10_000_000))).to.equal('state-memory-exceeded');
    const small = fill(server, jobMemory(Infinity));
    expect(codeOf(() => small.add(0, 15_000))).to.equal(undefined);
    expect(codeOf(() => small.add(0, 500_000))).to.equal('state-memory-exceeded');
    expect(usedByAll(server)).to.be.lessThan(64 * MIB * 1.125);
  });
  it('of a worker that died is struck out', () => {
    const server = sharedMemory(2, Infinity);
    fill(server, jobMemory(Infinity), 0).add(0, 10_000);
    const before = usedByAll(server);
    fill(server, jobMemory(Infinity), 1).add(0, 10_000);
    forgetWorker(server, 1);
    expect(usedByAll(server)).to.equal(before);
  });
});

describe('heap watch', () => {
  /** `wasteful` makes much and keeps nothing, `leaky` keeps a little of each round; collections come in the rounds of `unlucky`. */
  const run = (unlucky: 'wasteful' | 'leaky'): string[] => {
    let used = 10, kept = 10;
    const watch = new HeapWatch(100, () => used, () => { used = kept; }), ended: string[] = [];
    for (let turn = 0; turn < 200 && ended.at(-1) !== 'leaky'; turn++) {
      watch.begin();
      let isFull = false;
      for (const job of ['wasteful', 'leaky'] as const) {
        if (job === 'leaky' && unlucky === 'leaky') used = kept;
        used += job === 'leaky' ? 3 : 30;
        kept += job === 'leaky' ? 3 : 0;
        if (job === 'wasteful' && unlucky === 'wasteful') used = kept;
        isFull = watch.charge(job) || isFull;
      }
      const found = isFull ? watch.culprit()?.job : undefined;
      if (found === undefined) continue;
      expect(kept).to.be.greaterThan(100);
      expect(watch.culprit(), 'one at a time').to.equal(undefined);
      ended.push(found);
      if (found === 'leaky') kept = 10;
      watch.ended(found);
    }
    return ended;
  };
  it('finds the job that keeps what it makes, not the one that makes most', () => { expect(run('wasteful')).to.deep.equal(['leaky']); });
  it('clears a job that was not it, and finds the other next', () => { expect(run('leaky')).to.deep.equal(['wasteful', 'leaky']); });
});

describe('memory of the machine', () => {
  const files = (all: Readonly<Record<string, string>>) => (path: string): string => { const text = all[path]; if (text === undefined) throw new Error(path); return text; };
  it('is the tightest limit of the cgroups, else what is built in', () => {
    expect(availableMemory(files({}), 8000)).to.equal(8000);
    expect(availableMemory(files({ '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/b/memory.max': 'max\n', '/sys/fs/cgroup/a/memory.max': '3000\n' }), 8000)).to.equal(3000);
    expect(availableMemory(files({ '/proc/self/cgroup': '0::/host/path\n', '/sys/fs/cgroup/memory.max': '512\n' }), 8000)).to.equal(512);
    expect(availableMemory(files({ '/proc/self/cgroup': '5:cpu:/x\n4:memory:/docker/1\n', '/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes': '1000\n' }), 8000)).to.equal(1000);
    expect(availableMemory(files({ '/proc/self/cgroup': '4:memory:/\n', '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' }), 8000)).to.equal(8000);
  });
  it('goes half to state and half to what checkpoints and restores need beside it', () => {
    const { stateBytes, heapBytes } = memoryShares(8192 * MIB, 4);
    expect(stateBytes).to.equal((8192 - 160 - 4 * 48) / 2 * MIB);
    expect(heapBytes).to.equal(512 * MIB);
    expect(memoryShares(256 * MIB, 16).stateBytes).to.equal(16 * MIB);
  });
});
