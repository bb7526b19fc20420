/** Errors of logging in, users, tokens and rights. SQLSTATEs and texts as in PostgreSQL where it has them. Never a password or a token in any of them. */
import { defineError, quoted } from './define.ts';

/** The same for a wrong password, an empty one, and a user that does not exist. */
export const passwordFailed = defineError<{ user: string }>({
  sqlstate: '28P01', name: 'password-failed', domain: 'user', retry: 'never', message: (p) => `password authentication failed for user ${quoted(p.user)}`,
});
export const loginThrottled = defineError<{ user: string; seconds: number }>({
  sqlstate: '28000', name: 'login-throttled', domain: 'user', retry: 'backoff', message: (p) => `too many failed logins of user ${quoted(p.user)} from this address`,
  hint: (p) => `Try again in ${p.seconds} s.`,
});
export const loginRequired = defineError<{ user: string | undefined }>({
  sqlstate: '28000', name: 'login-required', domain: 'user', retry: 'never', message: () => 'this server has users: requests need a name and a password, or a token',
  hint: () => 'Send Authorization: Basic, or Bearer with a token of POST /api/v1/tokens.',
});
export const credentialsRefused = defineError<{ what: string }>({
  sqlstate: '28000', name: 'credentials-refused', domain: 'user', retry: 'never', message: (p) => p.what,
});
export const userGone = defineError<{ user: string }>({
  sqlstate: '28000', name: 'user-gone', domain: 'user', retry: 'never', message: (p) => `user ${quoted(p.user)} may not go on: it was dropped, or users were made after it came in without a password`,
  hint: () => 'Connect again with a name and a password.',
});
export const encryptionRequired = defineError<{ user: string }>({
  sqlstate: '28000', name: 'encryption-required', domain: 'user', retry: 'never', message: (p) => `user ${quoted(p.user)} must connect with TLS`, hint: () => 'Use sslmode=require, or better verify-full.',
});
export const permissionDenied = defineError<{ user: string; what: string; why?: string | undefined }>({
  sqlstate: '42501', name: 'permission-denied', domain: 'user', retry: 'never', message: (p) => `permission denied: user ${quoted(p.user)} may not ${p.what}`,
  detail: (p) => p.why ?? 'The user is read-only.', hint: (p) => (p.why === undefined ? `An admin can do it, or make an admin of the user: ALTER USER … WITH ADMIN.` : undefined),
});
export const userNotFound = defineError<{ user: string }>({
  sqlstate: '42704', name: 'user-not-found', domain: 'user', retry: 'never', message: (p) => `role ${quoted(p.user)} does not exist`, hint: () => 'SHOW USERS lists them.',
});
export const userExists = defineError<{ user: string }>({
  sqlstate: '42710', name: 'user-exists', domain: 'user', retry: 'never', message: (p) => `role ${quoted(p.user)} already exists`, hint: () => 'Change it with ALTER USER.',
});
export const userOfConfiguration = defineError<{ user: string }>({
  sqlstate: '55000', name: 'user-of-configuration', domain: 'user', retry: 'never', message: (p) => `user ${quoted(p.user)} comes from the configuration file`, hint: () => 'Change it there, under "users:", and start the server again.',
});
export const noAdminLeft = defineError<{ what: string }>({
  sqlstate: '55000', name: 'no-admin-left', domain: 'user', retry: 'never', message: (p) => p.what, detail: () => 'Users without an admin among them could never be changed.',
});
export const currentUserDropped = defineError<Record<never, never>>({
  sqlstate: '55006', name: 'current-user-dropped', domain: 'user', retry: 'never', message: () => 'current user cannot be dropped', hint: () => 'Another admin can. While the server is stopped, rivulet user drop does it.',
});
export const invalidUser = defineError<{ what: string; hint?: string | undefined }>({
  sqlstate: '22023', name: 'invalid-user', domain: 'user', retry: 'never', message: (p) => p.what, hint: (p) => p.hint,
});
export const tooManyOf = defineError<{ what: string; limit: number }>({
  sqlstate: '53400', name: 'too-many-of', domain: 'user', retry: 'never', message: (p) => `there are ${p.limit} ${p.what} already, which is the limit`,
});
export const tokenNotFound = defineError<{ id: string }>({
  sqlstate: '42704', name: 'token-not-found', domain: 'user', retry: 'never', message: (p) => `token ${quoted(p.id)} does not exist`, hint: () => 'GET /api/v1/tokens lists yours.',
});
/** A file that cannot be read must never look like "no users". */
export const usersUnreadable = defineError<{ path: string; why: string }>({
  sqlstate: 'F0000', name: 'users-unreadable', domain: 'user', retry: 'never', message: (p) => `could not read the users in ${quoted(p.path)}: ${p.why}`,
  hint: () => 'The server does not start without its users: bring the file back from a backup, or remove it and make the users anew.',
});
export const usersUnwritable = defineError<{ path: string; why: string }>({
  sqlstate: '58030', name: 'users-unwritable', domain: 'external', retry: 'never', message: (p) => `could not write the users to ${quoted(p.path)}: ${p.why}`, detail: () => 'Nothing was changed.',
});
export const tlsUnusable = defineError<{ why: string }>({
  sqlstate: 'F0000', name: 'tls-unusable', domain: 'user', retry: 'never', message: (p) => `TLS cannot be used: ${p.why}`, hint: () => 'Check the files of --tls-cert, --tls-key and --tls-client-ca.',
});
export const handshakeFailed = defineError<Record<never, never>>({
  sqlstate: '08006', name: 'handshake-failed', domain: 'user', retry: 'never', message: () => 'the TLS handshake failed',
});
export const auditUnusable = defineError<{ path: string; why: string }>({
  sqlstate: 'F0000', name: 'audit-unusable', domain: 'user', retry: 'never', message: (p) => `cannot write the audit log ${quoted(p.path)}: ${p.why}`,
});
export const accessErrors = {
  passwordFailed, loginThrottled, loginRequired, credentialsRefused, userGone, encryptionRequired, permissionDenied, userNotFound, userExists, userOfConfiguration, noAdminLeft, currentUserDropped, invalidUser, tooManyOf, tokenNotFound,
  usersUnreadable, usersUnwritable, tlsUnusable, handshakeFailed, auditUnusable,
};
