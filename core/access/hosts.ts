/**
 * Which hosts connectors may reach (AccessPolicy.hosts), judged by the name that was asked for and the address it stands for. Link-local
 * networks and the addresses at which clouds hand out their machines' credentials are never meant by a name, a list of names or `*`: only
 * an entry that is an address or a network opens them. Addresses are compared by their bits: IPv4 inside IPv6 (mapped, compatible, NAT64,
 * 6to4) is IPv4, and decimal or octal spellings have become addresses before they come here.
 */
import { BlockList, isIP } from 'node:net';

const NAME = /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/;
/** RFC 3927, RFC 4291; metadata services of AWS, Google (IPv6), Alibaba Cloud, Oracle (old), Azure's host agent. */
const CLOSED: readonly string[] = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'];
const FIRST_OF_NAT64 = /^64:ff9b::/i, FIRST_OF_6TO4 = /^2002:/i;

function networkOf(text: string): { address: string; family: 'ipv4' | 'ipv6'; bits: number } | undefined {
  const [address = '', bits, more] = text.split('/'), kind = isIP(address);
  if (kind === 0 || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
  const most = kind === 4 ? 32 : 128, wanted = bits === undefined ? most : Number(bits);
  return wanted > most ? undefined : { address, family: kind === 4 ? 'ipv4' : 'ipv6', bits: wanted };
}
const inBrackets = (text: string): string => text.replace(/^\[(.*)\](\/\d+)?$/, '$1$2');
export const isHostPattern = (text: string): boolean => text === '*' || networkOf(inBrackets(text)) !== undefined || (NAME.test(text) && !/^[\d.]+$/.test(text));

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) { const network = networkOf(inBrackets(text)); if (network !== undefined) list.addSubnet(network.address, network.bits, network.family); }
  return list;
}
const closed = listOf(CLOSED);

export class HostRules {
  private readonly isEveryName: boolean;
  private readonly names: ReadonlySet<string>;
  private readonly suffixes: readonly string[];
  private readonly networks: BlockList;
  constructor(hosts: readonly string[]) {
    const plain = hosts.map((h) => h.toLowerCase().replace(/\.$/, '')), isNetwork = (h: string): boolean => networkOf(inBrackets(h)) !== undefined;
    this.isEveryName = hosts.length === 0 || plain.includes('*');
    this.names = new Set(plain.filter((h) => !h.startsWith('*') && !isNetwork(h)));
    this.suffixes = plain.filter((h) => h.startsWith('*.')).map((h) => h.slice(1));
    this.networks = listOf(plain.filter(isNetwork));
  }
  /** Why a connection to this address, asked for by this name, is refused; undefined = it is not. */
  refusal(host: string, address: string): string | undefined {
    const spellings = spellingsOf(address);
    if (spellings.some((a) => contains(this.networks, a))) return undefined;
    if (spellings.some((a) => contains(closed, a))) return 'It is a link-local or metadata address, which belongs to this machine and its cloud';
    const name = host.toLowerCase().replace(/\.$/, '');
    if (this.isEveryName || this.names.has(name) || this.suffixes.some((s) => name.endsWith(s))) return undefined;
    return 'It is not among the hosts that connectors may reach';
  }
}
const contains = (list: BlockList, address: string): boolean => { const kind = isIP(address); return kind !== 0 && list.check(address, kind === 4 ? 'ipv4' : 'ipv6'); };

/** An address and, when IPv6 carries IPv4, that too. */
function spellingsOf(address: string): string[] {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) !== 6) return [plain];
  const words = wordsOf(plain), out = [plain], v4 = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const at = (i: number): number => words[i] ?? 0, isZero = words.slice(0, 5).every((w) => w === 0);
  if (isZero && (at(5) === 0xffff || at(5) === 0) || FIRST_OF_NAT64.test(plain)) out.push(v4(at(6), at(7)));
  if (FIRST_OF_6TO4.test(plain)) out.push(v4(at(1), at(2)));
  return out;
}
/** The eight 16-bit words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = dotted === null ? address : `${address.slice(0, dotted.index)}${((Number(dotted[1]) << 8) | Number(dotted[2])).toString(16)}:${((Number(dotted[3]) << 8) | Number(dotted[4])).toString(16)}`;
  const [head = '', tail] = hex.split('::'), words = (text: string): number[] => (text === '' ? [] : text.split(':').map((w) => parseInt(w, 16)));
  const first = words(head), last = tail === undefined ? [] : words(tail);
  return [...first, ...Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => 0), ...last];
}
