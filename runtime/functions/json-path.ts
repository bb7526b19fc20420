/** SQL/JSON paths: `lax $.a.b[0]['c'][*]`, compiled once and walked over a parsed tree. Source: Flink "System Functions", JSON functions. */
import { readJson, type JsonNode } from '../../core/json/exact.ts';
import { invalidArgument } from '../../core/errors/data.ts';

type Step = { readonly kind: 'member'; readonly name: string } | { readonly kind: 'index'; readonly at: number } | { readonly kind: 'all'; readonly members: boolean };
export interface JsonPath { readonly strict: boolean; readonly steps: readonly Step[] }
/** What a path finds: nodes; `failed` when a strict path misses or the text is no JSON. */
export interface Found { readonly nodes: readonly JsonNode[]; readonly failed: boolean }

export function jsonPath(source: string, name: string): JsonPath {
  const bad = (): Error => invalidArgument({ function: name, what: `path ${source} cannot be read`, hint: "A path looks like lax $.items[0]['name'] or strict $.id." });
  const m = /^\s*(?:(lax|strict)\s+)?\$/i.exec(source);
  if (m === null) throw bad();
  const steps: Step[] = [];
  const form = /\s*(?:\.\s*\*|\.\s*([\p{L}_$][\p{L}\p{N}_$-]*)|\.\s*"((?:[^"\\]|\\.)*)"|\[\s*(?:(\d{1,9})|(\*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\])/uy;
  form.lastIndex = m[0].length;
  while (form.lastIndex < source.trimEnd().length) {
    const step = form.exec(source);
    if (step === null) throw bad();
    const quoted = step[2] ?? step[5] ?? step[6];
    if (step[1] !== undefined) steps.push({ kind: 'member', name: step[1] });
    else if (quoted !== undefined) steps.push({ kind: 'member', name: quoted.replace(/\\(.)/g, '$1') });
    else if (step[3] !== undefined) steps.push({ kind: 'index', at: Number(step[3]) });
    else steps.push({ kind: 'all', members: step[4] === undefined });
  }
  return { strict: m[1]?.toLowerCase() === 'strict', steps };
}
export function findPath(text: string, path: JsonPath): Found {
  const root = readJson(text);
  if (root === undefined) return { nodes: [], failed: true };
  let nodes: JsonNode[] = [root];
  for (const step of path.steps) {
    const next: JsonNode[] = [];
    for (const node of nodes) {
      const found = take(node, step, !path.strict);
      if (found.length === 0 && path.strict && step.kind !== 'all') return { nodes: [], failed: true };
      for (const f of found) next.push(f);
    }
    nodes = next;
  }
  return { nodes, failed: false };
}
/** lax: a member of an array is looked for in its elements, an index of a scalar sees it as an array of one. */
function take(node: JsonNode, step: Step, lax: boolean): readonly JsonNode[] {
  switch (step.kind) {
    case 'member':
      if (node.kind === 'object') { const member = node.members.get(step.name); return member === undefined ? [] : [member]; }
      return lax && node.kind === 'array' ? node.items.flatMap((item) => (item.kind === 'object' ? take(item, step, false) : [])) : [];
    case 'index': {
      const item = node.kind === 'array' ? node.items[step.at] : lax && step.at === 0 ? node : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      if (step.members) return node.kind === 'object' ? [...node.members.values()] : [];
      return node.kind === 'array' ? node.items : lax ? [node] : [];
  }
}
/** A node as JSON text. */
export function jsonText(node: JsonNode): string {
  switch (node.kind) {
    case 'null': return 'null';
    case 'boolean': return String(node.value);
    case 'number': return node.text;
    case 'string': return JSON.stringify(node.value);
    case 'array': return `[${node.items.map(jsonText).join(',')}]`;
    case 'object': return `{${Array.from(node.members, ([k, v]) => `${JSON.stringify(k)}:${jsonText(v)}`).join(',')}}`;
  }
}
