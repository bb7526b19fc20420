/**
 * `npm run build`, and after each `npm ci`: the product's sources as a few JavaScript files in `dist`, which `bin/rivulet.js` runs as long
 * as they are made of the sources as they stand. Only for start time and memory: nothing is minified, names stay, packages are imported
 * as ever. The list of inputs is written last and removed first, so half a bundle is never run.
 *
 * Says what is missing and ends with 0 where there is nothing to bundle or to bundle with (an image that installs before it copies the
 * sources, an installation without development packages): the sources run as they are.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..'), dist = join(root, 'dist'), list = join(dist, 'inputs.json');
/** Run by the entry and, by path, as worker threads (`runtime/modules.ts`). */
const ENTRIES = ['server/process.ts', 'runtime/worker.ts', 'runtime/registry.ts'];
/** How the bundle is made is an input too. */
const OWN = 'tools/build/main.ts';

interface Input { readonly path: string; readonly size: number; readonly mtimeMs: number }
const asItIs = (path: string): Input => { const { size, mtimeMs } = statSync(join(root, path)); return { path, size, mtimeMs }; };

/** Makes the bundle anew. Rejects when the sources cannot be bundled. */
export async function build(): Promise<'made' | 'no sources' | 'no esbuild'> {
  if (!ENTRIES.every((path) => existsSync(join(root, path)))) return 'no sources';
  const esbuild = await import('esbuild').catch(() => undefined);
  if (esbuild === undefined) return 'no esbuild';
  rmSync(list, { force: true });
  const before = new Map<string, Input>();
  const { metafile } = await esbuild.build({
    absWorkingDir: root, entryPoints: ENTRIES, outdir: dist, entryNames: '[name]', chunkNames: 'shared-[hash]', bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'es2024',
    packages: 'external', legalComments: 'none', minifyWhitespace: true, lineLimit: 160, metafile: true, logLevel: 'silent',
    // What a file was when it was read: one that is edited meanwhile makes the bundle a stale one, not a wrong one.
    plugins: [{ name: 'inputs', setup: (it) => { it.onLoad({ filter: /\.(ts|json)$/ }, ({ path }) => { const relative = path.slice(root.length + 1); before.set(relative, asItIs(relative)); return undefined; }); } }],
  });
  const outputs = new Set(Object.keys(metafile.outputs).map((path) => path.slice('dist/'.length)));
  for (const name of readdirSync(dist)) if (!outputs.has(name)) rmSync(join(dist, name), { recursive: true });
  writeFileSync(list, JSON.stringify([...Object.keys(metafile.inputs), OWN].map((path) => before.get(path) ?? asItIs(path))));
  return 'made';
}
/** The same test as in `bin/rivulet.js`, which must import nothing. */
export function isFresh(): boolean {
  try {
    return (JSON.parse(readFileSync(list, 'utf8')) as Input[]).every((input) => { const now = asItIs(input.path); return now.size === input.size && now.mtimeMs === input.mtimeMs; });
  } catch { return false; }
}

if (import.meta.main) {
  const outcome = isFresh() ? 'fresh' : await build();
  process.stdout.write(`bundle: ${{ fresh: 'up to date', made: 'made', 'no sources': 'the sources are not there, nothing made', 'no esbuild': 'esbuild is not installed, the sources run as they are' }[outcome]}\n`);
}
