/** `blackhole`: takes every change and keeps nothing; for tests and benchmarks. Source: Flink "BlackHole SQL Connector". */
import { RETRACT, type Connector } from '../../../catalog/registry/connectors.ts';
import type { SinkFactory } from '../contract.ts';
import { checkOptions } from '../table-options.ts';

export const blackholeConnector: Connector = {
  identifier: 'blackhole', description: 'Swallows rows.',
  options: [{ key: 'property-version', type: 'int', default: '1', description: 'Accepted.' }],
  describeSink(table) { checkOptions(blackholeConnector, table, []); return { changelogMode: RETRACT, metadata: new Map(), spec: {} }; },
};
export const blackholeSink: SinkFactory = {
  identifier: 'blackhole',
  create: () => ({ takesSlices: true, open: () => Promise.resolve(), push() {}, ready: () => undefined, prepare: () => Promise.resolve(null), commit: () => Promise.resolve(), close: () => Promise.resolve() }),
};
