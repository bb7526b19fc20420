/** Access for tests of one part alone: nobody has to log in. */
import { Access } from '../../server/auth/access.ts';
import { silentAudit } from '../../server/auth/audit.ts';
import type { Authenticator } from '../../server/pgwire/auth.ts';
import { systemClock } from '../../server/ports/clock.ts';

export const trustAll: Authenticator = async (login) => ({ name: login.user, via: 'trust' });
export const openAccess = { access: await Access.open({ dataDir: undefined, clock: systemClock }), audit: silentAudit };
