/** Version, time zone, and whether the server is a replica that passes on what it receives. */
import { RivuletError } from '../../../../core/errors/define.ts';
import { fail, pass, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import { isOn, setting, textOf, type SourceCheck } from './contract.ts';

/** Further apart than this the zones differ; less is a clock that is off. */
const ZONE_TOLERANCE_S = 1800;

export const checkVersion: SourceCheck = ({ facts: { flavor, version: [major, minor], versionText } }) => {
  const number = major * 100 + minor;
  if (flavor === 'mariadb') return [number >= 1011 ? pass('version', `MariaDB ${versionText}.`) : number >= 1002 ? warn('version', `MariaDB ${versionText}; tested are 10.11 and later.`, 'Try it on a copy first, or upgrade.') : fail('version', `MariaDB ${versionText} is too old.`, 'Upgrade to 10.11 or later.')];
  return [number >= 506 ? pass('version', `MySQL ${versionText}.`) : fail('version', `MySQL ${versionText} is older than 5.6.`, 'Upgrade to 5.7 or later.')];
};

export const checkTimeZone: SourceCheck = async (look) => {
  const rows = await look.ask("SELECT @@GLOBAL.time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone))", 'tell its time zone');
  if (rows instanceof RivuletError || rows[0]?.[1] === null || rows[0] === undefined) return [];
  const zone = textOf(rows[0][0]), offset = Number(textOf(rows[0][1])), shown = `${zone}, ${offsetText(offset)}`;
  if (look.spec.timeZone === null) return [pass('time zone', `The server's is ${shown}.`)];
  const wanted = zoneOffset(look.spec.timeZone);
  if (Math.abs(wanted - offset) <= ZONE_TOLERANCE_S) return [pass('time zone', `The server's is ${shown}, as 'server-time-zone' says.`)];
  return [fail('time zone', `The MySQL server has a timezone offset (${Math.abs(offset)} seconds ${offset < 0 ? 'behind' : 'ahead of'} UTC) which does not match the configured timezone ${look.spec.timeZone}.`, `Set 'server-time-zone' to the server's zone (${shown}), or leave it out.`)];
};
const offsetText = (seconds: number): string => { const minutes = Math.round(Math.abs(seconds) / 60); return `UTC${seconds < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`; };
/** Seconds ahead of UTC now. */
export function zoneOffset(timeZone: string, atMs = Date.now()): number {
  const at = Math.floor(atMs / 1000) * 1000, fixed = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/i.exec(timeZone);
  if (fixed !== null) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3] ?? 0) * 60);
  const parts = new Map(new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at).map((p) => [p.type, Number(p.value)]));
  const of = (type: string): number => parts.get(type as 'year') ?? 0;
  return (Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at) / 1000;
}

/** A replica whose own binlog leaves out what it receives shows hardly any change. */
export const checkReplica: SourceCheck = async (look): Promise<CheckItem[]> => {
  const passesOn = look.variable('log_replica_updates') ?? look.variable('log_slave_updates');
  if (passesOn === undefined || isOn(passesOn)) return [];
  const rows = await look.ask(look.facts.flavor === 'mysql' && look.facts.version[0] >= 8 ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS', 'tell whether it is a replica');
  if (rows instanceof RivuletError || rows.length === 0) return [];
  return [fail('replica', 'The server is a replica and keeps the changes it receives out of its own binlog.', setting(look.variable('log_replica_updates') === undefined ? 'log_slave_updates' : 'log_replica_updates', 'ON', false))];
};
