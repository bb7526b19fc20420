/** The debezium-json format: operations, errors, metadata, Connect schemas, both ways. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { INT, STRING, map, timestampLtz } from '../../core/types/sql-type.ts';
import { decodeTester, encodeOne } from './support.ts';

const COLUMNS = { id: INT, name: STRING };
const SOURCE = '"source":{"db":"shop","schema":"public","table":"t","ts_ms":1700000000123,"lsn":5,"nested":{"a":1}}';
const METADATA = { 'ingestion-timestamp': timestampLtz(3), 'source.timestamp': timestampLtz(3), 'source.database': STRING, 'source.schema': STRING, 'source.table': STRING, 'source.properties': map(STRING, STRING), schema: STRING };

describe('debezium-json', () => {
  it('operations', () => {
    const { rows } = decodeTester('debezium-json', COLUMNS);
    for (let i = 0; i < 3; i++) {
      expect(rows('{"before":null,"after":{"id":1,"name":"a"},"op":"c"}')).deep.equal([['+I', 1, 'a']]);
      expect(rows(`{"op":"r","after":{"name":"a","id":1},${SOURCE}}`)).deep.equal([['+I', 1, 'a']]);
      expect(rows('{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"},"op":"u","ts_ms":1}')).deep.equal([['-U', 1, 'a'], ['+U', 1, 'b']]);
      expect(rows('{"before":{"id":1},"after":null,"op":"d"}')).deep.equal([['-D', 1, null]]);
    }
    expect(rows(null)).deep.equal([]);
    expect(rows('')).deep.equal([]);
  });
  it('errors say what is wrong; ignore-parse-errors skips the message', () => {
    const { error } = decodeTester('debezium-json', COLUMNS), lenient = decodeTester('debezium-json', COLUMNS, { 'ignore-parse-errors': 'true' });
    const cases: readonly (readonly [string, RegExp])[] = [
      ['{"before":null,"after":{"id":1},"op":"u"}', /^The "before" field of UPDATE message is null/], ['{"after":null,"op":"d"}', /^The "before" field of DELETE message is null/], ['{"op":"x","after":{"id":1}}', /^Unknown "op" value "x"\. The Debezium JSON message is '/],
      ['{"after":{"id":1}}', /^Unknown "op" value "null"/], ['not json', /^Corrupt Debezium JSON message 'not json'/], ['{"op":"c","after":{"id":1}', /^Corrupt Debezium JSON message/], ['[1]', /^Corrupt/], ['{"op":"c","after":null}', /^Corrupt/], ['{"op":"c","after":[1]}', /Failed to deserialize/], ['{"op":"c","after":{"id":"x"}}', /Failed to deserialize/],
    ];
    for (const [message, detail] of cases) {
      const e = error(message);
      expect(e.code, message).equal('bad-record');
      expect(e.detail, message).match(detail);
      if (!message.includes('"x"}}')) expect(lenient.rows(message), message).deep.equal([]);
    }
    expect(error('{"before":null,"after":{"id":1},"op":"u"}').hint).contain('REPLICA IDENTITY');
    expect(error('{"op":"c","after":{"id":"x"}}').message).contain('"after.id"');
    expect(lenient.rows('{"op":"c","after":{"id":"x","name":"n"}}')).deep.equal([['+I', null, 'n']]);
  });
  it('metadata of the envelope', () => {
    const { rows } = decodeTester('debezium-json', { id: INT }, { 'schema-include': 'true' }, METADATA);
    const payload = `{"before":{"id":1},"after":{"id":2},"op":"u","ts_ms":1700000000456,${SOURCE}}`;
    const expected = [1700000000456, 1700000000123, 'shop', 'public', 't', new Map([['db', 'shop'], ['schema', 'public'], ['table', 't'], ['ts_ms', '1700000000123'], ['lsn', '5'], ['nested', '{"a":1}']]), '{"type":"struct","fields":[]}'];
    expect(rows(`{"schema":{"type": "struct","fields":[]},"payload":${payload}}`)).deep.equal([['-U', 1, ...expected], ['+U', 2, ...expected]]);
    expect(rows('{"payload":{"after":{"id":3},"op":"c"}}')).deep.equal([['+I', 3, null, null, null, null, null, null, null]]);
    expect(rows('{"payload":{"op":"c","source":{},"after":{"id":3}},"schema":null}')).deep.equal([['+I', 3, null, null, null, null, null, new Map(), null]]);
  });
  it('is written as in Flink, each change as one message', () => {
    expect([0, 1, 2, 3].map((kind) => encodeOne('debezium-json', COLUMNS, [1, 'a'], {}, kind))).deep.equal([
      '{"before":null,"after":{"id":1,"name":"a"},"op":"c"}', '{"before":{"id":1,"name":"a"},"after":null,"op":"d"}', '{"before":null,"after":{"id":1,"name":"a"},"op":"c"}', '{"before":{"id":1,"name":"a"},"after":null,"op":"d"}',
    ]);
    expect(encodeOne('debezium-json', COLUMNS, [1, null], { 'encode.ignore-null-fields': 'true' }, 3)).equal('{"before":{"id":1},"op":"d"}');
    expect(() => encodeOne('debezium-json', COLUMNS, [1, 'a'], { 'schema-include': 'true' })).to.throw(RivuletError, "doesn't support 'debezium-json.schema-include' option been set to true");
  });
});
