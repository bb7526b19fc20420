/** Seeded random numbers and values for the tests of rows, state and operators. */
import * as t from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

/** Deterministic (mulberry32): a failing test prints its seed. */
export class Random {
  private state: number;
  constructor(seed: number) { this.state = seed | 0; }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number { return Math.floor(this.next() * n); }
  chance(p: number): boolean { return this.next() < p; }
  pick<T>(items: readonly T[]): T { return items[this.below(items.length)]!; }
  types(count: number): SqlType[] {
    const all = [t.BOOLEAN, t.INT, t.BIGINT, t.decimal(38, 2), t.DOUBLE, t.FLOAT, t.STRING, t.BYTES, t.DATE, t.timestamp(9), t.array(t.STRING), t.map(t.STRING, t.INT), t.row([{ name: 'a', type: t.BIGINT }, { name: 'b', type: t.STRING }])];
    return Array.from({ length: count }, () => this.pick(all));
  }
  value(type: SqlType): unknown {
    if (this.chance(0.15)) return null;
    switch (type.kind) {
      case 'BOOLEAN': return this.chance(0.5);
      case 'INT': case 'DATE': return (this.below(2 ** 32) - 2 ** 31) >> this.below(32);
      case 'BIGINT': case 'DECIMAL': case 'TIMESTAMP': {
        const big = (BigInt(this.below(2 ** 32)) * 4294967296n + BigInt(this.below(2 ** 32)) - 2n ** 63n) >> BigInt(this.below(64));
        return big >= -9007199254740991n && big <= 9007199254740991n ? Number(big) : big;
      }
      case 'DOUBLE': return this.pick([0, -0.5, this.next() * 1e9, Infinity]);
      case 'FLOAT': return Math.fround(this.next());
      case 'VARCHAR': return this.pick(['', 'a', 'b', 'ж', 'key'.repeat(this.below(30)), String(this.below(1e6))]);
      case 'VARBINARY': return Uint8Array.from({ length: this.below(5) }, () => this.below(256));
      case 'ARRAY': return Array.from({ length: this.below(3) }, () => this.value(type.element));
      case 'MAP': return new Map(['a', 'b'].slice(this.below(3)).map((k) => [k, this.value(type.value)]));
      case 'ROW': return type.fields.map((f) => this.value(f.type));
      default: return null;
    }
  }
}
