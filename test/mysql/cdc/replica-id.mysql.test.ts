/** Jobs that share a range of server ids do not cut one another off. */
import { expect } from 'chai';
import { openConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import { serverFacts } from '../../../runtime/connectors/mysql/binlog/facts.ts';
import { openBinlogStream } from '../../../runtime/connectors/mysql/binlog/stream.ts';
import type { BinlogStream } from '../../../runtime/connectors/mysql/contract.ts';
import { replicaId } from '../../../runtime/connectors/mysql/cdc/replica-id.ts';
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
});
