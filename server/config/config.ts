/**
 * Reads the configuration: declared defaults < YAML file < environment < flags. Anything unknown or ill-formed is a RivuletError (see
 * `core/errors/config.ts`) that names the place and the nearest known name; the command line then ends with exit code 2.
 * Does not open ports, files of state or the log.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { badSetting, configFileUnreadable, missingSettingValue, settingNeeds, unexpectedArgument, unknownSetting } from '../../core/errors/config.ts';
import type { ConfiguredUser } from '../auth/contract.ts';
import { KEY_VARIABLE } from '../secrets/key.ts';
import { nearest } from '../../core/errors/define.ts';
import { settings } from './settings.ts';
import { configuredUser } from './users.ts';
import type { Config, SettingCard } from './settings.ts';
export type { Config } from './settings.ts';

/** What the user asked for: run with this configuration, or print a text and end with exit code 0. */
export type CommandLine = { readonly kind: 'run'; readonly config: Config } | { readonly kind: 'print'; readonly text: string };

type Environment = Readonly<Record<string, string | undefined>>;
/** `RIVULET_VAR_x` is the variable `#{x}` of pipelines that the server is sent. */
export const VARIABLE_PREFIX = 'RIVULET_VAR_';
/** Variables that options may read by `${env:…}` unless `--secrets-env` says otherwise. */
const SECRET_PREFIX = 'RIVULET_SECRET_';
const PREFIX = 'RIVULET_', CONFIG_ENV = 'RIVULET_CONFIG', DEFAULTS_KEY = 'defaults', USERS_KEY = 'users';

/**
 * @param argv arguments after the script (`process.argv.slice(2)`)
 * @param env only variables that begin with RIVULET_ are looked at
 */
export async function loadCommandLine(argv: readonly string[], env: Environment, version: string): Promise<CommandLine> {
  const flags = readFlags(argv);
  if (flags.has('help')) return { kind: 'print', text: helpText(version) };
  if (flags.has('version')) return { kind: 'print', text: `rivulet ${version}\n` };
  return { kind: 'run', config: await configOf(flags, env) };
}

/** The configuration of arguments and environment; `--help` and `--version` are `loadCommandLine`'s. */
export async function loadConfig(argv: readonly string[], env: Environment): Promise<Config> {
  return configOf(readFlags(argv), env);
}

async function configOf(flags: ReadonlyMap<string, string>, env: Environment): Promise<Config> {
  checkEnvironment(env);
  const file = flags.get('config') ?? (env[CONFIG_ENV] || undefined);
  const fromFile = file === undefined ? emptyFile : await readConfigFile(file, env);
  const values = new Map<SettingCard['field'], unknown>();
  for (const card of settings) {
    const flag = flags.get(card.flag), variable = env[card.env], key = card.yaml === undefined ? undefined : fromFile.values.get(card.yaml);
    const value = flag !== undefined ? checked(card, flag, `flag --${card.flag}`)
      : variable !== undefined && variable !== '' ? checked(card, variable, `environment variable ${card.env}`)
      : key !== undefined ? checked(card, key, `key ${card.yaml} of ${file}`)
      : card.byDefault();
    values.set(card.field, value);
  }
  const config = { ...(Object.fromEntries(values) as unknown as Omit<Config, 'configFile' | 'sessionDefaults' | 'users'>), configFile: file, sessionDefaults: fromFile.sessionDefaults, users: fromFile.users };
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) throw settingNeeds(config.tlsCert === undefined ? { setting: 'tls-key', needs: 'tls-cert' } : { setting: 'tls-cert', needs: 'tls-key' });
  if (config.tlsCert === undefined && config.tlsClientCa !== undefined) throw settingNeeds({ setting: 'tls-client-ca', needs: 'tls-cert' });
  if (config.tlsCert === undefined && config.tlsRequired) throw settingNeeds({ setting: 'tls-required', needs: 'tls-cert' });
  return { ...config, dataDir: resolve(config.dataDir) };
}

function checked(card: SettingCard, text: string, where: string): unknown {
  const value = card.parse(text);
  if (value === undefined) throw badSetting({ where, value: text, expected: card.expected });
  return value;
}

/** `--name value`, `--name=value`; flags without a value may stand alone. The last of equal flags counts. */
function readFlags(argv: readonly string[]): Map<string, string> {
  const cards = new Map<string, { valueName: string | undefined; expected: string }>(settings.map((card) => [card.flag, card]));
  cards.set('config', { valueName: 'file', expected: 'a path' });
  for (const name of ['help', 'version']) cards.set(name, { valueName: undefined, expected: 'nothing' });
  const flags = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    const short = argument === '-h' ? '--help' : argument === '-V' ? '--version' : argument;
    const match = /^--([^=]*)(?:=([\s\S]*))?$/.exec(short);
    if (match === null) throw unexpectedArgument({ argument });
    const name = match[1] as string, card = cards.get(name);
    if (card === undefined) throw unknownSetting({ where: 'flag', name: `--${name}`, known: [...cards.keys()].map((flag) => `--${flag}`) });
    const inline = match[2];
    if (card.valueName === undefined) flags.set(name, inline ?? 'true');
    else {
      const value = inline ?? argv[++i];
      if (value === undefined || (inline === undefined && value.startsWith('--'))) throw missingSettingValue({ flag: `--${name}`, expected: card.expected });
      flags.set(name, value);
    }
  }
  return flags;
}

