/** Pipelines from a real MySQL into a real Kafka, over HTTP, in a server process of its own: topics and records exactly, changes, DDL, restarts, savepoints, kills. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Topics } from '../connectors/kafka-support.ts';
import { bootstrap, ServerProcess } from '../e2e/server-process.ts';
import { openDatabase, describeOnMySql, type TestDatabase } from '../mysql/support.ts';

interface Answer { readonly status: number; readonly body: Record<string, never> & { id: string; error: { code: string; message: string; detail?: string; hint?: string; line?: number; column?: number }; items: { name: string; status: string; detail: string }[]; status: string; progress: { stage: string }[]; savepointPath: string; document: string } }
const TABLES = `CREATE TABLE \`user\` (id bigint not null primary key, name varchar(50) not null);
CREATE TABLE \`order\` (id bigint not null primary key, product varchar(50) not null, user_id bigint not null);
CREATE TABLE \`feedback\` (id bigint not null primary key, user_id bigint not null, comment varchar(50) not null);
INSERT INTO \`user\` VALUES (1,'Tom'),(2,'Jerry');
INSERT INTO \`order\` VALUES (1,'Football',2),(2,'Basket',1);
INSERT INTO \`feedback\` VALUES (1,1,'Good.'),(2,2,'Very good');`;
const waitFor = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const giveUp = Date.now() + 20_000; !await holds();) {
    if (Date.now() > giveUp) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
};

describeOnMySql('pipelines from MySQL', (server) => {
  const topics = new Topics(), made = new Set<string>();
  let process_: ServerProcess, db: TestDatabase;
  before(async function () { this.timeout(60_000); process_ = await ServerProcess.start(['--parallelism', '1']); });
  after(async () => {
    await process_.remove();
    const there = new Set(await topics.client.listTopics());
    await topics.client.deleteTopics([...made].filter((t) => there.has(t)));
    await topics.close();
  });
  beforeEach(async () => { db = await openDatabase(server, 'pl'); await db.run(TABLES); });
  afterEach(async () => { await db.drop(); });

  const ask = async (path: string, body?: unknown, type = 'application/json'): Promise<Answer> => {
    const answer = await fetch(process_.url(`/api/v1${path}`), body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() as Answer['body'] };
  };
  const SOURCE = (tables: string): string => `source:\n  type: mysql\n  name: MySQL Source\n  hostname: #{hostname}\n  port: #{port}\n  username: #{usernmae}\n  password: #{password}\n  tables: ${tables}\n`;
  const SINK = (more = '', type = 'upsert-kafka'): string => `sink:\n  type: ${type}\n  name: upsert-kafka Sink\n  properties.bootstrap.servers: #{brokers}\n${more}`;
  const variables = (): Record<string, string> => ({ hostname: server.root.host, port: String(server.root.port), usernmae: server.root.user, password: server.root.password, brokers: bootstrap(), ak: '', sk: '', instanceId: '', endpoint: '', regionId: '' });
  const submit = async (yaml: string, more: Record<string, unknown> = {}): Promise<string> => {
    const { status, body } = await ask('/pipelines', { yaml, variables: variables(), settings: { 'execution.checkpointing.interval': '200 ms' }, ...more });
    expect(status, JSON.stringify(body)).to.equal(201);
    return body.id;
  };
  const stage = async (id: string): Promise<string> => { const { body } = await ask(`/pipelines/${id}`); if (body.status === 'FAILED') throw new Error(JSON.stringify(body)); return body.progress[0]?.stage ?? ''; };
  const incremental = (id: string): Promise<void> => waitFor('the incremental stage', async () => await stage(id) === 'incremental');
  const cancel = async (id: string): Promise<void> => { await ask(`/jobs/${id}/cancel`, {}); };
  const records = async (topic: string): Promise<string[]> => {
    made.add(topic);
    if (!(await topics.client.listTopics()).includes(topic)) return [];
    return (await topics.read(topic)).map((r) => `${r.key} ${r.value}`);
  };
  const reaches = async (topic: string, rows: number): Promise<string[]> => {
    await waitFor(`${rows} records in ${topic}: ${(await records(topic)).join('\n')}`, async () => (await records(topic)).length >= rows);
    return await records(topic);
  };
  /** Newest value by key, tombstones gone. */
  const materialized = async (topic: string): Promise<Record<string, unknown>[]> => {
    const rows = new Map<string, unknown>();
    for (const r of await topics.read(topic)) if (r.value === null) rows.delete(r.key ?? ''); else rows.set(r.key ?? '', JSON.parse(r.value));
    return [...rows.values()] as Record<string, unknown>[];
  };
  const ORDER = ['{"id":1} {"id":1,"product":"Football","user_id":2}', '{"id":2} {"id":2,"product":"Basket","user_id":1}'], USER = ['{"id":1} {"id":1,"name":"Tom"}', '{"id":2} {"id":2,"name":"Jerry"}'];
  const FEEDBACK = ['{"id":1} {"id":1,"user_id":1,"comment":"Good."}', '{"id":2} {"id":2,"user_id":2,"comment":"Very good"}'];

  /** The three samples: what stands between source and sink, and the topics they make. `own` keeps runs apart. */
  const samples: readonly [file: string, topics: (db: string) => readonly [string, string, string], change: (yaml: string, db: string) => string][] = [
    ['03-pipeline-default-names.yaml', (d) => [`${d}.user`, `${d}.order`, `${d}.feedback`], (y) => y],
    ['04-pipeline-routes.yaml', (d) => [`${d}_user1`, `${d}_order2`, `${d}_feedback3`], (y, d) => y.replace(/sink-table: (?=user1|order2|feedback3)/g, `sink-table: ${d}_`)],
    ['05-pipeline-batch-route.yaml', (d) => [`${d}_topic_user`, `${d}_topic_order`, `${d}_topic_feedback`], (y, d) => y.replace('sink-table: topic_<>', `sink-table: ${d}_topic_<>`)],
  ];
  for (const [file, names, change] of samples) {
    it(`sql-examples/${file}: the topics and records of the guide`, async () => {
      const yaml = change(readFileSync(new URL(`../../sql-examples/${file}`, import.meta.url), 'utf8').replaceAll('order_dw', db.name).replace(/port: \d+/, `port: ${server.root.port}`).replace('127.0.0.1:9092', bootstrap()).replace(/server-id: .*\n/, ''), db.name);
      const id = await submit(yaml), [user, order, feedback] = names(db.name);
      expect([...await reaches(user, 2)].sort()).to.deep.equal(USER);
      expect([...await reaches(order, 2)].sort()).to.deep.equal(ORDER);
      expect([...await reaches(feedback, 2)].sort()).to.deep.equal(FEEDBACK);
      expect((await topics.client.describeTopicConfig(order, ['cleanup.policy'])).get('cleanup.policy')).to.equal('compact');
      await cancel(id);
    });
  }
  it('inserts, updates, changed keys and deletes, each as the reference says', async () => {
    const id = await submit(SOURCE(`${db.name}.order`) + SINK('  sink.topic.partitions: 1\n')), topic = `${db.name}.order`;
    await incremental(id);
    await db.run("INSERT INTO `order` VALUES (3,'Ball',1); UPDATE `order` SET product='Bat' WHERE id=3; UPDATE `order` SET id=7 WHERE id=3; DELETE FROM `order` WHERE id=1;");
    expect((await reaches(topic, 7)).slice(2)).to.deep.equal(['{"id":3} {"id":3,"product":"Ball","user_id":1}', '{"id":3} {"id":3,"product":"Bat","user_id":1}', '{"id":3} null', '{"id":7} {"id":7,"product":"Bat","user_id":1}', '{"id":1} null']);
    await cancel(id);
  });
  it('filter, projection and DDL: columns come, are renamed and dropped', async () => {
    const id = await submit(`${SOURCE(`${db.name}.order`)}${SINK('  sink.topic.partitions: 1\n')}transform:\n  - source-table: ${db.name}.order\n    projection: \\*, UPPER(product) AS loud\n    filter: id > 1\n`), topic = `${db.name}.order`;
    await incremental(id);
    await db.run("ALTER TABLE `order` ADD COLUMN price decimal(10,2) AFTER id; INSERT INTO `order` VALUES (3, 9.50, 'Ball', 1); ALTER TABLE `order` RENAME COLUMN user_id TO buyer, DROP COLUMN price; INSERT INTO `order` VALUES (4,'x',5),(0,'y',6);");
    expect(await reaches(topic, 3)).to.deep.equal([
      '{"id":2} {"id":2,"product":"Basket","user_id":1,"loud":"BASKET"}', '{"id":3} {"id":3,"product":"Ball","user_id":1,"loud":"BALL","price":9.50}', '{"id":4} {"id":4,"product":"x","user_id":null,"loud":"X","price":null,"buyer":5}',
    ]);
    await cancel(id);
  });
  it('a restart from a checkpoint and a stop with savepoint lose and repeat nothing', async () => {
    const yaml = `${SOURCE(`${db.name}.user`)}${SINK('  sink.delivery-guarantee: exactly-once\n  sink.topic.partitions: 1\n')}`, topic = `${db.name}.user`;
    let id = await submit(yaml);
    await incremental(id);
    await db.run("INSERT INTO `user` VALUES (3,'a')");
    await reaches(topic, 3);
    await ask(`/jobs/${id}/restart`, { from: 'latest' });
    await db.run("INSERT INTO `user` VALUES (4,'b')");
    await reaches(topic, 4);
    const { body: { savepointPath } } = await ask(`/jobs/${id}/stop`, { savepoint: true });
    await db.run("INSERT INTO `user` VALUES (5,'c'); UPDATE `user` SET name='d' WHERE id=1;");
    id = await submit(yaml, { savepointPath });
    await reaches(topic, 6);
    expect((await records(topic)).slice(2)).to.deep.equal(['{"id":3} {"id":3,"name":"a"}', '{"id":4} {"id":4,"name":"b"}', '{"id":5} {"id":5,"name":"c"}', '{"id":1} {"id":1,"name":"d"}']);
    await cancel(id);
  });
  it('killed again and again under writers, exactly once: every record once, the topic is the table', async function () {
    this.timeout(90_000);
    const topic = `${db.name}.big`;
    await db.run('CREATE TABLE big (id int primary key, v int not null, n int not null)');
    await db.run(`INSERT INTO big SELECT @n := @n + 1, 0, 0 FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10) a, (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10) b, (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10) c, (SELECT @n := 0) z`);
    const id = await submit(`${SOURCE(`${db.name}.big`)}  scan.incremental.snapshot.chunk.size: 100\n${SINK('  sink.delivery-guarantee: exactly-once\n  sink.topic.partitions: 2\n')}`, { settings: { 'execution.checkpointing.interval': '50 ms', 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '1000', 'restart-strategy.fixed-delay.delay': '10 ms' } });
    let writing = true, changes = 0;
    const writer = (async () => { for (let i = 1; writing; i++) { await db.run('UPDATE big SET v = v + 1, n = ? WHERE id = ?', [i, i % 1000 + 1]); changes++; } })();
    for (const point of ['after-prepare', 'before-state-write', 'after-state-write', 'between-commits']) {
      await process_.end('SIGKILL');
      await process_.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: `${point}:4` });
      await waitFor('the process to die', () => Promise.resolve(!process_.running));
    }
    await process_.launch();
    writing = false;
    await writer;
    await incremental(id);
    const table = (await db.rows('SELECT id, v, n FROM big ORDER BY id')).map(([i, v, n]) => ({ id: Number(i), v: Number(v), n: Number(n) }));
    const order = (rows: Record<string, unknown>[]): Record<string, unknown>[] => rows.sort((a, b) => Number(a['id']) - Number(b['id']));
    await waitFor('the topic to be the table', async () => JSON.stringify(order(await materialized(topic))) === JSON.stringify(table));
    made.add(topic);
    const seen = new Set<string>(), all = await records(topic);
    for (const r of all) { expect(seen.has(r), `twice: ${r}`).to.equal(false); seen.add(r); }
    expect(all.length).to.be.within(1000, 1000 + changes);
    await cancel(id);
  });
  for (const format of ['debezium-json', 'canal-json', 'json']) {
    it(`round trip: MySQL → ${format} → MySQL: the tables are equal`, async () => {
      const middle = `${db.name}.mid`, types = 'id:BIGINT,a:DECIMAL(20,10),b:STRING,c:TIMESTAMP(6),d:DOUBLE,e:DATE,f:BIGINT';
      made.add(middle);
      await db.run('CREATE TABLE t (id bigint not null primary key, a decimal(20,10), b varchar(50), c datetime(6), d double, e date)');
      const row = (id: number | string, n: number): string => `(${id}, ${n}.0123456789, 'x${n} ü"\\\\', '2024-01-02 03:04:05.67890${n % 10}', ${n} / 3, '2024-02-29')`;
      await db.run(`INSERT INTO t VALUES ${[1, 2, 3, 4].map((i) => row(i, i)).join(', ')}, ${row('9007199254740993', 5)}, (6, null, null, null, null, null)`);
      const up = await submit(`${SOURCE(`${db.name}.t`)}${SINK(`  topic: ${middle}\n  value.format: ${format}\n  sink.topic.partitions: 1\n  sink.delivery-guarantee: exactly-once\n`, 'kafka')}`);
      await waitFor('the middle topic', async () => (await topics.client.listTopics()).includes(middle));
      const down = await submit(`source:\n  type: kafka\n  topic: ${middle}\n  value.format: ${format}\n  json.infer-schema.fixed-types: ${types}\n  properties.bootstrap.servers: #{brokers}\n  properties.isolation.level: read_committed\nroute:\n  - source-table: ${db.name}.(?:t|mid)\n    sink-table: ${db.name}.copy\nsink:\n  type: mysql\n  hostname: #{hostname}\n  port: #{port}\n  username: #{usernmae}\n  password: #{password}\n`);
      await incremental(up);
      await db.run(`UPDATE t SET a = a + 1, b = null WHERE id = 1; UPDATE t SET id = 77 WHERE id = 2; DELETE FROM t WHERE id = 3; ALTER TABLE t ADD COLUMN f bigint; INSERT INTO t VALUES (8, 1.5, 'new', null, -0.1, null, 9007199254740993); UPDATE t SET f = 1 WHERE id = 4;`);
      const read = async (name: string): Promise<string> => JSON.stringify(await db.rows(`SELECT id, a, b, c, d, e, f FROM ${name} ORDER BY id`).catch(() => []));
      await waitFor('equal tables', async () => await read('copy') === await read('t'));
      await cancel(up);
      await cancel(down);
    });
  }
  it('canal-json with DDL messages: the statement stands between the rows before and after it', async () => {
    const topic = `${db.name}.user`, id = await submit(`${SOURCE(`${db.name}.user`)}${SINK('  value.format: canal-json\n  canal-json.snapshot-type: INIT\n  sink.ddl-messages.enabled: true\n  sink.topic.partitions: 1\n', 'kafka')}`);
    await incremental(id);
    await db.run("INSERT INTO `user` VALUES (3,'a'); ALTER TABLE `user` DROP COLUMN name; INSERT INTO `user` VALUES (4);");
    await reaches(topic, 5);
    expect((await topics.read(topic)).map((r) => JSON.parse(r.value ?? '') as { type: string; sql?: string }).map((m) => `${m.type}${m.sql === undefined ? '' : ` ${m.sql}`}`)).to.deep.equal(['INIT', 'INIT', 'INSERT', 'DDL ALTER TABLE `user` DROP COLUMN name', 'INSERT']);
    await cancel(id);
  });
  it('BATCH: ends when what is there is written', async () => {
    const id = await submit(`${SOURCE(`${db.name}.order`)}${SINK()}pipeline:\n  name: once\n  execution.runtime-mode: BATCH\n`);
    await waitFor('the end', async () => (await ask(`/pipelines/${id}`)).body.status === 'FINISHED');
    expect([...await records(`${db.name}.order`)].sort()).to.deep.equal(ORDER);
    expect((await ask(`/pipelines/${id}`)).body).to.include({ name: 'once' });
  });
  for (const format of ['debezium-json', 'canal-json', 'json']) {
    it(`cascade: MySQL → topic of ${format} → pipeline → compacted topic`, async () => {
      const middle = `${db.name}.m_${format}`, last = `${db.name}_last`, more = '  sink.topic.partitions: 1\n';
      made.add(middle);
      made.add(last);
      await db.run('CREATE TABLE t (id bigint not null primary key, a decimal(10,2), b varchar(20), c datetime(3))');
      await db.run("INSERT INTO t VALUES (1, 1.50, 'x', '2024-01-02 03:04:05.678'), (9007199254740993, null, 'ü\"', null)");
      const up = await submit(`${SOURCE(`${db.name}.t`)}${SINK(`  topic: ${middle}\n  value.format: ${format}\n${more}`, 'kafka')}`);
      await waitFor('the middle topic', async () => (await topics.client.listTopics()).includes(middle));
      const down = await submit(`source:\n  type: kafka\n  topic: ${middle}\n  value.format: ${format}\n  json.infer-schema.fixed-types: a:DECIMAL(10,2)\n  properties.bootstrap.servers: #{brokers}\n${SINK(more)}route:\n  - source-table: ${db.name}.(?:t|m_json)\n    sink-table: ${last}\n`);
      await incremental(up);
      await db.run("INSERT INTO t VALUES (2, 2.25, 'y', '2024-01-02 03:04:05'); UPDATE t SET a = 9.75, b = null WHERE id = 1; DELETE FROM t WHERE id = 2; ALTER TABLE t ADD COLUMN d int; UPDATE t SET d = 5 WHERE id = 1;");
      const newest = async (): Promise<Map<string | null, string | null>> => ((await topics.client.listTopics()).includes(last) ? new Map((await topics.read(last)).map((r) => [r.key, r.value])) : new Map());
      await waitFor('the last change', async () => (await newest()).get('{"id":1}')?.includes('"d":5') === true);
      const rows = await newest();
      expect([...rows].sort()).to.deep.equal([
        ['{"id":1}', '{"id":1,"a":9.75,"b":null,"c":"2024-01-02 03:04:05.678","d":5}'], ['{"id":2}', null], ['{"id":9007199254740993}', '{"id":9007199254740993,"a":null,"b":"ü\\"","c":null}'],
      ]);
      await cancel(up);
      await cancel(down);
    });
  }
  it('refuses what the precheck finds, with the list; shows no password anywhere', async () => {
    await db.run('CREATE TABLE nokey (a int)');
    const yaml = SOURCE(`${db.name}.\\.*`) + SINK(), checked = await ask('/pipelines/check', { yaml, variables: variables() });
    expect(checked.status).to.equal(200);
    expect(checked.body.items.find((i) => i.name === 'primary keys')).to.include({ status: 'fail' });
    const refused = await ask('/pipelines', { yaml, variables: variables() });
    expect(refused.status).to.equal(409);
    expect(refused.body.error.code).to.equal('pipeline-precheck-failed');
    expect(refused.body.error.detail).to.include(`${db.name}.nokey`);
    const wrong = await ask('/pipelines', { yaml: SOURCE(`${db.name}.user`) + SINK(), variables: { ...variables(), usernmae: 'nobody', password: 'very-secret-pw' } });
    expect(JSON.stringify(wrong.body)).to.not.include('very-secret-pw');
    expect(wrong.status).to.equal(409);
    const missing = await ask('/pipelines', SOURCE(`${db.name}.user`) + SINK(), 'application/yaml');
    expect(missing.body.error).to.include({ code: 'pipeline-variables-missing' });
    const misspelt = await ask('/pipelines/check', { yaml: (SOURCE(`${db.name}.user`) + SINK()).replace('hostname:', 'hostnam:'), variables: variables() });
    expect(misspelt.body.error).to.include({ code: 'pipeline-unsupported-options', line: 4 });
    expect(misspelt.body.error.hint).to.include('hostname');
    const id = await submit((SOURCE(`${db.name}.user`) + SINK()).replace('#{password}', server.root.password === '' ? '""' : server.root.password));
    made.add(`${db.name}.user`);
    const detail = await ask(`/pipelines/${id}`);
    expect(detail.body.document).to.include('#{hostname}');
    expect((await ask('/pipelines')).body).to.have.property('pipelines').that.satisfies((list: { id: string }[]) => list.some((p) => p.id === id));
    await cancel(id);
  });
});
