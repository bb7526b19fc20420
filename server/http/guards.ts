/**
 * What keeps web pages from using the API behind a user's back while there is no login: only known Host names are answered (DNS
 * rebinding), requests that change something must come from our own pages or from no page at all (CSRF), and bodies must be JSON,
 * which a foreign page cannot send without asking first.
 */
import type { IncomingMessage } from 'node:http';
import { hostRefused, invalidRequest, originRefused, unsupportedContent } from '../../core/errors/wire.ts';
import { isLoopback } from '../config/loopback.ts';

/** Checks the Host header; throws hostRefused. `names`: lower-case names the server was configured with. */
export function checkHost(request: IncomingMessage, names: ReadonlySet<string>): void {
  const header = request.headers.host ?? '', name = hostName(header);
  if (name === undefined) throw invalidRequest({ what: 'the Host header is missing or malformed' });
  const local = request.socket.localAddress?.replace(/^::ffff:/, '');
  if (!isLoopback(name) && !names.has(name) && name !== local) throw hostRefused({ host: name });
}
/** `Example.org:80` → `example.org`, `[::1]:80` → `::1`. */
function hostName(header: string): string | undefined {
  const m = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header);
  return (m?.[1] ?? m?.[2])?.toLowerCase().replace(/\.$/, '');
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** Refuses requests that change something and come from another site's page; throws originRefused. */
export function checkOrigin(request: IncomingMessage): void {
  if (SAFE_METHODS.has(request.method ?? '')) return;
  const { origin, host } = request.headers, site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) throw originRefused({ origin });
  if (site === 'cross-site' || site === 'same-site') throw originRefused({ origin: origin ?? String(site) });
}

/** A body must be plain JSON, or YAML where a route reads it; no body needs no type. */
export function checkContent(request: IncomingMessage): void {
  const { headers } = request, encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw unsupportedContent({ what: `bodies encoded with ${encoding} are not read`, hint: 'Send the body without Content-Encoding.' });
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (hasBody && !/^(application\/json|(application|text)\/(x-)?yaml)\s*(;|$)/i.test(headers['content-type'] ?? '')) throw unsupportedContent({ what: 'the body is not declared as JSON', hint: 'Send it with "Content-Type: application/json".' });
}
