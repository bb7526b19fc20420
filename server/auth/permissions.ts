/**
 * What a statement needs. Everything that is not named here as looking only is a change, so a new kind of statement is refused to readers
 * until somebody has thought about it.
 *
 * Readers may make temporary views but no temporary tables, and give tables no other options than where to begin reading: a table, or an
 * option, could make this server reach any host with any credentials.
 */
import type { Hint, OptionNode } from '../../planner/sql/ast.ts';
import type { Drop, Statement } from '../../planner/sql/ast-statement.ts';
import type { Need } from './access.ts';
import type { Principal } from './contract.ts';

/** `what`: words behind "may not". `why`: when it is not because of the statement's kind. */
export interface Needed { readonly need: Need; readonly what: string; readonly why?: string | undefined }
const READ: Needed = { need: 'read', what: 'log in' };
const change = (what: string): Needed => ({ need: 'change', what });

/** Everybody may change their own password, but not with a token: a stolen one would become the whole account. */
export function needOf(statement: Statement, { name: user, via }: Pick<Principal, 'name' | 'via'>): Needed {
  switch (statement.kind) {
    // What stands inside is asked for when it is run.
    case 'executeStatement': case 'executePrepared': case 'prepare':
    case 'setOption': case 'setTransaction': case 'showOptions': case 'resetOption': case 'show': case 'describe': case 'useCatalog': case 'useDatabase': case 'useModules':
    case 'transaction': case 'savepoint': case 'endStatementSet': case 'fetchCursor': case 'closeCursor': case 'discard': case 'deallocate': case 'notification': return READ;
    case 'queryStatement': case 'declareCursor': case 'explain': return ofOptions(statement);
    case 'copy': return statement.direction === 'TO STDOUT' ? ofOptions(statement) : change(`run COPY ${statement.direction}`);
    case 'createView': return statement.temporary ? ofOptions(statement) : change('create views that stay');
    case 'drop': return isOwnView(statement) ? READ : change(`drop a ${statement.target.toLowerCase()}`);
    case 'createTable': return change(statement.temporary ? 'create tables, not even temporary ones: they reach any host that is named in them' : 'create tables');
    case 'insert': case 'statementSet': case 'beginStatementSet': return change('start jobs');
    case 'stopJob': return change('stop jobs');
    case 'restartJob': return change('restart jobs');
    case 'dropJob': return change('drop jobs');
    case 'alterUser': {
      const isOwnPassword = (statement.name === undefined || statement.name.value === user) && statement.role === undefined;
      return isOwnPassword && via !== 'token' ? READ : { ...change(isOwnPassword ? 'change a password' : 'change other users'), why: isOwnPassword ? 'A token does not change the password of its user: log in with the password.' : undefined };
    }
    case 'createUser': return change('create users');
    case 'dropUser': return change('drop users');
    default: return change(`run ${wordsOf(statement)}`);
  }
}
const isOwnView = (s: Drop): boolean => s.temporary && s.target === 'VIEW';
/** `createFunction` → `CREATE FUNCTION`. */
export const wordsOf = (statement: Statement): string => statement.kind === 'queryStatement' ? 'SELECT' : statement.kind.replace(/[A-Z]/g, (c) => ` ${c}`).toUpperCase();

/** Keys of OPTIONS hints that only say where to begin. Their values may not refer to secrets and files either: errors could show them. */
const HARMLESS = /^scan\.(startup|bounded)\./;
function ofOptions(statement: Statement): Needed {
  for (const { key, value } of hinted(statement)) if (!HARMLESS.test(key) || value.includes('${')) return { need: 'change', what: `set the table option '${key}'`, why: 'Read-only users set only options of scan.startup and scan.bounded: others, and references to secrets, could make the server reach other hosts or tell what it knows.' };
  return READ;
}
/** The options of all OPTIONS hints in a tree. By a stack: trees may be deep. */
function* hinted(root: Statement): Generator<OptionNode> {
  const left: unknown[] = [root];
  for (let node = left.pop(); node !== undefined || left.length > 0; node = left.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { kind, name, args } = node as Partial<Hint>;
    if (kind === 'hint' && name?.value.toUpperCase() === 'OPTIONS') for (const a of args ?? []) if (a.kind === 'option') yield a;
    left.push(...Object.values(node).filter((value) => typeof value === 'object'));
  }
}
