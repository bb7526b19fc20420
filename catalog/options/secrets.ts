/**
 * What must not be shown of options: values whose key names a secret, and passwords inside URLs. References to secrets are shown, so that
 * what SHOW CREATE prints can be run again. One rule for SHOW CREATE, system tables, job texts and pipelines.
 */
import { shownReferences } from '../secrets/references.ts';

const SECRET = /password|secret|jaas|credential|token|ssl\.key(?!store)|private[._-]?key|accesskey/i;
const MASK = '******';
/** `//user:password@host`, `?password=…`: jdbc and registry URLs. */
const IN_URL = /(\/\/[^/?#\s:@]*:)[^/?#\s]*(?=@)|([?&;](?:password|pass|pwd|secret|token)=)[^&;\s]+/gi;

/** `password="…"` and the like, as in a JAAS line. */
const IN_LINE = /[\w.-]*(?:password|secret|token)[\w.-]*\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))/gi;

/** What of an option's value is secret and written out, so that it can be kept from being shown elsewhere: the value of a secret key and passwords inside it, passwords of URLs. */
export function writtenSecrets(key: string, value: string): string[] {
  const inUrl = [...value.matchAll(IN_URL)].map((m) => m[0].slice((m[1] ?? m[2] ?? '').length)).flatMap((v) => [v, decoded(v)]);
  if (!isSecretKey(key)) return inUrl;
  return [value, ...inUrl, ...[...value.matchAll(IN_LINE)].map((m) => m[3] ?? (m[1] ?? m[2] ?? '').replace(/\\(.)/gs, '$1'))];
}
function decoded(text: string): string { try { return decodeURIComponent(text); } catch { return text; } }
export const isSecretKey = (key: string): boolean => SECRET.test(key);
/** An option's value as it may be shown: secrets become `******`. */
export const maskOption = (key: string, value: string): string => (isSecretKey(key) ? shownReferences(value, MASK) ?? MASK : maskUrl(value));
/** A text with the passwords of its URLs masked; those given by reference stay. */
export const maskUrl = (text: string): string => text.replace(IN_URL, (whole, user: string | undefined, parameter: string | undefined) => { const before = user ?? parameter ?? ''; return REFERENCE.test(whole.slice(before.length)) ? whole : before + MASK; });
const REFERENCE = /^\$\{(?:env|file|secret):[^}]*\}$/;
