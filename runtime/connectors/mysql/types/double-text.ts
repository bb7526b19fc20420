/**
 * DOUBLE inside JSON as MySQL prints it: the shortest digits that read back; plain for whole numbers below 1e15, for numbers with a
 * fraction and down to fifteen zeros behind the point, else with an exponent without a plus sign; whole numbers get `.0`.
 * Source: `my_gcvt` of strings/dtoa.cc (MAX_DECPT_FOR_F_FORMAT), `Json_wrapper::to_string`.
 */
const MOST_PLACES = 15;

export function doubleJsonText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e'), text = layout(mantissa.replace('.', ''), Number(exponent) + 1);
  return `${value < 0 ? '-' : ''}${text}${/[.e]/.test(text) ? '' : '.0'}`;
}
/** `digits` with the point behind the first `point` of them. */
function layout(digits: string, point: number): string {
  const { length } = digits;
  if (point <= 0 && -point <= MOST_PLACES - 1) return `0.${'0'.repeat(-point)}${digits}`;
  if (point > 0 && point < length) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point >= length && point <= MOST_PLACES) return digits + '0'.repeat(point - length);
  return `${digits.slice(0, 1)}${length > 1 ? `.${digits.slice(1)}` : ''}e${point - 1}`;
}
