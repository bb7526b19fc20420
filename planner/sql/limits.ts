/** Declared limits of the SQL front end. Beyond them a text is refused with an error of SQLSTATE class 54, never with a crash. */

/** Longest text handed to the parser, in UTF-16 units: what is longer is data, not statements. */
export const MAX_TEXT_LENGTH = 4 * 1024 * 1024;
/** Most tokens (words, symbols, literals) in one text, `;` between empty statements not counted. Parsing and binding are done in one go: this many take some tenths of a second at most. */
export const MAX_TOKENS = 100_000;
/** Longest string literal, in UTF-16 units. */
export const MAX_STRING_LENGTH = 1024 * 1024;
/** Longest name, in UTF-16 units. */
export const MAX_NAME_LENGTH = 64 * 1024;
/** Greatest depth of the parser's recursion and height of an expression or query tree. Walkers of the tree may therefore recurse. */
export const MAX_NESTING_DEPTH = 400;
/** Most SELECTs, VALUES and the like of one statement once views and common tables are written out. */
export const MAX_QUERY_BLOCKS = 2_000;
/** Most columns of a table or of a result. PostgreSQL has 1,600 and 1,664. */
export const MAX_COLUMNS = 4_000;
