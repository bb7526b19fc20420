/** The hash of channel binding tls-server-end-point (RFC 5929, 4.1): that of the certificate's signature, but SHA-256 for MD5 and SHA-1. */

/** Object identifiers in DER → name for `createHash`. RSA-PSS keeps its hash in parameters and Ed25519 has none: no binding with them, as in PostgreSQL 15. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ...([['04', 'sha256'], ['05', 'sha256'], ['0b', 'sha256'], ['0c', 'sha384'], ['0d', 'sha512'], ['0e', 'sha224']] as const).map(([last, hash]): [string, string] => [`2a864886f70d0101${last}`, hash]),
  ['2a8648ce3d0401', 'sha256'], ...([['01', 'sha224'], ['02', 'sha256'], ['03', 'sha384'], ['04', 'sha512']] as const).map(([last, hash]): [string, string] => [`2a8648ce3d0403${last}`, hash]),
]);

/** @param der Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, … }, … } that OpenSSL has read */
export function signatureHash(der: Buffer): string | undefined {
  const algorithm = element(der, element(der, element(der, 0).start).end), oid = element(der, algorithm.start);
  return HASHES.get(der.subarray(oid.start, oid.end).toString('hex'));
}
/** Where the content of the element at a place begins and ends. */
function element(der: Buffer, at: number): { start: number; end: number } {
  const first = der[at + 1] ?? 0, lengthBytes = first & 0x80 ? first & 0x7f : 0, start = at + 2 + lengthBytes;
  return { start, end: start + (lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes)) };
}
