/**
 * The life of a job as one table: from each status, the statuses it may go to. Flink: JobStatus. A stop with savepoint ends in FINISHED.
 *
 *   CREATED → INITIALIZING → RUNNING → FINISHED
 *                  ↑     ↘      ↓ ↘
 *              RESTARTING ← FAILING → FAILED        any of them → CANCELLING → CANCELED;  server shutdown → SUSPENDED
 */
import { invariant } from '../../core/errors/common.ts';
import type { JobStatus } from './contract.ts';

export const transitions: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  CREATED: ['INITIALIZING', 'CANCELLING', 'SUSPENDED'],
  INITIALIZING: ['RUNNING', 'FAILING', 'FINISHED', 'CANCELLING', 'SUSPENDED'],
  RUNNING: ['FINISHED', 'FAILING', 'CANCELLING', 'SUSPENDED', 'CREATED'],
  FAILING: ['FAILED', 'RESTARTING', 'CANCELLING', 'SUSPENDED'],
  RESTARTING: ['INITIALIZING', 'CANCELLING', 'SUSPENDED', 'CREATED'],
  CANCELLING: ['CANCELED', 'CREATED', 'SUSPENDED'],
  FAILED: ['CREATED'],
  FINISHED: ['CREATED'],
  CANCELED: ['CREATED'],
  SUSPENDED: [],
};
export const FINAL: ReadonlySet<JobStatus> = new Set(['FAILED', 'FINISHED', 'CANCELED']);

export function checkTransition(from: JobStatus, to: JobStatus): void { invariant(transitions[from].includes(to), `a job does not go from ${from} to ${to}`); }
