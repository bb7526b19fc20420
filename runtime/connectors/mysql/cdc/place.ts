/** Places in a binlog compared. */
import type { BinlogPosition } from '../contract.ts';

type FilePlace = Pick<BinlogPosition, 'file' | 'pos'>;
/** Files are numbered: `binlog.000009` comes before `binlog.000010`, and before `binlog.1000000`. */
const numberOf = (file: string): number => Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
/** Negative, zero, positive. */
export function comparePlaces(a: FilePlace, b: FilePlace): number { return a.file === b.file ? a.pos - b.pos : numberOf(a.file) - numberOf(b.file); }
export const isReached = (at: FilePlace, wanted: FilePlace): boolean => comparePlaces(at, wanted) >= 0;
export const placeText = (p: BinlogPosition): string => `${p.file}:${p.pos}${p.gtids === null ? '' : ` (GTIDs ${p.gtids.length > 200 ? `${p.gtids.slice(0, 200)}…` : p.gtids})`}`;
