/** Options of COPY … TO STDOUT as a format; PostgreSQL, "COPY". */
import { featureNotSupported } from '../../core/errors/common.ts';
import type { CopyOption } from '../../planner/sql/ast-statement.ts';
import type { CopyFormat } from './contract.ts';

/** Options without a meaning for texts (FREEZE, ENCODING, ESCAPE as the quote …) are accepted. Throws feature-not-supported for FORMAT binary. */
export function copyFormat(options: readonly CopyOption[]): CopyFormat {
  const value = (name: string): string | undefined => options.find((o) => o.name === name)?.value, named = options.find((o) => o.name === 'FORMAT');
  const format = (named?.value ?? 'text').toLowerCase(), header = options.find((o) => o.name === 'HEADER');
  if (format !== 'text' && format !== 'csv') throw featureNotSupported({ feature: `COPY with FORMAT ${format}`, instead: 'FORMAT text and csv work.' }, { range: named?.range });
  return { format, header: header !== undefined && !/^(false|off|0)$/i.test(header.value ?? ''), delimiter: value('DELIMITER'), null: value('NULL'), quote: value('QUOTE') };
}
