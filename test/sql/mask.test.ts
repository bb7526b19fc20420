/** Secrets in the texts of statements, options and URLs. */
import { expect } from 'chai';
import { maskOption, maskUrl } from '../../catalog/options/secrets.ts';
import { maskStatement } from '../../planner/sql/mask.ts';

describe('secrets in texts', () => {
  const cases: readonly [string, string][] = [
    [`INSERT INTO a SELECT * FROM b /*+ OPTIONS('password'='s3cret', 'port'='3306') */`, `INSERT INTO a SELECT * FROM b /*+ OPTIONS('password'='******', 'port'='3306') */`],
    [`CREATE TABLE t (a INT) WITH ('connector' = 'mysql-cdc', 'password' = 'it''s', 'username' = 'u')`, `CREATE TABLE t (a INT) WITH ('connector' = 'mysql-cdc', 'password' = '******', 'username' = 'u')`],
    [`SET 'properties.sasl.jaas.config' -- why\n = /* here */ 'x'`, `SET 'properties.sasl.jaas.config' -- why\n = /* here */ '******'`],
    [`WITH ('url'='jdbc:mysql://me:pw1@db:3306/a?password=pw2&x=1')`, `WITH ('url'='jdbc:mysql://me:******@db:3306/a?password=******&x=1')`],
    [`SELECT 'password' = 'x' AND b = 'y', 'a' 'b'`, `SELECT 'password' = '******' AND b = 'y', 'a' 'b'`],
    [`SELECT 'password', '=', 'x'`, `SELECT 'password', '=', 'x'`],
    [`SELECT 'never closed = 'password'='x'`, `SELECT 'never closed = 'password'******''******'`],
    [`CREATE USER ann WITH ADMIN PASSWORD 'it''s' 'more' -- PASSWORD\n; SELECT 'x'`, `CREATE USER ann WITH ADMIN PASSWORD '******' '******' -- PASSWORD\n; SELECT 'x'`],
    [`alter role "PASSWORD" password /* 'y' */ E'a\\'b'`, `alter role "PASSWORD" password /* 'y' */ '******'`],
    [`ALTER USER ann PASSWORD $$never closed`, `ALTER USER ann PASSWORD '******'`],
    [`ALTER USER ann PASSWORD 'never closed`, `ALTER USER ann PASSWORD '******'`],
    [`SELECT password FROM users WHERE password IS NULL`, `SELECT password FROM users WHERE password IS NULL`],
    ['', ''],
  ];
  for (const [text, wanted] of cases) it(`masks ${text.slice(0, 50)}`, () => expect(maskStatement(text)).to.equal(wanted));
  it('masks options by their keys and URLs by their parts', () => {
    expect([maskOption('password', 'x'), maskOption('aliyun.kafka.accessKeySecret', 'x'), maskOption('hostname', 'h'), maskOption('url', 'mysql://root:pw@h/d')]).to.deep.equal(['******', '******', 'h', 'mysql://root:******@h/d']);
    expect(maskUrl('mysql://u:p@ss@h/d')).to.equal('mysql://u:******@h/d');
    expect(maskUrl('http://h/a:b@c')).to.equal('http://h/a:b@c');
  });
  it('reads any text once', () => { const text = `'a'=`.repeat(200_000); expect(maskStatement(text)).to.equal(text); });
});
