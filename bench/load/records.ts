/**
 * The records of the bench: bids, auctions and persons in the order and with the skew of Nexmark (https://datalab.snu.ac.kr/nexmark:
 * of every 50 events 1 person, 3 auctions, 46 bids; half of the bids go to hot auctions and channels, three in four bidders are hot),
 * and the order warehouse of the main job (orders with their user and feedbacks; 1 order in 21 names a user that does not exist).
 * Event time begins at 2026-01-01 00:00:00 UTC, ten events per millisecond. Every record depends on its number alone.
 */
import { Draws } from './draws.ts';
import { TextWriter } from './text-writer.ts';

const START_MS = Date.UTC(2026, 0, 1);
const HOT = ['Google', 'Facebook', 'Baidu', 'Apple'];
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const CITIES = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'];
const STATUS = ['NEW', 'PAID', 'SHIPPED', 'DONE', 'CANCELLED'];
/** Events per millisecond. */
const RATE = 10;

/** How many records of each kind; by `sizesOf`. */
export interface Sizes { readonly bids: number; readonly auctions: number; readonly persons: number; readonly users: number; readonly orders: number; readonly feedback: number }

/** Scale 1: 1M bids, 400k orders, 20k users, 200k feedbacks; scale 5 is the size Flink was measured with. */
export function sizesOf(scale: number): Sizes {
  const many = (n: number): number => Math.max(1, Math.round(n * scale)), bids = many(1_000_000), blocks = Math.ceil(bids / 46), orders = many(400_000);
  return { bids, auctions: blocks * 3, persons: blocks, users: many(20_000), orders, feedback: Math.ceil(orders / 2) };
}

/** Highest ids that exist when event `e` happens. */
const lastPerson = (e: number): number => 1000 + Math.floor(e / 50);
const lastAuction = (e: number): number => 1000 + Math.floor(e / 50) * 3 + Math.min(2, Math.max(0, e % 50 - 1));
const hundreds = (n: number): number => Math.floor(n / 100) * 100;

export class RecordWriter {
  readonly out = new TextWriter();
  readonly #draws = new Draws();
  readonly #sizes: Sizes;
  #second = -1;
  #secondText = '';
  constructor(sizes: Sizes) { this.#sizes = sizes; }

  bid(i: number): void {
    const { out } = this, draws = this.#draws, event = Math.floor(i / 46) * 50 + 4 + i % 46, auction = lastAuction(event), person = lastPerson(event);
    draws.seed(1, i);
    out.text('{"auction":'); out.int(draws.upto(2) > 0 ? hundreds(auction) : Math.max(1000, auction - draws.upto(110)));
    out.text(',"bidder":'); out.int(draws.upto(4) > 0 ? hundreds(person) + 1 : Math.max(1000, person - draws.upto(1010)));
    out.text(',"price":'); out.int(this.#price());
    const channel = draws.upto(2) > 0 ? draws.upto(4) : draws.upto(10_000);
    out.text(',"channel":"');
    if (channel < 4) out.text(HOT[channel] ?? ''); else { out.text('channel-'); out.int(channel); }
    out.text('","url":"https://www.nexmark.com/'); out.word(5, draws); out.text('/'); out.word(5, draws); out.text('/'); out.word(4, draws);
    out.text('/item.htm?query=1&channel_id='); out.int(channel);
    out.text('","dateTime":"'); this.#time(event, RATE);
    out.text('","extra":"'); out.word(30 + draws.upto(20), draws); out.text('"}');
  }
  auction(i: number): void {
    const { out } = this, draws = this.#draws, event = Math.floor(i / 3) * 50 + 1 + i % 3, person = lastPerson(event);
    draws.seed(2, i);
    const seller = draws.upto(4) > 0 ? hundreds(person) : Math.max(1000, person - draws.upto(1010)), first = this.#price();
    out.text('{"id":'); out.int(1000 + i);
    out.text(',"itemName":"'); out.word(10 + draws.upto(10), draws);
    out.text('","description":"'); out.word(40 + draws.upto(40), draws);
    out.text('","initialBid":'); out.int(first);
    out.text(',"reserve":'); out.int(first + draws.upto(100_000));
    out.text(',"dateTime":"'); this.#time(event, RATE);
    out.text('","expires":"'); this.#time(event + 10_000 + draws.upto(100_000), RATE);
    out.text('","seller":'); out.int(seller);
    out.text(',"category":'); out.int(10 + draws.upto(5));
    out.text(',"extra":"'); out.word(40 + draws.upto(40), draws); out.text('"}');
  }
  person(i: number): void {
    const { out } = this, draws = this.#draws;
    draws.seed(3, i);
    const state = draws.upto(6), city = draws.upto(10);
    out.text('{"id":'); out.int(1000 + i);
    out.text(',"name":"'); out.word(6, draws); out.text(' '); out.word(8, draws);
    out.text('","emailAddress":"'); out.word(7, draws); out.text('@'); out.word(5, draws);
    out.text('.com","creditCard":"');
    for (let part = 0; part < 4; part++) { if (part > 0) out.text(' '); out.int(1000 + draws.upto(9000)); }
    out.text('","city":"'); out.text(CITIES[city] ?? ''); out.text('","state":"'); out.text(STATES[state] ?? '');
    out.text('","dateTime":"'); this.#time(i * 50, RATE);
    out.text('","extra":"'); out.word(60 + draws.upto(40), draws); out.text('"}');
  }
  user(i: number): void {
    const { out } = this, draws = this.#draws;
    draws.seed(4, i);
    out.text('{"id":'); out.int(i + 1);
    out.text(',"name":"'); out.word(6 + draws.upto(6), draws);
    out.text('","email":"'); out.word(8, draws);
    out.text('@example.com","city":"'); out.text(CITIES[draws.upto(10)] ?? '');
    out.text('","created_at":"'); this.#time(i, 1); out.text('"}');
  }
  order(i: number): void {
    const { out } = this, draws = this.#draws, { users } = this.#sizes;
    draws.seed(5, i);
    out.text('{"order_id":'); out.int(i + 1);
    out.text(',"user_id":'); out.int(1 + draws.upto(users + Math.floor(users / 20)));
    out.text(',"order_price":'); out.int(1 + draws.upto(999)); out.text('.'); out.twoDigits(10 + draws.upto(90));
    out.text(',"status":"'); out.text(STATUS[draws.upto(5)] ?? '');
    out.text('","order_date":"'); this.#time(i, RATE); out.text('"}');
  }
  /** Orders are drawn at random: none, one or several feedbacks each. */
  feedback(i: number): void {
    const { out } = this, draws = this.#draws;
    draws.seed(6, i);
    out.text('{"feedback_id":'); out.int(i + 1);
    out.text(',"order_id":'); out.int(1 + draws.upto(this.#sizes.orders));
    out.text(',"rating":'); out.int(1 + draws.upto(5));
    out.text(',"comment":"'); out.word(20 + draws.upto(40), draws);
    out.text('","feedback_date":"'); this.#time(i * 2, RATE); out.text('"}');
  }

  #price(): number { return Math.round(10 ** (this.#draws.unit() * 6) * 100); }
  #time(event: number, perMs: number): void {
    const { out } = this, ms = START_MS + Math.floor(event / perMs), second = Math.floor(ms / 1000), rest = ms - second * 1000;
    if (second !== this.#second) { this.#second = second; this.#secondText = new Date(second * 1000).toISOString().slice(0, 20).replace('T', ' '); }
    out.text(this.#secondText);
    const hundred = Math.floor(rest / 100);
    out.bytes[out.at++] = 48 + hundred;
    out.twoDigits(rest - hundred * 100);
  }
}
