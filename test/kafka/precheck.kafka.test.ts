/** The precheck of Kafka as a pipeline's target: topics that exist, that could be made, that could not; rights as a broker with ACLs tells them. */
import { expect } from 'chai';
import kafkajs, { type AclOperationTypes as AclOperation, type AclResourceTypes as AclResource, type Kafka as KafkaJs } from 'kafkajs';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { checkKafkaTarget } from '../../runtime/connectors/kafka/pipeline/precheck.ts';
import type { KafkaPipelineSpec } from '../../runtime/connectors/kafka/pipeline/spec.ts';
import type { CheckItem } from '../../runtime/pipelines/check-item.ts';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { eventually } from '../e2e/server-process.ts';
import { BOOTSTRAP, uniqueName } from './support.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } = kafkajs;
const spec = (properties: Record<string, string>, more: Partial<KafkaPipelineSpec> = {}): KafkaPipelineSpec => ({
  table: 'sink', properties, guarantee: 'at-least-once', transactionalIdPrefix: null, upsert: true, topic: null, mapping: [], key: { format: 'json', settings: null, withTableId: false }, value: { format: 'json', settings: null, includeSchema: false, fullTableId: false, initType: false },
  partition: { strategy: 'hash-by-key', columns: [] }, newTopic: { partitions: -1, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } }, headers: [], tableIdHeaders: false, facts: [], ...more,
});
const lines = (items: readonly CheckItem[]): string[] => items.map((i) => `${i.status} ${i.name}: ${i.detail}`);
const bad = (items: readonly CheckItem[]): string[] => lines(items.filter((i) => i.status !== 'pass'));

