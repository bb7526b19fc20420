/** CPU time of a piece of work in µs per unit, printed as a JSON line. The machine may be shared: trust CPU time, not wall time. */
export function measure(name: string, units: number, work: () => void): number {
  const before = process.cpuUsage(), wall = process.hrtime.bigint();
  work();
  const used = process.cpuUsage(before), micros = (used.user + used.system) / units;
  console.log(JSON.stringify({ bench: name, cpuMicros: Number(micros.toFixed(3)), wallMicros: Number((Number(process.hrtime.bigint() - wall) / 1000 / units).toFixed(3)), units }));
  return micros;
}
