/**
 * SASLprep (RFC 4013): passwords that look the same are the same. As PostgreSQL does it, a text that the profile forbids is taken as it
 * stands instead of being refused, so that whatever was accepted as a password can be used as one.
 */

/** Every ASCII character but the control characters stays as it is; passwords made of them need no tables. */
const PLAIN = /^[\x20-\x7e]*$/;
/** Table B.1 of RFC 3454. */
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** Table C.1.2. */
const SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;

/** The text as it is hashed. Never rejects; a text that cannot be prepared comes back unchanged. */
export async function saslprep(text: string): Promise<string> {
  if (PLAIN.test(text)) return text;
  const { holds, LEFT_TO_RIGHT, PROHIBITED, RIGHT_TO_LEFT, UNASSIGNED } = await import('./saslprep-tables.ts');
  // U+200B stands in both tables; PostgreSQL asks for spaces first.
  const prepared = text.replace(SPACE, ' ').replace(NOTHING, '').normalize('NFKC');
  const points = Array.from(prepared, (c) => c.codePointAt(0) ?? 0);
  // A text that is empty when prepared is no password: it stays as it was written.
  if (points.length === 0 || points.some((point) => holds(PROHIBITED, point) || holds(UNASSIGNED, point))) return text;
  const isRightToLeft = (point: number | undefined): boolean => point !== undefined && holds(RIGHT_TO_LEFT, point);
  if (!points.some(isRightToLeft)) return prepared;
  const isSound = !points.some((point) => holds(LEFT_TO_RIGHT, point)) && isRightToLeft(points[0]) && isRightToLeft(points.at(-1));
  return isSound ? prepared : text;
}
