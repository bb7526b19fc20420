/** Messages of topics as rows, and the tables that inference makes of them. */
import { expect } from 'chai';
import { idText } from '../../catalog/objects/pipeline-table.ts';
import { KIND_TEXT } from '../../core/row/batch.ts';
import { BIGINT, decimal, STRING, typeText } from '../../core/types/sql-type.ts';
import { InferredTables, mysqlType, rowValues, type InferenceRules } from '../../runtime/connectors/kafka/pipeline/inferred-tables.ts';
import { readMessage, type MessageSettings } from '../../runtime/connectors/kafka/pipeline/messages.ts';
import { failure } from './support.ts';

const settings = (format: MessageSettings['format'], more: Partial<MessageSettings> = {}): MessageSettings => ({ format, tableFields: [], keyPrefix: '', valuePrefix: '', ...more });
const RULES: InferenceRules = { timestampStandard: 'SQL', primitiveAsString: false, isStatic: false, fixed: new Map(), timeZone: 'UTC' };
/** Rows, schema events and the final columns, as lines. */
function story(format: MessageSettings['format'], messages: readonly (readonly [key: string | null, value: string | null])[], rules: Partial<InferenceRules> = {}, more: Partial<MessageSettings> = {}): string[] {
  const tables = new InferredTables({ ...RULES, ...rules }, []), lines: string[] = [];
  for (const [key, value] of messages) {
    const message = readMessage('shop.t', key, value, settings(format, more));
    if (message === undefined) { lines.push('nothing'); continue; }
    const { table, changes } = tables.after(message);
    if (changes.length > 0) lines.push(`${idText(message.id)} ${changes.map((c) => c.kind).join('+')} (${table.version.columns.map((c) => `${c.name} ${typeText(c.type, true)}`).join(', ')}) key ${table.version.primaryKey.join(',')}`);
    for (const row of message.rows) lines.push(`${KIND_TEXT[row.kind]}[${rowValues(table, row.members).join(', ')}]`);
  }
  return lines;
}

