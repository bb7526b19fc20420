/** The probes of `npm run bench -- NAME`: one line registers one. In the order of a run of all. */
import { checkpoint } from './checkpoint.ts';
import { growth } from './growth.ts';
import { hotKey } from './hot-key.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import type { Probe } from './probe.ts';
import { responsive } from './responsive.ts';
import { restore } from './restore.ts';
import { slowSink } from './slow-sink.ts';
import { state } from './state.ts';
import { workers } from './workers.ts';

export const probes: readonly Probe[] = [idle, latency, responsive, checkpoint, restore, state, workers, hotKey, slowSink, growth];
