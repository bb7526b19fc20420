/** The statement a server runs for itself after its start: read to its end, never in the way. */
import { expect } from 'chai';
import { internalError } from '../../core/errors/common.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Gateway, Session, StatementResult } from '../../server/gateway/contract.ts';
import { warmUp } from '../../server/warm-up.ts';

/** A gateway of one session that does what `execute` says; tells what was asked of it. */
function gatewayOf(execute: (signal: AbortSignal) => AsyncIterable<StatementResult>): { gateway: Gateway; calls: string[]; log: Log } {
  const calls: string[] = [], write = (level: string) => (message: string) => { calls.push(`${level}: ${message}`); };
  const log: Log = { trace: write('trace'), debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log };
  const session = { execute: (_text: string, { signal }: { signal: AbortSignal }) => { calls.push('execute'); return execute(signal); }, close: async () => { calls.push('close'); } } as unknown as Session;
  return { gateway: { openSession: () => { calls.push('open'); return session; } } as unknown as Gateway, calls, log };
}

describe('Warm-up', () => {
  it('reads every row and closes its session', async () => {
    let given = 0;
    async function* chunks() { for (; given < 3; given++) yield { rows: [[given]] }; }
    const { gateway, calls, log } = gatewayOf(async function* () { yield { kind: 'rows', columns: [], tag: 'SELECT', endless: false, chunks: chunks() }; });
    await warmUp(gateway, log, new AbortController().signal);
    expect(given).to.equal(3);
    expect(calls).to.deep.equal(['open', 'execute', 'close']);
  });
  it('tells a failure and goes on', async () => {
    const { gateway, calls, log } = gatewayOf(async function* () { yield { kind: 'empty' }; throw internalError({ what: 'the planner' }); });
    await warmUp(gateway, log, new AbortController().signal);
    expect(calls).to.deep.equal(['open', 'execute', 'warn: warming up failed', 'close']);
  });
  it('is silent when the server stops, before it or in the midst of it', async () => {
    const ends = new AbortController();
    const { gateway, calls, log } = gatewayOf(async function* () { yield { kind: 'empty' }; ends.abort(); throw internalError({ what: 'ended' }); });
    await warmUp(gateway, log, ends.signal);
    expect(calls).to.deep.equal(['open', 'execute', 'close']);
    await warmUp(gateway, log, ends.signal);
    expect(calls).to.have.length(3);
  });
});
