/** Lossless JSON of the runner: numbers keep their text. */
export function parse(text: string): unknown;
export function stringify(value: unknown): string;
