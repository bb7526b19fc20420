/** nexmark: the mix of events, references that exist, the same events in every run; the table's columns are checked. */
import { expect } from 'chai';
import { BIGINT, INT, STRING, row, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { ReaderDriver, describeSource, tableOf } from './support.ts';

const fields = (text: string): SqlType => row(text.split(' ').map((f) => ({ name: f.slice(0, -2), type: f.endsWith(':L') ? BIGINT : f.endsWith(':T') ? timestamp(3) : STRING })));
const columns = {
  event_type: INT,
  person: fields('id:L name:S emailAddress:S creditCard:S city:S state:S dateTime:T extra:S'),
  auction: fields('id:L itemName:S description:S initialBid:L reserve:L dateTime:T expires:T seller:L category:L extra:S'),
  bid: fields('auction:L bidder:L price:L channel:S url:S dateTime:T extra:S'),
};
type Event = [kind: string, type: number, person: unknown[] | null, auction: unknown[] | null, bid: unknown[] | null];
const events = async (): Promise<Event[]> => (await (await new ReaderDriver(tableOf(columns, { connector: 'nexmark', 'first-event.rate': '10000000', 'events.num': '5000' })).open()).run()).rows as Event[];

describe('nexmark', () => {
  it('makes persons, auctions and bids in the proportion 1 : 3 : 46, the same in every run', async () => {
    const first = await events();
    expect([0, 1, 2].map((t) => first.filter((e) => e[1] === t).length)).to.deep.equal([100, 300, 4600]);
    expect(first.every((e) => [e[2], e[3], e[4]].filter((x) => x !== null).length === 1)).to.equal(true);
    expect(await events()).to.deep.equal(first);
  });
  it('refers only to persons and auctions that have come before', async () => {
    const persons = new Set<unknown>(), auctions = new Set<unknown>();
    for (const [, , person, auction, bid] of await events()) {
      if (person !== null) persons.add(person[0]);
      if (auction !== null) { auctions.add(auction[0]); expect(persons.has(auction[7])).to.equal(true); }
      if (bid !== null) expect([auctions.has(bid[0]), persons.has(bid[1])]).to.deep.equal([true, true]);
    }
  });
  it('names a column that is not one of its own', () => {
    expect(() => describeSource(tableOf({ bids: INT }, { connector: 'nexmark' }))).to.throw('column "bids" INT is not one of nexmark\'s');
  });
});
