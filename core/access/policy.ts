/**
 * What statements may make the server read and reach: folders that options may name files in, hosts that connectors may open connections
 * to. Decided once, from the server's configuration, and the same in every thread: the composition root sets it, worker threads are
 * started with it. Where nobody has set one (a part used by itself, as in tests) nothing is refused.
 */
export interface AccessPolicy {
  /** Absolute paths; files below them may be read through options. undefined = any file. */
  readonly folders: readonly string[] | undefined;
  /** Absolute paths inside which nothing is read, whatever `folders` says: the data directory. */
  readonly closedFolders: readonly string[];
  /** Host names, `*.suffix`, addresses, networks (`10.0.0.0/8`), `*`. Empty = every host but link-local and metadata addresses. undefined = no check. */
  readonly hosts: readonly string[] | undefined;
}
const OPEN: AccessPolicy = Object.freeze({ folders: undefined, closedFolders: [], hosts: undefined });
let policy: AccessPolicy = OPEN;

export const accessPolicy = (): AccessPolicy => policy;
export function setAccessPolicy(next: AccessPolicy | undefined): void { policy = next ?? OPEN; }