describe('pipeline kafka source: messages', () => {
  it('debezium-json: kinds, key without TableId, numbers exactly', () => {
    const source = '"source":{"db":"d","table":"t"}';
    expect(story('debezium-json', [
      ['{"TableId":"d.t","id":1}', `{"before":null,"after":{"id":9223372036854775807,"v":null},"op":"c",${source}}`], ['{"id":1}', `{"before":{"id":1,"v":null},"after":{"id":1,"v":"x"},"op":"u",${source}}`],
      ['{"id":1}', `{"schema":{},"payload":{"before":{"id":1,"v":"x"},"after":null,"op":"d","ts_ms":1,${source}}}`], ['{"id":1}', null],
    ])).to.deep.equal(['d.t create.table (id BIGINT NOT NULL) key 0', '+I[9223372036854775807]', 'd.t add.column (id BIGINT NOT NULL, v STRING) key 0', '-U[1, ]', '+U[1, x]', '-D[1, x]', 'nothing']);
  });
  it('canal-json: old over data, several rows, INIT, DDL, native types', () => {
    const tail = '"database":"d","table":"t","pkNames":["id"]';
    expect(story('canal-json', [
      [null, `{"data":[{"id":"1","p":"9.90"},{"id":"2","p":null}],"old":null,"type":"INIT","mysqlType":{"id":"bigint(20)","p":"decimal(10,2)"},${tail}}`],
      [null, `{"data":[{"id":"1","p":"8.00"}],"old":[{"p":null}],"type":"UPDATE",${tail}}`], [null, `{"data":[{"id":"2","p":null}],"type":"DELETE",${tail}}`], [null, '{"isDdl":true,"type":"ALTER","sql":"x"}'], [null, '{"type":"DDL"}'],
    ])).to.deep.equal(['d.t create.table (id BIGINT NOT NULL, p DECIMAL(10, 2)) key 0', '+I[1, 990]', '+I[2, ]', '-U[1, ]', '+U[1, 800]', '-D[2, ]', 'nothing', 'nothing']);
  });
  it('debezium-json: messages about transactions, schemas and heartbeats are no rows', () => {
    expect(story('debezium-json', [[null, '{"status":"BEGIN","id":"1"}'], [null, '{"ts_ms":1}'], [null, '{"payload":{"ddl":"CREATE TABLE t (a INT)"}}']])).to.deep.equal(['nothing', 'nothing', 'nothing']);
  });
  it('json: the topic is the table; widening, missing fields, tombstones by key, prefixes', () => {
    expect(story('json', [['{"id":1}', '{"id":1,"a":1}'], ['{"id":2}', '{"id":2,"b":"2020-01-02 03:04:05"}'], ['{"id":3}', '{"id":3,"a":"x","c":{"d":[1]}}'], ['{"id":1}', null], [null, null]])).to.deep.equal([
      'shop.t create.table (id BIGINT NOT NULL, a BIGINT) key 0', '+I[1, 1]', 'shop.t add.column (id BIGINT NOT NULL, a BIGINT, b TIMESTAMP(6)) key 0', '+I[2, , 1577934245000000]',
      'shop.t alter.column.type+add.column (id BIGINT NOT NULL, a STRING, b TIMESTAMP(6), c STRING) key 0', '+I[3, x, , {"d":[1]}]', '-D[1, , , ]', 'nothing',
    ]);
    expect(story('json', [['{"id":1}', '{"a":true}']], {}, { keyPrefix: 'k_', valuePrefix: 'v_' })).to.deep.equal(['shop.t create.table (k_id BIGINT NOT NULL, v_a BOOLEAN) key 0', '+I[1, true]']);
    expect(story('json', [['not json', '{"db":"x","tb":"y","a":1.5}']], {}, { tableFields: ['db', 'tb'] })).to.deep.equal(['x.y create.table (db STRING, tb STRING, a DOUBLE) key ', '+I[x, y, 1.5]']);
  });
  it('tells of numbers with more digits than a DOUBLE has', () => {
    const cut: string[] = [], rules = { cut: (table: string, column: string, text: string) => { cut.push(`${table} ${column} ${text}`); } };
    story('json', [[null, '{"a":0.30000000000000004,"b":12345678901234567890.25,"c":-1.7976931348623157E308,"d":100000000000000000000000.0}']], rules);
    expect(cut).to.deep.equal(['shop.t b 12345678901234567890.25']);
  });
  it('static and fixed types', async () => {
    const lines = story('json', [[null, '{"a":1}'], [null, '{"a":2,"b":1}']], { isStatic: true });
    expect(lines).to.deep.equal(['shop.t create.table (a BIGINT) key ', '+I[1]', '+I[2]']);
    expect(story('json', [[null, '{"a":0.1234567890123456789}'], [null, '{"a":"7"}']], { fixed: new Map([['a', decimal(30, 19)]]) })).to.deep.equal(['shop.t create.table (a DECIMAL(30, 19)) key ', '+I[1234567890123456789]', '+I[70000000000000000000]']);
    expect((await failure(() => story('json', [[null, '{"a":"x"}']], { fixed: new Map([['a', BIGINT]]) }))).code).to.equal('bad-record');
  });
  for (const [format, value, why] of [['debezium-json', '{"op":"x"}', /Unknown "op"/], ['debezium-json', '{"id":1,"a":2}', /no "op".*value.format: json.*"id", "a"/], ['canal-json', '{"id":1}', /no "type".*"id"/], ['canal-json', '{}', /no "type".*none/], ['debezium-json', '{"op":"d","before":null}', /REPLICA IDENTITY/], ['canal-json', '{"type":"MERGE","data":[{}]}', /Unknown "type"/], ['json', '[1]', /not a JSON object/], ['json', '{', /not a JSON object/]] as const) {
    it(`refuses ${format} ${value}`, async () => { const error = await failure(() => readMessage('t', null, value, settings(format))); expect(error.code).to.equal('bad-record'); expect(`${error.message} ${error.detail}`).to.match(why); });
  }
  it('native types of canal', () => {
    const types: Record<string, string | undefined> = { 'int(11)': 'INT', 'bigint(20) unsigned': 'DECIMAL(20, 0)', varchar: 'STRING', decimal: undefined, 'decimal(10,2)': 'DECIMAL(10, 2)', datetime: 'TIMESTAMP(6)', 'datetime(3)': 'TIMESTAMP(3)', 'tinyint(1)': 'BOOLEAN', time: 'STRING', blob: undefined, date: 'DATE', 'enum(\'a\')': 'STRING' };
    for (const [text, expected] of Object.entries(types)) { const type = mysqlType(text); expect(type === undefined ? undefined : typeText(type), text).to.equal(expected); }
    expect(mysqlType('varchar(5)')).to.equal(STRING);
  });
});
