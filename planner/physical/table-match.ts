/** Which tables a pipeline's patterns mean and where its routes send them: asked at submit for checks and at run time for rows. Patterns run in linear time (RE2). */
import { RE2JS } from 're2js';
import { idOf, idText, type PipelineTableId } from '../../catalog/objects/pipeline-table.ts';
import type { RouteRule } from './pipeline.ts';

const compiled = new Map<string, RE2JS>();
/** Lists of patterns are long at times; each document's are compiled once. */
const MOST_COMPILED = 20_000;
function compiledPattern(pattern: string): RE2JS {
  let found = compiled.get(pattern);
  if (found === undefined) {
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    compiled.set(pattern, found = RE2JS.compile(pattern));
  }
  return found;
}
/** Whether one of the patterns matches the whole text. */
export const matchesAny = (patterns: readonly string[], text: string): boolean => patterns.some((p) => compiledPattern(p).matches(text));
/** The whole match and its groups; undefined = no match. */
function groupsOf(pattern: string, text: string): string[] | undefined {
  const matcher = compiledPattern(pattern).matcher(text);
  if (!matcher.matches()) return undefined;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? '');
}

export const GROUP = /\$(\d+)/g;
/** Targets of a table, each once, in the order of the rules; itself when no rule matches. */
export function targetsOf(id: PipelineTableId, rules: readonly RouteRule[], firstOnly: boolean): PipelineTableId[] {
  const text = idText(id), targets: string[] = [];
  for (const rule of rules) {
    let groups: readonly string[] | undefined;
    for (const pattern of rule.sources) if ((groups = groupsOf(pattern, text)) !== undefined) break;
    if (groups === undefined) continue;
    const found = groups;
    const target = rule.replaceSymbol !== null ? rule.sink.replaceAll(rule.replaceSymbol, () => id.table) : rule.sink.replace(GROUP, (whole, n: string) => found[Number(n)] ?? whole);
    if (!targets.includes(target)) targets.push(target);
    if (firstOnly) break;
  }
  return targets.length === 0 ? [id] : targets.map(idOf);
}
