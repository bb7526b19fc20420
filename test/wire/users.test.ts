/** The users of a data directory without a server: what is kept, damaged files, what statements need. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RivuletError } from '../../core/errors/define.ts';
import { makeVerifier } from '../../core/scram/scram.ts';
import { parseStatement } from '../../planner/sql/parser.ts';
import { needOf } from '../../server/auth/permissions.ts';
import { Users } from '../../server/auth/users.ts';
import { readUserArguments } from '../../server/cli/user.ts';
import { targetOf } from '../../server/cli/connection.ts';

const codeOf = async (work: () => unknown): Promise<string> => { try { await work(); } catch (error) { return (error as RivuletError).code; } return 'none'; };

describe('users', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'users-')); });
  afterEach(() => { rmSync(folder, { recursive: true }); });
  const open = (configured: Parameters<typeof Users.open>[1] = []): Promise<Users> => Users.open(folder, configured, 1);

  it('are on disk before they hold, whole or not at all, all changes one after another', async () => {
    const users = await open();
    expect([users.isEmpty, readdirSync(folder)]).to.deep.equal([true, []]);
    expect(await users.create({ name: 'ann', role: undefined, password: 'x' }, 5)).to.equal('admin');
    await Promise.all(Array.from({ length: 20 }, (_, i) => users.create({ name: `u${i}`, role: undefined, password: undefined }, 5)));
    expect((await open()).list()).to.deep.equal(users.list()).and.to.have.length(21);
    expect(readdirSync(folder)).to.deep.equal(['users.json']);
    rmSync(folder, { recursive: true });
    expect(await codeOf(() => users.create({ name: 'late', role: undefined, password: 'x' }, 5))).to.equal('users-unwritable');
    expect(users.get('late')).to.equal(undefined);
    mkdirSync(folder);
    await users.drop('u1', 'ann');
    expect(users.get('u1')).to.equal(undefined);
  });
  it('of a file that is not whole are no users, but a reason not to start', async () => {
    const path = join(folder, 'users.json'), users = await open();
    await users.create({ name: 'ann', role: 'admin', password: 'x' }, 5);
    await users.createToken({ user: 'ann', role: undefined, label: 'l', expiresMs: 99 }, 5);
    const whole = readFileSync(path, 'utf8');
    for (const broken of [whole.slice(0, -3), '', 'null', '[]', '{}', whole.replace('"format": 1', '"format": 2'), whole.replace('$4096', '$x'), whole.replace('"admin"', '"root"'), whole.replace('"users": [', '"users": [1, '), whole.replace(/"secret": ".*?"/, '"secret": "x"'), whole.replace('"expiresMs": 99', '"expiresMs": "99"')]) {
      expect(broken).not.to.equal(whole);
      writeFileSync(path, broken);
      expect(await codeOf(() => open()), broken.slice(0, 40)).to.equal('users-unreadable');
    }
    writeFileSync(path, whole);
    expect((await open()).tokens('ann', 5)).to.have.length(1);
    rmSync(path);
    mkdirSync(path);
    expect(await codeOf(() => open())).to.equal('users-unreadable');
  });
  it('of the configuration stand beside those made by SQL, which cannot change them', async () => {
    const configured = [{ name: 'op', role: 'admin' as const, secret: { password: 'of the environment' } }, { name: 'bot', role: 'read-only' as const, secret: { verifier: await makeVerifier('y') } }], users = await open(configured);
    expect(users.list().map((u) => [u.name, u.role, u.isConfigured])).to.deep.equal([['bot', 'read-only', true], ['op', 'admin', true]]);
    const { verifier } = users.verifierOf('op');
    expect((await open(configured)).verifierOf('op').verifier.salt.equals(verifier.salt), 'the same salt after a restart').to.equal(true);
    for (const work of [() => users.drop('op', 'x'), () => users.alter({ name: 'op', password: 'z' })]) expect(await codeOf(work)).to.equal('user-of-configuration');
    expect(await codeOf(() => users.create({ name: 'op', role: undefined, password: 'z' }, 1))).to.equal('user-exists');
    await users.create({ name: 'sql', role: undefined, password: 'z' }, 1);
    expect(await codeOf(() => open([{ name: 'sql', role: 'admin', secret: { password: 'x' } }]))).to.equal('user-exists');
    expect(await codeOf(() => Users.open(undefined, [configured[1]!], 1))).to.equal('no-admin-left');
  });
  it('leave tokens behind in no case', async () => {
    const configured = [{ name: 'op', role: 'admin' as const, secret: { password: 'of the environment' } }, { name: 'eve', role: 'admin' as const, secret: { password: 'x' } }];
    const before = await open(configured), { text: left } = await before.createToken({ user: 'eve', role: undefined, label: undefined, expiresMs: 100 }, 1), later = await open(configured.slice(0, 1));
    await later.create({ name: 'eve', role: 'admin', password: 'of another eve' }, 1);
    expect(later.tokenOf(left, 1), 'of somebody else of this name').to.equal(undefined);
    rmSync(join(folder, 'users.json'));
    const users = await open();
    await users.create({ name: 'ann', role: 'admin', password: 'x' }, 1);
    await users.create({ name: 'bob', role: 'read-only', password: 'x' }, 1);
    const { text } = await users.createToken({ user: 'bob', role: undefined, label: undefined, expiresMs: 100 }, 1);
    expect([users.tokenOf(text, 99)?.user, users.tokenOf(text, 100), users.tokenOf(`${text}x`, 1)]).to.deep.equal(['bob', undefined, undefined]);
    await users.drop('bob', 'ann');
    expect(await codeOf(() => users.createToken({ user: 'bob', role: undefined, label: undefined, expiresMs: 100 }, 1))).to.equal('user-not-found');
    await users.create({ name: 'bob', role: 'read-only', password: 'x' }, 1);
    expect(users.tokenOf(text, 1)).to.equal(undefined);
    for (let i = 0; i < 100; i++) await users.createToken({ user: 'ann', role: undefined, label: undefined, expiresMs: 100 }, 1);
    expect(await codeOf(() => users.createToken({ user: 'ann', role: undefined, label: undefined, expiresMs: 100 }, 1))).to.equal('too-many-of');
    await users.createToken({ user: 'ann', role: undefined, label: undefined, expiresMs: 300 }, 200);
    expect(users.tokens(undefined, 200)).to.have.length(1);
  });

  it('are refused every statement that is not known to look only', () => {
    const need = (sql: string): string => needOf(parseStatement(sql), { name: 'ann', via: 'password' }).need;
    for (const sql of ['SELECT 1', 'SHOW TABLES', 'EXPLAIN SELECT 1', `SELECT * FROM t /*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */`, `SELECT * FROM a /*+ STATE_TTL('a' = '1 d') */`, 'COPY (SELECT 1) TO STDOUT', `ALTER USER ann PASSWORD 'x'`, `ALTER ROLE CURRENT_USER PASSWORD 'x'`, 'CREATE TEMP VIEW v AS SELECT 1']) expect(need(sql), sql).to.equal('read');
    for (const who of ['ann', 'CURRENT_USER']) expect(needOf(parseStatement(`ALTER USER ${who} PASSWORD 'x'`), { name: 'ann', via: 'token' }).need).to.equal('change');
    for (const sql of ['ADD JAR $$x$$', 'CALL p()', 'LOAD MODULE m', 'UPDATE t SET a = 1', 'DELETE FROM t', 'TRUNCATE TABLE t', 'COPY t FROM STDIN', 'ANALYZE TABLE t COMPUTE STATISTICS', 'COMPILE PLAN $$x$$ FOR INSERT INTO t SELECT 1', 'EXECUTE PLAN $$x$$', `ALTER USER ann ADMIN`, `ALTER USER bob PASSWORD 'x'`, 'DROP TEMPORARY TABLE t', `ALTER TABLE t SET ('a' = 'b')`, `SELECT * FROM (SELECT 1) AS x JOIN t /*+ OPTIONS('url' = 'x') */ ON TRUE`]) expect(need(sql), sql).to.equal('change');
  });
  it('are named on the command line, never their passwords', () => {
    expect(readUserArguments(['add', 'ann', '--admin', '--data-dir', '/d', '--config=/c'])).to.deep.equal({ action: 'add', name: 'ann', role: 'admin', rest: ['--data-dir', '/d', '--config=/c'] });
    for (const argv of [['ad', 'x'], ['add'], ['add', 'ann', 'password'], ['role', 'ann'], ['list', 'x'], ['hash', 'x']]) expect(() => readUserArguments(argv), argv.join(' ')).to.throw();
    expect(targetOf('https://ann:p%40ss@h:1/', { user: undefined }, {})).to.deep.equal({ url: 'https://h:1', headers: { authorization: `Basic ${Buffer.from('ann:p@ss').toString('base64')}` } });
    expect(targetOf('http://h:1', { user: 'bob' }, { RIVULET_PASSWORD: 'x', RIVULET_TOKEN: 't' }).headers).to.deep.equal({ authorization: `Basic ${Buffer.from('bob:x').toString('base64')}` });
    expect(targetOf('http://h:1', { user: undefined }, { RIVULET_TOKEN: 't' }).headers).to.deep.equal({ authorization: 'Bearer t' });
    expect(targetOf('http://h:1', { user: undefined }, {}).headers).to.deep.equal({});
    expect(() => targetOf('http://h:1', { user: 'bob' }, {})).to.throw(/RIVULET_PASSWORD|no password/);
    expect(() => targetOf('h:1 x', { user: undefined }, {})).to.throw(/malformed/);
  });
});
