/**
 * The one gate through which connectors open connections, Kafka and MySQL alike: bootstrap servers and addresses that brokers advertise,
 * servers of tables, catalogs and pipelines. The address that is connected to is the one that was judged, so a name cannot stand for
 * something else between the two.
 */
import { lookup as resolveName, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { accessPolicy } from '../../../core/access/policy.ts';
import { HostRules } from '../../../core/access/hosts.ts';
import { hostRefused } from '../../../core/errors/secrets.ts';
import type { RivuletError } from '../../../core/errors/define.ts';

let madeOf: readonly string[] | undefined, rules: HostRules | undefined;
function rulesNow(): HostRules | undefined {
  const { hosts } = accessPolicy();
  if (hosts !== madeOf) { madeOf = hosts; rules = hosts === undefined ? undefined : new HostRules(hosts); }
  return rules;
}
const refused = (host: string, address: string, why: string): RivuletError => hostRefused({ host, address, why, fix: `Whoever runs the server can allow it: --connector-hosts (RIVULET_CONNECTOR_HOSTS) with ${/link-local/.test(why) ? `the address ${address}` : `${host} or ${address}`} in the list.` });

/**
 * What to give to `net.connect` or `tls.connect` beside host and port. Throws connector-host-refused for an address that is refused; a
 * name that stands for refused addresses only makes the socket emit that error.
 */
export function reachable(host: string): { readonly lookup?: LookupFunction } {
  const now = rulesNow();
  if (now === undefined) return {};
  const literal = host.replace(/%.*$/, '');
  if (isIP(literal) !== 0) {
    const why = now.refusal(literal, literal);
    if (why !== undefined) throw refused(host, literal, why);
    return {};
  }
  return { lookup: (name, options, done) => { judgedLookup(now, name, options, done); } };
}
function judgedLookup(now: HostRules, name: string, options: LookupOptions, done: Parameters<LookupFunction>[2]): void {
  resolveName(name, { ...options, all: true }, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
    if (error !== null) { done(error, ''); return; }
    const judged = found.map((a) => ({ ...a, why: now.refusal(name, a.address) })), open = judged.filter((a) => a.why === undefined), [first] = open, [closed] = judged;
    if (first === undefined) { done(closed === undefined ? hostRefused({ host: name, address: undefined, why: 'The name stands for no address', fix: 'Check the name.' }) : refused(name, closed.address, closed.why ?? ''), ''); return; }
    if (options.all === true) done(null, open.map(({ address, family }) => ({ address, family })));
    else done(null, first.address, first.family);
  });
}
