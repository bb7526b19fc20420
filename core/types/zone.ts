/**
 * Time zones: offsets from UTC for an instant and for a wall-clock time. Rules come from Intl (the IANA database of the runtime); a
 * formatter call costs microseconds, so offsets are remembered per quarter of an hour, the finest step at which zones have changed
 * since 1970.
 */
export interface Zone {
  readonly name: string;
  /** Milliseconds east of UTC at an instant (ms since the epoch). */
  offsetAt(epochMs: number): number;
}
export const UTC: Zone = { name: 'UTC', offsetAt: () => 0 };

const QUARTER = 900_000, MAX_KNOWN = 20_000;
/** `en-US` parts of instants far from now have eras; those are outside Flink's range (years 0000 to 9999) but for the first year. */
const RANGE_MS = 8.64e15 - 1e9;

class RegionZone implements Zone {
  readonly name: string;
  private readonly format: Intl.DateTimeFormat;
  private readonly known = new Map<number, number>();
  private lastQuarter = Number.NaN;
  private lastOffset = 0;
  constructor(name: string, format: Intl.DateTimeFormat) { this.name = name; this.format = format; }
  offsetAt(epochMs: number): number {
    const quarter = Math.floor(epochMs / QUARTER);
    if (quarter === this.lastQuarter) return this.lastOffset;
    let offset = this.known.get(quarter);
    if (offset === undefined) {
      offset = this.ask(quarter * QUARTER);
      if (this.known.size >= MAX_KNOWN) this.known.clear();
      this.known.set(quarter, offset);
    }
    this.lastQuarter = quarter;
    this.lastOffset = offset;
    return offset;
  }
  private ask(epochMs: number): number {
    const at = Math.min(Math.max(epochMs, -RANGE_MS), RANGE_MS);
    let year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, isBefore = false;
    for (const part of this.format.formatToParts(at)) {
      switch (part.type) {
        case 'year': year = Number(part.value); break;
        case 'month': month = Number(part.value); break;
        case 'day': day = Number(part.value); break;
        case 'hour': hour = Number(part.value) % 24; break;
        case 'minute': minute = Number(part.value); break;
        case 'second': second = Number(part.value); break;
        case 'era': isBefore = part.value.startsWith('B'); break;
        default:
      }
    }
    const wall = new Date(0);
    wall.setUTCFullYear(isBefore ? 1 - year : year, month - 1, day);
    wall.setUTCHours(hour, minute, second);
    return wall.getTime() - Math.floor(at / 1000) * 1000;
  }
}

const zones = new Map<string, Zone | undefined>();
const FIXED = /^(?:utc|gmt|ut)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/i;

/** A region (`Europe/Berlin`) or offset (`+08:00`, `GMT+8`, `UTC`) as in `table.local-time-zone`; undefined when there is none of this name. */
export function zoneOf(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  const zone = makeZone(name);
  if (zones.size > 1000) zones.clear();
  zones.set(name, zone);
  return zone;
}
function makeZone(name: string): Zone | undefined {
  if (/^(?:utc|gmt|ut|z|zulu|etc\/utc|etc\/gmt)$/i.test(name)) return UTC;
  const fixed = FIXED.exec(name);
  if (fixed !== null) {
    const size = Number(fixed[2]) * 3_600_000 + Number(fixed[3] ?? 0) * 60_000 + Number(fixed[4] ?? 0) * 1000;
    if (size > 18 * 3_600_000 || Number(fixed[3] ?? 0) > 59) return undefined;
    const offset = fixed[1] === '-' ? -size : size;
    return { name, offsetAt: () => offset };
  }
  try {
    return new RegionZone(name, new Intl.DateTimeFormat('en-US', { timeZone: name, calendar: 'gregory', hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }));
  } catch { return undefined; }
}
/** The zone of a name that was checked when it was set; UTC otherwise (as Java's TimeZone.getTimeZone does with unknown names). */
export function zoneOrUtc(name: string): Zone { return zoneOf(name) ?? UTC; }

/**
 * Offset that a wall-clock time (ms as if UTC) has in the zone. A time that occurs twice takes the earlier instant; a time skipped by
 * a change of the clock takes the offset before the change, so it moves forward (Java: LocalDateTime.atZone).
 */
export function offsetOfLocal(zone: Zone, localMs: number): number {
  const before = zone.offsetAt(localMs - 86_400_000), after = zone.offsetAt(localMs + 86_400_000);
  if (before === after) return before;
  if (zone.offsetAt(localMs - before) === before) return before;
  return zone.offsetAt(localMs - after) === after ? after : before;
}
