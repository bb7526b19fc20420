/** Jobs that share a range of server ids do not cut one another off. */
import { expect } from 'chai';
import { openConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import { serverFacts } from '../../../runtime/connectors/mysql/binlog/facts.ts';
import { openBinlogStream } from '../../../runtime/connectors/mysql/binlog/stream.ts';
import type { BinlogStream } from '../../../runtime/connectors/mysql/contract.ts';
import { otherReplicaId, replicaId } from '../../../runtime/connectors/mysql/cdc/replica-id.ts';
import type { MySqlCdcSpec } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import { describeOnMySql } from '../support.ts';

describeOnMySql('Server ids of readers', (server) => {
  it('are taken from the range, each once, and the first when all are taken', async () => {
    const connection = await openConnection(server.root), facts = await serverFacts(server.root, connection), streams: BinlogStream[] = [];
    const first = 100_000 + Math.floor(Math.random() * 1_000_000), specOf = (serverIds: MySqlCdcSpec['serverIds']): MySqlCdcSpec => ({ server: server.root, serverIds }) as MySqlCdcSpec;
    try {
      const taken: number[] = [];
      for (let i = 0; i < 3; i++) {
        const id = await replicaId(specOf([first, first + 2]), connection, facts);
        const stream = openBinlogStream(server.root, facts, { serverId: id, heartbeatMs: 1000, wants: () => false, wake: () => {} });
        streams.push(stream);
        await stream.open('latest');
        taken.push(id);
      }
      expect(taken).to.deep.equal([first, first + 1, first + 2]);
      expect(await replicaId(specOf([first, first + 2]), connection, facts)).to.equal(first);
      expect(await replicaId(specOf([first, first]), connection, facts)).to.equal(first);
      expect(await replicaId(specOf(null), connection, facts)).to.be.greaterThan(999_999_999);
    } finally {
      for (const stream of streams) await stream.close();
      connection.destroy();
    }
  });
  it('are changed when another reader takes one, as when several begin at once, until none is free', async () => {
    const connection = await openConnection(server.root), facts = await serverFacts(server.root, connection), streams: BinlogStream[] = [];
    const first = 100_000 + Math.floor(Math.random() * 1_000_000), spec = { server: server.root, serverIds: [first, first + 1] } as unknown as MySqlCdcSpec;
    const open = async (isRange: boolean): Promise<BinlogStream> => {
      const stream = openBinlogStream(server.root, facts, { serverId: first, heartbeatMs: 200, wants: () => false, wake: () => {}, ...(isRange ? { otherServerId: () => otherReplicaId(spec, facts, first) } : {}) });
      streams.push(stream);
      await stream.open('latest');
      return stream;
    };
    const isThere = async (id: number): Promise<boolean> => (await connection.query<never>(facts.flavor === 'mariadb' ? 'SHOW SLAVE HOSTS' : 'SHOW REPLICAS') as unknown as [Record<string, unknown>[]])[0].some((row) => Number(Object.values(row)[0]) === id);
    try {
      const older = await open(true);
      await open(false);
      for (const until = Date.now() + 15_000; !(older.stats.reconnects > 0 && await isThere(first + 1)) && Date.now() < until;) { older.next(); await new Promise((resolve) => { setTimeout(resolve, 20); }); }
      expect(older.stats.reconnects).to.be.greaterThan(0);
      expect(await isThere(first + 1)).to.equal(true);
      expect(await otherReplicaId(spec, facts, first)).to.equal(undefined);
      expect(await otherReplicaId({ ...spec, serverIds: [first, first] }, facts, first)).to.equal(undefined);
    } finally {
      for (const stream of streams) await stream.close();
      connection.destroy();
    }
  });
});
