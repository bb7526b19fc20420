/** Settings from file, environment and flags, their order and their errors; and the log. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RivuletError } from '../../core/errors/define.ts';
import { loadCommandLine, loadConfig } from '../../server/config/config.ts';
import { defaultMemoryLimit } from '../../server/config/memory.ts';
import { isLoopback } from '../../server/config/loopback.ts';
import { settings } from '../../server/config/settings.ts';
import { openLog } from '../../server/ports/log.ts';

describe('configuration', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'config-')); });
  after(() => rmSync(folder, { recursive: true }));
  const file = (text: string): string => { const path = join(folder, `c${Math.random()}.yaml`); writeFileSync(path, text); return path; };
  const failure = async (argv: readonly string[], env: Record<string, string> = {}): Promise<RivuletError> => {
    try { await loadConfig(argv, env); } catch (error) { return error as RivuletError; }
    throw new TypeError(`${argv.join(' ')} was taken`);
  };

  it('has defaults', async () => {
    expect(await loadConfig([], { PATH: '/bin' })).to.deep.equal({
      host: '127.0.0.1', pgPort: 7432, httpPort: 7480, httpNames: [], dataDir: resolve('rivulet-data'), parallelism: availableParallelism(), logLevel: 'info', logFormat: 'auto', insecureNoAuth: false, memoryLimit: defaultMemoryLimit(), tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined, tlsRequired: false, auditLog: undefined,
      secretsDirs: ['/run/secrets'], secretsEnv: ['RIVULET_SECRET_*'], secretsKeyFile: undefined, connectorHosts: [], configFile: undefined, sessionDefaults: new Map(), users: [],
    });
  });

  it('takes flags before environment before file', async () => {
    const path = file("host: '::1'\npg-port: 1000\nhttp-port: 1001\nlog-level: debug\nhttp-names: a.example, b.example\ndefaults:\n  execution.checkpointing.interval: 10 s\n  'table.exec.state.ttl': 0\n  __proto__: x\n");
    const config = await loadConfig(['--pg-port=3000', '--pg-port', '3001', '--data-dir', '/x/y'], { RIVULET_CONFIG: path, RIVULET_PG_PORT: '2000', RIVULET_HTTP_PORT: '2001', RIVULET_LOG_FORMAT: '' });
    expect(config).to.deep.include({ host: '::1', pgPort: 3001, httpPort: 2001, logLevel: 'debug', logFormat: 'auto', dataDir: '/x/y', configFile: path, httpNames: ['a.example', 'b.example'] });
    expect([...config.sessionDefaults]).to.deep.equal([['execution.checkpointing.interval', '10 s'], ['table.exec.state.ttl', '0'], ['__proto__', 'x']]);
    expect((await loadConfig(['--config', file('')], {})).pgPort).to.equal(7432);
  });

  for (const [name, argv, env, message, hint] of [
    ['an unknown flag', ['--pgport', '1'], {}, 'unknown flag "--pgport"', 'Did you mean "--pg-port"?'],
    ['an unknown flag far from all', ['--xyzzy'], {}, 'unknown flag "--xyzzy"', 'Run with --help to see all settings.'],
    ['an unknown variable', [], { RIVULET_PGPORT: '1' }, 'unknown environment variable "RIVULET_PGPORT"', 'Did you mean "RIVULET_PG_PORT"?'],
    ['a stray argument', ['serve'], {}, 'unexpected argument "serve"', undefined],
    ['a flag without its value', ['--pg-port'], {}, 'flag "--pg-port" needs a value', undefined],
    ['a flag in place of a value', ['--host', '--pg-port', '1'], {}, 'flag "--host" needs a value', undefined],
    ['a bad port', ['--pg-port', '65536'], {}, 'invalid value "65536" for flag --pg-port', undefined],
    ['a bad variable', [], { RIVULET_PARALLELISM: '0' }, 'invalid value "0" for environment variable RIVULET_PARALLELISM', undefined],
    ['a bad level', ['--log-level', 'loud'], {}, 'invalid value "loud" for flag --log-level', undefined],
    ['a certificate without its key', ['--tls-cert', 'c.pem'], {}, '--tls-cert needs --tls-key', undefined],
    ['TLS that is required but not there', ['--tls-required'], {}, '--tls-required needs --tls-cert', undefined],
    ['a missing file', ['--config', '/nowhere.yaml'], {}, 'could not read configuration file "/nowhere.yaml": ENOENT', undefined],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const error = await failure(argv, env as Record<string, string>);
      expect(error.message).to.equal(message);
      if (hint !== undefined) expect(error.hint).to.equal(hint);
    });
  }

  for (const [name, text, message] of [
    ['an unknown key', 'pg-prot: 1', /^unknown key of .* "pg-prot"$/], ['a flag that must not hide in a file', 'insecure-no-auth: true', /^unknown key of .* "insecure-no-auth"$/], ['a bad value', 'pg-port: many', /^invalid value "many" for key pg-port of /],
    ['a number written strangely', 'pg-port: 0x1F', /^invalid value "0x1F" for/], ['a list', 'host: [a]', /^invalid value .* for key host/], ['an empty value', 'host:', /^invalid value/], ['the same key twice', 'host: a\nhost: b', /^could not read .*unique/i], ['no YAML', 'host: "a', /^could not read/],
    ['a list of all', '- host', /expected keys with values$/], ['nested defaults', 'defaults:\n  a:\n    b: 1', /^invalid value/], ['defaults that are none', 'defaults: 5', /^invalid value/],
  ] as const) {
    it(`refuses a file with ${name}`, async () => { expect((await failure(['--config', file(text)])).message).to.match(message); });
  }

  it('knows which addresses only this machine can reach', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'].map(isLoopback)).to.deep.equal([true, true, true, true, true]);
    expect(['128.0.0.1', '127.0.0.1.evil.example', '0.0.0.0', '::', 'localhost.evil'].map(isLoopback)).to.deep.equal([false, false, false, false, false]);
  });

  it('takes users with verifiers and references to passwords, and tells no secret when it refuses one', async () => {
    const verifier = 'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=', secret = join(folder, 'secret');
    writeFileSync(secret, 'of the file\n');
    const { users } = await loadConfig(['--config', file(`users:\n  ann: { role: admin, verifier: '${verifier}' }\n  bot: { password: '\${env:BOT}' }\n  bob:\n    role: read-only\n    password: \${file:${secret}}\n`)], { BOT: 'of the environment' });
    expect(users.map((u) => [u.name, u.role, 'password' in u.secret ? u.secret.password : u.secret.verifier.iterations])).to.deep.equal([['ann', 'admin', 4096], ['bot', 'read-only', 'of the environment'], ['bob', 'read-only', 'of the file']]);
    for (const [text, wanted] of [
      ['users:\n  ann: { password: hunter2 }', /^invalid value "…" for key password of user "ann"/], ['users:\n  ann: { verifier: hunter2 }', /^invalid value "…" for key verifier/], ['users:\n  ann: { password: [hunter2] }', /^invalid value "" for key password/],
      ['users:\n  ann: { role: owner, password: "${env:BOT}" }', /^invalid value "owner" for key role/], ['users:\n  ann: { rol: admin }', /^unknown key of user "ann"/], ['users:\n  ann: {}', /^invalid value/], ['users: [ann]', /^invalid value/], ['users:\n  ann: hunter2', /^invalid value "" for user "ann"/],
      ['users:\n  ann: { password: "${env:NONE}" }', /^invalid value "\$\{env:NONE\}" for key password/], ['users:\n  ann: { password: "${file:/nowhere}" }', /^invalid value/],
    ] as const) {
      const error = await failure(['--config', file(text)], { BOT: 'x' });
      expect(error.message).to.match(wanted);
      expect(`${error.message} ${error.detail} ${error.hint}`).not.to.contain('hunter2');
    }
  });

  it('explains itself', async () => {
    const help = await loadCommandLine(['--help', '--pg-port', 'bad'], {}, '1.2.3');
    expect(help.kind).to.equal('print');
    for (const card of settings) expect((help as { text: string }).text).to.contain(`--${card.flag}`).and.contain(card.env);
    expect(await loadCommandLine(['--version'], {}, '1.2.3')).to.deep.equal({ kind: 'print', text: 'rivulet 1.2.3\n' });
    expect((await loadCommandLine([], {}, '1.2.3')).kind).to.equal('run');
  });
});

describe('log', () => {
  const lines = async (format: 'json' | 'pretty', level: 'info' | 'debug' = 'info'): Promise<string[]> => {
    const seen: string[] = [], log = await openLog({ level, format, destination: { write: (line) => { seen.push(line); } } });
    log.debug('small');
    log.child({ jobId: 'j1' }).warn('look here', { rows: 3, err: new TypeError('why', { cause: new TypeError('root') }) });
    log.setLevel('error');
    log.info('too late');
    return seen;
  };

  it('writes JSON with fields of its children and errors with their causes', async () => {
    const seen = await lines('json');
    expect(seen).to.have.length(1);
    const line = JSON.parse(seen[0] as string);
    expect(line).to.include({ level: 'warn', msg: 'look here', jobId: 'j1', rows: 3 });
    expect(line.err.stack).to.contain('why').and.contain('root');
    expect(line.time).to.match(/^\d{4}-\d\d-\d\dT/);
    expect(await lines('json', 'debug')).to.have.length(2);
  });

  it('writes readable lines', async () => { expect((await lines('pretty')).join('')).to.match(/WARN.*look here.*"jobId":"j1".*"rows":3/); });

  it('does not end the process when nobody reads its output any more', async () => {
    const script = `
      const { openLog, surviveBrokenPipes } = await import(${JSON.stringify(new URL('../../server/ports/log.ts', import.meta.url).href)});
      surviveBrokenPipes();
      const log = await openLog({ level: 'info', format: 'json' });
      process.on('message', () => { for (let i = 0; i < 2000; i++) { process.stdout.write('row '.repeat(100)); log.info('line'); } setTimeout(() => process.send('alive', () => process.exit(0)), 20); });
      process.send('up');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const messages: unknown[] = [];
    child.on('message', (message) => {
      messages.push(message);
      if (message !== 'up') return;
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.send('go');
    });
    const code = await new Promise((resolveCode) => child.on('close', resolveCode));
    expect({ code, messages }).to.deep.equal({ code: 0, messages: ['up', 'alive'] });
  });
});
