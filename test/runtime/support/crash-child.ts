/** A server without protocols for crash tests: opens the data directory of its argument, submits the job the first time, ends when it has. */
import { join } from 'node:path';
import { counts, ledgerFolder, numbers, openManager, planOf, sink } from './plans.ts';

const dataDir = process.argv[2] as string, parallelism = process.argv[3] ?? '2';
const manager = await openManager(join(dataDir, 'data'));
const plan = planOf(
  numbers({ paceMs: 1, batch: 20 }), counts(), sink('ledger', { folder: ledgerFolder(dataDir, 'counts') }, 'agg'),
  sink('ledger', { folder: ledgerFolder(dataDir, 'raw') }, 'src', { id: 'raw', columns: numbers({}).columns }),
);
if (manager.list().length === 0) await manager.submit({ name: 'crash', sql: '', plan, settings: { 'execution.checkpointing.interval': '15 ms', 'parallelism.default': parallelism } });
const id = manager.list()[0]?.id as string;
await manager.waitFor(id);
await manager.shutdown();
process.exit(0);
