/** Statements about jobs and their savepoints: STOP, DROP, RESTART JOB, CREATE SAVEPOINT FOR JOB, DROP SAVEPOINT. */
import { RivuletError } from '../../core/errors/define.ts';
import type { Statement } from '../../planner/sql/ast-statement.ts';
import type { JobManager } from '../../runtime/jobs/contract.ts';
import type { StatementResult } from './contract.ts';
import { done, oneColumn } from './results.ts';

type JobStatement = Extract<Statement, { kind: 'stopJob' | 'dropJob' | 'restartJob' | 'savepointJob' | 'dropSavepoint' }>;
const SAVEPOINT_PATH = 'savepoint path';

export async function jobStatement(jobs: JobManager, s: JobStatement): Promise<StatementResult> {
  switch (s.kind) {
    case 'stopJob': {
      const { savepointPath } = await jobs.stop(s.jobId, { savepoint: s.withSavepoint, drain: s.withDrain });
      return s.withSavepoint ? oneColumn('STOP JOB', SAVEPOINT_PATH, savepointPath === undefined ? [] : [savepointPath]) : done('STOP JOB');
    }
    case 'dropJob':
      if (!s.ifExists || jobs.summary(s.jobId) !== undefined) await jobs.drop(s.jobId);
      return done('DROP JOB');
    case 'restartJob':
      await jobs.restart(s.jobId, { from: s.from === undefined ? 'latest' : s.from.kind === 'initial' ? 'initial' : { savepointPath: s.from.path } });
      return done('RESTART JOB');
    case 'savepointJob': return oneColumn('CREATE SAVEPOINT', SAVEPOINT_PATH, [(await jobs.savepoint(s.jobId)).savepointPath]);
    case 'dropSavepoint':
      try { await jobs.dropSavepoint(s.path); } catch (error) {
        const isMissing = error instanceof RivuletError && error.code === 'savepoint-missing';
        if (!(s.ifExists && isMissing)) throw error;
      }
      return done('DROP SAVEPOINT');
  }
}
