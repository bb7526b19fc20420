/** The packets before a session: encryption requests, cancel requests, the start-up packet. PostgreSQL, "Message Flow", Start-up. */
import { featureNotSupported } from '../../core/errors/common.ts';
import { authorizationRefused } from '../../core/errors/wire.ts';
import { FieldReader } from './message-reader.ts';

const CANCEL = 80_877_102, SSL = 80_877_103, GSSENC = 80_877_104;
const MAJOR = 3, NEWEST_MINOR = 2;

export type StartupPacket =
  | { readonly kind: 'ssl' | 'gssenc' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly key: Buffer }
  | {
    readonly kind: 'startup'; readonly user: string; readonly database: string | undefined; readonly parameters: ReadonlyMap<string, string>;
    /** Minor protocol version both sides know. */
    readonly minor: number;
    /** What NegotiateProtocolVersion must tell; undefined when the client asked for nothing we do not know. */
    readonly negotiate: { readonly version: number; readonly unknownOptions: readonly string[] } | undefined;
  };

export function readStartup(packet: Buffer): StartupPacket {
  const reader = new FieldReader(packet), version = reader.uint32();
  if (version === SSL || version === GSSENC) { reader.finish(); return { kind: version === SSL ? 'ssl' : 'gssenc' }; }
  if (version === CANCEL) {
    const processId = reader.int32(), key = reader.bytes(reader.left);
    return { kind: 'cancel', processId, key };
  }
  const major = version >>> 16, asked = version & 0xffff;
  if (major !== MAJOR) throw featureNotSupported({ feature: `frontend protocol ${major}.${asked}`, instead: `The server speaks ${MAJOR}.0 to ${MAJOR}.${NEWEST_MINOR}.` });
  const parameters = new Map<string, string>(), unknownOptions: string[] = [];
  for (let name = reader.zeroEnded().toString('utf8'); name !== ''; name = reader.zeroEnded().toString('utf8')) {
    const value = reader.zeroEnded().toString('utf8');
    if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else parameters.set(name, value);
  }
  reader.finish();
  const user = parameters.get('user') ?? '';
  if (user === '') throw authorizationRefused({ why: 'no PostgreSQL user name specified in startup packet' });
  if (!/^(|0|f|false|n|no|off)$/i.test(parameters.get('replication') ?? '')) throw featureNotSupported({ feature: 'the replication protocol' });
  const minor = asked >= NEWEST_MINOR ? NEWEST_MINOR : 0; // 3.1 was never specified
  const negotiate = asked === minor && unknownOptions.length === 0 ? undefined : { version: (MAJOR << 16) | minor, unknownOptions };
  const database = parameters.get('database') || undefined;
  for (const name of ['user', 'database', 'replication']) parameters.delete(name);
  return { kind: 'startup', user, database, parameters, minor, negotiate };
}
