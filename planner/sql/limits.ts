/** Declared limits of the SQL front end. Beyond them a text is refused with an error of SQLSTATE class 54, never with a crash. */

/** Longest text handed to the parser, in UTF-16 units: what is longer is data, not statements. */
export const MAX_TEXT_LENGTH = 16 * 1024 * 1024;
/** Most tokens (words, symbols, literals) in one text, `;` between empty statements not counted. Keeps parsing well under a second. */
export const MAX_TOKENS = 1_000_000;
/** Longest string literal, in UTF-16 units. */
export const MAX_STRING_LENGTH = 4 * 1024 * 1024;
/** Longest name, in UTF-16 units. */
export const MAX_NAME_LENGTH = 64 * 1024;
/** Greatest depth of the parser's recursion and height of an expression or query tree. Walkers of the tree may therefore recurse. */
export const MAX_NESTING_DEPTH = 400;
