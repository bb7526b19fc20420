/** Lossless JSON of the runner: numbers keep their text. */
export function parse(text: string): unknown;
export function stringify(value: unknown): string;
/** One text per value of `parse`: fields sorted, NULLs left out; `approx`: ten digits of numbers. */
export function canon(value: unknown, approx?: boolean): string;
