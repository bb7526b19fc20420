/** Answers of a broker that refuses: for each call our client makes, in the version asked, with one error code in every place that has one. */
import { APIS, type Api } from '../../runtime/connectors/kafka/client/wire/apis.ts';
import { WireReader } from '../../runtime/connectors/kafka/client/wire/reader.ts';
import { WireWriter } from '../../runtime/connectors/kafka/client/wire/writer.ts';
import type { Asked } from './proxy.ts';

const apiOf = (key: number): Api | undefined => Object.values(APIS).find((a) => a.key === key);
type Topics = readonly { readonly name: string; readonly partitions: readonly number[] }[];
/** Topics with partitions; `rest` reads what stands behind a partition's number. */
function topicsOf(r: WireReader, rest: (r: WireReader) => void, isId = false): Topics {
  return r.array((t) => {
    const name = isId ? t.uuid() : t.string(), partitions = t.array((p) => { const index = p.i32(); rest(p); return index; });
    t.tags();
    return { name, partitions };
  });
}
function write(w: WireWriter, topics: Topics, each: (w: WireWriter) => void, isId = false): void {
  w.array(topics, (t, { name, partitions }) => { (isId ? t.uuid(name) : t.string(name)).array(partitions, (p, index) => { p.i32(index); each(p); }).tags(); });
}

type Refusal = (r: WireReader, w: WireWriter, version: number, code: number) => void;
const nothing = (): void => {};
const REFUSALS: Readonly<Record<number, Refusal>> = {
  [APIS.produce.key](r, w, v, code) {
    r.nullableString();
    r.i16();
    r.i32();
    write(w, topicsOf(r, (p) => { p.skip(Math.max(0, p.bytesLength())); }), (p) => { p.i16(code).i64(-1).i64(-1); if (v >= 5) p.i64(-1); if (v >= 8) p.arrayLength(0).string('refused by the test'); });
    w.i32(0);
  },
  [APIS.fetch.key](r, w, v, code) {
    r.skip(17);
    if (v >= 7) r.skip(8);
    const topics = topicsOf(r, (p) => { p.skip((v >= 9 ? 4 : 0) + 8 + (v >= 12 ? 4 : 0) + (v >= 5 ? 8 : 0) + 4); p.tags(); }, v >= 13);
    w.i32(0);
    if (v >= 7) w.i16(0).i32(0);
    write(w, topics, (p) => { p.i16(code).i64(-1).i64(-1); if (v >= 5) p.i64(-1); p.arrayLength(-1); if (v >= 11) p.i32(-1); p.byteString(null).tags(); }, v >= 13);
    w.tags();
  },
  [APIS.listOffsets.key](r, w, v, code) {
    r.i32();
    if (v >= 2) { r.i8(); w.i32(0); }
    write(w, topicsOf(r, (p) => { p.skip((v >= 4 ? 4 : 0) + 8); }), (p) => { p.i16(code).i64(-1).i64(-1); if (v >= 4) p.i32(-1); });
  },
  [APIS.offsetCommit.key](r, w, v, code) {
    r.string();
    r.i32();
    r.string();
    if (v >= 7) r.nullableString();
    if (v <= 4) r.i64();
    if (v >= 3) w.i32(0);
    write(w, topicsOf(r, (p) => { p.skip(8 + (v >= 6 ? 4 : 0)); p.nullableString(); }), (p) => { p.i16(code); });
  },
  [APIS.offsetFetch.key](r, w, v, code) {
    r.string();
    const topics = topicsOf(r, nothing);
    if (v >= 3) w.i32(0);
    write(w, topics, (p) => { p.i64(-1); if (v >= 5) p.i32(-1); p.string('').i16(v >= 2 ? 0 : code); });
    if (v >= 2) w.i16(code);
  },
  [APIS.findCoordinator.key](_r, w, _v, code) { w.i32(0).i16(code).string('refused by the test').i32(-1).string('').i32(-1); },
  [APIS.initProducerId.key](_r, w, _v, code) { w.i32(0).i16(code).i64(-1).i16(-1); },
  [APIS.addPartitionsToTxn.key](r, w, _v, code) {
    r.nullableString();
    r.skip(10);
    w.i32(0);
    write(w, topicsOf(r, nothing), (p) => { p.i16(code); });
  },
  [APIS.endTxn.key](_r, w, _v, code) { w.i32(0).i16(code); },
};
/** Calls that can be refused. */
export const REFUSABLE: readonly number[] = Object.keys(REFUSALS).map(Number);
/** The frame (correlation id first). */
export function refusal(asked: Asked, code: number): Buffer {
  const api = apiOf(asked.key), make = REFUSALS[asked.key];
  if (api === undefined || make === undefined) throw new RangeError(`no refusal is known of call ${asked.key}`);
  const isFlexible = asked.version >= api.flexibleFrom, r = new WireReader(asked.body, asked.bodyAt, isFlexible, 'proxy', api.name), w = new WireWriter(1024);
  r.tags();
  w.flexible = isFlexible;
  w.i32(asked.correlationId).tags();
  make(r, w, asked.version, code);
  return w.finish().subarray(4);
}

