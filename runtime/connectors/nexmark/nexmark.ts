/**
 * `nexmark`: the event stream of an auction site, for demos and benchmarks without a Kafka. Of 50 events one is a person, three are
 * auctions, 46 are bids. Every event follows from its number alone, so a run can be repeated and restored exactly. The table must have
 * the columns of the original generator (github.com/nexmark/nexmark) or some of them, by name:
 *
 *   event_type INT (0 person, 1 auction, 2 bid), person ROW<…>, auction ROW<…>, bid ROW<…>
 */
import { APPEND, type Connector, type Json } from '../../../catalog/registry/connectors.ts';
import { pathSummary } from '../../../catalog/objects/objects.ts';
import { parseInteger } from '../../../catalog/options/options.ts';
import { invalidTableOptions } from '../../../core/errors/connector.ts';
import { sameType } from '../../../core/types/coercion.ts';
import { BIGINT, INT, STRING, row, timestamp, typeText, type SqlType } from '../../../core/types/sql-type.ts';
import type { SourceFactory } from '../contract.ts';
import { NumberedRowsReader, type MakeValue } from '../numbered-rows.ts';
import { checkOptions, physicalColumns } from '../table-options.ts';

const fields = (text: string): SqlType => row(text.split(' ').map((f) => { const [name = '', type] = f.split(':'); return { name, type: type === 'L' ? BIGINT : type === 'T' ? timestamp(3) : STRING }; }));
const COLUMNS: Readonly<Record<string, SqlType>> = {
  event_type: INT,
  person: fields('id:L name:S emailAddress:S creditCard:S city:S state:S dateTime:T extra:S'),
  auction: fields('id:L itemName:S description:S initialBid:L reserve:L dateTime:T expires:T seller:L category:L extra:S'),
  bid: fields('auction:L bidder:L price:L channel:S url:S dateTime:T extra:S'),
};
interface NexmarkSpec { readonly rowsPerSecond: number; readonly rows: number | null; readonly columns: readonly string[] }

export const nexmarkConnector: Connector = {
  identifier: 'nexmark', description: 'Events of an auction site.',
  options: [
    { key: 'first-event.rate', type: 'long', default: '10000', description: 'Events per second over all subtasks.' },
    { key: 'events.num', type: 'long', default: '0', description: 'Ends after so many events; 0 goes on for ever.' },
  ],
  describeSource(table) {
    checkOptions(nexmarkConnector, table, []);
    const columns = physicalColumns(table);
    for (const c of columns) {
      const wanted = Object.hasOwn(COLUMNS, c.name) ? COLUMNS[c.name] : undefined;
      if (wanted === undefined || !sameType(wanted, c.type)) throw invalidTableOptions({ table: pathSummary(table.path), what: `column "${c.name}" ${typeText(c.type)} is not one of nexmark's`, hint: `Columns: ${Object.entries(COLUMNS).map(([n, t]) => `${n} ${typeText(t)}`).join(', ')}.` });
    }
    const count = parseInteger('events.num', table.options.get('events.num') ?? '0', 0);
    const spec: NexmarkSpec = { rowsPerSecond: parseInteger('first-event.rate', table.options.get('first-event.rate') ?? '10000', 1), rows: count === 0 ? null : count, columns: columns.map((c) => c.name) };
    return { changelogMode: APPEND, bounded: count > 0, metadata: new Map(), spec: spec as unknown as Json };
  },
};

/** Number → [0, n), the same for the same event and salt (a 32-bit mixing function). */
function pick(event: number, salt: number, n: number): number {
  let h = Math.imul(event ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(salt + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) % n;
}
const CITIES = ['Phoenix', 'Palo Alto', 'Seattle', 'Boise', 'Portland', 'Bend', 'Kent'], STATES = ['AZ', 'CA', 'WA', 'ID', 'OR', 'OR', 'WA'], NAMES = ['Peter', 'Paul', 'Luke', 'Vicky', 'Kate', 'Sarah', 'Walter'];
const CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];
const START_MS = Date.UTC(2015, 6, 15), FIRST_PERSON = 1000, FIRST_AUCTION = 1000;
/** Ten events per millisecond of event time. */
const timeOf = (event: number): number => START_MS + Math.floor(event / 10);
/** Persons and auctions that exist before an event. */
const personsBefore = (event: number): number => Math.floor(event / 50) + 1, auctionsBefore = (event: number): number => Math.floor(event / 50) * 3 + Math.min(3, Math.max(1, event % 50));
const person = (e: number): unknown[] => {
  const at = pick(e, 1, CITIES.length), name = `${NAMES[pick(e, 2, NAMES.length)]} ${NAMES[pick(e, 3, NAMES.length)]}`, id = FIRST_PERSON + Math.floor(e / 50);
  return [id, name, `user${id}@example.com`, String(1e15 + pick(e, 4, 1e9) * 9e5), CITIES[at], STATES[at], timeOf(e), ''];
};
const auction = (e: number): unknown[] => {
  const id = FIRST_AUCTION + Math.floor(e / 50) * 3 + (e % 50) - 1, price = 1 + pick(e, 5, 10_000);
  return [id, `item ${pick(e, 6, 1000)}`, `description of item ${id}`, price, price + pick(e, 7, 10_000), timeOf(e), timeOf(e) + 1000 + pick(e, 8, 20_000), FIRST_PERSON + pick(e, 9, personsBefore(e)), 10 + pick(e, 10, 5), ''];
};
const bid = (e: number): unknown[] => {
  const channel = pick(e, 11, 20), id = channel < 4 ? CHANNELS[channel] : `channel-${pick(e, 12, 10_000)}`;
  return [FIRST_AUCTION + pick(e, 13, auctionsBefore(e)), FIRST_PERSON + pick(e, 14, personsBefore(e)), 100 + pick(e, 15, 10_000_000), id, `https://www.nexmark.com/${id}/item.htm?query=1&channel_id=${pick(e, 16, 1e9)}`, timeOf(e), ''];
};
const typeOf = (event: number): 0 | 1 | 2 => { const turn = event % 50; return turn === 0 ? 0 : turn < 4 ? 1 : 2; };
const MAKERS: Readonly<Record<string, MakeValue>> = {
  event_type: typeOf,
  person: (e) => (typeOf(e) === 0 ? person(e) : null),
  auction: (e) => (typeOf(e) === 1 ? auction(e) : null),
  bid: (e) => (typeOf(e) === 2 ? bid(e) : null),
};
export const nexmarkSource: SourceFactory = {
  identifier: 'nexmark',
  create(node, context, wake) {
    const spec = node.spec as unknown as NexmarkSpec;
    const makers = node.fields.map((f): MakeValue => (f.kind === 'physical' ? MAKERS[spec.columns[f.field] ?? ''] : undefined) ?? (() => null));
    return new NumberedRowsReader({ rowsPerSecond: spec.rowsPerSecond, rows: spec.rows, makers }, context, wake);
  },
};
