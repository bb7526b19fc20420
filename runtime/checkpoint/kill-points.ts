/**
 * Places where crash tests let the process die. `RIVULET_KILL_AT=after-prepare:3` kills it by SIGKILL the third time it comes by; only
 * honoured in test builds (`RIVULET_TEST_BUILD=1`). Each thread counts for itself.
 */
export const KILL_POINTS = ['before-barrier', 'after-prepare', 'before-state-write', 'after-state-write', 'between-commits', 'after-commit', 'during-restore'] as const;
/** Of the reader of MySQL's changes: rows of a chunk are out and it is not finished; it is finished; so is its table; half a transaction is out. */
export const MYSQL_KILL_POINTS = ['mid-chunk', 'behind-chunk', 'hand-over', 'mid-transaction'] as const;
export type KillPoint = (typeof KILL_POINTS)[number] | (typeof MYSQL_KILL_POINTS)[number];

const [wanted, countText] = process.env['RIVULET_TEST_BUILD'] === '1' ? (process.env['RIVULET_KILL_AT'] ?? '').split(':') : [];
let left = Number(countText ?? '1');

export function killPoint(name: string): void {
  if (name !== wanted || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
}