/** What a Metadata answer may be made to say. */
export interface MetadataEdit {
  /** Of every broker. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Of every topic; they have no partitions then. */
  readonly code?: number | undefined;
  /** Of every partition: as while a leader is elected. */
  readonly noLeaders?: boolean | undefined;
  /** Names put beside the topics there are, with so many partitions each, if all are asked for. */
  readonly more?: { readonly names: readonly string[]; readonly partitions: number } | undefined;
}
/** A Metadata answer written anew, in its own version. */
export function editedMetadata(asked: Asked, frame: Buffer, edit: MetadataEdit): Buffer {
  const v = asked.version, isFlexible = v >= APIS.metadata.flexibleFrom, r = new WireReader(frame, 0, isFlexible, 'proxy', 'Metadata'), w = new WireWriter(frame.length + 512);
  w.flexible = isFlexible;
  const ints = (list: readonly number[]): void => { w.array(list, (e, n) => e.i32(n)); };
  w.i32(r.i32());
  r.tags();
  w.tags().i32(r.i32());
  const brokers = r.array((e) => { const b = { id: e.i32(), host: e.string(), port: e.i32(), rack: e.nullableString() }; e.tags(); return b; });
  w.array(brokers, (e, b) => e.i32(b.id).string(edit.host ?? b.host).i32(edit.port ?? b.port).string(b.rack).tags());
  w.string(r.nullableString()).i32(r.i32());
  const topics = r.array((e) => {
    const code = e.i16(), name = e.nullableString(), id = v >= 10 ? e.uuid() : '', internal = e.bool();
    const partitions = e.array((p) => { const one = { code: p.i16(), index: p.i32(), leader: p.i32(), epoch: v >= 7 ? p.i32() : -1, lists: [p.array((x) => x.i32()), p.array((x) => x.i32()), ...(v >= 5 ? [p.array((x) => x.i32())] : [])] }; p.tags(); return one; });
    const rights = v >= 8 ? e.i32() : 0;
    e.tags();
    return { code, name, id, internal, partitions, rights };
  });
  const leader = brokers[0]?.id ?? -1, more = isForAll(asked) && edit.more !== undefined ? edit.more.names.map((name, i) => ({
    code: 0, name, id: (i + 1).toString(16).padStart(32, '0'), internal: false, rights: -2_147_483_648,
    partitions: Array.from({ length: edit.more?.partitions ?? 1 }, (_, index) => ({ code: 0, index, leader, epoch: 0, lists: Array.from({ length: v >= 5 ? 3 : 2 }, (_list, n) => (n === 2 ? [] : [leader])) })),
  })) : [];
  w.array([...topics, ...more], (e, t) => {
    e.i16(edit.code ?? t.code).string(t.name);
    if (v >= 10) e.uuid(t.id);
    e.bool(t.internal).array(edit.code === undefined ? t.partitions : [], (p, one) => {
      p.i16(edit.noLeaders === true ? 5 : one.code).i32(one.index).i32(edit.noLeaders === true ? -1 : one.leader);
      if (v >= 7) p.i32(one.epoch);
      for (const list of one.lists) ints(list);
      p.tags();
    });
    if (v >= 8) e.i32(t.rights);
    e.tags();
  });
  if (v >= 8 && v <= 10) w.i32(r.i32());
  w.tags();
  return w.finish().subarray(4);
}
/** Whether a Metadata request asks for all topics. */
function isForAll(asked: Asked): boolean {
  const isFlexible = asked.version >= APIS.metadata.flexibleFrom, r = new WireReader(asked.body, asked.bodyAt, isFlexible, 'proxy', 'Metadata');
  r.tags();
  return r.arrayLength() < 0;
}
/** A FindCoordinator answer (v1, v2) that sends its reader to another address; refusals stay as they are. */
export function movedCoordinator(frame: Buffer, host: string, port: number): Buffer {
  const r = new WireReader(frame, 0, false, 'proxy', 'FindCoordinator'), w = new WireWriter(256);
  w.i32(r.i32()).i32(r.i32());
  const code = r.i16();
  if (code !== 0) return frame;
  w.i16(code).string(r.nullableString()).i32(r.i32()).string(host).i32(port);
  return w.finish().subarray(4);
}
