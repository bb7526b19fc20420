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

/** `count` different TCP ports that were free on loopback a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, async () => await new Promise<import('node:net').Server>((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((s) => (s.address() as { port: number }).port);
  await Promise.all(servers.map(async (s) => await new Promise((resolve) => s.close(resolve))));
  return ports;
}
