/**
 * References in option values: `${env:NAME}`, `${file:/path}`, `${secret:name}`, alone or inside a longer value. Only options of tables,
 * catalogs and pipeline ends are looked at, never SQL. `$${` in front of one of the kinds stands for `${` itself. Other `${…}` is text.
 */
export type ReferenceKind = 'env' | 'file' | 'secret';
export interface Reference { readonly kind: ReferenceKind; readonly name: string; /** As written. */ readonly text: string }

const FORM = /\$?\$\{(env|file|secret):([^}]*)\}/g;
const isEscaped = (written: string): boolean => written.startsWith('$$');
const asReference = (m: RegExpMatchArray): Reference => ({ kind: m[1] as ReferenceKind, name: m[2] ?? '', text: m[0] });

export function referencesIn(value: string): Reference[] {
  return value.includes('${') ? [...value.matchAll(FORM)].filter((m) => !isEscaped(m[0])).map(asReference) : [];
}
/** True when any value has a reference, or an escaped one that `filled` takes the escape from. */
export function hasReferences(options: ReadonlyMap<string, string>): boolean {
  for (const value of options.values()) if (value.includes('${') && value.search(FORM) >= 0) return true;
  return false;
}
/** Names of stored secrets that options refer to. */
export const secretsIn = (options: ReadonlyMap<string, string>): string[] => [...options.values()].flatMap((v) => referencesIn(v).flatMap((r) => (r.kind === 'secret' ? [r.name] : [])));

/**
 * The value with what `lookup` gives in place of its references. Inside the quotes of a JAAS line, and behind the `?` of a JDBC URL, it is
 * quoted as they ask for, so that a password may hold any character.
 */
export function filled(key: string, value: string, lookup: (reference: Reference) => string): string {
  if (!value.includes('${')) return value;
  return value.replace(FORM, (...args: unknown[]) => {
    const [written, kind, name] = args as [string, ReferenceKind, string], at = args[3] as number;
    if (isEscaped(written)) return written.slice(1);
    const found = lookup({ kind, name, text: written }), before = value.slice(0, at);
    if (/jaas/i.test(key)) {
      const quote = openQuote(before);
      return quote === undefined ? found : found.replace(/["'\\]/g, '\\$&');
    }
    return /^\s*jdbc:/i.test(value) && before.includes('?') ? encodeURIComponent(found) : found;
  });
}
/** The quote a position is inside of. */
function openQuote(before: string): string | undefined {
  let open: string | undefined;
  for (let i = 0; i < before.length; i++) {
    const c = before[i] ?? '';
    if (c === '\\' && open !== undefined) i++;
    else if (open === undefined && (c === '"' || c === "'")) open = c;
    else if (c === open) open = undefined;
  }
  return open;
}
/**
 * A secret value as it may be shown: its references stand, what is written between them does not. The names in a JAAS line or a list of
 * `key=value` stay readable where their values are references.
 */
export function shownReferences(value: string, mask: string): string | undefined {
  const found = referencesIn(value);
  if (found.length === 0) return undefined;
  if (found.length === 1 && found[0]?.text === value.trim()) return value;
  let out = '', done = 0;
  for (const m of value.matchAll(FORM)) {
    if (isEscaped(m[0])) continue;
    out += hidden(value.slice(done, m.index), mask) + m[0];
    done = m.index + m[0].length;
  }
  return out + hidden(value.slice(done), mask);
}
/** Text between references: class names and keys with `=` are no secrets, values and anything else are. */
function hidden(text: string, mask: string): string {
  if (text === '' || /^["';\s]*$/.test(text)) return text;
  const shape = text.replace(/(=\s*)("(?:[^"\\]|\\.)+"|'(?:[^'\\]|\\.)+'|[^\s"';=]+)/g, (_whole, key: string, value: string) => { const quote = /^["']/.exec(value)?.[0] ?? ''; return key + quote + mask + quote; });
  return /^["';\s]*(?:[\w.$-]+\s+(?:required|requisite|sufficient|optional)\b)?(?:["';\s]*[\w.-]+\s*=\s*(?:["']?\*{6}["']?)?)*["';\s]*$/i.test(shape) ? shape : mask;
}
