/** How a relation's rows are written down: objects by column name; what they leave out is zero in tables and NULL in views. */
import { maskOption } from '../../options/secrets.ts';
import type { Snapshot } from '../snapshot.ts';

export type RowObject = Readonly<Record<string, unknown>>;
/** Makes all rows of one relation, e.g. of `pg_catalog.pg_class`. */
export interface Provider { readonly name: string; /** See SystemTable.demandBy. */ readonly demandBy?: string | undefined; readonly demandConstant?: string | undefined; rows(snapshot: Snapshot): Promise<readonly RowObject[]> }

/** PostgreSQL has no NULLs in most columns of its tables; NULL stands only where the type has no natural zero. */
export function zeroOf(pg: string): unknown {
  switch (pg) {
    case 'bool': return false;
    case 'int2': case 'int4': case 'int8': case 'oid': case 'xid': case 'float4': case 'float8': case 'regproc': return 0;
    case 'char': case 'name': return '';
    case 'int2vector': case 'oidvector': return [];
    default: return null;
  }
}
/** `key=value` with secrets masked, as SHOW CREATE TABLE masks them. */
export const optionText = (key: string, value: string): string => `${key}=${maskOption(key, value)}`;
export const quoteName = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
export const yesOrNo = (yes: boolean): string => (yes ? 'YES' : 'NO');
