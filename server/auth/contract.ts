/** Words of access: who somebody is, what users there are. */
import type { ScramVerifier } from '../../core/scram/scram.ts';

export const ROLES = ['admin', 'read-only'] as const;
export type Role = (typeof ROLES)[number];

/** Who a session or a request acts for. Made only by `Access`. */
export interface Principal {
  readonly name: string;
  /** trust: nobody has to log in here. internal: the server itself. */
  readonly via: 'trust' | 'password' | 'token' | 'internal';
  /** A token may carry less than its user's role. */
  readonly atMost?: Role | undefined;
  /** Of the token it came with. */
  readonly token?: string | undefined;
}
export interface User {
  readonly name: string;
  readonly role: Role;
  /** undefined: has no password yet, cannot log in. */
  readonly verifier: ScramVerifier | undefined;
  readonly createdMs: number;
  /** From the configuration file: SQL cannot change it. */
  readonly isConfigured: boolean;
}
/** What others may see of a user. */
export interface UserInfo { readonly name: string; readonly role: Role; readonly canLogIn: boolean; readonly isConfigured: boolean }
export interface Token {
  readonly id: string;
  readonly user: string;
  /** SHA-256 of the token's text, in base64: whoever reads the file cannot use it. */
  readonly hash: string;
  readonly role: Role | undefined;
  readonly label: string | undefined;
  readonly createdMs: number;
  readonly expiresMs: number;
}
/** `users:` of the configuration file. */
export interface ConfiguredUser { readonly name: string; readonly role: Role; readonly secret: { readonly verifier: ScramVerifier } | { readonly password: string } }

/** The server itself: warming up, tests of the engine alone. */
export const INTERNAL: Principal = { name: 'rivulet', via: 'internal' };
