/** Errors of keyed state: blocks that cannot be read, state that does not fit the query, limits of memory. */
import { bytesText, defineError, quoted } from './define.ts';

/** A block's checksum, length or marks are wrong. The checkpoint before may still be good. */
export const stateBlockDamaged = defineError<{ block: string; why: string }>({
  sqlstate: 'XX001', name: 'state-block-damaged', domain: 'external', retry: 'never',
  message: (p) => `state block ${quoted(p.block)} is damaged`, detail: (p) => `${p.why}.`,
  hint: () => 'Restore an older checkpoint or a savepoint.',
});
export const stateVersionUnknown = defineError<{ table: string; found: number; known: number }>({
  sqlstate: '0A000', name: 'state-version-unknown', domain: 'user', retry: 'never',
  message: (p) => `state of table ${quoted(p.table)} has format version ${p.found}, this server reads version ${p.known}`,
  hint: () => 'It was written by a newer server; start that one.',
});
export const stateIncompatible = defineError<{ table: string; stored: string; wanted: string }>({
  sqlstate: '55000', name: 'state-incompatible', domain: 'user', retry: 'never',
  message: (p) => `stored state of table ${quoted(p.table)} does not fit the query`,
  detail: (p) => `Stored: ${p.stored}. The query needs: ${p.wanted}.`,
  hint: () => 'The query has changed. Start it without its state, or keep the columns this operator stores.',
});
export const stateSpecConflict = defineError<{ table: string; has: string; wanted: string }>({
  sqlstate: 'XX000', name: 'state-spec-conflict', domain: 'internal', retry: 'never',
  message: (p) => `state table ${quoted(p.table)} is asked for in two shapes`, detail: (p) => `${p.has}, then ${p.wanted}.`,
});
export const resultRowLimit = defineError<{ limit: number; what: string }>({
  sqlstate: '54000', name: 'result-row-limit', domain: 'user', retry: 'never',
  message: (p) => `${p.what} would hold more than ${p.limit} rows in memory`,
  hint: () => 'Add a LIMIT or a narrower WHERE, or write the result to a table.',
});
export interface StateMemoryFacts { readonly operator: string; readonly operatorBytes: number; readonly jobBytes: number; readonly usedBytes: number; readonly neededBytes: number; readonly limitBytes: number; /** The job's own limit, not the server's. */ readonly isJob: boolean }
export const stateMemoryExceeded = defineError<StateMemoryFacts>({
  sqlstate: '53200', name: 'state-memory-exceeded', domain: 'user', retry: 'never',
  message: (p) => `state of operator ${quoted(p.operator)} does not fit into the memory of the ${p.isJob ? 'job' : 'server'}`,
  detail: (p) => `The operator holds ${bytesText(p.operatorBytes)} and needs ${bytesText(p.neededBytes)} more; its job holds ${bytesText(p.jobBytes)}, all jobs ${bytesText(p.usedBytes)}, of ${bytesText(p.limitBytes)} for state${p.isJob ? " ('execution.state.memory-limit')" : ' (--memory-limit)'}.`,
  hint: (p) => `Bound the state with 'table.exec.state.ttl' or by fewer keys and columns, or give ${p.isJob ? "the job a higher 'execution.state.memory-limit'" : 'the server more memory with --memory-limit'}. State is kept in memory alone; RESTART JOB goes on from the last checkpoint.`,
});
export const stateTooLargeToRestore = defineError<{ epoch: number; stateBytes: number; limitBytes: number; largest: string; largestBytes: number; isJob: boolean }>({
  sqlstate: '53200', name: 'state-too-large-to-restore', domain: 'user', retry: 'never',
  message: (p) => `checkpoint ${p.epoch} does not fit into the memory of the ${p.isJob ? 'job' : 'server'}`,
  detail: (p) => `It holds ${bytesText(p.stateBytes)} of state, of which operator ${quoted(p.largest)} has ${bytesText(p.largestBytes)}; there are ${bytesText(p.limitBytes)} for state${p.isJob ? " ('execution.state.memory-limit')" : ' (--memory-limit)'}. Nothing was read of it; the checkpoint is kept.`,
  hint: (p) => `Give ${p.isJob ? "the job a higher 'execution.state.memory-limit'" : 'the server more memory with --memory-limit'} and RESTART JOB, or start it with less state (RESTART JOB … FROM INITIAL with a 'table.exec.state.ttl').`,
});
export const stateErrors = { stateMemoryExceeded, stateTooLargeToRestore, stateBlockDamaged, stateVersionUnknown, stateIncompatible, stateSpecConflict, resultRowLimit };
