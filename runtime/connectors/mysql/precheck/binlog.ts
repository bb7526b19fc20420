/** The server's binlog: on, as rows with full images, kept long enough, without gaps and filters, from where the job wants to start. */
import { RivuletError } from '../../../../core/errors/define.ts';
import { positionStatement } from '../binlog/facts.ts';
import { serverText } from '../connection/server.ts';
import { fail, few, pass, skipped, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import { isOn, setting, textOf, type SourceCheck, type SourceLook } from './contract.ts';

const DAY_S = 86_400, LEAST_S = DAY_S, WITH_SNAPSHOT_S = 7 * DAY_S;

export const checkBinlog: SourceCheck = (look) => {
  if (!isOn(look.variable('log_bin'))) return [fail('binlog', `MySQL at "${serverText(look.server)}" writes no binlog (log_bin is OFF).`, "Put log_bin=binlog, server_id=1 and binlog_format=ROW into the server's configuration and restart the server.")];
  const items: CheckItem[] = [pass('binlog', 'It is on.')], format = look.variable('binlog_format') ?? 'ROW', image = look.variable('binlog_row_image') ?? 'FULL', metadata = look.variable('binlog_row_metadata');
  items.push(is(format, 'ROW') ? pass('binlog format', 'ROW.') : fail('binlog format', `binlog_format is ${format}: changes come as statements, not as rows.`, `${setting('binlog_format', 'ROW')} Sessions that are open keep the old one.`));
  items.push(is(image, 'FULL') ? pass('row image', 'FULL.') : fail('row image', `binlog_row_image is ${image}: rows lack columns.`, setting('binlog_row_image', 'FULL')));
  if (metadata !== undefined && is(metadata, 'FULL')) items.push(pass('row metadata', 'FULL.'));
  else items.push(warn('row metadata', metadata === undefined ? 'The server has no binlog_row_metadata: rows do not name their columns.' : `binlog_row_metadata is ${metadata}: rows do not name their columns.`, `The schema history follows the server's DDL instead; a table changed while the job does not read cannot be told from its rows. ${metadata === undefined ? 'Servers from MySQL 8.0 and MariaDB 10.5 on have it.' : setting('binlog_row_metadata', 'FULL')}`));
  const options = look.variable('binlog_row_value_options') ?? '';
  if (options !== '') items.push(fail('partial rows', `binlog_row_value_options is ${options}: updates of JSON columns come in parts.`, setting('binlog_row_value_options', "''")));
  return [...items, ...compression(look), ...durability(look)];
};
const is = (value: string, wanted: string): boolean => value.toUpperCase() === wanted;

function compression(look: SourceLook): CheckItem[] {
  if (isOn(look.variable('binlog_transaction_compression'))) return [pass('compression', 'Transactions are compressed (binlog_transaction_compression); they are read so.')];
  return isOn(look.variable('log_bin_compress')) ? [pass('compression', 'Events are compressed (log_bin_compress); they are read so.')] : [];
}
/** After a crash of a server that does not sync, its binlog may lack what was read already. */
function durability(look: SourceLook): CheckItem[] {
  const sync = look.variable('sync_binlog') ?? '1';
  return sync === '1' ? [] : [warn('durability', `sync_binlog is ${sync}: after a power loss the server may lack transactions that were read already, and the job must start anew.`, setting('sync_binlog', '1'))];
}

export const checkRetention: SourceCheck = (look) => {
  if (!isOn(look.variable('log_bin')) || look.spec.startup.mode === 'snapshot') return [];
  const seconds = retention(look), wanted = look.spec.startup.mode === 'initial' && !look.resumes ? WITH_SNAPSHOT_S : LEAST_S;
  if (seconds === 0) return [pass('binlog retention', 'Files are kept until somebody purges them.')];
  const shown = seconds % DAY_S === 0 ? `${seconds / DAY_S} days` : `${Math.round(seconds / 360) / 10} hours`, name = look.variable('binlog_expire_logs_seconds') === undefined ? 'expire_logs_days' : 'binlog_expire_logs_seconds';
  if (seconds >= wanted) return [pass('binlog retention', `${shown}.`)];
  const fix = setting(name, String(name === 'expire_logs_days' ? wanted / DAY_S : wanted)), least = `at least ${wanted / DAY_S} ${wanted === DAY_S ? 'day' : 'days'} are advised`;
  return [warn('binlog retention', `Files are kept for ${shown}; ${least}${wanted === WITH_SNAPSHOT_S ? ' while existing rows are read' : ''}. A job that stands still for longer has to start anew.`, fix)];
};
/** Seconds; 0 = for ever. */
function retention(look: SourceLook): number {
  if (look.variable('binlog_expire_logs_auto_purge') !== undefined && !isOn(look.variable('binlog_expire_logs_auto_purge'))) return 0;
  const seconds = Number(look.variable('binlog_expire_logs_seconds') ?? 0), days = Number(look.variable('expire_logs_days') ?? 0);
  return seconds > 0 ? seconds : Math.round(days * DAY_S);
}

export const checkFiles: SourceCheck = async (look) => {
  if (!isOn(look.variable('log_bin'))) return [];
  const rows = await look.ask('SHOW BINARY LOGS', 'list its binlog files');
  if (rows instanceof RivuletError) return [skipped('binlog files', 'They could not be listed.', 'REPLICATION CLIENT lets the user list them.')];
  const files = rows.map((row) => textOf(row[0])), numbers = files.map((file) => Number(/\.(\d+)$/.exec(file)?.[1] ?? NaN)), { startup } = look.spec, items: CheckItem[] = [];
  const gap = numbers.findIndex((n, i) => i > 0 && n !== numbers[i - 1]! + 1), readsOld = startup.mode === 'earliest-offset' || startup.mode === 'timestamp' || startup.mode === 'specific-offset';
  if (gap > 0) {
    const detail = `Between ${files[gap - 1]} and ${files[gap]} files are missing.`, fix = `PURGE BINARY LOGS TO '${files[gap]}';`;
    items.push(readsOld ? fail('binlog files', detail, fix) : warn('binlog files', detail, fix));
  } else items.push(files.length === 0 ? fail('binlog files', 'There is none.', 'FLUSH BINARY LOGS;') : pass('binlog files', `${files.length} without a gap, ${files.length === 1 ? files[0] : `${files[0]} to ${files.at(-1)}`}.`));
  if (startup.mode === 'specific-offset' && startup.file !== null && !look.resumes) {
    items.push(files.includes(startup.file) ? pass('start of reading', `${startup.file} is there.`) : fail('start of reading', `The server has no binlog file ${startup.file} (any more); it has ${few(files)}.`, "Choose another 'scan.startup.specific-offset.file', or 'scan.startup.mode' = 'initial'."));
  }
  return items;
};

export const checkGtid: SourceCheck = (look) => {
  if (!isOn(look.variable('log_bin')) || look.facts.flavor === 'mariadb') return [];
  const mode = look.variable('gtid_mode') ?? 'OFF', isStrict = isOn(look.variable('enforce_gtid_consistency'));
  if (is(mode, 'ON') && isStrict) return [pass('GTIDs', 'On: the job can follow a fail-over to another server.')];
  if (look.spec.startup.gtids !== null) return [fail('GTIDs', `gtid_mode is ${mode}, but 'scan.startup.specific-offset.gtid-set' is given.`, 'Give file and position, or switch GTIDs on (gtid_mode and enforce_gtid_consistency).')];
  return [warn('GTIDs', `gtid_mode is ${mode}: positions are files and offsets, which mean nothing on another server after a fail-over.`, 'Switch them on (enforce_gtid_consistency=ON, then gtid_mode step by step to ON) if the server can fail over.')];
};

/** Databases that are kept out of the log. */
export const checkFilters: SourceCheck = async (look) => {
  if (!isOn(look.variable('log_bin'))) return [];
  const rows = await look.ask(positionStatement(look.facts), 'tell the end of its binlog');
  if (rows instanceof RivuletError || rows[0] === undefined) return [];
  const list = (at: number): string[] => textOf(rows[0]![at]).split(',').map((d) => d.trim()).filter((d) => d !== ''), only = list(2), never = list(3);
  const missing = [...new Set(look.tables.map((t) => t.database))].filter((d) => (only.length > 0 && !only.includes(d)) || never.includes(d));
  return missing.length === 0 ? [] : [fail('binlog filters', `Changes in ${few(missing)} are kept out of the binlog (binlog_do_db, binlog_ignore_db).`, "Take the databases out of binlog_ignore_db, or into binlog_do_db, in the server's configuration and restart the server.")];
};
