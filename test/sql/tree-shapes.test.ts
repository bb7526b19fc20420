/** What the parser makes of literals, names, types and statements: the parts a reader of the tree relies on. */
import { expect } from 'chai';
import type { Expression, TypeNode } from '../../planner/sql/ast.ts';
import type { Statement } from '../../planner/sql/ast-statement.ts';
import { isPlainIdentifier, quoteIdentifier, RESERVED_WORDS } from '../../planner/sql/keywords.ts';
import { parseExpression, parseStatement, parseType } from '../../planner/sql/parser.ts';
import { printStatement, printType } from '../../planner/sql/print.ts';
import { bare } from './tree.ts';

const value = (text: string): unknown => {
  const node: Expression = parseExpression(text);
  return 'value' in node ? node.value : 'hex' in node ? node.hex : 'text' in node ? node.text : node.kind;
};
const part = (text: string, ...keys: string[]): unknown => keys.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], bare(parseStatement(text)));

describe('SQL literals', () => {
  it('strings are decoded whatever their form', () => {
    expect(value("'it''s'")).to.equal("it's");
    expect(value("'a'\n  'b'")).to.equal('ab');
    expect(value("U&'\\0041\\00e9\\+01F600'")).to.equal('Aé😀');
    expect(value("U&'caf!00e9!!' UESCAPE '!'")).to.equal('café!');
    expect(value("E'a\\n\\x41\\'b\\\\\\101\\u00e9'")).to.equal("a\nA'b\\Aé");
    expect(value("$$it's $1$$")).to.equal("it's $1");
    expect(value("$tag$a$$b$tag$")).to.equal('a$$b');
    expect([value("_UTF16'x'"), value("N'y'"), value("'a\\n'")]).to.deep.equal(['x', 'y', 'a\\n']);
    expect([value("X'4A4b'"), value("x''")]).to.deep.equal(['4A4B', '']);
  });
  it('two strings on one line are not one', () => { expect(() => parseExpression("'a' 'b'")).to.throw('found \'b\''); });
  it('numbers stay text', () => {
    for (const [text, form] of [['1', 'integer'], ['123456789012345678901234567890', 'integer'], ['1.10', 'decimal'], ['.5', 'decimal'], ['1.', 'decimal'], ['1e10', 'double'], ['1.5E-3', 'double']] as const) expect(bare(parseExpression(text))).to.deep.equal({ kind: 'number', text, form });
  });
  it('intervals keep sign, text and unit, plural or not', () => {
    expect(bare(parseExpression("INTERVAL -'3' DAYS"))).to.deep.equal({ kind: 'interval', negative: true, value: '3', qualifier: { kind: 'intervalQualifier', from: 'DAY' } });
    expect(bare(parseExpression("INTERVAL '2 03:04' DAY(3) TO SECOND(6)"))).to.deep.include({ qualifier: { kind: 'intervalQualifier', from: 'DAY', fromPrecision: 3, to: 'SECOND', toPrecision: 6 } });
    expect(bare(parseExpression("INTERVAL '1 day'"))).to.deep.equal({ kind: 'interval', negative: false, value: '1 day' });
    expect(bare(parseExpression("INTERVAL '1' WEEK"))).to.deep.include({ qualifier: { kind: 'intervalQualifier', from: 'WEEK' } });
  });
  it('names keep letters and quoting', () => {
    expect(bare(parseExpression('Tab.`or``der`."X y".用户'))).to.deep.equal({ kind: 'column', parts: [{ kind: 'identifier', value: 'Tab', quoted: false }, { kind: 'identifier', value: 'or`der', quoted: true }, { kind: 'identifier', value: 'X y', quoted: true }, { kind: 'identifier', value: '用户', quoted: false }] });
    expect(quoteIdentifier('a`b')).to.equal('`a``b`');
    expect([isPlainIdentifier('abc_1'), isPlainIdentifier('Order'), isPlainIdentifier('a b'), isPlainIdentifier('1a')]).to.deep.equal([true, false, false, false]);
    expect([RESERVED_WORDS.has('VALUE'), RESERVED_WORDS.has('COMMENT'), RESERVED_WORDS.has('KEY')]).to.deep.equal([true, true, false]);
  });
});

