/**
 * Texts of every sort through Kafka → filter → Kafka, and by a text key through an exchange into an aggregate, with two workers; from
 * plain and from compressed topics, whose record batches are unpacked one by one. What comes out is what went in.
 */
import { expect } from 'chai';
import { Bench } from '../faults/support.ts';

/** ASCII, escapes, Latin-1, beyond, control characters; as they stand in JSON. */
const TEXTS = [
  '"Google"', '"Facebook"', '"https://www.example.com/some/longer/path?query=1&channel_id=12345"', '""', 'null', '"\\"quoted\\" \\\\ and \\/"', '"\\u0041\\u00e9\\u20ac"', '"é"', '"ÿÿ Latin-1 ÿÿ"', '"Ключ"', '"😀 and some ASCII"',
  '"tab\tas it is"', '"line\\nbreak"', '"\\u0000"', '"\u007f"', '"a long text of ASCII with one umlaut at its very end, thus no slice: ü"', '17', '{"a" : [1, "x"]}',
];
const PARTITIONS = 2, ROUNDS = 40;
const message = (i: number): string => `{"id":${i},"channel":${TEXTS[i % TEXTS.length]},"note":${TEXTS[(i * 5 + 2) % TEXTS.length]},"extra":"x${i}"}`;
/** What a STRING column makes of it. */
const textOf = (json: string): string | null => { if (json === 'null') return null; return json.startsWith('"') ? JSON.parse(json.replaceAll('\t', '\\t')) as string : json === '17' ? '17' : JSON.stringify(JSON.parse(json)); };

describe('texts, end to end', function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('texts', ['--parallelism', '2']); });
  after(async () => { await bench?.close(); });

  for (const compression of ['producer', 'gzip']) {
    it(compression === 'gzip' ? 'from compressed batches' : 'from plain batches', async () => {
      const input = `in-${compression}`, copy = `copy-${compression}`, counts = `counts-${compression}`;
      await bench.topic(input, PARTITIONS, { 'compression.type': compression });
      await bench.topic(copy, PARTITIONS);
      await bench.topic(counts, PARTITIONS);
      const all = Array.from({ length: TEXTS.length * ROUNDS }, (_, i) => i);
      // Batches of different sizes, each of its own.
      for (let from = 0, n = 1; from < all.length; from += n, n = (n * 3) % 101) await bench.send(input, all.slice(from, from + n).map((i) => [null, message(i)] as const), n % PARTITIONS);
      const job = await bench.submit(`
        SET 'execution.runtime-mode' = 'streaming';
        CREATE TEMPORARY TABLE src (id BIGINT, channel STRING, note STRING, extra STRING) ${bench.with(input, { 'scan.bounded.mode': 'latest-offset' })};
        CREATE TEMPORARY TABLE copy (note STRING, id BIGINT, channel STRING, joined STRING) ${bench.with(copy)};
        CREATE TEMPORARY TABLE counts (channel STRING, n BIGINT, last STRING, PRIMARY KEY (channel) NOT ENFORCED) ${bench.with(counts, {}, 'upsert-kafka')};
        BEGIN STATEMENT SET;
        INSERT INTO copy SELECT note, id, channel, channel || '|' || extra FROM src WHERE MOD(id, 3) <> 1;
        INSERT INTO counts SELECT channel, COUNT(*), MAX(extra) FROM src WHERE channel IS NOT NULL GROUP BY channel;
        END;`);
      await bench.status(job, 'FINISHED', 60_000);

      const expected = all.filter((i) => i % 3 !== 1).map((i) => {
        const channel = textOf(TEXTS[i % TEXTS.length] as string);
        return { note: textOf(TEXTS[(i * 5 + 2) % TEXTS.length] as string), id: i, channel, joined: channel === null ? null : `${channel}|x${i}` };
      });
      const written = (await bench.records(copy)).map((r) => JSON.parse(String(r.value)) as { id: number });
      expect(written.sort((a, b) => a.id - b.id)).to.deep.equal(expected);

      const groups = new Map<string, { n: number; last: string }>();
      for (const i of all) {
        const channel = textOf(TEXTS[i % TEXTS.length] as string);
        if (channel === null) continue;
        const group = groups.get(channel) ?? { n: 0, last: '' };
        groups.set(channel, { n: group.n + 1, last: group.last > `x${i}` ? group.last : `x${i}` });
      }
      const latest = new Map<string, { n: number; last: string }>();
      for (const { value } of await bench.records(counts)) { const { channel, n, last } = JSON.parse(String(value)) as { channel: string; n: number; last: string }; latest.set(channel, { n, last }); }
      expect([...latest].sort()).to.deep.equal([...groups].sort());
    });
  }
});
