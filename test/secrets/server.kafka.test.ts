/** Secrets and the reach of connectors on the real server: rotation, what is refused and how, and that nothing but options is ever looked into. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Bench, bootstrap, eventually, ServerProcess } from '../faults/support.ts';

/** A line to the broker that remembers the client ids of requests and may write another address into answers. */
async function startLine(rewrite?: readonly [string, string]): Promise<{ address: string; clients: Set<string>; server: Server }> {
  const [host = '', port = ''] = bootstrap().split(':'), clients = new Set<string>();
  const server = createServer((socket) => {
    const broker = connect(Number(port), host);
    socket.on('data', (b) => { for (const [, id] of b.toString('latin1').matchAll(/(id-[\w-]+)/g)) if (id !== undefined) clients.add(id); broker.write(b); }).on('error', () => {}).on('close', () => broker.destroy());
    broker.on('data', (b) => { socket.write(rewrite === undefined ? b : Buffer.from(b.toString('latin1').replaceAll(rewrite[0], rewrite[1]), 'latin1')); }).on('error', () => {}).on('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { address: `127.0.0.1:${(server.address() as { port: number }).port}`, clients, server };
}

describe('secrets by reference', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-rotation-')), dir = join(folder, 'open');
  let bench: Bench, line: Awaited<ReturnType<typeof startLine>>;
  before(async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'id'), 'id-of-file-1\n');
    writeFileSync(join(folder, 'closed'), 'never');
    symlinkSync('../closed', join(dir, 'link'));
    process.env['RIVULET_SECRET_BROKER'] = bootstrap();
    line = await startLine();
    bench = await Bench.open('secrets', ['--parallelism', '1', '--secrets-dir', dir]);
    await bench.topic('in');
    await bench.values('in', ['{"n":1}']);
  });
  after(async () => { delete process.env['RIVULET_SECRET_BROKER']; await bench?.close(); line?.server.close(); rmSync(folder, { recursive: true }); });
  const table = (name: string, options: Record<string, string>): string => `CREATE TEMPORARY TABLE ${name} (n INT) ${bench.with('in', options)}; CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print');`;
  const FAST = "SET 'restart-strategy.type'='fixed-delay'; SET 'restart-strategy.fixed-delay.attempts'='1000'; SET 'restart-strategy.fixed-delay.delay'='50 ms';";

  it('a job takes the value of its start: a secret that is altered, a file that is written anew, at RESTART JOB and after kill -9', async () => {
    await bench.sql("CREATE SECRET id AS 'id-of-store-1'");
    // A broker's answers name its own address, so the line sees the first connection of each start.
    const job = async (reference: string): Promise<string> => bench.submit(`${FAST} ${table('t', { 'properties.bootstrap.servers': line.address, 'properties.client.id': reference })} INSERT INTO p SELECT n FROM t`);
    const store = await job('${secret:id}'), file = await job(`\${file:${dir}/id}`);
    await bench.printed(store, 1);
    await bench.printed(file, 1);
    expect([...line.clients]).to.have.members(['id-of-store-1', 'id-of-file-1']);
    line.clients.clear();
    await bench.sql("ALTER SECRET id AS 'id-of-store-2'");
    writeFileSync(join(dir, 'id'), 'id-of-file-2');
    expect((await bench.job(store)).status).to.equal('RUNNING');
    for (const id of [store, file]) { await bench.sql(`RESTART JOB '${id}' FROM INITIAL`); await bench.printed(id, 2); }
    expect([...line.clients]).to.have.members(['id-of-store-2', 'id-of-file-2']);
    await bench.server.end('SIGKILL');
    line.clients.clear();
    writeFileSync(join(dir, 'id'), 'id-of-file-3');
    await bench.server.launch();
    await eventually('both to come back', async () => line.clients.has('id-of-store-2') && line.clients.has('id-of-file-3'));
    await bench.status(file, 'RUNNING');

    rmSync(join(dir, 'id'));
    await bench.sql(`RESTART JOB '${file}'`);
    const failing = await eventually('the reason', async () => { const facts = await bench.job(file); return facts.restarts > 1 && facts.exceptions[0]?.code === 'reference-unresolved' && facts; });
    expect(failing.exceptions[0]?.message).to.equal(`option "properties.client.id": reference "\${file:${dir}/id}" cannot be resolved`);
    writeFileSync(join(dir, 'id'), 'id-of-file-4');
    await bench.status(file, 'RUNNING');
    expect(line.clients.has('id-of-file-4')).to.equal(true);

    const refusal = await bench.refusal('DROP SECRET id');
    expect(refusal).to.contain('2BP01').and.contain(store).and.not.contain(file);
    for (const id of [store, file]) await bench.sql(`STOP JOB '${id}'`);
    await bench.sql('DROP SECRET id');
    expect(await bench.refusal(`RESTART JOB '${store}'; DROP SECRET id`)).to.contain('secret-not-found');
    await eventually('the job without its secret to say so', async () => (await bench.job(store)).exceptions[0]?.code === 'reference-unresolved');
    for (const id of [store, file]) await bench.sql(`DROP JOB '${id}'`);
  });
  it('a secret is kept while tables or catalogs name it, listed without its value, and comes back after kill -9', async () => {
    await bench.sql(`CREATE SECRET kept AS 'never-shown'`);
    await bench.sql(`CREATE TABLE uses_it (n INT) ${bench.with('in', { 'properties.client.id': 'x-${secret:kept}' })}; CREATE CATALOG uses_it_too WITH ('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='${bench.broker}', 'properties.client.id'='\${secret:kept}')`);
    expect(await bench.refusal('DROP SECRET kept')).to.contain('uses_it').and.contain('uses_it_too').and.contain('still depended upon by');
    const [[name, created, changed] = []] = await bench.rows("SHOW SECRETS LIKE 'ke%'");
    expect([name, typeof created, typeof changed]).to.deep.equal(['kept', 'string', 'string']);
    expect(await bench.rows('SELECT n FROM uses_it')).to.deep.equal([[1]]);
    expect((await bench.rows('SHOW TABLES FROM uses_it_too.kafka')).flat()).to.include(bench.name('in'));
    expect(await bench.rows(`SELECT value_n FROM uses_it_too.kafka.\`${bench.name('in')}\``)).to.deep.equal([[1]]);
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    expect(await bench.rows('SELECT n FROM uses_it')).to.deep.equal([[1]]);
    expect((await bench.rows('SHOW CREATE TABLE uses_it')).flat().join('')).to.contain("'properties.client.id' = 'x-${secret:kept}'");
    await bench.sql('DROP TABLE uses_it; DROP CATALOG uses_it_too; DROP SECRET kept; DROP SECRET IF EXISTS kept; ALTER SECRET IF EXISTS kept AS \'x\'');
    expect(await bench.refusal('DROP SECRET kept')).to.contain('42704');
  });
  it('what names a value that is gone can be looked at and dropped, and keeps nothing else from starting', async () => {
    await bench.sql("CREATE SECRET gone AS 'was-here'");
    const options = bench.with('in', { 'properties.client.id': '${secret:gone}' });
    const job = await bench.submit(`${FAST} CREATE TABLE names_it (n INT) ${options}; CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM names_it`), other = await bench.submit(`${table('t', {})} INSERT INTO p SELECT n FROM t`);
    await bench.sql(`CREATE CATALOG names_it_too WITH ('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='${bench.broker}', 'properties.client.id'='\${secret:gone}')`);
    await bench.server.end();
    rmSync(join(bench.server.dataDir, 'secrets.json'));
    await bench.server.launch();
    await bench.status(other, 'RUNNING');
    await eventually('the reason', async () => (await bench.job(job)).exceptions[0]?.code === 'reference-unresolved');
    expect((await bench.rows('DESCRIBE names_it')).length).to.equal(1);
    expect(JSON.stringify(await bench.rows('SHOW CREATE TABLE names_it; SHOW CREATE CATALOG names_it_too'))).to.contain('${secret:gone}');
    expect(await bench.refusal('SELECT * FROM names_it')).to.contain('reference-unresolved');
    expect(await bench.refusal('SHOW TABLES FROM names_it_too.kafka')).to.contain('reference-unresolved');
    await bench.sql("CREATE SECRET gone AS 'back-again'");
    await bench.status(job, 'RUNNING');
    expect(await bench.rows('SELECT n FROM names_it')).to.deep.equal([[1]]);
    await bench.sql(`DROP JOB '${job}'; DROP JOB '${other}'; DROP TABLE names_it; DROP CATALOG names_it_too; DROP SECRET gone`);
  });
  it('state and positions stay when a literal becomes a reference', async () => {
    const sql = (id: string): string => `${table('t', { 'properties.client.id': id })} CREATE TEMPORARY TABLE c (n INT, k BIGINT) WITH ('connector'='print'); INSERT INTO c SELECT n, COUNT(*) FROM t GROUP BY n`;
    const first = await bench.submit(sql('literal'));
    await bench.printed(first, 1);
    const [[path] = []] = await bench.rows(`STOP JOB '${first}' WITH SAVEPOINT`);
    await bench.values('in', ['{"n":1}']);
    const second = await bench.submit(`CREATE SECRET literal AS 'id-x'; SET 'execution.savepoint.path'='${String(path)}'; ${sql('${secret:literal}')}`);
    expect(await bench.printed(second, 2)).to.deep.equal(['-U[1, 1]', '+U[1, 2]']);
    await bench.sql(`STOP JOB '${second}'`);
  });
  it('any option takes one: servers, numbers, words; only options do: names, literals and rows that look like one are data', async () => {
    writeFileSync(join(dir, 'interval'), '7 min');
    expect((await bench.rows(`${table('t', { 'properties.bootstrap.servers': '${env:RIVULET_SECRET_BROKER}', 'scan.topic-partition-discovery.interval': `\${file:${dir}/interval}` })} SELECT n FROM t LIMIT 1`)).length).to.equal(1);
    const text = '${env:RIVULET_SECRET_BROKER}';
    await bench.topic('data');
    await bench.values('data', [JSON.stringify({ [text]: text })]);
    expect(await bench.rows(`CREATE TEMPORARY TABLE \`${text}\` (\`${text}\` STRING) ${bench.with('data')}; SELECT \`${text}\`, '${text}', '${text}' AS \`a${text}\` FROM \`${text}\` WHERE \`${text}\` = '${text}'`)).to.deep.equal([[text, text]].map((r) => [...r, text]));
    expect(await bench.rows(`SET 'pipeline.name' = '${text}'; SELECT '${text}'`)).to.deep.equal([[text]]);
    // With an option by reference in the same table, too.
    expect(await bench.rows(`CREATE TEMPORARY TABLE \`${text}\` (\`${text}\` STRING) ${bench.with('data', { 'properties.bootstrap.servers': text })}; SELECT \`${text}\` FROM \`${text}\``)).to.deep.equal([[text]]);
  });
  it('F11: references outside the allow-lists are refused at CREATE with what would open them, and tell nobody what there is', async () => {
    for (const [reference, code, hint] of [
      ['${env:HOME}', 'reference-refused', '--secrets-env HOME'], ['${env:NO_SUCH_THING}', 'reference-refused', '--secrets-env'], ['${file:/etc/passwd}', 'reference-refused', '--secrets-dir'], ['${file:/etc/no-such-file}', 'reference-refused', '--secrets-dir'],
      [`\${file:${dir}/../closed}`, 'reference-refused', '--secrets-dir'], [`\${file:${dir}/link}`, 'reference-refused', '--secrets-dir'], ['${file:/proc/self/environ}', 'reference-refused', '--secrets-dir'], [`\${file:${bench.server.dataDir}/secrets.json}`, 'reference-refused', '--secrets-dir'],
      ['${env:RIVULET_SECRET_NONE}', 'reference-unresolved', 'RIVULET_SECRET_NONE'], ['${secret:none}', 'reference-unresolved', 'CREATE SECRET'], [`\${file:${dir}/none}`, 'reference-unresolved', 'no such file'],
    ] as const) {
      for (const sql of [`CREATE TABLE refused (n INT) ${bench.with('in', { 'properties.client.id': `a-${reference}` })}`, `CREATE CATALOG refused WITH ('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='${reference}')`]) {
        const refusal = await bench.refusal(sql);
        expect(refusal, reference).to.contain(`"code":"${code}"`).and.contain(hint);
      }
    }
    for (const reference of ['${file:/etc/passwd}', '${file:/etc/no-such-file}']) expect(await bench.refusal(`${table('t', {})} SELECT * FROM t /*+ OPTIONS('properties.client.id'='${reference}') */`), 'hints too').to.contain('reference-refused');
    expect(JSON.stringify(await bench.rows('SHOW TABLES'))).to.not.contain('refused');
    const yaml = `source:\n  type: kafka\n  properties.bootstrap.servers: ${bench.broker}\n  topic: ${bench.name('in')}\n  value.format: json\n  properties.client.id: '\${file:/etc/passwd}'\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: ${bench.broker}\n`;
    const answer = await fetch(bench.server.url('/api/v1/pipelines/check'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml });
    expect(await answer.text()).to.contain('reference-refused').and.contain('"line":6');
  });
});

