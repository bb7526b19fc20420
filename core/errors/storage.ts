/** Errors of the data directory: who else uses it, what cannot be read or written, versions that do not know each other. */
import { defineError, quoted } from './define.ts';

export const stateVersionUnknown = defineError<{ path: string; what?: string | undefined; found: number; known: number; writer: string; reader: string }>({
  sqlstate: '0A000', name: 'state-version-unknown', domain: 'user', retry: 'never',
  message: (p) => `${p.what ?? 'state'} in ${quoted(p.path)} has format ${p.found}, Rivulet ${p.reader} knows up to ${p.known}`,
  detail: (p) => `It was written by Rivulet ${p.writer}.`, hint: () => 'Run the version that wrote it, or a newer one.',
});
export const dataDirectoryInUse = defineError<{ path: string }>({
  sqlstate: '55006', name: 'data-directory-in-use', domain: 'user', retry: 'never', message: (p) => `another server uses data directory ${quoted(p.path)}`,
  hint: () => 'Stop it, or give this server another --data-dir.',
});
export const dataDirectoryUnusable = defineError<{ path: string; why: string }>({
  sqlstate: '58030', name: 'data-directory-unusable', domain: 'user', retry: 'never', message: (p) => `cannot use data directory ${quoted(p.path)}: ${p.why}`,
});
export const stateStoreUnreadable = defineError<{ path: string; why: string }>({
  sqlstate: 'XX001', name: 'state-store-unreadable', domain: 'external', retry: 'never', message: (p) => `the store ${quoted(p.path)} cannot be opened`,
  detail: (p) => `${p.why}.`, hint: () => 'Restore the data directory from a backup, or move this folder and the file beside it away to start without what it held.',
});
export const catalogDamaged = defineError<{ path: string; why: string; witness: string }>({
  sqlstate: 'XX001', name: 'catalog-damaged', domain: 'external', retry: 'never', message: (p) => `the stored catalog ${quoted(p.path)} is damaged`,
  detail: (p) => `${p.why}.`, hint: (p) => `Restore the folder from a backup; or remove ${quoted(p.witness)} to start with the definitions that can be read.`,
});
export const dataWriteFailed = defineError<{ path: string; why: string }>({
  sqlstate: '58030', name: 'data-write-failed', domain: 'external', retry: 'backoff', message: (p) => `could not write to ${quoted(p.path)}: ${p.why}`,
  detail: () => 'Nothing was changed.', hint: () => 'Check the free space and the health of the disk with the data directory, and try again.',
});
/** Not damage: the system does not let us read what may be whole. */
export const dataReadFailed = defineError<{ path: string; why: string }>({
  sqlstate: '58030', name: 'data-read-failed', domain: 'external', retry: 'restart', message: (p) => `could not read ${quoted(p.path)}: ${p.why}`,
  hint: () => 'Nothing was given up. Check permissions, the limit of open files and the disk with the data directory.',
});
export const storageErrors = { dataReadFailed,  stateVersionUnknown, dataDirectoryInUse, dataDirectoryUnusable, stateStoreUnreadable, catalogDamaged, dataWriteFailed };
