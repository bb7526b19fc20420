/**
 * Roles as PostgreSQL's clients see them. Objects belong to the server, not to users: a role that cannot log in stands for it once there are users;
 * without users it is whoever asks.
 */
import type { SystemContext, SystemRole } from './contract.ts';
import { hashOid, OWNER_OID } from './oids.ts';

const SERVER = 'rivulet';
export const ownerOf = ({ roles }: SystemContext): string => (roles.length === 1 && roles[0]?.isTrusted === true ? roles[0].name : SERVER);
/** Users by name, and the owner of everything. */
export function rolesOf(context: SystemContext): readonly (SystemRole & { readonly oid: number })[] {
  const owner = ownerOf(context), all = context.roles.some((r) => r.name === owner) ? context.roles : [...context.roles, { name: owner, isAdmin: true, canLogIn: false }];
  return all.map((r) => ({ ...r, oid: r.name === owner ? OWNER_OID : hashOid('role', r.name) }));
}
export const roleOidOf = (context: SystemContext, name: string): number | undefined => rolesOf(context).find((r) => r.name === name)?.oid;
export const roleNameOf = (context: SystemContext, oid: number): string | undefined => rolesOf(context).find((r) => r.oid === oid)?.name;
