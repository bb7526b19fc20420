/** SCRAM as computed: the example of RFC 7677, every broken message, passwords prepared, verifiers, throttling by a clock of ours. */
import { expect } from 'chai';
import type { RivuletError } from '../../core/errors/define.ts';
import { silentLog } from '../../core/ports/log.ts';
import { saslprep } from '../../core/scram/saslprep.ts';
import { makeVerifier, matchesVerifier, readVerifier, verifierText } from '../../core/scram/scram.ts';
import { ScramServer, type ScramOptions } from '../../server/auth/scram-server.ts';
import { openAudit } from '../../server/auth/audit.ts';
import { Throttle } from '../../server/auth/throttle.ts';

const errorOf = (work: () => unknown): string => { try { work(); } catch (error) { return (error as RivuletError).sqlstate; } return 'none'; };

describe('SCRAM-SHA-256', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), nonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', first = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO', last = 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const server = async (options: Partial<ScramOptions> = {}): Promise<ScramServer> => new ScramServer({ mechanism: 'SCRAM-SHA-256', verifier: await makeVerifier('pencil', salt), endpointHash: undefined, nonce, ...options });

  it('answers as RFC 7677 has it', async () => {
    const it = await server();
    expect(it.first(first)).to.equal(`r=rOprNGfwEbeRWgbNEkqO${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    expect(it.final(last)).to.equal('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });
  it('takes extensions that need not be understood', async () => {
    const it = await server();
    it.first(`${first},x=y`);
    expect(it.final(last)).to.equal(undefined); // they are part of what is signed
  });
  it('knows no proof of another password, another exchange or nobody', async () => {
    for (const verifier of [await makeVerifier('pencils', salt), { iterations: 4096, salt, storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) }]) {
      const it = await server({ verifier });
      it.first(first);
      expect(it.final(last)).to.equal(undefined);
    }
    const again = await server({ nonce: 'another' });
    again.first(first);
    expect(errorOf(() => again.final(last))).to.equal('08P01');
  });
  for (const [message, state] of [
    ['', '08P01'], ['n', '08P01'], ['n,', '08P01'], ['x,,n=,r=a', '08P01'], ['n,a=admin,n=,r=a', '0A000'], ['n,b,n=,r=a', '08P01'], ['n,,m=x,n=,r=a', '0A000'], ['n,,r=a', '08P01'], ['n,,n=', '08P01'], ['n,,n=,r=', '08P01'], ['n,,n=,r=a\u0001', '08P01'], ['n,,n=,r=ä', '08P01'],
    ['p=tls-server-end-point,,n=,r=a', '08P01'], ['p,,n=,r=a', '08P01'],
  ] as const) it(`refuses to begin with ${JSON.stringify(message)}`, async () => { const it = await server(); expect(errorOf(() => it.first(message))).to.equal(state); });
  for (const [message, state] of [
    ['', '08P01'], [last.replace('c=biws,', ''), '08P01'], [last.replace('c=biws', 'c=eSws'), '08P01'], [last.replace('c=biws', 'c=cD10bHMtdW5pcXVlLCw='), '08P01'], [last.replace(/,p=.*/, ''), '08P01'], [last.replace(/p=.*/, 'p=AA=='), '08P01'], [last.replace(/p=.*/, 'p=?'), '08P01'],
    [`${last},x=y`, '08P01'], [last.replace('r=rO', 'r=xO'), '08P01'], [last.replace('p=d', 'p=e'), 'none'],
  ] as const) it(`refuses to end with ${JSON.stringify(message)}`, async () => { const it = await server(); it.first(first); expect(errorOf(() => expect(it.final(message)).to.equal(undefined))).to.equal(state); });

  describe('with channel binding', () => {
    const endpointHash = Buffer.alloc(32, 7), plus = { mechanism: 'SCRAM-SHA-256-PLUS', endpointHash } as const;
    it('refuses clients that were told the server cannot do it', async () => {
      const it = await server({ endpointHash });
      expect(errorOf(() => it.first('y,,n=,r=a'))).to.equal('28000');
      expect((await server()).first('y,,n=,r=a')).to.match(/^r=a/);
    });
    it('needs it when it was chosen, of the right kind', async () => {
      for (const flag of ['n', 'y', 'p=tls-unique']) { const it = await server(plus); expect(errorOf(() => it.first(`${flag},,n=,r=a`)), flag).to.equal('08P01'); }
    });
    it('refuses what was bound to another certificate', async () => {
      const it = await server(plus);
      it.first('p=tls-server-end-point,,n=,r=a');
      const bound = (hash: Buffer): string => `c=${Buffer.concat([Buffer.from('p=tls-server-end-point,,'), hash]).toString('base64')},r=a${nonce},p=${Buffer.alloc(32).toString('base64')}`;
      expect(errorOf(() => it.final(bound(Buffer.alloc(32, 8))))).to.equal('28000');
      expect(errorOf(() => it.final(bound(endpointHash)))).to.equal('none');
    });
  });

  it('prepares passwords as RFC 4013 says, and takes as they are those it forbids, as PostgreSQL does', async () => {
    for (const [text, wanted] of [
      ['I\u00adX', 'IX'], ['user', 'user'], ['USER', 'USER'], ['\u00aa', 'a'], ['\u2168', 'IX'], ['a\u00a0b', 'a b'], ['\ufb01', 'fi'], ['\u0627\u0628', '\u0627\u0628'], ['', ''], ['\u00c5', '\u00c5'], ['A\u030a', '\u00c5'],
      // Forbidden: a control character, letters of both directions, a character younger than Unicode 3.2, nothing left.
      ['\u0007', '\u0007'], ['\u06271', '\u06271'], ['\ufb01\u{1f600}', '\ufb01\u{1f600}'], ['\u00ad', '\u00ad'], ['\ufb01\ue000', '\ufb01\ue000'],
    ] as const) expect(await saslprep(text), JSON.stringify(text)).to.equal(wanted);
  });
  it('reads and writes the verifiers of PostgreSQL', async () => {
    const text = 'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=', verifier = readVerifier(text);
    expect(verifierText(await makeVerifier('pencil', salt))).to.equal(text);
    expect(verifier !== undefined && await matchesVerifier('pencil', verifier)).to.equal(true);
    expect(verifier !== undefined && await matchesVerifier('pencil ', verifier)).to.equal(false);
    for (const broken of ['', 'pencil', text.slice(0, -1), text.replace('4096', '0'), text.replace('4096', '99999999'), text.replace('256', '512'), text.replace('W22ZaJ0SNY7soEsUEjb6gQ==', ''), `${text}x`]) expect(readVerifier(broken), broken).to.equal(undefined);
  });
});

describe('audit', () => {
  it('counts failed logins beyond a number a second, and writes everything else', () => {
    const lines: Record<string, unknown>[] = [], log = { ...silentLog, warn: (_: string, fields: unknown) => { lines.push(fields as Record<string, unknown>); }, info: (_: string, fields: unknown) => { lines.push(fields as Record<string, unknown>); } };
    const audit = openAudit(undefined, log), entry = { user: 'u', remote: 'a', protocol: 'pg', durationMs: 1.4 } as const;
    for (let i = 0; i < 1000; i++) audit.record({ ...entry, action: 'login', outcome: 'refused', error: 'password-failed' });
    audit.record({ ...entry, action: 'DROP TABLE t', outcome: 'done' });
    // The second may change once meanwhile.
    expect(lines.length).to.be.within(21, 41);
    const left = lines.reduce((sum, l) => sum + Number(l['failedLoginsLeftOut'] ?? 0), 0);
    expect(lines.length - 1 + left).to.equal(1000);
    expect(lines.at(-1)).to.include({ action: 'DROP TABLE t', durationMs: 1 });
    audit.record({ ...entry, action: 'DROP TABLE t', outcome: 'done' });
    expect(lines.at(-1)).not.to.have.property('failedLoginsLeftOut');
  });
  it('opens its file or says why', () => { expect(() => openAudit('/nowhere/audit.log', silentLog)).to.throw(/cannot write the audit log/); });
});

describe('throttling of logins', () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const open = (limits = {}): Throttle => new Throttle(clock, { freePerUser: 3, freePerAddress: 6, firstWaitMs: 1000, longestWaitMs: 8000, forgetMs: 60_000, entries: 50, ...limits });
  const fails = (throttle: Throttle, address: string, user: string): boolean => { try { throttle.begin(address, user).failed(); return true; } catch (error) { expect((error as RivuletError).code).to.equal('login-throttled'); return false; } };

  it('lets some failures pass, then makes each wait longer, up to a limit, and forgets', () => {
    const throttle = open({ freePerAddress: 1000 }), waits: number[] = [];
    for (let i = 0; i < 3; i++) expect(fails(throttle, 'a', 'u')).to.equal(true);
    for (let i = 0; i < 6; i++) { const from = now; while (!fails(throttle, 'a', 'u')) now += 500; waits.push(now - from); }
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 8000, 8000]);
    now += 60_001;
    for (let i = 0; i < 3; i++) expect(fails(throttle, 'a', 'u')).to.equal(true);
  });
  it('counts per address and user; success forgives', () => {
    const throttle = open({ freePerAddress: 1000 });
    for (let i = 0; i < 3; i++) fails(throttle, 'a', 'u');
    expect([fails(throttle, 'a', 'u'), fails(throttle, 'b', 'u'), fails(throttle, 'a', 'v'), fails(throttle, '::ffff:b', 'u'), fails(throttle, 'b', 'u'), fails(throttle, 'b', 'u')]).to.deep.equal([false, true, true, true, true, false]);
    throttle.begin('a', 'v').succeeded();
    for (let i = 0; i < 3; i++) expect(fails(throttle, 'a', 'v')).to.equal(true);
  });
  it('holds an address that tries many users, but not those who came in from there', () => {
    const throttle = open();
    throttle.begin('a', 'known').succeeded();
    for (let i = 0; i < 6; i++) expect(fails(throttle, 'a', `u${i}`)).to.equal(true);
    expect(fails(throttle, 'a', 'u7')).to.equal(false);
    throttle.begin('a', 'known').succeeded();
    expect(fails(throttle, 'a', 'u8')).to.equal(false);
    now += 1000;
    expect(fails(throttle, 'a', 'u9')).to.equal(true);
    expect(fails(throttle, 'a', 'u10')).to.equal(false);
  });
  it('takes a /64 of IPv6 for one client', () => {
    const throttle = open();
    for (const address of ['2001:db8::1', '2001:0db8:0:0:1::2', '2001:db8:0:0:ffff:ffff:ffff:ffff']) expect(fails(throttle, address, 'u')).to.equal(true);
    expect([fails(throttle, '2001:db8::4', 'u'), fails(throttle, '2001:db8:0:1::4', 'u')]).to.deep.equal([false, true]);
  });
  it('lets a pool open its connections at once, but not guess in parallel', () => {
    const throttle = open(), pool = Array.from({ length: 40 }, () => throttle.begin('a', 'u'));
    for (const attempt of pool) attempt.succeeded();
    fails(throttle, 'a', 'u');
    throttle.begin('a', 'u');
    throttle.begin('a', 'u');
    expect(() => throttle.begin('a', 'u')).to.throw(/too many failed logins/);
  });
  it('does not count clients that go away to ask their user for a password', () => {
    const throttle = open();
    for (let i = 0; i < 50; i++) throttle.begin('a', 'u').abandoned();
    expect(fails(throttle, 'a', 'u')).to.equal(true);
  });
  it('is bounded whatever comes', () => {
    const throttle = open({ freePerAddress: 1e9 });
    for (let i = 0; i < 5000; i++) fails(throttle, `10.0.${i >> 8}.${i & 255}`, `user ${i} ${'x'.repeat(1000)}`);
    expect(throttle.size).to.be.at.most(150);
  });
});
