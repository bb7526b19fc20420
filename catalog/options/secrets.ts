/** What must not be shown of options: values whose key names a secret, and passwords inside URLs. One rule for SHOW CREATE, system tables, job texts and pipelines. */

const SECRET = /password|secret|jaas|credential|token|ssl\.key(?!store)|private[._-]?key|accesskey/i;
const MASK = '******';
/** `//user:password@host`, `?password=…`: jdbc and registry URLs. */
const IN_URL = /(\/\/[^/?#\s:@]*:)[^/?#\s]*(?=@)|([?&;](?:password|pass|pwd|secret|token)=)[^&;\s]+/gi;

export const isSecretKey = (key: string): boolean => SECRET.test(key);
/** An option's value as it may be shown: secrets become `******`. */
export const maskOption = (key: string, value: string): string => (isSecretKey(key) ? MASK : maskUrl(value));
/** A text with the passwords of its URLs masked. */
export const maskUrl = (text: string): string => text.replace(IN_URL, (_whole, user: string | undefined, parameter: string | undefined) => `${user ?? parameter ?? ''}${MASK}`);
