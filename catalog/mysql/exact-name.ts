/**
 * Names in the options of MySQL tables are regular expressions where changes are read, and plain names where rows are written or looked
 * up. The catalog means one table: a name with signs of patterns stands between `\Q` and `\E`, which says so to both.
 */
const SIGNS = /[\\^$.|?*+()[\]{}]/;
const END = '\\E', END_INSIDE = '\\E\\\\E\\Q';

/** True for a name that could be read as a pattern. */
export const hasPatternSigns = (name: string): boolean => SIGNS.test(name);
export const exactName = (name: string): string => (SIGNS.test(name) ? `\\Q${name.replaceAll(END, END_INSIDE)}${END}` : name);
/** The name that is meant if it is one and no pattern; undefined for a text that is not between `\Q` and `\E`. */
export function quotedName(text: string): string | undefined {
  return text.startsWith('\\Q') && text.endsWith(END) && text.length >= 4 ? text.slice(2, -2).replaceAll(END_INSIDE, END) : undefined;
}
