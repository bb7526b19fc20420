/** Jars from Maven Central into the cache folder: fetched once by `mvn`, moved into place whole so that two processes may race. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, run, ServiceUnavailable } from './support.ts';

export interface JarSet {
  /** For messages, e.g. `Apache Kafka 4.1.0`. */
  readonly title: string;
  /** Folder under `cacheDir()`; names the version. */
  readonly folder: string;
  /** `group:artifact:version`; what they need at run time comes along. */
  readonly dependencies: readonly string[];
  /** `group:artifact`, left out wherever it comes along. */
  readonly without?: readonly string[] | undefined;
  /** What to do when there is no Maven, as a sentence. */
  readonly otherwise: string;
}

export function jarFolder(set: JarSet): string { return join(cacheDir(), set.folder); }
/** True when the jars are here or Maven can fetch them. */
export async function canHaveJars(set: JarSet): Promise<boolean> { return existsSync(jarFolder(set)) || await canRun('mvn', ['-v']); }

/** The folder that holds the jars. */
export async function fetchJars(set: JarSet): Promise<string> {
  const target = jarFolder(set);
  if (existsSync(target)) return target;
  if (!await canRun('mvn', ['-v'])) throw new ServiceUnavailable(`the jars of ${set.title} are not in ${target} and \`mvn\` is not on the PATH to fetch them. ${set.otherwise}`);
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), 'fetch-'));
  try {
    await writeFile(join(work, 'pom.xml'), pom(set));
    process.stderr.write(`fetching ${set.title} with Maven\n`);
    const fetched = await run('mvn', ['-q', '-B', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'libs')}`]);
    if (fetched.code !== 0) throw new ServiceUnavailable(`Maven could not fetch ${set.title}: ${fetched.output.slice(-2000)}`);
    await rename(join(work, 'libs'), target).catch((e: unknown) => { if (!existsSync(target)) throw e; });
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The contents of the jars themselves, without what they need, into an empty folder. */
export async function unpackJars(set: JarSet, target: string): Promise<void> {
  const work = await mkdtemp(join(cacheDir(), 'fetch-'));
  try {
    await writeFile(join(work, 'pom.xml'), pom(set));
    const fetched = await run('mvn', ['-q', '-B', '-f', join(work, 'pom.xml'), 'dependency:unpack-dependencies', '-DexcludeTransitive=true', `-DoutputDirectory=${target}`]);
    if (fetched.code !== 0) throw new ServiceUnavailable(`Maven could not fetch ${set.title}: ${fetched.output.slice(-500)}`);
  } finally { await rm(work, { recursive: true, force: true }); }
}

export function pom({ folder, dependencies, without = [] }: JarSet): string {
  const tags = (coordinates: string): string => {
    const [group = '', artifact = '', version] = coordinates.split(':');
    return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId>${version === undefined ? '' : `<version>${version}</version>`}`;
  };
  const exclusions = without.length === 0 ? '' : `<exclusions>${without.map((w) => `<exclusion>${tags(w)}</exclusion>`).join('')}</exclusions>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>${tags(`rivulet:${folder}:1`)}<packaging>pom</packaging><dependencies>\n${
    dependencies.map((d) => `<dependency>${tags(d)}${exclusions}</dependency>\n`).join('')}</dependencies></project>\n`;
}
