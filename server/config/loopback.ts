/** Which addresses only this machine can reach. */

/** True for 127.0.0.0/8, ::1 and `localhost`, also as IPv4-mapped IPv6. Other names may resolve to anything and are not. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^::ffff:/, '');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}
