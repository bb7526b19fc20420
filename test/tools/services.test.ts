/** Programs that die with us, and what Maven and Flink are told. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { flinkCommand, flinkConfig } from '../../tools/services/flink-config.ts';
import { pom } from '../../tools/services/maven.ts';
import { TiedProcess } from '../../tools/services/tied-process.ts';

const lives = (pid: number): boolean => { try { process.kill(pid, 0); return true; } catch { return false; } };
async function until(isSo: () => boolean): Promise<void> { while (!isSo()) await new Promise((resolve) => { setTimeout(resolve, 10); }); }

describe('tied process', () => {
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'rivulet-tied-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });
  const start = async (...command: string[]): Promise<TiedProcess> => await TiedProcess.start(command, { log: join(folder, 'log'), folder, env: { WORD: 'hello' } });

  it('gives the pid of the program, its environment and its output, and kills it', async () => {
    const one = await start('sh', '-c', 'echo $WORD $$; exec sleep 100');
    await until(() => existsSync(one.log) && readFileSync(one.log, 'utf8').includes('\n'));
    expect(await one.lastOutput()).to.equal(`hello ${one.pid}\n`);
    expect([lives(one.pid), one.ended]).to.deep.equal([true, false]);
    await one.kill();
    await until(() => !lives(one.pid));
    expect(one.ended).to.equal(true);
    await one.kill();
  });
  it('notices that the program ended by itself, also when there is none', async () => {
    const one = await start('no-such-program-here');
    await until(() => one.ended);
    expect(await one.lastOutput()).to.contain('not found');
  });
  it('passes signals to the program', async () => {
    const one = await start('sh', '-c', 'trap "echo term; exit" TERM; echo ready; while :; do sleep 0.02; done');
    await until(() => existsSync(one.log) && readFileSync(one.log, 'utf8').includes('ready'));
    one.signal('SIGTERM');
    await until(() => readFileSync(one.log, 'utf8').includes('term'));
    await until(() => !lives(one.pid));
  });
  it('does not outlive its owner, even one that is killed, nor does its folder', async () => {
    const script = `import { TiedProcess } from ${JSON.stringify(join(import.meta.dirname, '../../tools/services/tied-process.ts'))};
      const one = await TiedProcess.start(['sleep', '100'], { log: ${JSON.stringify(join(folder, 'log'))}, folder: ${JSON.stringify(folder)} });
      console.log(one.pid); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => { owner.stdout.once('data', (text: Buffer) => { resolve(Number(text.toString())); }); });
    expect(lives(pid)).to.equal(true);
    owner.kill('SIGKILL');
    await until(() => !lives(pid) && !existsSync(folder));
  });
});

describe('services from Maven', () => {
  it('writes a project with versions and what is left out', () => {
    const text = pom({ title: 'T', folder: 't-1', dependencies: ['g:a:1', 'g:b:2'], without: ['g:c'], otherwise: '' });
    expect(text).to.contain('<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version><exclusions><exclusion><groupId>g</groupId><artifactId>c</artifactId></exclusion></exclusions></dependency>');
    expect(text).to.contain('<artifactId>b</artifactId><version>2</version>');
    expect(pom({ title: 'T', folder: 't-1', dependencies: ['g:a:1'], otherwise: '' })).to.not.contain('exclusion');
  });
  it("spells the TaskManager's memory out so that it sums up", () => {
    const text = flinkConfig('/f', { rpc: 1, rest: 2, gateway: 3 }, { taskManagerMib: 4096, slots: 2 });
    const sizes = [...text.matchAll(/^taskmanager\.memory\.(?!network\.max|jvm-overhead\.max)\S+: (\d+)m$/gm)].map((m) => Number(m[1]));
    expect(sizes.reduce((n, size) => n + size, 0)).to.equal(4096);
    expect(text).to.match(/^state\.backend\.type: hashmap$/m).and.match(/^execution\.checkpointing\.interval: 10 s$/m).and.match(/^execution\.checkpointing\.mode: EXACTLY_ONCE$/m).and.match(/^parallelism\.default: 2$/m);
    for (const [, address] of text.matchAll(/^\S*(?:host|address): (.*)$/gm)) expect(address).to.equal('127.0.0.1');
    expect(flinkCommand('taskmanager', '/jars', '/f', { taskManagerMib: 8192, slots: 2 })).to.include.members(['-Xmx6543m', '-Xms6543m', '/jars/*']);
  });
});
