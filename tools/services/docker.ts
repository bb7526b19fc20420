/** Whether a Docker engine is at hand. */
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** True when something accepts connections on the Docker socket and answers like Docker. */
export async function dockerAnswers(): Promise<boolean> {
  const host = process.env['DOCKER_HOST'];
  const tcp = host?.match(/^(?:tcp|http):\/\/([^:/]+):(\d+)/);
  const candidates = tcp ? [] : [host?.replace(/^unix:\/\//, ''), '/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
  const target = tcp ? { host: tcp[1]!, port: Number(tcp[2]) } : { path: candidates.find((p) => p !== undefined && existsSync(p)) ?? '' };
  if ('path' in target && !target.path) return false;
  return await new Promise((resolve) => {
    const socket = createConnection(target as { path: string });
    const done = (ok: boolean): void => { socket.destroy(); resolve(ok); };
    socket.setTimeout(1000, () => done(false));
    socket.on('connect', () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'));
    socket.on('data', (b) => done(b.includes('200')));
    socket.on('error', () => done(false));
    socket.on('close', () => resolve(false));
  });
}

/** Under which name this machine reaches a container's published ports. */
export const dockerHost = (): string => process.env['TESTCONTAINERS_HOST_OVERRIDE'] ?? '127.0.0.1';
