/**
 * What a topic says last of each key, small enough for ten million keys: per id whether it has a row, a tombstone or nothing, and a hash
 * of the row. Rows are brought to one text first, since writers differ in how they write a DATETIME.
 */
import type { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import { readCommitted } from '../harness/out-topic.ts';

/** A row as either JSON writer has it: `at` is a text in UTC, or milliseconds. */
export interface Row { readonly id: number; readonly name: string; readonly qty: number; readonly price: number | string; readonly at: number | string; readonly note: string | null }

const NOTHING = 0, ROW = 1, TOMBSTONE = 2, SHOWN = 3;

export function canonical(row: Row): string {
  const at = typeof row.at === 'number' ? row.at : Date.parse(`${row.at.replace(' ', 'T').replace(/Z?$/, 'Z')}`);
  return `${row.id}|${row.name}|${row.qty}|${Number(row.price)}|${at}|${row.note === null ? 'NULL' : `'${row.note}'`}`;
}

export class LastValues {
  readonly #state: Uint8Array;
  /** Two hashes of each row. */
  readonly #hashes: Uint32Array;
  /** Records added, all of them. */
  records = 0;
  /** @param ids every id is below it */
  constructor(ids: number) {
    this.#state = new Uint8Array(ids);
    this.#hashes = new Uint32Array(ids * 2);
  }
  set(row: Row): void {
    const text = canonical(row);
    let a = 0x811c9dc5, b = 0x9747b28c;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 0x01000193);
      b = Math.imul(b, 31) + c | 0;
    }
    this.#state[row.id] = ROW;
    this.#hashes[row.id * 2] = a;
    this.#hashes[row.id * 2 + 1] = b;
    this.records++;
  }
  remove(id: number): void { this.#state[id] = TOMBSTONE; this.records++; }
  /** Ids with a row or a tombstone. */
  get keys(): number { return this.#state.reduce((n, state) => n + (state === NOTHING ? 0 : 1), 0); }

  /**
   * Ids of this topic whose last word is not `other`'s, as a sentence; undefined when there are none. An id that `other` has nothing of
   * counts as removed there: a table has no tombstones.
   */
  difference(other: LastValues): string | undefined {
    const wrong: number[] = [];
    this.#state.forEach((state, id) => {
      if (state === NOTHING) return;
      const there = other.#state[id] === ROW, same = state === ROW ? there && this.#hashes[id * 2] === other.#hashes[id * 2] && this.#hashes[id * 2 + 1] === other.#hashes[id * 2 + 1] : !there;
      if (!same) wrong.push(id);
    });
    return wrong.length === 0 ? undefined : `${wrong.length} ids differ, as ${wrong.slice(0, SHOWN).join(', ')}`;
  }
}

/** Everything that is in the topic now. */
export async function lastValuesOf(client: KafkaClient, topic: string, ids: number): Promise<LastValues> {
  const values = new LastValues(ids);
  await readCommitted(client, topic, (record: RecordCursor) => {
    if (record.valueStart < 0) values.remove((JSON.parse(record.bytes.toString('utf8', record.keyStart, record.keyEnd)) as { id: number }).id);
    else values.set(JSON.parse(record.bytes.toString('utf8', record.valueStart, record.valueEnd)) as Row);
  });
  return values;
}
