/** Waiting for an engine that may be aborted: heeded aborts end at once, unheeded ones after a grace time. Used by both protocols. */

/** The next item; an abort ends the wait by throwing the signal's reason, at the latest after a grace time for the engine to clean up. */
export async function nextUnlessAborted<T>(items: AsyncIterator<T>, signal: AbortSignal, graceMs: number): Promise<IteratorResult<T>> {
  signal.throwIfAborted();
  const next = await unlessAborted(items.next(), signal, graceMs);
  if (next.done === true) signal.throwIfAborted(); // cut short, not at its end
  return next;
}

/** Waits for work that heeds a signal, but not for ever if it does not. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => { timer = setTimeout(() => reject(signal.reason), graceMs); };
    const finish = (): void => { clearTimeout(timer); signal.removeEventListener('abort', onAbort); };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then((value) => { finish(); resolve(value); }, (error: unknown) => { finish(); reject(error); });
  });
}

/** Ends an iteration before its end; waits at most the grace time and swallows errors, which nobody could act on. */
export async function endEarly(items: AsyncIterator<unknown>, graceMs: number): Promise<void> {
  if (items.return === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.resolve(items.return()).then(() => {}, () => {}),
    new Promise<void>((resolve) => { timer = setTimeout(resolve, graceMs); }),
  ]);
  clearTimeout(timer);
}
