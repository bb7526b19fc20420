/** Node's native text copies, which its type declarations leave out; they save the checks of `toString` (10 ns a call). */
export type TextBuffer = Buffer & {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, length: number): number;
  utf8Write(text: string, at: number, length: number): number;
};
