/** Items of a precheck: what was looked at, what was found, how to mend it. Checks never throw for what they find. */
import { RivuletError } from '../../core/errors/define.ts';

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skipped';
/** `name`: short, in lower case. `detail`: what was found, a sentence. `fix`: what to do, for items that are not `pass`. */
export interface CheckItem { readonly name: string; readonly status: CheckStatus; readonly detail: string; readonly fix?: string | undefined }

export const pass = (name: string, detail: string): CheckItem => ({ name, status: 'pass', detail });
export const warn = (name: string, detail: string, fix: string): CheckItem => ({ name, status: 'warn', detail, fix });
export const fail = (name: string, detail: string, fix: string | undefined): CheckItem => ({ name, status: 'fail', detail, fix });
export const skipped = (name: string, detail: string, fix?: string): CheckItem => ({ name, status: 'skipped', detail, fix });
/** An error as an item; anything but a RivuletError is a bug and thrown on. */
export function failed(name: string, error: unknown): CheckItem {
  if (!(error instanceof RivuletError)) throw error;
  return fail(name, `${capital(error.message)}.${error.detail === undefined ? '' : ` ${error.detail}`}`, error.hint);
}
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
/** The first few of a list and how many more there are. */
export const few = (names: readonly string[], most = 5): string => (names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`);
