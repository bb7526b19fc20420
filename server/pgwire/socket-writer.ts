/**
 * The way out to one client, with back-pressure: whoever produces much awaits `flush`, which resolves when the client has read enough.
 * At most the socket's high-water mark plus one flushed chunk is kept in memory for a client that does not read.
 */
import type { Socket } from 'node:net';
import { OutBuffer } from './out-buffer.ts';

/** A producer that never has to wait gives the event loop a turn after this time, so that cancels and other clients are heard. */
const TURN_MS = 10;

export class SocketWriter {
  readonly out = new OutBuffer();
  readonly #socket: Socket;
  #drained: Promise<void> | undefined;
  #isFlushPlanned = false;
  #turnStart = 0;
  /** `performance.now()` since when the client has read nothing of what waits for it; undefined when nothing waits. */
  stalledSince: number | undefined;
  #stalledAt = 0;

  constructor(socket: Socket) { this.#socket = socket; }

  /** Hands everything over to the socket; the answer, if any, must be awaited before much more is produced. */
  flush(): Promise<void> | undefined {
    this.#write();
    const mustDrain = this.#socket.writableNeedDrain && !this.#socket.destroyed, isTurnOver = performance.now() - this.#turnStart >= TURN_MS;
    return mustDrain || isTurnOver ? this.#pause(mustDrain, isTurnOver) : undefined;
  }
  async #pause(mustDrain: boolean, isTurnOver: boolean): Promise<void> {
    if (mustDrain) await (this.#drained ??= this.#waitForDrain());
    if (isTurnOver) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#turnStart = performance.now();
    }
  }

  /** Hands over what is there at the end of this turn of the event loop: for answers that may be followed by more at once. */
  flushSoon(): void {
    if (this.#isFlushPlanned || this.out.length === 0) return;
    this.#isFlushPlanned = true;
    setImmediate(() => { this.#isFlushPlanned = false; this.#write(); });
  }

  /** Looks whether bytes left since the last look; call it now and then. Keeps `stalledSince`. */
  watch(now: number): void {
    const written = this.#socket.bytesWritten - this.#socket.writableLength;
    if (this.#socket.writableLength === 0) this.stalledSince = undefined;
    else if (written !== this.#stalledAt || this.stalledSince === undefined) this.stalledSince = now;
    this.#stalledAt = written;
  }

  #write(): void {
    if (this.out.length === 0) return;
    const chunk = this.out.take();
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(chunk);
    if (this.#socket.writableLength === 0) this.out.recycle(chunk); // the kernel has copied it already
  }

  #waitForDrain(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const finish = (): void => {
        socket.off('drain', finish).off('close', finish);
        this.#drained = undefined;
        resolve();
      };
      socket.on('drain', finish).on('close', finish);
    });
  }
}
