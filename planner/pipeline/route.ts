/** Rules of `route`, checked. Source: Flink CDC "Route". Which tables go where: `planner/physical/table-match.ts`. */
import { pipelineInvalidOption } from '../../core/errors/pipeline.ts';
import type { RouteRule } from '../physical/pipeline.ts';
import { GROUP } from '../physical/table-match.ts';
import type { OptionValue, RuleEntry } from './document.ts';
import { tablePatterns } from '../../core/text/table-pattern.ts';

export function bindRoutes(entries: readonly RuleEntry[]): RouteRule[] {
  return entries.map((entry) => {
    const source = entry.get('source-table') as OptionValue, sink = entry.get('sink-table') as OptionValue, symbol = entry.get('replace-symbol')?.text ?? '';
    const sources = tablePatterns('source-table', source.text, true), where = `the route of ${source.text}`;
    const groups = [...sink.text.matchAll(GROUP)].map((m) => Number(m[1]));
    if (symbol !== '' && groups.length > 0) throw pipelineInvalidOption({ where, what: `'sink-table' has ${`$${groups[0]}`} and a replace symbol`, hint: "Use capture groups or 'replace-symbol', not both." }, { range: sink.range });
    if (symbol !== '' && !sink.text.includes(symbol)) throw pipelineInvalidOption({ where, what: `'sink-table' "${sink.text}" does not hold the replace symbol "${symbol}"`, hint: 'All tables of the rule would go into one; leave out replace-symbol if that is meant.' }, { range: sink.range });
    for (const pattern of sources) {
      const most = captureGroups(pattern);
      for (const group of groups) if (group > most) throw pipelineInvalidOption({ where, what: `'sink-table' has $${group}, but 'source-table' has ${most === 0 ? 'no' : `only ${most}`} capture group${most === 1 ? '' : 's'}` }, { range: sink.range });
    }
    return { sources, sink: sink.text, replaceSymbol: symbol === '' ? null : symbol };
  });
}
/** Opening parentheses that capture, outside of classes. */
function captureGroups(pattern: string): number {
  const bare = pattern.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '');
  return [...bare.matchAll(/\((?!\?(?!P?<[A-Za-z]))/g)].length;
}
