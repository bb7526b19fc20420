/**
 * `#{name}` variables of a pipeline document. They are taken out before YAML is read (`key: #{x}` would be a comment) and their values
 * are put into the scalars that YAML has found, so a value can hold anything and never changes the structure of the document.
 *
 * In the text that YAML reads stands, for each variable, a mark of the same length out of Unicode's private use area: positions stay
 * those of the document. A variable in a comment is not asked for.
 */
import { lineAndColumn } from '../../core/errors/define.ts';
import { pipelineUnreadable, pipelineVariableInvalid, pipelineVariablesMissing } from '../../core/errors/pipeline.ts';

const USE = /#\{([^}\n]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const OPEN = 0xe000, FILL = '\ue001', CLOSE = '\ue002', FIRST = 0xe100, MOST_USES = 4000;
const PRIVATE = /[\ue000-\uf8ff]/;
const MARK = /\ue000([\ue100-\uf8ff])\ue001*\ue002/g;

export interface VariableUse { readonly name: string; readonly start: number }
/** Text for YAML and what its marks stand for. */
export interface MarkedText { readonly text: string; readonly uses: readonly VariableUse[] }

/** Throws pipeline-unreadable. */
export function markVariables(document: string): MarkedText {
  const strange = PRIVATE.exec(document);
  if (strange !== null) throw pipelineUnreadable({ what: `character U+${document.charCodeAt(strange.index).toString(16).toUpperCase()} of Unicode's private use area`, ...lineAndColumn(document, strange.index) });
  const uses: VariableUse[] = [];
  const text = document.replace(USE, (whole, name: string, start: number) => {
    if (uses.length === MOST_USES) throw pipelineUnreadable({ what: `more than ${MOST_USES} variables`, ...lineAndColumn(document, start) });
    uses.push({ name, start });
    return `${String.fromCharCode(OPEN, FIRST + uses.length - 1)}${FILL.repeat(whole.length - 3)}${CLOSE}`;
  });
  return { text, uses };
}
/** The variables in a scalar that YAML has read. */
export const usesIn = (scalar: string, marked: MarkedText): VariableUse[] => [...scalar.matchAll(MARK)].flatMap((m) => marked.uses[m[1]!.charCodeAt(0) - FIRST] ?? []);
/** The scalar with values in place of the marks. */
export function fillIn(scalar: string, marked: MarkedText, values: ReadonlyMap<string, string>): string {
  return scalar.replace(MARK, (_mark, index: string) => values.get(marked.uses[index.charCodeAt(0) - FIRST]?.name ?? '') ?? '');
}
/** Checks the variables that scalars use; throws for those without a value, all at once. */
export function checkUses(document: string, uses: readonly VariableUse[], values: ReadonlyMap<string, string>): void {
  for (const use of uses) {
    if (!NAME.test(use.name)) throw pipelineUnreadable({ what: `#{${use.name}} is not a variable`, hint: 'A name has letters, digits, _, - and dots, and begins with a letter or _.', ...lineAndColumn(document, use.start) });
  }
  const missing = uses.filter((use) => !values.has(use.name)).map((use) => ({ name: use.name, ...lineAndColumn(document, use.start) }));
  if (missing.length > 0) throw pipelineVariablesMissing({ missing, known: [...values.keys()] });
}
/** Names of all variables in a document, those in comments too. */
export const variableNames = (document: string): string[] => [...new Set([...document.matchAll(USE)].flatMap((m) => (NAME.test(m[1] ?? '') ? [m[1] ?? ''] : [])))];

/** `--var name=value`. */
export function parseAssignment(text: string): readonly [string, string] {
  const at = text.indexOf('='), name = at < 0 ? text : text.slice(0, at);
  if (at < 0 || !NAME.test(name)) throw pipelineVariableInvalid({ what: `a variable is given as name=value, not '${at < 0 ? text : name}'`, hint: 'As in --var hostname=db1.example.com.' });
  return [name, text.slice(at + 1)];
}

/** What of the values must not be shown in errors: short ones would mask every text. */
const LEAST_SECRET = 4;
/** A text in which values of variables are replaced by their names. */
export function withoutValues(text: string, values: ReadonlyMap<string, string>): string {
  const longest = [...values].filter(([, v]) => v.length >= LEAST_SECRET).sort((a, b) => b[1].length - a[1].length);
  return longest.reduce((t, [name, value]) => t.replaceAll(value, `#{${name}}`), text);
}
