/**
 * Watermarks of one operator input that several channels feed: the smallest of what the channels have reached, and it never goes back.
 * Flink: StatusWatermarkValve (idle channels do not hold the others back; when all are idle nothing moves).
 */
export const NO_WATERMARK = Number.NEGATIVE_INFINITY;

export class WatermarkMerge {
  private readonly reached: Float64Array;
  private readonly idle: Uint8Array;
  /** What was last given out. */
  current = NO_WATERMARK;
  constructor(channels: number) {
    this.reached = new Float64Array(channels).fill(NO_WATERMARK);
    this.idle = new Uint8Array(channels);
  }
  /** The new watermark of the input, or undefined when it does not move. */
  advance(channel: number, ms: number): number | undefined {
    this.idle[channel] = 0;
    if (ms > (this.reached[channel] as number)) this.reached[channel] = ms;
    return this.merged();
  }
  /** The channel has no rows for now (or has ended): it no longer holds the others back. */
  markIdle(channel: number): number | undefined {
    this.idle[channel] = 1;
    return this.merged();
  }
  private merged(): number | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.reached.length; i++) if (this.idle[i] === 0) least = Math.min(least, this.reached[i] as number);
    if (least === Number.POSITIVE_INFINITY || least <= this.current) return undefined;
    this.current = least;
    return least;
  }
}
