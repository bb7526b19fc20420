/**
 * Values that must never be shown, wherever they come up: what references in options have been resolved to, stored secrets, literals of
 * secret options. Every RivuletError and every line of the log passes through `masked`, because values reach the texts of libraries and
 * servers by ways nobody can list.
 *
 * One set per thread. Only the main thread fills it: errors and log lines of workers are shown by the main thread. A value stays known
 * until the process ends or 5,000 newer ones have come, so that what was rotated stays hidden too.
 */
const MASK = '******';
const MOST_VALUES = 5000;
/** A value of one or two characters hides nothing and would be found in every text. */
const LEAST = 3;
/** A shorter value is masked where it stands as a word of its own: `app` must not take `application` apart. */
const SHORT = 8;
/** Texts are cut when they are shown (`quoted`): a longer value is recognised by so many characters of its beginning. */
const HEAD = 20;
/** Of a text of several lines, as a key in PEM, lines of this length count as values of their own. */
const LEAST_LINE = 16;

/** By value: the forms it may take inside a text. */
const known = new Map<string, readonly string[]>();

export function rememberSecret(value: string): void {
  const trimmed = value.trim();
  if (trimmed.length < LEAST) return;
  const forms = known.get(trimmed) ?? formsOf(trimmed);
  known.delete(trimmed);
  known.set(trimmed, forms);
  if (known.size > MOST_VALUES) for (const [oldest] of known) { known.delete(oldest); break; }
}
/** For tests. */
export function forgetSecrets(): void { known.clear(); }

/** As it is, and as it stands in JSON, in SQL, in a quoted word of a configuration, in a URL. */
function formsOf(value: string): readonly string[] {
  const lines = value.includes('\n') ? value.split(/\r?\n/).map((l) => l.trim()).filter((l) => l.length >= LEAST_LINE && !l.startsWith('-----')) : [];
  const forms = [value, ...lines].flatMap((v) => [v, JSON.stringify(v).slice(1, -1), v.replaceAll("'", "''"), v.replace(/[\\"]/g, '\\$&'), v.replace(/['\\]/g, '\\$&'), inUrl(v)]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
function inUrl(value: string): string { try { return encodeURIComponent(value); } catch { return value; } }

/** The text without any value that is known. Costs a search per value: for texts people read, not for rows. */
export function masked(text: string): string {
  let out = text;
  if (known.size === 0 || text === '') return out;
  for (const forms of known.values()) {
    // Whole forms first: they begin alike, and one that is cut at a difference would leave the rest.
    for (const form of forms) if (out.includes(form)) out = withoutForm(out, form, form);
    for (const form of forms) if (form.length > HEAD && out.includes(form.slice(0, HEAD))) out = withoutForm(out, form, form.slice(0, HEAD));
  }
  return out;
}
const isWordPart = (c: string | undefined): boolean => c !== undefined && /[\p{L}\p{N}_]/u.test(c);
/** `head`: what an occurrence begins with; it is as long as it goes on like the form. */
function withoutForm(text: string, form: string, head: string): string {
  let out = '', done = 0;
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at)) {
    let end = at + head.length;
    while (end - at < form.length && text[end] === form[end - at]) end++;
    const isPart = form.length < SHORT && ((isWordPart(form[0]) && isWordPart(text[at - 1])) || (isWordPart(form.at(-1)) && isWordPart(text[end])));
    if (!isPart) { out += text.slice(done, at) + MASK; done = end; }
    at = end;
  }
  return out + text.slice(done);
}
