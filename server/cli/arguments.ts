/** The arguments of `rivulet pipeline …`; what is not ours goes to the server that is started when none runs. */
import { readFileSync } from 'node:fs';
import { missingSettingValue, unexpectedArgument } from '../../core/errors/config.ts';
import { didYouMean } from '../../core/errors/define.ts';
import { pipelineVariableInvalid } from '../../core/errors/pipeline.ts';
import { parseAssignment, variableNames } from '../../planner/pipeline/variables.ts';

export const PIPELINE_ACTIONS = ['run', 'check', 'list', 'stop'] as const;
export interface PipelineArguments {
  readonly action: (typeof PIPELINE_ACTIONS)[number] | 'help';
  /** A file, or the id of a job. */
  readonly target: string | undefined;
  readonly variables: ReadonlyMap<string, string>;
  readonly secrets: string | undefined;
  readonly server: string | undefined;
  /** Who asks. Passwords and tokens come from the environment. */
  readonly user: string | undefined;
  /** Of a certificate the system does not know. */
  readonly serverCa: string | undefined;
  readonly savepoint: string | undefined;
  /** Take a savepoint on stopping. */
  readonly withSavepoint: boolean;
  readonly follow: boolean;
  /** Start another one although the same pipeline runs. */
  readonly again: boolean;
  /** For the server. */
  readonly rest: readonly string[];
}

const VALUED = new Set(['--var', '--secrets', '--server', '--user', '--server-ca', '--from-savepoint']);
export function readArguments(argv: readonly string[]): PipelineArguments {
  const variables = new Map<string, string>(), rest: string[] = [], words: string[] = [], given = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!, [name = '', inline] = argument.startsWith('--') && argument.includes('=') ? [argument.slice(0, argument.indexOf('=')), argument.slice(argument.indexOf('=') + 1)] : [argument];
    if (VALUED.has(name)) {
      const value = inline ?? argv[++i];
      if (value === undefined) throw missingSettingValue({ flag: name, expected: name === '--var' ? 'name=value' : name === '--server' ? 'a URL' : 'a path' });
      if (name === '--var') variables.set(...(parseAssignment(value) as [string, string])); else given.set(name, value);
    } else if (argument === '--savepoint' || argument === '--detach' || argument === '--again' || argument === '--help' || argument === '-h') given.set(argument === '-h' ? '--help' : argument, 'true');
    else if (!argument.startsWith('-')) words.push(argument);
    else {
      // A flag of the server; its value, if it is not joined to it, is the next argument.
      rest.push(argument);
      if (!argument.includes('=') && argv[i + 1] !== undefined && !argv[i + 1]!.startsWith('--') && argument !== '--insecure-no-auth') rest.push(argv[++i]!);
    }
  }
  const [action, target, ...more] = words;
  if (given.has('--help') || action === undefined) return { ...base(variables, given, rest), action: 'help', target: undefined };
  if (!(PIPELINE_ACTIONS as readonly string[]).includes(action)) throw Object.assign(unexpectedArgument({ argument: `pipeline ${action}` }), { hint: didYouMean(action, PIPELINE_ACTIONS) ?? `There are ${PIPELINE_ACTIONS.join(', ')}.` });
  if (more.length > 0) throw unexpectedArgument({ argument: more[0]! });
  if (target === undefined && action !== 'list') throw pipelineVariableInvalid({ what: `rivulet pipeline ${action} needs ${action === 'stop' ? 'the id of a job' : 'a YAML file'}`, hint: action === 'stop' ? 'rivulet pipeline list shows ids.' : `As in rivulet pipeline ${action} pipeline.yaml.` });
  return { ...base(variables, given, rest), action: action as PipelineArguments['action'], target };
}
function base(variables: ReadonlyMap<string, string>, given: ReadonlyMap<string, string>, rest: readonly string[]): Omit<PipelineArguments, 'action' | 'target'> {
  return {
    variables, secrets: given.get('--secrets'), server: given.get('--server')?.replace(/\/+$/, ''), user: given.get('--user'), serverCa: given.get('--server-ca'), savepoint: given.get('--from-savepoint'), withSavepoint: given.has('--savepoint'), follow: !given.has('--detach'), again: given.has('--again'), rest,
  };
}

/** Values of the variables a document uses: command line, then secrets file, then environment. Only those leave the process. */
export async function valuesFor(yaml: string, args: PipelineArguments, env: Readonly<Record<string, string | undefined>>): Promise<Map<string, string>> {
  const secrets = args.secrets === undefined ? new Map<string, string>() : await readSecrets(args.secrets), out = new Map<string, string>();
  for (const name of variableNames(yaml)) {
    const value = args.variables.get(name) ?? secrets.get(name) ?? env[`RIVULET_VAR_${name}`] ?? env[name];
    if (value !== undefined) out.set(name, value);
  }
  return out;
}
/** The sentence for a file that could not be opened. */
export function unreadable(what: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' ? `${what} does not exist` : `${what} cannot be read: ${code ?? String(error)}`;
}
/** A YAML mapping of texts, or lines `name=value`. */
export async function readSecrets(path: string): Promise<Map<string, string>> {
  let text: string;
  try { text = readFileSync(path, 'utf8'); } catch (error) { throw pipelineVariableInvalid({ what: unreadable(`the secrets file '${path}'`, error) }); }
  const { parseDocument, isMap, isScalar } = await import('yaml');
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: false });
  if (document.errors.length === 0 && isMap(document.contents)) {
    return new Map(document.contents.items.map(({ key, value }) => {
      if (!isScalar(key) || !isScalar(value)) throw pipelineVariableInvalid({ what: `the secrets file '${path}' must have one text for each name` });
      return [String(key.value), value.type === 'PLAIN' ? value.source ?? '' : String(value.value ?? '')];
    }));
  }
  const out = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return;
    if (!line.includes('=')) throw pipelineVariableInvalid({ what: `line ${i + 1} of the secrets file '${path}' is not name=value` });
    out.set(...(parseAssignment(line.trimStart()) as [string, string]));
  });
  return out;
}
export const HELP = `Usage: rivulet pipeline <action> …

  run FILE.yaml      check the pipeline, start it, and show its stages
  check FILE.yaml    the precheck alone; ends with 0 when nothing failed
  list               pipelines of the server with how far they are
  stop ID            stop one; with --savepoint it can go on later

  --var name=value        value of #{name} in the document (may be repeated)
  --secrets FILE          values as a YAML mapping or lines name=value; then the environment is asked
  --server URL            server to talk to; by default the one on this machine, else one is started here
  --user NAME             who asks, with the password of RIVULET_PASSWORD; or a token in RIVULET_TOKEN
  --server-ca FILE        authority of the server's certificate, where the system does not know it
  --from-savepoint PATH   go on from a savepoint
  --detach                do not stay to show the stages
  --again                 start it although the same pipeline runs
  Other flags go to the server that is started (rivulet --help).
`;
