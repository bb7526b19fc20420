/**
 * Entry of a worker thread: imports the registry named in its workerData and hands messages to the host. An error nobody catches ends
 * the thread; the pool starts another and the jobs that lived here restart.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../core/errors/common.ts';
import { tidyHeapAfterStart } from '../core/ports/heap.ts';
import { killPoint } from './checkpoint/kill-points.ts';
import type { RuntimeRegistry } from './graph/contract.ts';
import { WorkerHost } from './graph/host.ts';
import type { ToWorker } from './graph/messages.ts';

export interface WorkerData { readonly worker: number; readonly registryModule: string }

const port = parentPort;
invariant(port !== null, 'this module runs as a worker thread');
const data = workerData as WorkerData;
const { runtimeRegistry } = await import(data.registryModule) as { runtimeRegistry: RuntimeRegistry };
const host = new WorkerHost({
  worker: data.worker, registry: runtimeRegistry, killPoint,
  post: (message, transfer) => port.postMessage(message, [...transfer]),
});
port.on('message', (message: ToWorker) => host.handle(message));
host.toMain({ type: 'up' });
tidyHeapAfterStart();
