/** Declared limits of the SQL front end. Beyond them a statement is refused with an error of class 54, never with a crash. */

/** Longest text handed to the parser, in UTF-16 units (16 Mi: Flink scripts and PostgreSQL queries beyond it are data, not statements). */
export const MAX_TEXT_LENGTH = 16 * 1024 * 1024;
/** Longest single token (name, string, comment excluded), in UTF-16 units. A string may carry a whole plan or model; a name is further limited. */
export const MAX_STRING_LENGTH = 4 * 1024 * 1024;
/** Longest name, in UTF-16 units; more than a catalog would ever want, small enough for messages and keys. */
export const MAX_NAME_LENGTH = 64 * 1024;
/** Greatest height of a syntax tree and depth of the parser's recursion. Walkers of the tree may recurse: see the test at this depth. */
export const MAX_NESTING_DEPTH = 500;
