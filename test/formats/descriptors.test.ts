/** Options and column types that formats refuse, with Flink's wordings; every option is documented. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { INT, RAW, STRING, map } from '../../core/types/sql-type.ts';
import { formatDescriptors, formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntimes } from '../../runtime/formats/runtimes.ts';

const describeJson = (options: Record<string, string>, type = INT as Parameters<typeof map>[1]): unknown => formatRegistry.get('json')?.describe(new Map(Object.entries(options)), [{ name: 'c', type }], 'value', 'decode');

describe('format descriptors', () => {
  it('refuse options that make no sense', () => {
    expect(() => describeJson({ 'fail-on-missing-field': 'true', 'ignore-parse-errors': 'true' })).to.throw(RivuletError, "fail-on-missing-field and ignore-parse-errors shouldn't both be true");
    expect(() => describeJson({ 'timestamp-format.standard': 'iso' })).to.throw(RivuletError, "unsupported value 'iso' for timestamp-format.standard");
    expect(() => describeJson({ 'map-null-key.mode': 'NO' })).to.throw(RivuletError, "unsupported value 'NO' for option map-null-key.mode");
    expect(() => describeJson({ 'ignore-parse-errors': 'yes' })).to.throw(RivuletError, 'ignore-parse-errors');
    expect(() => describeJson({}, map(INT, STRING))).to.throw(RivuletError, "JSON format doesn't support non-string as key type of map. The type is: MAP<INT, STRING>");
    expect(() => describeJson({}, { kind: 'ROW', nullable: true, fields: [{ name: 'r', type: RAW }] })).to.throw(RivuletError, 'c.r');
  });
  it('have a run-time half, documented options and JSON-safe settings', () => {
    expect(formatRuntimes.map((f) => f.identifier).sort()).deep.equal([...formatRegistry.identifiers()]);
    for (const format of formatDescriptors) {
      for (const option of format.options) expect(option.description, `${format.identifier} ${option.key}`).match(/\.$/);
      const settings = format.describe(new Map(), [{ name: 'c', type: STRING }], 'value', 'decode');
      expect(JSON.parse(JSON.stringify(settings))).deep.equal(settings);
    }
  });
});
