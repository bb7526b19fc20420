/**
 * State tables alone: µs and bytes per entry for making, finding, updating, checkpointing and restoring. One JSON line per figure.
 * Run: `node bench/micro/state.ts [entries]`.
 */
import * as t from '../../core/types/sql-type.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import type { StateBlock } from '../../runtime/state/backend.ts';
import type { StateTableSpec } from '../../runtime/state/contract.ts';
import { measure } from './measure.ts';

const n = Number(process.argv[2] ?? 1_000_000);
const spec: StateTableSpec = { name: 'orders', key: [t.BIGINT], subKey: [t.BIGINT], value: [t.decimal(10, 2), t.STRING, t.timestamp(3)], meta: 1, ttlMs: 0 };
const backend = new OperatorStateBackend({ nowMs: () => 0 });
const table = backend.table(spec);
const STATUS = ['PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED'];
const users: unknown[] = [], ids: unknown[] = [], prices: unknown[] = [], states: unknown[] = [], dates: unknown[] = [];
for (let i = 0; i < n; i++) { users.push(Math.imul(i, 48271) >>> 12); ids.push(i); prices.push((i * 37) % 100000); states.push(STATUS[i & 3]); dates.push(1774224000000 + i * 1000); }
const key = [users], sub = [ids], value = [prices, states, dates];

measure('state/insert', n, () => { for (let i = 0; i < n; i++) table.writeValueAt(table.findOrCreateAt(key, sub, i), value, i); });
console.log(JSON.stringify({ bench: 'state/bytes-per-entry', value: Math.round(table.bytes / n), entries: table.size }));
let blocks: StateBlock[] = [];
measure('state/first-checkpoint', n, () => { blocks = backend.takeCheckpoint(); });
const size = blocks.reduce((sum, b) => sum + b.bytes.length, 0);
console.log(JSON.stringify({ bench: 'state/checkpoint-bytes-per-entry', value: Math.round(size / n), blocks: blocks.length }));
const out: unknown[][] = [[], [], []];
measure('state/find-read', n, () => { for (let i = 0; i < n; i++) table.readValueAt(table.findAt(key, sub, Math.imul(i, 7919) % n >>> 0), out, 0); });
const part = Math.floor(n / 5);
measure('state/update', part, () => { for (let i = 0; i < part; i++) { const r = (i * 5) % n; const e = table.findAt(key, sub, r); table.setMeta(e, 0, table.meta(e, 0) + 1); } });
measure('state/delta-checkpoint', part, () => { blocks = blocks.concat(backend.takeCheckpoint()); });
const lists = new Map<string, Uint8Array[][]>();
for (const b of blocks) { const l = lists.get(b.table); if (l === undefined || b.kind === 'base') lists.set(b.table, [[b.bytes]]); else l[0]!.push(b.bytes); }
let restored = 0;
measure('state/restore', n + part, () => { restored = new OperatorStateBackend({ nowMs: () => 0, restored: { tables: lists, share: undefined } }).table(spec).size; });
console.log(JSON.stringify({ bench: 'state/restored-entries', value: restored, expected: table.size }));
measure('state/remove', n, () => { for (let i = 0; i < n; i++) table.remove(table.findAt(key, sub, i)); });
measure('state/delete-checkpoint', n, () => { backend.takeCheckpoint(); });
