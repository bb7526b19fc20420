/**
 * `scan.header-filter` (Alibaba): conditions `key:value` on record headers, joined by `&` and `|`, each with an optional `!`, evaluated
 * from left to right without precedence or brackets. A condition holds when any header of that name has that value (UTF-8).
 */
import type { RecordHeader } from './client/index.ts';

interface Condition { readonly key: string; readonly value: string; readonly negated: boolean; readonly join: '&' | '|' }

/** The conditions in order; undefined when the text is not of the form. The first one's `join` is without meaning. */
export function parseHeaderFilter(text: string): readonly Condition[] | undefined {
  const conditions: Condition[] = [];
  for (const part of text.split(/(?=[&|])/)) {
    const join = part[0] === '|' ? '|' : '&', body = (part[0] === '&' || part[0] === '|' ? part.slice(1) : part).trim();
    const negated = body.startsWith('!'), pair = negated ? body.slice(1).trim() : body, colon = pair.indexOf(':');
    if (colon <= 0 || (conditions.length > 0) !== (part[0] === '&' || part[0] === '|')) return undefined;
    conditions.push({ key: pair.slice(0, colon), value: pair.slice(colon + 1), negated, join });
  }
  return conditions.length === 0 ? undefined : conditions;
}

export function headerFilter(text: string): (headers: readonly RecordHeader[]) => boolean {
  const conditions = parseHeaderFilter(text) ?? [];
  return (headers) => {
    let result = true;
    conditions.forEach((c, i) => {
      const holds = headers.some((h) => h.key === c.key && h.value?.toString('utf8') === c.value) !== c.negated;
      result = i === 0 ? holds : c.join === '&' ? result && holds : result || holds;
    });
    return result;
  };
}
