/** Memory of answers used again: only when all have let go, only memory that fits. */
import { expect } from 'chai';
import { FramePool } from '../../runtime/connectors/kafka/client/wire/frame-pool.ts';

const KIB = 1024;

describe('frame pool', () => {
  it('gives memory again when every holder has let go', () => {
    const pool = new FramePool(), frame = pool.take(500 * KIB);
    expect(frame.length).to.equal(500 * KIB);
    pool.hold(frame);
    pool.hold(frame);
    pool.release(frame);
    expect(pool.take(500 * KIB).buffer, 'one holder is left').to.not.equal(frame.buffer);
    pool.release(frame);
    const next = pool.take(490 * KIB);
    expect(next.buffer).to.equal(frame.buffer);
    expect(next.length).to.equal(490 * KIB);
    expect(pool.take(490 * KIB).buffer, 'it is taken once').to.not.equal(frame.buffer);
  });
  it('ignores frames nobody held and those let go too often', () => {
    const pool = new FramePool(), frame = pool.take(300 * KIB);
    pool.release(frame);
    expect(pool.take(300 * KIB).buffer).to.not.equal(frame.buffer);
    pool.hold(frame);
    pool.release(frame);
    pool.release(frame);
    expect(pool.take(300 * KIB).buffer).to.equal(frame.buffer);
    expect(pool.take(300 * KIB).buffer).to.not.equal(frame.buffer);
  });
  it('does not spend large memory on small frames, nor keep it when the reader has caught up', () => {
    const pool = new FramePool(), large = pool.take(8 * KIB * KIB), other = pool.take(500 * KIB);
    for (const frame of [large, other]) { pool.hold(frame); pool.release(frame); }
    expect(pool.take(100 * KIB).buffer, 'eighty times as large').to.not.equal(large.buffer);
    expect(pool.take(1000).buffer.byteLength).to.equal(1000);
    expect(pool.take(8 * KIB * KIB).buffer, 'let go after a small frame').to.not.equal(large.buffer);
  });
});
