/** Which tables a reader captures: regular expressions that must match all of `db.table`, linear in its length. */
import { RE2JS } from 're2js';
import { tableText, type TableId } from '../contract.ts';

export class TablePatterns {
  private readonly include: readonly RE2JS[];
  private readonly exclude: readonly RE2JS[];
  constructor(include: readonly string[], exclude: readonly string[]) {
    this.include = include.map((p) => RE2JS.compile(p));
    this.exclude = exclude.map((p) => RE2JS.compile(p));
  }
  matches(id: TableId): boolean {
    const name = tableText(id);
    return this.include.some((p) => p.matches(name)) && !this.exclude.some((p) => p.matches(name));
  }
}
/** The pattern that matches a name only. */
export const literalPattern = (name: string): string => name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
