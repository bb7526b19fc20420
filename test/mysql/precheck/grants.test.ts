/** Grants as servers show them, and offsets of time zones. */
import { expect } from 'chai';
import { Grants, parseGrant } from '../../../runtime/connectors/mysql/precheck/grants.ts';
import { zoneOffset } from '../../../runtime/connectors/mysql/precheck/server.ts';

describe('MySQL precheck without a server', () => {
  it('reads lines of SHOW GRANTS', () => {
    const of = (line: string): unknown => { const found = parseGrant(line); return found === undefined ? undefined : [[...found.grant.privileges], found.grant.database, found.grant.table, found.revoked]; };
    expect(of('GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`')).to.deep.equal([['SELECT', 'REPLICATION SLAVE', 'REPLICATION CLIENT'], undefined, undefined, false]);
    expect(of("GRANT SELECT (`a`, `b`), INSERT ON `d``b`.`t` TO 'u'@'localhost' WITH GRANT OPTION")).to.deep.equal([['INSERT'], 'd`b', 't', false]);
    expect(of("GRANT ALL PRIVILEGES ON \"my db\".* TO 'u'@'%' IDENTIFIED BY PASSWORD '*x'")).to.deep.equal([['ALL PRIVILEGES'], 'my db', undefined, false]);
    expect(of('REVOKE SELECT ON `secret`.* FROM `u`@`%`')).to.deep.equal([['SELECT'], 'secret', undefined, true]);
    expect([of('GRANT `role`@`%` TO `u`@`%`'), of("GRANT PROXY ON ''@'' TO 'root'@'localhost'"), of('SET DEFAULT ROLE r FOR u')]).to.deep.equal([undefined, undefined, undefined]);
  });
  it('knows what they add up to', () => {
    const grants = new Grants(['GRANT USAGE ON *.* TO `u`@`%`', 'GRANT BINLOG MONITOR ON *.* TO `u`@`%`', 'GRANT SELECT ON `shop\\_%`.* TO `u`@`%`', 'GRANT SELECT ON `one`.`t` TO `u`@`%`', 'GRANT INSERT ON `a%`.* TO `u`@`%`']), on = (privilege: string, database: string, table = 't'): boolean => grants.on(privilege, { database, table });
    expect([grants.everywhere('REPLICATION CLIENT'), grants.everywhere('REPLICATION SLAVE'), grants.everywhere('SELECT')]).to.deep.equal([true, false, false]);
    expect([on('SELECT', 'shop_1'), on('SELECT', 'shopx1'), on('SELECT', 'one'), on('SELECT', 'one', 'u'), on('INSERT', 'a'), on('INSERT', 'b'), on('DELETE', 'a')]).to.deep.equal([true, false, true, false, true, false, false]);
    const revoked = new Grants(['GRANT ALL ON *.* TO `u`@`%`', 'REVOKE SELECT ON `secret`.* FROM `u`@`%`']);
    expect([revoked.on('SELECT', { database: 'open', table: 't' }), revoked.on('SELECT', { database: 'secret', table: 't' }), revoked.on('INSERT', { database: 'secret', table: 't' })]).to.deep.equal([true, false, true]);
  });
  it('takes hostile lines for what they are', () => {
    for (const line of [`GRANT ${'a,'.repeat(200_000)} ON *.* TO x`, `GRANT SELECT ON ${'`'.repeat(100_000)}`, `GRANT ${'('.repeat(100_000)}`]) parseGrant(line);
    expect(new Grants(['GRANT SELECT ON `(a+)+$`.* TO x']).on('SELECT', { database: `${'a'.repeat(40)}!`, table: 't' })).to.equal(false);
  });
  it('knows how far a zone is from UTC', () => {
    const winter = Date.UTC(2026, 0, 15), summer = Date.UTC(2026, 6, 15);
    expect([zoneOffset('UTC', winter), zoneOffset('+08:00', winter), zoneOffset('GMT-3', winter), zoneOffset('Asia/Kolkata', winter), zoneOffset('Europe/Berlin', winter), zoneOffset('Europe/Berlin', summer)]).to.deep.equal([0, 28_800, -10_800, 19_800, 3600, 7200]);
  });
});
