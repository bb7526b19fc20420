/** Structure stage: the tables a pipeline source captures now, read from information_schema. */
import type { TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { pipelineNoTables } from '../../../../core/errors/pipeline.ts';
import { nearest } from '../../../../core/errors/define.ts';
import { matchesAny } from '../../../../planner/physical/table-match.ts';
import { tableVersion } from '../cdc/pipeline-columns.ts';
import type { MySqlCdcSpec } from '../cdc/spec.ts';
import { listTables, readTablesNamed, refuseVersioned } from '../cdc/structure.ts';
import { withConnection } from '../connection/open.ts';
import { tableText } from '../contract.ts';

/** Rejects with pipeline-no-tables, and with what keeps the server from answering. */
export async function discoverTables(spec: MySqlCdcSpec, tables: string): Promise<TableVersion[]> {
  return await withConnection(spec.server, {}, async (connection) => {
    const listed = await listTables(spec.server, connection, null), matching = listed.filter((t) => matchesAny(spec.include, tableText(t))), captured = matching.filter((t) => !matchesAny(spec.exclude, tableText(t)));
    if (captured.length === 0 && spec.newTables !== 'stream') throw pipelineNoTables({ option: 'tables', value: tables, excluded: matching.length > 0, near: nearest(tables.replaceAll('\\.', '.'), listed.map(tableText)) });
    refuseVersioned(captured);
    const found = await readTablesNamed(spec.server, connection, captured);
    return captured.flatMap((t) => { const table = found.get(tableText(t)); return table === undefined ? [] : [tableVersion(table, spec)]; });
  });
}
