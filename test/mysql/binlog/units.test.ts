/** Parts of the binlog reader without a server: packets, GTID sets, decimals, JSON, statements, types. */
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { checksumOf } from '../../../runtime/connectors/mysql/binlog/checksum.ts';
import { MariaGtidSet, MySqlGtidSet } from '../../../runtime/connectors/mysql/binlog/gtid-set.ts';
import { SavedRows } from '../../../runtime/connectors/mysql/binlog/held.ts';
import { Packets } from '../../../runtime/connectors/mysql/binlog/packets.ts';
import { changedTables, kindOf, savepointName, xaId } from '../../../runtime/connectors/mysql/binlog/statements.ts';
import { columnTypeText, parseColumnType } from '../../../runtime/connectors/mysql/types/column-type.ts';
import { decimalReader, decimalSize } from '../../../runtime/connectors/mysql/types/decimal-binary.ts';
import { geometryText } from '../../../runtime/connectors/mysql/types/geometry.ts';
import { jsonText, withoutBlanks } from '../../../runtime/connectors/mysql/types/json-binary.ts';
import { decimalText } from '../../../core/types/decimal.ts';

const random = (n: number): number => Math.floor(Math.random() * n);
const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562', B = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

describe('binlog: packets', () => {
  const packet = (payload: Buffer, sequence: number): Buffer => { const parts: Buffer[] = []; for (let at = 0, s = sequence; ; at += 0xffffff, s++) { const part = payload.subarray(at, at + 0xffffff), head = Buffer.alloc(4); head.writeUIntLE(part.length, 0, 3); head[3] = s & 255; parts.push(head, part); if (part.length < 0xffffff) return Buffer.concat(parts); } };
  const readAll = (bytes: Buffer, isCompressed: boolean, most: number): Buffer[] => {
    const packets = new Packets(isCompressed), out: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + 1 + random(most));
      packets.push(bytes.subarray(at, end));
      at = end;
      while (packets.next()) out.push(Buffer.from(packets.bytes.subarray(packets.start, packets.end)));
    }
    expect(packets.broken).to.equal(undefined);
    expect(packets.size).to.equal(0);
    return out;
  };
  it('come whole from chunks of any size, plain and compressed', () => {
    for (let round = 0; round < 15; round++) {
      const payloads = Array.from({ length: 1 + random(300) }, () => Buffer.alloc(random(round % 3 === 0 ? 20 : 3000), random(256))), plain = Buffer.concat(payloads.map((p, i) => packet(p, i + 1)));
      const frames: Buffer[] = [];
      for (let at = 0; at < plain.length;) {
        const part = plain.subarray(at, at + 1 + random(5000)), head = Buffer.alloc(7), isDeflated = random(2) === 0, body = isDeflated ? deflateSync(part) : part;
        head.writeUIntLE(body.length, 0, 3);
        head.writeUIntLE(isDeflated ? part.length : 0, 4, 3);
        frames.push(head, body);
        at += part.length;
      }
      for (const most of [3, 50, 100_000]) {
        expect(readAll(plain, false, most)).to.deep.equal(payloads);
        expect(readAll(Buffer.concat(frames), true, most)).to.deep.equal(payloads);
      }
    }
  });
  it('of 16 MiB and more are put together, the boundary included', () => {
    for (const length of [0xffffff - 1, 0xffffff, 0xffffff + 1, 2 * 0xffffff]) {
      const whole = Buffer.alloc(length, 7), [read] = readAll(packet(whole, 1), false, 3_000_000);
      expect(read!.equals(whole), String(length)).to.equal(true);
    }
  });
  it('out of order, or frames that lie about their length, break the stream', () => {
    const packets = new Packets(false);
    packets.push(packet(Buffer.from('a'), 3));
    expect(packets.next()).to.equal(false);
    expect(packets.broken).to.contain('packet 3');
    const compressed = new Packets(true), body = deflateSync(Buffer.alloc(1000)), head = Buffer.alloc(7);
    head.writeUIntLE(body.length, 0, 3);
    head.writeUIntLE(500, 4, 3);
    compressed.push(Buffer.concat([head, body]));
    expect(compressed.next()).to.equal(false);
    expect(compressed.broken).to.be.a('string');
  });
});

