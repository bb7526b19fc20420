/** `with-services.ts` runs a command with the services it was given and passes on its end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

const SCRIPT = join(import.meta.dirname, '../../tools/services/with-services.ts');

async function run(args: string[], signalAfterReady?: NodeJS.Signals, env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { env: { ...process.env, KAFKA_BOOTSTRAP: 'given:1', MYSQL_URL: 'mysql://root:secret-word@given:2', MARIADB_URL: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (b: Buffer) => { output += b.toString(); if (signalAfterReady !== undefined && output.includes('ready')) child.kill(signalAfterReady); });
    child.stderr.on('data', (b: Buffer) => { output += b.toString(); });
    child.on('close', (code) => { resolve({ code, output }); });
  });
}
/** No Docker, no way to get a program. */
const NOTHING = { DOCKER_HOST: 'unix:///no/such/socket', RIVULET_TOOLS_MYSQL_WAY: 'no such way' };

describe('with-services', () => {
  it('sets the variables, finds programs of the project, passes the exit code, prints no password', async () => {
    const ended = await run(['kafka', 'mysql', '--', 'sh', '-c', 'echo "at $KAFKA_BOOTSTRAP and ${MYSQL_URL##*@}"; command -v mocha >/dev/null && exit 7']);
    expect(ended.code).to.equal(7);
    expect(ended.output).to.contain('at given:1 and given:2').and.to.contain('Kafka at given:1 (KAFKA_BOOTSTRAP)').and.to.contain('MySQL at mysql://root@given:2 (MYSQL_URL)');
    expect(ended.output).to.not.contain('secret-word');
  });
  it('passes signals on', async () => {
    expect((await run(['kafka', '--', 'sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'], 'SIGTERM')).code).to.equal(9);
  });
  it('names a command that cannot be started, and asks for one', async () => {
    expect((await run(['--', 'no-such-command-here'])).code).to.equal(127);
    for (const args of [[], ['kafka'], ['kafka', '--'], ['oracle', '--', 'true']]) expect((await run(args)).code, args.join(' ')).to.equal(64);
  });
  it('says loudly which database is not to be had and runs without it, unless it is required', async () => {
    const without = await run(['mysql', 'mariadb', '--', 'sh', '-c', 'echo "MariaDB: <$MARIADB_URL>"'], undefined, NOTHING);
    expect(without.code).to.equal(0);
    expect(without.output).to.match(/\*\*\* no MariaDB at hand \(no Docker engine answers; .*MARIADB_URL=/).and.to.contain('ARE SKIPPED').and.to.contain('MariaDB: <>').and.to.contain('MySQL at mysql://root@given:2');
    const required = await run(['mysql', 'mariadb', '--', 'echo', 'ran'], undefined, { ...NOTHING, RIVULET_REQUIRE_MARIADB: '1' });
    expect(required.code).to.equal(69);
    expect(required.output).to.contain('no MariaDB at hand').and.to.not.contain('ran\n');
  });
});
