/** Who may log in. The seam for SCRAM-SHA-256: an authenticator is asked after the start-up packet and before anything else is read. */
import { authorizationRefused } from '../../core/errors/wire.ts';
import { isLoopback } from '../config/loopback.ts';

export interface Login { readonly user: string; readonly database: string | undefined; readonly remoteAddress: string }
/** Resolves when the client may go on; throws authorizationRefused (28000) otherwise. */
export type Authenticator = (login: Login) => Promise<void>;

/** No users are configured: everybody on this machine may log in, nobody else. */
export const trustLoopback: Authenticator = async (login) => {
  if (!isLoopback(login.remoteAddress)) throw authorizationRefused({ why: `connections from ${login.remoteAddress} are refused because no users are configured` });
};
/** What --insecure-no-auth asks for. */
export const trustEveryone: Authenticator = async () => {};
