/** The registry of formats, run-time half; imported by readers and writers in the workers. */
import { unknownRuntimePart } from '../../core/errors/runtime.ts';
import type { FormatRuntime } from '../connectors/contract.ts';
import { canalRuntime } from './canal-json.ts';
import { csvRuntime } from './csv.ts';
import { debeziumRuntime } from './debezium-json.ts';
import { jsonDecoder } from './json/decode.ts';
import { jsonEncoder } from './json/encode.ts';
import { maxwellRuntime } from './maxwell-json.ts';
import { oggRuntime } from './ogg-json.ts';
import { rawRuntime } from './raw.ts';

const jsonRuntime: FormatRuntime = { identifier: 'json', takesSlices: true, decoder: jsonDecoder, encoder: jsonEncoder };
export const formatRuntimes: readonly FormatRuntime[] = [jsonRuntime, rawRuntime, debeziumRuntime, canalRuntime, maxwellRuntime, oggRuntime, csvRuntime];

const byIdentifier = new Map(formatRuntimes.map((format) => [format.identifier, format]));
type ReadableAndWritable = FormatRuntime & Required<Pick<FormatRuntime, 'decoder' | 'encoder'>>;
/** The format of a plan with both its halves. Throws when it is not registered (the plan comes from elsewhere) or lacks one. */
export function formatRuntime(identifier: string): ReadableAndWritable {
  const format = byIdentifier.get(identifier);
  if (format?.decoder === undefined || format.encoder === undefined) throw unknownRuntimePart({ kind: 'format', name: identifier });
  return format as ReadableAndWritable;
}
