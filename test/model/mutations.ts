/** Ways to get the protocol wrong, each of which the simulation must find: what the order of steps, the lanes and the marker are there for. */
import type { CheckpointLog } from '../../runtime/checkpoint/log.ts';
import type { Mutation } from './world.ts';

const withLog = (change: (log: CheckpointLog) => void): Mutation => ({ onJob: (job) => change(job.history) });

export const MUTATIONS: readonly (readonly [what: string, mutation: Mutation])[] = [
  ['two lanes instead of four', { lanes: 2 }],
  ['the store answers before its write is synced', { lyingDisk: true }],
  ['transactions are committed when they are prepared', { commitsAtPrepare: true }],
  ['InitProducerId before the recovery', { opensBeforeRecovery: true }],
  ['no marker of recovered transactions', { noMarker: true }],
  ['rows of the next epoch are not held back', { noHold: true }],
  ['positions of before the last batch', { positionsBehind: true }],
  ['lanes of subtasks that are no more are not looked for', { forgetsFormerSubtasks: true }],
  ['a write that failed is taken for one that never was', withLog((log) => { log.settle = async () => {}; })],
  ['what an older checkpoint had prepared is committed again', withLog((log) => { log.withPrepared = (manifest) => manifest; })],
  ['a job that ends leaves its transactions to the timeout', { onJob: (job) => { Object.assign(job, { endTransactions: async () => {} }); } }],
  ['a restart begins from the checkpoint before the newest', withLog((log) => { log.newest = () => log.checkpoints()[1] ?? log.checkpoints()[0]; })],
];
