/** What a MySQL server lacks to be read as a source of changes. */
import { defineError, quoted } from './define.ts';

export const mysqlSourceUnready = defineError<{ server: string; table: string; problems: readonly { readonly name: string; readonly detail: string; readonly fix: string | undefined }[] }>({
  sqlstate: '55000', name: 'mysql-source-unready', domain: 'user', retry: 'never',
  message: (p) => `the changes of MySQL at ${quoted(p.server)} cannot be read: ${p.problems.map((one) => one.name).join(', ')}`,
  detail: (p) => p.problems.map((one) => one.detail).join(' '), hint: (p) => p.problems.flatMap((one) => one.fix ?? []).join(' '),
});

export const mysqlPrecheckErrors = { mysqlSourceUnready };
