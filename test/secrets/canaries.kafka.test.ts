/**
 * Canaries: a value of its own for every way a secret can come to the server, then everything the server answers, logs and stores is looked
 * through for them. Those that came by reference are nowhere; those written as literals only in the stores of definitions and plans, where
 * docs/operations.md says they are, readable for their owner alone.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Bench, eventually, ServerProcess } from '../faults/support.ts';
import { askEverything, refusingMySql, storedTexts } from './support.ts';

const random = Math.random().toString(36).slice(2, 8);
/** With characters that take another form in JSON, SQL, URLs and JAAS lines. */
const canary = (way: string): string => `cnry-${way}-${random} "q' \\x&%`;
const plain = (way: string): string => `cnry-${way}-${random}`;
const BY_REFERENCE = { env: canary('env'), file: canary('file'), stored: canary('stored'), altered: canary('altered'), fileJaas: plain('filejaas'), catalog: canary('catalog'), yaml: canary('yaml'), jdbc: canary('jdbcref'), hint: canary('hintref') };
const LITERALS = { table: plain('literal'), url: plain('url'), jaas: plain('jaas'), hint: plain('hint'), catalog: plain('catliteral'), yaml: plain('yamlliteral'), variable: plain('variable') };
const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

describe('canaries of secrets', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'rivulet-canaries-')), dir = join(folder, 'secrets');
  let bench: Bench, refusing: { port: number; server: Server };
  const said: string[] = [];
  /** What the refusing server repeats: values that the server has had in its hands. */
  const echoed: string[] = [];
  const run = async (sql: string): Promise<string> => {
    const { body } = await bench.server.sql(sql), text = JSON.stringify(body);
    said.push(`${sql.slice(0, sql.indexOf("'") + 1 || 60)} → ${text}`);
    return text;
  };
  before(async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'pw'), `${BY_REFERENCE.file}\n`);
    writeFileSync(join(dir, 'jaas'), `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${BY_REFERENCE.fileJaas}";`);
    writeFileSync(join(dir, 'yaml'), BY_REFERENCE.yaml);
    writeFileSync(join(folder, 'key'), 'a key that is long enough');
    Object.assign(process.env, { RIVULET_SECRET_CANARY: BY_REFERENCE.env, RIVULET_SECRET_JDBC: BY_REFERENCE.jdbc });
    refusing = await refusingMySql(() => echoed.map((v) => `${v} | ${JSON.stringify(v)} | ${encodeURIComponent(v)}`).join(' / '));
    bench = await Bench.open('canaries', ['--parallelism', '1', '--log-level', 'trace', '--secrets-dir', dir, '--secrets-key-file', join(folder, 'key')]);
    await bench.topic('in');
    await bench.values('in', ['{"n":1}']);
  });
  after(async () => {
    for (const name of ['RIVULET_SECRET_CANARY', 'RIVULET_SECRET_JDBC']) delete process.env[name];
    await bench?.close();
    refusing?.server.close();
    rmSync(folder, { recursive: true });
  });
  const mysql = (password: string, more = ''): string => `('connector'='mysql-cdc', 'hostname'='127.0.0.1', 'port'='${refusing.port}', 'username'='u', 'password'=${sqlText(password)}, 'database-name'='d', 'table-name'='t', 'connect.timeout'='2 s'${more})`;
  const jaas = (password: string): string => `'properties.security.protocol'='SASL_PLAINTEXT', 'properties.sasl.mechanism'='PLAIN', 'properties.sasl.jaas.config'=${sqlText(password)}, 'properties.default.api.timeout.ms'='400', 'properties.request.timeout.ms'='300'`;
  const kafka = (options: string): string => `('connector'='kafka', 'topic'='${bench.name('in')}', 'properties.bootstrap.servers'='127.0.0.1:1', 'format'='json', 'scan.startup.mode'='earliest-offset', ${options})`;
  const yaml = (password: string): string => `source:\n  type: mysql\n  hostname: 127.0.0.1\n  port: ${refusing.port}\n  username: u\n  password: ${password}\n  tables: d.t\n  connect.timeout: 2 s\nsink:\n  type: upsert-kafka\n  name: "k ${'${file:'}${dir}/yaml}"\n  properties.bootstrap.servers: 127.0.0.1:1\n  properties.default.api.timeout.ms: 300\n`;
  const pipeline = async (path: string, document: string, variables: Record<string, string> = {}): Promise<void> => {
    const answer = await fetch(bench.server.url(path), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ yaml: document, variables }) });
    said.push(`${path} ${answer.status} → ${await answer.text()}`);
  };

  it('F11: statements of every kind that use them, right and wrong, tell none', async () => {
    await run(`CREATE SECRET canary AS ${sqlText('first value of the canary')}`);
    await run(`CREATE SECRET canary AS ${sqlText(BY_REFERENCE.stored)}`);
    await run(`ALTER SECRET canary AS ${sqlText(BY_REFERENCE.stored)}`);
    await run(`CREATE OR REPLACE SECRET canary AS ${sqlText(BY_REFERENCE.altered)}`);
    await run(`CREATE SECRET cat WITH (backend = 'meta') AS ${sqlText(BY_REFERENCE.catalog)}`);
    await run(`CREATE SECRET hint AS ${sqlText(BY_REFERENCE.hint)}`);
    await run(`CREATE SECRET "bad name" AS ${sqlText(BY_REFERENCE.altered)}`);
    const catalogs = [['cat_ref', '${secret:cat}'], ['cat_literal', LITERALS.catalog]] as const, tables: [string, string][] = [
      ['env', mysql('${env:RIVULET_SECRET_CANARY}')], ['file', mysql(`\${file:${dir}/pw}`)], ['stored', mysql('${secret:canary}')], ['literal', mysql(LITERALS.table)],
      ['jaas_ref', kafka(jaas('org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${secret:canary}";'))], ['jaas_file', kafka(jaas(`\${file:${dir}/jaas}`))],
      ['jaas_literal', kafka(jaas(`org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${LITERALS.jaas}";`))],
      ['jdbc_literal', `('connector'='jdbc', 'table-name'='t', 'url'='jdbc:mysql://127.0.0.1:${refusing.port}/d?user=u&password=${LITERALS.url}', 'connection.max-retry-timeout'='2 s')`],
      ['jdbc_ref', `('connector'='jdbc', 'table-name'='t', 'url'='jdbc:mysql://127.0.0.1:${refusing.port}/d?user=u&password=\${env:RIVULET_SECRET_JDBC}', 'connection.max-retry-timeout'='2 s')`],
      // Wrong on purpose: values in places that are quoted in errors.
      ['as_port', `('connector'='mysql-cdc', 'hostname'='127.0.0.1', 'port'='\${secret:canary}', 'username'='u', 'password'='x', 'database-name'='d', 'table-name'='t')`],
      ['as_host', `('connector'='mysql-cdc', 'hostname'='\${secret:hint}', 'username'='u', 'password'='x', 'database-name'='d', 'table-name'='t')`],
      ['as_mode', kafka(`'scan.bounded.mode'='\${secret:canary}'`)], ['as_servers', `('connector'='kafka', 'topic'='t', 'properties.bootstrap.servers'='\${secret:canary}', 'format'='json')`],
      ['as_file', kafka(`'properties.security.protocol'='SSL', 'properties.ssl.truststore.location'='${dir}/\${secret:canary}'`)], ['as_key', kafka(`'properties.security.protocol'='SSL', 'properties.ssl.keystore.key'='\${file:${dir}/pw}', 'properties.ssl.keystore.certificate.chain'='\${secret:canary}'`)],
      ['as_url', `('connector'='jdbc', 'table-name'='t', 'url'='\${secret:canary}')`], ['as_topic', `('connector'='kafka', 'topic'='\${secret:hint}', 'properties.bootstrap.servers'='${bench.broker}', 'format'='json')`],
    ];
    for (const [name, options] of tables) {
      await run(`CREATE TABLE ${name} (n INT, PRIMARY KEY (n) NOT ENFORCED) WITH ${options.replace("'format'", "'scan.on-error'='fail', 'format'")}`.replace(/, PRIMARY KEY \(n\) NOT ENFORCED(?=.*'connector'='kafka')/, ''));
    }
    for (const [name, password] of catalogs) await run(`CREATE CATALOG ${name} WITH ('type'='mysql', 'hostname'='127.0.0.1', 'port'='${refusing.port}', 'username'='u', 'password'='${password}', 'default-database'='d')`);
    echoed.push(...['env', 'file', 'stored', 'altered', 'fileJaas', 'catalog', 'jdbc', 'hint'].map((k) => BY_REFERENCE[k as 'env']), LITERALS.table, LITERALS.url, LITERALS.jaas, LITERALS.catalog);
    await Promise.all(tables.map(async ([name]) => {
      await run(`SHOW CREATE TABLE ${name}; DESCRIBE ${name}`);
      await run(`CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); SELECT * FROM ${name}`);
      for (const how of ['', 'ESTIMATED_COST, CHANGELOG_MODE, PLAN_ADVICE, ', 'JSON_EXECUTION_PLAN ']) await run(`CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); EXPLAIN ${how.replace(/, $/, ' ')}INSERT INTO p SELECT n FROM ${name}`);
      await run(`SET 'restart-strategy.type'='fixed-delay'; SET 'restart-strategy.fixed-delay.attempts'='1'; SET 'restart-strategy.fixed-delay.delay'='50 ms'; CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM ${name}`);
    }));
    await run(`EXPLAIN SELECT * FROM env /*+ OPTIONS('password'='${LITERALS.hint}') */`);
    echoed.push(LITERALS.hint);
    for (const password of ['${secret:hint}', LITERALS.hint]) await run(`SELECT * FROM env /*+ OPTIONS('password'='${password}') */; EXPLAIN SELECT * FROM env /*+ OPTIONS('password'='${password}') */`);
    await run(`CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM env /*+ OPTIONS('password'='${LITERALS.hint}') */`);
    for (const [name] of catalogs) {
      await run(`SHOW CREATE CATALOG ${name}; DESCRIBE CATALOG EXTENDED ${name}; ALTER CATALOG ${name} SET ('port'='x')`);
      await run(`SHOW TABLES FROM ${name}.d`);
      await run(`SELECT * FROM ${name}.d.t`);
    }
    await run(`CREATE CATALOG kcat WITH ('type'='kafka', 'format'='json', 'properties.bootstrap.servers'='127.0.0.1:1', ${jaas('${secret:canary}')})`);
    await run('SHOW TABLES FROM kcat.kafka');
    await run('SHOW SECRETS; SHOW JOBS; SHOW CATALOGS; SHOW TABLES; SHOW SAVEPOINTS; SET; SHOW ALL');
    await run(`SET 'password' = '${LITERALS.hint}'`);
    const documents: [string, Record<string, string>][] = [[yaml(`\${file:${dir}/yaml}`), {}], [yaml(LITERALS.yaml), {}], [yaml('#{pw}'), { pw: LITERALS.variable }]];
    await Promise.all(documents.map(([document, variables]) => pipeline('/api/v1/pipelines/check', document.replace(`port: ${refusing.port}`, 'port: 1'), variables)));
    echoed.push(BY_REFERENCE.yaml, LITERALS.yaml, LITERALS.variable);
    await Promise.all(['/api/v1/pipelines/check', '/api/v1/pipelines'].flatMap((path) => documents.map(([document, variables]) => pipeline(path, document, variables))));
  });
  it('F11: a job that runs with one, restarted and with a savepoint, tells none', async () => {
    const job = await bench.submit(`CREATE TEMPORARY TABLE t (n INT) ${bench.with('in', { 'properties.client.id': '${secret:hint}', 'properties.ssl.key.password': '${env:RIVULET_SECRET_CANARY}' })}; CREATE TEMPORARY TABLE p (n INT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`);
    await bench.printed(job, 1);
    await bench.sql(`RESTART JOB '${job}' FROM INITIAL`);
    await bench.printed(job, 2);
    said.push(JSON.stringify(await bench.rows(`STOP JOB '${job}' WITH SAVEPOINT`)), JSON.stringify(await bench.rows(`DESCRIBE JOB '${job}'`)));
  });
  it('F11: system tables, HTTP routes, metrics and the PostgreSQL protocol tell none', async () => {
    await eventually('jobs that fail to have failed', async () => !/"status":"(?:INITIALIZING|RESTARTING|RUNNING|FAILING|CREATED)"/.test(await (await fetch(bench.server.url('/api/v1/jobs'))).text()), 30_000);
    const client = await bench.server.connect();
    try {
      const { rows } = await client.query<{ s: string; t: string }>("SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_schema IN ('pg_catalog', 'information_schema', 'rivulet')");
      const names = rows.length > 0 ? rows : [{ s: 'information_schema', t: 'tables' }];
      for (const { s, t } of [...names, { s: 'pg_catalog', t: 'pg_class' }, { s: 'pg_catalog', t: 'pg_stat_activity' }, { s: 'pg_catalog', t: 'pg_foreign_table' }, { s: 'pg_catalog', t: 'pg_settings' }]) {
        said.push(`${s}.${t} → ${await client.query(`SELECT * FROM ${s}.${t}`).then((r) => JSON.stringify(r.rows), (e: unknown) => JSON.stringify(e, Object.getOwnPropertyNames(e)))}`);
      }
      for (const sql of ['SELECT * FROM env', `CREATE TABLE syntax (n INT) WITH ('password' '${BY_REFERENCE.altered.replaceAll("'", "''")}')`, 'SELECT * FROM jdbc_ref', 'SHOW CREATE TABLE stored']) said.push(`${sql.slice(0, 20)} → ${await client.query(sql).then((r) => JSON.stringify(r.rows), (e: unknown) => JSON.stringify(e, Object.getOwnPropertyNames(e)))}`);
    } finally { await client.end(); }
    for (const [path, text] of await askEverything(bench.server)) said.push(`${path} → ${text}`);
    expect(said.join('\n'), 'the attack came through: errors of the refusing server are shown').to.contain('Access denied: ******');
    for (const [way, value] of Object.entries({ ...BY_REFERENCE, ...LITERALS })) {
      const mark = value.split(' ')[0] ?? value;
      for (const text of said) { const at = text.indexOf(mark); expect(at < 0 ? '' : text.slice(Math.max(0, at - 300), at + 60), `${way} in: ${text.slice(0, 60)}`).to.equal(''); }
    }
  });
  it('F11: neither log nor standard output tell one; stored are literals alone, where it is documented, for the owner only', async () => {
    await bench.server.end();
    for (const [way, value] of Object.entries({ ...BY_REFERENCE, ...LITERALS })) for (const [name, text] of [['stdout', bench.server.stdout], ['log', bench.server.log]] as const) {
      const at = text.indexOf(value.split(' ')[0] ?? value);
      expect(at < 0 ? '' : text.slice(Math.max(0, at - 500), at + 60), `${way} in ${name}`).to.equal('');
    }
    expect(statSync(bench.server.dataDir).mode & 0o777).to.equal(0o700);
    const stored = await storedTexts(bench.server.dataDir), holders = new Set<string>();
    expect(stored.get('secrets.json')?.mode).to.equal(0o600);
    expect([...stored.keys()].some((p) => p.startsWith('savepoints/'))).to.equal(true);
    for (const [path, { text }] of stored) {
      for (const [way, value] of Object.entries(BY_REFERENCE)) expect(text.includes(value.split(' ')[0] ?? value), `${way} in ${path}`).to.equal(false);
      for (const value of Object.values(LITERALS)) if (text.includes(value)) holders.add(path.split('/')[0]?.replace(' (entries)', '') ?? '');
    }
    expect([...holders].sort(), 'where literals are').to.deep.equal(['catalog', 'state']);
    for (const [options, said_] of [[[], 'They are encrypted and no key was given'], [['--secrets-key-file', join(folder, 'other')], 'another key'], [['--secrets-key-file', join(folder, 'nowhere')], 'ENOENT']] as const) {
      writeFileSync(join(folder, 'other'), 'a key that is long enough, too');
      const refusal = await new ServerProcess(bench.server.dataDir, options).launch().then(() => 'it started', (error: unknown) => String(error));
      expect(refusal).to.contain('ended with 2').and.contain(said_);
    }
    await bench.server.launch();
    expect(await bench.rows('SHOW SECRETS')).to.have.length(3);
  });
});
