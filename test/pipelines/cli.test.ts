/** `rivulet pipeline`: arguments, where values of variables come from, what is shown. */
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { readArguments, readSecrets, valuesFor } from '../../server/cli/arguments.ts';
import { checkText, pipelineCommand, type PipelineCli } from '../../server/cli/pipeline.ts';
import { durationText, failureText, stageText } from '../../server/cli/stages.ts';
import { failure } from './support.ts';

describe('rivulet pipeline', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-cli-')), file = (name: string, text: string): string => { const path = join(folder, name); writeFileSync(path, text); return path; };
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('reads its arguments, and leaves the rest to the server', () => {
    const args = readArguments(['run', 'a.yaml', '--var', 'a=b=c', '--var=x=', '--secrets', 's', '--server', 'http://h:1/', '--from-savepoint=/p', '--detach', '--data-dir', '/d', '--http-port=7', '--insecure-no-auth']);
    expect(args).to.include({ action: 'run', target: 'a.yaml', secrets: 's', server: 'http://h:1', savepoint: '/p', follow: false, again: false, withSavepoint: false });
    expect([...args.variables]).to.deep.equal([['a', 'b=c'], ['x', '']]);
    expect(args.rest).to.deep.equal(['--data-dir', '/d', '--http-port=7', '--insecure-no-auth']);
    expect(readArguments([]).action).to.equal('help');
  });
  for (const [argv, why] of [[['rum', 'x'], /"pipeline rum"/], [['run'], /YAML file/], [['stop'], /id of a job/], [['run', 'a', 'b'], /unexpected argument "b"/], [['run', 'a', '--var', '1x=2'], /name=value/], [['run', 'a', '--var'], /--var/]] as const) {
    it(`refuses ${argv.join(' ')}`, async () => { expect((await failure(() => readArguments(argv))).message).to.match(why); });
  }
  it('values: command line, secrets file, RIVULET_VAR_, environment; only those that are used', async () => {
    const secrets = file('s.env', '# mine\na=from file\nb= x\n\nc="q"\nunused=1\n'), yaml = 'x: #{a} #{b} #{c} #{d} #{e} #{f}';
    const values = await valuesFor(yaml, { ...readArguments(['run', 'y', '--var', 'a=from line']), secrets }, { d: 'env', e: 'env', RIVULET_VAR_e: 'own', PATH: '/bin' });
    expect(values.get('a')).to.equal('from line');
    expect(values.get('b')).to.equal(' x');
    expect(values.get('c')).to.equal('"q"');
    expect(values.get('d')).to.equal('env');
    expect(values.get('e')).to.equal('own');
    expect(values.has('f') || values.has('unused') || values.has('PATH')).to.equal(false);
  });
  it('secrets files: YAML mappings and lines', async () => {
    expect([...await readSecrets(file('y.yaml', "a: 'x: y'\nb: 007\nc: \"q\\n\"\n"))]).to.deep.equal([['a', 'x: y'], ['b', '007'], ['c', 'q\n']]);
    expect([...await readSecrets(file('l.env', 'a=1=2\n  b=\n# c\n'))]).to.deep.equal([['a', '1=2'], ['b', '']]);
    expect((await failure(() => readSecrets(file('bad.env', 'a=1\nnonsense\n')))).message).to.include('line 2');
    expect((await failure(() => readSecrets(join(folder, 'none')))).message).to.match(/none' does not exist$/);
  });
  it('stages as text', () => {
    expect(stageText({ status: 'RUNNING', progress: [{ stage: 'full', full: { tables: 3, tablesDone: 1, chunks: 20, chunksDone: 5, rows: 40000, rowsPerSecond: 12345, etaSeconds: 100 } }] })).to.equal('full data: 5 of 20 chunks, 1 of 3 tables, 40,000 rows at 12,345/s, about 2 min left');
    expect(stageText({ status: 'RUNNING', progress: [{ stage: 'incremental', incremental: { file: 'b.1', pos: 7, lagSeconds: 0, lagBytes: 0 } }], nodes: [{ type: 'sink', recordsIn: 9 }] })).to.equal('incremental: b.1:7, up to date, 9 records to the sink');
    expect(stageText({ status: 'RUNNING', progress: [{ stage: 'incremental', incremental: { file: 'b.1', pos: 7, lagSeconds: 3, lagBytes: 2000 } }] })).to.equal('incremental: b.1:7, behind by 3 s and 2,000 bytes');
    expect(stageText({ status: 'RUNNING', progress: [{ stage: 'incremental', tables: 2 }] })).to.equal('incremental: tables found in topics: 2');
    expect(stageText({ status: 'FAILED', progress: [], lastError: 'why' })).to.equal('FAILED: why');
    expect(failureText({ status: 'FAILED', progress: [], lastError: 'why', exceptions: [{ message: 'why', detail: 'because', hint: 'do\nthis' }] })).to.equal('    because\n    do\n    this\n');
    expect(failureText({ status: 'RUNNING', progress: [], lastError: 'why', exceptions: [{ message: 'why', detail: 'because' }] })).to.equal('');
    expect([durationText(5), durationText(600), durationText(7200)]).to.deep.equal(['5 s', '10 min', '2.0 h']);
  });
  it('the list of a precheck', () => {
    expect(checkText({ name: 'p', passed: false, items: [{ name: 'binlog', status: 'pass', detail: 'On.' }, { name: 'keys', status: 'fail', detail: 'None.', fix: 'Add one.' }], targets: [{ table: 'a.b', targets: ['x', 'y'] }] })).to.equal('p\n  pass  binlog  On.\n  FAIL  keys    None.\n              → Add one.\nTables\n  a.b → x, y\n1 item failed.\n');
  });

  describe('with a server', () => {
    let server: Server, url: string, answer: { status: number; body: unknown };
    const got: { path: string; body: unknown }[] = [];
    before(async () => {
      server = createServer((request, reply) => {
        let text = '';
        request.on('data', (d: Buffer) => { text += String(d); });
        request.on('end', () => {
          if (request.url === '/readyz') { reply.end('ready'); return; }
          got.push({ path: request.url ?? '', body: text === '' ? undefined : JSON.parse(text) });
          reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
        });
      });
      await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => { server.closeAllConnections(); server.close(); });
    const run = async (...argv: string[]): Promise<{ code: number | undefined; out: string; err: string }> => {
      let out = '', err = '';
      const cli: PipelineCli = { env: {}, startServer: () => { throw new TypeError('no server is started here'); }, stdout: { write: (t) => { out += t; } }, stderr: { write: (t) => { err += t; } } };
      const code = await pipelineCommand([...argv, '--server', url], cli);
      return { code, out, err };
    };
    const result = { id: '7', name: 'p', passed: true, items: [], targets: [] };
    it('run sends the document unfilled, with the values it uses', async () => {
      answer = { status: 201, body: result };
      const path = file('p.yaml', 'a: #{x}\n'), { code, out } = await run('run', path, '--var', 'x=1', '--var', 'y=2', '--detach');
      expect(code).to.equal(0);
      expect(out).to.include('Job 7 started.');
      expect(got.at(-1)).to.deep.equal({ path: '/api/v1/pipelines', body: { yaml: 'a: #{x}\n', variables: { x: '1' }, again: false } });
    });
    it('the same pipeline runs already', async () => {
      answer = { status: 201, body: { ...result, alreadyRunning: true } };
      expect((await run('run', file('p.yaml', 'a: 1'), '--detach')).out).to.include('runs already as job 7');
    });
    it('refusals are told with file, line and column; exit codes tell what was wrong', async () => {
      answer = { status: 400, body: { error: { code: 'pipeline-unknown-key', message: 'unknown block "x"', detail: 'Known: source.', hint: 'Did you mean "source"?', line: 2, column: 3 } } };
      const path = file('p.yaml', 'a: 1'), refused = await run('run', path);
      expect(refused.code).to.equal(2);
      expect(refused.err).to.equal(`rivulet: ${path}:2:3: unknown block "x"\n  Known: source.\n  Did you mean "source"?\n`);
      answer = { status: 409, body: { error: { code: 'pipeline-precheck-failed', message: 'no', detail: 'a: b\nc: d' } } };
      expect((await run('run', path)).code).to.equal(1);
      answer = { status: 200, body: { ...result, passed: false, items: [{ name: 'a', status: 'fail', detail: 'b' }] } };
      expect((await run('check', path)).code).to.equal(1);
      answer = { status: 200, body: result };
      expect((await run('check', path)).code).to.equal(0);
    });
    it('list and stop', async () => {
      answer = { status: 200, body: { pipelines: [{ id: '7', name: 'p', status: 'RUNNING', progress: [{ stage: 'incremental' }] }] } };
      expect((await run('list')).out).to.equal('7  p\n  incremental: beginning\n');
      answer = { status: 200, body: { savepointPath: '/s' } };
      expect((await run('stop', '7', '--savepoint')).out).to.include('--from-savepoint /s');
      expect(got.at(-1)).to.deep.equal({ path: '/api/v1/jobs/7/stop', body: { savepoint: true } });
    });
    it('a savepoint of this machine is named by its whole path', async () => {
      answer = { status: 201, body: result };
      await run('run', file('p.yaml', 'a: 1'), '--from-savepoint', relative('.', folder), '--detach');
      expect(got.at(-1)?.body).to.include({ savepointPath: folder });
      await run('run', file('p.yaml', 'a: 1'), '--from-savepoint', 'not/here', '--detach');
      expect(got.at(-1)?.body).to.include({ savepointPath: 'not/here' });
    });
    it('a document or a value that is missing shows before a server is started', async () => {
      const cli: PipelineCli = { env: {}, startServer: () => { throw new TypeError('no server is started'); }, stdout: { write: () => {} }, stderr: { write: () => {} } };
      expect((await failure(() => pipelineCommand(['run', join(folder, 'gone.yaml'), '--http-port', '9'], cli))).message).to.match(/the pipeline document '.*gone.yaml' does not exist/);
    });
    it('no server there', async () => {
      const cli: PipelineCli = { env: {}, startServer: () => Promise.resolve(''), stdout: { write: () => {} }, stderr: { write: () => {} } };
      expect((await failure(() => pipelineCommand(['list', '--server', 'http://127.0.0.1:9'], cli))).message).to.include('no server answers at');
    });
  });
});