describe('binlog: GTID sets', () => {
  it('parse and print as the server does', () => {
    expect(String(MySqlGtidSet.parse(`${B.toUpperCase()}:5:1-3:4,\n ${A}:7-9`))).to.equal(`${A}:7-9,${B}:1-5`);
    expect(String(MySqlGtidSet.parse(`${A}:1-3:tag_b:2:tag_a:1-2:9`))).to.equal(`${A}:1-3:tag_a:1-2:9:tag_b:2`);
    expect(String(MariaGtidSet.parse('1-7-9,0-1-5'))).to.equal('0-1-5,1-7-9');
    expect(MySqlGtidSet.parse('').isEmpty && MariaGtidSet.parse('').isEmpty).to.equal(true);
    for (const text of ['x', `${A}:0`, `${A}:1-99999999999999999999`, `${A}:-1`, 'abc:1']) expect(() => MySqlGtidSet.parse(text), text).to.throw().with.property('code', 'gtid-set-invalid');
    for (const text of ['0-1', '0-1-x', '0-1-99999999999999999999']) expect(() => MariaGtidSet.parse(text), text).to.throw().with.property('code', 'gtid-set-invalid');
  });
  it('of MySQL behave as sets of numbers', () => {
    for (let round = 0; round < 300; round++) {
      const make = (): [MySqlGtidSet, Set<string>] => {
        const set = new MySqlGtidSet(), model = new Set<string>();
        for (let i = random(30); i > 0; i--) { const source = [A, B, `${A}:tag`][random(3)]!, first = 1 + random(40), last = first + random(4); set.addInterval(source, first, last); for (let n = first; n <= last; n++) model.add(`${source}:${n}`); }
        return [set, model];
      };
      const [a, inA] = make(), [b, inB] = make(), left = a.subtract(b);
      expect(a.contains(b)).to.equal([...inB].every((g) => inA.has(g)));
      for (const g of new Set([...inA, ...inB])) {
        expect(a.contains(g), g).to.equal(inA.has(g));
        expect(left.contains(g), g).to.equal(inA.has(g) && !inB.has(g));
      }
      const again = MySqlGtidSet.parse(String(a)), encoded = a.encode();
      expect(String(again)).to.equal(String(a));
      expect(String(MySqlGtidSet.decode(encoded, 0, encoded.length))).to.equal(String(a));
      const copy = a.clone();
      copy.add(`${A}:1000`);
      expect(a.contains(`${A}:1000`)).to.equal(false);
    }
  });
  it('of MariaDB stand for all before', () => {
    const set = MariaGtidSet.parse('0-1-5,1-7-9');
    expect(set.contains('0-2-5')).to.equal(true);
    expect(set.contains('0-1-6')).to.equal(false);
    expect(set.contains('2-1-1')).to.equal(false);
    set.add('0-3-6');
    expect(String(set)).to.equal('0-3-6,1-7-9');
    expect(String(set.subtract(MariaGtidSet.parse('0-9-6,1-1-3')))).to.equal('1-7-9');
  });
});

