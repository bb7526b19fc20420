/** Calls that our client never makes, for what strangers do to a broker: join groups and leave them, delete groups and their offsets. */
import { systemClock } from '../../runtime/connectors/kafka/client/clock.ts';
import { KafkaClientConfig } from '../../runtime/connectors/kafka/client/index.ts';
import { Connection } from '../../runtime/connectors/kafka/client/connection.ts';
import type { Api } from '../../runtime/connectors/kafka/client/wire/apis.ts';

const api = (key: number, name: string, version: number): Api => ({ key, name, min: version, max: version, flexibleFrom: 99 });
const JOIN = api(11, 'JoinGroup', 3), LEAVE = api(13, 'LeaveGroup', 2), DELETE_GROUPS = api(42, 'DeleteGroups', 1), DELETE_OFFSETS = api(47, 'OffsetDelete', 0);

/** A connection of a stranger to the one broker there is. */
export class Stranger {
  private readonly connection: Connection;
  private constructor(connection: Connection) { this.connection = connection; }
  static async connect(bootstrap: string): Promise<Stranger> {
    const config = KafkaClientConfig.fromProperties(new Map([['bootstrap.servers', bootstrap], ['client.id', 'stranger']])), [endpoint] = config.bootstrapServers;
    if (endpoint === undefined) throw new RangeError('no address');
    return new Stranger(await Connection.open(endpoint, config, systemClock));
  }
  /** As a consumer that wants the topic; the answer comes when the group has been balanced. */
  async join(group: string, topic: string): Promise<{ readonly code: number; readonly member: string }> {
    const name = Buffer.from(topic), subscription = Buffer.alloc(12 + name.length);
    subscription.writeInt32BE(1, 2);
    subscription.writeInt16BE(name.length, 6);
    name.copy(subscription, 8);
    subscription.writeInt32BE(-1, 8 + name.length);
    return await this.connection.call(JOIN, (w) => { w.string(group).i32(6000).i32(500).string('').string('consumer').array(['range'], (e, p) => e.string(p).byteString(subscription)); },
      (r) => { r.i32(); const code = r.i16(); r.i32(); r.string(); r.string(); return { code, member: r.string() }; });
  }
  async leave(group: string, member: string): Promise<number> { return await this.connection.call(LEAVE, (w) => { w.string(group).string(member); }, (r) => { r.i32(); return r.i16(); }); }
  async deleteGroup(group: string): Promise<number> { return await this.connection.call(DELETE_GROUPS, (w) => { w.array([group], (e, g) => e.string(g)); }, (r) => { r.i32(); return r.array((e) => { e.string(); return e.i16(); })[0] ?? -1; }); }
  async deleteOffset(group: string, topic: string, partition: number): Promise<number> {
    return await this.connection.call(DELETE_OFFSETS, (w) => { w.string(group).array([topic], (e, t) => e.string(t).array([partition], (p, n) => p.i32(n))); }, (r) => { const code = r.i16(); r.i32(); return r.array((t) => { t.string(); return t.array((p) => { p.i32(); return p.i16(); })[0] ?? 0; })[0] ?? code; });
  }
  close(): void { this.connection.close(); }
}
