/**
 * Places where crash tests let the process die. `RIVULET_KILL_AT=after-prepare:3` kills it by SIGKILL the third time it comes by; only
 * honoured in test builds (`RIVULET_TEST_BUILD=1`). Each thread counts for itself. `test/faults/kill-points.kafka.test.ts` walks all of
 * `KILL_POINTS`; `docs/exactly-once.md` says why each is safe.
 */

/** In the order in which a checkpoint passes them. */
export const CHECKPOINT_KILL_POINTS = [
  /** A batch has gone through the operators and no barrier is under way. */ 'mid-epoch',
  /** The coordinator is about to trigger. */ 'before-barrier',
  /** One operator has flushed and let the barrier through, those below it have not. */ 'between-flushes',
  /** One sink has its rows of the epoch safely out; of the others nothing is known. */ 'after-sink-prepare',
  /** All subtasks have reported; nothing is written. */ 'after-prepare',
  'before-state-write',
  /** Some bytes are with the system, or the write of the manifest is under way in another thread. */ 'during-state-write',
  /** All bytes are with the system and nothing is synced. */ 'before-state-sync',
  /** The checkpoint is true and nobody has been told. */ 'after-state-write',
  /** One sink of a subtask has committed. */ 'between-commits',
  /** All have; the coordinator has not recorded it. */ 'after-commit',
] as const;
/** Only of checkpoints that stand in files of their own: blocks of an old file have been read for the new one; the manifest no longer names a file and it is still there. */
export const FILE_KILL_POINTS = ['during-compaction', 'before-file-removal'] as const;
/** Only of transactional Kafka sinks: the lane of an epoch is closed and not acknowledged, the next one takes rows and sends none. */
export const LANE_KILL_POINTS = ['lane-held'] as const;
/** In the order in which a restore passes them. */
export const RESTORE_KILL_POINTS = [
  /** The workers have one block of state. */ 'during-state-send',
  /** They have all of it. */ 'during-restore',
  /** A worker is about to end what the checkpoint has prepared. */ 'before-recover',
  /** Transactions of one sink are committed, those of the others are not. */ 'between-recovers',
  /** All is ended and no writer has opened. */ 'after-recover',
  /** The subtasks have been sent out. */ 'after-deploy',
  /** Every sink and source is open and no row has been read. */ 'before-run',
] as const;
/** Only of transactional Kafka sinks: the checkpoint's transactions are committed and not marked; they are; the first lane of a subtask has fenced its predecessor. */
export const KAFKA_RESTORE_KILL_POINTS = ['before-marker', 'after-marker', 'after-first-lane'] as const;
export const KILL_POINTS = [...CHECKPOINT_KILL_POINTS, ...FILE_KILL_POINTS, ...LANE_KILL_POINTS, ...RESTORE_KILL_POINTS, ...KAFKA_RESTORE_KILL_POINTS] as const;
/** Of the reader of MySQL's changes: rows of a chunk are out and it is not finished; it is finished; so is its table; half a transaction is out. */
export const MYSQL_KILL_POINTS = ['mid-chunk', 'behind-chunk', 'hand-over', 'mid-transaction'] as const;
export type KillPoint = (typeof KILL_POINTS)[number] | (typeof MYSQL_KILL_POINTS)[number];

const isTestBuild = process.env['RIVULET_TEST_BUILD'] === '1';
const [wanted, countText] = isTestBuild ? (process.env['RIVULET_KILL_AT'] ?? '').split(':') : [];
let left = Number(countText ?? '1');

export function killPoint(name: KillPoint): void { if (isDue(name)) die(); }
/** Counts as `killPoint` does and leaves the end to the caller: for states that have to be made, because an ordinary run passes through them in one call. */
export const isDue = (name: KillPoint): boolean => name === wanted && --left <= 0;
export const die = (): void => { process.kill(process.pid, 'SIGKILL'); };
/** A number that test builds can set by environment, to come to a state with little data. */
export const testSetting = (variable: string, otherwise: number): number => (isTestBuild ? Number(process.env[variable] ?? otherwise) : otherwise);