describe('binlog: values', () => {
  /** strings/decimal.c by the book, from text. */
  function encodeDecimal(text: string, precision: number, scale: number): Buffer {
    const negative = text.startsWith('-'), [whole = '', fraction = ''] = text.replace('-', '').split('.'), w = whole.padStart(precision - scale, '0').slice(scale === precision ? whole.length : 0), f = fraction.padEnd(scale, '0'), sizes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4], out: number[] = [];
    const put = (digits: string): void => { const n = sizes[digits.length]!, v = Number(digits); for (let i = n - 1; i >= 0; i--) out.push(Math.floor(v / 256 ** i) % 256); };
    const head = (precision - scale) % 9;
    if (head > 0) put(w.slice(0, head));
    for (let i = head; i < precision - scale; i += 9) put(w.slice(i, i + 9));
    for (let i = 0; i < scale; i += 9) put(f.slice(i, i + 9));
    out[0]! ^= 0x80;
    return Buffer.from(negative ? out.map((b, i) => (i === 0 ? b ^ 0xff : b ^ 0xff)) : out);
  }
  it('decimals of any shape are exact', () => {
    for (let round = 0; round < 4000; round++) {
      const precision = 1 + random(65), scale = Math.min(precision, random(31)), digits = Array.from({ length: precision }, () => (random(3) === 0 ? 0 : random(10))).join(''), whole = digits.slice(0, precision - scale).replace(/^0+(?=\d)/, '') || '0';
      const zero = /^0*$/.test(digits), text = `${!zero && random(2) === 0 ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(precision - scale)}` : ''}`, bytes = encodeDecimal(text, precision, scale);
      expect(bytes.length).to.equal(decimalSize(precision, scale));
      const value = decimalReader(precision, scale)(bytes, 0);
      expect(decimalText(value, scale), `${precision},${scale}`).to.equal(text);
      expect(typeof value === 'number' ? Number.isSafeInteger(value) : value > 9007199254740991n || value < -9007199254740991n).to.equal(true);
    }
  });
  it('JSON and geometries of damaged bytes give an error or a text, and end', () => {
    // {"a": [1, 2.5, "x"], "b": {"c": null}} in the small format.
    const good = Buffer.from('000200380012000100130001000214000028002b000000', 'hex');
    for (let round = 0; round < 20_000; round++) {
      const bytes = round % 2 === 0 ? Buffer.from(Array.from({ length: random(60) }, () => random(256))) : Buffer.from(good);
      for (let i = random(4); i >= 0; i--) if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      if (bytes.length > 0 && round % 3 === 0) bytes[0] = random(16);
      for (const read of [() => jsonText(bytes, 0, bytes.length, false), () => geometryText(bytes, 0, bytes.length)]) {
        try { expect(read()).to.be.a('string'); } catch (error) { expect(error).to.be.instanceOf(RangeError); }
      }
    }
  });
  it('JSON without blanks keeps those inside texts', () => { expect(withoutBlanks('{"a b": [1, "x , \\" y"], "c": {}}')).to.equal('{"a b":[1,"x , \\" y"],"c":{}}'); });
  it('column types are read and written as information_schema does', () => {
    for (const [text, parts] of [
      ['bigint(20) unsigned', { dataType: 'bigint', unsigned: true, length: 20 }], ['decimal(10,2)', { length: 10, scale: 2 }], ["enum('a','b,c','it''s')", { values: ['a', 'b,c', "it's"] }], ["set('x)','(y')", { dataType: 'set', values: ['x)', '(y'] }], ['datetime(6)', { scale: 6 }], ['timestamp', { scale: 0 }],
      ['tinyint(1)', { length: 1 }], ['double(10,2)', { length: 10, scale: 2 }], ['int(8) unsigned zerofill', { unsigned: true }], ['geometrycollection', { dataType: 'geomcollection' }], ['vector(3)', { length: 3 }], ['char(5)', { length: 5 }], ['varchar(20) /*M!100301 COMPRESSED*/', { dataType: 'varchar compressed' }],
    ] as const) expect(parseColumnType(text), text).to.deep.include(parts);
    for (const text of ['bigint unsigned', 'decimal(10,2)', "enum('a','b,c','it''s')", 'datetime(6)', 'time', 'varchar(50)', 'tinyint(1)', 'tinyint unsigned', 'float(7,3)', 'bit(5)', 'json', 'point']) expect(columnTypeText(parseColumnType(text))).to.equal(text);
  });
  it('checksums are CRC-32', () => { expect(checksumOf(Buffer.from('x123456789'), 1, 10)).to.equal(0xcbf43926 | 0); });
});

describe('binlog: statements', () => {
  it('are told apart', () => {
    for (const [sql, kind] of [['BEGIN', 'begin'], ['START TRANSACTION', 'begin'], ['COMMIT', 'commit'], ['/* c */ rollback', 'rollback'], ['ROLLBACK TO `s`', 'rollback-to'], ['SAVEPOINT `s`', 'savepoint'], ["XA START X'61',X'',1", 'xa-start'], ['xa commit x', 'xa-commit'], ['ALTER TABLE t ADD x INT', 'other'], ['/*!50003 CREATE TRIGGER x */', 'other'], ['INSERT INTO t VALUES (1)', 'rows'], ['-- c\n update t set a = 1', 'rows'], ['LOAD DATA INFILE \'x\' INTO TABLE t', 'rows'], ['', 'other']] as const) expect(kindOf(sql), sql).to.equal(kind);
    expect(xaId("XA COMMIT X'61',X'',1 ONE PHASE")).to.equal(xaId("XA START X'61',X'',1"));
    expect(savepointName('ROLLBACK TO `a``b`')).to.equal(savepointName('SAVEPOINT `A``B`'));
  });
  it('name the tables that they change', () => {
    const names = (sql: string): string[] => changedTables(sql, 'd', false).map((t) => t.join('.'));
    expect(names('INSERT IGNORE INTO `x`.`t` SELECT * FROM captured')[0]).to.equal('x.t');
    expect(names('REPLACE t VALUES (1)')[0]).to.equal('d.t');
    expect(names('UPDATE a, b.c SET a.x = 1')).to.include.members(['d.a', 'b.c']);
    expect(names("DELETE FROM t WHERE v = 'from u'")).to.include('d.t').and.not.include('d.u');
    expect(names("LOAD DATA INFILE 'f' INTO TABLE t FIELDS")).to.include('d.t');
    expect(names('WITH q AS (SELECT 1) DELETE FROM t')).to.include('d.t');
  });
  it('savepoints drop what came behind them, and know what is out already', () => {
    const saved = new SavedRows(), rows = (n: number): never => ({ change: 'insert', table: {}, timestampMs: n, bytes: Buffer.alloc(10) }) as never, times = (): number[] => saved.take().map((r) => r.timestampMs);
    saved.savepoint('a', 0);
    saved.add(rows(1), 1);
    saved.savepoint('b', 1);
    saved.add(rows(2), 2);
    expect(saved.rollbackTo('b', 0)).to.equal(true);
    saved.add(rows(3), 3);
    expect(saved.rollbackTo('nobody', 0)).to.equal(false);
    expect(times()).to.deep.equal([1, 3]);
    saved.add(rows(4), 4);
    expect(saved.rollbackTo('a', 3)).to.equal(false);
    saved.savepoint('c', 4);
    expect(saved.rollbackTo('c', 3)).to.equal(true);
    expect(times()).to.deep.equal([4]);
  });
});