describe('the reach of connectors', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('reach'); await bench.topic('in'); await bench.values('in', ['{"n":1}']); });
  after(async () => { await bench?.close(); });
  const kafka = (servers: string): string => `CREATE TEMPORARY TABLE t (n INT) ${bench.with('in', { 'properties.bootstrap.servers': servers, 'properties.default.api.timeout.ms': '3000' })}`;

  it('F11: link-local and metadata addresses are refused in every spelling, for tables, catalogs, pipelines and precheck', async () => {
    for (const host of ['169.254.169.254', '2852039166', '0xa9fea9fe', '169.254.43518', '0251.0376.0251.0376', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '100.100.100.200']) {
      const refusal = await bench.refusal(`${kafka(host.includes(':') ? `[${host}]:80` : `${host}:80`)}; SELECT * FROM t`);
      expect(refusal, host).to.contain('connector-host-refused').and.contain('42501').and.contain('--connector-hosts');
      expect(await bench.refusal(`CREATE TEMPORARY TABLE m (n INT) WITH ('connector'='jdbc', 'table-name'='t', 'url'='jdbc:mysql://${host.includes(':') ? `[${host}]` : host}:80/d', 'username'='u', 'password'='p'); SELECT * FROM m`), host).to.contain('connector-host-refused');
    }
    const job = await bench.submit(`${kafka('169.254.169.254:80')}; CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`);
    expect(await bench.failure(job)).to.contain('connections to "169.254.169.254" are not allowed');
    for (const catalog of [`('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='169.254.169.254:80')`, `('type'='mysql', 'hostname'='2852039166', 'username'='u', 'password'='p', 'default-database'='d')`]) expect(await bench.refusal(`CREATE CATALOG c WITH ${catalog}; SHOW TABLES FROM c.d`).finally(() => bench.sql('DROP CATALOG IF EXISTS c')), catalog).to.match(/connector-host-refused|database-not-found/);
    const yaml = 'source:\n  type: mysql\n  hostname: 169.254.169.254\n  username: u\n  password: p\n  tables: d.t\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: 169.254.1.1:80\n';
    expect(await (await fetch(bench.server.url('/api/v1/pipelines/check'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml })).text()).to.contain('connections to \\"169.254.169.254\\"');
    const sink = `source:\n  type: kafka\n  properties.bootstrap.servers: ${bench.broker}\n  topic: ${bench.name('in')}\n  value.format: json\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: 169.254.1.1:80\n`;
    expect(await (await fetch(bench.server.url('/api/v1/pipelines/check'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: sink })).text()).to.contain('Connections to \\"169.254.1.1\\"');
    expect(await bench.rows(`${kafka(bench.broker)}; SELECT n FROM t`)).to.deep.equal([[1]]);
  });
  it('F11: an address that a broker advertises is judged like one that is written', async () => {
    const line = await startLine(['127.0.0.1', 'fe80::1:1']);
    try {
      expect(await bench.refusal(`${kafka(line.address)}; SELECT * FROM t`)).to.contain('connections to \\"fe80::1:1\\" are not allowed');
    } finally { line.server.close(); }
  });
  it('F11: with a list only its hosts are reached, by name or address, whatever a name stands for', async () => {
    const server = await ServerProcess.start(['--parallelism', '1', '--connector-hosts', 'some.example,10.0.0.0/8']);
    try {
      for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::1]']) {
        const { body } = await server.sql(`${kafka(`${host}:${bootstrap().split(':')[1]}`)}; SELECT * FROM t`);
        expect(JSON.stringify(body.error), host).to.contain('connector-host-refused').and.contain('not among the hosts');
      }
    } finally { await server.remove(); }
    const open = await ServerProcess.start(['--parallelism', '1', '--connector-hosts', '127.0.0.0/8']);
    try { expect((await open.sql(`${kafka(bench.broker)}; SELECT n FROM t`)).body.results?.at(-1)?.rows).to.deep.equal([[1]]); } finally { await open.remove(); }
  });
  it('F11: files of certificates and keys are read from open folders only, and files outside are not told from none', async () => {
    const at = (path: string): Promise<string> => bench.refusal(`CREATE TEMPORARY TABLE t (n INT) ${bench.with('in', { 'properties.security.protocol': 'SSL', 'properties.ssl.truststore.location': path, 'properties.ssl.truststore.type': 'PEM' })}; SELECT * FROM t`);
    for (const path of ['/etc/passwd', '/etc/shadow', '/nowhere/ca.pem', '/run/secrets/../../etc/passwd', 'ca.pem']) expect((await at(path)).replaceAll(path, ''), path).to.contain('file-refused').and.contain('--secrets-dir');
    const [there, gone] = await Promise.all([at('/etc/passwd'), at('/etc/nosuch')]);
    expect(there.replaceAll('/etc/passwd', 'X')).to.equal(gone.replaceAll('/etc/nosuch', 'X'));
  });
});
