/** The registry of formats, run-time half; imported by readers and writers in the workers. */
import { unknownRuntimePart } from '../../core/errors/runtime.ts';
import type { FormatRuntime } from '../connectors/contract.ts';
import { debeziumRuntime } from './debezium-json.ts';
import { jsonDecoder } from './json/decode.ts';
import { jsonEncoder } from './json/encode.ts';
import { rawRuntime } from './raw.ts';

export const formatRuntimes: readonly FormatRuntime[] = [{ identifier: 'json', decoder: jsonDecoder, encoder: jsonEncoder }, rawRuntime, debeziumRuntime];

const byIdentifier = new Map(formatRuntimes.map((format) => [format.identifier, format]));
/** The format of a plan; one that is not registered means the plan comes from elsewhere. */
export function formatRuntime(identifier: string): FormatRuntime {
  const format = byIdentifier.get(identifier);
  if (format === undefined) throw unknownRuntimePart({ kind: 'source connector', name: `format ${identifier}` });
  return format;
}
