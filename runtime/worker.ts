/**
 * Entry of a worker thread: imports the registry named in its workerData and hands messages to the host. An error nobody catches ends
 * the thread; the pool starts another and the jobs that lived here restart.
 *
 * Workers take every processor they get. On Linux, where priorities are those of threads, they stand behind the main thread of the same
 * process, so that it answers people at once: two workers at full speed on two cores, SELECT 1 at p99 took 40 ms without and 25 with it
 * while the machine did other work as well. Elsewhere a priority is the process's and is left alone.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { setAccessPolicy, type AccessPolicy } from '../core/access/policy.ts';
import { invariant } from '../core/errors/common.ts';
import { tidyHeapAfterStart } from '../core/ports/heap.ts';
import { killPoint } from './checkpoint/kill-points.ts';
import type { RuntimeRegistry } from './graph/contract.ts';
import { WorkerHost } from './graph/host.ts';
import type { WorkerShares } from './graph/host.ts';
import type { ToWorker } from './graph/messages.ts';

export interface WorkerData { readonly worker: number; readonly registryModule: string; readonly access: AccessPolicy; readonly shares?: WorkerShares | undefined }

/** Its share of a contended core is a third of an ordinary thread's. */
const WORKER_NICE = 5;

const port = parentPort;
invariant(port !== null, 'this module runs as a worker thread');
const data = workerData as WorkerData;
setAccessPolicy(data.access);
// Pid 0 is the calling thread. A sandbox may refuse; then all are equal.
if (process.platform === 'linux') try { setPriority(0, WORKER_NICE); } catch { /* as it was */ }
const { runtimeRegistry } = await import(data.registryModule) as { runtimeRegistry: RuntimeRegistry };
const host = new WorkerHost({
  worker: data.worker, shares: data.shares, registry: runtimeRegistry, killPoint,
  post: (message, transfer) => port.postMessage(message, [...transfer]),
});
port.on('message', (message: ToWorker) => host.handle(message));
host.toMain({ type: 'up' });
tidyHeapAfterStart();
