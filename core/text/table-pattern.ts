/**
 * Table patterns of pipelines (`tables`, `source-table`): a comma list of `database.table`. A bare dot separates the two; `\.` stands for
 * the dot of regular expressions, any character; everything else is a regular expression. Source: Flink CDC, "Data Pipeline" and its
 * Selectors. Compiled for RE2: linear time whatever the pattern.
 */
import { RE2JS } from 're2js';
import { pipelineBadPattern } from '../errors/pipeline.ts';

/** Long lists of tables are written by programs; each is tried for every table once. */
const MOST_PATTERNS = 10_000;

/** Splits at a character outside of brackets, braces and parentheses; a backslash protects what follows. */
function splitAt(text: string, separator: ',' | '.'): string[] {
  const parts: string[] = [];
  let from = 0, depth = 0, isClass = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (isClass) isClass = c !== ']';
    else if (c === '[') isClass = true;
    else if (c === '(' || c === '{') depth++;
    else if (c === ')' || c === '}') depth--;
    else if (c === separator && depth === 0) { parts.push(text.slice(from, i)); from = i + 1; }
  }
  parts.push(text.slice(from));
  return parts;
}

/**
 * Patterns of one option as RE2 regular expressions for the whole of `db.table`. Throws pipeline-bad-pattern.
 * @param bare a pattern without a dot means tables that are in no database (topics as tables)
 */
export function tablePatterns(option: string, list: string, bare = false): string[] {
  const patterns = splitAt(list, ',').map((p) => p.trim()).filter((p) => p !== '');
  if (patterns.length === 0) throw pipelineBadPattern({ option, pattern: list, why: 'it is empty' });
  if (patterns.length > MOST_PATTERNS) throw pipelineBadPattern({ option, pattern: `${list.slice(0, 60)}…`, why: `more than ${MOST_PATTERNS} patterns` });
  return patterns.map((p) => onePattern(option, p, bare));
}
function onePattern(option: string, pattern: string, bare: boolean): string {
  const parts = splitAt(pattern, '.');
  if (parts.length === 1 && bare) return compiled(option, pattern, `(?:${pattern.replaceAll('\\.', '.')})`);
  if (parts.length === 1) throw pipelineBadPattern({ option, pattern, why: 'there is no dot between database and table' });
  if (parts.length > 2) throw pipelineBadPattern({ option, pattern, why: 'there are several bare dots', hint: "A bare dot separates database and table. Write `\\.` where any character is meant, as in shop.order_\\.*" });
  const [database = '', table = ''] = parts.map((p) => p.replaceAll('\\.', '.'));
  if (database === '' || table === '') throw pipelineBadPattern({ option, pattern, why: `the ${database === '' ? 'database' : 'table'} is empty` });
  const expression = `(?:${database})\\.(?:${table})`;
  for (const [part, text] of [['database', database], ['table', table]] as const) {
    try { RE2JS.compile(`(?:${text})`); } catch (error) {
      const why = `the ${part} '${text}' is not a regular expression (${error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)})`;
      throw pipelineBadPattern({ option, pattern, why, hint: table.startsWith('*') ? `All tables are written ${database}.\\.* (\`\\.\` is any character).` : undefined });
    }
  }
  return expression;
}
function compiled(option: string, pattern: string, expression: string): string {
  try { RE2JS.compile(expression); } catch (error) { throw pipelineBadPattern({ option, pattern, why: `it is not a regular expression (${error instanceof Error ? error.message : String(error)})` }); }
  return expression;
}