describe('precheck of Kafka as a target', () => {
  const client = KafkaClient.of(BOOTSTRAP), properties = { 'bootstrap.servers': BOOTSTRAP }, made: string[] = [];
  const make = async (configs: Record<string, string>, partitions = 1): Promise<string> => { const topic = uniqueName('precheck'); await client.createTopics([{ topic, partitions, replicationFactor: 1, configs }]); made.push(topic); return topic; };
  after(async () => { await client.deleteTopics(made); await client.close(); });

  it('passes for topics that fit and topics that can be made, and makes none', async () => {
    const there = await make({ 'cleanup.policy': 'compact' }, 3), missing = uniqueName('precheck');
    const items = await checkKafkaTarget(spec(properties), [there, missing]);
    expect(bad(items)).to.deep.equal([]);
    expect(lines(items)).to.include(`pass topics: 1 of 2 will be made, with the cluster's number of partitions, cleanup.policy=compact: ${missing}.`).and.to.include('pass partitions: 3 in each topic that exists.').and.to.include('pass right to write idempotently: Granted.');
    expect(await client.listTopics()).to.not.include(missing);
    expect(bad(await checkKafkaTarget(spec(properties), ['a b', there])).join()).to.match(/Kafka has no topics of such names: a b/);
    expect(bad(await checkKafkaTarget(spec(properties, { guarantee: 'exactly-once' }), []))).to.deep.equal([]);
  });
  it('warns of policies, sizes and numbers of partitions that do not fit', async () => {
    const deleting = await make({ 'cleanup.policy': 'delete', 'max.message.bytes': '1000' }, 2), compacted = await make({ 'cleanup.policy': 'compact' });
    const upsert = bad(await checkKafkaTarget(spec(properties, { newTopic: { partitions: 4, replicationFactor: -1, configs: {} } }), [deleting]));
    expect(upsert[0]).to.match(/^warn cleanup policy: It is not compact of .* \(delete\): records of rows that do not change would be deleted\.$/);
    expect(upsert[1]).to.match(/^warn message size: max\.message\.bytes is below the 1048576 bytes/);
    expect(upsert[2]).to.match(/^warn partitions: 'sink\.topic\.partitions' is 4, but they exist with other numbers: .* \(2\)\.$/);
    expect(bad(await checkKafkaTarget(spec(properties, { upsert: false }), [compacted])).join()).to.match(/warn cleanup policy: It is not delete of .* \(compact\): compaction takes older changes/);
  });
  it('fails for topics that cannot be made and transactions that are too long', async () => {
    const wish = (partitions: number, replicationFactor: number, configs = {}): KafkaPipelineSpec => spec(properties, { newTopic: { partitions, replicationFactor, configs } });
    expect(bad(await checkKafkaTarget(wish(1, 99), [uniqueName('precheck')])).join()).to.match(/^fail topics: .* cannot be made: INVALID_REPLICATION_FACTOR/);
    expect(bad(await checkKafkaTarget(wish(1, 1, { 'cleanup.policy': 'nonsense' }), [uniqueName('precheck')])).join()).to.match(/^fail topics: .* cannot be made: INVALID_CONFIG/);
    expect(bad(await checkKafkaTarget(spec({ ...properties, 'transaction.timeout.ms': '999999999' }, { guarantee: 'exactly-once' }), [])).join()).to.match(/^fail transaction timeout: .* the brokers allow \d+\./);
  });
  it('is one item when nobody answers or a property is wrong', async () => {
    expect(bad(await checkKafkaTarget(spec({ 'bootstrap.servers': '127.0.0.1:1', 'default.api.timeout.ms': '300' }), ['t'])).join()).to.match(/^fail target connection: No Kafka broker answers at "127\.0\.0\.1:1"/);
    expect(bad(await checkKafkaTarget(spec({}), ['t'])).join()).to.match(/^fail target connection: .*bootstrap\.servers/);
  });

  describe('with ACLs', function () {
    this.timeout(60_000);
    let broker: LocalBroker | undefined, kafka: KafkaJs, login: Record<string, string>;
    const prefix = 'acl-precheck';
    before(async function () {
      if (!await canStartLocalBroker()) return this.skip();
      broker = await startLocalBroker({ secure: true, properties: { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users': 'User:ANONYMOUS' } });
      kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
      const { sasl, username, password } = broker.secure!;
      login = { 'bootstrap.servers': sasl, 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.jaas.config': `org.apache.kafka.common.security.scram.ScramLoginModule required username="${username}" password="${password}";` };
      const root = KafkaClient.of(broker.bootstrap);
      await root.createTopics([{ topic: `${prefix}-there`, partitions: 1, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } }]);
      await root.close();
    });
    after(async () => { await broker?.stop(); });
    const allow = async (operation: AclOperation, resourceType: AclResource, resourceName: string): Promise<void> => {
      const admin = kafka.admin();
      await admin.connect();
      await admin.createAcls({ acl: [{ resourceType, resourceName, resourcePatternType: ResourcePatternTypes.LITERAL, principal: 'User:alice', host: '*', operation, permissionType: AclPermissionTypes.ALLOW }] });
      await admin.disconnect();
    };

    it('tells what the user may not do, and passes once it may', async () => {
      const topics = [`${prefix}-there`, `${prefix}-new`], check = async (): Promise<CheckItem[]> => await checkKafkaTarget(spec(login, { guarantee: 'exactly-once', transactionalIdPrefix: 'tx' }), topics);
      const none = bad(await check());
      expect(JSON.stringify(await check())).to.not.contain(broker!.secure!.password);
      expect(none[0]).to.equal(`fail topics: Kafka does not tell of ${prefix}-there (TOPIC_AUTHORIZATION_FAILED), ${prefix}-new (TOPIC_AUTHORIZATION_FAILED).`);
      expect(none.join('\n')).to.match(/fail right to write idempotently: Kafka answers CLUSTER_AUTHORIZATION_FAILED\./).and.to.match(/fail right to use transactions: Kafka answers TRANSACTIONAL_ID_AUTHORIZATION_FAILED for "tx"\./);
      for (const topic of topics) await allow(AclOperationTypes.DESCRIBE, AclResourceTypes.TOPIC, topic);
      // Brokers learn of rights a moment later.
      const described = await eventually('what the user may see', async () => { const text = bad(await check()).join('\n'); return !text.includes('does not tell of') && text; });
      expect(described).to.match(new RegExp(`fail topics: ${prefix}-new cannot be made: (TOPIC|CLUSTER)_AUTHORIZATION_FAILED`)).and.to.match(new RegExp(`fail right to write: The user may not write to ${prefix}-there\\.`)).and.to.match(/skipped topic settings/);
      for (const topic of topics) for (const operation of [AclOperationTypes.WRITE, AclOperationTypes.CREATE, AclOperationTypes.DESCRIBE_CONFIGS]) await allow(operation, AclResourceTypes.TOPIC, topic);
      await allow(AclOperationTypes.WRITE, AclResourceTypes.TRANSACTIONAL_ID, 'tx-precheck');
      await eventually('all rights', async () => bad(await check()).length === 0).catch(() => {});
      expect(bad(await check())).to.deep.equal([]);
    });
    it('refuses a wrong password without telling it', async () => {
      const items = await checkKafkaTarget(spec({ ...login, 'sasl.jaas.config': login['sasl.jaas.config']!.replace(broker!.secure!.password, 'wrong-word') }), ['t']);
      expect(bad(items).join()).to.match(/^fail target connection: Kafka broker ".*" refused the login/);
      expect(JSON.stringify(items)).to.not.contain('wrong-word');
    });
  });
});
