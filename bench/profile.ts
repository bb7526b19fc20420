/**
 * `node bench/profile.ts QUERY [options]`: runs one query in a server whose threads are profiled, prints the functions with the most
 * self time per worker thread, and leaves the `.cpuprofile` files in bench/results (open them in a browser's developer tools).
 * Profiling costs some speed: shares count, not times. `--cpu-prof` of node covers worker threads; profiles are written at exit. The
 * sources are run, not the bundle, so that places name them.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { acquireKafka } from '../tools/services/kafka.ts';
import { benchArguments } from './harness/options.ts';
import { loadQuery } from './harness/queries.ts';
import { placesOf } from './harness/run.ts';
import { BenchServer } from './harness/server.ts';
import { ensureTopics } from './load/topics.ts';

const ROOT = join(import.meta.dirname, '..'), TOP = 40;
interface ProfileNode { readonly id: number; readonly callFrame: { readonly functionName: string; readonly scriptId?: string; readonly url: string; readonly lineNumber: number } }
interface Profile { readonly nodes: readonly ProfileNode[]; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] }

/** Self time per function, ms, greatest first; idle time left out. */
export function selfTimes(profile: Profile): { total: number; functions: readonly (readonly [string, number])[] } {
  const names = new Map(profile.nodes.map((node) => {
    const { functionName, url, lineNumber, scriptId = '0' } = node.callFrame;
    // Generated code has no address.
    const place = url.startsWith('file://') ? relative(ROOT, url.slice(7)) : url === '' && Number(scriptId) > 0 ? `generated #${scriptId}` : url;
    return [node.id, `${functionName || '(anonymous)'}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`];
  }));
  const times = new Map<string, number>();
  profile.samples.forEach((id, i) => { const name = names.get(id) ?? '?'; times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000); });
  for (const idle of ['(idle)', '(root)']) times.delete(idle);
  const functions = [...times].sort((a, b) => b[1] - a[1]);
  return { total: functions.reduce((n, [, ms]) => n + ms, 0), functions };
}

async function main(): Promise<void> {
  const { names: [name = 'q2'], bench: args } = benchArguments(process.argv.slice(2)), folder = join(import.meta.dirname, 'results', `profile-${name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kafka = await acquireKafka();
  try {
    const bench = { ...args, bootstrap: kafka.bootstrap }, query = loadQuery(name, placesOf(bench, `rivulet-bench.profile.${process.pid}`));
    await ensureTopics(bench.bootstrap, bench.scale, query.reads, (line) => process.stdout.write(`${line}\n`));
    const server = await BenchServer.start({ ...bench.server, env: { RIVULET_FROM_SOURCES: '1' }, nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'] });
    try { for (let run = 0; run < bench.runs; run++) await server.waitFinished(await server.submit(query.sql)); } finally { await server.remove('SIGTERM'); }
  } finally { await kafka.stop(); }
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.cpuprofile'))) {
    const { total, functions } = selfTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile);
    process.stdout.write(`\n${join(relative(process.cwd(), folder), file)}: ${total.toFixed(0)} ms busy\n${functions.slice(0, TOP).filter(([, ms]) => ms / total > 0.003).map(([f, ms]) => `${(ms / total * 100).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(6)} ms  ${f}`).join('\n')}\n`);
  }
}
if (import.meta.main) await main();
