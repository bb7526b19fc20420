/**
 * One text per value, whoever tells it: a SELECT, the binlog or JSON in a topic. Two values are equal when their texts are. Integers and
 * decimals as written without needless zeros, doubles as JavaScript prints them, binary as base64, dates and times as MySQL prints them
 * without needless zeros of the fraction, timestamps in UTC.
 */
export type Kind = 'integer' | 'decimal' | 'double' | 'text' | 'binary' | 'datetime';
export type Text = string | null;

/** `1.50`, `15E-1` and `1.5` are one text. */
export function decimalText(text: string): string {
  const m = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text.trim());
  if (m === null) return text;
  const whole = m[2] ?? '', fraction = m[3] ?? '', exponent = Number(m[4] ?? '0');
  let digits = whole + fraction, point = whole.length + exponent;
  if (point < 0) { digits = '0'.repeat(-point) + digits; point = 0; }
  if (point > digits.length) digits = digits.padEnd(point, '0');
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, '') || '0', right = digits.slice(point).replace(/0+$/, '');
  const value = right === '' ? left : `${left}.${right}`;
  return m[1] === '-' && /[1-9]/.test(value) ? `-${value}` : value;
}
const timeText = (text: string): string => text.replace('T', ' ').replace(/Z$/, '').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
/** Binary columns of fixed length are padded: the binlog leaves the zeros at the end out. */
const padded = (bytes: Buffer, length: number | undefined): Buffer => (length !== undefined && bytes.length < length ? Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]) : bytes);

/** From a driver: a number, a text, bytes, null. Bytes of columns that are not binary are UTF-8. */
export function fromDriver(kind: Kind, value: unknown, length?: number): Text {
  if (value === null || value === undefined) return null;
  if (kind === 'binary') return padded(Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'binary'), length).toString('base64');
  return fromText(kind, Buffer.isBuffer(value) ? value.toString('utf8') : String(value));
}
/** From JSON whose numbers were kept as their source text. */
export function fromJson(kind: Kind, value: unknown): Text {
  return value === null || value === undefined ? null : fromText(kind, typeof value === 'string' ? value : JSON.stringify(value));
}
export function fromText(kind: Kind, text: string): string {
  switch (kind) {
    case 'integer': case 'decimal': return decimalText(text);
    case 'double': return String(Number(text));
    case 'datetime': return timeText(text);
    case 'text': case 'binary': return text;
  }
}
/** SQL literal of a value. */
export function literal(kind: Kind, text: Text): string {
  if (text === null) return 'NULL';
  switch (kind) {
    case 'integer': case 'decimal': case 'double': return text;
    case 'binary': return `x'${Buffer.from(text, 'base64').toString('hex')}'`;
    case 'datetime': return `'${text}'`;
    // Without a collation introducer the literal takes the connection's character set, utf8mb4.
    case 'text': return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0')}'`;
  }
}
/** Parses JSON keeping numbers as texts, so that no digit is lost; undefined when it is no JSON object. */
export function exactJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text, ((_key: string, v: unknown, context: { readonly source?: string }) => (typeof v === 'number' ? context.source ?? String(v) : v)) as (this: unknown, key: string, value: unknown) => unknown);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch { return undefined; }
}
