/**
 * Generated functions, kept by their text, so that a job that is started again, a query asked again or one of fifty equal jobs runs code
 * that V8 has optimised already: compiling a plan's functions anew costs a short job half of its CPU. Code is shared through the factory:
 * closures made by one factory share what V8 has learned of them, functions made twice from one text do not.
 *
 * What was learned must fit, so within one plan each place has a factory of its own: the n-th function with some text in a round (the
 * building of one subtask) is shared with the n-th of other rounds only. Copies of rows stay monomorphic that way.
 *
 * The text consists of positions and names of parameters; nothing of a user's names or data is in it. Least recently used texts go first.
 */
type Factory = (...bound: readonly unknown[]) => unknown;

/** At most so many factories and characters of text per thread. */
const MOST = 1000, MOST_TEXT = 4_000_000;

const kept = new Map<string, Factory>();
let keptText = 0;
let round = new Map<string, number>();

/**
 * A new plan (or subtask of one) is put together: its functions are counted from the beginning. Whoever puts plans together calls it, on the
 * main thread too: without it the counts, and with them the texts, only grow.
 */
export function beginGeneratedRound(): void { round = new Map(); }

/** The function with these parameters and body; called with what its code refers to it gives the generated function or object. */
export function generatedFactory(parameters: readonly string[], body: string): Factory {
  const text = `${parameters.join()}\n${body}`, nth = round.get(text) ?? 0, key = `${nth} ${text}`;
  round.set(text, nth + 1);
  const known = kept.get(key);
  if (known !== undefined) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  const factory = new Function(...parameters, `"use strict";\n${body}`) as Factory;
  kept.set(key, factory);
  keptText += key.length;
  for (const [oldest] of kept) {
    if (kept.size <= MOST && keptText <= MOST_TEXT) break;
    kept.delete(oldest);
    keptText -= oldest.length;
  }
  return factory;
}
