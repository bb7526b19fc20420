/** The parts of secrets by reference: what is a reference, what is shown, what is masked, what may be read, how secrets are stored. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { filled, referencesIn, shownReferences } from '../../catalog/secrets/references.ts';
import { ReferenceResolver } from '../../catalog/secrets/resolver.ts';
import { SecretStore } from '../../catalog/secrets/store.ts';
import { setAccessPolicy } from '../../core/access/policy.ts';
import { HostRules, isHostPattern } from '../../core/access/hosts.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { kafkaUnreachable } from '../../core/errors/kafka.ts';
import { forgetSecrets, masked, rememberSecret } from '../../core/secrets/known.ts';
import { maskStatement } from '../../planner/sql/mask.ts';
import { parseStatement } from '../../planner/sql/parser.ts';
import { printStatement } from '../../planner/sql/print.ts';

const failure = (work: () => unknown): RivuletError => { try { work(); } catch (error) { return error as RivuletError; } throw new Error('was not refused'); };
const rejection = async (work: Promise<unknown>): Promise<RivuletError> => { try { await work; } catch (error) { return error as RivuletError; } throw new Error('was not refused'); };
const JAAS = (password: string): string => `org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${password}";`;

describe('secrets: parts', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'rivulet-secrets-')); });
  after(() => { rmSync(folder, { recursive: true }); });
  afterEach(() => { setAccessPolicy(undefined); forgetSecrets(); });

  it('references are found inside longer values, escaped and unknown ones are text', () => {
    expect(referencesIn('a${env:X}b${file:/p q}${secret:n}').map((r) => [r.kind, r.name])).to.deep.equal([['env', 'X'], ['file', '/p q'], ['secret', 'n']]);
    for (const text of ['$${env:X}', '${vault:x}', '${env:X', '$env:X', '']) expect(referencesIn(text)).to.deep.equal([]);
    expect(filled('k', '$${env:A}${env:A}${b:c}', () => 'v')).to.equal('${env:A}v${b:c}');
    expect(filled('k', '${env:A}', () => '$& ${secret:b}'), 'a value is not looked into').to.equal('$& ${secret:b}');
  });
  it('a value is quoted for where it stands: inside the quotes of a JAAS line, behind the ? of a JDBC URL', () => {
    expect(filled('properties.sasl.jaas.config', JAAS('${secret:p}'), () => 'a"b\\c')).to.equal(JAAS('a\\"b\\\\c'));
    expect(filled('properties.sasl.jaas.config', '${secret:p}', () => JAAS('x'))).to.equal(JAAS('x'));
    expect(filled('url', 'jdbc:mysql://${env:H}:3306/d?password=${env:P}', (r) => (r.name === 'P' ? 'a&b=%' : 'db'))).to.equal('jdbc:mysql://db:3306/d?password=a%26b%3D%25');
  });
  it('shown are references and no literals', () => {
    for (const [value, shown] of [
      ['${secret:x}', '${secret:x}'], ['pw-${secret:x}', '******${secret:x}'], ['literal', undefined], ['$${secret:x}', undefined], [JAAS('${secret:p}'), JAAS('${secret:p}').replace('"u"', '"******"')],
      [`x.Y required username="\${env:U}" password="lit eral";`, 'x.Y required username="${env:U}" password="******";'], [`x.Y required password="lit\${env:U}";`, '******${env:U}";'],
    ] as const) expect(shownReferences(value, '******'), value).to.equal(shown);
    expect(maskStatement(`CREATE TABLE t (a INT) WITH ('password'='\${secret:x}', 'token'='abc\${env:Y}')`)).to.equal(`CREATE TABLE t (a INT) WITH ('password'='\${secret:x}', 'token'='******\${env:Y}')`);
    for (const sql of ["CREATE SECRET s AS 'value'", "CREATE OR REPLACE SECRET s WITH (backend='meta') AS 'value'", "ALTER SECRET /* 'x' */ s AS 'it''s value'"]) expect(maskStatement(sql)).to.not.contain('value');
    expect(maskStatement("SELECT secret, 'x' FROM t")).to.equal("SELECT secret, 'x' FROM t");
  });
  it('statements of secrets parse and print', () => {
    for (const sql of ["CREATE SECRET IF NOT EXISTS `a` AS 'v'", "CREATE OR REPLACE SECRET `a` AS 'v'", "ALTER SECRET IF EXISTS `a` AS 'v'", 'DROP SECRET IF EXISTS `a`', 'SHOW SECRETS']) expect(printStatement(parseStatement(sql))).to.equal(sql);
    const table = parseStatement("CREATE TABLE t (a INT) WITH ('password' = SECRET my_pw, 'b' = 'c')");
    expect(table.kind === 'createTable' && table.options?.map((o) => o.value)).to.deep.equal(['${secret:my_pw}', 'c']);
    expect(failure(() => parseStatement("CREATE SECRET a WITH (backend='vault') AS 'v'")).sqlstate).to.equal('42601');
  });
  it('known values are masked in every form, cut short, and not inside other words', () => {
    rememberSecret(`p"w'\\ %&\nend`);
    for (const form of [`p"w'\\ %&\nend`, JSON.stringify(`p"w'\\ %&\nend`), encodeURIComponent(`p"w'\\ %&\nend`), `p"w''\\ %&\nend`]) expect(masked(`<${form}>`), form).to.match(/^<"?\*{6}"?>$/);
    rememberSecret('app');
    expect(masked('application app wrapped, user "app"')).to.equal('application ****** wrapped, user "******"');
    rememberSecret('x'.repeat(30) + 'y'.repeat(200));
    expect(masked(`'${'x'.repeat(30)}${'y'.repeat(10)}...'`)).to.equal("'******...'");
    rememberSecret('-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----');
    expect(masked('near MIIEvQIBADANBgkqhkiG9w0BAQEFAASC')).to.equal('near ******');
    const error = kafkaUnreachable({ servers: 'app:9092', why: 'said "app"' });
    expect([error.message, error.detail].join()).to.not.contain('"app');
  });
  it('variables and files are read by the allow-list only, and refusals tell what would open them', () => {
    const secrets = { get: (n: string) => (n === 's' ? 'sv' : undefined), names: () => ['s'] };
    const resolver = new ReferenceResolver({ variables: ['APP_*', 'ONE'], environment: { APP_A: 'a', ONE: 'o', HOME: '/h' }, secrets });
    const one = (value: string): string | undefined => resolver.resolve(new Map([['password', value]])).get('password');
    expect([one('${env:APP_A}'), one('${env:ONE}'), one('${secret:s}')]).to.deep.equal(['a', 'o', 'sv']);
    expect(failure(() => one('${env:HOME}'))).to.include({ code: 'reference-refused', sqlstate: '42501', message: 'option "password": reference "${env:HOME}" is not allowed' });
    expect(failure(() => one('${env:NOTHERE}')), 'a variable that is not there is not told from one that is').to.include({ code: 'reference-refused' });
    expect(failure(() => one('${env:HOME}')).hint).to.contain('--secrets-env HOME');
    expect(failure(() => one('${env:APP_B}'))).to.include({ code: 'reference-unresolved', retry: 'restart' });
    expect(failure(() => one('${secret:t}'))).to.include({ code: 'reference-unresolved' });
    for (const bad of ['${env:}', '${env:a b}', '${env:A=B}']) expect(failure(() => one(bad)).code, bad).to.equal('reference-malformed');

    const open = join(folder, 'open'), data = join(open, 'data');
    for (const f of [open, join(folder, 'closed'), join(open, '..2026'), data]) mkdirSync(f, { recursive: true });
    writeFileSync(join(open, 'pw'), 'fv\n');
    writeFileSync(join(folder, 'closed/pw'), 'no');
    writeFileSync(join(open, 'large'), 'x'.repeat(70_000));
    writeFileSync(join(open, 'binary'), Buffer.from([0xff, 0xfe]));
    writeFileSync(join(open, '..2026/k8s'), 'kv');
    writeFileSync(join(data, 'secrets.json'), '{}');
    symlinkSync('..2026', join(open, '..data'));
    symlinkSync('..data/k8s', join(open, 'k8s'));
    symlinkSync('../closed/pw', join(open, 'link'));
    symlinkSync('/', join(open, 'root'));
    execFileSync('mkfifo', [join(open, 'pipe')]);
    setAccessPolicy({ folders: [open], closedFolders: [data], hosts: undefined });
    expect([one(`\${file:${open}/pw}`), one(`\${file:${open}/k8s}`)], 'one line end goes; links inside the folder, as Kubernetes makes them, are followed').to.deep.equal(['fv', 'kv']);
    for (const path of ['/etc/passwd', `${open}/../closed/pw`, `${open}/link`, `${open}/root/etc/passwd`, `${open}/root/proc/self/environ`, `${open}-other/pw`, 'open/pw', `${data}/secrets.json`, `${folder}/closed/nothing`, '/proc/self/environ']) {
      expect(failure(() => one(`\${file:${path}}`)), path).to.include({ code: 'reference-refused', sqlstate: '42501' });
    }
    for (const path of ['large', 'binary', 'nothing', 'pipe', '..data']) expect(failure(() => one(`\${file:${join(open, path)}}`)), path).to.include({ code: 'reference-unresolved' });
    setAccessPolicy({ folders: ['/'], closedFolders: [], hosts: undefined });
    for (const path of ['/proc/self/environ', '/sys/kernel/notes']) expect(failure(() => one(`\${file:${path}}`)), path).to.include({ code: 'reference-refused' });
    setAccessPolicy({ folders: [], closedFolders: [], hosts: undefined });
    expect(failure(() => one(`\${file:${open}/pw}`)).code).to.equal('reference-refused');
  });
  it('stored secrets are 0600, survive, are sealed with a key, and another key or none does not open them', async () => {
    const at = join(folder, 'store'), file = join(at, 'secrets.json'), key = 'k'.repeat(20);
    mkdirSync(at);
    const store = await SecretStore.open(at, undefined);
    expect(await store.create('__proto__', 'first-value', 1, 'fail')).to.equal(true);
    expect(await store.create('__proto__', 'other', 2, 'keep')).to.equal(false);
    expect((await rejection(store.create('__proto__', 'other', 2, 'fail'))).code).to.equal('duplicate-object');
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.create(`s${i}`, `value-${i}`, 3, 'fail')));
    expect((await rejection(store.alter('none', 'x', 1))).code).to.equal('secret-not-found');
    for (const bad of ['', 'a}b', 'a b', 'x'.repeat(200), 'nul\0', '../x', "a'b"]) expect((await rejection(store.create(bad, 'v', 1, 'fail'))).code, bad).to.equal('secret-invalid');
    expect((await rejection(store.create('big', 'x'.repeat(70_000), 1, 'fail'))).code).to.equal('secret-invalid');
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file, 'utf8')).to.contain('first-value');
    const sealed = await SecretStore.open(at, key), text = readFileSync(file, 'utf8');
    expect(text, 'sealed at the first start with a key').to.not.match(/value/);
    expect(sealed.get('__proto__')).to.equal('first-value');
    await sealed.alter('s0', 'altered', 9);
    const again = await SecretStore.open(at, key);
    expect([again.get('s0'), again.get('s19'), again.names().length]).to.deep.equal(['altered', 'value-19', 21]);
    expect(again.list().find((s) => s.name === 's0')).to.deep.equal({ name: 's0', createdMs: 3, changedMs: 9 });
    expect((await rejection(SecretStore.open(at, undefined))).message).to.contain('cannot be read');
    expect((await rejection(SecretStore.open(at, 'z'.repeat(20)))).detail).to.contain('another key');
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as { secrets: Record<string, unknown> };
    [parsed.secrets['s1'], parsed.secrets['s2']] = [parsed.secrets['s2'], parsed.secrets['s1']];
    writeFileSync(file, JSON.stringify(parsed));
    expect((await rejection(SecretStore.open(at, key))).detail, 'sealed values cannot change places').to.contain('damaged');
    writeFileSync(file, text.slice(0, -20));
    const torn = await rejection(SecretStore.open(at, key));
    expect(`${torn.message} ${torn.detail} ${torn.cause as string}`).to.contain('not JSON').and.not.match(/value-/);
  });
  it('F11: link-local and metadata addresses are refused in every spelling, unless an address or network opens them; a list closes the rest', () => {
    const all = new HostRules([]);
    for (const address of ['169.254.169.254', '169.254.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fd00:ec2::254', '100.100.100.200', '::ffff:100.100.100.200']) {
      expect(all.refusal('some.name', address), address).to.be.a('string');
      expect(new HostRules(['*', 'some.name']).refusal('some.name', address), address).to.be.a('string');
    }
    for (const address of ['127.0.0.1', '10.0.0.1', '::1', '169.253.1.1', 'fec0::1', 'fd00:ec2::253', '2001:db8::1', '0.0.0.0']) expect(all.refusal('some.name', address), address).to.equal(undefined);
    expect(new HostRules(['*', '169.254.7.0/24']).refusal('x', '::ffff:169.254.7.9')).to.equal(undefined);
    expect(new HostRules(['*', '169.254.7.0/24']).refusal('x', '169.254.8.9')).to.be.a('string');
    const some = new HostRules(['db.example', '*.kafka.example', '10.1.0.0/16', 'fd12::/16']);
    for (const [host, address, isOpen] of [['DB.example.', '9.9.9.9', true], ['b1.kafka.example', '9.9.9.9', true], ['kafka.example', '9.9.9.9', false], ['evilkafka.example', '9.9.9.9', false], ['x', '10.1.2.3', true], ['10.2.0.1', '10.2.0.1', false], ['x', 'fd12::1', true], ['127.0.0.1', '127.0.0.1', false]] as const) expect(some.refusal(host, address) === undefined, host).to.equal(isOpen);
    for (const [text, is] of [['*', true], ['a.b', true], ['*.a.b', true], ['10.0.0.0/8', true], ['[::1]', true], ['fe80::/10', true], ['10.0.0.0/33', false], ['1.2.3', false], ['a b', false], ['', false], ['*a', false], ['a/8', false]] as const) expect(isHostPattern(text), text).to.equal(is);
  });
});
