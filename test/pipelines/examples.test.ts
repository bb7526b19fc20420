/** Every YAML document of sql-examples is one that a server takes: read, described, its routes and transforms bound. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { FACT_TYPES } from '../../catalog/objects/pipeline-table.ts';
import { pipelineRegistry } from '../../runtime/connectors/pipelines.ts';
import { readDocument } from '../../planner/pipeline/document.ts';
import { describePipeline, planPipeline } from '../../planner/pipeline/plan.ts';
import { variableNames } from '../../planner/pipeline/variables.ts';
import { plannerContext, table } from './support.ts';

const folder = new URL('../../sql-examples/', import.meta.url).pathname, files = readdirSync(folder).filter((f) => f.endsWith('.yaml'));
const TABLES = [
  table('shop.orders', 'id BIGINT NOT NULL, user_id BIGINT, price DECIMAL(10, 2), quantity INT, status STRING', 'id'), table('shop.customers', 'id BIGINT NOT NULL, name STRING, address STRING', 'id'),
  table('shop_1.orders_1', 'id BIGINT NOT NULL, price DECIMAL(10, 2)', 'id'), table('order_dw.user', 'id BIGINT NOT NULL, name STRING NOT NULL', 'id'),
];
describe('documents of sql-examples', () => {
  it('a pipeline without a name is called by its tables, else as it says', async () => {
    const nameOf = async (file: string): Promise<string> => { const yaml = readFileSync(`${folder}${file}`, 'utf8'); return describePipeline(await readDocument(yaml, new Map(variableNames(yaml).map((name) => [name, 'v']))), pipelineRegistry, 'UTC').name; };
    expect(await Promise.all(['03-pipeline-default-names.yaml', '08-pipeline-partitions.yaml', '09-pipeline-one-to-many.yaml', '11-pipeline-cascade.yaml'].map(nameOf))).to.deep.equal(['MySQL Source → upsert-kafka Sink', 'mysql shop.orders → kafka', 'shop to archive, billing and shipping', 'kafka shop.orders → upsert-kafka']);
  });
  it('are there', () => { expect(files.length).to.be.at.least(8); });
  for (const file of files) {
    it(file, async () => {
      const yaml = readFileSync(`${folder}${file}`, 'utf8'), document = await readDocument(yaml, new Map(variableNames(yaml).map((name) => [name, name === 'port' ? '3306' : `v-${name}`])));
      expect(document.shown).to.equal(yaml);
      const plan = planPipeline(describePipeline(document, pipelineRegistry, 'UTC'), TABLES, FACT_TYPES, plannerContext);
      expect(plan.nodes.map((n) => n.type)).to.deep.equal(['source', 'pipeline-transform', 'sink']);
      expect(JSON.stringify(plan.nodes.map((n) => n.label))).to.not.include('v-password');
    });
  }
});
