/** The zone in which MySQL's TIMESTAMP columns stand for wall-clock times: what the user says, checked against the server, or the server's own. */
import type { Connection } from 'mysql2/promise';
import { invalidOptionValue } from '../../../../core/errors/common.ts';
import { serverZoneDiffers } from '../../../../core/errors/mysql-cdc.ts';
import { zoneOf } from '../../../../core/types/zone.ts';
import { query } from '../connection/open.ts';
import type { MySqlCdcSpec } from './spec.ts';

/** How far the zones may be apart, for a clock that is being set: as in Flink CDC's MySqlValidator. */
const TOLERANCE_SECONDS = 1800;

/** Rejects with invalid-option-value for an unknown zone, server-zone-differs for another than the server's. */
export async function readTimeZone(spec: Pick<MySqlCdcSpec, 'server' | 'timeZone'>, connection: Connection): Promise<string> {
  const [row] = await query(spec.server, connection, "SELECT @@GLOBAL.time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone))", [], 'tell its time zone');
  const name = String(row?.[0] ?? 'SYSTEM'), offset = Number(row?.[1] ?? 0);
  if (spec.timeZone !== null) {
    const zone = zoneOf(spec.timeZone);
    if (zone === undefined) throw invalidOptionValue({ option: 'server-time-zone', value: spec.timeZone, expected: "a time zone such as 'Asia/Shanghai' or '+08:00'" });
    if (row?.[1] !== null && Math.abs(zone.offsetAt(Date.now()) / 1000 - offset) > TOLERANCE_SECONDS) throw serverZoneDiffers({ seconds: offset, zone: spec.timeZone });
    return spec.timeZone;
  }
  if (name !== 'SYSTEM' && zoneOf(name) !== undefined) return name;
  // Rounded to the minute: both times are those of one statement, but a second may pass.
  const minutes = Math.round(offset / 60), size = Math.abs(minutes), two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
