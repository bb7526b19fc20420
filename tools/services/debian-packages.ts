/**
 * Programs from Debian's packages (or a relative of Debian's) into a folder, without touching the machine's own packages and without
 * being root: apt with lists and a status file of its own, so that everything a program needs comes along, its libc too. Programs are
 * then run by the loader beside them, whatever libc the machine has. Which servers are asked is what the machine's apt is set up for;
 * apt checks their signatures.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canRun, run, ServiceUnavailable } from './support.ts';

/** `suite`: null = what the machine itself installs from; else one of Debian's, e.g. `sid`, on the same server. */
export interface PackageWish { readonly title: string; readonly names: RegExp; readonly suite: string | null }

/** Why this machine cannot do it, as a sentence; undefined when it can (the network may still be missing). */
export async function whyNoPackages(): Promise<string | undefined> {
  if (!await canRun('apt-get', ['--version'])) return '`apt-get` is not on the PATH';
  if (!await canRun('dpkg-deb', ['--version'])) return '`dpkg-deb` is not on the PATH';
  return undefined;
}

/**
 * Unpacks the package whose name matches (the last by name when several do) and all it needs into `target`. `work` is for apt's own
 * files. Rejects with ServiceUnavailable that says what was tried.
 */
export async function unpackPackages(wish: PackageWish, work: string, target: string): Promise<void> {
  const apt = await Apt.open(wish, work);
  const found = (await apt.run('apt-cache', ['search', '--names-only', wish.names.source], 'look the package up')).split('\n').map((line) => line.split(' ')[0] ?? '').filter((name) => wish.names.test(name)).sort();
  const name = found.at(-1);
  if (name === undefined) throw new ServiceUnavailable(`apt knows no package for ${wish.title}${wish.suite === null ? '' : ` in ${wish.suite}`}${apt.complaints === '' ? '' : ` (${apt.complaints})`}`);
  await apt.run('apt-get', ['-y', '--no-install-recommends', '--download-only', 'install', name], `download ${name}`);
  const debs = readdirSync(apt.archives).filter((file) => file.endsWith('.deb'));
  for (const deb of debs) {
    const unpacked = await run('dpkg-deb', ['-x', join(apt.archives, deb), target]);
    if (unpacked.code !== 0) throw new ServiceUnavailable(`dpkg-deb could not unpack ${deb}: ${unpacked.output.slice(-300)}`);
  }
  await rm(work, { recursive: true, force: true });
}

const complaintsOf = (output: string): string => output.split('\n').filter((line) => /^[EW]:/.test(line)).slice(0, 1).join(' ');

class Apt {
  readonly archives: string;
  /** Of the last update: a list that could not be fetched is but a warning to apt. */
  complaints = '';
  readonly #options: readonly string[];
  private constructor(archives: string, options: readonly string[]) { this.archives = archives; this.#options = options; }

  static async open(wish: PackageWish, work: string): Promise<Apt> {
    const at = (name: string): string => join(work, name), settings: Record<string, string> = {
      'Dir::State::lists': at('lists'), 'Dir::State::status': at('status'), 'Dir::State::extended_states': at('extended'), 'Dir::Cache': at('cache'), 'Dir::Cache::archives': at('archives'), 'Dir::Etc::preferences': at('preferences'),
      'Dir::Etc::preferencesparts': at('none'), 'APT::Sandbox::User': '', 'Acquire::Retries': '2', 'Acquire::http::Timeout': '20', 'Acquire::Languages': 'none', 'Debug::NoLocking': 'true',
    };
    for (const folder of ['lists/partial', 'archives/partial', 'cache', 'none']) await mkdir(at(folder), { recursive: true });
    await writeFile(at('status'), '');
    if (wish.suite !== null) {
      await writeFile(at('sources.list'), await Apt.#source(wish.suite));
      settings['Dir::Etc::sourcelist'] = at('sources.list');
      settings['Dir::Etc::sourceparts'] = at('none');
    }
    const apt = new Apt(at('archives'), Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]));
    // Servers of the machine's list that have nothing to do with this may fail: only what is looked for counts.
    apt.complaints = complaintsOf(await apt.run('apt-get', ['update'], 'fetch the list of packages'));
    return apt;
  }

  /** Another suite on the server that the machine's own suite comes from. */
  static async #source(suite: string): Promise<string> {
    const release = await readFile('/etc/os-release', 'utf8').catch(() => ''), own = /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1] ?? suite;
    const { output } = await run('apt-get', ['--print-uris', 'update']);
    const base = [...output.matchAll(/'([^']+)\/dists\/([^/']+)\/InRelease'/g)].find((m) => m[2] === own || m[2] === 'stable' || m[2] === suite)?.[1];
    if (base === undefined) throw new ServiceUnavailable("no server of Debian's packages is among this machine's apt sources");
    const keys = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'].find((file) => existsSync(file));
    return `deb ${keys === undefined ? '' : `[signed-by=${keys}] `}${base} ${suite} main\n`;
  }

  async run(program: string, args: readonly string[], what: string): Promise<string> {
    const ended = await run(program, [...this.#options, ...args]);
    if (ended.code !== 0) throw new ServiceUnavailable(`${program} could not ${what}: ${complaintsOf(ended.output) || ended.output.slice(-300)}`);
    return ended.output;
  }
}
