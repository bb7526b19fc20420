/**
 * `npm run check`, second half: what prose cannot enforce. Imports point only core ← catalog ← planner ← runtime ← server, no cycles
 * between folders' files, no default exports, no `new Error(` in product code, no `any`, header comments, file sizes, no work put off.
 * Prints one line per finding and exits 1 when there is any.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;
const LAYERS = ['core', 'catalog', 'planner', 'runtime', 'server'] as const;
const MAX_LINES = 500;
/** Files that are long for a reason. */
const LONG: ReadonlyMap<string, string> = new Map([]);

export interface SourceFile { readonly path: string; readonly text: string }
/** All TypeScript files of the product and its tools, tests apart. */
export function sources(folders: readonly string[]): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) { if (entry.name !== 'node_modules') walk(path); } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) files.push({ path: relative(root, path), text: readFileSync(path, 'utf8') });
    }
  };
  for (const folder of folders) walk(join(root, folder));
  return files;
}
/** Relative imports of a file, as paths from the root. */
export function importsOf(file: SourceFile): string[] {
  const found = [...file.text.matchAll(/^\s*(?:import|export)\s[^'"]*?from\s+['"](\.[^'"]+)['"]/gm), ...file.text.matchAll(/\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g)];
  return found.map((m) => relative(root, resolve(root, dirname(file.path), m[1] ?? '')));
}
const layerOf = (path: string): number => LAYERS.indexOf(path.split('/')[0] as 'core');

export function findings(files: readonly SourceFile[]): string[] {
  const out: string[] = [];
  for (const file of files) {
    const layer = layerOf(file.path), inProduct = layer >= 0;
    for (const target of importsOf(file)) {
      const other = layerOf(target);
      if (inProduct && other > layer) out.push(`${file.path}: ${LAYERS[layer]} must not import ${target}`);
      if (inProduct && /^(test|tools|bench)\//.test(target)) out.push(`${file.path}: product code must not import ${target}`);
      if (LAYERS[layer] === 'runtime' && LAYERS[other] === 'planner' && !target.startsWith('planner/physical/')) out.push(`${file.path}: runtime may read only planner/physical, not ${target}`);
    }
    const lines = file.text.split('\n');
    if (lines.length > MAX_LINES && !LONG.has(file.path)) out.push(`${file.path}: ${lines.length} lines, ${MAX_LINES} at most`);
    if (!/^(#!.*\n)?\s*\/\*\*/.test(file.text)) out.push(`${file.path}: no header comment`);
    const code = lines.filter((l) => !/^\s*(\*|\/\/|\/\*)/.test(l));
    code.forEach((line) => {
      if (/^export default /.test(line)) out.push(`${file.path}: default export`);
      if (inProduct && /\bnew Error\(/.test(line)) out.push(`${file.path}: plain Error; use the catalogue in core/errors`);
      if (/(:|<|\bas)\s*any\b(?!\w)/.test(line) && !/['"`].*\bany\b.*['"`]/.test(line)) out.push(`${file.path}: any: ${line.trim().slice(0, 80)}`);
      if (/@ts-(ignore|nocheck)/.test(line)) out.push(`${file.path}: type checks silenced`);
    });
    if (/\b(TODO|FIXME|XXX)\b(?!.*#\d)/.test(file.text) && file.path !== 'tools/tidy/main.ts') out.push(`${file.path}: work put off without an issue number`);
  }
  out.push(...cycles(files));
  return [...new Set(out)];
}
/** Cycles of value imports (type-only ones are erased and harmless at run time, but arrows count them). */
function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((f) => [f.path, [...f.text.matchAll(/^\s*(?:import|export)\s(?!type\b)[^'"]*?from\s+['"](\.[^'"]+)['"]/gm)].map((m) => relative(root, resolve(root, dirname(f.path), m[1] ?? '')))]));
  const state = new Map<string, 'open' | 'done'>(), out: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') { out.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`); return; }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return out;
}

if (import.meta.main) {
  const found = findings(sources([...LAYERS, 'tools', 'bench']));
  for (const line of found) process.stdout.write(`${line}\n`);
  process.stdout.write(found.length === 0 ? 'tidy: nothing to say\n' : `tidy: ${found.length} findings\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
