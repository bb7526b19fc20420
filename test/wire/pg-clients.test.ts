/** Real clients against the fake engine: psql, node-postgres, and psycopg where python3 (or TEST_PYTHON) has it. */
import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { silentLog } from '../../core/ports/log.ts';
import { startPgServer } from '../../server/pgwire/server.ts';
import type { RunningServer } from '../../server/pgwire/server.ts';
import { trustAll } from './access-support.ts';
import { FakeGateway } from './fake-gateway.ts';

const hasPsql = spawnSync('psql', ['--version']).status === 0;
const python = process.env['TEST_PYTHON'] ?? 'python3';
const hasPsycopg = spawnSync(python, ['-c', 'import psycopg']).status === 0;

interface Ended { readonly code: number | null; readonly out: string; readonly err: string }

describe('PG wire: real clients', () => {
  let gateway: FakeGateway, server: RunningServer;
  beforeEach(async () => {
    gateway = new FakeGateway();
    server = await startPgServer({ host: '127.0.0.1', port: 0, authenticate: trustAll, gateway, log: silentLog });
  });
  afterEach(async () => {
    while (!gateway.sessions.every((session) => session.isClosed)) await new Promise((resolve) => setImmediate(resolve)); // clients say goodbye in their own time
    await server.close();
  });

  const run = (command: string, args: readonly string[], started?: (child: ReturnType<typeof spawn>) => void): Promise<Ended> => new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'u', PGDATABASE: 'd', PGCLIENTENCODING: 'UTF8', PYTHONUTF8: '1' } });
    let out = '', err = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    child.stderr.on('data', (chunk) => { err += chunk; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    started?.(child);
  });

  describe('psql', () => {
    before(function () { if (!hasPsql) this.skip(); });
    const psql = (...args: string[]): Promise<Ended> => run('psql', ['-X', ...args]);

    it('shows every result of a -c with several statements, and stops at the error with a caret', async () => {
      const { code, out, err } = await psql('-c', 'SELECT ONE; CREATE x; SELECT SERIES 2; SELECT é🎈 boom; SELECT ONE');
      expect(out).to.equal(' one \n-----\n   1\n(1 row)\n\nCREATE TABLE\n i |   s   \n---+-------\n 0 | row 0\n 1 | row 1\n(2 rows)\n\n');
      expect(err).to.equal('ERROR:  column "boom" does not exist\nLINE 1: SELECT ONE; CREATE x; SELECT SERIES 2; SELECT é🎈 boom; SELE...\n' +
        `${' '.repeat(58)}^\nDETAIL:  A detail.\nHINT:  Perhaps you meant "bloom".\n`);
      expect(code).to.equal(1);
    });

    it('runs files, notices and meta commands that need nothing of us', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'wire-')), file = join(folder, 'a.sql');
      try {
        writeFileSync(file, "\\timing off\nSELECT ONE \\gx\nNOTICE;\nBEGIN;\nSELECT boom;\nROLLBACK;\nSELECT ONE \\gset\n\\echo got :one\n;;\n\\copy x to stdout\nCOPY CSV;\n");
        const { out, err } = await psql('-f', file);
        expect(out).to.equal('Timing is off.\n-[ RECORD 1 ]\none | 1\n\nNOTICE\nBEGIN\nROLLBACK\ngot 1\na,"b ""q"""\n1,"x\ty,""z""\\\n"\n2,\n3,""\n1\tx\\ty,"z"\\\\\\n\n2\t\\N\n3\t\n'.replace(/(a,[^]*?3,""\n)(1\t[^]*)$/, '$2$1'));
        expect(err).to.contain('a.sql:3: WARNING:  mind the gap\nHINT:  Look down.\n').and.to.contain('a.sql:5: ERROR:  column "boom" does not exist\nLINE 1: SELECT boom;\n               ^\n');
      } finally { rmSync(folder, { recursive: true }); }
    });

    it('cancels at Ctrl-C and goes on', async () => {
      const ended = run('psql', ['-X', '-c', 'SELECT SLOW'], (child) => {
        const waitForQuery = (): void => { if (gateway.sessions[0]?.executed.includes('SELECT SLOW') === true) child.kill('SIGINT'); else setImmediate(waitForQuery); };
        waitForQuery();
      });
      expect((await ended).err).to.equal('Cancel request sent\nERROR:  canceling statement due to user request\n');
      expect(gateway.ended).to.deep.equal(['SELECT SLOW']);
    });
  });

  it('node-postgres: pool, parameters, prepared statements, portions, errors', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'u', database: 'd', max: 5 });
    try {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query({ name: 'echo', text: 'SELECT ECHO(INT, STRING)', values: [i, `s${i}`] })));
      expect(answers.map((a) => a.rows[0])).to.deep.equal(answers.map((_, i) => ({ p1: i, p2: `s${i}` })));
      expect((await pool.query({ text: 'SELECT SERIES 25', rows: 10 } as pg.QueryConfig)).rows).to.have.length(25);
      expect((await pool.query('SELECT ONE; SELECT SERIES 3') as unknown as pg.QueryResult[]).map((r) => r.rowCount)).to.deep.equal([1, 3]);
      const error = await pool.query('SELECT ECHO(INT)', ['x']).catch((e: pg.DatabaseError) => e) as pg.DatabaseError;
      expect(error).to.include({ code: '22P02', message: 'invalid input syntax for type integer: "x"' });
      expect((await pool.query('SELECT boom').catch((e: pg.DatabaseError) => e) as pg.DatabaseError).position).to.equal('8');
      expect((await pool.query('')).rowCount).to.equal(null);
    } finally { await pool.end(); }
  });

  it('psycopg: text and binary both ways, pipeline, copy, cancel', async function () {
    if (!hasPsycopg) return this.skip();
    expect(await run(python, [fileURLToPath(new URL('./psycopg-probe.py', import.meta.url)), String(server.port)])).to.deep.equal({ code: 0, out: 'ok\n', err: '' });
  });
});
