/** `with-kafka.ts` runs a command with the Kafka it was given and passes on its end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

const SCRIPT = join(import.meta.dirname, '../../tools/services/with-kafka.ts');

async function run(args: string[], signalAfterReady?: NodeJS.Signals): Promise<{ code: number | null; output: string }> {
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { env: { ...process.env, KAFKA_BOOTSTRAP: 'given:1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (b: Buffer) => { output += b.toString(); if (signalAfterReady !== undefined && output.includes('ready')) child.kill(signalAfterReady); });
    child.stderr.on('data', (b: Buffer) => { output += b.toString(); });
    child.on('close', (code) => { resolve({ code, output }); });
  });
}

describe('with-kafka', () => {
  it('sets KAFKA_BOOTSTRAP, finds programs of the project, passes the exit code', async () => {
    const ended = await run(['sh', '-c', 'echo "at $KAFKA_BOOTSTRAP"; command -v mocha >/dev/null && exit 7']);
    expect(ended.code).to.equal(7);
    expect(ended.output).to.contain('at given:1').and.to.contain('Kafka at given:1 (KAFKA_BOOTSTRAP)');
  });
  it('passes signals on', async () => {
    expect((await run(['sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'], 'SIGTERM')).code).to.equal(9);
  });
  it('names a command that cannot be started, and asks for one', async () => {
    expect((await run(['no-such-command-here'])).code).to.equal(127);
    expect((await run([])).code).to.equal(64);
  });
});
