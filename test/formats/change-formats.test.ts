/** canal-json, maxwell-json and ogg-json: kinds of change, old values, metadata, errors, both ways. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, INT, STRING, array, decimal, map, timestamp, timestampLtz } from '../../core/types/sql-type.ts';
import { ChangeBatch } from '../../core/row/batch.ts';
import { materializeTexts, TextSlices } from '../../core/row/slices.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntime } from '../../runtime/formats/runtimes.ts';
import { decodeTester, encodeOne } from './support.ts';

const COLUMNS = { id: INT, name: STRING };

describe('canal-json', () => {
  it('kinds of change; several rows in a message', () => {
    const { rows } = decodeTester('canal-json', COLUMNS);
    for (let i = 0; i < 3; i++) {
      expect(rows('{"data":[{"id":"1","name":"a"},{"name":"b","id":2}],"type":"INSERT","database":"d","old":null}')).deep.equal([['+I', 1, 'a'], ['+I', 2, 'b']]);
      expect(rows('{"type":"DELETE","data":[{"id":"1","name":"a"}]}')).deep.equal([['-D', 1, 'a']]);
      expect(rows('{"data":[{"id":"1","name":"b"},{"id":"2","name":"ü\\n"}],"old":[{"name":"a"},{"id":"20"}],"type":"UPDATE"}')).deep.equal([['-U', 1, 'a'], ['+U', 1, 'b'], ['-U', 20, 'ü\n'], ['+U', 2, 'ü\n']]);
      expect(rows('{"data":[{"id":"1","name":"b"}],"type":"INIT"}'), 'full data of Data Transmission Service').deep.equal([['+I', 1, 'b']]);
    }
    for (const nothing of [null, '', '  ', '{"type":"CREATE","data":null}', '{"type":"DDL","sql":"ALTER TABLE t","data":null}', '{"type":"ALTER","isDdl":true,"data":null}', '{"data":[],"type":"INSERT"}']) expect(rows(nothing), String(nothing)).deep.equal([]);
  });
  it('an old value that is there counts also when it is null; one that is not there is unchanged', () => {
    const { rows } = decodeTester('canal-json', { id: BIGINT, a: STRING, b: decimal(20, 4), c: timestamp(3) });
    expect(rows('{"data":[{"id":"9007199254740993","a":"x","b":"1.5","c":"2024-02-29 12:00:00"}],"old":[{"a":null,"zzz":{"x":[1]}}],"type":"UPDATE"}')).deep.equal([['-U', 9007199254740993n, null, 15000, 1709208000000], ['+U', 9007199254740993n, 'x', 15000, 1709208000000]]);
    for (const old of ['null', '[]', '[null]', '[{}]']) expect(rows(`{"data":[{"id":"1","a":"x"}],"old":${old},"type":"UPDATE"}`), old).deep.equal([['-U', 1, 'x', null, null], ['+U', 1, 'x', null, null]]);
    expect(rows('{"data":[{"id":"1"},{"id":"2"}],"old":[{"id":"3"}],"type":"UPDATE"}').map((r) => r.slice(0, 2))).deep.equal([['-U', 3], ['+U', 1], ['-U', 2], ['+U', 2]]);
  });
  it('only the databases and tables asked for, by their whole names', () => {
    const { rows } = decodeTester('canal-json', { id: INT }, { 'database.include': 'shop_\\d', 'table.include': 'orders|items' });
    const of = (database: string, table: string): number => rows(`{"data":[{"id":1}],"type":"INSERT","database":"${database}","table":"${table}"}`).length;
    expect([of('shop_1', 'orders'), of('shop_12', 'orders'), of('shop_1', 'items2'), of('shop_2', 'items'), rows('{"data":[{"id":1}],"type":"INSERT"}').length]).deep.equal([1, 0, 0, 1, 0]);
    expect(() => decodeTester('canal-json', { id: INT }, { 'table.include': '(' })).throw(RivuletError, "option 'table.include' is not a regular expression");
  });
  it('metadata', () => {
    const { rows } = decodeTester('canal-json', { id: INT }, {}, { database: STRING, table: STRING, 'sql-type': map(STRING, INT), 'pk-names': array(STRING), 'ingestion-timestamp': timestampLtz(3), 'event-timestamp': timestampLtz(3) });
    const expected = ['d', 't', new Map([['id', 4], ['name', 12]]), ['id'], 1700000000123, 1700000000000];
    expect(rows('{"data":[{"id":1}],"old":[{"id":2}],"type":"UPDATE","database":"d","table":"t","sqlType":{"id":4,"name":12},"pkNames":["id"],"ts":1700000000123,"es":1700000000000}')).deep.equal([['-U', 2, ...expected], ['+U', 1, ...expected]]);
    expect(rows('{"data":[{"id":1}],"type":"INSERT","pkNames":null}')).deep.equal([['+I', 1, null, null, null, null, null, null]]);
  });
  it('errors say what is wrong; ignore-parse-errors skips the message', () => {
    const { error } = decodeTester('canal-json', COLUMNS), lenient = decodeTester('canal-json', COLUMNS, { 'ignore-parse-errors': 'true' });
    const cases: readonly (readonly [string, RegExp])[] = [
      ['{"data":[{"id":1}],"type":"QUERY"}', /^Unknown "type" value "QUERY"\. The Canal JSON message is '/], ['{"data":[{"id":1}]}', /^Unknown "type" value "null"/], ['not json', /^Corrupt Canal JSON message 'not json'/], ['{"data":[{"id":1}', /^Corrupt/], ['[1]', /^Corrupt/],
      ['{"type":"INSERT"}', /^Corrupt/], ['{"type":"INSERT","data":[1]}', /Failed to deserialize/], ['{"type":"INSERT","data":[{"id":1},{"id":"x"}]}', /Failed to deserialize/],
    ];
    for (const [message, detail] of cases) {
      const e = error(message);
      expect([e.code, e.domain], message).deep.equal(['bad-record', 'data']);
      expect(e.detail, message).match(detail);
      if (!message.includes('"x"')) expect(lenient.rows(message), message).deep.equal([]);
    }
    expect(lenient.rows('{"type":"INSERT","data":[{"id":"x","name":"n"}]}')).deep.equal([['+I', null, 'n']]);
    expect(error(`{"type":"UPDATE","data":[${Array.from({ length: 5000 }, () => '{"id":1}').join(',')}]}`).message).contain('5000 elements');
  });
  it('texts as slices are the same texts', () => {
    const columns = [{ name: 'id', type: INT }, { name: 'a', type: STRING }, { name: 'b', type: STRING }];
    const messages = Array.from({ length: 50 }, (_, i) => `{"data":[{"id":${i},"a":"new ${i}","b":"b\\u0041${i}"},{"id":${i},"b":"plain ${i}","a":${i % 3 === 0 ? 'null' : '"é"'}}],"old":[{"a":"old ${i}"},{"b":${i % 2 === 0 ? 'null' : '"older"'}}],"type":"${i % 5 === 0 ? 'INSERT' : 'UPDATE'}"}`);
    const read = (sliced: boolean): unknown[][] => {
      const slices = columns.map((c) => (sliced && c.type === STRING ? new TextSlices() : null)), bytes = Buffer.from(messages.join('')), batch = ChangeBatch.withWidth(3), kinds = new Uint8Array(8192);
      const decoder = formatRuntime('canal-json').decoder(formatRegistry.get('canal-json')?.describe(new Map(), columns, 'value', 'decode') ?? null, columns.map((c, slot) => ({ ...c, slot, slices: slices[slot] ?? undefined })), columns);
      let at = 0;
      for (const text of messages) { const end = at + Buffer.byteLength(text); batch.size += decoder.decode(bytes, at, end, batch, kinds, batch.size); at = end; }
      for (const one of slices) one?.begin(bytes);
      if (sliced) { batch.slices = slices; expect(slices[1]?.starts.subarray(0, batch.size).some((x) => x >= 0)).equal(true); materializeTexts(batch); }
      return Array.from({ length: batch.size }, (_, row) => [kinds[row], ...batch.columns.map((c) => c[row])]);
    };
    expect(read(true)).deep.equal(read(false));
  });
  it('is written as in Flink', () => {
    expect([0, 1, 2, 3].map((kind) => encodeOne('canal-json', COLUMNS, [1, 'a'], {}, kind))).deep.equal(['{"data":[{"id":1,"name":"a"}],"type":"INSERT"}', '{"data":[{"id":1,"name":"a"}],"type":"DELETE"}', '{"data":[{"id":1,"name":"a"}],"type":"INSERT"}', '{"data":[{"id":1,"name":"a"}],"type":"DELETE"}']);
    expect(encodeOne('canal-json', COLUMNS, [1, null], { 'encode.ignore-null-fields': 'true' })).equal('{"data":[{"id":1}],"type":"INSERT"}');
  });
});

describe('maxwell-json', () => {
  it('kinds of change, old values, metadata', () => {
    const { rows } = decodeTester('maxwell-json', COLUMNS, {}, { database: STRING, table: STRING, 'primary-key-columns': array(STRING), 'ingestion-timestamp': timestampLtz(3) });
    const tail = '"database":"d","table":"t","ts":1596684883,"xid":7125,"primary_key_columns":["id"]', facts = ['d', 't', ['id'], 1596684883000];
    expect(rows(`{"type":"insert","data":{"id":1,"name":"a"},${tail}}`)).deep.equal([['+I', 1, 'a', ...facts]]);
    expect(rows(`{${tail},"type":"update","data":{"id":1,"name":"b"},"old":{"name":null}}`)).deep.equal([['-U', 1, null, ...facts], ['+U', 1, 'b', ...facts]]);
    expect(rows(`{"type":"delete","data":{"id":1,"name":"b"},${tail}}`)).deep.equal([['-D', 1, 'b', ...facts]]);
    expect(rows(null)).deep.equal([]);
  });
  it('errors, and writing', () => {
    const { error } = decodeTester('maxwell-json', COLUMNS);
    expect(error('{"type":"bootstrap-insert","data":{"id":1}}').detail).match(/^Unknown "type" value "bootstrap-insert"\. The Maxwell JSON message is '/);
    expect(error('{"type":"insert","data":null}').detail).match(/^Corrupt Maxwell JSON message/);
    expect(decodeTester('maxwell-json', COLUMNS, { 'ignore-parse-errors': 'true' }).rows('{"type":"x"}')).deep.equal([]);
    expect([0, 3].map((kind) => encodeOne('maxwell-json', COLUMNS, [1, 'a'], {}, kind))).deep.equal(['{"data":{"id":1,"name":"a"},"type":"insert"}', '{"data":{"id":1,"name":"a"},"type":"delete"}']);
  });
});

describe('ogg-json', () => {
  it('kinds of change and metadata', () => {
    const { rows } = decodeTester('ogg-json', COLUMNS, {}, { table: STRING, 'primary-keys': array(STRING), 'ingestion-timestamp': timestampLtz(6), 'event-timestamp': timestampLtz(6) });
    const head = '"table":"D.T","op_ts":"2020-05-13 15:40:06.000001","current_ts":"2020-05-13T15:40:07.000002","pos":"1","primary_keys":["id"]', facts = ['D.T', ['id'], 1589384407000002, 1589384406000001];
    expect(rows(`{${head},"op_type":"I","after":{"id":1,"name":"a"}}`)).deep.equal([['+I', 1, 'a', ...facts]]);
    expect(rows(`{${head},"op_type":"U","before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"}}`)).deep.equal([['-U', 1, 'a', ...facts], ['+U', 1, 'b', ...facts]]);
    expect(rows(`{${head},"op_type":"D","before":{"id":1,"name":"a"},"after":null}`)).deep.equal([['-D', 1, 'a', ...facts]]);
  });
  it('errors, and writing', () => {
    const { error } = decodeTester('ogg-json', COLUMNS);
    expect(error('{"op_type":"T","table":"x"}').detail).match(/^Unknown "op_type" value "T"/);
    expect(error('{"op_type":"U","after":{"id":1}}').detail).match(/^The "before" field of UPDATE message is null/);
    expect([0, 1, 2, 3].map((kind) => encodeOne('ogg-json', COLUMNS, [1, 'a'], {}, kind))).deep.equal(['{"after":{"id":1,"name":"a"},"op_type":"I"}', '{"before":{"id":1,"name":"a"},"op_type":"D"}', '{"after":{"id":1,"name":"a"},"op_type":"I"}', '{"before":{"id":1,"name":"a"},"op_type":"D"}']);
  });
});
