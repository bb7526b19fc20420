/** Names and texts that would be SQL, JavaScript, a path or a broken line if anything took them for more than data. */

/** A file that code in a name would make. */
export const evilCode = (canary: string): string => `require('fs').writeFileSync('${canary}','x')`;
/** `{canary}` in them is replaced by such code. */
export function hostileNames(canary: string): string[] {
  const evil = evilCode(canary);
  return [
    'x"];process.exit(1);//', '${process.exit(1)}', "a'; DROP TABLE t; --", 'a"b', 'a`b', '../../etc/passwd', '/etc/passwd', '.', '..', '\u2028', '\u2029', '\n', '\r', '\t', '\u0001', 'nul\0nul', '\\', "\\'", '*/ process.exit(1) /*', '`;', '{}', '%s', '$&', "$'",
    `constructor.constructor("${evil}")()`, `"+${evil}+"`, `'+${evil}+'`, `\`+${evil}+\``, `\\u0027;${evil};//`, '</script>', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'arguments', 'ünïcödé 🦊', ' ', 'NULL', '1', 'a.b', 'key', 'value', '𝒙',
  ];
}
export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
