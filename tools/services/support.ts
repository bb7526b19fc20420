/** Small helpers shared by the services: is a program there, free ports, temporary folders, a readable failure. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A service cannot be had on this machine; the text says what to install or set. Printed without a stack. */
export class ServiceUnavailable extends Error { override name = 'ServiceUnavailable'; }

/** Where downloaded services are kept between runs. */
export function cacheDir(): string { return process.env['RIVULET_TOOLS_CACHE_DIR'] ?? join(homedir(), '.cache', 'rivulet'); }

/** Runs a program to its end and returns its exit code and what it printed; code -1 when it cannot be started. */
export async function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return await new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (chunk: Buffer): void => { if (output.length < 65_536) output += chunk.toString(); };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('error', (e) => resolve({ code: -1, output: String(e) }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** True when the program exists and ends with code 0. */
export async function canRun(command: string, args: readonly string[]): Promise<boolean> { return (await run(command, args)).code === 0; }

/** Below the ports that systems give to outgoing connections: one of these could take the port of a service while it restarts. */
const LOWEST_PORT = 14_000, SHARES = 60, SHARE = 300;
/** Each process has a share of its own, and gives no port twice before it has given all: one that is free may be that of a service that restarts. */
const given = new Set<number>();

/** `count` different TCP ports that were free on loopback a moment ago, and that nobody takes by chance. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [], first = LOWEST_PORT + (process.pid % SHARES) * SHARE;
  for (let tries = 0; ports.length < count; tries++) {
    if (given.size === SHARE || tries > 10 * SHARE) { given.clear(); tries = 0; }
    const port = first + Math.floor(Math.random() * SHARE);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}
async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