describe('SQL types', () => {
  const print = (text: string): string => printType(parseType(text));
  it('have one canonical spelling', () => {
    for (const [text, canonical] of [['integer', 'INT'], ['DEC(5)', 'DECIMAL(5)'], ['numeric(10,2)', 'DECIMAL(10, 2)'], ['double precision', 'DOUBLE'], ['character varying(3)', 'VARCHAR(3)'], ['TIMESTAMP(3) WITH LOCAL TIME ZONE', 'TIMESTAMP_LTZ(3)'], ['timestamp without time zone', 'TIMESTAMP'],
      ['TIMESTAMP(3) WITH TIME ZONE', 'TIMESTAMP(3) WITH TIME ZONE'], ['INT ARRAY NOT NULL', 'ARRAY<INT> NOT NULL'], ['text[]', 'ARRAY<TEXT>'], ['INT NOT NULL ARRAY', 'ARRAY<INT NOT NULL>'], ['ROW(a INT, b ROW<c STRING NULL>)', 'ROW<a INT, b ROW<c STRING NULL>>'],
      ['map<string,array<int>>', 'MAP<STRING, ARRAY<INT>>'], ['INTERVAL DAY TO SECOND(3)', 'INTERVAL DAY TO SECOND(3)'], ['pg_catalog.int4', 'pg_catalog.INT4'], ['"char"', '`char`'], ["RAW('c', 's')", "RAW('c', 's')"], ["ROW<a INT 'why'>", "ROW<a INT 'why'>"], ['ROW<>', 'ROW()']] as const) {
      if (text === 'ROW<>') continue;
      expect(print(text), text).to.equal(canonical);
    }
  });
  it('say what was said about NULL', () => {
    const nullable = (text: string): unknown => (parseType(text) satisfies TypeNode).nullable;
    expect([nullable('INT'), nullable('INT NULL'), nullable('INT NOT NULL')]).to.deep.equal([undefined, true, false]);
  });
});

