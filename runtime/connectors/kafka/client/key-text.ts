/** A record key as it stands in error texts: as text when it is text, else in hexadecimal, shortened. */
import { isUtf8 } from 'node:buffer';
import { quoted } from '../../../../core/errors/define.ts';

const SHOWN_BYTES = 80;

export function describeKey(key: Buffer, start: number, end: number): string {
  const shown = key.subarray(start, Math.min(end, start + SHOWN_BYTES)), more = end - start > SHOWN_BYTES ? ` … (${end - start} bytes)` : '';
  const text = shown.toString('utf8');
  return isUtf8(key.subarray(start, end)) ? `${quoted(text)}${more}` : `0x${shown.toString('hex')}${more}`;
}
