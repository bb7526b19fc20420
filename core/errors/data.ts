/** Errors that a value causes while a statement runs: a record that a cast or a function cannot take. */
import { defineError, quoted } from './define.ts';

/** Long values are cut: a message is no place for a megabyte. */
const shown = (value: string): string => quoted(value.length > 100 ? `${value.slice(0, 100)}…` : value);

/** Flink: java.lang.ArithmeticException "/ by zero". */
export const divisionByZero = defineError<Record<never, never>>({
  sqlstate: '22012', name: 'division-by-zero', domain: 'data', retry: 'never', message: () => 'division by zero',
  hint: () => 'Guard the divisor, for example with NULLIF(divisor, 0).',
});
export const castFailed = defineError<{ value: string; type: string; why?: string | undefined }>({
  sqlstate: '22P02', name: 'cast-failed', domain: 'data', retry: 'never',
  message: (p) => `cannot cast ${shown(p.value)} to ${p.type}`, detail: (p) => p.why, hint: () => 'TRY_CAST gives NULL instead of an error.',
});
export const numberOutOfRange = defineError<{ value: string; type: string }>({
  sqlstate: '22003', name: 'number-out-of-range', domain: 'data', retry: 'never',
  message: (p) => `value ${shown(p.value)} is out of range for type ${p.type}`, hint: () => 'TRY_CAST gives NULL instead of an error.',
});
export const invalidArgument = defineError<{ function: string; what: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'invalid-argument', domain: 'data', retry: 'never', message: (p) => `invalid argument of ${p.function}: ${p.what}`, hint: (p) => p.hint,
});
/** A pattern the linear-time engine refuses although Java accepts it, or a wrong one in a function that must fail. */
export const invalidPattern = defineError<{ function: string; pattern: string; why: string }>({
  sqlstate: '2201B', name: 'invalid-pattern', domain: 'data', retry: 'never',
  message: (p) => `invalid pattern ${shown(p.pattern)} in ${p.function}`, detail: (p) => `${p.why}.`,
  hint: () => 'Patterns run in linear time: look-around and back references are not available.',
});
export const moreThanOneValue = defineError<Record<never, never>>({
  sqlstate: '21000', name: 'more-than-one-value', domain: 'data', retry: 'never', message: () => 'a subquery used as a value returned more than one row',
  detail: () => 'SingleValueAggFunction received more than one element.', hint: () => 'Add a condition, an aggregate or LIMIT 1 to the subquery.',
});

/** V8 holds no longer text in one value. */
export const textTooLarge = defineError<{ node: string | undefined }>({
  sqlstate: '54000', name: 'text-too-large', domain: 'data', retry: 'never', message: () => 'a text would be larger than one value can hold', detail: (p) => (p.node === undefined ? undefined : `In ${p.node}.`), hint: () => 'Functions that repeat, replace or join texts make it so long.',
});
export const dataErrors = { textTooLarge, divisionByZero, castFailed, numberOutOfRange, invalidArgument, invalidPattern, moreThanOneValue };