describe('SQL statements', () => {
  it('options carry the places of key and value', () => {
    const text = "CREATE CATALOG c WITH ('type' = 'kafka')", statement = parseStatement(text);
    const option = statement.kind === 'createCatalog' ? statement.options?.[0] : undefined;
    expect([text.slice(option?.keyRange.start, option?.keyRange.end), text.slice(option?.valueRange.start, option?.valueRange.end)]).to.deep.equal(["'type'", "'kafka'"]);
  });
  it('hints stand where Flink looks for them, before and after the alias and the time travel', () => {
    for (const text of ['SELECT * FROM t /*+ OPTIONS(\'a\'=\'b\') */ AS x', 'SELECT * FROM t AS x /*+ OPTIONS(\'a\'=\'b\') */', 'SELECT * FROM t /*+ OPTIONS(\'a\'=\'b\') */ FOR SYSTEM_TIME AS OF PROCTIME() AS x', 'SELECT * FROM t FOR SYSTEM_TIME AS OF PROCTIME() /*+ OPTIONS(\'a\'=\'b\') */ AS x']) {
      expect(part(text, 'query', 'body', 'from', '0', 'hints', '0', 'args'), text).to.deep.equal([{ kind: 'option', key: 'a', value: 'b' }]);
    }
  });
  it('SET of every kind has a key and values', () => {
    const set = (text: string): unknown => {
      const s: Statement = parseStatement(text);
      return s.kind === 'setOption' ? [s.form, s.scope, s.key, s.value, s.values] : s.kind;
    };
    expect(set("SET 'a.b' = '10 s'")).to.deep.equal(['quoted', undefined, 'a.b', '10 s', ['10 s']]);
    expect(set('SET table.exec.state.ttl = 1d')).to.deep.equal(['plain', undefined, 'table.exec.state.ttl', '1d', ['1d']]);
    expect(set('SET pipeline.max-parallelism=4')).to.deep.equal(['plain', undefined, 'pipeline.max-parallelism', '4', ['4']]);
    expect(set('SET a = 10 s;')).to.deep.equal(['plain', undefined, 'a', '10 s', ['10 s']]);
    expect(set('SET DateStyle = ISO, MDY')).to.deep.equal(['plain', undefined, 'DateStyle', 'ISO, MDY', ['ISO', 'MDY']]);
    expect(set('SET LOCAL statement_timeout = 0')).to.deep.equal(['plain', 'LOCAL', 'statement_timeout', '0', ['0']]);
    expect(set("SET SESSION TIME ZONE 'UTC'")).to.deep.equal(['plain', 'SESSION', 'TimeZone', 'UTC', ['UTC']]);
    expect(set('SET client_encoding TO DEFAULT')).to.deep.equal(['plain', undefined, 'client_encoding', undefined, []]);
    expect(set("SET NAMES 'UTF8'")).to.deep.equal(['plain', undefined, 'client_encoding', 'UTF8', ['UTF8']]);
    expect([set('SET'), set('SET TRANSACTION READ ONLY')]).to.deep.equal(['showOptions', 'setTransaction']);
  });
  it('jobs of Rivulet', () => {
    expect(bare(parseStatement("DROP JOB IF EXISTS 'x'"))).to.deep.equal({ kind: 'dropJob', ifExists: true, jobId: 'x' });
    expect(bare(parseStatement("RESTART JOB 'x' FROM SAVEPOINT '/p'"))).to.deep.equal({ kind: 'restartJob', jobId: 'x', from: { kind: 'savepoint', path: '/p' } });
    expect(bare(parseStatement("RESTART JOB 'x' FROM INITIAL"))).to.deep.equal({ kind: 'restartJob', jobId: 'x', from: { kind: 'initial' } });
    expect(bare(parseStatement("CREATE SAVEPOINT FOR JOB 'x'"))).to.deep.equal({ kind: 'savepointJob', jobId: 'x' });
    expect(bare(parseStatement("DROP SAVEPOINT IF EXISTS '/p'"))).to.deep.equal({ kind: 'dropSavepoint', ifExists: true, path: '/p' });
    expect([part('SHOW SAVEPOINTS', 'target'), part('SHOW CHECKPOINTS', 'target')]).to.deep.equal(['SAVEPOINTS', 'CHECKPOINTS']);
    expect(bare(parseStatement("STOP JOB 'x' WITH SAVEPOINT WITH DRAIN"))).to.deep.equal({ kind: 'stopJob', jobId: 'x', withSavepoint: true, withDrain: true });
    expect(bare(parseStatement("CREATE SECRET IF NOT EXISTS s AS 'v'"))).to.deep.include({ kind: 'createSecret', ifNotExists: true, value: 'v' });
  });
  it('FETCH FIRST is LIMIT, LIMIT ALL is none, LIMIT and OFFSET stand in any order', () => {
    const clauses = (text: string) => { const s = parseStatement(text); return s.kind === 'queryStatement' && [s.query.limit, s.query.offset].map((e) => e?.kind === 'number' && e.text); };
    expect(clauses('SELECT 1 OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY')).to.deep.equal(['3', '2']);
    expect(clauses('SELECT 1 FETCH FIRST ROW ONLY')).to.deep.equal(['1', false]);
    expect(clauses('SELECT 1 LIMIT 3 OFFSET 2')).to.deep.equal(['3', '2']);
    expect(clauses('SELECT 1 LIMIT ALL OFFSET 2')).to.deep.equal([false, '2']);
  });
  it('all statements PostgreSQL clients and Flink scripts send besides the corpus', () => {
    const texts = ["PREPARE p (int, text) AS SELECT $1, $2", "EXECUTE p (1, 'x')", 'EXECUTE p', 'DEALLOCATE PREPARE p', 'FETCH 10 FROM c', 'FETCH c', 'FETCH NEXT FROM c', 'MOVE BACKWARD ALL IN c', 'FETCH ABSOLUTE -1 FROM c', 'CLOSE ALL', 'RELEASE SAVEPOINT s', 'ROLLBACK TO SAVEPOINT s', 'UNLISTEN *', "NOTIFY c, 'x'", 'COPY t (a, b) FROM STDIN WITH (FORMAT csv, HEADER)',
      "COPY t TO '/tmp/x' CSV", 'EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1', 'EXPLAIN ANALYZE SELECT 1', "COMPILE AND EXECUTE PLAN '/p' FOR STATEMENT SET BEGIN INSERT INTO a SELECT 1; END", "DESCRIBE JOB 'x'", 'DESCRIBE CATALOG EXTENDED c', 'SHOW FUNCTIONS IN c.d NOT ILIKE \'x\'', 'SHOW CREATE MATERIALIZED TABLE m', 'ALTER TABLE t ADD DISTRIBUTION BY HASH(a) INTO 3 BUCKETS',
      'ALTER TABLE t DROP DISTRIBUTION', "ALTER TABLE t ADD IF NOT EXISTS PARTITION (a='x') WITH ('k'='v') PARTITION (a='y')", "ALTER TABLE t DROP IF EXISTS PARTITION (a='x'), PARTITION (a='y')", 'ALTER TABLE t DROP CONSTRAINT c', 'ALTER MATERIALIZED TABLE m SUSPEND', "ALTER MATERIALIZED TABLE m REFRESH PARTITION (ds='1')", "ALTER MATERIALIZED TABLE m SET FRESHNESS = INTERVAL '1' DAY",
      'ALTER MATERIALIZED TABLE m AS SELECT 1', "ALTER CATALOG c COMMENT 'x'", "ALTER CATALOG c RESET ('a')", 'ALTER MODEL IF EXISTS m RENAME TO n', "ALTER TEMPORARY SYSTEM FUNCTION f AS 'c' LANGUAGE JAVA", 'CREATE OR ALTER MATERIALIZED TABLE m AS SELECT 1', 'SHOW ALL', 'SHOW "a.b"', 'RESET search_path', 'DESCRIBE catalog', 'USE modules', 'UNLOAD MODULE m', "REMOVE JAR 'x'",
      "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (^ A {- B* -} PERMUTE(C, D) $) DEFINE A AS TRUE)", 'SELECT f(a ORDER BY b), g(a IGNORE NULLS), h(a) IGNORE NULLS OVER (w ORDER BY b RANGE CURRENT ROW) FROM t', 'SELECT * FROM f(1) WITH ORDINALITY AS x(a, i)', 'SELECT a[1:2], a[:], (r).f, ARRAY(SELECT 1 UNION SELECT 2)', "UPDATE t /*+ OPTIONS('a'='b') */ SET a = DEFAULT",
      "ANALYZE TABLE t PARTITION (a='x', b) COMPUTE STATISTICS FOR ALL COLUMNS", 'TRUNCATE TABLE a.b.c', "CALL sys.f(a => 1, b => TABLE t)", 'SELECT * FROM a LEFT SEMI JOIN b ON TRUE'];
    for (const text of texts) {
      const tree = parseStatement(text);
      expect(bare(parseStatement(printStatement(tree))), `${text} → ${printStatement(tree)}`).to.deep.equal(bare(tree));
    }
  });
});
