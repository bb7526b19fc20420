/**
 * What a job has printed, in a ring of bounded size, and those who follow it. Lines stay over restarts of the job while the server runs.
 */
import type { PrintLine } from './contract.ts';

export const PRINT_RING_LINES = 10_000;
export const PRINT_RING_BYTES = 4 * 1024 * 1024;

export class PrintLog {
  private lines: PrintLine[] = [];
  private head = 0;
  private bytes = 0;
  private nextSequence = 1;
  private isClosed = false;
  private readonly followers = new Set<() => void>();
  get total(): number { return this.nextSequence - 1; }

  add(lines: readonly { readonly sink: string; readonly text: string }[]): void {
    for (const { sink, text } of lines) {
      this.lines.push({ sink, text, sequence: this.nextSequence++ });
      this.bytes += text.length;
    }
    while (this.lines.length - this.head > PRINT_RING_LINES || (this.bytes > PRINT_RING_BYTES && this.lines.length - this.head > 1)) {
      this.bytes -= (this.lines[this.head] as PrintLine).text.length;
      this.lines[this.head++] = undefined as never;
    }
    if (this.head > PRINT_RING_LINES) { this.lines = this.lines.slice(this.head); this.head = 0; }
    for (const wake of this.followers) wake();
  }
  /** Oldest first. */
  newest(options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] {
    const kept = this.lines.slice(this.head), chosen = options.sink === undefined ? kept : kept.filter((line) => isSink(line.sink, options.sink));
    return options.tail === undefined ? chosen : options.tail <= 0 ? [] : chosen.slice(-options.tail);
  }
  /** Lines from now on, until the signal aborts or the log is closed. */
  follow(options: { sink?: string | undefined; signal: AbortSignal }): AsyncGenerator<PrintLine, void, undefined> { return this.from(this.nextSequence, options); }
  private async *from(from: number, options: { sink?: string | undefined; signal: AbortSignal }): AsyncGenerator<PrintLine, void, undefined> {
    let wake: () => void = () => {};
    const rouse = (): void => wake();
    this.followers.add(rouse);
    options.signal.addEventListener('abort', rouse);
    try {
      while (!options.signal.aborted && !this.isClosed) {
        const fresh = this.after(from);
        if (fresh.length === 0) { await new Promise<void>((resolve) => { wake = resolve; }); continue; }
        for (const line of fresh) {
          from = line.sequence + 1;
          if (isSink(line.sink, options.sink)) yield line;
          if (options.signal.aborted) return;
        }
      }
    } finally {
      this.followers.delete(rouse);
      options.signal.removeEventListener('abort', rouse);
    }
  }
  /** At most a thousand kept lines from a sequence on: sequences in the ring have no gaps. */
  private after(from: number): readonly PrintLine[] {
    const oldest = this.lines[this.head]?.sequence ?? this.nextSequence;
    const at = this.head + Math.max(0, from - oldest);
    return this.lines.slice(at, at + 1000);
  }
  close(): void {
    this.isClosed = true;
    for (const wake of this.followers) wake();
  }
}

/** A sink answers to its full name and to its last part: `default_catalog.default_database.out` and `out`. */
export const isSink = (sink: string, wanted: string | undefined): boolean => wanted === undefined || sink === wanted || sink.endsWith(`.${wanted}`);
/**
 * Writes print lines to stdout and stderr, in the order they came, and tells when they are out: a blocked reader blocks the print sinks
 * and nothing else. When the stream breaks the lines are dropped.
 */
export class PrintWriter {
  private readonly write: (stream: 'stdout' | 'stderr', text: string) => Promise<void> | undefined;
  constructor(write: ((stream: 'stdout' | 'stderr', text: string) => Promise<void> | undefined) | undefined) { this.write = write ?? writeToProcess; }
  async out(lines: readonly { readonly text: string; readonly stream: 'stdout' | 'stderr' }[]): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const mine = lines.filter((line) => line.stream === stream);
      if (mine.length > 0) await this.write(stream, `${mine.map((line) => line.text).join('\n')}\n`);
    }
  }
}
function writeToProcess(stream: 'stdout' | 'stderr', text: string): Promise<void> | undefined {
  const out = process[stream];
  if (!out.writable || out.destroyed) return undefined;
  if (out.write(text)) return undefined;
  return new Promise((resolve) => {
    const done = (): void => { out.off('drain', done); out.off('close', done); out.off('error', done); resolve(); };
    out.once('drain', done);
    out.once('close', done);
    out.once('error', done);
  });
}
