/**
 * Who may come in, and what they may do: one policy for PG wire, HTTP and pipelines. Without users everybody on this machine is trusted
 * (everybody at all with --insecure-no-auth); from the first user on everybody has to log in, everywhere. What a user may do is looked up
 * at each statement, so that a changed role and a dropped user count at once.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { credentialsRefused, passwordFailed, permissionDenied, userGone } from '../../core/errors/access.ts';
import { authorizationRefused } from '../../core/errors/wire.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { matchesVerifier, type ScramVerifier } from '../../core/scram/scram.ts';
import { isLoopback } from '../config/loopback.ts';
import type { ConfiguredUser, Principal, Role } from './contract.ts';
import { Throttle, type Attempt, type ThrottleLimits } from './throttle.ts';
import { Users, type NewUser } from './users.ts';

/** read: looks only. change: of catalogs, jobs, pipelines, users, or what reaches hosts that somebody names. */
export type Need = 'read' | 'change';
export interface AccessOptions {
  /** undefined: users live as long as the process. */
  readonly dataDir: string | undefined;
  readonly configured?: readonly ConfiguredUser[] | undefined;
  readonly trustsEveryone?: boolean | undefined;
  readonly clock: Clock;
  readonly throttle?: Partial<ThrottleLimits> | undefined;
}

/** What failures of tokens are counted by: no user has such a name. */
const ANY_TOKEN = ':token';

export class Access {
  readonly users: Users;
  readonly #clock: Clock;
  readonly #trustsEveryone: boolean;
  readonly #throttle: Throttle;
  /** Who made the first user: goes on although it never logged in. */
  #founder: Principal | undefined;
  /** Passwords that were right, as keyed hashes beside the verifier they were right for: HTTP sends one with every request. */
  readonly #proven = new Map<string, { readonly verifier: ScramVerifier; readonly hash: Buffer }>();
  readonly #provenKey = randomBytes(32);
  private constructor(users: Users, options: AccessOptions) {
    this.users = users;
    this.#clock = options.clock;
    this.#trustsEveryone = options.trustsEveryone === true;
    this.#throttle = new Throttle(options.clock, options.throttle);
  }
  static async open(options: AccessOptions): Promise<Access> { return new Access(await Users.open(options.dataDir, options.configured ?? [], options.clock.now()), options); }

  /** False: see `trust`. */
  get mustLogIn(): boolean { return !this.users.isEmpty; }

  // -------------------------------------------------------------------------------------------------------------- coming in

  /** Without users. Throws authorization-refused for clients that are not on this machine. */
  trust(name: string, remote: string): Principal {
    if (!this.#trustsEveryone && !isLoopback(remote)) throw authorizationRefused({ why: `connections from ${remote} are refused because no users are configured` });
    return { name, via: 'trust' };
  }
  /** Begins an attempt to log in; throws login-throttled. */
  begin(user: string, remote: string): Attempt { return this.#throttle.begin(remote, user); }
  /** Throws password-failed, whatever is wrong, after the same work. */
  async logIn(user: string, password: string, remote: string): Promise<Principal> {
    const { verifier, isReal } = this.users.verifierOf(user), hash = createHmac('sha256', this.#provenKey).update(password).digest(), proven = this.#proven.get(user);
    if (proven !== undefined && proven.verifier === verifier && timingSafeEqual(proven.hash, hash)) return { name: user, via: 'password' };
    const attempt = this.begin(user, remote), isRight = await matchesVerifier(password, verifier);
    if (!isRight || !isReal || this.users.verifierOf(user).verifier !== verifier) { attempt.failed(); throw passwordFailed({ user }); }
    attempt.succeeded();
    this.#proven.set(user, { verifier, hash });
    return { name: user, via: 'password' };
  }
  /** Throws credentials-refused. */
  logInByToken(text: string, remote: string): Principal {
    const token = this.users.tokenOf(text, this.#clock.now());
    if (token !== undefined) return { name: token.user, via: 'token', atMost: token.role, token: token.id };
    this.begin(ANY_TOKEN, remote).failed();
    throw credentialsRefused({ what: 'the token is unknown, revoked or expired' });
  }

  // -------------------------------------------------------------------------------------------------------------- what is allowed

  /** Throws user-gone for somebody who could not come in any more. */
  roleOf(principal: Principal): Role {
    if (principal.via === 'internal') return 'admin';
    const user = this.users.get(principal.name);
    if (principal.via === 'trust') {
      if (this.mustLogIn && principal !== this.#founder) throw userGone({ user: principal.name });
      return 'admin';
    }
    if (user === undefined || (principal.token !== undefined && !this.users.tokens(principal.name, this.#clock.now()).some((t) => t.id === principal.token))) throw userGone({ user: principal.name });
    return principal.atMost ?? user.role;
  }
  /** False for somebody whose session should end. */
  isWelcome(principal: Principal): boolean { try { this.roleOf(principal); return true; } catch { return false; } }
  /**
   * The one place that says no. `what`: words behind "may not"; `why`: instead of "is read-only". Throws permission-denied, user-gone.
   */
  require(principal: Principal, need: Need, what: string, why?: string): void {
    if (this.roleOf(principal) !== 'admin' && need === 'change') throw permissionDenied({ user: principal.name, what, why });
  }
  /** Gives the role, which the first user does not choose. */
  async createUser(by: Principal, user: NewUser): Promise<Role> {
    const isFirst = this.users.isEmpty;
    if (isFirst) this.#founder = by;
    try { return await this.users.create(user, this.#clock.now()); } catch (error) {
      if (isFirst && this.users.isEmpty) this.#founder = undefined;
      throw error;
    }
  }
}
