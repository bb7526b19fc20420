/** Errors of formats: records that cannot be read or written, and format options that make no sense. */
import { defineError, quoted } from './define.ts';

/** The start of a payload for an error text: control characters escaped, at most 200 characters. */
export function shortened(text: string): string {
  const clean = text.slice(0, 201).replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return clean.length > 200 ? `${clean.slice(0, 197)}...` : clean;
}

/** Parts that come from the record are as long as whoever wrote it likes. */
const limited = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text);

/**
 * A message that its format cannot read. `rule` says what should have held; `field` is the path inside the message; `text` the payload
 * (the caller shortens it). The connector adds where the record stands (`record-rejected`).
 */
export const badRecord = defineError<{ format: string; rule: string; field?: string | undefined; text?: string | undefined; flink?: string | undefined; hint?: string | undefined }>({
  sqlstate: '22P02', name: 'bad-record', domain: 'data', retry: 'never',
  message: (p) => `cannot read ${p.format} record: ${p.field === undefined ? '' : `field ${quoted(p.field)}: `}${limited(p.rule, 400)}`,
  detail: (p) => (p.flink === undefined ? undefined : limited(p.flink, 1000)) ?? (p.text === undefined ? undefined : `Failed to deserialize ${p.format.toUpperCase()} '${p.text}'.`),
  hint: (p) => p.hint, field: (p) => p.field,
});
/** A value that its format cannot write. */
export const unwritableValue = defineError<{ format: string; rule: string; field?: string | undefined; hint?: string | undefined }>({
  sqlstate: '22023', name: 'unwritable-value', domain: 'data', retry: 'never',
  message: (p) => `cannot write ${p.format} record: ${p.field === undefined ? '' : `column ${quoted(p.field)}: `}${p.rule}`, hint: (p) => p.hint, field: (p) => p.field,
});
/** Options of a format that exclude each other or have values it does not know. */
export const invalidFormatOption = defineError<{ what: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'invalid-format-option', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});
/** The table has columns that the format cannot carry. */
export const invalidFormatSchema = defineError<{ what: string; hint?: string | undefined }>({
  sqlstate: '42P16', name: 'invalid-format-schema', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});

export const formatErrors = { badRecord, unwritableValue, invalidFormatOption, invalidFormatSchema };
