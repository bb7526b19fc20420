/** What is done to the servers during a run. Each fault returns when the servers are up again (the job may still be recovering). */
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import type { ServerProcess } from '../../../test/e2e/server-process.ts';
import type { LocalBroker } from '../../services/kafka-broker.ts';
import type { LocalMySql } from '../../services/mysql-server.ts';
import { CHECKPOINT_KILL_POINTS, MYSQL_KILL_POINTS, RESTORE_KILL_POINTS } from '../../../runtime/checkpoint/kill-points.ts';
import type { Random } from '../random.ts';

export interface FaultWorld { readonly mysql: LocalMySql; readonly kafka: LocalBroker; readonly server: ServerProcess; readonly random: Random; readonly user: string; readonly serverIds: readonly [number, number] }
export interface Fault { readonly name: string; readonly kills: boolean; run(world: FaultWorld): Promise<void> }

/** A point that is not passed within this time is not waited for. */
const POINT_LIMIT_MS = 15_000;
/** A process that dies while it starts is started again. */
async function relaunch(server: ServerProcess): Promise<void> {
  for (let left = 5; ; left--) {
    try { await server.launch(); return; } catch (error) { if (left === 0 || !/ended with null/.test(String(error))) throw error; }
  }
}
const killAt = (point: string): Fault => ({
  name: `server killed at ${point}`, kills: true,
  run: async ({ server, random }) => {
    await server.end('SIGKILL');
    await server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: `${point}:${random.between(1, 3)}` }).catch((error: unknown) => { if (server.running) throw error; });
    for (const end = Date.now() + POINT_LIMIT_MS; server.running && Date.now() < end;) await pause(20);
    await server.end('SIGKILL');
    await relaunch(server);
  },
});
/** Runs a statement with the id of each connection that `which` picks. (The information schema's list fails on texts beyond three bytes a character.) */
export async function eachThread(url: string, statement: 'KILL CONNECTION' | 'KILL QUERY', which: (thread: { readonly user: string; readonly command: string }) => boolean): Promise<void> {
  const connection = await mysql.createConnection(url);
  connection.on('error', () => {});
  try {
    const [threads] = await connection.query('SHOW PROCESSLIST') as unknown as [{ Id: number; User: string; Command: string }[]];
    for (const t of threads) if (which({ user: t.User, command: t.Command })) await connection.query(`${statement} ${t.Id}`).catch(() => {});
  } finally { await connection.end(); }
}
/** Another replica logs in with each of the job's server ids; MySQL cuts the older one off. */
async function evict({ mysql: server, serverIds }: FaultWorld): Promise<void> {
  const { default: ZongJi } = await import('@vlasky/zongji');
  for (let id = serverIds[0]; id <= serverIds[1]; id++) {
    const reader = new ZongJi({ host: '127.0.0.1', port: server.port, user: 'root' } as never);
    reader.on('error', () => {});
    const ready = new Promise<void>((resolve) => { reader.on('ready', resolve); setTimeout(resolve, 2000).unref(); });
    reader.start({ startAtEnd: true, serverId: id } as never);
    await ready;
    await pause(150);
    reader.stop();
  }
}
export const FAULTS: readonly (readonly [weight: number, fault: Fault])[] = [
  [6, { name: 'server killed', kills: true, run: async ({ server }) => { await server.end('SIGKILL'); await relaunch(server); } }],
  [2, { name: 'server killed twice in a row', kills: true, run: async ({ server, random }) => { await server.end('SIGKILL'); await relaunch(server); await pause(random.int(1500)); await server.end('SIGKILL'); await relaunch(server); } }],
  [2, { name: 'server stopped in order', kills: true, run: async ({ server }) => { await server.end('SIGTERM'); await relaunch(server); } }],
  ...[...CHECKPOINT_KILL_POINTS, ...RESTORE_KILL_POINTS, ...MYSQL_KILL_POINTS].map((point) => [1, killAt(point)] as const),
  [4, { name: 'MySQL killed', kills: false, run: async ({ mysql: server, random }) => { await server.kill(); await pause(random.int(1500)); await server.start(); } }],
  [1, { name: 'MySQL restarted in order', kills: false, run: async ({ mysql: server }) => { await server.shutdown(); await server.start(); } }],
  [1, { name: 'MySQL stands still', kills: false, run: async ({ mysql: server, random }) => { server.signal('SIGSTOP'); await pause(random.between(200, 2500)); server.signal('SIGCONT'); } }],
  [3, { name: 'Kafka killed', kills: false, run: async ({ kafka, random }) => { await kafka.kill(); await pause(random.int(1500)); await kafka.start(); } }],
  [1, { name: 'Kafka stands still', kills: false, run: async ({ kafka, random }) => { kafka.signal('SIGSTOP'); await pause(random.between(200, 2500)); kafka.signal('SIGCONT'); } }],
  [3, { name: 'the connections to MySQL cut', kills: false, run: async ({ mysql: { url }, user }) => { await eachThread(url, 'KILL CONNECTION', (t) => t.user === user); } }],
  [3, { name: 'the binlog connection cut', kills: false, run: async ({ mysql: { url } }) => { await eachThread(url, 'KILL CONNECTION', (t) => t.command.startsWith('Binlog Dump')); } }],
  [1, { name: 'queries of the snapshot cut', kills: false, run: async ({ mysql: { url }, user }) => { await eachThread(url, 'KILL QUERY', (t) => t.user === user && t.command === 'Query'); } }],
  [2, { name: 'replica evicted by another with its id', kills: false, run: evict }],
  [2, { name: 'binlog rotated', kills: false, run: async ({ mysql: server }) => { const c = await mysql.createConnection(server.url); await c.query('FLUSH BINARY LOGS'); await c.end(); } }],
  [1, { name: 'server and MySQL killed', kills: true, run: async ({ server, mysql: m }) => { await Promise.all([server.end('SIGKILL'), m.kill()]); await m.start(); await relaunch(server); } }],
  [1, { name: 'server and Kafka killed', kills: true, run: async ({ server, kafka }) => { await Promise.all([server.end('SIGKILL'), kafka.kill()]); await kafka.start(); await relaunch(server); } }],
];
