/** Errors of keyed state: blocks that cannot be read, state that does not fit the query, limits of memory. */
import { defineError, quoted } from './define.ts';

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
export const stateErrors = { stateBlockDamaged, stateVersionUnknown, stateIncompatible, stateSpecConflict, resultRowLimit };
