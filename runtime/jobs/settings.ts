/**
 * The options of a job, read once from the texts given at submit. Keys and meanings are Flink's; defaults too unless the card says
 * otherwise.
 */
import { parseBoolean, parseDuration, parseEnum, parseInteger, parseMemory } from '../../catalog/options/options.ts';
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { invalidOptionValue } from '../../core/errors/common.ts';

export const jobOptions: readonly DeclaredOption[] = [
  { key: 'parallelism.default', type: 'int', description: "Subtasks of each operator; by default the server's number of workers." },
  { key: 'table.exec.resource.default-parallelism', type: 'int', default: '-1', description: 'Overrides parallelism.default when positive.' },
  { key: 'execution.checkpointing.interval', type: 'duration', default: '10 s', description: 'Time from one checkpoint to the next; 0 turns periodic checkpoints off. Flink has none by default.' },
  { key: 'execution.checkpointing.timeout', type: 'duration', default: '10 min', description: 'A checkpoint that takes longer counts as failed.' },
  { key: 'execution.checkpointing.min-pause', type: 'duration', default: '0 ms', description: 'Least time from the end of a checkpoint to the start of the next.' },
  { key: 'execution.checkpointing.tolerable-failed-checkpoints', type: 'int', default: '0', description: 'Failures in a row that do not make the job fail.' },
  { key: 'execution.checkpointing.num-retained', type: 'int', default: '2', description: 'Completed checkpoints that are kept; with more than one, the one before takes the place of one that is damaged. 1 in Flink.' },
  { key: 'state.checkpoints.num-retained', type: 'int', description: "Flink's older name of 'execution.checkpointing.num-retained'; the newer one goes before it." },
  { key: 'execution.savepoint.path', type: 'string', description: 'State to start from: a savepoint (a path, or a name in the savepoints folder of the data directory), or `checkpoint:<job id>[/<epoch>]` of a job that is down.' },
  { key: 'execution.savepoint.ignore-unclaimed-state', type: 'boolean', default: 'false', description: 'Drop state of operators that the new query does not have.' },
  { key: 'execution.state-recovery.path', type: 'string', description: "Flink's newer name of 'execution.savepoint.path'; goes before it." },
  { key: 'execution.state-recovery.ignore-unclaimed-state', type: 'boolean', description: "Flink's newer name of 'execution.savepoint.ignore-unclaimed-state'; goes before it." },
  { key: 'execution.state.memory-limit', type: 'memory', description: 'Most memory the state of the job may take; a job that needs more fails. By default what the server has for state (`--memory-limit`).' },
  { key: 'restart-strategy.type', type: 'enum', values: ['exponential-delay', 'fixed-delay', 'failure-rate', 'none', 'exponentialdelay', 'fixeddelay', 'failurerate', 'off', 'disable'], description: 'What happens when the job fails; exponential-delay by default, none when checkpoints are off.' },
  { key: 'restart-strategy.fixed-delay.attempts', type: 'int', default: '1', description: 'Restarts before the job fails for good.' },
  { key: 'restart-strategy.fixed-delay.delay', type: 'duration', default: '1 s', description: 'Time before each restart.' },
  { key: 'restart-strategy.failure-rate.max-failures-per-interval', type: 'int', default: '1', description: 'Failures within the interval that are still followed by a restart.' },
  { key: 'restart-strategy.failure-rate.failure-rate-interval', type: 'duration', default: '1 min', description: 'Interval in which failures are counted.' },
  { key: 'restart-strategy.failure-rate.delay', type: 'duration', default: '1 s', description: 'Time before each restart.' },
  { key: 'restart-strategy.exponential-delay.initial-backoff', type: 'duration', default: '1 s', description: 'Time before the first restart.' },
  { key: 'restart-strategy.exponential-delay.max-backoff', type: 'duration', default: '1 min', description: 'Longest time before a restart.' },
  { key: 'restart-strategy.exponential-delay.backoff-multiplier', type: 'string', default: '1.5', description: 'Growth of the delay from restart to restart.' },
  { key: 'restart-strategy.exponential-delay.reset-backoff-threshold', type: 'duration', default: '1 h', description: 'After so long without a failure the delay starts over.' },
  { key: 'restart-strategy.exponential-delay.jitter-factor', type: 'string', default: '0.1', description: 'Share of the delay that is random.' },
  { key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff', type: 'int', description: 'Restarts without a reset before the job fails for good; unlimited by default.' },
];

export type RestartStrategySettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed-delay'; readonly attempts: number; readonly delayMs: number }
  | { readonly kind: 'failure-rate'; readonly maxFailures: number; readonly intervalMs: number; readonly delayMs: number }
  | { readonly kind: 'exponential-delay'; readonly initialMs: number; readonly maxMs: number; readonly multiplier: number; readonly resetMs: number; readonly jitter: number; readonly attempts: number };

export interface JobSettings {
  readonly parallelism: number;
  /** 0 = no periodic checkpoints. */
  readonly checkpointIntervalMs: number;
  readonly checkpointTimeoutMs: number;
  readonly minPauseMs: number;
  readonly tolerableFailures: number;
  /** At least 1. */
  readonly retainedCheckpoints: number;
  readonly savepointPath: string | undefined;
  readonly ignoreUnclaimedState: boolean;
  /** Of all its state, in bytes; undefined: the server's limit alone. */
  readonly memoryLimitBytes: number | undefined;
  readonly restart: RestartStrategySettings;
}

const cards = new Map(jobOptions.map((card) => [card.key, card]));

/** Throws `invalid-option-value`. */
export function jobSettings(texts: Readonly<Record<string, string>>, serverParallelism: number): JobSettings {
  const text = (key: string): string | undefined => (Object.hasOwn(texts, key) ? texts[key] : cards.get(key)?.default);
  const duration = (key: string): number => parseDuration(key, text(key) ?? '0');
  const forTables = text('table.exec.resource.default-parallelism'), isForTables = forTables !== undefined && parseInteger('table.exec.resource.default-parallelism', forTables, -1, 1024) > 0;
  const parallelism = isForTables ? forTables : text('parallelism.default'), savepointPath = text('execution.state-recovery.path') ?? text('execution.savepoint.path');
  const memoryLimit = text('execution.state.memory-limit');
  const checkpointIntervalMs = duration('execution.checkpointing.interval');
  return {
    parallelism: parallelism === undefined ? serverParallelism : parseInteger('parallelism.default', parallelism, 1, 1024),
    checkpointIntervalMs,
    checkpointTimeoutMs: duration('execution.checkpointing.timeout'),
    minPauseMs: duration('execution.checkpointing.min-pause'),
    tolerableFailures: parseInteger('execution.checkpointing.tolerable-failed-checkpoints', text('execution.checkpointing.tolerable-failed-checkpoints') ?? '0', 0),
    retainedCheckpoints: parseInteger('execution.checkpointing.num-retained', (Object.hasOwn(texts, 'execution.checkpointing.num-retained') ? undefined : text('state.checkpoints.num-retained')) ?? text('execution.checkpointing.num-retained') ?? '2', 1, 1000),
    savepointPath: savepointPath === undefined || savepointPath.trim() === '' ? undefined : savepointPath.trim(),
    ignoreUnclaimedState: parseBoolean('execution.state-recovery.ignore-unclaimed-state', text('execution.state-recovery.ignore-unclaimed-state') ?? text('execution.savepoint.ignore-unclaimed-state') ?? 'false'),
    memoryLimitBytes: memoryLimit === undefined || memoryLimit.trim() === '' ? undefined : parseMemory('execution.state.memory-limit', memoryLimit),
    restart: restartSettings(text, duration, checkpointIntervalMs > 0),
  };
}

function restartSettings(text: (key: string) => string | undefined, duration: (key: string) => number, hasCheckpoints: boolean): RestartStrategySettings {
  const given = text('restart-strategy.type') ?? text('restart-strategy') ?? (hasCheckpoints ? 'exponential-delay' : 'none');
  const kind = parseEnum('restart-strategy.type', given, cards.get('restart-strategy.type')?.values ?? []);
  const integer = (key: string, least: number): number => parseInteger(key, text(key) ?? '0', least);
  switch (kind) {
    case 'fixed-delay': case 'fixeddelay': return { kind: 'fixed-delay', attempts: integer('restart-strategy.fixed-delay.attempts', 0), delayMs: duration('restart-strategy.fixed-delay.delay') };
    case 'failure-rate': case 'failurerate': return {
      kind: 'failure-rate', maxFailures: integer('restart-strategy.failure-rate.max-failures-per-interval', 0),
      intervalMs: duration('restart-strategy.failure-rate.failure-rate-interval'), delayMs: duration('restart-strategy.failure-rate.delay'),
    };
    case 'exponential-delay': case 'exponentialdelay': {
      const prefix = 'restart-strategy.exponential-delay.', attempts = text(`${prefix}attempts-before-reset-backoff`);
      return {
        kind: 'exponential-delay', initialMs: duration(`${prefix}initial-backoff`), maxMs: duration(`${prefix}max-backoff`),
        multiplier: parseFactor(`${prefix}backoff-multiplier`, text(`${prefix}backoff-multiplier`), 1, 100), resetMs: duration(`${prefix}reset-backoff-threshold`),
        jitter: parseFactor(`${prefix}jitter-factor`, text(`${prefix}jitter-factor`), 0, 1),
        attempts: attempts === undefined || /^infinite$/i.test(attempts) ? Number.POSITIVE_INFINITY : parseInteger(`${prefix}attempts-before-reset-backoff`, attempts, 0),
      };
    }
    default: return { kind: 'none' };
  }
}
function parseFactor(option: string, text: string | undefined, least: number, most: number): number {
  const value = /^\s*\d+(\.\d+)?\s*$/.test(text ?? '') ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw invalidOptionValue({ option, value: text ?? '', expected: `a number from ${least} to ${most}` });
  return value;
}
