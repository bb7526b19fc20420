/** Produce v3–v8. The batches are not copied: the request is a list of pieces, the batches between them as they are. */
import type { Connection } from '../connection.ts';
import { APIS } from '../wire/apis.ts';
import type { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

export interface ProduceItem { readonly topic: string; readonly partition: number; readonly bytes: Buffer }
export interface ProduceResult { readonly topic: string; readonly partition: number; readonly code: number; readonly text: string | undefined }
export interface ProduceAnswer { readonly throttleMs: number; readonly results: readonly ProduceResult[] }

/** `items`: at most one per partition. Without acknowledgement (`acks` 0) `onAnswer` is never called. */
export function sendProduce(connection: Connection, items: readonly ProduceItem[], transactionalId: string | undefined, acks: number, timeoutMs: number,
  onAnswer: (answer: ProduceAnswer) => void, onFailure: (error: import('../../../../../core/errors/define.ts').RivuletError) => void): void {
  const version = connection.version(APIS.produce);
  const topics = new Map<string, ProduceItem[]>();
  for (const item of items) {
    const list = topics.get(item.topic);
    if (list) list.push(item); else topics.set(item.topic, [item]);
  }
  const head = connection.begin(APIS.produce, version);
  head.string(transactionalId ?? null).i16(acks).i32(timeoutMs).i32(topics.size);
  const pieces: Buffer[] = [];
  let w = head;
  for (const [topic, list] of topics) {
    w.string(topic).i32(list.length);
    for (const { partition, bytes } of list) {
      w.i32(partition).i32(bytes.length);
      if (w !== head) pieces.push(w.bytes.subarray(4, w.at));
      pieces.push(bytes);
      w = new WireWriter(64);
    }
  }
  connection.send(APIS.produce, version, head, pieces, acks === 0 ? undefined : (r) => { onAnswer(readProduce(r, version)); }, onFailure, timeoutMs * 2);
}

function readProduce(r: WireReader, version: number): ProduceAnswer {
  const results: ProduceResult[] = [];
  r.array((t) => {
    const topic = t.string();
    t.array((p) => {
      const partition = p.i32(), code = p.i16();
      p.i64();
      p.i64();
      if (version >= 5) p.i64();
      let text: string | undefined;
      if (version >= 8) {
        const records = p.array((e) => ({ index: e.i32(), text: e.nullableString() }));
        text = p.nullableString() ?? records.find((e) => e.text !== null)?.text ?? undefined;
      }
      results.push({ topic, partition, code, text });
    });
  });
  return { throttleMs: r.i32(), results };
}
