/**
 * Answers that go on for long or for ever: text pieces written as they come, no faster than the client reads. The client going away, or
 * reading nothing for too long, aborts whatever makes the pieces.
 */
import type { ServerResponse } from 'node:http';
import { queryCancelled } from '../../core/errors/common.ts';

/** A client that takes none of the bytes waiting for it for so long is cut off. */
const STALL_MS = 15 * 60_000;

/** Aborts the controller when the client goes away before the answer is complete. */
export function abortOnClose(response: ServerResponse, controller: AbortController): void {
  response.once('close', () => { if (!response.writableFinished) controller.abort(queryCancelled({ why: 'lost connection' })); });
}

/** Sends head and pieces; resolves when all are sent or the client is gone. Errors of the pieces end the answer early (chunked encoding shows it). */
export async function sendPieces(response: ServerResponse, contentType: string, pieces: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  try {
    for await (const piece of pieces) {
      if (response.destroyed) break;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), STALL_MS);
    const finish = (): void => {
      clearTimeout(timer);
      response.off('drain', finish).off('close', finish);
      resolve();
    };
    response.on('drain', finish).on('close', finish);
    if (response.destroyed) finish();
  });
}