/** A misspelt RIVULET_ variable would be ignored in silence: refuse what is close to a known name. Others belong to scripts around the server. */
function checkEnvironment(env: Environment): void {
  const known = [...settings.map((card) => card.env), CONFIG_ENV, KEY_VARIABLE], suffixes = known.map((name) => name.slice(PREFIX.length));
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || name.startsWith(VARIABLE_PREFIX) || name.startsWith(SECRET_PREFIX) || known.includes(name)) continue;
    const near = nearest(name.slice(PREFIX.length), suffixes).map((suffix) => PREFIX + suffix);
    if (near.length > 0) throw unknownSetting({ where: 'environment variable', name, known: near });
  }
}

interface ConfigFile { readonly values: ReadonlyMap<string, string>; readonly sessionDefaults: ReadonlyMap<string, string>; readonly users: readonly ConfiguredUser[] }
const emptyFile: ConfigFile = { values: new Map(), sessionDefaults: new Map(), users: [] };

async function readConfigFile(path: string, env: Environment): Promise<ConfigFile> {
  let text: string;
  try { text = readFileSync(path, 'utf8'); } catch (cause) {
    throw configFileUnreadable({ path, why: (cause as NodeJS.ErrnoException).code ?? String(cause) }, { cause });
  }
  const { parseDocument, isMap, isScalar } = await import('yaml'); // 25 ms: only paid for with a file
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, merge: false });
  const problem = document.errors[0];
  if (problem !== undefined) throw configFileUnreadable({ path, why: problem.message.split('\n')[0] ?? 'not YAML' });
  const known = [...settings.flatMap((card) => (card.yaml === undefined ? [] : [card.yaml])), DEFAULTS_KEY, USERS_KEY];
  const values = new Map<string, string>(), sessionDefaults = new Map<string, string>(), users: ConfiguredUser[] = [];
  if (document.contents === null) return emptyFile;
  if (!isMap(document.contents)) throw configFileUnreadable({ path, why: 'expected keys with values' });
  const scalarText = (node: unknown, where: string, isSecret = false): string => {
    if (!isScalar(node) || node.value === null || typeof node.value === 'object') throw badSetting({ where, value: isSecret ? '' : String(node), expected: 'one value' });
    return node.source ?? String(node.value); // as written, so that 010 or 1e3 are judged by the setting, not by YAML
  };
  for (const pair of document.contents.items) {
    const key = scalarText(pair.key, `a key of ${path}`);
    if (!known.includes(key)) throw unknownSetting({ where: `key of ${path}`, name: key, known });
    if (key === USERS_KEY) {
      if (!isMap(pair.value)) throw badSetting({ where: `key ${USERS_KEY} of ${path}`, value: '', expected: 'names with role and password or verifier' });
      for (const user of pair.value.items) {
        const name = scalarText(user.key, `a key of ${path}`), where = `user "${name}" of ${path}`;
        if (!isMap(user.value)) throw badSetting({ where, value: '', expected: 'role and password or verifier' });
        users.push(configuredUser(name, new Map(user.value.items.map(({ key: k, value: v }) => { const field = scalarText(k, where); return [field, scalarText(v, `key ${field} of ${where}`, true)]; })), where, env));
      }
    } else if (key !== DEFAULTS_KEY) values.set(key, scalarText(pair.value, `key ${key} of ${path}`));
    else if (isMap(pair.value)) for (const option of pair.value.items) {
      const name = scalarText(option.key, `a key of ${path}`);
      sessionDefaults.set(name, scalarText(option.value, `key ${DEFAULTS_KEY}.${name} of ${path}`));
    } else if (!isScalar(pair.value) || pair.value.value !== null) throw badSetting({ where: `key ${DEFAULTS_KEY} of ${path}`, value: String(pair.value), expected: 'session options with their values' });
  }
  return { values, sessionDefaults, users };
}

/** Defaults that differ from machine to machine, in words. */
export const byTheMachine = (field: string): string | undefined => (field === 'parallelism' ? 'number of CPUs' : field === 'memoryLimit' ? '80 % of the memory there is' : undefined);

/** Printed by --help. */
export function helpText(version: string): string {
  const rows: [string, string][] = [];
  for (const card of settings) {
    const byDefault = card.byDefault();
    const shown = typeof byDefault === 'boolean' || byDefault === undefined || (Array.isArray(byDefault) && byDefault.length === 0) ? '' : ` [${byTheMachine(card.field) ?? byDefault}]`;
    rows.push([`--${card.flag}${card.valueName === undefined ? '' : ` <${card.valueName}>`}`, `${card.description}${shown} (${card.env})`]);
  }
  rows.push(['--config <file>', `YAML file with the same names as keys, session options under "${DEFAULTS_KEY}:" and users under "${USERS_KEY}:" (${CONFIG_ENV})`]);
  rows.push(['--help', 'print this text'], ['--version', 'print the version']);
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `rivulet ${version}: streaming SQL server`, '', 'Usage: rivulet [flags]               the server', '       rivulet pipeline <action> …  runs and checks pipelines (rivulet pipeline --help)', '       rivulet user <action> …      makes users of a server that is stopped (rivulet user --help)', '', 'Flags (environment variable in parentheses; file < environment < flags):',
    ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`), '',
  ].join('\n');
}
