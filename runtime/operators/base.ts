/** What most operators share: the smallest watermark of their inputs goes on; an input that has ended no longer holds it back. */
import { WatermarkMerge } from '../time/watermark.ts';
import type { Operator, Output } from './contract.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';

export abstract class ForwardingOperator implements Operator {
  protected readonly output: Output;
  private readonly watermarks: WatermarkMerge;
  constructor(output: Output, inputs = 1) {
    this.output = output;
    this.watermarks = new WatermarkMerge(Math.max(1, inputs));
  }
  abstract push(input: number, batch: ChangeBatch): void;
  watermark(input: number, ms: number): void { this.forward(this.watermarks.advance(input, ms)); }
  endInput(input: number): void { this.forward(this.watermarks.markIdle(input)); }
  private forward(ms: number | undefined): void { if (ms !== undefined) this.output.watermark(ms); }
}
