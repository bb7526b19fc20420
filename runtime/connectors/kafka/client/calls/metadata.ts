/** Metadata v4–v12: brokers, controller, and for each topic its id and the leaders of its partitions. */
import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

export interface BrokerEntry { readonly id: number; readonly host: string; readonly port: number }
export interface TopicEntry {
  readonly code: number;
  readonly topic: string;
  readonly topicId: string | undefined;
  readonly internal: boolean;
  readonly partitions: readonly { readonly code: number; readonly partition: number; readonly leader: number; readonly leaderEpoch: number }[];
}
export interface MetadataAnswer { readonly brokers: readonly BrokerEntry[]; readonly controllerId: number; readonly topics: readonly TopicEntry[] }

export const NO_UUID = '0'.repeat(32);

/** `topics` null asks for all. `mayCreate`: a broker with auto.create.topics.enable makes those that are missing, as for Java's producer. */
export function writeMetadata(w: WireWriter, version: number, topics: readonly string[] | null, mayCreate: boolean): void {
  if (topics === null) w.arrayLength(-1);
  else w.array(topics, (e, topic) => { if (version >= 10) e.uuid(NO_UUID); e.string(topic).tags(); });
  w.bool(mayCreate);
  if (version >= 8 && version <= 10) w.bool(false);
  if (version >= 8) w.bool(false);
  w.tags();
}

export function readMetadata(r: WireReader, version: number): MetadataAnswer {
  r.i32();
  const brokers = r.array((e) => {
    const broker = { id: e.i32(), host: e.string(), port: e.i32() };
    e.nullableString();
    e.tags();
    return broker;
  });
  r.nullableString();
  const controllerId = r.i32();
  const topics = r.array((e) => {
    const code = e.i16(), topic = e.string(), id = version >= 10 ? e.uuid() : NO_UUID, internal = e.bool();
    const partitions = e.array((p) => {
      const entry = { code: p.i16(), partition: p.i32(), leader: p.i32(), leaderEpoch: version >= 7 ? p.i32() : -1 };
      p.array((x) => x.i32());
      p.array((x) => x.i32());
      if (version >= 5) p.array((x) => x.i32());
      p.tags();
      return entry;
    });
    if (version >= 8) e.i32();
    e.tags();
    return { code, topic, topicId: id === NO_UUID ? undefined : id, internal, partitions };
  });
  if (version >= 8 && version <= 10) r.i32();
  r.tags();
  return { brokers, controllerId, topics };
}
