/** The run-time halves of the formats: one line each. Imported by worker threads only. */
import type { Json } from '../../catalog/registry/connectors.ts';
import { internalError } from '../../core/errors/common.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Decoder, Encoder, FormatRuntime, WantedField } from '../connectors/contract.ts';
import { jsonDecoder } from './json/decode.ts';

export const formatRuntimes: readonly FormatRuntime[] = [{ identifier: 'json', decoder: jsonDecoder }];

export interface UsableFormat {
  decoder(settings: Json, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[]): Decoder;
  encoder(settings: Json, fields: readonly { readonly name: string; readonly type: SqlType; readonly column: number }[]): Encoder;
}
/** The format with both directions; asking for a direction it lacks is our mistake, the planner has checked it. */
export function formatRuntime(identifier: string): UsableFormat {
  const format = formatRuntimes.find((f) => f.identifier === identifier);
  const missing = (what: string): Error => internalError({ what: `format ${identifier} has no ${what}` });
  return {
    decoder(settings, wanted, all) { if (format?.decoder === undefined) throw missing('decoder'); return format.decoder(settings, wanted, all); },
    encoder(settings, fields) { if (format?.encoder === undefined) throw missing('encoder'); return format.encoder(settings, fields); },
  };
}
