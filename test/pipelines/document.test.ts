/** The document of a pipeline: variables before YAML, strict reading, places in errors, what is shown of it. */
import { expect } from 'chai';
import { lineAndColumn } from '../../core/errors/define.ts';
import { readDocument } from '../../planner/pipeline/document.ts';
import { describePipeline } from '../../planner/pipeline/plan.ts';
import { variableNames, withoutValues } from '../../planner/pipeline/variables.ts';
import { failure, registry } from './support.ts';

const read = (yaml: string, variables: Record<string, string> = {}) => readDocument(yaml, new Map(Object.entries(variables)));
const SAMPLE = `source:
  type: mysql
  name: MySQL Source
  hostname: #{hostname}
  port: 3306
  username: #{usernmae}
  password: #{password}
  tables: order_dw.\\.*
  server-id: 28601-28604

sink:
  type: upsert-kafka
  name: upsert-kafka Sink
  properties.bootstrap.servers: xxxx.alikafka.aliyuncs.com:9092
  # ApsaraMQ only
  aliyun.kafka.accessKeyId: #{ak}
  aliyun.kafka.accessKeySecret: #{sk}
`;
const VALUES = { hostname: 'db', usernmae: 'u', password: 'pw', ak: 'a', sk: 's' };

describe('pipeline document', () => {
  it('the sample of the guide: every scalar is the text that is written', async () => {
    const d = await read(SAMPLE, VALUES);
    expect(d.source.type.text).to.equal('mysql');
    expect(d.source.name).to.equal('MySQL Source');
    expect(Object.fromEntries([...d.source.options].map(([k, v]) => [k, v.text]))).to.deep.equal({ hostname: 'db', port: '3306', username: 'u', password: 'pw', tables: 'order_dw.\\.*', 'server-id': '28601-28604' });
    expect(d.sink.options.get('properties.bootstrap.servers')?.text).to.equal('xxxx.alikafka.aliyuncs.com:9092');
    expect(d.routes).to.deep.equal([]);
    expect(d.settings.size).to.equal(0);
    expect(d.shown).to.equal(SAMPLE);
  });
  for (const value of ['a: b', 'x # y', '"quoted"', "it's", 'two\nlines\nsink:\n  type: evil', '---\nnew: document', '*alias', '&anchor', '!tag', '- item', '{a: 1}', '[1, 2]', '%directive', '', ' blanks ', '#{other}', '\\n', '| block', 'null', '\u2028']) {
    it(`a value cannot change the structure: ${JSON.stringify(value)}`, async () => {
      for (const around of ['#{v}', '"#{v}"', "'#{v}'", 'p#{v}s']) {
        const d = await read(`source:\n  type: fake\n  x.a: ${around}\n  port: 1\nsink:\n  type: fake\n`, { v: value });
        expect(d.source.options.get('x.a')?.text).to.equal(around.replaceAll(/["']/g, '').replace('#{v}', () => value));
        expect([...d.source.options.keys()]).to.deep.equal(['x.a', 'port']);
        expect(d.sink.options.size).to.equal(0);
      }
    });
  }
  it('in block scalars, in lists, in keys, several in one', async () => {
    const d = await read('source:\n  type: fake\n  x.a: >\n    one #{a}\n    two\n  x.#{k}: [#{a}, b]\n  x.c: #{a}:#{b}\nsink: {type: fake}\n', { a: 'A', b: 'B', k: 'key' });
    expect(d.source.options.get('x.a')?.text).to.equal('one A two\n');
    expect(d.source.options.get('x.key')?.text).to.equal('A,b');
    expect(d.source.options.get('x.c')?.text).to.equal('A:B');
  });
  it('variables in comments are not asked for', async () => {
    expect((await read('# #{nobody}\nsource:\n  type: fake # #{knows}\nsink:\n  type: fake\n')).source.options.size).to.equal(0);
    expect(variableNames('a: #{x} #{x} #{y.z}\n#{}')).to.deep.equal(['x', 'y.z']);
  });
  it('variables without a value are named with their lines, all at once', async () => {
    const { code, message, detail } = await failure(() => read(SAMPLE, { hostname: 'h' }));
    expect(code).to.equal('pipeline-variables-missing');
    expect(message).to.include('"usernmae", "password", "ak", "sk"');
    expect(detail).to.include('#{usernmae} in line 6, column 13.').and.include('#{sk} in line 17, column 33.');
  });
  it('a near name is a hint', async () => {
    const { hint } = await failure(() => read('source:\n  type: fake\n  x.a: #{hostnam}\nsink: {type: fake}\n', { hostname: 'h' }));
    expect(hint).to.equal('Did you mean "hostname"?');
  });

  const wrong: readonly [name: string, yaml: string, code: string, message: RegExp, place: string, hint?: RegExp][] = [
    ['unknown block', 'source: {type: fake}\nsinks: {type: fake}\n', 'pipeline-unknown-key', /unknown block "sinks"/, '2:1', /Did you mean "sink"/],
    ['missing sink', 'source: {type: fake}\n', 'pipeline-missing-key', /a pipeline needs "sink"/, ''],
    ['missing type', 'source:\n  name: a\nsink: {type: fake}\n', 'pipeline-missing-key', /the block source needs "type"/, '1:1'],
    ['nested keys', 'source:\n  type: fake\n  x:\n    a: 1\nsink: {type: fake}\n', 'pipeline-unreadable', /one value is expected/, '4:5', /Dotted keys are flat/],
    ['duplicate key', 'source: {type: fake}\nsource: {type: fake}\nsink: {type: fake}\n', 'pipeline-unreadable', /source is given twice/, '2:1'],
    ['two documents', 'source: {type: fake}\nsink: {type: fake}\n---\na: 1\n', 'pipeline-unreadable', /several documents/, '3:1'],
    ['aliases', 'source: &a {type: fake}\nsink: *a\n', 'pipeline-unreadable', /anchors|aliases/, '1:12'],
    ['tags', 'source: {type: !!binary fake}\nsink: {type: fake}\n', 'pipeline-unreadable', /./, ''],
    ['not YAML', 'source: {type: fake\nsink:\n', 'pipeline-unreadable', /./, ''],
    ['empty', '', 'pipeline-unreadable', /empty/, '1:1'],
    ['a list', '- a\n', 'pipeline-unreadable', /must be keys/, '1:1'],
    ['rules that are no list', 'source: {type: fake}\nsink: {type: fake}\nroute:\n  source-table: a.b\n', 'pipeline-unreadable', /route must be a list/, '4:3'],
    ['unknown key of a rule', 'source: {type: fake}\nsink: {type: fake}\nroute:\n  - source-table: a.b\n    sink-tabel: c\n', 'pipeline-unknown-key', /"sink-tabel"/, '5:17', /"sink-table"/],
    ['rule without target', 'source: {type: fake}\nsink: {type: fake}\nroute:\n  - source-table: a.b\n', 'pipeline-missing-key', /needs "sink-table"/, '4:5'],
    ['private use characters', 'source: {type: \ue000}\nsink: {type: fake}\n', 'pipeline-unreadable', /private use/, ''],
    ['a bad variable', 'source:\n  type: fake\n  x.a: #{a b}\nsink: {type: fake}\n', 'pipeline-unreadable', /#\{a b\} is not a variable/, ''],
    ['functions', 'source: {type: fake}\nsink: {type: fake}\npipeline:\n  user-defined-function:\n    - name: a\n', 'pipeline-unreadable', /user-defined-function/, ''],
    ['a key of a block twice', 'source:\n  type: fake\n  port: 1\n  port: 2\nsink: {type: fake}\n', 'pipeline-unreadable', /port is given twice/, '4:3'],
    ['nesting without end', `source: ${'['.repeat(100_000)}`, 'pipeline-unreadable', /./, ''],
    ['huge', `source: {type: fake}\n#${'x'.repeat(1024 * 1024)}`, 'pipeline-unreadable', /more than/, ''],
  ];
  for (const [name, yaml, code, message, place, hint] of wrong) {
    it(`refuses: ${name}`, async () => {
      const error = await failure(() => read(yaml));
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message);
      if (hint !== undefined) expect(error.hint).to.match(hint);
      if (place !== '') { const { line, column } = error.range === undefined ? { line: 1, column: 1 } : lineAndColumn(yaml, error.range.start); expect(`${line}:${column}`).to.equal(place); }
    });
  }
  const described: readonly [name: string, yaml: string, code: string, message: RegExp, hint?: RegExp][] = [
    ['unknown type', 'source: {type: mysqll}\nsink: {type: fake}\n', 'pipeline-unknown-type', /cannot find factory with identifier "mysqll" in the classpath/],
    ['unknown option', 'source:\n  type: fake\n  pasword: x\nsink: {type: fake}\n', 'pipeline-unsupported-options', /unsupported options found for 'fake'. Unsupported options: "pasword"/, /"password"/],
    ['unknown option of the pipeline', 'source: {type: fake}\nsink: {type: fake}\npipeline:\n  paralelism: 1\n', 'pipeline-unknown-key', /"paralelism"/, /"parallelism"/],
    ['bad choice', 'source: {type: fake}\nsink: {type: fake}\npipeline:\n  schema.change.behavior: loose\n', 'invalid-option-value', /schema.change.behavior/],
    ['a zone that is none', 'source: {type: fake}\nsink: {type: fake}\npipeline:\n  local-time-zone: Mars\n', 'invalid-option-value', /local-time-zone/],
    ['a missing option', 'source: {type: fake}\nsink: {type: upsert-kafka}\n', 'pipeline-missing-key', /'upsert-kafka' needs "properties.bootstrap.servers"/],
    ['changes that are none', 'source: {type: fake}\nsink:\n  type: fake\n  exclude.schema.changes: [column.drops]\n', 'pipeline-invalid-option', /names "column.drops"/],
  ];
  for (const [name, yaml, code, message, hint] of described) {
    it(`refuses: ${name}`, async () => {
      const error = await failure(async () => describePipeline(await read(yaml), registry, 'UTC'));
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message);
      expect(error.range).to.not.equal(undefined);
      if (hint !== undefined) expect(error.hint).to.match(hint);
    });
  }

  it('literal secrets are masked, variables are kept', async () => {
    const yaml = "source:\n  type: fake\n  password: \"s3cret\" # mine\n  x.url: jdbc:mysql://me:pw1@db/a\nsink:\n  type: fake\n  password: '#{p}'\n  x.sasl.jaas.config: a #{p} b\n";
    expect((await read(yaml, { p: 'hidden' })).shown).to.equal("source:\n  type: fake\n  password: ****** # mine\n  x.url: jdbc:mysql://me:******@db/a\nsink:\n  type: fake\n  password: '#{p}'\n  x.sasl.jaas.config: ******\n");
  });
  it('which variables are secret', async () => {
    const d = await read('source:\n  type: fake\n  password: "#{a}#{b}"\n  x.host: #{host}\n  x.y: #{db_password}\nsink: {type: fake}\n', { a: '1', b: '2', host: 'h', db_password: 'p' });
    expect([...d.secretVariables].sort()).to.deep.equal(['a', 'b', 'db_password']);
  });
  it('values are taken out of texts', () => {
    expect(withoutValues('cannot reach db1.example.com as s3cret', new Map([['h', 'db1.example.com'], ['p', 's3cret'], ['n', '1']]))).to.equal('cannot reach #{h} as #{p}');
  });
});
