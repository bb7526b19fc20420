/** Node ids are hashes of meaning: what state is found by when a job's statements change. */
import { expect } from 'chai';
import type { NodeType, PhysicalPlan } from '../../planner/physical/plan.ts';
import { planOf } from './harness.ts';

const TABLES = `CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE users (id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE p (a BIGINT, b BIGINT) WITH ('connector' = 'print');
CREATE TABLE q (a BIGINT, b STRING) WITH ('connector' = 'print');
`;
const idsOf = (plan: PhysicalPlan, type: NodeType): string[] => plan.nodes.filter((n) => n.type === type).map((n) => n.id);
const planned = (sql: string): Promise<PhysicalPlan> => planOf(TABLES + sql);

describe('node ids', () => {
  it('do not depend on names', async () => {
    const a = await planned('INSERT INTO p SELECT user_id, COUNT(*) FROM clicks GROUP BY user_id');
    const b = await planned('INSERT INTO p SELECT c.user_id AS u, COUNT(*) AS n FROM clicks AS c GROUP BY c.user_id');
    expect(a.nodes.map((n) => n.id)).to.deep.equal(b.nodes.map((n) => n.id));
  });
  it('stay when another INSERT reads further columns of the same table', async () => {
    const group = 'INSERT INTO p SELECT user_id, COUNT(*) FROM clicks GROUP BY user_id';
    const alone = await planned(group), both = await planned(`EXECUTE STATEMENT SET BEGIN ${group}; INSERT INTO q SELECT user_id, url FROM clicks WHERE n > 1; END`);
    expect(idsOf(both, 'source')).to.deep.equal(idsOf(alone, 'source'));
    expect(idsOf(both, 'group-aggregate')).to.deep.equal(idsOf(alone, 'group-aggregate'));
  });
  it('differ when the grouping, a filter or the source differ', async () => {
    const ids = await Promise.all(['user_id, COUNT(*) FROM clicks GROUP BY user_id', 'n, COUNT(*) FROM clicks GROUP BY n', 'user_id, COUNT(*) FROM clicks WHERE n > 1 GROUP BY user_id', "user_id, COUNT(*) FROM clicks /*+ OPTIONS('scan.startup.mode'='latest-offset') */ GROUP BY user_id"]
      .map(async (s) => idsOf(await planned(`INSERT INTO p SELECT ${s}`), 'group-aggregate')[0]));
    expect(new Set(ids)).to.have.length(4);
  });
  it('are unique in a plan, and inputs come before their readers', async () => {
    const plan = await planned('EXECUTE STATEMENT SET BEGIN INSERT INTO p SELECT n, user_id FROM clicks; INSERT INTO p SELECT n, user_id FROM clicks; INSERT INTO q SELECT c.user_id, u.name FROM clicks c LEFT JOIN users u ON c.user_id = u.id; END');
    const seen = new Set<string>();
    for (const node of plan.nodes) {
      expect(node.inputs.every((i) => seen.has(i.node))).to.equal(true);
      expect(seen.has(node.id)).to.equal(false);
      seen.add(node.id);
    }
    expect(JSON.stringify(JSON.parse(JSON.stringify(plan)))).to.equal(JSON.stringify(plan));
  });
});
