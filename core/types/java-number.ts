/** FLOAT and DOUBLE as Java prints them (Double.toString, Float.toString): `1.0`, `1.0E10`, `1.5E-4`, `NaN`, `Infinity`, `-0.0`. */

/** Shortest digits that read back as the same double, in Java's layout. Java never gives one digit where two come nearer: 4.9E-324, not 5.0E-324. */
export function doubleText(value: number): string { return layout(value, Math.abs(value) < FEW_DIGITS && value !== 0 ? nearest(value, 2) : String(value)); }
/** Below this subnormal doubles are so far apart that one digit can be the shortest that tells them apart. */
const FEW_DIGITS = 1e-321;
/** Of at least `digits` digits. */
function nearest(value: number, digits: number): string { const short = String(value); return short.replace(/e.*|[-.]/g, '').length >= digits ? short : value.toPrecision(digits); }
/** Shortest digits, at least two, that read back as the same 32-bit float. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return layout(value, '');
  for (let digits = 2; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return layout(value, String(short));
  }
  return layout(value, String(Number(value.toPrecision(9))));
}
function layout(value: number, text: string): string {
  if (value !== value) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return text.includes('.') ? text : `${text}.0`;
  const sign = value < 0 ? '-' : '', [mantissa = '', exponent] = text.replace('-', (_, i: number) => (i === 0 ? '' : '-')).split('e');
  const dot = mantissa.indexOf('.'), whole = dot < 0 ? mantissa : mantissa.slice(0, dot), fraction = dot < 0 ? '' : mantissa.slice(dot + 1);
  const all = whole + fraction, first = /[1-9]/.exec(all)?.index ?? 0, digits = all.slice(first).replace(/0+$/, '');
  const power = whole.length - 1 - first + Number(exponent ?? 0);
  return `${sign}${digits.slice(0, 1)}.${digits.length > 1 ? digits.slice(1) : '0'}E${power}`;
}
