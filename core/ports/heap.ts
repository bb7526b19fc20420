/**
 * Gives back what starting a thread has left in its JavaScript heap: garbage of module loading, and young-generation pages V8 would keep
 * for a thread that then has nothing to do. 5 MB for a worker, 10 MB for the
 * main thread, for 10 to 20 ms of CPU once. Not for use while rows flow: V8 decides better then.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Behind the start, so that it delays neither the first statement nor another thread's start on a machine with few cores. */
const AFTER_MS = 1000;

/**
 * Keeps V8 from collecting in threads that are idle. From its first full collection on it would do so some seconds after each burst of work,
 * shrink the young generation and throw optimised code away: jobs that came after 30 seconds of rest took half as much CPU again. For all
 * threads of the process, those running and those to come.
 */
export function keepHeapsWhileIdle(): void { setFlagsFromString('--no-memory-reducer'); }

/** One full collection of this thread's heap, a moment from now. Keeps no process alive. */
export function tidyHeapAfterStart(): void {
  setTimeout(() => {
    // Stays set, since other threads do the same at the same time; it only concerns contexts made from now on.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext(`typeof gc === 'function' ? gc : undefined`) as ((options: { type: 'major'; flavor: 'last-resort' }) => void) | undefined;
    // This flavour gives unused pages back to the system, a plain one keeps them. It collects several times over, which would make code that
    // has just been compiled look old enough to be thrown away.
    setFlagsFromString('--no-flush-bytecode');
    collect?.({ type: 'major', flavor: 'last-resort' });
    setFlagsFromString('--flush-bytecode');
  }, AFTER_MS).unref();
}
