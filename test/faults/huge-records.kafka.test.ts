/** Records beyond every habit (C12): read, or refused by a limit that is named; meanwhile the server answers others, and its memory stays within bounds. */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

const MIB = 1024 * 1024, COLUMNS = 10_000;
/** How long the main thread may work before it answers somebody else's question: in its own processor time, since the test runs beside others. */
const MOST_SECONDS = 1;

describe('faults: huge records', function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('huge', ['--parallelism', '1']); });
  after(async () => { await bench?.close(); });

  /** Runs the work while another connection asks `SELECT 1` again and again; gives the most that the server's main thread did before it answered one. */
  async function watched<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly busySeconds: number; readonly answers: number }> {
    const client = await bench.server.connect();
    let isOver = false, busySeconds = 0, answers = 0;
    const asking = (async () => {
      while (!isOver) {
        const since = bench.cpuSeconds('main thread');
        await client.query('SELECT 1');
        busySeconds = Math.max(busySeconds, bench.cpuSeconds('main thread') - since);
        answers++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    try { return { result: await work(), get busySeconds() { return busySeconds; }, get answers() { return answers; } }; } finally { isOver = true; await asking; await client.end(); }
  }
  const copying = (base: string, columns: string, select: string, out: string): string => `SET 'execution.checkpointing.interval' = '200 ms'; CREATE TEMPORARY TABLE t (${columns}) ${bench.with(base)}; CREATE TEMPORARY TABLE o (${out}) ${bench.with(`${base}-out`, { 'properties.max.request.size': String(40 * MIB) })}; INSERT INTO o SELECT ${select} FROM t`;

  it('C12: messages of 20 MB, several: read, counted and written on', async () => {
    for (const name of ['large', 'large-out']) await bench.topic(name, 1, { 'max.message.bytes': String(40 * MIB) });
    const rows = Array.from({ length: 4 }, (_, n) => `{"n":${n},"s":"${String.fromCharCode(97 + n).repeat(20 * MIB)}"}`), before = bench.residentMegabytes();
    for (const row of rows) await bench.values('large', [row]);
    const { result, busySeconds, answers } = await watched(async () => {
      const job = await bench.submit(copying('large', 'n BIGINT, s STRING', 'n, CHAR_LENGTH(s), s', 'n BIGINT, l INT, s STRING'));
      const out = await eventually('the rows', async () => { const found = await bench.records('large-out'); return found.length === rows.length && found; }, 60_000);
      await bench.sql(`STOP JOB '${job}'`);
      return out.map((r) => JSON.parse(r.value ?? '') as { n: number; l: number; s: string });
    });
    expect(result.map(({ n, l, s }) => [n, l, s.length, s[0]])).to.deep.equal([0, 1, 2, 3].map((n) => [n, 20 * MIB, 20 * MIB, 'abcd'[n]]));
    expect(answers).to.be.greaterThan(1);
    expect(busySeconds).to.be.lessThan(MOST_SECONDS);
    expect(bench.residentMegabytes() - before, 'MB more').to.be.lessThan(900);
  });
  it('C12: a message of 10,000 fields, and a table of as many columns', async () => {
    await bench.topic('broad');
    await bench.topic('broad-out');
    const row = (n: number): string => `{${Array.from({ length: COLUMNS }, (_, c) => `"c${c}":${n + c}`).join(',')}}`;
    await bench.values('broad', [row(0), row(1), row(2)]);
    expect(await bench.rows(`CREATE TEMPORARY TABLE t (c0 BIGINT, c${COLUMNS - 1} BIGINT) ${bench.with('broad')}; SELECT c0, c${COLUMNS - 1} FROM t`)).to.deep.equal([0, 1, 2].map((n) => [n, n + COLUMNS - 1]));
    const columns = Array.from({ length: COLUMNS }, (_, c) => `c${c} BIGINT`).join(', ');
    const { result, busySeconds } = await watched(async () => await bench.server.sql(`CREATE TEMPORARY TABLE t (${columns}) ${bench.with('broad')}; SELECT * FROM t`));
    expect(busySeconds).to.be.lessThan(MOST_SECONDS);
    if (result.body.error === undefined) expect(result.body.results?.at(-1)?.rows.map((r) => [r.length, r[0], r.at(-1)])).to.deep.equal([0, 1, 2].map((n) => [COLUMNS, n, n + COLUMNS - 1]));
    else expect(JSON.stringify(result.body.error)).to.match(/"sqlstate":"54\d\d\d"/).and.match(/\d/);
  });
  it('C12: a key of 1 MB, through an upsert table, its state and a kill -9', async () => {
    for (const name of ['keys', 'keys-out']) await bench.topic(name, 1, { 'cleanup.policy': 'compact', 'max.message.bytes': String(8 * MIB) });
    const key = (c: string): string => `{"k":"${c.repeat(MIB)}"}`, table = (name: string, base: string): string => `CREATE TEMPORARY TABLE ${name} (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with(base, { 'value.fields-include': 'EXCEPT_KEY', 'properties.max.request.size': String(8 * MIB) }, 'upsert-kafka')};`;
    await bench.send('keys', [[key('a'), '{"v":1}'], [key('b'), '{"v":2}']]);
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms'; ${table('u', 'keys')} ${table('o', 'keys-out')} INSERT INTO o SELECT k, SUM(v) FROM u GROUP BY k`);
    const copy = async (): Promise<string> => [...new Map((await bench.records('keys-out')).map((r) => [r.key, r.value]))].filter(([, v]) => v !== null).map(([k, v]) => `${k?.[6]}${k?.length}${v}`).sort().join();
    await eventually('both', async () => (await copy()) === `a${MIB + 8}{"v":1},b${MIB + 8}{"v":2}`);
    await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed'));
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.send('keys', [[key('a'), '{"v":5}'], [key('b'), null]]);
    await eventually('the changes', async () => (await copy()) === `a${MIB + 8}{"v":5}`);
    await bench.sql(`STOP JOB '${job}'`);
  });
});
