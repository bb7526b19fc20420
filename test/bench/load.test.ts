/** The data of the bench: the same bytes everywhere, valid JSON, and the skew the queries are about. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { RecordWriter, sizesOf } from '../../bench/load/records.ts';

type Kind = 'bid' | 'auction' | 'person' | 'user' | 'order' | 'feedback';
const sizes = sizesOf(1), records = new RecordWriter(sizes);
function text(kind: Kind, i: number): string {
  const start = records.out.begin();
  records[kind](i);
  return records.out.bytes.toString('latin1', start, records.out.at);
}
const parsed = (kind: Kind, i: number): Record<string, never> => JSON.parse(text(kind, i)) as Record<string, never>;

describe('bench data', () => {
  it('does not change from machine to machine', () => {
    const hash = createHash('sha256');
    for (const kind of ['bid', 'auction', 'person', 'user', 'order', 'feedback'] as const) for (let i = 0; i < 3000; i++) hash.update(text(kind, i * 7));
    expect(hash.digest('hex')).to.equal('3cb522c8b532b533c3de061dab3b24fb6e49b4cc04918579cb569148d3cb60e1');
  });
  it('depends on the number of a record alone', () => {
    const before = text('bid', 4711);
    text('order', 3); text('bid', 4712);
    expect(text('bid', 4711)).to.equal(before);
  });
  it('has the shape of Nexmark: half of the bids in four channels, bids name auctions and persons that exist', () => {
    let hot = 0;
    const n = 20_000, channels = new Set<string>();
    for (let i = 0; i < n; i++) {
      const bid = parsed('bid', i) as unknown as { auction: number; bidder: number; price: number; channel: string; dateTime: string };
      if (!bid.channel.startsWith('channel-')) hot++; else channels.add(bid.channel);
      const block = Math.floor(i / 46);
      expect(bid.auction).to.be.within(1000, 1000 + block * 3 + 2);
      expect(bid.bidder).to.be.within(1000, 1000 + block + 1);
      expect(bid.price).to.be.within(100, 100_000_000);
      expect(bid.dateTime).to.match(/^2026-01-01 00:00:0\d\.\d{3}$/);
    }
    expect(hot / n).to.be.within(0.48, 0.52);
    expect(channels.size).to.be.greaterThan(5000);
  });
  it('draws orders that mostly have a user, and feedbacks of orders that exist', () => {
    let strangers = 0;
    const n = 20_000;
    for (let i = 0; i < n; i++) {
      const order = parsed('order', i) as unknown as { order_id: number; user_id: number };
      expect(order.order_id).to.equal(i + 1);
      if (order.user_id > sizes.users) strangers++;
      expect((parsed('feedback', i) as unknown as { order_id: number }).order_id).to.be.within(1, sizes.orders);
    }
    expect(strangers / n).to.be.within(0.04, 0.055);
  });
  it('counts as Flink was measured with at scale 5', () => {
    expect(sizesOf(5)).to.include({ bids: 5_000_000, orders: 2_000_000, users: 100_000, feedback: 1_000_000 });
  });
});
